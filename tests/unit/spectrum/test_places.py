"""Areas and parties as acts write them."""

from __future__ import annotations

from datetime import date

import pytest

from nms.base.errors import InputError
from spectrum.parties import Parties, key_of, read_party
from tests.unit.spectrum.register_facts import PLACES

VIENNE, CHARENTE = PLACES.of_department("86"), PLACES.of_department("16")


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("Département de la Vienne (86)", VIENNE),
        ("(86)", VIENNE),
        ("86", VIENNE),
        ("Vienne", VIENNE),
        ("Départements de la Charente et de la Vienne", VIENNE | CHARENTE),
        ("Départements Charente (16) + Vienne (86)", VIENNE | CHARENTE),
        ("Charente (16) + Vienne", VIENNE | CHARENTE),
        ("(16, 86)", VIENNE | CHARENTE),
        ("Région Poitou-Charentes", frozenset().union(*PLACES.communes.values())),
        ("Région Poitou-Charentes (54)", frozenset().union(*PLACES.communes.values())),
        ("région Bourgogne", frozenset({"dep:21"})),
        ("France métropolitaine", frozenset({"dep:21", "dep:71"}).union(*PLACES.communes.values())),
        ("Commune de Poitiers", frozenset({"86194"})),
        ("Départements de la Vienne, de la Charente et de la Saône-et-Loire", VIENNE | CHARENTE | {"dep:71"}),
        ("Saône-et-Loire", frozenset({"dep:71"})),
        ("Poitiers; Lusignan", frozenset({"86194", "86139"})),
        ("86194 + 86045", frozenset({"86194", "86139"})),
        ("200069854", frozenset({"86194", "86139"})),
    ],
)
def test_an_area_is_read_as_acts_write_it(text: str, atoms: frozenset[str]) -> None:
    assert PLACES.area(text) == atoms


@pytest.mark.parametrize("text", ["", "Atlantide", "Charente (16) + Atlantide", "(99)", "21231", "86999", "10 regions"])
def test_what_names_nothing_known_is_refused_whole(text: str) -> None:
    with pytest.raises(InputError):
        PLACES.area(text)


def test_whole_departments_are_told_from_single_communes() -> None:
    assert PLACES.departments_of(VIENNE | {"16015", "dep:21"}) == (["21", "86"], ["16015"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Conseil général des Deux-Sèvres", "Département des Deux-Sèvres"),
        ("Conseil départemental des Deux-Sèvres", "DEPARTEMENT DES DEUX-SEVRES"),
        ("Conseil régional de Poitou-Charentes", "Région Poitou-Charentes"),
        ("Société Bolloré Télécom SA", "Bollore Telecom"),
    ],
)
def test_a_council_is_its_authority_and_spelling_does_not_count(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


def test_a_change_of_name_joins_two_names_and_each_is_shown_in_its_time() -> None:
    parties = Parties()
    named = read_party("Altitude Développement (renamed Altitude Télécom 2007-12-31)")
    parties.learn(named)
    parties.learn(read_party("Altitude Télécom (ex Altitude Développement)"))
    assert named.name == "Altitude Développement"
    assert parties.same("Altitude Développement", "ALTITUDE TELECOM")
    assert not parties.same("Altitude Développement", "Altitude Infrastructure")
    assert parties.name_on("Altitude Développement", date(2007, 12, 30)) == "Altitude Développement"
    assert parties.name_on("Altitude Développement", date(2008, 1, 1)) == "Altitude Télécom"
