"""What a holder owes, as the printed page says it: fees with their factors and sources, obligations as they stand."""

from __future__ import annotations

from collections.abc import Sequence

from nms.base.text import retold
from spectrum.law.fees import ARTICLE, Fee
from spectrum.obligations import Standing, Status
from spectrum.places import Places
from spectrum.statement import Line
from web.documents.blocks import Block, Grid, Text
from web.documents.words import euros, last_day, long_day, number, where

WHY = {
    "cannot be computed: the text of that time is not held": "ne peut être calculée : texte de l’époque non détenu",
    "cannot be computed: the bands are not established": "ne peut être calculée : bande non établie",
    "cannot be computed: no factor is held for that band": "ne peut être calculée : aucun facteur détenu pour la bande",
    "cannot be computed: the area of a commune is not known": (
        "ne peut être calculée : la superficie d’une commune n’est pas connue"
    ),
}
"""Why a fee cannot be computed, in French."""
UNPROVEN = {
    "cannot be computed: nobody holds the right there on that day": "personne n’y détient le droit ce jour-là",
    "cannot be computed: the inventory holds the stations of today only": (
        "l’inventaire ne tient que les stations d’aujourd’hui"
    ),
    "cannot be computed: the communes of the department are not loaded": (
        "les communes du département ne sont pas chargées"
    ),
    "cannot be computed: {count} sites are in the bands of the right, of {others} more it is not established": (
        "{count} sites sont dans les bandes du droit, pour {others} autres ce n’est pas établi"
    ),
    "to ask: {holders} hold the right there; the text asks for shares in proportion, and no act states them": (
        "{holders} y détiennent le droit ; le texte veut un partage proportionné, qu’aucun acte n’énonce"
    ),
    "to ask: later acts state {count} of these sites for others, and no act states what is left": (
        "des actes ultérieurs énoncent {count} de ces sites pour d’autres, aucun ce qui reste"
    ),
}
"""Why an obligation cannot be judged, in French."""


def fees(owed: Sequence[Line], year: int, places: Places) -> list[Block]:
    """The fees of a year, with what they are made of."""
    known = [one.cents for one in owed if one.cents is not None]
    once = [one.other_cents for one in owed if one.other_cents is not None]
    factors = {factor.name: factor for one in owed for factor in one.fee.factors}
    blocks: list[Block] = [
        Grid(
            "Redevance de mise à disposition",
            ("Autorisation", "Zone", "Du", "Au", "Jours", "Calcul", "Redevance"),
            [
                (
                    one.holding.authorisation,
                    where(one.holding.extent.area, places),
                    long_day(one.fee.period.start),
                    last_day(one.fee.period.end),
                    f"{one.fee.days}/{one.fee.year_days}",
                    _reckoned(one.fee),
                    euros(one.cents) if one.cents is not None else retold(one.fee.why or "", _why),
                )
                for one in owed
            ],
            f"Aucun droit n’est en vigueur en {year}.",
        )
    ]
    if known:
        rest = ", sans ce qui ne peut être calculé" if len(known) < len(owed) else ""
        blocks.append(
            Text(
                f"Total : {euros(sum(known))}{rest}, à confirmer : les deux moitiés d’une paire de bandes sont comptées ; "
                f"{euros(sum(once))} si une paire ne compte qu’une fois."
            )
        )
    blocks += [
        Text(
            f"{ARTICLE} : l × bf × c × k2, par jour. {one.name} = {number(float(one.value))} : {one.article} "
            f"({one.source} ; {one.confidence}).",
            "note",
        )
        for one in factors.values()
    ]
    return [*blocks, Text("Redevance de gestion : ne peut être calculée, le texte n’est pas détenu.")]


def _why(template: str) -> str:
    return WHY.get(template, template)


def _reckoned(fee: Fee) -> str:
    if fee.euros is None or fee.width_khz is None or fee.area_km2 is None:
        return "–"
    values = {one.name: number(float(one.value)) for one in fee.factors}
    width, area = number(fee.width_khz / 1000), number(float(fee.area_km2))
    return (
        f"{width} MHz × {values['bf']} × {area}/{values['metropolis_km2']} km² × {values['k2']} × "
        f"{fee.days}/{fee.year_days}"
    )


def standing(one: Standing) -> str:
    """How an obligation stands, in French."""
    if one.why is not None:
        known = "à demander" if one.status is Status.TO_ASK else "ne peut être établi"
        return f"{known} : {retold(one.why, lambda template: UNPROVEN.get(template, template))}"
    if one.status is Status.MET:
        return "remplie"
    late = "en retard" if one.status is Status.LATE else f"échéance dans {one.days_left} jours"
    return f"{late}, {one.missing} à mettre en service"
