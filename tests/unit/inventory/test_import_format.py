"""The page that describes the format is true."""

from __future__ import annotations

import re
from pathlib import Path

from inventory import importer
from inventory.credentials import CredentialSecret, save_credential
from inventory.importer import COLUMNS
from inventory.models import CredentialKind
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox

PAGE = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")


def test_every_example_of_the_page_is_imported(sqlite_database: Database) -> None:
    examples = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 3
    with sqlite_database.transaction() as session:
        secret = CredentialSecret(CredentialKind.V2C, community="hush")
        save_credential(session, SecretBox(b"k" * 32), SYSTEM, FakeClock().now(), "lab", secret)
        for example in examples:
            plan = importer.judge(example.encode(), session)
            assert plan.errors == []


def test_the_page_names_every_column() -> None:
    words = set(re.findall(r"\w+", PAGE))
    assert [column for column in COLUMNS if column not in words] == []
