"""Two templates for a project: the deliberation that approves it, and the convention between its parties.

Only articles that are held are cited; whatever the project does not say is a visible blank.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from spectrum.dossiers import Dossier
from spectrum.drafts import Draft, Judged
from spectrum.law.cession import is_partial
from spectrum.law.versions import LOCATION_DAY, Nature
from spectrum.places import Places
from spectrum.rights import Extent
from web.documents.blocks import Article, Block, Document, Facts, Heading, Letterhead, Listing, Signatures, Text
from web.documents.words import NAMED_MOST, blank, by_department, last_day, long_day, mhz, number, where


class Council(StrEnum):
    """Whose assembly deliberates: the region's for the cédant, the commune's for the other party."""

    REGIONAL = "regional"
    MUNICIPAL = "municipal"


ASSEMBLY = {Council.REGIONAL: "Le conseil régional", Council.MUNICIPAL: "Le conseil municipal"}
CLOSED_DOORS = {Council.REGIONAL: "L. 4132-10", Council.MUNICIPAL: "L. 2121-18"}
OBJECT = {
    Nature.CESSION: "la cession {part} de droits d’utilisation de fréquences",
    Nature.MAKING_AVAILABLE: "la mise à disposition de fréquences",
    Nature.LEASE: "la location de fréquences",
}
PARTIES = {
    Nature.CESSION: ("le cédant", "le cessionnaire"),
    Nature.MAKING_AVAILABLE: ("le titulaire", "l’utilisateur"),
    Nature.LEASE: ("le titulaire", "le preneur"),
}
TEMPLATE = "Modèle à compléter : les pointillés sont à remplir, et le texte est à relire par le service juridique avant d’être soumis."


def deliberation(
    one: Dossier, judged: Judged, council: Council, finance: str, places: Places, paper: Letterhead, at: datetime
) -> Document:
    """The deliberation of one party's assembly on a project."""
    draft, assembly = one.draft, ASSEMBLY[council]
    thing = _object(judged)
    cedant, other = _names(one)
    blocks: list[Block] = [
        Text(TEMPLATE, "warning"),
        Facts(
            [
                ("Séance du", blank("date de la séance")),
                ("Délibération n°", blank("numéro")),
                ("Membres en exercice, présents, votants", blank("nombres")),
                ("Secrétaire de séance", blank("nom")),
            ]
        ),
        Text(f"{assembly}, réuni sous la présidence de {blank('nom et qualité')},", "lead"),
        *(Text(text, "visa") for text in _visas(one)),
        Text(f"Considérant que {cedant} est titulaire de l’autorisation {judged.project.title.number} ;", "visa"),
        Text(f"Considérant l’intérêt du projet pour la collectivité : {blank('motifs')} ;", "visa"),
        Text("Après en avoir délibéré,", "lead"),
        Article(
            1,
            "Objet",
            [f"{thing[0].upper()}{thing[1:]} par {cedant} à {other} est approuvée, dans les limites suivantes."],
        ),
        *_extent(judged, places),
        Article(2, "Conditions financières", [_finance(finance)]),
        Article(3, "Procédure", _procedure(draft)),
        Article(
            4,
            "Signature",
            [
                f"{blank('qualité de l’exécutif')} est autorisé à signer la convention annexée"
                + (
                    " et, pour la collectivité, la notification conjointe adressée à l’Autorité."
                    if _is_notified(draft)
                    else "."
                )
            ],
        ),
        Article(
            5, "Exécution", [f"La présente délibération est transmise à {blank('contrôle de légalité, publicité')}."]
        ),
        Facts([("Pour", blank("voix")), ("Contre", blank("voix")), ("Abstentions", blank("voix"))]),
        Signatures([blank("président de séance"), blank("secrétaire de séance")]),
        *_annex(judged, places),
        Text(
            "Si les conditions financières appellent le secret, l’assemblée peut décider de siéger à huis clos (article "
            f"{CLOSED_DOORS[council]} du code général des collectivités territoriales).",
            "note",
        ),
    ]
    return Document(
        f"deliberation-{one.row.reference}",
        f"Délibération approuvant {thing}",
        f"Projet {one.row.reference}, version {one.row.version}",
        paper,
        blocks,
        at,
        simulated=draft.simulated,
    )


