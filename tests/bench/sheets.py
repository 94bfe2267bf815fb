"""A lawyer's spreadsheet of 1,000 cessions in one commune: read, understood and judged row by row."""

from __future__ import annotations

import io

import pandas as pd

from spectrum.sheet.columns import guess
from spectrum.sheet.file import read_sheet
from spectrum.sheet.judging import judge
from tests.bench.peers import Row, beside, median_s
from tests.unit.spectrum.register_facts import PLACES, licence

ROWS, FIRST_KHZ, STEP_KHZ = 1_000, 3_432_500, 14
_HEAD = "N° de décision;Date;Nature;Cédant;Cessionnaire;Commune;Bande de (MHz);Bande à (MHz);Début;Fin\n"


def text(rows: int = ROWS) -> bytes:
    """So many cessions of the Region's licence, each of a slice of its own of the band, in Poitiers."""
    lines = []
    for number in range(rows):
        low = FIRST_KHZ + number * STEP_KHZ
        band = f"{low / 1000:.3f};{(low + STEP_KHZ) / 1000:.3f}"
        lines.append(
            f"D-{number};12/03/2009;délivrance;Région Poitou-Charentes;P{number};Poitiers;{band};01/04/2009;\n"
        )
    return (_HEAD + "".join(lines)).encode()


def sheet() -> Row:
    """The dry run of the register, the law included, beside pandas comparing every pair of rows of the same file."""
    octets, standing = text(), [(licence().key, licence())]

    def ours() -> int:
        table = read_sheet(octets)
        plan = judge(table, guess(table), PLACES, standing)
        if plan.complaints:
            raise SystemExit(str(plan.complaints[0]))
        return len(plan.new)

    if ours() != ROWS or _pairs(octets):
        raise SystemExit("the rows of the bench do not stand together")
    return beside(median_s(ours, 3), median_s(lambda: _pairs(octets), 3)) | {"rights": ROWS}


def _pairs(octets: bytes) -> int:
    """How many pairs of rows share a commune, a kilohertz and a day: every pair is looked at."""
    frame = pd.read_csv(io.BytesIO(octets), sep=";")
    frame["low"], frame["high"] = frame["Bande de (MHz)"], frame["Bande à (MHz)"]
    frame["start"] = pd.to_datetime(frame["Début"], dayfirst=True)
    kept = frame[["Commune", "low", "high", "start"]].assign(row=range(len(frame)))
    both = kept.merge(kept, on="Commune")
    return int(((both.row_x < both.row_y) & (both.low_x < both.high_y) & (both.low_y < both.high_x)).sum())
