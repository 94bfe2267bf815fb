"""Who runs from a home folder: a lock that the kernel lets go with the process, so that none outlives a crash."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from nms.base.clock import Clock, SystemClock
from nms.base.db import Database
from nms.base.errors import Conflict

FILE_NAME = "run.lock"
PATIENCE_S = 1.0
_ADVISORY_KEY = 0x6E6D735F72756E
"""Among the advisory locks of a database: “nms_run”."""
_DEMO, _OWN = "demo\n", "own\n"


@contextmanager
def held(home: Path, clock: Clock | None = None) -> Iterator[Callable[[], None]]:
    """Be the only `nms run` of a home folder; answers what to call when it is the demo that runs.

    Raises:
        Conflict: another `nms run` uses the folder.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / FILE_NAME).open("a+", encoding="ascii") as file:
        _lock(file.fileno(), home, clock or SystemClock())

        def write(word: str) -> None:
            file.truncate(0)
            file.write(word)
            file.flush()

        write(_OWN)
        yield lambda: write(_DEMO)


@contextmanager
def alone_on(database: Database) -> Iterator[None]:
    """Be the only `nms run` on a PostgreSQL database, which two home folders could share: no device is polled twice.

    The lock goes with its connection. (SQLite's file lies in the home folder, which `held` guards.)

    Raises:
        Conflict: another `nms run` uses the database.
    """
    if database.dialect != "postgresql":
        yield
        return
    with database.engine.connect() as connection:
        keeper = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not keeper.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}):
            raise Conflict(
                "database_in_use",
                "Another `nms run` uses this database: stop it, or name another in database.url (or NMS_DATABASE_URL).",
            )
        yield


def demo_runs(home: Path) -> bool:
    """Whether the demo network runs from this home folder now."""
    try:
        with (home / FILE_NAME).open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read() == _DEMO
            return False
    except OSError:
        return False


def _lock(handle: int, home: Path, clock: Clock) -> None:
    """Take the lock; with a little patience, since `demo_runs` holds it for an instant."""
    until_s = clock.monotonic_s() + PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if clock.monotonic_s() >= until_s:
                raise Conflict(
                    "home_in_use",
                    f"Another `nms run` uses {home}: stop it, or choose another folder with NMS_HOME=.",
                    home=str(home),
                ) from None
            clock.sleep(0.05)
        else:
            return
