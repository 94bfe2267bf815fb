"""A configuration as a tree of lines: what lines would make of it, and the lines that take that back. Pure.

This is the shape of FRR, IOS and their kin: a line deeper by indentation belongs to the one above, `no X` takes X
away. What a family does otherwise (lines of which there is but one, lines that only close a section) is data of its
driver. Nothing here is trusted alone: after each step the device's own answer is compared with what was computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Path = tuple[str, ...]
"""A line under the lines that it belongs to: `("interface eth0", "description to Lezay")`."""
Tree = dict[Path, None]
"""Lines in their order, each after the one that it belongs to."""
EXIT = "exit"
"""What leaves a section, where the family knows it as a line that only closes one."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a family writes its configuration.

    `singles` match lines that replace another line of the same section in which the same pattern matches the same text
    (its groups, where it has any); `closers` match lines that say nothing (ends of sections, comments). `stays` matches
    sections that no line takes away: they are gone when they are empty. `defaults` match lines that are so without
    being shown: what is shown is the line that takes them away. `bare` match the beginnings of lines that are taken
    away by their beginning alone. `ordered` match heads of sections, or beginnings of lines, among which order counts;
    `shuffled` are those of them that the device shows in an order of its own. `together` match the beginnings of lines
    that are all taken away with any of them. `commands` match lines that are no configuration: what they do cannot be
    computed, nor taken back. `texts` match lines that open a text of several lines, which is not typed line by line.
    """

    negation: str = "no "
    singles: tuple[str, ...] = (r"hostname ", r"description ")
    closers: tuple[str, ...] = (r"!.*", r"exit.*", r"end")
    stays: str | None = None
    defaults: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    shuffled: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    commands: tuple[str, ...] = (r"do\b.*",)
    texts: tuple[str, ...] = ()

    def says_nothing(self, line: str) -> bool:
        """Whether a line only closes a section or comments."""
        return not line or any_of(self.closers).fullmatch(line) is not None

    def is_command(self, line: str) -> bool:
        """Whether a line would be carried out, not kept."""
        return any_of(self.commands).fullmatch(line.strip()) is not None

    def opens_text(self, line: str) -> bool:
        """Whether what follows a line is a text up to a mark."""
        return any_of(self.texts).fullmatch(line.strip()) is not None

    def single(self, line: str) -> tuple[str, ...] | None:
        """What a section has one line of at most, when the line is of such: a pattern and what it matched."""
        if any_of(self.singles).match(line) is None:
            return None
        pattern, found = next((one, found) for one in self.singles if (found := re.match(one, line)))
        return (pattern, *(found.groups() or (found.group(),)))

    def is_default(self, line: str) -> bool:
        """Whether a line is so as long as nothing says otherwise."""
        return bool(self.defaults) and any_of(self.defaults).fullmatch(line) is not None

    def is_kept(self, line: str) -> bool:
        """Whether a section can only be emptied."""
        return self.stays is not None and any_of((self.stays,)).fullmatch(line) is not None

    def negated(self, line: str) -> str:
        """The line that takes a line away."""
        if line.startswith(self.negation):
            return line.removeprefix(self.negation)
        beginning = any_of(self.bare).match(line)
        return self.negation + (beginning.group() if beginning else line)


@lru_cache(maxsize=64)
def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What matches where any of the patterns does; nothing, without any."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)")


def parsed(text: str | Iterable[str], grammar: Grammar) -> Tree:
    """The tree of a configuration's text."""
    found = dict.fromkeys(_paths(text.split("\n") if isinstance(text, str) else text, grammar))
    return _without_empty(found, grammar)


def shown(tree: Iterable[Path]) -> list[str]:
    """The lines of a tree, one space deeper per level."""
    return [" " * (len(path) - 1) + path[-1] for path in tree]


def applied(before: Tree, lines: Iterable[str], grammar: Grammar) -> Tree:
    """What a configuration becomes when lines are entered into it.

    `no X` takes away X and what belongs to it; where nothing is exactly X, every line that begins with X, as
    `no description` does; where nothing is so, nothing: its inverse would do what nobody undid (`no shutdown` on a
    port that is not shut). What takes a default away is a line of its own, and the default then says nothing.
    """
    found = dict(before)
    for path in _paths(lines, grammar):
        parent, line = path[:-1], path[-1]
        opposite = (*parent, grammar.negated(line))
        is_told = path in before or (grammar.is_default(opposite[-1]) and opposite not in found)
        if line.startswith(grammar.negation) and not is_told:
            for target in _meant(found, parent, line.removeprefix(grammar.negation), grammar):
                _take_away(found, target)
            continue
        _take_away(found, opposite)
        place = grammar.single(line)
        if place is not None:
            for other in [p for p in found if p[:-1] == parent and p != path and grammar.single(p[-1]) == place]:
                _take_away(found, other)
        if not grammar.is_default(line):
            found.setdefault(path, None)
    return _without_empty(dict.fromkeys(_in_order(found)), grammar)


