"""`nms profile`: what is known, and a file judged with every complaint at once."""

from __future__ import annotations

import json
from pathlib import Path

from collectors.described import TEXT_LIMIT
from collectors.profile import bundled
from tests.fakes.memory_client import RECORDINGS
from tests.unit.app.conftest import Nms


def test_every_bundled_family_is_listed_with_how_it_is_recognised_and_why_a_code_is_never_used(nms: Nms) -> None:
    code, out, _ = nms("profile", "list")
    assert code == 0
    assert all(f"{profile.family}  " in out for profile in bundled())
    assert "has 1.3.6.1.2.1.10.184.1.1.2.3.1.1.8" in out
    assert "its decoding is not established" in out


def test_the_list_is_there_for_machines_too(nms: Nms) -> None:
    code, out, _ = nms("profile", "list", "--json")
    assert code == 0
    assert [item["family"] for item in json.loads(out)] == [profile.family for profile in bundled()]


def test_ones_own_family_is_listed_tried_and_a_broken_file_told(nms: Nms, nms_home: Path) -> None:
    folder = nms_home / "profiles"
    folder.mkdir(parents=True)
    (folder / "fabulon.yaml").write_text(
        "family: fabulon\nvendor: Fabulon\nrules:\n  - {score: 40, descr: ^Fabulon}\n"
        "radio:\n  - {metric: rssi, oid: 1.3.6.1.4.1.99777.2.1.1.4, kind: column, unit: dBm, scale: 0.1}\n"
    )
    (folder / "broken.yaml").write_text("family: broken\nvendor: [\n")
    code, out, err = nms("profile", "list")
    assert code == 0
    assert "fabulon  Fabulon  (other)  [own]" in out
    assert "cisco_ios" in out
    assert "broken.yaml:" in err
    code, out, _ = nms("profile", "test", str(RECORDINGS / "unknown_vendor.snmprec"), "--json")
    told = json.loads(out)
    assert (code, told["family"]) == (0, "fabulon")
    assert [reading["value"] for reading in told["radio"]] == [-61.5]


def test_a_file_with_the_name_of_a_bundled_family_is_refused_unless_it_says_so(nms: Nms, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    text = "family: cisco_ios\nvendor: Own\nrules:\n  - {score: 40, descr: ^Own}\n"
    file.write_text(text)
    code, _, err = nms("profile", "check", str(file))
    assert code == 1
    assert "replaces_bundled" in err
    file.write_text(text + "replaces_bundled: true\n")
    code, out, _ = nms("profile", "check", str(file))
    assert code == 0
    assert "replaces the bundled one" in out


def test_a_good_file_is_told_back_as_it_is_understood(nms: Nms, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("family: own_box\nvendor: Own\nrules:\n  - {score: 40, descr: ^Own}\n", "utf-8")
    code, out, _ = nms("profile", "check", str(file))
    assert code == 0
    assert "own_box  Own" in out
    assert "sysDescr matches ^Own" in out


def test_a_bad_file_gets_every_complaint_at_once_with_its_line(nms: Nms, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("family: Own\nvendor: Own\nrules:\n  - {score: 400, descr: ^Own}\ncolour: red\n", "utf-8")
    code, _, err = nms("profile", "check", str(file))
    assert code == 1
    assert sorted(line.split(": ")[0] for line in err.splitlines()) == ["own.yaml:1", "own.yaml:4", "own.yaml:5"]


def test_a_file_that_is_no_text_or_too_long_is_refused_in_a_sentence(nms: Nms, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    for octets in (b"\xff\xfe\x00", b"#" * (TEXT_LIMIT + 1)):
        file.write_bytes(octets)
        code, _, err = nms("profile", "check", str(file))
        assert code == 1
        assert "own.yaml" in err
        assert "Traceback" not in err


def test_a_recording_is_read_as_the_family_that_it_is_and_says_why(nms: Nms) -> None:
    code, out, _ = nms("profile", "test", str(RECORDINGS / "af60.snmprec"), "--json")
    told = json.loads(out)
    assert code == 0
    assert told["family"] == "ubiquiti_af60"
    assert told["why"]
    assert told["radio"]


WALK = """.1.3.6.1.2.1.1.1.0 = STRING: "Own box
second line"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999.1
.1.3.6.1.2.1.1.3.0 = Timeticks: (1234) 0:00:12.34
.1.3.6.1.4.1.99999.5.1.0 = INTEGER: up(1)
.1.3.6.1.4.1.99999.5.2.0 = Hex-STRING: 00 1A
"""


def test_the_text_of_snmpwalk_is_read_with_an_own_profile_and_what_nothing_reads_is_counted(
    nms: Nms, tmp_path: Path
) -> None:
    walk, own = tmp_path / "box.txt", tmp_path / "own.yaml"
    walk.write_text(WALK, "utf-8")
    own.write_text("family: own_box\nvendor: Own\nrules:\n  - {score: 99, descr: ^Own}\n", "utf-8")
    code, out, _ = nms("profile", "test", str(walk), "--profile", str(own))
    assert code == 0
    assert out.startswith("own_box  Own")
    assert "because: sysDescr matches ^Own" in out
    assert "2 objects that nothing reads" in out
    assert "1.3.6.1.4.1.99999.5.1" in out


def test_a_bad_recording_gets_every_complaint_with_its_line(nms: Nms, tmp_path: Path) -> None:
    file = tmp_path / "bad.snmprec"
    file.write_text("1.3.6.1.2.1.1.1.0|4|x\n1.3|9|x\n1.3.6.1|2|many\n1.3.6.1.2.1.1.1.0|4|y\n", "utf-8")
    code, _, err = nms("profile", "test", str(file))
    assert code == 1
    assert [line.split(": ")[0] for line in err.splitlines()] == ["bad.snmprec:2", "bad.snmprec:3", "bad.snmprec:4"]


def test_a_frequency_is_told_in_full_and_a_value_that_is_not_usable_with_its_reason(nms: Nms) -> None:
    code, out, _ = nms("profile", "test", str(RECORDINGS / "airspan.snmprec"))
    assert code == 0
    assert "raw 2572000  2572000 kHz" in out
    assert "raw 62  not usable  (the unit of this object is not established)" in out
