"""A token acts for the person who made it: with no more than that person may today, and no longer than they are one."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from nms.base.permissions import SYSTEM, Actor, Permission, Role
from tests.fakes.site import ELSEWHERE, HERE, Web
from web import users

DEVICES, CONFIGURATIONS = "/api/v1/devices", "/api/v1/configurations"


def made_by(web: Web, actor: Actor | None, *scopes: Permission) -> str:
    """The word of a token that the engineer made, or this actor."""
    with web.database.transaction() as session:
        maker = actor or users.user_named(session, "engineer").actor()
        return users.issue_token(session, maker, web.clock.now(), "script", scopes)


def asked(web: Web, word: str, path: str = DEVICES) -> TestResponse:
    """The answer to a program with this token."""
    return web.app.test_client(use_cookies=False).get(path, headers={"Authorization": f"Bearer {word}"})


def change(web: Web, *roles: Role, scope: tuple[str, ...] = ()) -> None:
    """Give the engineer other roles."""
    with web.database.transaction() as session:
        users.set_roles(session, SYSTEM, web.clock.now(), "engineer", roles, scope)


def test_fault_54_the_tokens_of_somebody_who_is_locked_out_are_out_too(web: Web) -> None:
    """Until they are let in again."""
    word = made_by(web, None, Permission.DEVICE_READ)
    assert asked(web, word).status_code == 200
    for active, status in ((False, 401), (True, 200)):
        with web.database.transaction() as session:
            users.set_active(session, SYSTEM, web.clock.now(), "engineer", active)
        assert asked(web, word).status_code == status


def test_fault_54_a_token_may_no_more_than_its_maker_may_today(web: Web) -> None:
    """Who becomes a viewer reads no configuration through a token of before."""
    word = made_by(web, None, Permission.DEVICE_READ, Permission.CONFIG_READ)
    assert asked(web, word, CONFIGURATIONS).status_code == 200
    change(web, Role.VIEWER)
    assert asked(web, word, CONFIGURATIONS).status_code == 403
    assert asked(web, word).status_code == 200
    change(web, Role.ENGINEER)
    assert asked(web, word, CONFIGURATIONS).status_code == 200


def test_fault_55_a_token_sees_no_more_communes_than_its_maker_sees_today(web: Web) -> None:
    """The whole territory before, one commune after."""
    word = made_by(web, None, Permission.DEVICE_READ)
    assert {one["name"] for one in asked(web, word).get_json()["items"]} == {"bs-a", "cpe-a", "bs-b", "cpe-b"}
    change(web, Role.COMMUNE, scope=(HERE,))
    assert {one["name"] for one in asked(web, word).get_json()["items"]} == {"bs-a", "cpe-a"}


def test_fault_55_a_token_of_one_commune_stays_so_when_its_maker_sees_more(web: Web) -> None:
    """It was made for that one."""
    change(web, Role.COMMUNE, scope=(HERE, ELSEWHERE))
    word = made_by(web, None, Permission.DEVICE_READ)
    change(web, Role.COMMUNE, scope=(ELSEWHERE,))
    assert {one["name"] for one in asked(web, word).get_json()["items"]} == {"bs-b", "cpe-b"}
    change(web, Role.ENGINEER)
    assert len(asked(web, word).get_json()["items"]) == 4
    change(web, Role.COMMUNE, scope=(HERE,))
    assert {one["name"] for one in asked(web, word).get_json()["items"]} == {"bs-a", "cpe-a"}


@pytest.mark.parametrize("maker", ["token:other", "nobody"])
def test_a_token_of_nobody_opens_nothing(web: Web, maker: str) -> None:
    """Neither a token nor somebody who never was a user lends anything."""
    word = made_by(web, Actor(maker, frozenset({Permission.DEVICE_READ})), Permission.DEVICE_READ)
    assert asked(web, word).status_code == 401


def test_a_token_of_the_shell_goes_on_whoever_comes_and_goes(web: Web) -> None:
    """It is of the host's owner: Prometheus scrapes on."""
    word = made_by(web, SYSTEM, Permission.METRICS_READ)
    assert asked(web, word, "/metrics").status_code == 200


def test_who_writes_users_lets_prometheus_read_without_reading_themselves(web: Web) -> None:
    """An administrator holds no `metrics:read`, and may give it."""
    with web.database.reading() as session:
        chief = users.user_named(session, "administrator").actor()
    word = made_by(web, chief, Permission.METRICS_READ)
    assert asked(web, word, "/metrics").status_code == 200
