"""Whether two configurations say the same: their lines, and the order of those of which a device keeps it. Pure.

Where lines carry their place as a number (prefix lists, access lists and route maps of FRR) the lines themselves tell
it. Access lists of IOS carry none that is shown: what stands first there is what the router asks first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from nms.ops.change.grammar import Grammar, Path, any_of


def in_order(tree: Iterable[Path], grammar: Grammar) -> dict[Path, list[str]]:
    """The lines of each list in which order counts, by where it stands; empty in a family without such."""
    if not grammar.ordered:
        return {}
    pattern, found = any_of(grammar.ordered), dict[Path, list[str]]()
    for path in tree:
        beginning = pattern.match(path[-1])
        if len(path) > 1 and pattern.fullmatch(path[-2]):
            found.setdefault(path[:-1], []).append(path[-1])
        elif beginning:
            found.setdefault((*path[:-1], beginning.group()), []).append(path[-1])
    return found


def as_shown(tree: Iterable[Path], grammar: Grammar) -> dict[Path, list[str]]:
    """Those lists that a device shows in the order in which they were entered."""
    own = any_of(grammar.shuffled)
    return {at: lines for at, lines in in_order(tree, grammar).items() if own.fullmatch(at[-1]) is None}


def same(one: Iterable[Path], other: Iterable[Path], grammar: Grammar) -> bool:
    """Whether two configurations say the same; of other lines than those of `as_shown`, the order does not count."""
    one, other = tuple(one), tuple(other)
    return set(one) == set(other) and as_shown(one, grammar) == as_shown(other, grammar)


def digest_of(tree: Iterable[Path], grammar: Grammar) -> str:
    """Digest of a configuration: equal where `same` is true."""
    paths = tuple(tree)
    told = sorted("\x1f".join(path) for path in paths)
    told += sorted("\x1e".join(["\x1f".join(at), *lines]) for at, lines in as_shown(paths, grammar).items())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
