"""The families that a command of the shell knows: the bundled ones and those of its NMS_HOME."""

from __future__ import annotations

from pathlib import Path

import typer

from collectors.families import FOLDER, Families
from nms.base.text import clean


def own_families(home: Path) -> Families:
    """All families; what is wrong with one's own files goes to the error output."""
    families = Families(home / FOLDER)
    for complaint in families.known().complaints:
        for fault in complaint.faults:
            typer.echo(f"Note: a profile is not used: {clean(fault.told(complaint.file), 400)}", err=True)
    return families
