"""Rows 33, 34, 37, 75, 79: whatever breaks, act and journal are there together or not at all, and nothing doubles."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from nms.base.clock import FakeClock, SystemClock
from nms.base.db import ANSWER_S, Base, Database
from nms.base.errors import Conflict, NmsError, StoreUnavailable
from nms.base.permissions import SYSTEM
from spectrum import verification
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.chronicle import chronicle
from spectrum.models import ActRow
from spectrum.register import Register
from spectrum.rights import canonical, overlaps
from tests.fakes.postgres import PrivatePostgres
from tests.integration.test_register_store import filled
from tests.unit.spectrum.register_facts import FIRST, LAST, LOT, act, licence, real_acts

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from nms.base.clock import SystemClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM
from spectrum.acts import Step
from spectrum.register import Register
from tests.unit.spectrum.register_facts import FIRST, LOT, act
import nms.app.schema
nms.app.schema.import_models()
register = Register(Database.sqlite(Path(sys.argv[1])), SystemClock())
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 10_000):
    one = act(Step.ENFORCEMENT, f"K{number}", FIRST, "(86)", LOT, taker="x")
    register.replay([one], SYSTEM)
    print(number, flush=True)
"""


def whole(register: Register) -> set[str]:
    """The numbers of the acts; the journal must hold, and hold exactly them."""
    with register.database.reading() as session:
        found = verification.verify(session)
        assert (found.broken_at, found.reason) == (None, "")
        return set(session.scalars(select(ActRow.number)))


def test_fault_33_a_writer_killed_at_any_moment_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    database = Database.sqlite(path)
    _create(database)
    register = filled(database)
    register.clock = SystemClock()
    dice, acknowledged = random.Random(33), set()
    for turn in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(turn * 10_000)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        acknowledged.add(f"K{process.stdout.readline().strip()}")
        time.sleep(dice.uniform(0.01, 0.25))
        process.send_signal(signal.SIGKILL)
        acknowledged |= {f"K{line.strip()}" for line in process.stdout if line.endswith("\n")}
        process.wait()
        process.stdout.close()
    present = whole(register)
    database.dispose()
    assert acknowledged <= present
    assert len(present - acknowledged) <= 6


def _create(database: Database) -> None:
    import nms.app.schema
    from nms.base.db import Base

    nms.app.schema.import_models()
    Base.metadata.create_all(database.engine)