def convention(one: Dossier, judged: Judged, finance: str, places: Places, paper: Letterhead, at: datetime) -> Document:
    """The convention between the two parties of a project."""
    draft = one.draft
    cedant, other = _names(one)
    first, second = PARTIES[draft.nature]
    thing = _object(judged)
    blocks: list[Block] = [
        Text(TEMPLATE, "warning"),
        Text("Entre les soussignés :", "lead"),
        Text(
            f"{cedant}, {blank('adresse')}, représenté par {blank('nom, qualité, acte d’habilitation')}, ci-après « {first} » ;",
            "visa",
        ),
        Text(
            f"et {other}, {blank('adresse')}, représenté par {blank('nom, qualité, acte d’habilitation')}, ci-après « {second} »,",
            "visa",
        ),
        *(Text(text, "visa") for text in _visas(one)),
        Text("il est convenu ce qui suit.", "lead"),
        Article(
            1, "Objet", [f"La convention porte sur {thing}, au titre de l’autorisation {judged.project.title.number}."]
        ),
        Article(
            2,
            "Étendue",
            [
                "Le droit est délimité selon trois axes : la zone, les fréquences et la durée. Les bornes sont exactes, "
                "au kilohertz ; le dernier jour est inclus."
            ],
        ),
        *_extent(judged, places),
        Article(
            3,
            "Durée",
            [
                f"La convention court du {long_day(judged.wanted.period.start)} au {last_day(judged.wanted.period.end)}. Elle ne peut "
                "dépasser l’échéance de l’autorisation dont le droit est issu (R. 20-44-9-1)."
                if judged.wanted.period.end
                else f"La convention court à compter du {long_day(judged.wanted.period.start)}, jusqu’au {blank('dernier jour')}, et au plus "
                "jusqu’à l’échéance de l’autorisation dont le droit est issu."
            ],
        ),
        Article(4, "Responsabilités", _responsibilities(one, first, second)),
        Article(5, "Conditions financières", [_finance(finance)]),
        Article(6, "Procédure et prise d’effet", _procedure(draft)),
        Article(
            7,
            "Stations et brouillages",
            [
                f"{second[0].upper()}{second[1:]} communique à {first} les emplacements et les caractéristiques de ses stations : "
                f"{blank('délai et forme')}. Coordination aux limites de la zone : {blank('modalités convenues')}."
            ],
        ),
        Article(8, "Fin de la convention", [f"Résiliation, restitution et préavis : {blank('conditions')}."]),
        Article(9, "Différends", [f"Règlement amiable et juridiction compétente : {blank('à préciser')}."]),
        Text(f"Fait à {blank('lieu')}, le {blank('date')}, en {blank('nombre')} exemplaires originaux."),
        Signatures([f"Pour {cedant}", f"Pour {other}"]),
        *_annex(judged, places),
    ]
    return Document(
        f"convention-{one.row.reference}",
        f"Convention relative à {thing}",
        f"Projet {one.row.reference}, version {one.row.version}",
        paper,
        blocks,
        at,
        simulated=draft.simulated,
    )


def _object(judged: Judged) -> str:
    part = "partielle" if is_partial(judged.project) else "totale"
    return OBJECT[judged.project.nature].format(part=part)


def _names(one: Dossier) -> tuple[str, str]:
    return one.draft.cedant or blank("cédant"), one.draft.cessionnaire or blank("autre partie")


def _visas(one: Dossier) -> list[str]:
    """The texts, as far as they are held; for making available before 2021 none is."""
    draft = one.draft
    texts = [
        "Vu le code général des collectivités territoriales, notamment son article L. 1425-1 et "
        f"{blank('article qui fonde la compétence de l’assemblée')} ;"
    ]
    if _is_notified(draft):
        texts.append(
            "Vu le code des postes et des communications électroniques, notamment ses articles L. 42-1, L. 42-2, L. 42-3 et "
            "R. 20-44-9-1 à R. 20-44-9-12 ;"
        )
        if draft.nature is Nature.CESSION:
            texts.append("Vu l’arrêté du 11 août 2006 (NOR INDI0607746A) ;")
    else:
        texts.append(
            "Vu le code des postes et des communications électroniques, notamment ses articles L. 42-1, L. 42-2 et "
            f"{blank('texte qui régit la mise à disposition : non détenu')} ;"
        )
    texts.append(f"Vu l’autorisation {draft.title or blank('numéro de l’autorisation')} ;")
    if draft.agreement:
        texts.append(f"Vu l’accord {draft.agreement} ;")
    return texts


