"""Backs configurations up: many devices at a time, one hand on each, every failure counted and kept with its reason."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from collectors.cli import HostKey
from collectors.terminal import offered_key, open_terminal
from nms.base import ledger
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import Conflict, HostKeyChanged, HostKeyUnknown, NmsError
from nms.base.permissions import SYSTEM, Actor
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.base.text import as_json, say
from nms.ops.configs import access, events, locks, store
from nms.ops.configs.access import Access
from nms.ops.configs.models import Cause, ConfigBackup, EventKind

log = logging.getLogger(__name__)

OWNER = "backup"
SOON_S = 60
"""After a trap, a device is left alone for this long: whoever changes it is not finished at the first line."""

OUTCOMES = ("stored", "unchanged", "locked", "key_unknown", "key_changed", "failed")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one device: `outcome` is one of `OUTCOMES`, `message` says why it failed."""

    device: str
    outcome: str
    version_id: int | None = None
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether the stored configuration is the one that runs."""
        return self.outcome in ("stored", "unchanged")


@dataclass(frozen=True, slots=True)
class Progress:
    """A run: `total` devices, of which `done` are finished, by outcome; `ended_at` is None while it goes on."""

    cause: Cause
    started_at: datetime
    total: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None

    @property
    def done(self) -> int:
        """Devices that are finished."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> int:
        """Devices whose configuration did not come."""
        return self.done - self.outcomes.get("stored", 0) - self.outcomes.get("unchanged", 0)


