"""Asks single devices now and waits for the answer: what the sweep does, for a command that runs beside it or alone."""

from __future__ import annotations

import asyncio

from collectors.families import Families
from inventory import queries
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.secrets import SecretBox
from nms.base.settings import Settings
from nms.ops.asking import Inquirer
from nms.ops.lanes import Course
from nms.ops.served import Served, not_asked


class Looker:
    """One question at a time, by one thread; the settings, networks and families are those of the sweep."""

    def __init__(
        self, database: Database, settings: Settings, clock: Clock, box: SecretBox, families: Families
    ) -> None:
        self._database = database
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inquirer = Inquirer(settings, clock, box, families, lambda _name, _plan: None)
        self._courses: dict[str, Course] = {}

    def close(self) -> None:
        """Close what was opened to ask."""
        self._inquirer.close()
        if self._loop is not None:
            self._loop.close()

    def poll_now(self, name: str) -> None:
        """Ask one device everything; `served` then tells what it counted.

        Raises:
            NotFound: the inventory does not know it, or it is not in service.
        """
        with self._database.reading() as session:
            found = [one for one in queries.poll_targets(session, [name]) if one.lifecycle.is_asked]
        if not found:
            raise not_asked(name)
        loop = self._loop = self._loop or asyncio.new_event_loop()
        course = self._courses.setdefault(name, Course(due_s=0.0))
        course.whole = True
        loop.run_until_complete(self._inquirer.ask(found[0], course))

    def served(self, name: str) -> Served | None:
        """What the last answer counted; None: it was not asked."""
        course = self._courses.get(name)
        return course.served if course is not None else None