def _finance(finance: str) -> str:
    return (
        finance
        or f"Les conditions financières sont les suivantes : {blank('montant, échéances, ou gratuité et son motif')}."
    )


def _is_notified(draft: Draft) -> bool:
    """Whether the text held has the project notified to the Authority: a cession; a location since 2021."""
    return draft.nature is Nature.CESSION or (draft.start >= LOCATION_DAY and draft.nature is Nature.LEASE)


def _procedure(draft: Draft) -> list[str]:
    if _is_notified(draft):
        passes = (
            "Le droit passe par les décisions prises ensuite par l’Autorité (R. 20-44-9-7)."
            if draft.nature is Nature.CESSION
            else "Le titulaire conserve son autorisation."
        )
        return [
            "Les parties notifient le projet conjointement, par lettre recommandée avec demande d’avis de réception signée par un "
            "représentant de chacune d’elles (R. 20-44-9-3).",
            "Lorsque l’approbation est requise, l’Autorité se prononce dans les trois mois de la notification complète ; son silence "
            "vaut refus (R. 20-44-9-8). Le délai peut être prolongé de trois mois (R. 20-44-9-9).",
            "L’approbation ne transfère rien par elle-même : chaque partie peut se retirer dans le mois de sa notification. "
            + passes,
        ]
    return [
        f"Accord préalable ou déclaration : {blank('référence de l’accord de l’Autorité')}.",
        "L’utilisation ne commence pas avant cet accord, s’il est requis.",
    ]


def _responsibilities(one: Dossier, first: str, second: str) -> list[str]:
    if one.draft.nature is not Nature.CESSION:
        held = " (R. 20-44-9-4, II)" if one.draft.nature is Nature.LEASE else ""
        return [
            f"{first[0].upper()}{first[1:]} reste titulaire de l’autorisation et responsable de ses conditions envers l’Autorité{held}.",
            f"{second[0].upper()}{second[1:]} respecte ces conditions et répond envers {first} de leur observation. Modalités : {blank('contrôle, garanties')}.",
        ]
    return [
        "Les prescriptions des 1°, 4° et 5° du II de l’article L. 42-1 passent au cessionnaire avec les droits cédés, à l’exception du "
        "calendrier de déploiement et de la zone de couverture (R. 20-44-9-4).",
        "Les autres droits et obligations, en particulier la couverture, le calendrier et les engagements de l’appel à candidatures, sont "
        f"répartis de manière proportionnée : {one.draft.split or blank('répartition entre les parties')}.",
        "Chaque partie acquitte les redevances des droits qu’elle détient après la cession. Le délai de préavis du renouvellement reste "
        "attaché à l’échéance de l’autorisation cédée.",
    ]


def _extent(judged: Judged, places: Places) -> list[Block]:
    return [_box(one, places) for one in judged.given]


def _box(one: Extent, places: Places) -> Facts:
    width = f", soit {number(one.bands.width_khz / 1000)} MHz" if one.bands.parts else ""
    return Facts(
        [
            ("Zone", where(one.area, places)),
            ("Fréquences", mhz(one.bands) + width),
            ("Premier jour", long_day(one.period.start)),
            ("Dernier jour", last_day(one.period.end)),
        ]
    )


def _annex(judged: Judged, places: Places) -> list[Block]:
    left = places.departments_of(judged.wanted.area)[1]
    if len(left) <= NAMED_MOST:
        return []
    listed = [Listing(f"{name} : {number(len(all_))}", all_) for name, all_ in by_department(left, places)]
    return [Heading("Annexe. Communes"), *listed]
