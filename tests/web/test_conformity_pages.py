"""What is on the air against the rights, on every page alike: list, sector, act, overview, each account what it may."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from nms.base.clock import legal_day
from nms.base.permissions import Permission, Role
from nms.ops.conformity import dump, rights_of
from nms.ops.models import ConformityEvent
from nms.ops.on_air import Emission
from nms.ops.state import Kind, OnAir
from spectrum.conformance import Case
from tests.fakes.site import HERE, Web
from tests.web.test_api import token
from tests.web.test_communes import grant, on_air, read

SILENT, FREE = Emission(), Emission(2_437_000, 20_000)


def emit(web: Web, kind: Kind, name: str, emission: Emission) -> None:
    """What a radio told at the last poll, judged as the sweep judges it."""
    row = web.live.get(kind, name)
    assert row is not None
    rights = rights_of(web.services.register, legal_day(web.clock.now()))
    found = OnAir(emission, rights.judge(emission, row.subject.insee), rights.day, web.clock.now())
    web.live.update([replace(row, on_air=found)])


@pytest.fixture
def aired(web: Web) -> Web:
    """A sector that sticks out of its right, a silent one, and an access point in a free band."""
    grant(web)
    on_air(web, 3_446_000)
    emit(web, Kind.SECTOR, "sec-b", SILENT)
    emit(web, Kind.DEVICE, "cpe-a", FREE)
    return web


def objects(page: str) -> list[str]:
    """The objects of the list."""
    return re.findall(r'<tr><td><a href="/(?:secteurs|appareils)/([^"]+)"', page)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ["sec-a"]),
        ("?cas=tous", ["sec-a", "sec-b", "cpe-a"]),
        ("?cas=not_told", ["sec-b"]),
        ("?cas=exempt", ["cpe-a"]),
        ("?cas=covered", []),
        ("?cas=nonsense", ["sec-a"]),
    ],
)
def test_the_list_shows_what_is_not_covered_and_each_case_when_asked(
    aired: Web, asked: str, expected: list[str]
) -> None:
    """The gravest first; a silent radio is never among those within the rights."""
    assert objects(read(aired, f"/emissions{asked}")) == expected


def test_a_sector_tells_its_plan_its_channel_and_the_right_or_why_none(aired: Web) -> None:
    """With the page of the act, and the article."""
    page = read(aired, "/secteurs/sec-a")
    assert "3,440.000\u00a0MHz" in page
    assert "3,446.000\u00a0MHz" in page
    assert "it sticks out of the rights of Commune de Poitiers" in page
    assert "L. 42-1" in page
    number = re.search(r'<a href="/registre/actes/(\d+)">M-1</a>', page)
    assert number is not None
    assert "sec-a" in read(aired, f"/registre/actes/{number[1]}")
    assert "Décision ARCEP 2012-1669" in read(aired, "/appareils/cpe-a")
    assert "sec-a" in read(aired, "/appareils/bs-a")


def test_the_overview_counts_them_and_leads_to_the_list(aired: Web) -> None:
    page = read(aired, "/")
    assert 'href="/emissions"' in page
    for words in ("1 not covered", "1 not proved", "1 within the rights"):
        assert words in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.NOC])
def test_who_does_not_read_rights_learns_none_of_it(aired: Web, role: Role) -> None:
    """Neither list, nor tile, nor verdict."""
    assert aired.client(role).get("/emissions").status_code == 403
    for path in ("/", "/secteurs/sec-a", "/appareils/cpe-a"):
        page = read(aired, path, role)
        assert "conformance" not in page
        assert "M-1" not in page


def test_fault_55_an_account_of_a_commune_sees_its_own_emissions_and_no_right_beyond_its_own(web: Web) -> None:
    """The title of the Region covers two communes: the verdict is told, whose right it is is not."""
    grant(web)
    emit(web, Kind.SECTOR, "sec-b", Emission(3_440_000, 3_500))
    emit(web, Kind.SECTOR, "sec-a", Emission(3_440_000, 3_500))
    own = read(web, "/emissions?cas=tous", Role.COMMUNE)
    assert objects(own) == ["sec-a"]
    assert "within the rights of Commune de Poitiers" in own
    row = web.live.get(Kind.SECTOR, "sec-a")
    assert row is not None
    assert row.on_air is not None
    (one,) = row.on_air.found.by
    wide = replace(one, extent=replace(one.extent, area=frozenset({HERE, "17300"})), user="Région")
    found = replace(row.on_air.found, by=(wide,))
    web.live.update([replace(row, on_air=replace(row.on_air, found=found))])
    for path in ("/emissions?cas=tous", "/secteurs/sec-a", f"/communes/{HERE}"):
        page = read(web, path, Role.COMMUNE)
        assert "it rests on rights that reach beyond your communes" in page
        assert "M-1" not in page.replace("SIM-1", "") or path.startswith("/communes")


def test_changes_are_told_on_the_page_of_the_sector(aired: Web) -> None:
    """With what was on the air then, and why; whose rights, only for who may read them."""
    row = aired.live.get(Kind.SECTOR, "sec-a")
    assert row is not None
    assert row.on_air is not None
    text = dump(row.on_air.emission, row.on_air.found)
    with aired.database.transaction() as session:
        session.add(
            ConformityEvent(
                kind="sector", name="sec-a", at=aired.clock.now(), before="covered", after=Case.STICKS_OUT, told=text
            )
        )
    assert read(aired, "/secteurs/sec-a").count("it sticks out of the rights of Commune de Poitiers") == 2
    assert read(aired, "/secteurs/sec-a", Role.COMMUNE).count("it sticks out of the rights of Commune de Poitiers") == 1


def filed(web: Web, asked: str = "", role: Role = Role.OFFICIAL) -> list[dict[str, str]]:
    """The rows of the file."""
    answer = web.client(role).get(f"/emissions.csv{asked}")
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def given(web: Web, asked: str = "", role: Role = Role.OFFICIAL) -> dict[str, Any]:
    """What the API answers to a token of this role."""
    answer = web.app.test_client(use_cookies=False).get(
        f"/api/v1/emissions{asked}", headers=token(web, role, Permission.RIGHT_READ)
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.parametrize(
    ("page", "api"),
    [("", ""), ("?cas=tous", "?case=all"), ("?cas=not_told", "?case=not_told"), ("?cas=covered", "?case=covered")],
)
def test_the_file_and_the_api_hold_the_rows_of_the_page_in_its_order(aired: Web, page: str, api: str) -> None:
    shown = objects(read(aired, f"/emissions{page}"))
    assert [row["name"] for row in filed(aired, page)] == shown
    answer = given(aired, api)
    assert ([item["name"] for item in answer["items"]], answer["total"]) == (shown, len(shown))


def test_the_page_leads_to_the_file_of_what_it_shows(aired: Web) -> None:
    assert 'href="/emissions.csv"' in read(aired, "/emissions")
    assert 'href="/emissions.csv?cas=tous"' in read(aired, "/emissions?cas=tous")
    answer = aired.client(Role.OFFICIAL).get("/emissions.csv?cas=tous")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="emissions-tous.csv"'


def test_a_row_tells_plan_channel_verdict_and_act_and_leaves_empty_what_is_not_known(aired: Web) -> None:
    """Kilohertz as numbers; a silent radio has no frequency, never 0."""
    beyond, silent, _free = filed(aired, "?cas=tous")
    assert (beyond["planned_centre_khz"], beyond["centre_khz"], beyond["width_khz"]) == ("3440000", "3446000", "3500")
    assert (beyond["verdict"], beyond["case"], beyond["article"]) == ("violation", "sticks_out", "L. 42-1")
    assert (beyond["acts"], beyond["commune"]) == ("T-1; M-1", "Poitiers")
    assert (silent["centre_khz"], silent["width_khz"], silent["power_dbm"], silent["eirp_dbm"]) == ("", "", "", "")
    item, dumb, _ = given(aired, "?case=all")["items"]
    assert (item["planned_centre_khz"], item["centre_khz"], item["width_khz"]) == (3_440_000, 3_446_000, 3_500)
    assert (item["verdict"], item["case"], item["acts"]) == ("violation", "sticks_out", ["T-1", "M-1"])
    assert (dumb["centre_khz"], dumb["power_dbm"], dumb["verdict"]) == (None, None, "cannot_prove")


def test_the_file_holds_no_formula(aired: Web) -> None:
    row = aired.live.get(Kind.SECTOR, "sec-a")
    assert row is not None
    aired.live.update([replace(row, subject=replace(row.subject, name="=1+2"))])
    assert "'=1+2" in [row["name"] for row in filed(aired)]


def test_the_api_gives_a_part_at_a_time_and_names_a_wrong_question(aired: Web) -> None:
    part = given(aired, "?case=all&limit=1&offset=1")
    assert ([item["name"] for item in part["items"]], part["total"], part["limit"]) == (["sec-b"], 3, 1)
    client = aired.client(Role.OFFICIAL)
    for wrong in ("?limit=0", "?limit=501", "?offset=-1", "?case=nonsense", "?surprise=1"):
        assert client.get(f"/api/v1/emissions{wrong}").status_code == 422, wrong


def test_fault_55_a_commune_reads_only_its_own_in_the_file_and_over_the_api(aired: Web) -> None:
    """Nor a right that reaches beyond its own: the verdict is told, the acts are not."""
    row = aired.live.get(Kind.SECTOR, "sec-a")
    assert row is not None
    assert row.on_air is not None
    wide = tuple(
        replace(one, extent=replace(one.extent, area=frozenset({HERE, "17300"}))) for one in row.on_air.found.by
    )
    aired.live.update([replace(row, on_air=replace(row.on_air, found=replace(row.on_air.found, by=wide)))])
    rows = filed(aired, "?cas=tous", Role.COMMUNE)
    assert [(row["name"], row["case"], row["acts"]) for row in rows] == [
        ("sec-a", "sticks_out", ""),
        ("cpe-a", "exempt", ""),
    ]
    answer = given(aired, "?case=all", Role.COMMUNE)
    assert answer["total"] == 2
    assert [(item["name"], item["acts"]) for item in answer["items"]] == [("sec-a", []), ("cpe-a", [])]
    assert rows[0]["why"] == answer["items"][0]["why"] == "cela repose sur des droits qui dépassent vos communes"