def way(here: Tree, there: Tree, grammar: Grammar) -> list[str]:
    """The lines that turn one configuration into another: what is too much goes first, then what lacks comes.

    A section is left by a line of its own, lest what follows is taken for a part of it.
    """
    steps: dict[Path, None] = {}
    lacking = {path for path in there if path not in here}
    places = {(path[:-1], place) for path in lacking if (place := grammar.single(path[-1]))}
    for path in reversed(here):  # what came last may hang on what came before
        if path in there or grammar.is_kept(path[-1]) or (path[:-1], grammar.single(path[-1])) in places:
            continue  # or the line that comes in its place takes it away
        if (*path[:-1], grammar.negated(path[-1])) in lacking:
            continue
        if all(path[:depth] in there or grammar.is_kept(path[depth - 1]) for depth in range(1, len(path))):
            _enter(steps, (*path[:-1], grammar.negated(path[-1])))
    for path in there:
        if path not in here:
            _enter(steps, path)
    return list(_left(_in_order(steps), grammar))


def telling(lines: Iterable[str], before: Tree, after: Tree, grammar: Grammar) -> list[bool]:
    """For each of the lines that made one configuration another, whether it has part in what became different."""
    come, gone = after.keys() - before.keys(), dict.fromkeys(path for path in before if path not in after)
    return [bool(path) and (path in come or _takes_from(gone, path, grammar)) for path in _every(lines, grammar)]


def beyond(here: Tree, there: Tree) -> list[str]:
    """The lines of a configuration that another lacks, each under the heads of its sections."""
    steps: dict[Path, None] = {}
    for path in there:
        if path not in here:
            _enter(steps, path)
    return shown(_in_order(steps))


def _paths(lines: Iterable[str], grammar: Grammar) -> Iterator[Path]:
    """Every line that says something, under its parents."""
    return (path for path in _every(lines, grammar) if path)


def _every(lines: Iterable[str], grammar: Grammar) -> Iterator[Path]:
    """Every line under its parents; depth is told by indentation, whatever its width. Empty: it says nothing."""
    open_: list[tuple[int, str]] = []
    for raw in lines:
        line = raw.strip()
        if grammar.says_nothing(line):
            yield ()
            continue
        indent = len(raw) - len(raw.lstrip())
        while open_ and open_[-1][0] >= indent:
            open_.pop()
        open_.append((indent, line))
        yield tuple(text for _, text in open_)


def _meant(tree: Tree, parent: Path, target: str, grammar: Grammar) -> list[Path]:
    """The lines of a section that `no target` takes away."""
    shared = any_of(grammar.together).match(target)
    if shared is not None:
        return [path for path in tree if path[:-1] == parent and path[-1].startswith(shared.group())]
    exact = (*parent, target)
    if exact in tree:
        return [exact]
    return [path for path in tree if path[:-1] == parent and path[-1].startswith(target + " ")]


def _takes_from(gone: Tree, path: Path, grammar: Grammar) -> bool:
    """Whether a line may have taken away some of what is gone: its opposite, or what belongs to that."""
    parent, target, depth = path[:-1], grammar.negated(path[-1]), len(path)
    heads = {other[depth - 1] for other in gone if len(other) >= depth and other[: depth - 1] == parent}
    begins = path[-1].startswith(grammar.negation)
    return target in heads or (begins and any(head.startswith(target + " ") for head in heads))


def _take_away(tree: Tree, path: Path) -> None:
    if path not in tree:  # nor is anything that belongs to it
        return
    for gone in [other for other in tree if other[: len(path)] == path]:
        del tree[gone]


def _without_empty(tree: Tree, grammar: Grammar) -> Tree:
    """The tree without sections that are kept empty because nothing takes them away."""
    filled: set[Path] = set()
    for path in reversed(tree):
        if path in filled or not grammar.is_kept(path[-1]):
            filled |= {path, path[:-1]}
    return {path: None for path in tree if path in filled}


def _left(paths: Iterable[Path], grammar: Grammar) -> Iterator[str]:
    """The lines of paths, each section left before what comes after it."""
    depth = 1
    for path in paths:
        if grammar.says_nothing(EXIT):
            yield from (" " * (level - 1) + EXIT for level in range(depth - 1, len(path) - 1, -1))
        depth = len(path)
        yield " " * (depth - 1) + path[-1]


def _enter(steps: dict[Path, None], path: Path) -> None:
    for depth in range(1, len(path) + 1):
        steps.setdefault(path[:depth], None)


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Each line right after its section's head, sections in the order in which they came."""
    children: dict[Path, list[Path]] = {}
    for path in paths:
        children.setdefault(path[:-1], []).append(path)
    found: list[Path] = []
    waiting = list(reversed(children.get((), [])))
    while waiting:
        path = waiting.pop()
        found.append(path)
        waiting += reversed(children.get(path, []))
    return found
