"""The holder's yearly statement to ARCEP: rights on 31 December, acts of the year, stations, obligations, fees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from nms.base.clock import legal_day
from spectrum.acts import Act
from spectrum.chronicle import Holding
from spectrum.obligations import Standing
from spectrum.places import Places
from spectrum.statement import Line
from web.documents.blocks import Block, Document, Grid, Heading, Letterhead, Signatures, Text
from web.documents.owed import fees, standing
from web.documents.words import STEPS, blank, last_day, long_day, mhz, where


def statement(
    holder: str,
    year: int,
    held: Sequence[Holding],
    acts: Sequence[Act],
    stations: Mapping[str, tuple[int, int]],
    owed: Sequence[Line],
    due: Sequence[Standing],
    places: Places,
    paper: Letterhead,
    at: datetime,
) -> Document:
    """One year of one holder: its fees, what it is held to build. `stations` are (base stations, sectors) in service now, by department."""
    today = legal_day(at)
    on = min(date(year, 12, 31), today)
    early = on < date(year, 12, 31)
    blocks: list[Block] = [
        *(
            [
                Text(
                    f"État provisoire : l’année {year} n’est pas achevée, les droits sont ceux du {long_day(on)}.",
                    "warning",
                )
            ]
            if early
            else []
        ),
        Text(f"État adressé à l’Autorité de régulation par {holder}, titulaire, pour l’année {year}.", "lead"),
        Heading(f"1. Droits détenus le {long_day(on)}"),
        Grid(
            "Droits",
            ("Autorisation", "Zone", "Fréquences", "Dernier jour", "Utilisateur", "Par l’acte"),
            [
                (
                    one.authorisation,
                    where(one.extent.area, places),
                    mhz(one.extent.bands),
                    last_day(one.extent.period.end),
                    one.user if one.user != one.holder else "le titulaire",
                    one.act,
                )
                for one in held
            ],
            "Aucun droit n’est détenu à cette date.",
        ),
        Heading(f"2. Actes de l’année {year}"),
        Grid(
            "Actes",
            ("Effet", "Numéro", "Nature", "Cédant", "Cessionnaire", "Zone"),
            [
                (
                    long_day(act.effective_on),
                    act.number,
                    STEPS[act.step],
                    act.cedant or "néant",
                    act.cessionnaire or "néant",
                    act.area_text or where(act.area, places),
                )
                for act in acts
            ],
            "Aucun acte n’a pris effet dans l’année.",
        ),
        Heading("3. Stations en service, par département"),
        Grid(
            "Stations",
            ("Département", "Stations de base en service", "Secteurs en service"),
            [
                (
                    f"{places.departments.get(code, 'hors territoire')} ({code})" if code else "commune non renseignée",
                    *counts,
                )
                for code, counts in sorted(stations.items())
            ],
            "L’inventaire ne compte aucune station de base en service.",
        ),
        Text(
            f"D’après l’inventaire au {long_day(today)} : il tient l’état présent, non celui d’une date passée.", "note"
        ),
        Heading("4. Obligations de déploiement"),
        Grid(
            "Obligations",
            ("Échéance", "Département", "Sites dus", "Sites en service", "État", "Source"),
            [
                (
                    long_day(one.clause.due),
                    f"{places.departments.get(one.clause.department, '')} ({one.clause.department})",
                    one.clause.sites,
                    "non établi" if one.sites is None else one.sites,
                    standing(one),
                    f"{one.act.number}, {one.clause.source} ({one.clause.confidence})",
                )
                for one in due
            ],
            "Aucun acte du registre n’énonce d’obligation pour ce titulaire : ni nombre de sites, ni échéance.",
        ),
        Text(f"Observations du titulaire : {blank('état du déploiement')}."),
        Heading("5. Redevances"),
        *fees(owed, year, places),
        Signatures([f"Pour {holder}"]),
    ]
    return Document(
        f"etat-{year}",
        f"État annuel {year} du titulaire",
        f"État annuel {year}, {holder}",
        paper,
        blocks,
        at,
        simulated=any(one.simulated for one in held) or any(act.simulated for act in acts),
        wide=True,
    )
