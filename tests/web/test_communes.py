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
from nms.ops.state import Judgement, Kind, OnAir, Reason, State
from spectrum.acts import Act, Step
from spectrum.bands import UNKNOWN, Bands, read_bands
from tests.fakes.site import ELSEWHERE, HERE, Web
from web.communes import SERVES

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
    return web.read(path, role)


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


def of_services(web: Web, link: State, hotspot: State, why: str = "no_answer") -> None:
    """The link and the hotspot of the commune in these states."""
    for kind, name, state in ((Kind.LINK, "link-a", link), (Kind.HOTSPOT, "spot-a", hotspot)):
        row = web.live.get(kind, name)
        assert row is not None
        reasons = () if state is State.UP else (Reason(why),)
        web.live.update([replace(row, judgement=Judgement(state, web.clock.now(), reasons))])


@pytest.mark.parametrize(
    ("link", "hotspot", "found", "told"),
    [
        (State.DEGRADED, State.UNKNOWN, "degraded", "Served, but no service works as it should."),
        (State.DEGRADED, State.UNMEASURED, "degraded", "Served, but no service works as it should."),
        (State.DOWN, State.UNKNOWN, "unknown", "Whether it is served cannot be said at this moment."),
        (State.DOWN, State.DOWN, "down", "Not served at this moment: every service is down."),
        (State.UP, State.DOWN, "up", "Served: at least one service works as it should."),
    ],
)
def test_a_commune_is_served_by_what_serves_it_best(
    web: Web, link: State, hotspot: State, found: str, told: str
) -> None:
    """A degraded service serves, whatever is not known of another one."""
    of_services(web, link, hotspot)
    assert told in read(web, f"/communes/{HERE}")
    assert web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()["state"] == found
    listed = {word: f'href="/communes/{HERE}"' in read(web, f"/communes?desservie={word}") for word in SERVES}
    assert listed == {"oui": True, "non": False, "marche": found in ("up", "degraded"), "coupee": found == "down"}


def test_what_is_only_planned_serves_nobody(web: Web) -> None:
    """Nor does it hide that the commune is cut off."""
    of_services(web, State.UNMEASURED, State.UNMEASURED, "planned")
    assert web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()["state"] is None


def test_a_commune_is_not_told_that_no_right_lies_over_it(web: Web) -> None:
    """What it may not see is not called nothing, on its page and in the register."""
    start, area = date(2020, 1, 1), frozenset({HERE, ELSEWHERE})
    title = Act("T-1", Step.ATTRIBUTION, start, start, area, LOT, cessionnaire="Région", area_text="deux")
    web.services.register.replay([title], SYSTEM)
    other = web.client(Role.COMMUNE)
    other.set_cookie("nms_language", "en")
    for path in ("/registre", f"/communes/{HERE}"):
        page = other.get(path).text
        assert "Rights that reach beyond them are not shown to your account." in page
        assert "Nothing is held on that day." not in page
        assert "No right is recorded here today." not in page


def test_equipment_alone_serves_nobody(web: Web) -> None:
    """A base station that works is no service: without a link or a hotspot the commune is not served."""
    web.live.keep_only({(row.subject.kind, row.subject.name) for row in web.live.all() if row.subject.kind in OTHERS})
    page = read(web, f"/communes/{HERE}")
    assert "bs-a" in page
    assert "not served by the plan" in page
    assert web.client(Role.OFFICIAL).get(f"/api/v1/communes/{HERE}").get_json()["state"] is None
