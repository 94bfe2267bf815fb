"""A profile tried on a recording: what each row reads, what nothing reads, who wins; and a draft for the unknown."""

from __future__ import annotations

import pytest

from collectors.base import Metric, VarBind
from collectors.families import judge
from collectors.profile import bundled
from collectors.recording import parse as parse_recording
from collectors.trial import SHOWN_VALUES, attempt, draft
from tests.fakes.memory_client import RECORDINGS

RADIO = """radio:
  - {metric: frequency, oid: 1.3.6.1.4.1.99777.2.1.1.3, kind: column, unit: kHz, bands_mhz: [[3400, 3600]]}
  - {metric: noise, oid: 1.3.6.1.4.1.99777.2.1.1.5, kind: column, unit: dBm}
  - {metric: cinr, oid: 1.3.6.1.4.1.99777.9.0, kind: scalar, unit: dB}
"""


def recorded(name: str) -> list[VarBind]:
    return parse_recording((RECORDINGS / f"{name}.snmprec").read_text("utf-8"), name)


def test_each_row_tells_what_it_reads_and_why_not() -> None:
    rows = recorded("unknown_vendor")
    trial = attempt(rows, judge(draft(rows).replace("radio: []\n", RADIO)), bundled())
    assert trial.taken
    frequency, noise, cinr = trial.rows
    assert [(r.oid, r.raw, r.value) for r in frequency.shown] == [("1.3.6.1.4.1.99777.2.1.1.3.1", "3441750", 3_441_750)]
    assert (noise.found, noise.usable) == (1, 0)
    assert "outside" in noise.shown[0].reason
    assert (cinr.wanted.metric, cinr.found) == (Metric.CINR, 0)
    left = [row.oid for row in trial.unread]
    assert "1.3.6.1.4.1.99777.2.1.1.4.1" in left
    assert "1.3.6.1.4.1.99777.2.1.1.3.1" not in left
    assert left[0].startswith("1.3.6.1.4.1."), "the maker's own objects come first"


def test_a_family_that_wins_over_the_one_tried_is_named_and_its_objects_stay_unread() -> None:
    rows = recorded("airspan")
    weak = judge("family: weak_box\nvendor: W\nrules:\n  - {score: 5, descr: ^.}\n")
    trial = attempt(rows, weak, bundled())
    assert not trial.taken
    assert trial.result.family == "airspan"
    assert any(row.oid.startswith("1.3.6.1.4.1.989.1.16.2.") for row in trial.unread)


def test_long_tables_are_shown_in_part_and_counted_whole() -> None:
    head = "1.3.6.1.2.1.1.1.0|4|Fabulon\n"
    rows = parse_recording(head + "".join(f"1.3.6.1.4.1.99777.2.1.1.4.{n}|2|-60\n" for n in range(1, 41)), "long")
    profile = judge(
        "family: long_box\nvendor: L\nrules:\n  - {score: 9, descr: ^Fab}\n"
        "radio:\n  - {metric: rssi, oid: 1.3.6.1.4.1.99777.2.1.1.4, kind: column, unit: dBm}\n"
    )
    (row,) = attempt(rows, profile, bundled()).rows
    assert (len(row.shown), row.found, row.usable) == (SHOWN_VALUES, 40, 40)


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDINGS.glob("*.snmprec")))
def test_a_draft_of_any_recording_is_a_sound_profile_with_a_name_of_its_own(name: str) -> None:
    rows, taken = recorded(name), [profile.family for profile in bundled()]
    profile = judge(draft(rows, taken))
    assert profile.family not in taken
    trial = attempt(rows, profile, [known for known in bundled() if known.family == "generic"])
    assert trial.taken, "with nobody else to claim it, the device is recognised by its draft"
