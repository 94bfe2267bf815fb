"""The register in the browser: who may emit where, when, by which act; as of any day, as known on any day."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from nms.base import ledger
from nms.base.clock import legal_day
from nms.base.errors import InputError, NotFound
from nms.base.ledger import LedgerEntry
from nms.base.permissions import Actor, Permission
from nms.base.text import csv_cell, say
from nms.ops.change.following import ENDS
from spectrum import told, verification
from spectrum.act_file import read_day, row_of
from spectrum.attachments import Subject
from spectrum.chronicle import Holding
from spectrum.former import part_of
from spectrum.parties import key_of
from spectrum.places import Places, plain
from spectrum.register import Recorded, Register
from web import conformity, pictures
from web.account import services
from web.attached import attachments, panel
from web.downloads import csv_file, saved_as
from web.guard import current_actor, public, requires
from web.known import known as keeper
from web.mapping import outlines_answer
from web.numbers import number_asked
from web.scoping import within
from web.wording import in_language, word

blueprint = Blueprint("rights", __name__)
JOURNAL_PAGE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The question of a page: which day, as known when, about what."""

    on: date
    known_at: date | None
    text: str


def register() -> Register:
    """The register of this application."""
    return services().register


def parties() -> list[str]:
    """The names of who holds or uses frequencies today."""
    held = register().holdings(legal_day(services().clock.now()))
    return sorted({name for one in held for name in (one.holder, one.user) if name})


def places() -> Places:
    """The gazetteer."""
    with services().database.reading() as session:
        return register().places(session)


@blueprint.get("/registre")
@requires(Permission.RIGHT_READ)
def page() -> Any:
    """Table, spectrum ruler, map and life of each right, as of a day."""
    asked, known = _asked(), places()
    held = _held(asked, known)
    folded = register().as_of(date.max, asked.known_at)
    colours = pictures.Colours(folded)
    everything = [one for one in folded.holdings() if _sees(current_actor(), one)]
    shown = {one.authorisation for one in held}
    if asked.text:
        everything = [one for one in everything if one.authorisation in shown]
    return render_template(
        "register.html",
        asked=asked,
        today=legal_day(services().clock.now()),
        held=held,
        where=lambda one: pictures.area_text(one.extent.area, known),
        drawn_larger=drawn_larger,
        outlines=keeper().outlines(),
        lives=pictures.lives(everything, known, colours, asked.on),
        panels=pictures.ruler(held, colours),
        unknown=sorted({one.holder for one in held if not one.extent.bands.known}),
        colours=colours,
        changes=sorted({one.extent.period.start for one in everything}),
    )


@blueprint.get("/registre.<any(csv,geojson):form>")
@requires(Permission.RIGHT_READ)
def as_file(form: str) -> Response:
    """The same as a file."""
    asked, known = _asked(), places()
    held = _held(asked, known)
    name = f"registre-{asked.on.isoformat()}.{form}"
    if form == "csv":
        return csv_file(told.as_csv(told.holdings(held, known)), name)
    with services().database.reading() as session:
        drawn = told.geojson(session, held, known)
    for feature, one in zip(drawn["features"], held, strict=True):
        feature["properties"]["drawn_larger"] = drawn_larger(one)
    return saved_as(jsonify(drawn), name)


@blueprint.get("/registre/carte")
@requires(Permission.RIGHT_READ)
def map_data() -> Any:
    """Communes with who holds there on the day, the most local right first."""
    asked, known = _asked(), places()
    held = _held(asked, known)
    colours = pictures.Colours(register().as_of(date.max, asked.known_at))
    return jsonify(communes_with_rights(held, colours, lambda one: one.holder))


def communes_with_rights(
    held: Iterable[Holding], colours: pictures.Colours, coloured_by: Callable[[Holding], str]
) -> dict[str, Any]:
    """The communes that the actor sees, each with its rights in the colour of a party, and where its outlines are."""
    by_commune: dict[str, list[Holding]] = {}
    for one in sorted(held, key=_locality):
        for atom in one.extent.area:
            by_commune.setdefault(atom, []).append(one)
    outlines = keeper().outlines()
    communes = [c for c in keeper().communes().values() if current_actor().sees(c.insee)]
    return {
        "outlines": f"/registre/contours?v={outlines.version}" if outlines.version else None,
        "communes": [
            {
                "insee": c.insee,
                "name": c.name,
                "lat": c.lat_deg,
                "lon": c.lon_deg,
                "population": c.population,
                "rights": [
                    {
                        "text": f"{in_language(one.authorisation)} – {one.holder}",
                        "user": one.user,
                        "colour": colours.of(coloured_by(one)),
                        "former": only_former(one, c.insee),
                    }
                    for one in by_commune.get(c.insee, [])
                ],
            }
            for c in communes
            if c.lat_deg is not None or c.insee in outlines.by_code
        ],
    }


