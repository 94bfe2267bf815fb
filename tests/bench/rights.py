"""Rights at the size of a country: 100,000 commune-level rights, beside PostgreSQL's own exclusion constraint."""

from __future__ import annotations

import json
import random
import tempfile
import time
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from nms.base.db import Database
from nms.base.errors import Conflict
from spectrum import told
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.chronicle import Chronicle, chronicle
from spectrum.projects import again, judgement, project_of_act
from spectrum.rights import Extent, Period, minus, overlaps
from tests.bench.peers import Row, beside, median_s
from tests.fakes.postgres import PrivatePostgres

RIGHTS, COMMUNES, FIRST = 100_000, 4_489, date(2006, 8, 13)
BLOCKS = (
    Bands.of((3_432_500, 3_447_500), (3_532_500, 3_547_500)),
    Bands.of((3_465_000, 3_480_000), (3_565_000, 3_580_000)),
)
_TABLE = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "CREATE TABLE cell (atom varchar(8), bands int4multirange, period daterange, "
    "EXCLUDE USING gist (atom WITH =, bands WITH &&, period WITH &&))",
)
_INSERT = text(
    "INSERT INTO cell SELECT atom, CAST(bands AS int4multirange), CAST(period AS daterange) "
    "FROM unnest(CAST(:atoms AS varchar[]), CAST(:bands AS varchar[]), CAST(:periods AS varchar[])) "
    "AS one(atom, bands, period) ON CONFLICT DO NOTHING"
)


@cache
def drawn() -> tuple[Act, ...]:
    """Attributions drawn by lot: one commune, one of two blocks, 30 to 150 days within nine years."""
    dice = random.Random(744)
    acts = []
    for number in range(RIGHTS):
        start = FIRST + timedelta(dice.randrange(3_285))
        end = start + timedelta(dice.randrange(30, 150))
        area = frozenset({f"{dice.randrange(COMMUNES):05}"})
        party = f"P{number}"
        bands = BLOCKS[dice.randrange(2)]
        acts.append(
            Act(f"B{number}", Step.ATTRIBUTION, start, start, area, bands, cessionnaire=party, until=end, order=number)
        )
    return tuple(sorted(acts, key=lambda act: (act.effective_on, act.order)))


def folded() -> Chronicle:
    """Every act in turn, each judged against all that stand; those that contradict are told and left out."""
    found = Chronicle()
    for act in drawn():
        try:
            found.apply(act)
        except Conflict:
            continue
    return found


def conflicts() -> Row:
    """The register's fold with its conflict check, beside PostgreSQL's exclusion constraint on the same rights."""
    acts = drawn()
    kept = len(folded().holdings())
    ours = median_s(folded, 3)
    with tempfile.TemporaryDirectory() as folder, PrivatePostgres(Path(folder)) as server:
        database = Database(server.new_database())
        try:
            peer_kept, runs = 0, []
            for _ in range(3):
                peer_kept, seconds = _excluded(database, acts)
                runs.append(seconds)
        finally:
            database.dispose()
    peer = {"s": sorted(runs)[1], "low": min(runs), "high": max(runs)}
    return beside(ours, peer) | {"rights": RIGHTS, "kept": kept, "peer_kept": peer_kept}


def _columns(acts: tuple[Act, ...]) -> dict[str, list[object]]:
    """The rights as columns for PostgreSQL."""
    return {
        "atoms": [next(iter(act.area)) for act in acts],
        "bands": ["{" + ",".join(f"[{a},{b})" for a, b in act.bands.parts or ()) + "}" for act in acts],
        "periods": [f"[{act.effective_on},{act.until})" for act in acts],
    }


def _excluded(database: Database, acts: tuple[Act, ...]) -> tuple[int, float]:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS cell"))
        for statement in _TABLE:
            connection.execute(text(statement))
    rows = _columns(acts)
    began = time.perf_counter()
    with database.engine.begin() as connection:
        connection.execute(_INSERT, rows)
    seconds = time.perf_counter() - began
    with database.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM cell")) or 0), seconds


_SIDE = 67
_GEOMETRY = (
    "CREATE EXTENSION IF NOT EXISTS postgis",
    "CREATE TABLE commune (atom varchar(8) PRIMARY KEY, shape geometry)",
    "CREATE TABLE drawn (id int, atom varchar(8), shape geometry, bands int4multirange, period daterange)",
    "CREATE INDEX ON drawn USING gist (shape)",
)
_SQUARES = text(
    "INSERT INTO commune SELECT lpad(n::text, 5, '0'), "
    "ST_MakeEnvelope(n % :side, n / :side, n % :side + 1, n / :side + 1) FROM generate_series(0, :most) AS n"
)
_DRAWN = text(
    "INSERT INTO drawn SELECT id, one.atom, shape, CAST(bands AS int4multirange), CAST(period AS daterange) "
    "FROM unnest(CAST(:ids AS int[]), CAST(:atoms AS varchar[]), CAST(:bands AS varchar[]), "
    "CAST(:periods AS varchar[])) AS one(id, atom, bands, period) JOIN commune USING (atom)"
)
_PAIRS = text(
    "SELECT count(*), count(*) FILTER (WHERE a.atom <> b.atom) FROM drawn a JOIN drawn b ON a.id < b.id "
    "AND ST_Intersects(a.shape, b.shape) AND a.period && b.period AND a.bands && b.bands"
)


