"""Which law is in force on a day: the decree of 11 August 2006, and what 3 September 2021 changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nms.base.errors import InputError
from nms.base.text import say

FIRST_DAY = date(2006, 8, 13)
"""First day on which rights may be ceded (décret 2006-1016, published on 12 August 2006; ARCEP's FAQ)."""
LOCATION_DAY = date(2021, 9, 3)
"""Décret 2021-1136: location becomes a mode of its own."""


class Nature(StrEnum):
    """What a project is."""

    CESSION = "cession"
    MAKING_AVAILABLE = "making_available"
    LEASE = "lease"


class Regime(StrEnum):
    """How ARCEP takes part (R. 20-44-9-2). AGREEMENT: making available, for which no procedure of 2006 is held."""

    APPROVAL = "approval_regime"
    NOTIFICATION = "notification_regime"
    AGREEMENT = "agreement_regime"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the joint dossier (R. 20-44-9-3); `may_lack`: only where applicable."""

    code: str
    label: str
    only_partial: bool = False
    may_lack: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground on which ARCEP may oppose (R. 20-44-9-5; the list is exhaustive)."""

    code: str
    label: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Law:
    """The text in force from `since`; what was not seen in this version says so by its confidence.

    `arrete_confidence` is that of the order of 11 August 2006: its row stands, but since 2021 the decree refers to it
    no more for what may be cut.
    """

    name: str
    since: date
    natures: frozenset[Nature]
    items: tuple[Item, ...]
    grounds: tuple[Ground, ...]
    items_confidence: str
    arrete_confidence: str


_COMMON = (
    Item("1", say("information on the assignor and the intended assignee")),
    Item("2", say("reference of the authorisation")),
    Item("3", say("wished date of effect")),
    Item("4", say("financial conditions of the cession")),
    Item("5", say("elements to judge compliance with R. 20-44-9-4")),
)
_OPERATOR = Item("6", say("operator declaration of the assignee (L. 33-1), where applicable"), may_lack=True)
_LAST = (
    Item("7", say("references of the frequency assignments wanted (R. 20-44-11, 4°)"), may_lack=True),
    Item("8", say("references of the siting decisions wanted (R. 20-44-11, 5°)"), may_lack=True),
    Item("9", say("proof of technical and financial capacity to meet the obligations durably")),
    Item(
        "10", say("geographic, spectral and temporal delimitation of both resulting authorisations"), only_partial=True
    ),
    Item("11", say("split of the rights and obligations transferred and kept"), only_partial=True),
)
_GROUNDS = (
    Ground("1", say("public order, defence, good use of frequencies, incapacity or sanction (L. 42-1, I)"), "M"),
    Ground("2", say("the split of rights and obligations does not comply with R. 20-44-9-4"), "M"),
    Ground("3", say("harm to effective competition for access to spectrum"), "M"),
)
_CALL = Ground("5", say("breach of commitments of the call, or of the continuity of public service"), "M")

LAWS = (
    Law(
        "décret 2006-1016",
        FIRST_DAY,
        frozenset({Nature.CESSION, Nature.MAKING_AVAILABLE}),
        (*_COMMON, _OPERATOR, *_LAST),
        (*_GROUNDS, _CALL),
        "H",
        "H",
    ),
    Law(
        "décret 2021-1136",
        LOCATION_DAY,
        frozenset(Nature),
        (*_COMMON, *_LAST),
        (
            *_GROUNDS,
            Ground("4", say("the conditions of L. 42-1, II cannot be met"), "H"),
            _CALL,
            Ground("6", say("significant harm to competition (L. 42-1-1)"), "H"),
        ),
        "M",
        "M",
    ),
)


def law_on(day: date) -> Law:
    """The law in force on a day.

    Raises:
        InputError: no right could be ceded yet.
    """
    found = [law for law in LAWS if law.since <= day]
    if not found:
        raise InputError(
            "before_the_law",
            say("On {day} no right could be ceded yet: the decree opens it on {first}.", day=day.isoformat(),
                first=FIRST_DAY.isoformat()),
        )  # fmt: skip
    return found[-1]
