"""Two documents that prove: the extract of one act, and the register as of a day as known on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nms.base.clock import PARIS
from nms.base.ledger import LedgerEntry
from spectrum.acts import NEEDS_FROM, Act
from spectrum.chronicle import Chronicle, Holding
from spectrum.law.versions import LOCATION_DAY
from spectrum.parties import read_party
from spectrum.places import Places
from spectrum.register import Recorded
from web.documents.blocks import Block, Document, Facts, Grid, Heading, Letterhead, Listing, Text
from web.documents.words import (
    EFFECTS,
    NAMED_MOST,
    STEPS,
    by_department,
    last_day,
    long_day,
    mhz,
    number,
    where,
)

NOT_HELD = "texte non détenu"
COMMON = (
    ("Bande", "3 400–3 600 MHz (boucle locale radio)"),
    (
        "Autorisations dispensées d’approbation",
        "non établi : le mode d’attribution de chaque autorisation n’est pas au registre",
    ),
    ("Conditions générales (L. 42)", NOT_HELD),
    ("Conditions communes (L. 42-1, II)", NOT_HELD),
    ("Conditions de l’attribution initiale", NOT_HELD),
)
REGISTER_HEAD = (
    "Autorisation",
    "Titulaire",
    "Échéance (dernier jour)",
    "Fréquences",
    "Zone d’implantation",
    "Depuis, par l’acte",
    "Approbation d’une cession",
    "Conditions (L. 42-1, II)",
    "Engagements de l’appel",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the sealed journal says of an act: its entry, the head of the chain, and how many entries there are."""

    entry: LedgerEntry
    head: str
    entries: int


def extract(
    one: Recorded,
    folded: Chronicle,
    remarks: Sequence[str],
    proof: Proof,
    places: Places,
    paper: Letterhead,
    at: datetime,
) -> Document:
    """One act with all that the register knows of it, and the journal's entry that proves it."""
    act = one.act
    blocks: list[Block] = [
        Text(
            "Extrait du registre des droits d’utilisation de fréquences. Il reproduit l’acte tel qu’il est enregistré ; "
            "il ne remplace pas la décision elle-même.",
            "lead",
        ),
        Heading("L’acte"),
        Facts(
            [
                ("Numéro", act.number),
                ("Nature", STEPS[act.step]),
                ("Date de la décision", long_day(act.decided_on)),
                ("Notifié le", long_day(act.notified_on)),
                *_parties(act, folded),
                ("Autorisation concernée", act.title or "non précisée par l’acte"),
                ("Zone, telle que l’acte l’écrit", act.area_text or "non écrite"),
                ("Fréquences", mhz(act.bands)),
                ("Premier jour d’effet", long_day(act.effective_on)),
                ("Dernier jour", last_day(act.until)),
                ("Source", act.source or "non indiquée"),
            ]
        ),
        Heading("Effets"),
        Text(EFFECTS[act.step]),
        *(Text(f"Ce que les actes n’établissent pas : {remark}.", "warning") for remark in remarks),
        Heading("Textes applicables"),
        Text(_articles(act)),
        Heading("Preuve"),
        *_proof(one, proof),
        Heading("Communes concernées"),
        *_communes(act, places),
    ]
    return Document(
        f"acte-{one.row.id}",
        f"Extrait de l’acte {act.number}",
        f"Acte {act.number}, écriture {one.row.ledger_seq} du journal scellé",
        paper,
        blocks,
        at,
        simulated=act.simulated,
    )


def _parties(act: Act, folded: Chronicle) -> list[tuple[str, str]]:
    """Each party by its name on the day of effect; as the act writes it too, where that differs."""
    rows = []
    giver = "Cédant" if act.step in NEEDS_FROM else "Partie d’origine"
    for role, text in ((giver, act.cedant), ("Cessionnaire ou bénéficiaire", act.cessionnaire)):
        name = read_party(text).name
        named = folded.parties.name_on(name, act.effective_on) if text else "néant"
        rows.append((role, named if named == text or not text else f"{named}\n(dans l’acte : {text})"))
    return rows


def _articles(act: Act) -> str:
    if act.step.value in {"approval", "execution", "issue", "modification"}:
        return (
            "Code des postes et des communications électroniques, articles L. 42-1, L. 42-2, L. 42-3 et R. 20-44-9-1 à "
            "R. 20-44-9-12 ; arrêté du 11 août 2006 (NOR INDI0607746A)."
        )
    if act.step.value == "lease" and act.effective_on >= LOCATION_DAY:
        return "Code des postes et des communications électroniques, articles L. 42-3 et R. 20-44-9-1 à R. 20-44-9-9."
    if act.step.value == "making_available":
        return f"Mise à disposition : {NOT_HELD} pour le régime antérieur au 3 septembre 2021."
    return "Code des postes et des communications électroniques, articles L. 42-1 et L. 42-2."


