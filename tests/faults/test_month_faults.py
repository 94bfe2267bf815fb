"""Row 84 for backups of configurations: a month of them leaves memory, descriptors, threads and tables as they were."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from tests.fakes.month_of_backups import DEVICES, Held, month

SLOWER_MOST = 0.5
"""The last tenth makes at least this share of the backups a minute of the first."""


def played(passes: int) -> list[Held]:
    """A month of so many passes, in a process of its own, whose memory is that of backups alone."""
    command = [sys.executable, "-m", "tests.fakes.month_of_backups", str(passes)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return [Held(**held) for held in json.loads(said)]


def per_minute(earlier: Held | None, later: Held) -> float:
    """Backups a minute between two looks, or since the beginning."""
    done, took_s = (earlier.backups, earlier.seconds) if earlier is not None else (0, 0.0)
    return 60 * (later.backups - done) / (later.seconds - took_s)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_fault_84_a_month_of_backups_grows_nothing_but_versions_and_stays_as_fast() -> None:
    """2,000 nightly passes: some fail, in six ways, some find a change.

    `month` itself compares each pass and all tables with what was foretold: a version per change and nothing more.
    """
    passes = 2_000
    warm, *later = played(passes)
    assert (warm.backups, later[-1].backups) == (passes * DEVICES // 10, passes * DEVICES)
    assert later[-1].rows["versions"] > passes * 0.8
    for held in later:
        assert held.rss < 1.05 * warm.rss, f"{warm.rss} octets grew to {held.rss}"
        assert held.in_use < 1.05 * warm.in_use, f"{warm.in_use} octets grew to {held.in_use}"
        assert (held.descriptors, held.threads) == (warm.descriptors, warm.threads)
    first, last = per_minute(None, warm), per_minute(later[-2], later[-1])
    print(json.dumps([asdict(held) for held in (warm, *later)]), round(first), round(last))
    assert last > SLOWER_MOST * first, f"{first:.0f} backups a minute fell to {last:.0f}"


def test_fault_84_backups_that_fail_and_find_changes_leave_no_descriptor_thread_or_row() -> None:
    warm, *later = month(5, looks=(2, 5))
    assert {(held.descriptors, held.threads) for held in later} == {(warm.descriptors, warm.threads)}
    assert later[-1].rows["versions"] > DEVICES
