"""The joint dossier of R. 20-44-9-3 as PDF, in French: what both parties sign and send to ARCEP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select

from inventory.territory import Commune
from spectrum.dossiers import Dossier
from spectrum.drafts import FINANCE_ITEM, Judged
from spectrum.law.cession import is_partial, items_of
from spectrum.law.versions import Nature
from spectrum.places import Places
from spectrum.rights import Area
from web.account import services
from web.documents.words import last_day, long_day, mhz, number
from web.press import pressed

MAP_WIDTH, MAP_HEIGHT = 460.0, 330.0
LISTED_MOST = 400


@dataclass(frozen=True, slots=True)
class Dot:
    """A commune on the map of the annex: where, how large, and whose it will be."""

    x: float
    y: float
    radius: float
    ceded: bool


def pdf(one: Dossier, judged: Judged, finance: str, places: Places) -> bytes:
    """The dossier and its annexes.

    Raises:
        StoreUnavailable: as `web.press.pressed` tells.
    """
    page = current_app.jinja_env.get_template("print/joint_dossier.html").render(_facts(one, judged, finance, places))
    return pressed(page, "print.css")


def _facts(one: Dossier, judged: Judged, finance: str, places: Places) -> dict[str, Any]:
    draft, project = one.draft, judged.project
    given = {code: finance if code == FINANCE_ITEM else text for code, text in draft.items.items()}
    return {
        "one": one,
        "draft": draft,
        "project": project,
        "partial": is_partial(project),
        "items": [(item, given.get(item.code, "")) for item in items_of(project)],
        "labels": LABELS,
        "nature": draft.nature,
        "words": WORDS[draft.nature],
        "given": judged.given,
        "wanted": judged.wanted,
        "kept": judged.kept,
        "where": lambda extent: _where(extent.area, places),
        "listed": _listed(judged.wanted.area, places),
        "dots": _dots(judged),
        "map_width": MAP_WIDTH,
        "map_height": MAP_HEIGHT,
        "on": long_day,
        "mhz": mhz,
        "width": lambda bands: number(bands.width_khz / 1000),
        "today": judged.on,
        "until": lambda extent: last_day(extent.period.end),
    }


def _where(area: Area, places: Places) -> str:
    whole, communes = places.departments_of(area)
    names = [f"département {places.departments[code]} ({code})" for code in whole]
    if len(communes) <= 6:
        names += [f"{places.commune_names.get(code, '')} ({code})" for code in communes]
    else:
        names.append(f"{len(communes)} communes")
    return ", ".join(names)


def _listed(area: Area, places: Places) -> list[tuple[str, str]]:
    """Communes by name with their code; empty when whole departments tell it better."""
    whole, communes = places.departments_of(area)
    if whole or len(communes) > LISTED_MOST:
        return []
    return sorted(((places.commune_names.get(code, ""), code) for code in communes), key=lambda pair: pair[0])


def _dots(judged: Judged) -> list[Dot]:
    """Communes of the title with a known position, drawn to fit the annex."""
    area = frozenset().union(*(extent.area for extent in judged.project.title.held), judged.wanted.area)
    with services().database.reading() as session:
        rows = [c for c in session.scalars(select(Commune)) if c.insee in area and c.lat_deg is not None]
    if not rows:
        return []
    lats, lons = [c.lat_deg or 0.0 for c in rows], [c.lon_deg or 0.0 for c in rows]
    stretch = 0.7
    width, height = (max(lons) - min(lons)) * stretch or 0.01, max(lats) - min(lats) or 0.01
    scale = min((MAP_WIDTH - 20) / width, (MAP_HEIGHT - 20) / height)
    return [
        Dot(
            10 + ((c.lon_deg or 0.0) - min(lons)) * stretch * scale,
            10 + (max(lats) - (c.lat_deg or 0.0)) * scale,
            1.2 + ((c.population or 200) / 4000) ** 0.5 + (2.5 if c.insee in judged.wanted.area else 0.0),
            c.insee in judged.wanted.area,
        )
        for c in rows
    ]


WORDS = {
    Nature.CESSION: (
        "Notification conjointe d’un projet de cession {part} de droits d’utilisation de fréquences", "cédant",
        "cessionnaire", "Cessionnaire pressenti", "Délimitation des deux autorisations résultantes",
    ),
    Nature.MAKING_AVAILABLE: (
        "Projet de mise à disposition de fréquences", "titulaire", "utilisateur", "Utilisateur pressenti",
        "Délimitation de ce qui est mis à disposition et de ce qui ne l’est pas",
    ),
    Nature.LEASE: (
        "Projet de location de fréquences", "titulaire", "preneur", "Preneur pressenti",
        "Délimitation de ce qui est loué et de ce qui ne l’est pas",
    ),
}  # fmt: skip
"""Of each nature: the title, both parties, the second one before it is decided, what the annex delimits."""
LABELS = {
    "1": "Informations relatives au cédant et au cessionnaire pressenti",
    "2": "Référence de l’autorisation",
    "3": "Date souhaitée d’effet de la cession",
    "4": "Conditions financières de la cession",
    "5": "Éléments permettant d’apprécier le respect de l’article R. 20-44-9-4",
    "6": "Déclaration d’opérateur du cessionnaire (article L. 33-1), le cas échéant",
    "7": "Références des assignations de fréquences dont les droits sont demandés (R. 20-44-11, 4°)",
    "8": "Références des décisions d’implantation dont les droits sont demandés (R. 20-44-11, 5°)",
    "9": "Justification de la capacité technique et financière à faire face durablement aux obligations",
    "10": "Délimitation géographique, spectrale et temporelle des deux autorisations résultantes",
    "11": "Répartition proposée des droits et obligations transférés et conservés",
}
"""The items of the dossier as the decree words them, for the printed page."""
