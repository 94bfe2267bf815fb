"""Families of one's own beside the bundled ones: taken up at once, never unsaid in another's place, never fatal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collectors.families import Families, is_kept, judge, kept_files
from collectors.faults import Refused
from collectors.profile import GENERIC, bundled

OWN = "family: own_box\nvendor: Own\nrules:\n  - {score: 40, descr: ^Own}\n"


def put(folder: Path, name: str, text: str | bytes = OWN) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_without_a_folder_there_are_the_bundled_ones(tmp_path: Path) -> None:
    for families in (Families(), Families(tmp_path / "profiles")):
        assert families.profiles() == bundled()


def test_a_file_is_taken_up_changed_and_given_up_without_a_restart(tmp_path: Path) -> None:
    families = Families(tmp_path)
    before = families.known()
    assert families.known() is before, "nothing changed, nothing is read again"
    path = put(tmp_path, "own_box.yaml")
    known = families.known()
    assert known.own == {"own_box": OWN}
    assert known.family("own_box") in known.profiles
    put(tmp_path, "new.tmp", OWN.replace("Own", "Own2")).replace(path)
    assert families.known().family("own_box") != known.family("own_box")
    path.unlink()
    assert families.profiles() == bundled()


@pytest.mark.parametrize(
    ("name", "content", "line", "says"),
    [
        ("own_box.yaml", OWN + "colour: red\n", 5, "not known"),
        ("own_box.yaml", "family: [", 1, "not YAML"),
        ("own_box.yaml", b"family: own_box\n\xff\xfe", 2, "UTF-8"),
        ("other.yaml", OWN, 1, "own_box.yaml"),
        ("Own Box.yaml", OWN, 0, "FAMILY.yaml"),
        ("own_box.yml", OWN, 0, "FAMILY.yaml"),
        ("own_box.yaml", "family: own_box\nvendor: Own\n", 1, "without a rule"),
        ("own_box.yaml", OWN + "replaces_bundled: true\n", 5, "no bundled family"),
        ("cisco_ios.yaml", OWN.replace("own_box", "cisco_ios"), 1, "replaces_bundled"),
        ("generic.yaml", OWN.replace("own_box", GENERIC) + "replaces_bundled: true\n", 1, "fall back"),
        ("own_box.yaml", OWN.replace("^Own", "'(a|a)*b'"), 4, "very long"),
        ("own_box.yaml", OWN.replace("^Own", "'a.*b.*c'"), 4, "very long"),
        ("own_box.yaml", "a: !!python/object/apply:os.system [true]", 1, "not YAML"),
    ],
)
def test_a_bad_file_is_a_complaint_with_its_line_and_stops_no_other(
    tmp_path: Path, name: str, content: str | bytes, line: int, says: str
) -> None:
    put(tmp_path, name, content)
    put(tmp_path, "sound_box.yaml", OWN.replace("own_box", "sound_box"))
    known = Families(tmp_path).known()
    assert [complaint.file for complaint in known.complaints] == [name]
    fault = known.complaints[0].faults[0]
    assert fault.line == line
    assert says in fault.message
    assert list(known.own) == ["sound_box"]
    assert set(bundled()) <= set(known.profiles)


def test_a_bundled_family_is_replaced_only_when_the_file_says_so(tmp_path: Path) -> None:
    put(tmp_path, "cisco_ios.yaml", OWN.replace("own_box", "cisco_ios") + "replaces_bundled: true\n")
    known = Families(tmp_path).known()
    assert [profile.vendor for profile in known.profiles if profile.family == "cisco_ios"] == ["Own"]


def test_a_link_a_folder_and_a_pipe_are_no_profiles_and_hold_nobody_up(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "own_box.yaml")
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "own_box.yaml").symlink_to(outside)
    (folder / "a_folder.yaml").mkdir()
    os.mkfifo(folder / "a_pipe.yaml")
    known = Families(folder).known()
    assert not known.own
    assert len(known.complaints) == 3


def test_only_profiles_and_their_versions_are_kept_in_a_backup(tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    put(folder, "own_box.yaml")
    put(folder / "versions", "own_box.0001.yaml")
    put(folder, "notes.txt")
    assert [path.name for path in kept_files(tmp_path)] == ["own_box.yaml", "own_box.0001.yaml"]
    assert not any(map(is_kept, ("../own_box.yaml", "versions/own_box.yaml", "x/own_box.yaml", "Own.yaml", "")))


def test_every_bundled_profile_would_pass_as_a_replacement_of_itself() -> None:
    from collectors.profile import bundled_texts

    for name, text in bundled_texts().items():
        if name != f"{GENERIC}.yaml":
            assert judge(f"{text.rstrip()}\nreplaces_bundled: true\n").replaces_bundled
            with pytest.raises(Refused, match="replaces_bundled"):
                judge(text)
