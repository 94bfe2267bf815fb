"""Projects in the browser: the assistant that tells every obstacle, the procedure, the deadlines, the joint dossier."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import select

from inventory.territory import Commune
from nms.base.clock import legal_day
from nms.base.errors import Conflict, InputError, NotFound
from nms.base.permissions import Actor, Permission
from nms.base.text import clean, say
from spectrum.act_file import read_day
from spectrum.attachments import Subject
from spectrum.bands import Bands
from spectrum.chronicle import Holding
from spectrum.dossiers import BY_ANOTHER, Dossier, Dossiers
from spectrum.drafts import FINANCE_ITEM, SEALED, Draft, Judged, regime_for
from spectrum.law import procedure
from spectrum.law.articles import ARTICLES
from spectrum.law.course import ENDED, Event, Mark, taken_back
from spectrum.law.verdict import Outcome, Verdict, verdict_from_json
from spectrum.law.versions import FIRST_DAY, Nature, law_on
from web import joint_dossier, pictures
from web.account import services
from web.attached import panel
from web.downloads import saved_as
from web.guard import current_actor, requires
from web.owing import fees_of_project
from web.persons import person
from web.rights import places, register
from web.scoping import within
from web.wording import in_language

blueprint = Blueprint("dossiers", __name__)
CHANNEL_KHZ = 3_500
FACTS = ("assigned_by_call", "public_service", "station_locations", "commitments", "sanctioned", "capacity")
_TRUTH = {"yes": True, "no": False}
ORDER = {Outcome.REFUSED: 0, Outcome.ASK: 1, Outcome.UNPROVEN: 2, Outcome.GRANTED: 3}


def dossiers() -> Dossiers:
    """The projects of this application."""
    return Dossiers(register(), services().box)


@blueprint.get("/dossiers")
@requires(Permission.RIGHT_READ)
def listing() -> Any:
    """Every project with where it stands today and what is due next."""
    return render_template("dossiers.html", dossiers=visible_projects(), today=_today(), ENDED=ENDED)


@blueprint.get("/droit")
@requires(Permission.RIGHT_READ)
def law() -> Any:
    """The article table: rule, data, not automated, not held."""
    return render_template("law.html", articles=ARTICLES)


@blueprint.route("/dossiers/nouveau", methods=["GET", "POST"])
@requires(Permission.ACT_DRAFT)
def create() -> Any:
    """The assistant."""
    if request.method == "GET":
        return _form({"start": _today().isoformat(), "on": _today().isoformat()} | request.args.to_dict(), new=True)
    try:
        draft, key = read_draft(request.form), request.form.get("key") or secrets.token_hex(16)
        reference = dossiers().create(draft, person(), _day(request.form), key)
    except InputError as error:
        return _form(request.form, new=True, refusal=in_language(error.message)), 400
    return redirect(f"/dossiers/{reference}")


@blueprint.post("/dossiers/apercu")
@requires(Permission.ACT_DRAFT)
def preview() -> Any:
    """What the law and the register say of what stands in the form; writes nothing."""
    try:
        judged = dossiers().judge(read_draft(request.form), _day(request.form))
    except InputError as error:
        return render_template("parts/judged.html", refusal=in_language(error.message), judged=None)
    return render_template("parts/judged.html", refusal="", **_judged(judged))


@blueprint.get("/dossiers/<reference>")
@requires(Permission.RIGHT_READ)
def page(reference: str) -> Any:
    """One project."""
    return dossier_page(one_seen(reference), {})


@blueprint.route("/dossiers/<reference>/modifier", methods=["GET", "POST"])
@requires(Permission.ACT_DRAFT)
def edit(reference: str) -> Any:
    """Change a draft; what somebody else changed meanwhile is shown, and nothing is overwritten."""
    one = one_seen(reference)
    if request.method == "GET":
        judged_on = {"on": (one.row.judged_on or _today()).isoformat()}
        return _form(_cells(one.draft) | judged_on, new=False, version=one.row.version, reference=reference)
    try:
        dossiers().edit(reference, _version(request.form), read_draft(request.form), person(), _day(request.form))
    except Conflict as error:
        refusal = in_language(error.message)
        return _form(request.form, new=False, refusal=refusal, version=one.row.version, reference=reference), 409
    except InputError as error:
        refusal = in_language(error.message)
        return _form(request.form, new=False, refusal=refusal, version=one.row.version, reference=reference), 400
    return redirect(f"/dossiers/{reference}")


@blueprint.post("/dossiers/<reference>/evenements")
@requires(Permission.ACT_DECIDE)
def add_event(reference: str) -> Any:
    """Record what happened."""
    one = one_seen(reference)
    form = request.form
    try:
        mark = Mark(form.get("mark", ""))
    except ValueError:
        raise InputError("no_such_mark", say("Choose what happened.")) from None
    event = Event(
        mark,
        read_day(form.get("on", "")),
        clean(form.get("by", "")),
        clean(form.get("reference", "")),
        clean(form.get("note", ""), 2000),
    )
    dossiers().add_event(one.row.reference, event, person(), form.get("key", ""))
    return redirect(f"/dossiers/{reference}")


@blueprint.get("/dossiers/<reference>.pdf")
@requires(Permission.FINANCE_READ)
def pdf(reference: str) -> Response:
    """The joint dossier of R. 20-44-9-3 as PDF: for legal officers, since it bears the financial conditions."""
    one = one_seen(reference)
    judged = dossiers().judged(one, _today())
    finance = dossiers().finance(reference, current_actor())
    made = joint_dossier.pdf(one, judged, finance, places())
    return saved_as(Response(made, mimetype="application/pdf"), f"dossier-{reference}.pdf")


def dossier_page(one: Dossier, typed: Mapping[str, str], refusal: str = "") -> str:
    """The page of a project; with what a refused form held, and why it was refused."""
    judged = dossiers().judged(one, _today())
    actor = current_actor()
    stored = [verdict_from_json(told_) for told_ in _stored(one)]
    act = dossiers().act_of_last(one)
    marks = [mark for mark in Mark if _may(one, mark, act)] if actor.may(Permission.ACT_DECIDE) else []
    writers = dossiers().writers(one.row.reference)
    mine = actor.name in writers
    return render_template(
        "dossier.html",
        one=one,
        draft=one.draft,
        items=law_on(max(one.row.judged_on or _today(), FIRST_DAY)).items,
        finance=dossiers().finance(one.row.reference, actor) if actor.may(Permission.FINANCE_READ) else "",
        marks=[mark for mark in marks if not (mine and mark in BY_ANOTHER)],
        held_back=mine and any(mark in BY_ANOTHER for mark in marks),
        taken_back=taken_back(one.events),
        writers=writers,
        reads_otherwise=_reads_otherwise(one, judged.wanted.area),
        today=_today(),
        key=secrets.token_hex(16),
        fees=fees_of_project(one) if actor.scope is None else (),
        ENDED=ENDED,
        FINANCE_ITEM=FINANCE_ITEM,
        **panel(Subject.DOSSIER, one.row.reference, f"/dossiers/{one.row.reference}", typed, refusal),
        **_judged(judged) | _told(stored),
    )


def _reads_otherwise(one: Dossier, meant: frozenset[str]) -> bool:
    """Whether the text of the area names other communes today than those that the project means."""
    try:
        return places().area(one.draft.area_text) != meant
    except InputError:
        return True


def _stored(one: Dossier) -> list[dict[str, object]]:
    found = json.loads(one.row.judged)
    return list(found["verdicts"]) if found else []


def _may(one: Dossier, mark: Mark, act: str) -> bool:
    """Whether this event is in order today; `act` is what the last one recorded, where it stands."""
    verdicts = procedure.may(one.events, regime_for(one.draft), Event(mark, _today()), act)
    return all(verdict.outcome is not Outcome.REFUSED for verdict in verdicts)


def _judged(judged: Judged) -> dict[str, Any]:
    """What the pictures and lists of a judgement need."""
    known = places()
    folded = register().as_of(date.max)
    colours = pictures.Colours(folded)
    wanted = judged.wanted
    inhabitants = _people(wanted.area)
    title_area = frozenset().union(*(one.area for one in judged.project.title.held))
    return {
        "judged": judged,
        **_told(judged.verdicts),
        "panels": pictures.ruler(_party(judged), colours),
        "wanted_where": pictures.area_text(wanted.area, known),
        "people": inhabitants,
        "people_of_title": _people(title_area),
        "kept": judged.kept,
        "kept_where": lambda extent: pictures.area_text(extent.area, known),
    }


def _told(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Verdicts, the gravest first, and how many there are of each outcome."""
    return {
        "verdicts": sorted(verdicts, key=lambda verdict: ORDER[verdict.outcome]),
        "counts": {outcome: sum(one.outcome is outcome for one in verdicts) for outcome in Outcome},
    }


