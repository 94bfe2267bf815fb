"""A verdict: what one rule says of given facts, with its article. It reads back from JSON word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nms.base.text import Said, say


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
            "facts": {name: _fact_json(fact) for name, fact in facts.items()},
            "missing": list(self.missing),
            "confidence": self.confidence,
        }


def verdict_from_json(told: Mapping[str, object]) -> Verdict:
    """The verdict that `as_json` wrote."""
    facts, missing = told.get("facts"), told.get("missing")
    known = {str(name): _fact(fact) for name, fact in facts.items()} if isinstance(facts, dict) else {}
    return ruled(
        str(told["rule"]),
        str(told["article"]),
        Outcome(str(told["outcome"])),
        say(str(told["template"]), **known),
        missing=tuple(map(str, missing if isinstance(missing, list) else ())),
        confidence=str(told["confidence"]),
    )


def _fact_json(fact: object) -> object:
    """A fact of a sentence; one that is itself a sentence, or a word of ours, keeps its template."""
    if isinstance(fact, StrEnum):
        return {"template": fact.value, "facts": {}}
    if isinstance(fact, Said):
        return {"template": fact.template, "facts": {name: _fact_json(inner) for name, inner in fact.facts.items()}}
    return str(fact)


def _fact(told: object) -> str:
    if isinstance(told, Mapping):
        return say(str(told["template"]), **{str(name): _fact(inner) for name, inner in told["facts"].items()})
    return str(told)


def ruled(
    rule: str, article: str, outcome: Outcome, text: str, *, missing: tuple[str, ...] = (), confidence: str = "H"
) -> Verdict:
    """A verdict whose facts are those of its sentence."""
    facts = {name: str(fact) for name, fact in text.facts.items()} if isinstance(text, Said) else {}
    return Verdict(rule, article, outcome, text, missing, confidence, facts)


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The gravest outcome: a refusal, then a question that the text leaves open, then a missing fact."""
    return max((verdict.outcome for verdict in verdicts), key=_GRAVITY.__getitem__, default=Outcome.GRANTED)
