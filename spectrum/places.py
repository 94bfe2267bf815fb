"""What the area of a published act means: departments, regions, communes and their groupings, by name or code.

Pure: the places themselves are handed in. A department outside the loaded territory is one opaque atom (`dep:21`): it
can be held, ceded and compared as a whole, and never be cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nms.base.errors import InputError
from nms.base.text import clean, say

OPAQUE = "dep:"
_BRACKETS = re.compile(r"\(([^()]*)\)")
_CODES = re.compile(r"(?:\d{9}|\d{5}|2[AB]\d{3}|\d{2,3}|2[AB])")
_LIST = re.compile(r"\s*[,;+/]\s*|\s+(?:et|and)\s+")
_PARTS = re.compile(r"(?:\s*[+;,]\s*|\s+(?:et|and)\s+)(?![^()]*\))(?=\S)")
_OF = r"(?:(?:de|d|du|des)\s+)?(?:(?:la|le|l|les)\s+)?"
_REGION = re.compile(rf"^(?:la\s+)?regions?\s+{_OF}")
_DEPARTMENT = re.compile(rf"^(?:les?\s+)?departements?\s+{_OF}")
_COMMUNE = re.compile(rf"^(?:la\s+|les\s+)?communes?\s+{_OF}")
_ARTICLE = re.compile(rf"^{_OF}")
_KIND = re.compile(r"^(?:cc|ca|cu)\s+")
_COUNTRY = frozenset({"france metropolitaine", "metropole", "territoire metropolitain", "metropolitan france"})
_GROUPING = (("communaute de communes", "cc"), ("communaute d agglomeration", "ca"), ("communaute urbaine", "cu"))


def plain(name: str) -> str:
    """A name without accents, case, punctuation and articles that only style tells apart."""
    spread = unicodedata.normalize("NFD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    text = "".join(char for char in spread if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())


def known_as(name: str) -> frozenset[str]:
    """The plain forms by which a region or a grouping is found: with its article and without; long forms shortened."""
    text = plain(name)
    for long, short in _GROUPING:
        text = text.replace(long, short)
    short = _ARTICLE.sub("", text)
    return frozenset({text, short, _ARTICLE.sub("", _KIND.sub("", short))}) - {""}


@dataclass(frozen=True)
class Places:
    """The territory as the register needs it.

    `departments` are names by code; `regions` are department codes by the name of a region, of before 2016 or of today;
    `communes` are INSEE codes (of today) by department, for the departments that are loaded; `groupings` are INSEE
    codes by the name or SIREN of an EPCI; `successors` lead from a former INSEE code to that of today.
    """

    departments: Mapping[str, str]
    regions: Mapping[str, tuple[str, ...]]
    communes: Mapping[str, frozenset[str]]
    commune_names: Mapping[str, str] = field(default_factory=dict)
    groupings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)
    former_names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _named_communes(self) -> Mapping[str, frozenset[str]]:
        """INSEE codes of today by plain name, of today or of before."""
        found: dict[str, set[str]] = {}
        for code, name in (*self.commune_names.items(), *self.former_names.items()):
            found.setdefault(plain(name), set()).add(self.today(code))
        return {name: frozenset(codes) for name, codes in found.items()}

    def commune(self, text: str, departments: Collection[str] = ()) -> str:
        """The INSEE code of today of one commune by its code or any of its names; the departments tell homonyms apart.

        Raises:
            InputError: no such commune, or several of that name: the sentence names them.
        """
        bare = text.strip()
        if _CODES.fullmatch(bare):
            (code,) = self._commune(bare)
            return code
        codes = self._communes_called(plain(bare))
        inside = {code for code in codes if _department(code) in departments} if departments else codes
        if not inside:
            raise _unknown(bare)
        if len(inside) > 1:
            raise self._homonyms(bare, inside)
        return min(inside)

    def departments_named(self, text: str) -> frozenset[str]:
        """The codes of the departments that a text names: `86`, `Vienne`, `Vienne (86)`; none when it names none."""
        try:
            atoms = self.area(text)
        except InputError:
            return frozenset()
        return frozenset(self.departments_of(atoms)[0])

    def _communes_called(self, name: str) -> frozenset[str]:
        wanted = {name, _COMMUNE.sub("", name), _ARTICLE.sub("", name)}
        return frozenset().union(*(self._named_communes.get(one, frozenset()) for one in wanted))

    def _homonyms(self, name: str, codes: Iterable[str]) -> InputError:
        shown = clean(name, 80)
        known = ", ".join(f"{self.commune_names.get(code, '?')} ({code})" for code in sorted(codes))
        return InputError(
            "commune_ambiguous",
            say("“{name}” is the name of several communes: {known}; write the INSEE code.", name=shown, known=known),
            name=shown,
        )

    def of_department(self, code: str) -> frozenset[str]:
        """The atoms of a department: its communes, or one opaque atom.

        Raises:
            InputError: no such department.
        """
        if code not in self.departments:
            raise InputError("no_such_department", say("There is no department “{code}”.", code=clean(code, 20)))
        return self.communes.get(code) or frozenset({OPAQUE + code})

    def today(self, code: str) -> str:
        """The code of today of a commune, whatever its vintage."""
        seen: set[str] = set()
        while code in self.successors and code not in seen and self.successors[code] != code:
            seen.add(code)
            code = self.successors[code]
        return code

    def current(self, atoms: frozenset[str]) -> frozenset[str]:
        """Stored atoms as atoms of today: communes by their successors; a department that was loaded since, opened."""
        found: set[str] = set()
        for atom in atoms:
            if atom.startswith(OPAQUE):
                found |= self.of_department(atom.removeprefix(OPAQUE))
            else:
                found.add(self.today(atom))
        return frozenset(found)

    def area(self, text: str) -> frozenset[str]:
        """The atoms of an area as an act writes it.

        Reads codes in brackets (`(79)`, `(86194)`, `(16, 17)`, an EPCI's SIREN), `Région X`, `Département de X`,
        `Commune de X`, `France métropolitaine`, several of them with `+`, `,`, `;` or `et` between, bare codes, and
        names alone.

        Raises:
            InputError: a part names nothing known; the sentence shows it.
        """
        whole = self._named(_BRACKETS.sub(" ", text)) if _REGION.match(plain(text)) else self._named(text)
        if whole is not None:
            return whole
        parts = [part for part in _PARTS.split(text.strip()) if part.strip()]
        if not parts:
            raise _unknown(text)
        return frozenset().union(*(self._part(part) for part in parts))

    def _part(self, part: str) -> frozenset[str]:
        codes = [code for said in _BRACKETS.findall(part) for code in _LIST.split(said.strip())]
        if codes and all(_CODES.fullmatch(code) for code in codes):
            return frozenset().union(*(self._coded(code) for code in codes))
        named = self._named(_BRACKETS.sub(" ", part))
        if named is None:
            raise _unknown(part)
        return named

    def departments_of(self, atoms: Iterable[str]) -> tuple[list[str], list[str]]:
        """Whole departments of a set of atoms, and the communes that are left, both in order."""
        left = set(atoms)
        whole = [code for code in sorted(self.departments) if self.of_department(code) <= left]
        for code in whole:
            left -= self.of_department(code)
        return whole, sorted(left)

    def _coded(self, code: str) -> frozenset[str]:
        if len(code) == 9:
            if code not in self.groupings:
                raise _unknown(code)
            return self.groupings[code]
        if len(code) == 5:
            return self._commune(code)
        if code not in self.departments:
            raise _unknown(code)
        return self.of_department(code)

    def _commune(self, code: str) -> frozenset[str]:
        today = self.today(code)
        department = _department(today)
        if today in self.communes.get(department, frozenset()):
            return frozenset({today})
        if department in self.departments and department not in self.communes:
            raise InputError(
                "commune_not_loaded",
                say("The commune {code} lies outside the loaded territory; load a territory pack with it.", code=code),
            )
        raise _unknown(code)

    def _named(self, text: str) -> frozenset[str] | None:
        """What a name or a bare code names; None when nothing, or when it could be several things of one kind."""
        bare = text.strip()
        if _CODES.fullmatch(bare):
            return self._coded(bare)
        name = plain(bare)
        if _ARTICLE.sub("", name) in _COUNTRY:
            return frozenset().union(*(self.of_department(code) for code in self.departments if code < "97"))
        for known in (_REGION.sub("", name), _ARTICLE.sub("", name)):
            if codes := self.regions.get(known):
                return frozenset().union(*(self.of_department(code) for code in codes))
        if not _COMMUNE.match(name):
            wanted = {name, _DEPARTMENT.sub("", name), _ARTICLE.sub("", name)}
            if found := [code for code, known in self.departments.items() if plain(known) in wanted]:
                return self.of_department(found[0])
        for known in sorted(known_as(bare)):
            if known in self.groupings:
                return self.groupings[known]
        matching = self._communes_called(name)
        if len(matching) > 1:
            raise self._homonyms(bare, matching)
        return matching or None


def _department(code: str) -> str:
    return code[:3] if code.startswith("97") else code[:2]


def _unknown(part: str) -> InputError:
    shown = clean(part, 120)
    return InputError(
        "area_unknown",
        say(
            "The area “{part}” is not known: write departments as (79), communes as (86194), or “Région X”.", part=shown
        ),
        part=shown,
    )
