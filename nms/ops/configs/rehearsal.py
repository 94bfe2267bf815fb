"""Would a stored version bring the device back? The lines that would be sent, and proof on paper. Pure.

hier-config computes the way from one configuration to the other and what the device would hold after it; a version
restores when that is the version, line for line and section for section, whatever their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hier_config import HConfig, HConfigChild, Platform, WorkflowRemediation, get_hconfig
from hier_config.exceptions import DuplicateChildError

from collectors.driver import Driver
from nms.base.errors import InputError
from nms.base.text import clean, say

_CLOSES = re.compile(r"^\s*exit(-[a-z-]+)?\s*$")
_EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`lines` to send in configuration mode, secrets included; `short` is what would still differ after them.

    `short` is a diff without secrets; empty: the version restores exactly.
    """

    lines: tuple[str, ...]
    short: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether the device would be what the version says."""
        return not self.short


def rehearse(running: str, wanted: str, driver: Driver) -> Rehearsal:
    """The way from what runs to a stored version.

    Raises:
        InputError: nothing is known of computing it for this driver, or one of the texts is not understood.
    """
    if driver.hier is None:
        raise InputError(
            "no_rehearsal",
            say("For {label}, the way back is not computed: compare the two versions and restore by hand.",
                label=driver.label),
        )  # fmt: skip
    now, then = _tree(running, driver), _tree(wanted, driver)
    if driver.stays:
        _keep(now, then, re.compile(driver.stays))
    way = WorkflowRemediation(now, then).remediation_config
    after = now.future(way)
    return Rehearsal(tuple(_sent(way)), tuple(driver.redact(line) for line in after.unified_diff(then)))


def _tree(text: str, driver: Driver) -> HConfig:
    """The configuration as hier-config reads it: without comments and what closes a section."""
    comment = re.compile(driver.comment or r"(?!)")
    kept = [line for line in text.splitlines() if line.strip() and not _CLOSES.match(line)]
    kept = [line for line in kept if not comment.match(line.strip())]
    try:
        return get_hconfig(Platform[driver.hier or ""], "\n".join(kept))
    except (DuplicateChildError, KeyError) as error:
        raise InputError(
            "not_understood",
            say("The configuration is not understood: {why}", why=clean(driver.redact(str(error)))),
        ) from error


def _keep(now: HConfig | HConfigChild, then: HConfig | HConfigChild, stays: re.Pattern[str]) -> None:
    """Sections that no line takes back stand empty in the wanted tree, so that their lines are taken back instead."""
    for child in now.children:
        wanted = then.children.get(child.text)
        if wanted is None and stays.fullmatch(child.text):
            then.add_child(child.text)
        elif wanted is not None:
            _keep(child, wanted, stays)


def _sent(way: HConfig) -> Iterator[str]:
    """The lines of a tree as one types them: a section is left before what comes after it."""
    depth = 0
    for child in way.all_children_sorted():
        if _CLOSES.match(child.text):
            continue
        level = child.depth() - 1
        yield from (" " * step + _EXIT for step in range(depth - 1, level - 1, -1))
        yield " " * level + child.text
        depth = level + 1 if list(child.children) else level
    yield from (" " * step + _EXIT for step in range(depth - 1, -1, -1))
