"""`nms register`: who may emit where, when, and by which act."""

from __future__ import annotations

import json
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from inventory import territory
from nms.app.bootstrap import Context, open_context
from nms.app.commands.register_import import import_sheet, replay
from nms.base import ledger
from nms.base.clock import legal_day
from nms.base.errors import InputError, NotFound
from spectrum import deployment, obligations, statement, told, verification
from spectrum.act_file import read_day
from spectrum.dossiers import Dossiers
from spectrum.drafts import Draft
from spectrum.former import former
from spectrum.law.verdict import Outcome
from spectrum.law.versions import Nature
from spectrum.paper import Shelf
from spectrum.places import Places
from spectrum.register import Register
from spectrum.terms import terms
from web.documents.maker import FORMS, Maker, made
from web.documents.projects import Council

app = typer.Typer(
    help="The register of rights: acts, holdings, what may still be ceded, deadlines.", no_args_is_help=True
)

app.command("replay")(replay)
app.command("import")(import_sheet)

OnDay = Annotated[
    str, typer.Option("--on", metavar="DAY", help="The legal day, such as 2008-02-27; today when left out.")
]
KnownAt = Annotated[
    str,
    typer.Option(
        "--known-at", metavar="DAY", help="As the register knew it at the end of that day; now when left out."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


@app.command("holdings")
def holdings(on: OnDay = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """What is held on a day: authorisation, holder, user, area, bands, from and until when, by which act."""
    context, register = _open()
    held = register.holdings(_day(context, on), _known(known_at))
    _show(told.holdings(held, _places(context, register)), as_json)


@app.command("residual")
def residual(
    area: Annotated[
        str, typer.Argument(help="Communes, grouping, departments or region; all that is held when left out.")
    ] = "",
    holder: Annotated[str, typer.Option(help="Only what this party may cede.")] = "",
    on: OnDay = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """What may still be ceded here: by whom, in which band, until when; what is used by others is named."""
    context, register = _open()
    places = _places(context, register)
    day = _day(context, on)
    held = told.residual(register.as_of(date.max, _known(known_at)), day, places.area(area) if area else None, holder)
    _show(told.holdings(held, places), as_json)


@app.command("check")
def check(
    title: Annotated[str, typer.Option(help="The authorisation from which the project takes.")],
    to: Annotated[str, typer.Option(help="The assignee (cessionnaire).")],
    area: Annotated[str, typer.Option(help="Communes, grouping, departments.")],
    start: Annotated[str, typer.Option("--from", metavar="DAY", help="Wished date of effect.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="First day without the right; else as the title.")] = "",
    bands: Annotated[str, typer.Option(help="MHz, as 3432.5-3436/3532.5-3536; else those of the title.")] = "",
    nature: Annotated[Nature, typer.Option(help="What the project is.")] = Nature.CESSION,
    total: Annotated[bool, typer.Option(help="Whether all of the title is ceded.")] = False,
    on: OnDay = "",
    as_json: AsJson = False,
) -> None:
    """Judge a project without writing anything: every obstacle, with its article. Exit status 1 when one refuses."""
    context, register = _open()
    begins = read_day(start)
    holder = register.as_of(date.max).holder_of(title, begins)
    if not holder:
        raise NotFound("no_such_title", f"The register knows no authorisation {title}.")
    draft = Draft(nature, title, holder, to, area, bands, begins, read_day(until) if until else None, total)
    judged = Dossiers(register, context.box).judge(draft, _day(context, on))
    if as_json:
        rows = [verdict.as_json() for verdict in judged.verdicts]
        typer.echo(json.dumps({"outcome": judged.outcome, "verdicts": rows}, ensure_ascii=False, indent=1))
    else:
        for verdict in judged.verdicts:
            typer.echo(f"{verdict.outcome.value:9} {verdict.article}: {verdict.text}")
    if judged.outcome is Outcome.REFUSED:
        raise typer.Exit(1)


@app.command("deadlines")
def deadlines(on: OnDay = "", as_json: AsJson = False) -> None:
    """Deadlines of projects that run on a day, and rights that end, each by its last day, the next first."""
    context, register = _open()
    day = _day(context, on)
    rows = [
        {"due": one.last.isoformat(), "project": one.number, "what": str(one.text), "article": one.article,
         "ask": str(one.ask)}
        for one in terms(register, Dossiers(register, context.box), day)
    ]  # fmt: skip
    rows = list({tuple(row.items()): row for row in rows}.values())
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        typer.echo(f"{row['due']}  {row['project']}  {row['what']}  {row['article']}  {row['ask']}".rstrip())
    if not rows:
        typer.echo("No deadline runs.")


@app.command("fees")
def fees(
    year: Annotated[int, typer.Option("--year", min=1900, max=2200, help="The calendar year.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, with every factor.")] = False,
    as_json: AsJson = False,
) -> None:
    """What each holder owes for its rights in a year (l x bf x c x k2, by legal day), or why it cannot be computed."""
    context, register = _open()
    with context.database.reading() as session:
        known, changes = statement.areas(session), territory.changes(session)
    parts = former(register.acts(), changes)
    lines = statement.statement(register.as_of(date.max).holdings(), known, year, parts)
    if as_json:
        typer.echo(json.dumps([statement.row(line, year) for line in lines], ensure_ascii=False, indent=1))
        return
    if as_csv:
        typer.echo(statement.as_csv(lines, year), nl=False)
        return
    table = Table("holder", "authorisation", "from", "days", "EUR", "a pair counted once", "why not", box=SIMPLE)
    for line in lines:
        euros, other = (_euros(cents) for cents in (line.cents, line.other_cents))
        start, days = line.fee.period.start.isoformat(), f"{line.fee.days}/{line.fee.year_days}"
        why = str(line.fee.why or "")
        table.add_row(line.holding.holder, line.holding.authorisation, start, days, euros, other, why)
    Console().print(table if lines else "No right lies in that year.")
    if any(line.cents is not None for line in lines):
        typer.echo("To be confirmed: the text leaves open whether a pair of bands counts once or twice.")


@app.command("obligations")
def owed_sites(
    on: OnDay = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, with sources.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sites due by department and day, from the acts, against the stations in service; what is not known says why."""
    context, register = _open()
    found = deployment.obligations(register, _day(context, on))
    if as_json:
        typer.echo(json.dumps([obligations.row(one) for one in found], ensure_ascii=False, indent=1))
        return
    if as_csv:
        typer.echo(obligations.as_csv(found), nl=False)
        return
    table = Table("due", "department", "sites", "in service", "holder", "status", "why", "source", box=SIMPLE)
    for one in found:
        told_, sites = obligations.row(one), "" if one.sites is None else str(one.sites)
        holders, why = ", ".join(one.holders), str(one.why or "")
        source = f"{one.clause.source} ({one.clause.confidence})"
        table.add_row(
            told_["due"], told_["department"], str(told_["sites_due"]), sites, holders, told_["status"], why, source
        )
    Console().print(table if found else "No act of the register states an obligation.")


def _euros(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100:,}.{cents % 100:02d}"


@app.command("export")
def export(
    out: Annotated[
        Path | None, typer.Argument(help="File to write: .csv, or .geojson; standard output (CSV) when left out.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option("--ledger", metavar="FILE", help="The sealed journal as JSON lines.")
    ] = None,
    on: OnDay = "",
    known_at: KnownAt = "",
) -> None:
    """Write what is held on a day as CSV or GeoJSON, or the sealed journal, which can be verified alone."""
    context, register = _open()
    if journal is not None:
        with context.database.reading() as session, journal.open("w", encoding="utf-8") as file:
            count = sum(1 for line in ledger.export(session) if file.write(line + "\n"))
            typer.echo(f"{count} entries; head {ledger.head(session)}")
        return
    places = _places(context, register)
    held = register.holdings(_day(context, on), _known(known_at))
    if out is not None and out.suffix == ".geojson":
        with context.database.reading() as session:
            text = json.dumps(told.geojson(session, held, places), ensure_ascii=False)
    else:
        text = told.as_csv(told.holdings(held, places))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")


@app.command("verify")
def verify(
    file: Annotated[Path | None, typer.Argument(help="An exported journal; the database when left out.")] = None,
    head: Annotated[
        str, typer.Option(help="The head noted when it was exported: catches a rebuilt or cut chain.")
    ] = "",
) -> None:
    """Recompute the chain of the journal, and that acts and attached files are as sealed; names the first bad entry."""
    if file is not None:
        with file.open(encoding="utf-8", errors="replace") as lines:
            found = ledger.verify_export(lines, head or None)
    else:
        context = open_context()
        with context.database.reading() as session:
            found = verification.verify(session, head or None, Shelf(context.settings.home))
    if found.broken_at is not None:
        typer.echo(f"BROKEN at entry {found.broken_at}: {found.reason}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{found.entries} entries, the chain holds; head {found.head}")


@app.command("rejudge")
def rejudge() -> None:
    """Judge every stored act and project again with the law of its day: the verdicts must be the stored ones."""
    context, _ = _open()
    with context.database.reading() as session:
        count, different = verification.rejudge(session)
    for line in different:
        typer.echo(line, err=True)
    typer.echo(f"{count} judged again, {len(different)} different.")
    if different:
        raise typer.Exit(1)


class DocumentKind(StrEnum):
    """What can be printed."""

    EXTRACT = "extract"
    REGISTER = "register"
    DELIBERATION = "deliberation"
    CONVENTION = "convention"
    STATEMENT = "statement"


@app.command("document")
def document(
    kind: Annotated[DocumentKind, typer.Argument(help="What to make.")],
    subject: Annotated[
        str, typer.Argument(help="Number of the act, reference of the project, or name of the holder.")
    ] = "",
    out: Annotated[Path, typer.Option(help="File to write: .pdf, .odt or .ods.")] = Path("document.pdf"),
    on: OnDay = "",
    known_at: KnownAt = "",
    year: Annotated[int, typer.Option(help="Of the statement; this year when left out.")] = 0,
    council: Annotated[Council, typer.Option(help="Whose deliberation.")] = Council.MUNICIPAL,
    finance: Annotated[bool, typer.Option(help="Fill in the financial conditions of the project.")] = False,
) -> None:
    """Make a document in French: PDF/A to sign, ODT to edit, ODS to compute with."""
    form = out.suffix.lstrip(".").lower()
    if form not in FORMS:
        raise InputError("no_such_form", f"{out.name}: write a file that ends in {', '.join(FORMS)}.")
    context, register = _open()
    maker = Maker(register, Dossiers(register, context.box), context.settings)
    day = _day(context, on)
    money = maker.dossiers.finance(subject, context.actor) if finance else ""
    match kind:
        case DocumentKind.EXTRACT:
            found = [one for one in register.acts() if one.act.number == subject or str(one.row.id) == subject]
            if len(found) != 1:
                raise NotFound("no_such_act", f"{len(found)} acts are called {subject!r}: give the id of its page.")
            one = maker.extract(found[0])
        case DocumentKind.REGISTER:
            known = _known(known_at)
            one = maker.holdings(register.holdings(day, known), day, known)
        case DocumentKind.DELIBERATION:
            one = maker.deliberation(maker.dossiers.one(subject, day), council, money)
        case DocumentKind.CONVENTION:
            one = maker.convention(maker.dossiers.one(subject, day), money)
        case DocumentKind.STATEMENT:
            one = maker.statement(subject, year or day.year)
    out.write_bytes(made(one, form)[0])
    typer.echo(f"{out}  {one.title}  content sha256 {one.digest}")


def _open() -> tuple[Context, Register]:
    context = open_context()
    return context, Register(context.database, context.clock)


def _places(context: Context, register: Register) -> Places:
    with context.database.reading() as session:
        return register.places(session)


def _day(context: Context, text: str) -> date:
    return read_day(text) if text else legal_day(context.clock.now())


def _known(text: str) -> date | None:
    return read_day(text) if text else None


def _show(rows: list[told.Row], as_json: bool) -> None:
    """Rows as JSON, or as a table for people: bands in MHz, absent facts said in words."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        typer.echo("Nothing is held there on that day.")
        return
    table = Table("authorisation", "holder", "user", "where", "bands MHz", "from", "until", "act", box=SIMPLE)
    for row in rows:
        where = [*row["departments"], *(row["communes"][:4]), *(["…"] if len(row["communes"]) > 4 else [])]
        user = row["user"] if row["user"] != row["holder"] else ""
        bands = told.bands_of(row).text().replace("/", " / ") or "not established"
        until = row["valid_until"] or "not established"
        cells = [
            row["authorisation"],
            row["holder"],
            user,
            " ".join(where),
            bands,
            row["valid_from"],
            until,
            row["act"],
        ]
        table.add_row(*cells)
        for mark in row["marks"]:
            table.add_row("", f"  {mark}")
    Console(width=None if sys.stdout.isatty() else 200).print(table)