def _locality(one: Holding) -> tuple[int, bool]:
    """The order of rights over a commune: the most local first; of two alike the one taken from the other."""
    return len(one.extent.area), not one.parent and one.user == one.holder


@blueprint.get("/registre/contours")
@requires(Permission.RIGHT_READ)
def outlines() -> Response:
    """The outlines of the communes that the actor may see."""
    return outlines_answer()


def only_former(one: Holding, insee: str) -> str:
    """That a right is for former communes only, which today's commune holds with more; empty where it is for all."""
    part = part_of(one, insee, keeper().former(register()))
    return _("only for the former commune of %(names)s", names=", ".join(part.names)) if part else ""


def drawn_larger(one: Holding) -> list[str]:
    """A sentence for each commune of a right that is drawn larger than the right."""
    names = keeper().commune_names()
    atoms = sorted({atom for _number, atom in keeper().former(register()) if atom in one.extent.area})
    return [
        _("%(commune)s: %(why)s", commune=names.get(atom, atom), why=why)
        for atom in atoms
        if (why := only_former(one, atom))
    ]


@blueprint.get("/registre/reste")
@requires(Permission.RIGHT_READ)
def remains() -> Any:
    """What may still be ceded in some communes: by whom, in which band, until when."""
    asked, known = _asked(), places()
    folded = register().as_of(date.max, asked.known_at)
    zone, refusal, area = request.args.get("zone", ""), "", None
    try:
        area = known.area(zone) if zone.strip() else None
    except InputError as error:
        refusal = in_language(error.message)
    found = [] if refusal else told.residual(folded, asked.on, area)
    found = [one for one in found if _sees(current_actor(), one)]
    return render_template(
        "remains.html",
        asked=asked,
        zone=zone,
        refusal=refusal,
        found=found,
        where=lambda one: pictures.area_text(one.extent.area, known),
        colours=(colours := pictures.Colours(folded)),
        panels=pictures.ruler([one for one in found if one.extent.period.holds(asked.on)], colours),
    ), (400 if refusal else 200)


@blueprint.get("/registre/actes")
@requires(Permission.RIGHT_READ)
def acts() -> Any:
    """Every act, the newest effect first."""
    wanted = plain(request.args.get("q", ""))
    found = visible_acts()
    if wanted:
        papers = {one.row.of for one in attachments().search(wanted, current_actor(), word)}
        found = [one for one in found if wanted in plain(_said(one)) or one.row.key in papers]
    return render_template("acts.html", acts=found, q=request.args.get("q", ""))


@blueprint.get("/registre/actes/<int:number>")
@requires(Permission.RIGHT_READ)
def act(number: int) -> Any:
    """One act: its facts, what the law of its day said, its papers, its seal."""
    return act_page(number, {})


@blueprint.get("/registre/actes/<int:number>.csv")
@requires(Permission.ACT_DRAFT)
def act_as_file(number: int) -> Response:
    """An act as a file of acts, to be corrected and brought under Import; with `annule`, one that annuls its record."""
    one, annuls = one_act(number), "annule" in request.args
    row = row_of(replace(one.act, annulled=annuls))
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(row)
    write.writerow(map(csv_cell, row.values()))
    return csv_file(out.getvalue(), f"acte-{number}{'-annule' if annuls else ''}.csv")


def one_act(number: int) -> Recorded:
    """The act of that number.

    Raises:
        NotFound: there is none that the actor sees.
    """
    one = next((one for one in visible_acts() if one.row.id == number), None)
    if one is None:
        raise NotFound("no_such_act", say("There is no such act."))
    return one


