"""The availability report: percent of measured time, unmeasured apart, as CSV and as a spreadsheet."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from odfdo import Document

from nms.base.errors import InputError
from nms.ops import reports
from nms.ops.history import Sample
from nms.ops.history_sqlite import SqliteStore
from nms.ops.network import Network
from nms.ops.state import Kind, Measures, State, Subject

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
START_S = int(START.timestamp())


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    store = SqliteStore(tmp_path / "ts.db")
    states = [State.UP] * 60 + [State.DEGRADED] * 30 + [State.DOWN] * 10
    rows = [Sample(Kind.LINK, "L1", s, 60, Measures(START_S + 60 * n)) for n, s in enumerate(states)]
    store.write_batch([*rows, Sample(Kind.LINK, "L2", State.UNKNOWN, 60, Measures(START_S))])
    store.roll_up(START_S + 7200)
    subject = Subject(Kind.LINK, "L1", "=cmd|' /C calc'!A0", "d", "s", "86194", "86")
    found = reports.availability(
        store, Network(subjects={(Kind.LINK, "L1"): subject}), START, datetime(2026, 11, 23, 14, tzinfo=UTC)
    )
    store.close()
    return found


def test_percent_is_of_the_measured_time(table: pd.DataFrame) -> None:
    row = table.set_index("name").loc["L1"]
    assert row["availability_pct"] == 90.0
    assert row["unmeasured_h"] == pytest.approx(20 / 60, abs=1e-3)
    assert row["up_h"] + row["degraded_h"] + row["down_h"] + row["unknown_h"] + row["unmeasured_h"] == pytest.approx(
        2, abs=1e-3
    )


def test_what_was_never_measured_has_no_percentage(table: pd.DataFrame) -> None:
    assert pd.isna(table.set_index("name").loc["L2"]["availability_pct"])


def test_a_label_is_no_formula_in_csv(table: pd.DataFrame) -> None:
    text = reports.as_csv(table)
    assert "'=cmd" in text
    assert ",=cmd" not in text


def test_the_spreadsheet_reads_back(table: pd.DataFrame) -> None:
    sheet = Document(BytesIO(reports.as_ods(table))).body.get_table(0)
    assert sheet is not None
    rows = sheet.get_values()
    assert rows[0] == list(table.columns)
    back = pd.DataFrame(rows[1:], columns=rows[0])
    assert list(back["name"]) == list(table["name"])
    assert float(back["availability_pct"][0]) == 90.0


def test_a_month_is_that_of_paris() -> None:
    start, end = reports.month("2026-03")
    assert start == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert end == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert reports.month("2026-12")[1] == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026", "2026-13", "mars", "2026-11-23", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a month"):
        reports.month(text)
