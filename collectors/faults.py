"""What is wrong with a description: each fault with its line and key, in a sentence of the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.base import Metric
from nms.base.errors import SettingsError
from nms.base.text import clean, say


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `line` counts from 1 (0: the whole text); `key` is dotted, empty where there is none."""

    line: int
    key: str
    message: str

    def told(self, file: str) -> str:
        """One line for the shell and the log: `FILE:LINE: KEY: what is wrong`."""
        where = f"{file}:{self.line}" if self.line else file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class Refused(SettingsError):
    """A description that cannot be used; `faults` holds every fault of it."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        super().__init__([fault.told(file) for fault in faults])
        self.file = file
        self.faults = tuple(faults)


def _listed(expected: str) -> str:
    """`'a', 'b' or 'c'` as `a, b, c`."""
    return ", ".join(re.findall(r"'([^']*)'", expected)) or expected


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: say("this key is missing"),
    "extra_forbidden": lambda _: say("this key is not known here"),
    "literal_error": lambda ctx: say("must be one of {words}", words=_listed(ctx["expected"])),
    "is_instance_of": lambda _: say("must be one of {words}", words=", ".join(Metric)),
    "string_pattern_mismatch": lambda _: say("small letters, digits and _ only, beginning with a letter"),
    "string_type": lambda _: say("must be a text"),
    "int_type": lambda _: say("must be a whole number"),
    "float_type": lambda _: say("must be a number"),
    "bool_type": lambda _: say("must be true or false"),
    "tuple_type": lambda _: say("must be a list, such as [a, b]"),
    "model_type": lambda _: say("must be keys with values, such as key: value"),
    "greater_than_equal": lambda ctx: say("must be at least {least}", least=ctx["ge"]),
    "greater_than": lambda ctx: say("must be more than {least}", least=ctx["gt"]),
    "less_than_equal": lambda ctx: say("must be at most {most}", most=ctx["le"]),
    "too_long": lambda ctx: say("has more than {most} items", most=ctx["max_length"]),
    "value_error": lambda ctx: ctx["error"].args[0],
}


def told(error: Mapping[str, Any]) -> str:
    """The sentence of one error of pydantic; one that has none of ours keeps pydantic's."""
    sentence = _SENTENCES.get(error["type"])
    return sentence(error.get("ctx", {})) if sentence is not None else clean(str(error["msg"]), 200)
