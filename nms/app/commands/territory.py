"""`nms territory`: the communes that everything else stands on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from inventory import territory, territory_source
from inventory.territory import Commune, PackReport
from nms.app import outlines
from nms.app.bootstrap import open_context
from nms.base.download import Patience
from nms.base.errors import NotFound, SourceUnavailable

app = typer.Typer(help="The territory: communes, their successors, departments.", no_args_is_help=True)
_NAMED = 10


@app.command("load")
def load(
    directory: Annotated[Path | None, typer.Argument(help="Folder of the pack; the bundled one when left out.")] = None,
) -> None:
    """Replace the territory by a pack: a folder with communes.csv and, where present, successors and outlines."""
    context = open_context()
    with context.database.transaction() as session:
        report = territory.replace(
            session, directory or territory.bundled_pack(), actor=context.actor.name, at=context.clock.now()
        )
    context.database.dispose()
    typer.echo(_told(report))


@app.command("fetch")
def fetch(
    departments: Annotated[str, typer.Option(help="Department codes, such as 16,17,79,86 (default: settings).")] = "",
    tolerance: Annotated[float, typer.Option(min=0, max=1000, help="Outlines may be off by this, in metres.")] = 50.0,
) -> None:
    """Fetch communes with their outlines from the open-data API of the State, make a pack of them and load it."""
    context = open_context()
    wanted = context.settings.territory
    codes = territory_source.departments_of(departments or wanted.departments)
    typer.echo(f"Asking {outlines.host(wanted)} for the communes of {', '.join(codes)}.", err=True)
    with Patience(wanted.whole_s) as patience:
        try:
            found = outlines.fetch(context, codes, patience, _progress(), tolerance)
        except SourceUnavailable as error:
            raise SourceUnavailable(
                error.code,
                f"{error.message} Nothing was changed. Try again later, or copy a pack that was fetched elsewhere "
                "(its folder below NMS_HOME/territory) and load it: nms territory load FOLDER",
            ) from None
    context.database.dispose()
    typer.echo(f"{found.folder}")
    typer.echo("This is loaded already; nothing changed." if found.report is None else _told(found.report))
    for names, what in (
        (found.bare, "have no outline in the source and are drawn as circles"),
        (found.vanished, "are known here and no more in the source; they stay, without outline or area"),
    ):
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            typer.echo(f"{len(names)} communes {what}: {', '.join(names[:_NAMED])}{more}.")


def _progress() -> Callable[[str, int], None]:
    """Says each department when it begins to come, and every megabyte of it when a person looks on."""
    shown: dict[str, int] = {}

    def told(department: str, octets: int) -> None:
        steps = octets // 2**20
        if department not in shown:
            typer.echo(f"  department {department}", err=True)
        elif sys.stderr.isatty() and steps > shown[department]:
            typer.echo(f"    {steps} MiB", err=True)
        shown[department] = steps

    return told


def _told(report: PackReport) -> str:
    return (
        f"{report.communes} communes, {report.positions} of them with a position, {report.outlines} with an outline, "
        f"{report.areas} with an area; {report.successors} changes since 2006; {report.departments} departments."
    )


@app.command("show")
def show(insee: Annotated[str, typer.Argument(help="INSEE code of today or of 2006, or a name.")]) -> None:
    """Show a commune, or the communes whose name (of today or of 2006) holds a text."""
    context = open_context()
    with context.database.reading() as session:
        if len(insee) == 5 and insee[2:].isdigit():
            _show(territory.commune(session, insee), territory.former_of(session, territory.today_of(session, insee)))
        else:
            found = territory.search_communes(session, insee)
            if not found:
                raise NotFound(
                    "no_such_commune", f"No commune is called “{insee}” in the loaded territory (nms territory load)."
                )
            for commune in found:
                typer.echo(f"{commune.insee}  {commune.name}  ({commune.department}, {commune.epci_name or 'no EPCI'})")
    context.database.dispose()


def _show(commune: Commune, former: list[str]) -> None:
    place = "not known" if commune.lat_deg is None else f"{commune.lat_deg:.5f}, {commune.lon_deg:.5f}"
    year = f" ({commune.population_year})" if commune.population_year else ""
    people = "not known" if commune.population is None else f"{commune.population}{year}"
    area = "cannot be computed" if commune.area_km2 is None else f"{commune.area_km2:.2f} km2"
    typer.echo(f"{commune.insee}  {commune.name}")
    typer.echo(f"  department  {commune.department}")
    typer.echo(f"  EPCI        {commune.epci_name or 'none'} {commune.epci_siren}".rstrip())
    typer.echo(f"  population  {people}")
    typer.echo(f"  position    {place}")
    typer.echo(f"  area        {area}")
    typer.echo(f"  of 2006     {', '.join(former)}")
