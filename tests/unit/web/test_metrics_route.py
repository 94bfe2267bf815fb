"""Who may scrape: a token with the scope; this machine itself only when the settings say so and no proxy speaks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from apiflask import APIFlask
from flask import g
from werkzeug.test import TestResponse

import nms.app.schema
from nms.base.clock import FakeClock
from nms.base.db import Base, Database
from nms.base.permissions import Actor, Permission
from nms.base.secrets import SecretBox
from nms.base.settings import MetricsSettings, Settings
from nms.ops.live import LiveState
from spectrum.register import Register
from web import metrics
from web.guard import NOBODY
from web.known import Known
from web.services import Services

SCRAPER = Actor("token:prometheus", frozenset({Permission.METRICS_READ}))
TOKEN = {"Authorization": "Bearer word"}
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0; charset=utf-8,text/plain;q=0.5"}


def scrape(
    home: Path,
    *,
    open_to_loopback: bool = False,
    peer: str = "127.0.0.1",
    actor: Actor = NOBODY,
    headers: dict[str, str] | None = None,
) -> TestResponse:
    settings = Settings(home=home, metrics=MetricsSettings(open_to_loopback=open_to_loopback))
    app = APIFlask("web")

    @app.before_request
    def resolve() -> None:
        g.actor = actor

    nms.app.schema.import_models()
    database, clock = Database.sqlite(home / "nms.db"), FakeClock()
    Base.metadata.create_all(database.engine)
    register, box = Register(database, clock), SecretBox.open_or_create(home)
    parts: Any = SimpleNamespace(
        settings=settings, live=LiveState(), database=database, clock=clock, register=register, box=box, hearing=None
    )
    app.extensions |= {"nms": parts, "nms_known": Known(database)}
    metrics.register(app, cast("Services", parts))
    try:
        return app.test_client().get("/metrics", headers=headers or {}, environ_base={"REMOTE_ADDR": peer})
    finally:
        database.dispose()


def test_a_token_with_the_scope_scrapes_from_anywhere(tmp_path: Path) -> None:
    answer = scrape(tmp_path, peer="192.0.2.7", actor=SCRAPER, headers=TOKEN)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert b"nms_sweep_devices 0\n" in answer.data


def test_openmetrics_is_answered_to_who_accepts_it(tmp_path: Path) -> None:
    answer = scrape(tmp_path, actor=SCRAPER, headers=TOKEN | OPENMETRICS)
    assert answer.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.data.endswith(b"# EOF\n")


def test_without_a_token_the_answer_is_401_in_plain_words_and_no_login_page(tmp_path: Path) -> None:
    answer = scrape(tmp_path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.content_type == "text/plain; charset=utf-8"
    assert b"metrics:read" in answer.data


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_token_when_the_settings_open_it(tmp_path: Path, peer: str) -> None:
    assert scrape(tmp_path, open_to_loopback=True, peer=peer).status_code == 200


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7", "", "unix"])
def test_another_machine_needs_one_all_the_same(tmp_path: Path, peer: str) -> None:
    assert scrape(tmp_path, open_to_loopback=True, peer=peer).status_code == 401


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_a_proxy_on_this_machine_does_not_open_it_to_others(tmp_path: Path, header: str) -> None:
    assert scrape(tmp_path, open_to_loopback=True, headers={header: "192.0.2.7"}).status_code == 401


def test_a_wrong_token_is_refused_even_where_none_is_needed(tmp_path: Path) -> None:
    assert scrape(tmp_path, open_to_loopback=True, headers=TOKEN).status_code == 401


def test_a_user_without_the_permission_and_a_token_of_some_communes_are_refused(tmp_path: Path) -> None:
    viewer = Actor("marie", frozenset({Permission.HEALTH_READ}))
    assert scrape(tmp_path, actor=viewer).status_code == 403
    scoped = Actor("token:commune", frozenset({Permission.METRICS_READ}), frozenset({"86194"}))
    assert scrape(tmp_path, actor=scoped, headers=TOKEN).status_code == 403
