"""A judgement in a sentence, in the reader's language: state, causes with their numbers, since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nms.base.clock import PARIS
from nms.ops.state import Judgement, Kind, Reason, State

NBSP = "\u00a0"
NNBSP = "\u202f"

_STATES_EN = {
    State.UP: "up",
    State.DEGRADED: "degraded",
    State.DOWN: "down",
    State.UNKNOWN: "unknown",
    State.UNMEASURED: "unmeasured",
}
_STATES_FR = {
    State.UP: ("en service", "en service"),
    State.DEGRADED: ("dégradé", "dégradée"),
    State.DOWN: ("hors service", "hors service"),
    State.UNKNOWN: ("inconnu", "inconnue"),
    State.UNMEASURED: ("non mesuré", "non mesurée"),
}
_FEMININE = {Kind.LINK}

_ERRORS_FR = {
    "AuthFailed": "authentification SNMP refusée",
    "BadAnswer": "réponse illisible",
    "ForbiddenTarget": "adresse hors des réseaux de gestion",
    "WalkAbandoned": "parcours abandonné",
    "DeviceError": "interrogation impossible",
    "icmp_not_permitted": "le serveur n’a pas le droit d’émettre l’écho ICMP",
    "name_not_resolved": "nom introuvable dans le DNS",
    "no_credential": "aucun identifiant SNMP",
    "snmp_silent": "répond à l’écho, pas à SNMP",
    "too_many_files": "ressource du serveur épuisée",
    "unexpected": "erreur inattendue du programme",
}
_ERRORS_EN = {
    "AuthFailed": "SNMP authentication refused",
    "BadAnswer": "unreadable answer",
    "ForbiddenTarget": "address outside the management networks",
    "WalkAbandoned": "walk abandoned",
    "DeviceError": "cannot be asked",
    "icmp_not_permitted": "the server has no right to send ICMP echo",
    "name_not_resolved": "name not found in the DNS",
    "no_credential": "no SNMP credential",
    "snmp_silent": "answers echo, not SNMP",
    "too_many_files": "a resource of the server is exhausted",
    "unexpected": "unexpected error of the program",
}


def state_word(state: State, kind: Kind, language: str) -> str:
    """The state, agreeing in French with the noun that it qualifies (une liaison, un équipement)."""
    if language != "fr":
        return _STATES_EN[state]
    return _STATES_FR[state][kind in _FEMININE]


def explain(judgement: Judgement, kind: Kind, language: str, at: datetime | None = None) -> str:
    """One sentence: « dégradée : pertes 3,2 % > 1 % depuis 14 h 03 ».

    Args:
        judgement: what to explain.
        kind: of the object, for the agreement.
        language: `fr` or `en`.
        at: now; when given, a `since` of another day carries its date.
    """
    word = state_word(judgement.state, kind, language)
    since = _since(judgement.since, language, at)
    causes = ", ".join(cause(reason, language) for reason in judgement.reasons)
    if not causes:
        return f"{word} {since}"
    return f"{word}{NBSP}: {causes} {since}" if language == "fr" else f"{word}: {causes} {since}"


def cause(reason: Reason, language: str) -> str:
    """One cause in words; an unknown code is shown as itself rather than hidden."""
    facts = reason.facts
    values = {name: value for name, value in facts.items() if isinstance(value, (int, float))}

    def number(name: str, scale: float = 1.0, digits: int = 1) -> str:
        return _number(values[name] * scale, digits, language)

    simple = (_SIMPLE_FR if language == "fr" else _SIMPLE_EN).get(reason.code)
    if simple is not None:
        return simple
    measured = _MEASURED.get(reason.code)
    if measured is not None:
        word_fr, word_en, unit, scale, digits, sign = measured
        suffix = next(name.removeprefix("value_") for name in facts if name.startswith("value_"))
        value, limit = number(f"value_{suffix}", scale, digits), number(f"limit_{suffix}", scale, digits)
        gap = NBSP if language == "fr" else " "
        word = word_fr if language == "fr" else word_en
        return f"{word} {value}{gap}{unit} {sign} {limit}{gap}{unit}"
    return _named(reason, language)


def _named(reason: Reason, language: str) -> str:
    facts, french = reason.facts, language == "fr"
    sentences: dict[str, Callable[[], str]] = {
        "port_down": lambda: f"port {facts['port']} {'inactif' if french else 'not operational'}",
        "port_disabled": lambda: f"port {facts['port']} {'désactivé' if french else 'disabled'}",
        "behind": lambda: (
            f"{'derrière' if french else 'behind'} {facts['parent']}, {'hors service' if french else 'down'}"
        ),
        "absent": lambda: (
            f"{facts['what']} {'absent de sa station de base' if french else 'not seen by its base station'}"
        ),
        "refused": lambda: (_ERRORS_FR if french else _ERRORS_EN).get(str(facts["error"]), str(facts["error"])),
    }
    sentence = sentences.get(reason.code)
    return sentence() if sentence is not None else reason.code


_SIMPLE_FR = {
    "no_answer": "aucune réponse",
    "never_polled": "pas encore interrogé",
    "not_answered": "l’équipement ne donne pas cette mesure",
    "planned": "à l’état de projet",
    "retired": "retiré du service",
    "maintenance": "en travaux",
    "no_radio": "aucune mesure radio utilisable",
}
_SIMPLE_EN = {
    "no_answer": "no answer",
    "never_polled": "not polled yet",
    "not_answered": "the device does not give this measurement",
    "planned": "planned",
    "retired": "retired",
    "maintenance": "in maintenance",
    "no_radio": "no usable radio measurement",
}
_MEASURED: dict[str, tuple[str, str, str, float, int, str]] = {
    "loss": ("pertes", "loss", "%", 100, 1, ">"),
    "latency": ("latence", "latency", "ms", 1000, 0, ">"),
    "utilisation": ("charge", "utilisation", "%", 100, 0, ">"),
    "errors": ("erreurs", "errors", "/s", 1, 1, ">"),
    "cinr": ("CINR", "CINR", "dB", 1, 1, "<"),
    "rssi": ("RSSI", "RSSI", "dBm", 1, 1, "<"),
    "port_slow": ("port à", "port at", "kbit/s", 0.001, 0, "<"),
}

FRENCH = (
    *(word for words in _STATES_FR.values() for word in words),
    *_ERRORS_FR.values(),
    *_SIMPLE_FR.values(),
    *(words[0] for words in _MEASURED.values()),
)
"""Every French word that is kept here and not in the catalogue."""


def _number(value: float, digits: int, language: str) -> str:
    text = f"{value:,.{digits}f}"
    if digits and text.endswith("0" * digits):
        text = text[: -digits - 1]
    if language == "fr":
        return text.replace(",", NNBSP).replace(".", ",").replace("-", "−")
    return text


def _since(since: datetime, language: str, at: datetime | None) -> str:
    local = since.astimezone(PARIS)
    other_day = at is not None and at.astimezone(PARIS).date() != local.date()
    if language == "fr":
        clock = f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}"
        return f"depuis le {local:%d/%m/%Y} à {clock}" if other_day else f"depuis {clock}"
    return f"since {local:%Y-%m-%d %H:%M}" if other_day else f"since {local:%H:%M}"
