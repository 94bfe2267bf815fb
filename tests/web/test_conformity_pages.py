"""What is on the air against the rights, on every page alike: list, sector, act, overview, each account what it may."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from nms.base.clock import legal_day
from nms.base.permissions import Role
from nms.ops.conformity import dump, rights_of
from nms.ops.models import ConformityEvent
from nms.ops.on_air import Emission
from nms.ops.state import Kind, OnAir
from spectrum.conformance import Case
from tests.fakes.site import HERE, Web
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
    assert "3,440.000 MHz" in page
    assert "3,446.000 MHz" in page
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
