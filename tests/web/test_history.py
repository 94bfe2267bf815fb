"""The pages of the past: a month of days, the report by group, “why is this unmeasured?”, retention and space."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nms.base.clock import epoch_s
from nms.base.permissions import Role
from nms.ops import sealing
from nms.ops.attempts import Attempt, Tried
from nms.ops.history import Sample
from nms.ops.history_layout import SCALES
from nms.ops.history_sqlite import SqliteStore
from nms.ops.sealing import Sealer
from nms.ops.state import Judgement, Kind, Measures, Reason, State
from tests.fakes.site import Web

HOUR_S, DAY_S = 3600, 86_400


def store_of(web: Web) -> SqliteStore:
    store = web.services.store
    assert isinstance(store, SqliteStore)
    return store


def record(web: Web, days: int = 4) -> None:
    """Some days of a sample per hour, the third hour of each day down."""
    now_s = epoch_s(web.clock.now()) // HOUR_S * HOUR_S
    for name in ("link-a", "link-b"):
        store_of(web).write_batch(
            [
                Sample(
                    Kind.LINK, name, State.DOWN if n % 24 == 3 else State.UP, HOUR_S, Measures(now_s - HOUR_S * n, 0.01)
                )
                for n in range(1, days * 24)
            ]
        )
    store_of(web).roll_up(now_s)


def unmeasured(web: Web, name: str = "link-a", reason: str = "never_polled") -> None:
    status = web.live.get(Kind.LINK, name)
    assert status is not None
    web.live.update([replace(status, judgement=Judgement(State.UNMEASURED, web.clock.now(), (Reason(reason),)))])


def test_the_month_of_a_link_is_a_calendar_whose_days_lead_to_their_measures(web: Web) -> None:
    record(web)
    client = web.client(Role.NOC)
    text = client.get("/liaisons/link-a?mois=2026-11").get_data(as_text=True)
    assert text.count("?jour=2026-11-") == 30
    assert "novembre 2026</h2>" in text
    assert '?mois=2026-10#mois">octobre 2026</a>' in text
    assert '<option value="2026-10">octobre 2026</option>' in client.get("/disponibilite").get_data(as_text=True)
    day = client.get("/liaisons/link-a?jour=2026-11-22").get_data(as_text=True)
    assert 'data-day="2026-11-22"' in day
    series = client.get("/series/liaisons/link-a?jour=2026-11-22").get_json()
    assert series["end_s"] - series["start_s"] == DAY_S
    assert len(series["at_s"]) == 24


@pytest.mark.parametrize("query", ["mois=2026-13", "mois=1999-01", "mois=2030-01", "jour=x", "jour=2026-02-30"])
def test_a_month_or_day_that_is_none_is_refused_in_words(web: Web, query: str) -> None:
    assert web.client(Role.NOC).get(f"/liaisons/link-a?{query}").status_code == 400


def test_a_sealed_day_is_drawn_as_before_and_without_the_extra_its_page_says_what_to_install(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(web)
    client, now_s = web.client(Role.NOC), epoch_s(web.clock.now())
    before = client.get("/series/liaisons/link-a?jour=2026-11-21").get_json()
    Sealer(web.services.settings.home / sealing.STORE_FILE, SCALES).seal(now_s // DAY_S * DAY_S, now_s)
    assert store_of(web).sealed_in(0, now_s)
    assert client.get("/series/liaisons/link-a?jour=2026-11-21").get_json() == before
    monkeypatch.setattr(sealing, "available", lambda: False)
    assert "poitou-nms[parquet]" in client.get("/liaisons/link-a?jour=2026-11-21").get_data(as_text=True)
    assert client.get("/series/liaisons/link-a?jour=2026-11-21").status_code == 200


def test_the_report_is_of_any_days_and_by_any_group(web: Web) -> None:
    record(web)
    client = web.client(Role.NOC)
    text = client.get("/disponibilite?du=2026-11-21&au=2026-11-22").get_data(as_text=True)
    assert "link-a" in text
    assert "95,833" in text
    assert 'class="days"' in text
    assert "Poitiers" in client.get("/disponibilite?par=commune").get_data(as_text=True)
    for group in ("departement", "contrat", "commune", "objet"):
        for form in ("csv", "ods"):
            answer = client.get(f"/disponibilite.{form}?du=2026-11-21&au=2026-11-22&par={group}")
            assert answer.status_code == 200
            assert "2026-11-21_2026-11-22" in answer.headers["Content-Disposition"]
    csv = client.get("/disponibilite.csv?du=2026-11-21&au=2026-11-22&par=departement").get_data(as_text=True)
    assert "link,17,1,95.8333,46.0,0.0,2.0,0.0,0.0,0.0" in csv


@pytest.mark.parametrize("query", ["du=x&au=2026-11-22", "du=2026-11-22", "du=2026-11-22&au=2026-11-21", "mois=x"])
def test_days_that_are_none_are_refused_in_words(web: Web, query: str) -> None:
    client = web.client(Role.NOC)
    for path in ("/disponibilite", "/disponibilite.csv", "/pourquoi/liaisons/link-a"):
        assert client.get(f"{path}?{query}").status_code == 400


def test_a_commune_s_groups_hold_its_own_objects_only(web: Web) -> None:
    record(web)
    csv = web.client(Role.COMMUNE).get("/disponibilite.csv?par=departement").get_data(as_text=True)
    assert "link,86," in csv
    assert "17" not in csv.splitlines()[1].split(",")[1]
    assert "La Rochelle" not in web.client(Role.COMMUNE).get("/disponibilite?par=commune").get_data(as_text=True)


def test_an_unmeasured_badge_leads_to_what_was_tried_and_what_to_do(web: Web) -> None:
    unmeasured(web)
    attempt = Attempt(web.clock.now().timestamp() - 40, 1.5, 2, 2, "Timeout/no_answer", "No answer.")
    services = web.app.extensions["nms"] = replace(web.services, tried=lambda _name: Tried((attempt,)))
    assert services.tried("x").attempts
    client = web.client(Role.NOC)
    for page in ("/liaisons", "/parts/liaisons/link-a", "/communes/86194"):
        assert "/pourquoi/liaisons/link-a" in client.get(page).get_data(as_text=True), page
    text = client.get("/pourquoi/liaisons/link-a").get_data(as_text=True)
    assert "cpe-a ne répond plus depuis" in text
    assert "Dernières tentatives auprès de cpe-a" in text
    assert "s3cret-community" not in text


def test_every_kind_has_an_answer_and_what_is_measured_says_so(web: Web) -> None:
    client = web.client(Role.NOC)
    for path in ("liaisons/link-a", "secteurs/sec-a", "points-acces/spot-a", "appareils/cpe-a"):
        answer = client.get(f"/pourquoi/{path}")
        assert answer.status_code == 200
        assert "L’objet est mesuré en ce moment." in answer.get_data(as_text=True)


def test_the_outage_of_the_program_explains_the_gap_of_a_period(web: Web) -> None:
    now_s = epoch_s(web.clock.now())
    record(web, 1)
    start_s = now_s // HOUR_S * HOUR_S - 48 * HOUR_S
    store_of(web).write_batch([Sample(Kind.LINK, "link-a", State.UP, HOUR_S, Measures(start_s))])
    store_of(web).roll_up(now_s)
    store_of(web).beat(start_s + HOUR_S)
    store_of(web).beat(now_s - 23 * HOUR_S)
    text = web.client(Role.NOC).get("/pourquoi/liaisons/link-a?du=2026-11-21&au=2026-11-23").get_data(as_text=True)
    assert "Le programme lui-même ne fonctionnait pas" in text


def test_a_foreign_object_has_no_why(web: Web) -> None:
    client = web.client(Role.COMMUNE)
    assert client.get("/pourquoi/liaisons/link-b").status_code == 404
    assert client.get("/pourquoi/liaisons/link-z").status_code == 404


def test_the_api_tells_why_and_the_part_in_works(web: Web) -> None:
    unmeasured(web, reason="maintenance")
    record(web)
    client = web.client(Role.NOC)
    why = client.get("/api/v1/links/link-a").get_json()["why"]
    assert [found["code"] for found in why] == ["maintenance"]
    assert why[0]["do"]
    assert client.get("/api/v1/links/link-b").get_json()["why"] == []
    answer = client.get("/api/v1/reports/availability?first_day=2026-11-21&last_day=2026-11-22").get_json()
    found = next(item for item in answer["items"] if item["name"] == "link-a")
    assert (found["up_s"], found["down_s"], found["maintenance_s"]) == (46 * HOUR_S, 2 * HOUR_S, 0)
    assert (answer["first_day"], answer["last_day"]) == ("2026-11-21", "2026-11-22")
    assert client.get("/api/v1/reports/availability").get_json()["last_day"] == "2026-11-23"
    assert client.get("/api/v1/reports/availability?first_day=2026-11-21").status_code == 400


def test_retention_is_shown_with_the_space_that_each_part_takes(web: Web) -> None:
    record(web)
    client = web.client(Role.ADMINISTRATOR)
    assert "history.raw_hours" in client.get("/administration/historique").get_data(as_text=True)
    store_of(web).measure(epoch_s(web.clock.now()))
    text = client.get("/administration/historique").get_data(as_text=True)
    assert "190" in text
    assert "Mo" in text
