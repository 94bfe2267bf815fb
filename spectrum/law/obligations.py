"""Obligations shared in proportion, so that nothing falls between the cédant and the bénéficiaire (R. 20-44-9-4).

The text asks for a proportionate split and names no yardstick: population, area or bandwidth is the parties' choice,
which ARCEP judges. What is computed here is a proposal for item 11 of the joint dossier, never a legal effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nms.base.errors import InputError
from nms.base.text import say

ARTICLE = "R. 20-44-9-4"
CONFIDENCE = "M"
"""The wording of 2006 was not read; that of 2021 is taken for it."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A count shared between several; `ask` says that a rounding favoured one of several equal claims."""

    counts: tuple[int, ...]
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """What of a number of obligations due in a territory stays with the cédant, and what the bénéficiaire takes over.

    `weight_ceded` of `weight_total` is the proportion that was applied (inhabitants, hectares, kHz: as it was given).
    """

    territory: str
    due: int
    cedant: int
    beneficiaire: int
    weight_ceded: int
    weight_total: int
    ask: str = ""


def share(count: int, weights: Sequence[int]) -> Shares:
    """Whole numbers in proportion to the weights, by largest remainder: they always sum to the count.

    Of equal remainders the earlier in the sequence is served first, and it is said.

    Raises:
        InputError: nothing to go by (no weight above zero), or a negative number.
    """
    whole = sum(weights)
    if count < 0 or whole <= 0 or min(weights) < 0:
        raise InputError(
            "no_proportion",
            say("{count} obligations cannot be split: a weight above zero and no negative number is needed.",
                count=count),
        )  # fmt: skip
    counts = [count * weight // whole for weight in weights]
    remainders = [count * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: -remainders[place])
    left = count - sum(counts)
    for place in order[:left]:
        counts[place] += 1
    tied = 0 < left < len(order) and remainders[order[left - 1]] == remainders[order[left]]
    return Shares(tuple(counts), _tie() if tied else "")


def split(due: Mapping[str, int], weights: Mapping[str, Mapping[str, int]], ceded: Iterable[str]) -> tuple[Split, ...]:
    """Each territory's obligations between the cédant and the bénéficiaire, in proportion to the weight ceded.

    An exact half is left with the cédant, who owes it today, and it is said.

    Args:
        due: number of obligations (sites due, say) by territory (a department, a zone of the call).
        weights: by territory, the weight of each of its communes (inhabitants, hectares); whole numbers.
        ceded: the communes that the project cedes.

    Raises:
        InputError: a commune ceded lies in no territory given or in two of them, or a territory has no weight.
    """
    parts = frozenset(ceded)
    _each_once(parts, weights)
    return tuple(_split_one(territory, number, weights.get(territory, {}), parts) for territory, number in due.items())


def _split_one(territory: str, due: int, weights: Mapping[str, int], ceded: frozenset[str]) -> Split:
    total = sum(weights.values())
    given = sum(weight for commune, weight in weights.items() if commune in ceded)
    if total <= 0 or min(weights.values()) < 0:
        raise InputError(
            "territory_without_weight",
            say("The weights of {territory} are not known: its obligations cannot be split.", territory=territory),
            territory=territory,
        )
    shares = share(due, (total - given, given))
    return Split(territory, due, shares.counts[0], shares.counts[1], given, total, shares.ask)


def _each_once(ceded: frozenset[str], weights: Mapping[str, Mapping[str, int]]) -> None:
    """No commune ceded may be counted nowhere, or twice: its obligations would be lost or doubled."""
    for commune in sorted(ceded):
        homes = [territory for territory, communes in weights.items() if commune in communes]
        if len(homes) != 1:
            raise InputError(
                "commune_without_weight" if not homes else "commune_in_two_territories",
                say("{commune} must have its weight in one territory; it has it in {count}.", commune=commune,
                    count=len(homes)),
                commune=commune,
            )  # fmt: skip


def _tie() -> str:
    return say("Two claims are equal: which party owes the last one is not decided by the text. Ask.")
