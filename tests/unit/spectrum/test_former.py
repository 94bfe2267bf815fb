"""Rights on communes that were absorbed: drawn on the successor, and said to be smaller than it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from spectrum.acts import Act, Step
from spectrum.chronicle import Holding
from spectrum.former import Part, former, part_of
from spectrum.rights import Area, Extent, Period
from tests.unit.spectrum.register_facts import LOT

MERGED = date(2017, 1, 1)
BEFORE, AFTER = date(2008, 3, 1), date(2020, 3, 1)


@dataclass(frozen=True)
class Change:
    old_name: str
    new_insee: str
    date_on: date | None = MERGED


@dataclass(frozen=True)
class Stored:
    act: Act
    stored: Area


CHANGES = {
    "16004": Change("Aignes", "16230"),
    "16230": Change("Montmoreau", "16230"),
    "16294": Change("Saint-Amant", "16230"),
    "86045": Change("Cloué", "86139", None),
    "79100": Change("Ancien nom", "79100"),
}


def one(text: str, on: date, *stored: str) -> Stored:
    return Stored(Act("X", Step.ATTRIBUTION, on, on, frozenset(stored), LOT, area_text=text), frozenset(stored))


@pytest.mark.parametrize(
    ("right", "told"),
    [
        (one("Commune d'Aignes (16004)", BEFORE, "16230"), {("X", "16230"): ("Aignes",)}),
        (one("16004", AFTER, "16230"), {("X", "16230"): ("Aignes",)}),
        (one("Aignes", BEFORE, "16004"), {("X", "16230"): ("Aignes",)}),
        (one("16004, 16294", BEFORE, "16230"), {("X", "16230"): ("Aignes", "Saint-Amant")}),
        (one("16230", BEFORE, "16230"), {("X", "16230"): ("Montmoreau",)}),
        (one("16230", AFTER, "16230"), {}),
        (one("16004, 16230, 16294", BEFORE, "16230"), {}),
        (one("Département de la Charente (16)", BEFORE, "16230", "16001"), {}),
        (one("CC (200016230), SIREN 200016004", BEFORE, "16230"), {}),
        (one("86045", BEFORE, "86139"), {}),
        (one("79100", BEFORE, "79100"), {}),
        (one("99999", BEFORE, "99999"), {}),
    ],
    ids=[
        "text",
        "no-more",
        "stored",
        "two-of-three",
        "then-smaller",
        "as-today",
        "all",
        "department",
        "siren",
        "other-code",
        "renamed",
        "unknown",
    ],
)
def test_a_right_is_marked_where_todays_commune_is_larger(right: Stored, told: object) -> None:
    assert {key: part.names for key, part in former([right], CHANGES).items()} == told


def test_acts_of_one_number_are_read_together() -> None:
    acts = [one("16004", BEFORE, "16230"), one("16294", BEFORE, "16230")]
    assert former(acts, CHANGES) == {("X", "16230"): Part(("16004", "16294"), ("Aignes", "Saint-Amant"))}


def holding(act: str, user: str = "Commune", authorisation: str = "", parent: str = "", holder: str = "") -> Holding:
    extent = Extent(frozenset({"16230"}), LOT, Period(BEFORE))
    return Holding(authorisation or act, holder or user, user, extent, act, parent=parent)


AIGNES = Part(("16004",), ("Aignes",), "region")
KNOWN = {("C", "16230"): AIGNES}


@pytest.mark.parametrize(
    ("right", "told"),
    [
        (holding("C"), AIGNES),
        (holding("T"), None),
        (holding("C", user="Région", authorisation="T"), None),
        (holding("R", authorisation="C"), AIGNES),
        (holding("D", user="Autre", parent="C"), AIGNES),
    ],
    ids=["given", "other-act", "left-to-the-giver", "renewed", "taken-from-it"],
)
def test_what_is_left_to_the_giver_is_for_all_of_the_commune_and_what_was_given_stays_narrow(
    right: Holding, told: Part | None
) -> None:
    assert part_of(right, "16230", KNOWN) == told
    assert part_of(right, "16001", KNOWN) is None