def _communes(act: Act, places: Places) -> list[Block]:
    if not act.area:
        return [Text("L’acte n’indique aucune zone.")]
    parts = by_department(act.area, places)
    total = sum(len(names) for _, names in parts)
    intro = Text(f"{number(total)} communes ou zones, selon le territoire d’aujourd’hui, par département.")
    return [intro, *(Listing(f"{name} : {number(len(names))}", names) for name, names in parts)]


def _proof(one: Recorded, proof: Proof) -> list[Block]:
    moment = one.row.recorded_at.astimezone(PARIS)
    return [
        Facts(
            [
                ("Écriture du journal scellé", str(one.row.ledger_seq)),
                ("Enregistré le", f"{long_day(moment.date())} à {moment:%H h %M}, par {one.row.recorded_by}"),
                ("Empreinte de l’écriture (SHA-256)", proof.entry.digest),
                ("Empreinte de l’écriture précédente", proof.entry.previous),
                ("Tête de la chaîne à ce jour", f"{proof.head}\n({number(proof.entries)} écritures)"),
            ]
        ),
        Text(
            "L’empreinte scelle le contenu de l’écriture et l’empreinte de la précédente : qui change un acte change toutes "
            "les empreintes suivantes. Pour vérifier, exporter le journal, puis recalculer la chaîne et comparer sa tête :"
        ),
        Text("nms register export --ledger journal.jsonl", "code"),
        Text(f"nms register verify journal.jsonl --head {proof.head}", "code"),
        Text(
            "La seconde commande lit le fichier seul, sans la base de données. Si le journal s’est allongé depuis, la tête "
            "attendue est celle de l’export ; l’écriture citée garde son numéro et son empreinte.",
            "note",
        ),
    ]


def register(
    held: Sequence[Holding], places: Places, on: date, known_at: date | None, head: str, paper: Letterhead, at: datetime
) -> Document:
    """What is held on a day, with the columns of R. 20-44-9-12, as known on another day."""
    known = f"tel que connu le {long_day(known_at)}" if known_at else "tel que connu à la date d’établissement"
    blocks: list[Block] = [
        Text(
            f"Droits en vigueur le {long_day(on)}, {known}. Rubriques de l’article R. 20-44-9-12 du code des postes et des "
            "communications électroniques (rédaction antérieure à 2021).",
            "lead",
        ),
        Heading("Par bande"),
        Facts(COMMON),
        Heading("Par autorisation"),
        Grid(
            "Autorisations",
            REGISTER_HEAD,
            [_holding(one, places) for one in held],
            "Aucun droit n’est détenu à cette date.",
        ),
        *_annex(held, places),
        Heading("Preuve"),
        Facts([("Tête du journal scellé à la date d’établissement", head)]),
        Text(
            "À vérifier par « nms register verify » ; rien n’est deviné : ce que les actes n’établissent pas est dit "
            "« non établi ».",
            "note",
        ),
    ]
    name = f"registre-{on.isoformat()}" + (f"-connu-{known_at.isoformat()}" if known_at else "")
    return Document(
        name,
        f"Registre des autorisations au {long_day(on)}",
        f"Registre au {on:%d/%m/%Y}, {known}",
        paper,
        blocks,
        at,
        simulated=any(one.simulated for one in held),
        wide=True,
    )


def _holding(one: Holding, places: Places) -> tuple[str, ...]:
    user = f"\nutilisées par {one.user} ; le titulaire reste responsable" if one.user != one.holder else ""
    return (
        one.authorisation,
        one.holder + "".join(f"\n{mark}" for mark in one.marks),
        last_day(one.extent.period.end),
        mhz(one.extent.bands) + user,
        where(one.extent.area, places),
        f"{long_day(one.extent.period.start)}, {one.act}",
        "requise si attribuée selon L. 42-2 ; non établi",
        NOT_HELD,
        NOT_HELD,
    )


def _annex(held: Sequence[Holding], places: Places) -> list[Block]:
    """Communes of the rights whose cell tells only how many there are, each set of communes once."""
    found: dict[frozenset[str], list[str]] = {}
    for one in held:
        left = frozenset(places.departments_of(one.extent.area)[1])
        if len(left) > NAMED_MOST:
            found.setdefault(left, []).append(one.authorisation)
    blocks: list[Block] = [Heading("Annexe. Communes par autorisation")] if found else []
    for area, titles in found.items():
        names = ", ".join(sorted(set(titles)))
        blocks += [
            Listing(f"{names}, {home} : {number(len(all_))}", all_) for home, all_ in by_department(area, places)
        ]
    return blocks
