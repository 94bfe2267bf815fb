"""The communes: which one is served, and services beside rights on one page, each account what is its own."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest

from collectors.base import Metric, RadioReading
from inventory.territory import CommuneSuccessor
from nms.base.clock import legal_day
from nms.base.permissions import SYSTEM, Role
from nms.ops.conformity import rights_of
from nms.ops.on_air import of_sector
from nms.ops.state import Kind, OnAir
from spectrum.acts import Act, Step
from spectrum.bands import UNKNOWN, Bands, read_bands
from tests.fakes.site import ELSEWHERE, HERE, Web

OTHERS = (Kind.DEVICE, Kind.SECTOR)
LOT = read_bands("3432.5-3447.5/3532.5-3547.5")


def grant(web: Web, bands: Bands = LOT) -> None:
    """A title over both communes."""
    start, end = date(2020, 1, 1), date(2040, 1, 1)
    area = frozenset({HERE, ELSEWHERE})
    web.services.register.replay(
        [
            Act("T-1", Step.ATTRIBUTION, start, start, area, bands, cessionnaire="Région", until=end, area_text="deux"),
            Act(
                "M-1",
                Step.MAKING_AVAILABLE,
                start,
                start,
                frozenset({HERE}),
                bands,
                cedant="Région",
                cessionnaire="Commune de Poitiers",
                until=end,
                area_text=HERE,
            ),
        ],
        SYSTEM,
    )


def on_air(web: Web, centre_khz: float) -> None:
    """What the radio of the sector here tells at the last poll."""
    row = web.live.get(Kind.SECTOR, "sec-a")
    assert row is not None
    radio = (
        RadioReading(Metric.FREQUENCY, "2", centre_khz, "kHz", "1.3.6.1", "x", True),
        RadioReading(Metric.CHANNEL_WIDTH, "2", 3_500, "kHz", "1.3.6.1", "x", True),
    )
    rights = rights_of(web.services.register, legal_day(web.clock.now()))
    emission = of_sector(radio)
    found = OnAir(emission, rights.judge(emission, row.subject.insee), rights.day, web.clock.now())
    web.live.update([replace(row, radio=radio, on_air=found)])


def read(web: Web, path: str, role: Role = Role.OFFICIAL) -> str:
    """A page, in English."""
    client = web.client(role)
    client.set_cookie("nms_language", "en")
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_list_tells_who_is_served_and_counts_inhabitants(web: Web) -> None:
    """Two communes of the small inventory have services; the others say none."""
    page = web.client(Role.OFFICIAL).get("/communes?desservie=oui").get_data(as_text=True)
    assert f'href="/communes/{HERE}"' in page
    assert f'href="/communes/{ELSEWHERE}"' in page
    rows = list(csv.DictReader(StringIO(web.client(Role.OFFICIAL).get("/communes.csv").text.lstrip("\ufeff"))))
    served = {row["insee"]: row for row in rows if row["state"]}
    assert set(served) == {HERE, ELSEWHERE}
    assert served[HERE]["state"] == "up"
    assert (served[HERE]["links"], served[HERE]["hotspots"], served[HERE]["sectors"]) == ("1", "1", "1")
    assert len(rows) > 1000


@pytest.mark.parametrize("asked", ["poitiers", "POITIERS", HERE, "grand poitiers"])
def test_a_commune_is_found_by_name_code_or_grouping(web: Web, asked: str) -> None:
    """Without accents, in any case."""
    assert f'href="/communes/{HERE}"' in web.client(Role.VIEWER).get("/communes", query_string={"q": asked}).text


def test_a_code_of_the_past_leads_to_the_commune_of_today(web: Web) -> None:
    """A mayor's letter of 2006 still finds its page, and the list finds the old name."""
    with web.database.transaction() as session:
        session.add(CommuneSuccessor(old_insee="86999", new_insee=HERE, old_name="Vieux-Bourg"))
    client = web.client(Role.OFFICIAL)
    answer = client.get("/communes/86999")
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/communes/{HERE}")
    assert "Vieux-Bourg" in client.get(f"/communes/{HERE}").text
    assert f'href="/communes/{HERE}"' in client.get("/communes?q=vieux-bourg").text
    assert client.get("/communes/99999").status_code == 404


def test_services_stand_beside_the_rights_that_cover_them(web: Web) -> None:
    """The planned channel lies in the lot; what is on the air sticks out."""
    grant(web)
    on_air(web, 3_446_000)
    page = read(web, f"/communes/{HERE}")
    assert "link-a" in page
    assert "spot-a" in page
    assert "sec-a" in page
    assert "link-b" not in page
    assert "within the rights of Commune de Poitiers" in page
    assert "it sticks out of the rights of Commune de Poitiers" in page


def test_over_the_api_each_sector_comes_with_its_two_verdicts(web: Web) -> None:
    """The same picture, for programs."""
    grant(web)
    on_air(web, 3_440_000)
    found = web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()
    assert found["commune"]["insee"] == HERE
    assert found["state"] == "up"
    assert {row["user"] for row in found["holdings"]} == {"Commune de Poitiers"}
    (emitter,) = found["emitters"]
    assert emitter["planned"] == emitter["observed"] == {
        "verdict": "conform", "case": "covered", "article": "", "authorisations": ["T-1"],
        "why": "within the rights of Commune de Poitiers",
    }  # fmt: skip
    on_air(web, 3_500_000)
    (emitter,) = web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()["emitters"]
    assert emitter["observed"]["verdict"] == "violation"


def test_a_right_whose_bands_are_not_established_proves_nothing(web: Web) -> None:
    """Neither conform nor a violation."""
    grant(web, UNKNOWN)
    on_air(web, 3_440_000)
    (emitter,) = web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()["emitters"]
    assert emitter["observed"]["verdict"] == "cannot_prove"


def test_fault_55_an_account_of_a_commune_sees_its_own_commune_only(web: Web) -> None:
    """Another one does not exist for it: page, API, list and file."""
    grant(web)
    client = web.client(Role.COMMUNE)
    assert client.get(f"/communes/{HERE}").status_code == 200
    assert client.get(f"/communes/{ELSEWHERE}").status_code == 404
    assert client.get(f"/api/v1/communes/{ELSEWHERE}").status_code == 404
    page = client.get("/communes").text
    assert HERE in page
    assert f"/communes/{ELSEWHERE}" not in page
    assert len(client.get("/communes.csv").text.strip().splitlines()) == 2


def test_who_may_not_read_rights_is_told_so(web: Web) -> None:
    """A viewer sees the services and no word of the register."""
    grant(web)
    on_air(web, 3_500_000)
    page = read(web, f"/communes/{HERE}", Role.VIEWER)
    assert "link-a" in page
    assert "Your account does not read the register of rights." in page
    assert "outside the rights" not in page
    assert web.client(Role.VIEWER).get(f"/api/v1/communes/{HERE}").get_json()["holdings"] is None


def test_equipment_alone_serves_nobody(web: Web) -> None:
    """A base station that works is no service: without a link or a hotspot the commune is not served."""
    web.live.keep_only({(row.subject.kind, row.subject.name) for row in web.live.all() if row.subject.kind in OTHERS})
    page = read(web, f"/communes/{HERE}")
    assert "bs-a" in page
    assert "not served by the plan" in page
    assert web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()["state"] is None
