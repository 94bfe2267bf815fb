"""A verdict: what one rule says of given facts, with its article. It reads back from JSON word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nms.base.text import Said, kept, said_again, say


class Outcome(StrEnum):
    """What a rule says. ASK: the text does not decide. UNPROVEN: a fact is missing, and is named."""

    GRANTED = "granted"
    UNPROVEN = "unproven"
    ASK = "ask"
    REFUSED = "refused"


class Fact(StrEnum):
    """A fact that a rule reads and that may not be established."""

    CESSIONNAIRE = "cessionnaire"
    BANDS = "bands of the authorisation"
    END = "end of the authorisation"
    LOCATIONS = "station locations"
    CALL = "assigned by a call (L. 42-2)"
    SERVICE = "missions of public service"
    SPLIT = "split of obligations"
    SANCTIONS = "sanctions"
    CAPACITY = "capacity"
    COMMITMENTS = "commitments"
    DOSSIER = "dossier"
    AGREEMENT = "reference of the agreement"


_GRAVITY = {outcome: place for place, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's answer. `confidence` is that of the text it applies: H read, M to be confirmed, L not retrieved."""

    rule: str
    article: str
    outcome: Outcome
    text: str
    missing: tuple[str, ...] = ()
    confidence: str = "H"
    facts: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Everything, the sentence as template and facts so that it can be said in another language."""
        template, facts = (self.text.template, self.text.facts) if isinstance(self.text, Said) else (self.text, {})
        return {
            "rule": self.rule,
            "article": self.article,
            "outcome": self.outcome.value,
            "template": template,
            "text": str(self.text),
            "facts": {name: kept(fact) if isinstance(fact, str) else str(fact) for name, fact in facts.items()},
            "missing": list(self.missing),
            "confidence": self.confidence,
        }


def verdict_from_json(told: Mapping[str, object]) -> Verdict:
    """The verdict that `as_json` wrote."""
    facts, missing = told.get("facts"), told.get("missing")
    known = {str(name): said_again(fact) for name, fact in facts.items()} if isinstance(facts, dict) else {}
    return ruled(
        str(told["rule"]),
        str(told["article"]),
        Outcome(str(told["outcome"])),
        say(str(told["template"]), **known),
        missing=tuple(map(str, missing if isinstance(missing, list) else ())),
        confidence=str(told["confidence"]),
    )


def ruled(
    rule: str, article: str, outcome: Outcome, text: str, *, missing: tuple[str, ...] = (), confidence: str = "H"
) -> Verdict:
    """A verdict whose facts are those of its sentence."""
    facts = {name: str(fact) for name, fact in text.facts.items()} if isinstance(text, Said) else {}
    return Verdict(rule, article, outcome, text, missing, confidence, facts)


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The gravest outcome: a refusal, then a question that the text leaves open, then a missing fact."""
    return max((verdict.outcome for verdict in verdicts), key=_GRAVITY.__getitem__, default=Outcome.GRANTED)
