"""`apply_plan.yml` end to end: a real `ansible-playbook`, the real program, a device over SSH, tokens of two people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from nms.app import bootstrap
from nms.base.permissions import SYSTEM, Permission, Role
from nms.base.settings_load import load
from tests.fakes import ansible
from tests.fakes.evil_ssh import SCRIPTED, EvilSsh
from tests.fakes.fleet_of_boxes import home_with_a_box
from tests.fakes.program import NMS, Program, environment
from web import users

pytestmark = pytest.mark.timeout(600)
OPEN = build_opener(ProxyHandler({}))
SCOPES = [Permission.CONFIG_READ, Permission.CONFIG_PLAN, Permission.CONFIG_APPROVE, Permission.CONFIG_APPLY]
LINES = "@box\ninterface eth0\n shutdown\n"


def tokens(home: Path) -> dict[str, str]:
    """Two engineers, and a token of each."""
    context = bootstrap.build(load(home, {}))
    found = {}
    with context.database.transaction() as session:
        for name in ("anne", "bruno"):
            now = context.clock.now()
            users.create_user(session, SYSTEM, now, name, "a long enough password", [Role.ENGINEER], [])
            session.flush()
            actor = users.user_named(session, name).actor()
            found[name] = users.issue_token(session, actor, now, f"ansible-{name}", SCOPES)
    context.database.dispose()
    return found


def call(url: str, token: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Status and answer of the API."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with OPEN.open(Request(url, data, headers), timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def test_one_writes_another_approves_and_starts_and_ansible_carries_it_out_once(tmp_path: Path) -> None:
    home = tmp_path / "state"
    with EvilSsh() as box:
        home_with_a_box(home, box.target("box"), str(box.key()), SCRIPTED)
        word = tokens(home)
        with Program([*NMS, "run"], tmp_path, environment(home)) as program:
            plans = f"{program.url()}/api/v1/plans"

            def play(name: str) -> ansible.Run:
                asked_for = {"nms_plan": reference}
                told = {"NMS_URL": program.url(), "NMS_TOKEN": word[name]}
                return ansible.play("apply_plan.yml", tmp_path, asked_for, "-i", "server.yml", **told)

            asked = {"title": "names", "lines": LINES, "key": "tonight", "wait_s": 10}
            status, plan = call(plans, word["anne"], asked)
            assert (status, plan["author"], plan["lacking"]) == (201, "anne", ["engineer"]), plan
            assert call(plans, word["anne"], asked)[1]["reference"] == plan["reference"], (
                "the same key is the same plan"
            )
            reference, yes = plan["reference"], {"digest": plan["digest"]}
            one = f"{plans}/{reference}"
            assert call(f"{one}/approval", word["anne"], yes)[0] == 403, "a token of the author is the author"
            early = play("bruno")
            assert early.code == 2, early.text
            assert "il manque une approbation" in early.text, early.text
            assert call(f"{one}/approval", word["bruno"], yes)[1]["lacking"] == []
            own = play("anne")
            assert own.code == 2, own.text
            assert "anne" in own.text, own.text
            assert "shutdown" not in box.configuration()
            done = play("bruno")
            assert (done.code, done.changed) == (0, 1), done.text
            assert "box: confirmed" in done.text
            assert " shutdown" in box.configuration()
            again = play("bruno")
            assert (again.code, again.changed) == (0, 0), again.text
            for run in (early, own, done, again):
                assert not any(secret in run.text for secret in word.values())
            assert program.stop() == 0, program.complained()