class Backups:
    """Reads and stores; one run at a time, and single devices beside it."""

    def __init__(self, database: Database, settings: Settings, box: SecretBox, clock: Clock) -> None:
        self._database, self._settings, self._box, self._clock = database, settings, box, clock
        self._lock = threading.Lock()
        self._run: Progress | None = None
        self._totals: Counter[str] = Counter()
        self._soon: dict[str, datetime] = {}
        self._stopping = threading.Event()

    @property
    def progress(self) -> Progress | None:
        """The run that goes on, else the last one."""
        return self._run

    @property
    def totals(self) -> Mapping[str, int]:
        """Backups since the start, by outcome."""
        with self._lock:
            return {outcome: self._totals[outcome] for outcome in OUTCOMES}

    def run(self, cause: Cause, actor: Actor = SYSTEM, names: Iterable[str] | None = None) -> Progress:
        """Back up every device that is due, or those of these names.

        Raises:
            Conflict: a run goes on.
        """
        with self._database.reading() as session:
            due = [one for one in access.accesses(session, names) if one.is_due]
        with self._lock:
            if self._run is not None and self._run.ended_at is None:
                raise _running()
            self._run = Progress(cause, self._clock.now(), len(due))
        try:
            with ThreadPoolExecutor(self._settings.configuration.workers, "config") as pool:
                for one in due:
                    pool.submit(self._guarded, one, cause, actor, running=True)
        finally:
            with self._lock:
                self._run = Progress(cause, self._run.started_at, len(due), dict(self._run.outcomes), self._clock.now())
        return self._run

    def one(self, device: str, cause: Cause, actor: Actor = SYSTEM) -> Done:
        """Back up one device now.

        Raises:
            NotFound: no such device.
        """
        with self._database.reading() as session:
            found = access.access(session, device)
        return self._guarded(found, cause, actor)

    def start(self, cause: Cause, actor: Actor) -> None:
        """Begin `run` in a thread of its own; `progress` tells how far it is.

        Raises:
            Conflict: a run goes on.
        """
        with self._lock:
            if self._run is not None and self._run.ended_at is None:
                raise _running()
        threading.Thread(target=self._run_alone, args=(cause, actor), name="config-run", daemon=True).start()

    def ask_key(self, device: str) -> HostKey:
        """Ask a device for its host key, and remember it for a person to confirm; no password is sent.

        Raises:
            NotFound: no such device, or it has no credential.
            DeviceError: it does not say one.
        """
        with self._database.reading() as session:
            of = access.access(session, device)
        target = of.target(self._box, self._settings.network.management)
        key = offered_key(target, access.patience(self._settings.configuration))
        if key != of.pinned:
            with self._database.transaction() as session:
                access.note_offered(session, of.device_id, str(key), self._clock.now())
        return key

    def backup_soon(self, device: str) -> None:
        """A trap said that a device changed: back it up in a minute, counted from the last such trap."""
        with self._lock:
            self._soon[device] = self._clock.now() + timedelta(seconds=SOON_S)

    def run_soon(self) -> list[Done]:
        """Back up the devices whose minute is over; called by the scheduler."""
        now = self._clock.now()
        with self._lock:
            due = [device for device, at in self._soon.items() if at <= now]
            for device in due:
                del self._soon[device]
        if not due:
            return []
        with self._database.reading() as session:
            found = [one for one in access.accesses(session, due) if one.is_due]
        return [self._guarded(one, Cause.TRAP, SYSTEM) for one in found]

    def forget_events(self, before: datetime) -> None:
        """Apply the retention of events."""
        with self._database.transaction() as session:
            events.forget(session, before)

    def stop(self) -> None:
        """Begin no more devices; those under way end within their patience."""
        self._stopping.set()

    def _run_alone(self, cause: Cause, actor: Actor) -> None:
        try:
            self.run(cause, actor)
        except NmsError as error:
            log.warning("backup: %s", error.message)

    def _count(self, done: Done, running: bool) -> None:
        with self._lock:
            self._totals[done.outcome] += 1
            run = self._run
            if running and run is not None:
                outcomes = Counter(run.outcomes)
                outcomes[done.outcome] += 1
                self._run = Progress(run.cause, run.started_at, run.total, dict(outcomes))

    def _guarded(self, one: Access, cause: Cause, actor: Actor, running: bool = False) -> Done:
        """One device never stops the others, whatever it does."""
        try:
            done = self._attempt(one, cause, actor)
        except Exception:
            log.exception("backup of %s", one.device)
            done = Done(one.device, "failed", message=say("An error of the program; its log tells more."))
        self._count(done, running)
        return done

    def _attempt(self, one: Access, cause: Cause, actor: Actor) -> Done:
        if self._stopping.is_set():
            return Done(one.device, "failed", message=say("The program is stopping."))
        try:
            return self._read(one, cause, actor)
        except Conflict as error:
            return Done(one.device, "locked", message=error.message)
        except NmsError as error:
            self._note_failure(one, error)
            if isinstance(error, HostKeyUnknown):
                return Done(one.device, "key_unknown", message=error.message)
            outcome = "key_changed" if isinstance(error, HostKeyChanged) else "failed"
            return Done(one.device, outcome, message=error.message)

    def _read(self, one: Access, cause: Cause, actor: Actor) -> Done:
        settings = self._settings
        driver, patience = one.driver, access.patience(settings.configuration)
        target = one.target(self._box, settings.network.management)
        owner = f"{OWNER} {threading.get_ident()}"
        now = self._clock.now()
        longest = timedelta(seconds=patience.connect_s + 3 * patience.login_s + 2 * patience.answer_s)
        with self._database.transaction() as session:
            locks.acquire(session, one.device_id, owner, now + longest, now=now)
        try:
            with open_terminal(target, driver, one, patience) as terminal:
                text = terminal.running()
        finally:
            with self._database.transaction() as session:
                locks.release(session, one.device_id, owner)
        with self._database.transaction() as session:
            at = self._clock.now()
            kept = store.store(session, self._box, one.device_id, text, cause=cause, author=actor.name, at=at)
            if _note(session, one.device_id, at, good=True) >= settings.configuration.alarm_after:
                events.note(session, one.device_id, EventKind.BACKUPS_AGAIN, at, say("its configuration is read again"))
        return Done(one.device, "unchanged" if kept is None else "stored", kept.id if kept else None)

    def _note_failure(self, one: Access, error: NmsError) -> None:
        with self._database.transaction() as session:
            at = self._clock.now()
            failures = 1 + _note(session, one.device_id, at, good=False, code=error.code, told=error.message)
            if failures == self._settings.configuration.alarm_after:
                said = say("its backup failed {count} times in a row: {why}", count=failures, why=error.message)
                events.note(session, one.device_id, EventKind.BACKUPS_FAIL, at, said)
            if isinstance(error, HostKeyUnknown | HostKeyChanged):
                is_new = access.note_offered(session, one.device_id, str(error.facts["key"]), at)
                if is_new and isinstance(error, HostKeyChanged):  # the trace stays, whoever confirms it later
                    facts = {"offered": error.facts["fingerprint"], "pinned": error.facts["pinned"]}
                    ledger.append(
                        session,
                        kind="config.host_key_changed",
                        subject=one.device,
                        actor=SYSTEM.name,
                        at=at,
                        after=facts,
                    )
                    said = say("another SSH host key was refused: {key}", key=error.facts["fingerprint"])
                    events.note(session, one.device_id, EventKind.KEY_REFUSED, at, said)
        if failures == self._settings.configuration.alarm_after or isinstance(error, HostKeyChanged):
            log.warning("backup of %s: %s (failed %d times in a row)", one.device, error.message, failures)


def _running() -> Conflict:
    return Conflict("backup_running", say("A backup of all devices is running; wait for its end."))


def _note(session: Session, device_id: int, at: datetime, *, good: bool, code: str = "", told: str = "") -> int:
    """Note an attempt; how many had failed in a row before it."""
    row = session.get(ConfigBackup, device_id)
    if row is None:
        row = ConfigBackup(device_id=device_id, tried_at=at, failures=0, code="", told="")
        session.add(row)
    before = row.failures
    row.tried_at, row.code, row.told = at, code, as_json(told)
    row.failures = 0 if good else before + 1
    if good:
        row.good_at = at
    session.flush()
    return before
