"""The page of faults is true: every row has a test, or says what it waits for."""

from __future__ import annotations

from tests.catalogue import PAGE, page, proved, rows


def test_every_row_is_proved_or_says_what_it_waits_for() -> None:
    """No row of the 91 is forgotten, and no test names a row that is not there."""
    assert sorted(rows()) == list(range(1, 92))
    assert set(proved()) <= set(rows())
    assert [number for number, row in rows().items() if number not in proved() and not row.get("open")] == []


def test_the_committed_page_is_the_one_that_the_tests_make() -> None:
    """Run `python -m tests.catalogue` when this fails."""
    assert PAGE.read_text("utf-8") == page()