def _party(judged: Judged) -> list[Holding]:
    """What each party would hold in the communes wanted, for the ruler."""
    project = judged.project
    there = [extent for extent in judged.kept if not extent.area.isdisjoint(judged.wanted.area)]
    kept = [Holding(project.title.number, project.cedant, "", extent, "") for extent in there]
    taken = [Holding("", project.cessionnaire or "?", "", extent, "") for extent in judged.taken]
    return kept + taken


def _people(area: frozenset[str]) -> int | None:
    """Inhabitants of communes; None when one of them is not loaded or not counted."""
    with services().database.reading() as session:
        known = {commune.insee: commune.population for commune in session.scalars(select(Commune))}
    counts = [known.get(atom) for atom in area]
    return None if not counts or None in counts else sum(count for count in counts if count is not None)


def _form(
    cells: Mapping[str, str],
    *,
    new: bool,
    refusal: str = "",
    version: int = 0,
    reference: str = "",
) -> Any:
    today = _today()
    held = register().holdings(today)
    known = places()
    titles = register().as_of(date.max).titles(today)
    title = cells.get("title", "")
    return render_template(
        "dossier_form.html",
        new=new,
        cells=cells,
        refusal=refusal,
        version=version,
        reference=reference,
        key=cells.get("key") or secrets.token_hex(16),
        titles=titles,
        natures=[nature for nature in Nature if nature in law_on(today).natures],
        items=law_on(today).items,
        facts=FACTS,
        channels=channels([one for one in held if one.authorisation == title] or held),
        groupings=sorted({name for name in known.groupings if not name.isdigit()}),
        departments=known.departments,
        FINANCE_ITEM=FINANCE_ITEM,
        today=today,
    )


