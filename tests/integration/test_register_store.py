"""The register on both databases: recorded once, under one lock, known as of a day, sealed."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from inventory.territory import Commune, Department
from nms.base import ledger
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import Conflict, NmsError, PermissionRefused
from nms.base.permissions import SYSTEM, Role, actor_of_roles
from spectrum import guard, verification
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.chronicle import Holding
from spectrum.register import Receipt, Register
from spectrum.rights import Extent, Period
from tests.unit.spectrum.register_facts import FIRST, LAST, LOT, PLACES, act, licence, real_acts

OFFICER = actor_of_roles("legal", [Role.LEGAL])


def filled(database: Database) -> Register:
    """A register over the small gazetteer."""
    with database.transaction() as session:
        for code, name in PLACES.departments.items():
            region = "Bourgogne" if code == "21" else "Poitou-Charentes"
            session.add(Department(code=code, name=name, region_2015_name=region))
            for insee in PLACES.communes.get(code, ()):
                session.add(
                    Commune(insee=insee, name=f"C{insee}", department=code, vintage=2026, search_name=f"c{insee}")
                )
    return Register(database, FakeClock())


def wanting(number: int) -> Act:
    """One of many who want the same block."""
    return act(Step.ATTRIBUTION, f"N{number:02}", FIRST, "(86)", LOT, LAST, taker=f"Candidate {number}", order=number)


def outcome(register: Register, number: int) -> str:
    """What one of them is told: "won", or the reference of who did."""
    try:
        register.replay([wanting(number)], OFFICER)
    except Conflict as refused:
        return str(refused.facts["authorisation"])
    return "won"


def test_the_real_acts_are_recorded_once_however_often_they_are_replayed(database: Database) -> None:
    register = filled(database)
    first = register.replay(real_acts(), OFFICER)
    again = register.replay(real_acts(), OFFICER)
    assert [receipt.new for receipt in first] == [True] * 8
    assert [replace(receipt, new=True) for receipt in again] == first
    assert not any(receipt.new for receipt in again)
    holders = {h.holder for h in register.holdings(date(2008, 2, 27))}
    assert holders == {"Conseil régional de Poitou-Charentes", "HDRR France", "Altitude Télécom"}
    with database.reading() as session:
        assert verification.verify(session).entries == 8


def test_a_file_with_one_impossible_act_records_none(database: Database) -> None:
    register = filled(database)
    with pytest.raises(Conflict):
        register.replay([licence(), wanting(1)], OFFICER)
    assert register.acts() == []
    with database.reading() as session:
        assert ledger.head(session) == ledger.GENESIS


def test_other_facts_for_a_recorded_act_are_refused_unless_a_correction_is_asked_for(database: Database) -> None:
    register = filled(database)
    register.replay([licence(Bands(None))], OFFICER)
    with pytest.raises(Conflict) as refused:
        register.replay([licence(LOT)], OFFICER)
    assert refused.value.facts["differs"] == "bands_khz"
    register.clock.advance(3 * 86_400)  # type: ignore[attr-defined]
    register.replay([licence(LOT)], OFFICER, correct=True)
    before = date(2026, 11, 24)
    assert [h.extent.bands for h in register.holdings(FIRST)] == [LOT]
    assert [h.extent.bands for h in register.holdings(FIRST, known_at=before)] == [Bands(None)]
    assert register.holdings(FIRST, known_at=before - timedelta(30)) == []


def test_fault_70_of_fifty_threads_that_want_one_block_exactly_one_wins(database: Database) -> None:
    register = filled(database)
    with ThreadPoolExecutor(50) as pool:
        told = Counter(pool.map(lambda number: outcome(register, number), range(50)))
    (winner,) = [one.act.number for one in register.acts()]
    assert told == {"won": 1, winner: 49}


def _race(url: str, numbers: Sequence[int], results: multiprocessing.Queue[str]) -> None:
    register = Register(Database(url), FakeClock())
    for number in numbers:
        results.put(outcome(register, number))


def test_fault_70_of_two_processes_that_want_one_block_exactly_one_wins(database: Database) -> None:
    filled(database)
    url = database.engine.url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = spawn.Queue()
    racers = [spawn.Process(target=_race, args=(url, range(n, 20, 2), results)) for n in (0, 1)]
    for racer in racers:
        racer.start()
    told = Counter(results.get(timeout=60) for _ in range(20))
    for racer in racers:
        racer.join(30)
    assert told["won"] == 1
    assert len(told) == 2


def test_fault_73_a_double_click_is_one_act(database: Database) -> None:
    register = filled(database)

    def click(_: int) -> list[Receipt]:
        return register.replay([licence()], OFFICER)

    with ThreadPoolExecutor(8) as pool:
        receipts = [receipt for found in pool.map(click, range(8)) for receipt in found]
    assert sum(receipt.new for receipt in receipts) == 1
    assert len({receipt.id for receipt in receipts}) == 1


def test_who_may_not_draft_records_nothing(database: Database) -> None:
    register = filled(database)
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.ENGINEER, Role.COMMUNE):
        with pytest.raises(PermissionRefused):
            register.replay([licence()], actor_of_roles("x", [role]))
    assert register.acts() == []


def test_acts_can_neither_be_changed_nor_deleted(database: Database) -> None:
    register = filled(database)
    register.replay([licence()], SYSTEM)
    for statement in ("UPDATE spectrum_act SET number = 'x'", "DELETE FROM spectrum_act"):
        with pytest.raises((NmsError, DBAPIError)), database.transaction() as session:
            session.execute(text(statement))


@pytest.mark.parametrize("change", ["payload = replace(payload, '2006-07-25', '2005-07-25')", "judged = '[]'"])
def test_fault_78_an_act_changed_behind_the_seal_is_named(sqlite_database: Database, change: str) -> None:
    register = filled(sqlite_database)
    register.replay(real_acts(), SYSTEM)
    _tamper(sqlite_database, f"UPDATE spectrum_act SET {change} WHERE number = '2006-0744'")
    with sqlite_database.reading() as session:
        found = verification.verify(session)
    assert found.broken_at == 1
    assert "2006-0744" in found.reason


def test_fault_78_an_act_deleted_behind_the_seal_is_named(sqlite_database: Database) -> None:
    register = filled(sqlite_database)
    register.replay(real_acts(), SYSTEM)
    _tamper(sqlite_database, "DELETE FROM spectrum_act WHERE number = '2008-0134'")
    with sqlite_database.reading() as session:
        assert verification.verify(session).broken_at == 4


def _tamper(database: Database, statement: str) -> None:
    """What somebody with the file in hand can do."""
    with closing(sqlite3.connect(str(database.engine.url.database))) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(statement)


@pytest.mark.parametrize("later", [FIRST, LAST - timedelta(1)])
def test_postgresql_itself_refuses_a_second_holder(database: Database, later: date) -> None:
    """The constraint holds even when the program's own judgement is left out."""
    if database.dialect != "postgresql":
        return
    filled(database)
    area = frozenset({"86194"})
    uplink = Bands.of((3_440_000, 3_440_001))
    one = Holding("A", "one", "one", Extent(area, LOT, Period(FIRST, LAST)), "A")
    other = Holding("B", "two", "two", Extent(area, uplink, Period(later)), "B")
    beside = Holding("C", "three", "three", Extent(area, LOT, Period(LAST)), "C")
    with database.transaction() as session:
        guard.refresh(session, [one, beside])
    with pytest.raises(Conflict), database.transaction() as session:
        guard.refresh(session, [one, other])


def test_a_commune_that_was_merged_keeps_its_right_under_its_new_code(database: Database) -> None:
    from inventory.territory import CommuneSuccessor

    register = filled(database)
    register.replay([act(Step.ATTRIBUTION, "X", FIRST, "86139", LOT, LAST, taker="CC")], OFFICER)
    with database.transaction() as session:
        gone = session.get_one(Commune, "86139")
        session.delete(gone)
        session.add(Commune(insee="86999", name="New", department="86", vintage=2027, search_name="new"))
        session.add(CommuneSuccessor(old_insee="86139", new_insee="86999"))
        ledger.append(session, kind="inventory.territory", subject="2027", actor="x", at=register.clock.now())
    assert [sorted(h.extent.area) for h in register.holdings(FIRST)] == [["86999"]]
    assert not register.replay([replace(act(Step.ATTRIBUTION, "X", FIRST, "", LOT, LAST, taker="CC"),
                                        area=frozenset({"86999"}), area_text="86139")], OFFICER)[0].new  # fmt: skip
