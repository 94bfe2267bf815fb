"""Row 86: the start-up self-test."""

from __future__ import annotations

import pytest

from collectors import selftest
from nms.base.clock import SystemClock
from nms.base.errors import SettingsError


def test_fault_86_the_self_test_passes_here_in_under_100_ms() -> None:
    assert min(selftest.run(SystemClock()) for _ in range(3)) < selftest.BUDGET_S


def test_fault_86_a_known_bad_version_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(selftest.KNOWN_BAD_BELOW, "flask", (999, 0, 0))
    with pytest.raises(SettingsError, match=r"flask .* install 999\.0\.0"):
        selftest.run(SystemClock())


def test_fault_86_a_guard_that_lets_the_bomb_pass_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "check", lambda datagram: None)
    with pytest.raises(SettingsError, match="60,000 arcs"):
        selftest.run(SystemClock())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3.1.6", (3, 1, 6)), ("50.0", (50, 0)), ("2.3.2rc1", (2, 3, 2)), ("1.2b3.9", (1, 2)), ("0.6.3.post1", (0, 6, 3))],
)
def test_numbers_reads_the_leading_numbers_of_a_version(text: str, expected: tuple[int, ...]) -> None:
    assert selftest.numbers(text) == expected