def channels(held: list[Holding]) -> list[str]:
    """Channels of 3.5 MHz inside the lots held, pair by pair, as the form writes bands."""
    found: list[str] = []
    for one in held:
        for low, high in one.extent.bands.parts or ():
            if high > 3_500_000:
                continue
            at = low
            while at + CHANNEL_KHZ <= high:
                pair = Bands.of((at, at + CHANNEL_KHZ), (at + 100_000, at + CHANNEL_KHZ + 100_000))
                if pair.text() not in found:
                    found.append(pair.text())
                at += CHANNEL_KHZ
    return found[:12]


def read_draft(form: Mapping[str, str]) -> Draft:
    """What stands in the form.

    Raises:
        InputError: a field that cannot be read; the sentence names it.
    """
    try:
        nature = Nature(form.get("nature") or Nature.CESSION)
    except ValueError:
        raise InputError("no_such_nature", say("Choose what the project is.")) from None
    number = clean(form.get("title", ""))
    folded, start = register().as_of(date.max), read_day(form.get("start", ""))
    holder = folded.holder_of(number, start)
    if not holder:
        raise InputError("no_such_title", say("Choose the authorisation from which the project takes."))
    if not form.get("area_text", "").strip():
        raise InputError("no_area", say("Name the communes, the grouping or the department."))
    until = form.get("until", "").strip()
    return Draft(
        nature=nature,
        title=number,
        cedant=clean(form.get("cedant", "")) or holder,
        cessionnaire=clean(form.get("cessionnaire", "")),
        area_text=clean(form.get("area_text", ""), 4000),
        bands_text=clean(form.get("bands_text", "")),
        start=start,
        until=read_day(until) if until else None,
        total=form.get("total") == "yes",
        items={name[5:]: clean(text, 4000) for name, text in form.items() if name.startswith("item_") and text.strip()},
        split=clean(form.get("split", ""), 2000),
        agreement=clean(form.get("agreement", "")),
        simulated=any(one.simulated for one in folded.of_title(number)),
        **{name: _TRUTH.get(form.get(name, "")) for name in FACTS},
    )


def _cells(draft: Draft) -> dict[str, str]:
    """A draft as the form shows it; the financial conditions stay sealed."""
    cells = {name: str(getattr(draft, name)) for name in ("title", "cedant", "cessionnaire", "area_text", "bands_text")}
    cells |= {"nature": draft.nature.value, "split": draft.split, "agreement": draft.agreement}
    cells |= {"start": draft.start.isoformat(), "until": draft.until.isoformat() if draft.until else ""}
    cells |= {"total": "yes" if draft.total else "no"}
    cells |= {name: {True: "yes", False: "no", None: ""}[getattr(draft, name)] for name in FACTS}
    return cells | {f"item_{code}": SEALED if code == FINANCE_ITEM else text for code, text in draft.items.items()}


def _version(form: Mapping[str, str]) -> int:
    """The version that was changed; 0, which none has, when the form tells no number."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _day(form: Mapping[str, str]) -> date:
    """The day on which a project is judged: today, unless an officer works as of a past day."""
    asked = form.get("on", "").strip()
    day = read_day(asked) if asked else _today()
    if day > _today():
        raise InputError("judged_in_future", say("A project cannot be judged with the law of a day to come."))
    return day


def one_seen(reference: str) -> Dossier:
    """A project.

    Raises:
        NotFound: there is none that the actor sees.
    """
    one = dossiers().one(reference, _today())
    if not _sees(current_actor(), one):
        raise NotFound("no_such_dossier", say("There is no project {reference}.", reference=clean(reference, 40)))
    return one


def visible_projects() -> list[Dossier]:
    """Every project that the actor may see."""
    return [one for one in dossiers().every(_today()) if _sees(current_actor(), one)]


def _sees(actor: Actor, one: Dossier) -> bool:
    """A commune sees the projects that lie wholly in it."""
    return actor.scope is None or within(actor, one.area(places()))


def _today() -> date:
    return legal_day(services().clock.now())