def act_page(number: int, typed: Mapping[str, str], refusal: str = "") -> str:
    """The page of an act; with what a refused form held, and why it was refused."""
    one, known = one_act(number), places()
    remarks = [text for of, text in register().as_of(date.max).remarks if of == one.act.number]
    with services().database.reading() as session:
        seal = session.get(LedgerEntry, one.row.ledger_seq)
    return render_template(
        "act.html",
        one=one,
        seal=seal,
        remarks=remarks,
        ENDS=ENDS,
        emissions=conformity.by_act(one.act),
        names=keeper().commune_names(),
        where=pictures.area_text(one.act.area, known),
        **panel(Subject.ACT, one.row.key, f"/registre/actes/{number}", typed, refusal),
    )


@blueprint.get("/registre/public")
@public
def public_register() -> Any:
    """The public register of authorisations (R. 20-44-9-12): no name of a user, no business secret."""
    on = legal_day(services().clock.now())
    known = places()
    return render_template(
        "public_register.html",
        on=on,
        held=told.authorisations(register().as_of(on), on),
        where=lambda one: pictures.area_text(one.extent.area, known),
    )


@blueprint.get("/registre/journal")
@requires(Permission.LEDGER_READ)
def journal() -> Any:
    """The sealed journal, the newest first; only of the register for who sees no more."""
    actor = current_actor()
    before = number_asked("avant")
    query = select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(JOURNAL_PAGE)
    if before is not None:
        query = query.where(LedgerEntry.seq < before)
    if actor.scope is not None:
        query = query.where(LedgerEntry.seq.in_([one.row.ledger_seq for one in visible_acts()]))
    with services().database.reading() as session:
        entries = session.scalars(query).all()
        head = ledger.head(session)
    return render_template("journal.html", entries=entries, head=head, more=len(entries) == JOURNAL_PAGE)


@blueprint.get("/registre/journal/verification")
@requires(Permission.LEDGER_VERIFY)
def verify() -> Any:
    """Recompute the chain now."""
    with services().database.reading() as session:
        found = verification.verify(session)
    return render_template("parts/verified.html", found=found)


@blueprint.get("/registre/journal.jsonl")
@requires(Permission.LEDGER_EXPORT)
def journal_file() -> Response:
    """The journal as JSON lines, enough to be verified alone."""
    with services().database.reading() as session:
        lines = [line + "\n" for line in ledger.export(session)]
    return saved_as(Response("".join(lines), mimetype="application/x-ndjson"), "journal.jsonl")


def asked_and_held() -> tuple[Asked, list[Holding]]:
    """What a page of the register was asked, and the holdings that answer it."""
    asked = _asked()
    return asked, _held(asked, places())


def asked_day() -> date:
    """The legal day of the question; a commune's account asks about today."""
    return _asked().on


def _asked() -> Asked:
    on, known = request.args.get("jour", ""), request.args.get("connu", "")
    today = legal_day(services().clock.now())
    if current_actor().scope is not None:
        return Asked(today, None, request.args.get("q", ""))
    return Asked(read_day(on) if on else today, read_day(known) if known else None, request.args.get("q", ""))


def _held(asked: Asked, known: Places) -> list[Holding]:
    actor, wanted = current_actor(), plain(asked.text)
    held = [one for one in register().holdings(asked.on, asked.known_at) if _sees(actor, one)]
    if not wanted:
        return held
    atoms = {code for code, name in known.commune_names.items() if wanted in plain(name) or code == asked.text.strip()}
    return [
        one
        for one in held
        if wanted in plain(f"{one.authorisation} {one.holder} {one.user} {one.act}")
        or key_of(asked.text) == key_of(one.holder)
        or not atoms.isdisjoint(one.extent.area)
    ]


def _sees(actor: Actor, one: Holding) -> bool:
    """A commune sees the rights that lie wholly in it, not those of the region around it."""
    return within(actor, one.extent.area)


def visible_acts() -> list[Recorded]:
    """The acts that the reader may see, the newest effect first: a commune those wholly in it."""
    actor = current_actor()
    found = [one for one in register().acts() if within(actor, one.act.area)]
    return sorted(found, key=lambda one: (one.act.effective_on, one.row.id), reverse=True)


def _said(one: Recorded) -> str:
    a = one.act
    return f"{a.number} {a.step} {a.kind} {a.cedant} {a.cessionnaire} {a.area_text} {a.note}"
