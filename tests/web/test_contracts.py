"""How the contract of a link was kept: page, API, file of all links, each with the same figures."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest

from inventory import importer
from inventory.models import Lifecycle, LifecycleChange
from nms.base.clock import epoch_s
from nms.base.permissions import SYSTEM, Role
from nms.ops import contract_report, network, reports
from nms.ops.history import Sample
from nms.ops.models import HealthEvent
from nms.ops.state import Kind, Measures, State
from tests.fakes.site import Web

HOUR_S = 3600
IN_SERVICE, WORKS = Lifecycle.IN_SERVICE, Lifecycle.MAINTENANCE
DAY = "du=2026-11-22&au=2026-11-22"


@pytest.fixture
def kept(web: Web) -> Web:
    """22 November: down from 02:00 to 07:00 with an hour of works in it, down again for ten minutes at noon."""
    text = "kind,name,link_kind,contract_class\nlink,link-a,dedicated,GTR 2 h\n"
    with web.database.transaction() as session:
        plan = importer.judge(text.encode(), session)
        importer.apply(session, plan, SYSTEM, web.clock.now(), "test")
        midnight = reports.period("2026-11-22", "2026-11-22").start
        for minutes, state in ((-600, "up"), (120, "down"), (420, "up"), (720, "down"), (730, "degraded")):
            at = midnight + timedelta(minutes=minutes)
            session.add(HealthEvent(kind="link", name="link-a", at=at, before="up", after=state))
        for minutes, before, after in ((180, IN_SERVICE, WORKS), (240, WORKS, IN_SERVICE)):
            at = midnight + timedelta(minutes=minutes)
            session.add(LifecycleChange(kind="link", name="link-a", before=before, after=after, at=at, by="x"))
    start_s = epoch_s(midnight)
    web.services.store.write_batch(
        [
            Sample(
                Kind.LINK,
                "link-a",
                State.UP,
                60,
                Measures(start_s + 60 * n, 0.01, 0.0, 1e6 if n % 100 < 95 else 5e6, 1e5),
            )
            for n in range(12 * 60)
        ]
    )
    return web


def read(web: Web, path: str, role: Role = Role.OFFICIAL) -> str:
    """A page, in English."""
    return web.read(path, role)


def test_the_page_tells_each_interruption_against_the_time_to_restore(kept: Web) -> None:
    """Four hours without the works, of which the contract allows two; the newest first."""
    page = read(kept, f"/contrats/link-a?{DAY}")
    assert "GTR 2 h" in page
    assert "longer than 2\u00a0h" in page
    assert "within 2\u00a0h" in page
    assert page.index("2026-11-22 12:00") < page.index("2026-11-22 02:00")
    assert "4\u00a0h 10\u00a0min" in page
    assert "144 of 288 were measured" in page
    part = kept.client(Role.OFFICIAL).get(f"/contrats/link-a?{DAY}", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert 'hx-get="/contrats/link-a?mois=2026-11"' in read(kept, "/liaisons/link-a")


def test_api_and_file_have_the_figures_of_the_page(kept: Web) -> None:
    """The same seconds, and percentiles to the bit."""
    client = kept.client(Role.OFFICIAL)
    told = client.get("/api/v1/links/link-a/contract?first_day=2026-11-22&last_day=2026-11-22").get_json()
    assert [one["counted_s"] for one in told["interruptions"]] == [4 * HOUR_S, 600]
    assert [one["longer_than_contract"] for one in told["interruptions"]] == [True, False]
    assert [one["works_s"] for one in told["interruptions"]] == [HOUR_S, 0]
    assert (told["interrupted_s"], told["longest_s"], told["restored_within_s"]) == (15_000, 14_400, 7200)
    period = reports.period("2026-11-22", "2026-11-22")
    with kept.database.reading() as session:
        text = contract_report.as_csv(session, kept.services.store, network.read(session), period, kept.clock.now())
    rows = {row["name"]: row for row in csv.DictReader(StringIO(text))}
    assert (rows["link-a"]["interrupted_s"], rows["link-a"]["longer_than_contract"]) == ("15000", "1")
    assert float(rows["link-a"]["sum_p95_bps"]) == told["percentiles"]["sum_bps"]
    assert (rows["link-b"]["interruptions"], rows["link-b"]["longer_than_contract"]) == ("0", "")
    assert rows["link-b"]["in_p95_bps"] == ""


def test_an_interruption_that_lasts_is_told_as_such(kept: Web) -> None:
    """It is cut at this moment, and counted so far."""
    with kept.database.transaction() as session:
        at = kept.clock.now() - timedelta(minutes=90)
        session.add(HealthEvent(kind="link", name="link-a", at=at, before="up", after="down"))
    told = kept.client(Role.OFFICIAL).get("/api/v1/links/link-a/contract?month=2026-11").get_json()
    assert (told["interruptions"][-1]["lasts"], told["interruptions"][-1]["counted_s"]) == (True, 5400)
    assert "not over" in read(kept, "/contrats/link-a?mois=2026-11")


def test_fault_55_a_commune_has_the_contract_of_its_own_link_alone(kept: Web) -> None:
    """Another one and none at all get the same answer."""
    client = kept.client(Role.COMMUNE)
    assert client.get(f"/contrats/link-a?{DAY}").status_code == 200
    for path in ("/contrats/{}", "/api/v1/links/{}/contract"):
        assert [client.get(path.format(name)).status_code for name in ("link-b", "link-z")] == [404, 404]
