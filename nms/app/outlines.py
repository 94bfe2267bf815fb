"""Outlines of communes: asked for, made a pack, loaded; by the command, or once at a start without them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import typer

from inventory import territory, territory_fetch, territory_source
from inventory.territory import PackReport
from nms.app.bootstrap import Context
from nms.base.clock import legal_day
from nms.base.download import Patience
from nms.base.errors import NmsError, SourceUnavailable
from nms.base.settings import TerritorySettings

_JOIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it; `report` is None when exactly this was loaded already."""

    folder: str
    report: PackReport | None
    bare: Sequence[str]
    vanished: Sequence[str]


def fetch(
    context: Context,
    departments: Sequence[str],
    patience: Patience,
    told: Callable[[str, int], None],
    tolerance_m: float = territory_fetch.TOLERANCE_M,
) -> Fetched:
    """Ask the source that the settings name, write a pack and load it.

    Raises:
        SourceUnavailable: the source gives nothing usable; what was loaded stays.
    """
    wanted = context.settings.territory
    with context.database.reading() as session:
        known = territory_fetch.before(session)
    answer = territory_fetch.ask(wanted.source, departments, patience, silence_s=wanted.silence_s, told=told)
    on = legal_day(context.clock.now())
    made = territory_fetch.make(answer, known, on.year, tolerance_m)
    if not made.outlines:
        raise SourceUnavailable("source_without_outlines", f"{host(wanted)} answers communes without any outline.")
    folder = territory_fetch.write(
        made,
        context.settings.home,
        source=wanted.source,
        attribution=attribution(wanted),
        on=on,
        tolerance_m=tolerance_m,
    )
    if patience.over:
        raise SourceUnavailable("source_too_slow", f"{host(wanted)} did not answer within {patience.whole_s:g} s.")
    with context.database.transaction() as session:
        last = territory.last_loaded(session)
        same = last is not None and last[0] == folder.name
        actor = context.actor.name
        report = None if same else territory.replace(session, folder, actor=actor, at=context.clock.now())
    return Fetched(str(folder), report, made.bare, made.vanished)


def host(wanted: TerritorySettings) -> str:
    """The host that is asked, as messages name it."""
    return urlsplit(wanted.source).netloc


def attribution(wanted: TerritorySettings) -> str:
    """Whose data it is; another source than the official one is named itself unless the settings say better."""
    usual = TerritorySettings()
    if wanted.source != usual.source and wanted.attribution == usual.attribution:
        return host(wanted)
    return wanted.attribution


def wanted_at_start(context: Context, environ: Mapping[str, str]) -> bool:
    """Whether a start asks: outlines are missing, the settings allow it, and no automaton runs this (`CI`).

    A variable that says so in as many words is obeyed there too.
    """
    if not context.settings.territory.start or (environ.get("CI") and "NMS_TERRITORY_START" not in environ):
        return False
    with context.database.reading() as session:
        return not territory.has_outlines(session)


@contextmanager
def tried_once(context: Context, environ: Mapping[str, str]) -> Iterator[None]:
    """While the block runs, the source is asked once in the background, briefly; one line says what came of it."""
    if not wanted_at_start(context, environ):
        yield
        return
    with Patience(context.settings.territory.start_s) as patience:
        thread = threading.Thread(target=_try, args=(context, patience), name="outlines", daemon=True)
        thread.start()
        try:
            yield
        finally:
            patience.end()
            thread.join(_JOIN_S)


def _try(context: Context, patience: Patience) -> None:
    wanted = context.settings.territory
    try:
        departments = territory_source.departments_of(wanted.departments)
        found = fetch(context, departments, patience, lambda _department, _octets: None)
    except (NmsError, OSError) as error:
        why = error.message if isinstance(error, NmsError) else f"{error.filename}: {error.strerror}."
        typer.echo(
            f"The map has no outlines of communes: {why} It goes on with circles; "
            "later: nms territory fetch; never at start: NMS_TERRITORY_START=no"
        )
        return
    if found.report is not None:
        typer.echo(f"The map has outlines of {found.report.outlines} communes now, from {host(wanted)}.")