def geometry() -> Row:
    """Every pair of rights in conflict: by commune codes, beside ST_Intersects on square communes.

    Neighbours share an edge: geometry finds conflicts that are none, and `false_pairs` counts them.
    """
    acts = drawn()
    extents = [Extent(act.area, act.bands, Period(act.effective_on, act.until)) for act in acts]
    ours = median_s(lambda: sum(1 for _ in overlaps(extents)), 3)
    found = sum(1 for _ in overlaps(extents))
    with tempfile.TemporaryDirectory() as folder, PrivatePostgres(Path(folder)) as server:
        database = Database(server.new_database())
        try:
            with database.engine.begin() as connection:
                for statement in _GEOMETRY:
                    connection.execute(text(statement))
                connection.execute(_SQUARES, {"side": _SIDE, "most": COMMUNES - 1})
                connection.execute(_DRAWN, _columns(acts) | {"ids": list(range(len(acts)))})
                connection.execute(text("ANALYZE drawn"))
            began = time.perf_counter()
            with database.engine.connect() as connection:
                pairs, wrong = connection.execute(_PAIRS).one()
            seconds = time.perf_counter() - began
        except DBAPIError as missing:
            return {"ours_s": ours["s"], "ours_low_s": ours["low"], "ours_high_s": ours["high"], "pairs": found} | (
                {} if "postgis" in str(missing.orig) else {"failed": 1}
            )
        finally:
            database.dispose()
    if pairs - wrong != found:
        raise SystemExit(f"geometry finds {pairs - wrong} true pairs, the codes {found}")
    peer = {"s": seconds, "low": seconds, "high": seconds}
    return beside(ours, peer) | {"rights": len(acts), "pairs": found, "false_pairs": wrong}


def as_of_a_day() -> Row:
    """Holdings of one day out of the fold, beside looking at each right in turn without names and marks."""
    register, day = folded(), FIRST + timedelta(1_600)
    extents = [one.extent for one in register.holdings()]
    ours = median_s(lambda: register.on(day), 5)
    peer = median_s(lambda: [extent for extent in extents if extent.period.holds(day)], 5)
    return beside(ours, peer) | {"rights": len(extents)}


def invariant() -> Row:
    """At most one holder anywhere: the sweep over 100,000 rights, beside comparing them by commune pair by pair."""
    extents = [Extent(act.area, act.bands, Period(act.effective_on, act.until)) for act in drawn()]
    found = sum(1 for _ in overlaps(extents))
    ours = median_s(lambda: sum(1 for _ in overlaps(extents)), 3)
    peer = median_s(lambda: _pair_by_pair(extents), 3)
    if _pair_by_pair(extents) != found:
        raise SystemExit("the sweep and the plain comparison disagree")
    return beside(ours, peer) | {"rights": len(extents), "pairs": found}


def _pair_by_pair(extents: list[Extent]) -> int:
    by_atom: dict[str, list[Extent]] = {}
    for extent in extents:
        by_atom.setdefault(next(iter(extent.area)), []).append(extent)
    count = 0
    for group in by_atom.values():
        for place, one in enumerate(group):
            for other in group[place + 1 :]:
                count += (
                    one.period.intersection(other.period) is not None and one.bands.intersects(other.bands) == "yes"
                )
    return count


CESSIONS = 400


@cache
def _region() -> tuple[Act, ...]:
    """A title over 1,338 communes and 400 cessions out of it: one to four communes, one channel, some years each."""
    dice = random.Random(1338)
    communes = [f"{number:05}" for number in range(1_338)]
    end = FIRST + timedelta(7_300)
    title = Act("T", Step.ATTRIBUTION, FIRST, FIRST, frozenset(communes), BLOCKS[0], cessionnaire="Région", until=end)
    acts = [title]
    for number in range(1, CESSIONS + 1):
        start = FIRST + timedelta(dice.randrange(2_000))
        low = 3_432_500 + 3_500 * dice.randrange(4)
        acts.append(
            Act(
                f"C{number}", Step.ISSUE, start, start, frozenset(dice.sample(communes, dice.randint(1, 4))),
                Bands.of((low, low + 3_500), (low + 100_000, low + 103_500)), cedant="Région",
                cessionnaire=f"P{number}", until=start + timedelta(dice.randrange(300, 3_000)), order=number,
            )
        )  # fmt: skip
    kept: list[Act] = []
    found = Chronicle()
    for act in sorted(acts, key=lambda act: (act.effective_on, act.order)):
        with suppress(Conflict):
            found.apply(act)
            kept.append(act)
    return tuple(kept)


def residual_of_the_region() -> Row:
    """What may still be ceded, out of the fold, beside subtracting every cession from the title anew."""
    acts = _region()
    folded_region, day = chronicle(acts), FIRST + timedelta(2_500)
    title = Extent(acts[0].area, acts[0].bands, Period(FIRST, acts[0].until))
    taken = [Extent(act.area, act.bands, Period(act.effective_on, act.until)) for act in acts[1:]]
    ours = median_s(lambda: told.residual(folded_region, day, None, "Région"), 5)
    peer = median_s(lambda: minus([title], taken), 3)
    return beside(ours, peer) | {"rights": len(acts)}


def rejudged() -> Row:
    """Every stored judgement made again, beside merely reading it."""
    acts, stored, before = _region(), [], Chronicle()
    for act in acts:
        if (project := project_of_act(act, before)) is not None:
            stored.append(json.dumps(judgement(project)))
        before.apply(act)
    if any(again(json.loads(one)) for one in stored):
        raise SystemExit("a judgement made again is another one")
    ours = median_s(lambda: [again(json.loads(one)) for one in stored], 3)
    peer = median_s(lambda: [json.loads(one) for one in stored], 3)
    return beside(ours, peer) | {"rights": len(stored)}
