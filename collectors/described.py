"""Things described as data: strict YAML files, each complaint with its file, line and key."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from collectors.faults import Fault, Refused, told
from nms.base.text import say

TEXT_LIMIT = 200_000
"""Characters of one file."""

_LOOSE = re.compile(r"\([^)]*[*+][^)]*\)[*+{]")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


T = TypeVar("T", bound=Strict)


def _pattern(value: str) -> str:
    if len(value) > 200 or _LOOSE.search(value):
        raise ValueError(say("a pattern has at most 200 characters and repeats no group that itself repeats"))
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(say("not a regular expression: {reason}", reason=str(error))) from error
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class _NoTwice(yaml.SafeLoader):
    """Plain data only, no key twice, and no alias: a few lines of aliases unfold to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise yaml.composer.ComposerError(None, None, say("aliases are not taken"), mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, say("key twice: {keys}", keys=", ".join(twice)), node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it is written, not judged yet; `root` tells the line of each key."""

    file: str
    root: yaml.Node | None
    data: object

    def value(self, key: str) -> object:
        """What the file says under a key; None when it does not say it."""
        return self.data.get(key) if isinstance(self.data, dict) else None

    def judged(self, schema: type[T], otherwise: Mapping[str, object] | None = None) -> T:
        """The thing that is written; `otherwise` holds what counts where the file says nothing.

        Raises:
            Refused: every fault, each with file, line and key.
        """
        data = {**otherwise, **self.data} if otherwise and isinstance(self.data, dict) else self.data
        try:
            return schema.model_validate(_tuples(data))
        except ValidationError as error:
            faults = [Fault(_line(self.root, item["loc"]), _key(item["loc"]), told(item)) for item in error.errors()]
            raise Refused(self.file, faults) from error


def read(text: str, file: str, schema: type[T]) -> T:
    """One thing from YAML.

    Raises:
        Refused: every fault, each with file, line and key.
    """
    return written(text, file).judged(schema)


def written(text: str, file: str) -> Written:
    """A file as it is written.

    Raises:
        Refused: it is no plain YAML, or too long.
    """
    if len(text) > TEXT_LIMIT:
        raise Refused(file, [Fault(0, "", say("longer than {most} characters", most=TEXT_LIMIT))])
    try:
        loader = _NoTwice(text)
    except yaml.YAMLError as error:
        raise Refused(file, [_unreadable(error)]) from error
    try:
        root = loader.get_single_node()
        return Written(file, root, loader.construct_document(root) if root is not None else None)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Refused(file, [_unreadable(error)]) from error
    finally:
        loader.dispose()


def _unreadable(error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return Fault(mark.line + 1 if mark else 0, "", say("not YAML as expected: {reason}", reason=reason))


def _key(place: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in place) or "(top)"


def _line(root: yaml.Node | None, place: Sequence[int | str]) -> int:
    """The line of the deepest part of `place` that the text has: of a missing key, that of what misses it."""
    node, line = root, 1 if root is None else root.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, held) for key, held in node.value if key.value == part]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = [(held, held) for held in node.value[part : part + 1]]
        else:
            break
        if not found:
            break
        mark, node = found[0]
        line = mark.start_mark.line + 1
    return line


def _tuples(value: object) -> object:
    """YAML lists as tuples: what a strict schema takes."""
    if isinstance(value, dict):
        return {key: _tuples(held) for key, held in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(held) for held in value)
    return value
