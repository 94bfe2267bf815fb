"""The mail of a reminder: French, plain text, for the legal officers; its facts in sentences that stand alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

from inventory.rows import SectorRow
from nms.base.clock import PARIS
from nms.base.settings import MailSettings
from nms.base.text import clean, retold
from nms.ops.reminders import Concern, Reminder
from nms.ops.reminding import Letter
from spectrum.terms import DAY, Term, TermKind
from web.documents.words import long_day, mhz, number, typed, where
from web.wording import french_days

STATIONS_MOST = 40
_NAMES = {
    TermKind.RIGHT: "autorisation",
    TermKind.USE: "mise à disposition au titre de l’autorisation",
    TermKind.DEADLINE: "dossier",
}


def letter(settings: MailSettings, told: Letter, at: datetime) -> EmailMessage:
    """The message of a reminder; the same one has the same Message-ID, so that a mail box can tell a double."""
    reminder = told.reminder
    key, threshold = reminder.mark
    message = EmailMessage()
    message["Subject"] = subject(reminder)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Date"] = format_datetime(at.astimezone(PARIS))
    message["Message-ID"] = f"<{key[:32]}.{threshold}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(typed(line) for line in _body(told)) + "\n")
    message["Content-Language"] = "fr"
    return message


def subject(reminder: Reminder) -> str:
    """What the list of a mail box shows."""
    term = reminder.term
    marks = ("[EN RETARD] " if reminder.late else "") + ("[SIMULATION] " if term.simulated else "")
    what = f"{_NAMES[term.kind]} {clean(term.number, 80)}"
    return f"{marks}Rappel à {reminder.threshold} jours : {what}, dernier jour le {long_day(term.last)}".replace(
        "\u00a0", " "
    )


def french(sentence: str) -> str:
    """A sentence of ours in French, its days as written there; a foreign text stays as it is."""
    return retold(sentence, _french().gettext, french_days)


@cache
def _french() -> NullTranslations:
    return Translations.load(Path(__file__).parent / "translations", ["fr"])


def _body(told: Letter) -> Iterable[str]:
    reminder, term, places = told.reminder, told.reminder.term, told.places
    if term.simulated:
        yield "Ce rappel porte sur des données simulées.\n"
    if reminder.late:
        belonged = long_day(term.last - DAY * reminder.threshold)
        yield f"Ce rappel part en retard : il était dû le {belonged}.\n"
    if reminder.missed:
        yield f"Rappels jamais partis : {_list(f'{days} jours' for days in reminder.missed)} avant l’échéance.\n"
    yield f"{_NAMES[term.kind].capitalize()} {clean(term.number)}"
    yield f"Échéance : {french(term.text)}."
    yield f"Dernier jour : {long_day(term.last)}, {_left(term, told)}."
    if term.latest != term.last:
        yield f"Autre lecture du texte : {long_day(term.latest)}."
    if term.kind is not TermKind.DEADLINE:
        yield f"Premier jour sans le droit : {long_day(term.last + DAY)}."
    if term.article:
        yield f"Texte : {term.article} du code des postes et des communications électroniques."
    if term.ask:
        yield french(term.ask)
    if term.confidence != "H":
        yield "Cette lecture du texte est à confirmer."
    yield f"Titulaire : {clean(term.holder)}."
    if term.party != term.holder:
        yield f"{'Cessionnaire' if term.kind is TermKind.DEADLINE else 'Utilisateur'} : {clean(term.party)}."
    yield f"Étendue : {where(term.area, places)}."
    yield f"Bandes : {_list(dict.fromkeys(mhz(one.bands) for one in term.extents))}."
    yield ""
    yield from _concern(told.concern, told)
    yield ""
    yield "Le registre et la page « Échéances » en disent davantage. Ce message part seul ; n’y répondez pas."


def _left(term: Term, told: Letter) -> str:
    left = term.days_left(told.day)
    if left < 0:
        return f"passé depuis {-left} jour{'s' if left < -1 else ''}"
    return "aujourd’hui" if left == 0 else f"dans {left} jour{'s' if left > 1 else ''}"


def _concern(concern: Concern, told: Letter) -> Iterable[str]:
    """Who loses what, as far as the inventory knows."""
    if not concern.stations:
        yield "Aucune station de l’inventaire n’émet, d’après sa fréquence prévue, dans cette étendue et cette bande."
    else:
        yield f"Stations qui émettent dans cette étendue et cette bande ({number(len(concern.stations))}) :"
        yield from _stations(concern.stations, told)
        names = told.places.commune_names
        yield (
            "Communes où elles se trouvent ou qu’elles desservent : "
            + _list(names.get(code, code) for code in concern.communes)
            + "."
        )
        yield f"Habitants de ces communes : {number(concern.inhabitants)}."
        if concern.uncounted:
            yield f"Communes sans population connue : {number(concern.uncounted)}."
    if concern.unproven:
        yield f"Stations pour lesquelles la bande ou la fréquence n’est pas établie ({number(len(concern.unproven))}) :"
        yield from _stations(concern.unproven, told)


def _stations(stations: Iterable[SectorRow], told: Letter) -> Iterable[str]:
    listed = list(stations)
    for one in listed[:STATIONS_MOST]:
        commune = told.places.commune_names.get(told.places.today(one.insee), one.insee)
        yield f"- {clean(one.label or one.name)}, {clean(one.site)}, {commune}"
    if len(listed) > STATIONS_MOST:
        yield f"- et {number(len(listed) - STATIONS_MOST)} autres, sur la page « Échéances »"


def _list(parts: Iterable[str]) -> str:
    found = list(parts)
    return " et ".join(filter(None, (", ".join(found[:-1]), found[-1]))) if found else "aucune"
