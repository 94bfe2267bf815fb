"""Row 84 for backups of configurations: a month of them leaves memory, descriptors, threads and tables as they were."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.fakes.month_of_backups import DEVICES, Held, month


def played(rounds: int) -> list[Held]:
    """A month of so many rounds, in a process of its own, whose memory is that of backups alone."""
    command = [sys.executable, "-m", "tests.fakes.month_of_backups", str(rounds)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return [Held(**held) for held in json.loads(said)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fault_84_a_month_of_backups_grows_nothing_but_versions() -> None:
    """2,000 backups: some fail, in six ways, some find a change. `month` itself compares each round and all tables with
    what was foretold: a version per change and nothing more."""
    warm, *later = played(2_000 // DEVICES)
    assert (warm.backups, later[-1].backups) == (200, 2_000)
    assert later[-1].rows["versions"] > warm.rows["versions"] > DEVICES
    for held in later:
        assert held.rss < 1.05 * warm.rss, f"{warm.rss} octets grew to {held.rss}"
        assert held.in_use < 1.05 * warm.in_use, f"{warm.in_use} octets grew to {held.in_use}"
        assert (held.descriptors, held.threads) == (warm.descriptors, warm.threads)


def test_fault_84_backups_that_fail_and_find_changes_leave_no_descriptor_thread_or_row() -> None:
    warm, *later = month(5, looks=(2, 5))
    assert {(held.descriptors, held.threads) for held in later} == {(warm.descriptors, warm.threads)}
    assert later[-1].rows["versions"] > DEVICES
