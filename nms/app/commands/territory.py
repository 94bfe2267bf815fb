"""`nms territory`: the communes that everything else stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inventory import territory
from inventory.territory import Commune, PackReport
from nms.app.bootstrap import open_context
from nms.base import ledger
from nms.base.errors import NotFound

app = typer.Typer(help="The territory: communes, their successors, departments.", no_args_is_help=True)


@app.command("load")
def load(
    directory: Annotated[Path | None, typer.Argument(help="Folder of the pack; the bundled one when left out.")] = None,
) -> None:
    """Replace the territory by a pack: a folder with communes.csv and, where present, successors and outlines."""
    context = open_context()
    folder = directory or territory.bundled_pack()
    with context.database.transaction() as session:
        report = territory.load_pack(session, folder)
        after = {name: getattr(report, name) for name in PackReport.__dataclass_fields__}
        ledger.append(
            session,
            kind="inventory.territory",
            subject=folder.name,
            actor=context.actor.name,
            at=context.clock.now(),
            before=None,
            after=after,
        )
    context.database.dispose()
    typer.echo(
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
    people = "not known" if commune.population is None else f"{commune.population} ({commune.population_year})"
    area = "cannot be computed" if commune.area_km2 is None else f"{commune.area_km2:.2f} km2"
    typer.echo(f"{commune.insee}  {commune.name}")
    typer.echo(f"  department  {commune.department}")
    typer.echo(f"  EPCI        {commune.epci_name or 'none'} {commune.epci_siren}".rstrip())
    typer.echo(f"  population  {people}")
    typer.echo(f"  position    {place}")
    typer.echo(f"  area        {area}")
    typer.echo(f"  of 2006     {', '.join(former)}")
