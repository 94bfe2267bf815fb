"""French as the printed page writes it: days, frequencies, places, steps, and the spaces that do not break."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from spectrum.acts import Step
from spectrum.bands import Bands
from spectrum.places import OPAQUE, Places
from spectrum.rights import Area

NBSP, NNBSP = "\u00a0", "\u202f"
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
BLANK_OPEN, BLANK_SHUT = "\ue000", "\ue001"
"""Around what a person has to fill in. Both are private characters, which `clean` takes out of every entry."""
NAMED_MOST = 6
_BREAKS = (
    (re.compile(r" (?=[:;?!»%])"), NBSP),
    (re.compile(r"(?<=«) "), NBSP),
    (re.compile(r"(?<=\b[LR]\.) (?=\d)"), NBSP),
    (re.compile(r"(?<=\bn°) "), NBSP),
    (re.compile(r"(?<=\d) (?=(?:MHz|kHz|communes?\b|mois\b|stations?\b))"), NBSP),
)
STEPS = {
    Step.ATTRIBUTION: "attribution d’une autorisation",
    Step.ISSUE: "délivrance d’une autorisation",
    Step.APPROVAL: "approbation d’un projet de cession",
    Step.EXECUTION: "exécution d’une cession",
    Step.WITHDRAWAL: "retrait d’un projet de cession approuvé",
    Step.MODIFICATION: "modification d’une autorisation",
    Step.RENEWAL: "renouvellement d’une autorisation",
    Step.TRANSFER: "transmission d’une autorisation",
    Step.ABROGATION: "abrogation d’une autorisation",
    Step.SUSPENSION: "suspension d’une autorisation",
    Step.MAKING_AVAILABLE: "mise à disposition de fréquences",
    Step.LEASE: "location de fréquences",
    Step.RENAMING: "changement de nom d’un titulaire",
    Step.ENFORCEMENT: "mise en demeure",
    Step.PRESCRIPTION: "prescription",
}
EFFECTS = {
    Step.ATTRIBUTION: "Le bénéficiaire détient le droit à compter du premier jour d’effet.",
    Step.ISSUE: "Le cessionnaire détient le droit à compter du premier jour d’effet ; le cédant ne le détient plus.",
    Step.APPROVAL: "L’approbation ne transfère rien par elle-même (R. 20-44-9-8) : le cédant reste titulaire.",
    Step.EXECUTION: "Le droit passe du cédant au cessionnaire à compter du premier jour d’effet (R. 20-44-9-7).",
    Step.WITHDRAWAL: "Le projet approuvé est retiré (R. 20-44-9-8) : le cédant reste titulaire.",
    Step.MODIFICATION: "Le droit passe du cédant au cessionnaire sur l’étendue indiquée (R. 20-44-9-7).",
    Step.RENEWAL: "Le même droit est prolongé jusqu’au dernier jour indiqué.",
    Step.TRANSFER: "L’autorisation passe à la personne qui succède au titulaire ; ce n’est pas une cession.",
    Step.ABROGATION: "Le droit prend fin sur l’étendue indiquée.",
    Step.SUSPENSION: "Le droit est suspendu sur l’étendue indiquée.",
    Step.MAKING_AVAILABLE: "Le bénéficiaire utilise les fréquences ; le titulaire reste titulaire et responsable.",
    Step.LEASE: "Le preneur utilise les fréquences ; le titulaire reste responsable (R. 20-44-9-4, II).",
    Step.RENAMING: "Le titulaire est désigné par son nouveau nom ; aucun droit n’est transféré.",
    Step.ENFORCEMENT: "Aucun droit n’est modifié.",
    Step.PRESCRIPTION: "Aucun droit n’est transféré ; des prescriptions s’imposent à la partie désignée.",
}


def blank(what: str) -> str:
    """A visible blank that says what is to be filled in."""
    return f"{BLANK_OPEN}{what}{BLANK_SHUT}"


def typed(text: str) -> str:
    """The text with no-break spaces where French typography wants them."""
    for pattern, space in _BREAKS:
        text = pattern.sub(space, text)
    return text


def runs(text: str) -> list[tuple[str, bool]]:
    """Pieces of a text, each with whether it is a blank to be filled in."""
    found = []
    for piece in re.split(f"({BLANK_OPEN}[^{BLANK_SHUT}]*{BLANK_SHUT})", typed(text)):
        if piece:
            empty = piece.startswith(BLANK_OPEN)
            found.append((piece.strip(BLANK_OPEN + BLANK_SHUT), empty))
    return found


def plainly(text: str) -> str:
    """The same in one string, a blank in brackets."""
    return "".join(f"[{piece}{NBSP}: ……………]" if empty else piece for piece, empty in runs(text))


def long_day(day: date | None) -> str:
    """`1er mars 2010`; in words when not established."""
    if day is None:
        return "non établi"
    number = f"1er{NBSP}" if day.day == 1 else f"{day.day}{NBSP}"
    return f"{number}{MONTHS[day.month - 1]}{NBSP}{day.year}"


def last_day(end: date | None) -> str:
    """The last day with a right that ends before `end`."""
    return long_day(date.fromordinal(end.toordinal() - 1)) if end else "non établi"


def number(value: float) -> str:
    """`3 432,5`: a narrow no-break space between thousands, a decimal comma."""
    return f"{value:,.3f}".rstrip("0").rstrip(".").replace(",", NNBSP).replace(".", ",")


def euros(cents: int) -> str:
    """`12 894,07 €`."""
    return f"{cents / 100:,.2f}".replace(",", NNBSP).replace(".", ",") + f"{NBSP}€"


def mhz(bands: Bands) -> str:
    """`3 432,5–3 436 MHz et 3 532,5–3 536 MHz`."""
    if bands.parts is None:
        return "bande non établie"
    return " et ".join(f"{number(low / 1000)}–{number(high / 1000)}{NBSP}MHz" for low, high in bands.parts)


def where(area: Area, places: Places) -> str:
    """An area in a cell: whole departments, a few communes by name, else their number."""
    whole, communes = places.departments_of(area)
    names = [f"département {places.departments[code]} ({code})" for code in whole]
    if len(communes) > NAMED_MOST:
        names.append(f"{number(len(communes))} communes")
    else:
        names += [f"{places.commune_names.get(code, 'commune')} ({code})" for code in communes]
    return ", ".join(names) or "sans étendue géographique"


def by_department(area: Iterable[str], places: Places) -> list[tuple[str, list[str]]]:
    """Every commune of an area under its department; a department that is not loaded is named as a whole."""
    homes = {atom: code for code, atoms in places.communes.items() for atom in atoms}
    found: dict[str, list[str]] = {}
    for atom in area:
        code = atom.removeprefix(OPAQUE) if atom.startswith(OPAQUE) else homes.get(atom, atom[:2])
        name = "département entier" if atom.startswith(OPAQUE) else f"{places.commune_names.get(atom, '')} ({atom})"
        found.setdefault(code, []).append(name)
    return [(f"{places.departments.get(code, '')} ({code})".strip(), sorted(found[code])) for code in sorted(found)]
