"""Who is who: a holder has dated names, and one party goes on under another name. A change of name is no transfer.

Pure. Identity is what an act means by a name: `Conseil général des Deux-Sèvres` and `Département des Deux-Sèvres` are
one party; so are the names that an act itself joins (`Altitude Télécom (ex Altitude Développement)`), and those that a
change of name or a succession of law, entered with its date, joins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from spectrum.places import plain

_BRACKETS = re.compile(r"\s*\(([^()]*)\)\s*")
_RENAMED = re.compile(
    r"^(?:renamed|renomm[ée]e?|devenue?)\s+(.+?)(?:,?\s+(?:le\s+|on\s+)?(\d{4}-\d{2}-\d{2}))?$", re.IGNORECASE
)
_FORMERLY = re.compile(r"^(?:ex|anciennement|formerly|ci-devant)\.?\s+(.+)$", re.IGNORECASE)
_COUNCIL = re.compile(
    r"^(?:le\s+)?(?:conseil\s+(?:general|departemental)|departement)\s+(?:de\s+la|de\s+l|des|du|de|d)\s+"
)
_REGION = re.compile(r"^(?:la\s+)?(?:conseil\s+regional|region)\s+(?:de\s+la\s+|de\s+l\s+|des\s+|du\s+|de\s+|d\s+)?")
_FORM = re.compile(r"\b(?:sa|sas|sarl|sasu|scop|societe|ste)\b")


@dataclass(frozen=True, slots=True)
class Named:
    """A party as an act writes it: the name at the act's date, and the other names that the act joins to it.

    `renames` are (former name, later name, day or None).
    """

    name: str
    renames: tuple[tuple[str, str, date | None], ...] = ()


def read_party(text: str) -> Named:
    """A party's name, and what its brackets say of other names."""
    name = " ".join(_BRACKETS.sub(" ", text).split())
    renames = []
    for said in _BRACKETS.findall(text):
        if found := _RENAMED.match(said.strip()):
            renames.append((name, found[1].strip(), date.fromisoformat(found[2]) if found[2] else None))
        elif found := _FORMERLY.match(said.strip()):
            renames.append((found[1].strip(), name, None))
    return Named(name, tuple(renames))


@lru_cache(8192)
def key_of(name: str) -> str:
    """What makes two spellings one party: no accents, case, legal form; a council is its authority."""
    text = plain(name)
    if found := _COUNCIL.match(text):
        return "departement " + text[found.end() :]
    if found := _REGION.match(text):
        return "region " + text[found.end() :]
    return " ".join(_FORM.sub(" ", text).split()) or text


class Parties:
    """Names joined into parties. `who` answers the same word for every name of a party."""

    def __init__(self, renames: Iterable[tuple[str, str, date | None]] = ()) -> None:
        self._leader: dict[str, str] = {}
        self._names: dict[str, list[tuple[date | None, str]]] = {}
        for former, later, on in renames:
            self.join(former, later, on)

    def copy(self) -> Parties:
        """The same names, to which others may be joined while these stay as they are."""
        found = Parties()
        found._leader = dict(self._leader)
        found._names = {word: list(names) for word, names in self._names.items()}
        return found

    def join(self, former: str, later: str, on: date | None) -> None:
        """Two names are one party; the later one is its name from a day on."""
        one, other = self.who(former), self.who(later)
        if one != other:
            self._leader[other] = one
            self._names.setdefault(one, []).extend(self._names.pop(other, []))
        names = self._names.setdefault(one, [])
        for day, name in ((None, former), (on, later)):
            if (day, name) not in names and not (day is None and any(key_of(name) == key_of(n) for _, n in names)):
                names.append((day, name))

    def learn(self, party: Named) -> None:
        """Take what an act says of names."""
        for former, later, on in party.renames:
            self.join(former, later, on)

    def who(self, name: str) -> str:
        """The word of a party."""
        word = key_of(name)
        while word in self._leader:
            word = self._leader[word]
        return word

    def keys_of(self, name: str) -> frozenset[str]:
        """The keys (`key_of`) of every name of a party."""
        word = self.who(name)
        return frozenset({word, *(other for other in self._leader if self.who(other) == word)})

    def same(self, one: str, other: str) -> bool:
        """Whether two names are one party."""
        return self.who(one) == self.who(other)

    def name_on(self, name: str, on: date) -> str:
        """What the party of this name is called on a day: the latest of its dated names; else the name itself."""
        dated = [(day, known) for day, known in self._names.get(self.who(name), []) if day is not None and day <= on]
        return max(dated)[1] if dated else name
