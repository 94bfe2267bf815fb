"""A judgement in words: the numbers, the time of Paris, the agreement of the French."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nms.base.settings import HealthSettings
from nms.ops.explain import NBSP, cause, explain
from nms.ops.health import End, Evidence, judge, never_polled
from nms.ops.state import Judgement, Kind, Reason, State
from nms.ops.tracking import TOLD_BY_CODE

AT = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)
LOSS = Judgement(State.DEGRADED, AT, (Reason("loss", {"value_ratio": 0.032, "limit_ratio": 0.01}),))


def plain(text: str) -> str:
    return text.replace(NBSP, " ").replace("\u202f", " ")


def test_the_sentence_of_the_brief_in_both_languages() -> None:
    assert plain(explain(LOSS, Kind.LINK, "fr")) == "dégradée : pertes 3,2 % > 1 % depuis 14 h 03"
    assert plain(explain(LOSS, Kind.LINK, "en")) == "degraded: loss 3.2 % > 1 % since 14:03"


@pytest.mark.parametrize(
    ("kind", "word"),
    [(Kind.LINK, "dégradée"), (Kind.DEVICE, "dégradé"), (Kind.SECTOR, "dégradé"), (Kind.HOTSPOT, "dégradé")],
)
def test_the_state_agrees_with_its_noun(kind: Kind, word: str) -> None:
    assert explain(LOSS, kind, "fr").split(NBSP)[0] == word


def test_another_day_carries_its_date() -> None:
    assert plain(explain(LOSS, Kind.LINK, "fr", AT + timedelta(days=1))).endswith("depuis le 23/11/2026 à 14 h 03")
    assert plain(explain(LOSS, Kind.LINK, "en", AT + timedelta(days=1))).endswith("since 2026-11-23 14:03")


EVERYTHING = [
    Evidence(reachable=False, parent_down="bh-1"),
    Evidence(refusal="AuthFailed"),
    Evidence(),
    *(Evidence(refusal=code) for code in sorted(TOLD_BY_CODE)),
    *(Evidence(not_in_service=word) for word in ("planned", "maintenance")),
    Evidence(
        reachable=True,
        absent="cpe-7",
        ends=(End("r1 eth0", False), End("r2 eth0", True, False)),
        loss_ratio=0.5,
        rtt_s=0.9,
        utilisation_ratio=0.99,
        errors_per_s=7.5,
        port_speed_bps=1_000_000,
        committed_bps=2_000_000,
        cinr_db=3.0,
        rssi_dbm=-95.5,
    ),
    Evidence(reachable=True, measured=False),
]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("evidence", EVERYTHING)
def test_every_cause_that_health_finds_has_words(evidence: Evidence, language: str) -> None:
    memory = never_polled(AT)
    for _ in range(2):
        memory = judge(memory, evidence, AT, HealthSettings())
    assert memory.judgement.reasons
    for reason in memory.judgement.reasons:
        words = cause(reason, language)
        assert words
        assert words != reason.code or language == "en"
        assert words not in TOLD_BY_CODE
        assert "_" not in words