@contextmanager
def failing_at(database: Database, number: int) -> Iterator[list[int]]:
    """The statement of that number fails as a disk would; the list counts those that were tried."""
    count = [0]

    def fail(*_facts: object) -> None:
        count[0] += 1
        if count[0] == number:
            raise OperationalError("statement", {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        yield count
    finally:
        event.remove(database.engine, "before_cursor_execute", fail)


def test_fault_34_whichever_statement_fails_nothing_is_half_written_and_the_retry_succeeds(database: Database) -> None:
    register = filled(database)
    number, failures = 0, 0
    while True:
        number += 1
        one = act(Step.ENFORCEMENT, f"F{number}", FIRST, "(86)", LOT, taker="x")
        before = whole(register)
        with failing_at(database, number) as count:
            try:
                register.replay([one], SYSTEM)
            except StoreUnavailable:
                failures += 1
        if count[0] < number:
            break
        assert whole(register) == before
        register.replay([one], SYSTEM)
        assert whole(register) == before | {one.number}
    assert failures == number - 1 >= 4


@pytest.mark.parametrize("way", ["journal", "acts"])
def test_fault_79_without_the_journal_there_is_no_act_and_without_the_act_no_entry(
    sqlite_database: Database, way: str
) -> None:
    register = filled(sqlite_database)
    register.replay([licence()], SYSTEM)
    table = {"journal": "ledger", "acts": "spectrum_act"}[way]
    with closing(sqlite3.connect(str(sqlite_database.engine.url.database))) as raw, raw:
        raw.execute(f"CREATE TRIGGER stop BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(Exception) as refused:
        register.replay([act(Step.ENFORCEMENT, "E", FIRST, "(86)", LOT, taker="x")], SYSTEM)
    assert refused.value is not None
    assert whole(register) == {"2006-0744"}


def test_fault_37_a_connection_that_is_killed_while_it_writes_leaves_nothing_and_the_next_one_works(
    database: Database,
) -> None:
    if database.dialect != "postgresql":
        return
    register = filled(database)
    killer = threading.Event()

    def kill(*_facts: object) -> None:
        if not killer.is_set():
            killer.set()
            other = Database(database.engine.url.render_as_string(hide_password=False))
            with other.engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            other.dispose()

    event.listen(ActRow, "before_insert", kill)
    try:
        with pytest.raises(NmsError):
            register.replay([licence()], SYSTEM)
    finally:
        event.remove(ActRow, "before_insert", kill)
    assert whole(register) == set()
    assert register.replay([licence()], SYSTEM)[0].new
    assert whole(register) == {"2006-0744"}


def test_fault_37_with_every_connection_taken_an_act_is_refused_in_words_and_recorded_when_one_is_free(
    database: Database,
) -> None:
    if database.dialect != "postgresql":
        return
    register = filled(database)
    database.dispose()
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    taken: list[psycopg.Connection[tuple[object, ...]]] = []
    try:
        with suppress(psycopg.OperationalError):
            taken.extend(psycopg.connect(url) for _ in range(500))
        assert 0 < len(taken) < 500
        with pytest.raises(StoreUnavailable):
            register.replay([licence()], SYSTEM)
    finally:
        for connection in taken:
            connection.close()
    assert register.replay([licence()], SYSTEM)[0].new
    assert whole(register) == {"2006-0744"}


@pytest.mark.real
@pytest.mark.parametrize("answer_s", [1.0, pytest.param(ANSWER_S, marks=pytest.mark.slow)])
def test_fault_37_a_server_that_stands_still_is_given_up_in_time_and_nothing_is_done_twice(
    postgres: PrivatePostgres, answer_s: float
) -> None:
    """The pooled connections included; afterwards the next question is answered without a restart."""
    database = Database(postgres.new_database(), answer_s=answer_s)
    Base.metadata.create_all(database.engine)
    register = filled(database)
    with database.reading() as session:
        session.execute(text("SELECT 1"))
    began = time.monotonic()
    with postgres.paused():
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                register.replay([licence()], SYSTEM)
        assert time.monotonic() - began < 4 * answer_s + 10  # the pooled connection, and a new one
    assert whole(register) == set()
    assert register.replay([licence()], SYSTEM)[0].new
    assert not register.replay([licence()], SYSTEM)[0].new
    assert whole(register) == {"2006-0744"}
    database.dispose()


CHANNELS = [Bands.of((low, low + 3_500), (low + 100_000, low + 103_500)) for low in range(3_432_500, 3_444_001, 3_500)]
PLACES_ = ["(16)", "(17)", "(79)", "(86)", "86194", "86139", "16015"]
PARTIES = ["Région Poitou-Charentes", "A", "B", "C"]


class Histories(RuleBasedStateMachine):
    """Row 75: random sequences of acts; those that contradict are refused, the others keep the invariants."""

    @initialize()
    def start(self) -> None:
        self.acts: list[Act] = [licence()]
        self.day = FIRST
        self.number = 0

    @rule(
        step=st.sampled_from([Step.ISSUE, Step.ABROGATION, Step.RENEWAL, Step.MAKING_AVAILABLE, Step.ATTRIBUTION]),
        place=st.sampled_from(PLACES_),
        bands=st.sampled_from([*CHANNELS, LOT]),
        giver=st.sampled_from(PARTIES),
        taker=st.sampled_from(PARTIES),
        wait=st.integers(0, 400),
        last=st.integers(1, 4_000),
    )
    def add(self, step: Step, place: str, bands: Bands, giver: str, taker: str, wait: int, last: int) -> None:
        self.day += timedelta(wait)
        self.number += 1
        one = act(
            step, f"X{self.number}", self.day, place, bands, self.day + timedelta(last), giver, taker, order=self.number
        )
        try:
            chronicle([*self.acts, one])
        except Conflict:
            return
        self.acts.append(one)

    @invariant()
    def at_most_one_holder_and_one_user_anywhere(self) -> None:
        held = chronicle(self.acts).holdings()
        for one, other, atom in overlaps([h.extent for h in held]):
            raise AssertionError((held[one], held[other], atom))

    @invariant()
    def a_derived_right_never_outlives_the_licence_that_it_came_from(self) -> None:
        issued = [h for h in chronicle(self.acts).holdings() if h.parent]
        renewed = any(one.step is Step.RENEWAL for one in self.acts)
        assert renewed or all(h.extent.period.end is not None and h.extent.period.end <= LAST for h in issued)

    @invariant()
    def the_order_of_recording_does_not_count(self) -> None:
        told = [(h.authorisation, h.holder, h.user, h.extent) for h in chronicle(self.acts).holdings()]
        again = [(h.authorisation, h.holder, h.user, h.extent) for h in chronicle(reversed(self.acts)).holdings()]
        assert told == again


def test_fault_75_lawful_histories_never_have_two_holders() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_fault_75_a_cession_given_back_replays_to_the_register_before_it() -> None:
    day, end = date(2010, 1, 1), LAST
    there = act(Step.ISSUE, "1", day, "(86)", CHANNELS[0], end, "Région Poitou-Charentes", "A")
    back = act(Step.ISSUE, "2", day + timedelta(9), "(86)", CHANNELS[0], end, "A", "Région Poitou-Charentes")
    later = day + timedelta(10)

    def held(*acts: Act) -> object:
        found = [h for h in chronicle(acts, later).on(later) if h.holder == "Région Poitou-Charentes"]
        return canonical([replace(h.extent, period=replace(h.extent.period, start=later)) for h in found])

    assert held(licence(), there, back) == held(licence())


def test_fault_31_an_act_of_half_past_eleven_at_night_is_known_on_the_day_of_paris(sqlite_database: Database) -> None:
    from datetime import datetime

    from nms.base.clock import PARIS

    register = filled(sqlite_database)
    register.clock = FakeClock(datetime(2026, 7, 1, 23, 30, tzinfo=PARIS))
    register.replay(real_acts(), SYSTEM)
    assert register.holdings(date(2008, 2, 27), known_at=date(2026, 7, 1))
    assert register.holdings(date(2008, 2, 27), known_at=date(2026, 6, 30)) == []
