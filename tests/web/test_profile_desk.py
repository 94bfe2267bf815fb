"""The desk of profiles: what is typed is never lost, what is unsound never saved, what is foreign never opened."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collectors.profile import bundled
from nms.base.permissions import Role
from tests.fakes.memory_client import RECORDINGS
from tests.fakes.site import Web, csrf_of
from web import profile_desk

OWN = "family: own_box\nvendor: Own\nrules:\n  - {score: 40, descr: ^Own}\n"
DESK = "/inventaire/profil"


def send(client: FlaskClient, what: str, text: str = "", **form: object) -> TestResponse:
    word = csrf_of(client.get(DESK))
    return client.post(DESK, data={"csrf_token": word, "what": what, "text": text, **form})


def on_desk(page: TestResponse) -> str:
    found = re.search(r'id="text"[^>]*>\n(.*?)</textarea>', page.get_data(as_text=True), re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def told(page: TestResponse) -> str:
    return html.unescape(page.get_data(as_text=True))


def test_every_bundled_family_opens_under_another_name_and_is_sound_there(web: Web) -> None:
    client = web.client(Role.ENGINEER)
    for profile in bundled():
        if profile.family == "generic":
            continue
        text = on_desk(client.get(f"{DESK}?depuis={profile.family}"))
        assert text.startswith(("#", f"family: {profile.family}_own"))
        assert send(client, "check", text).status_code == 200


def test_faults_come_all_at_once_in_the_readers_language_and_nothing_typed_is_lost(web: Web) -> None:
    client = web.client(Role.ENGINEER)
    bad = OWN.replace("40", "400") + "colour: <b>red</b>\n# à moi & à toi\n"
    page = send(client, "save", bad)
    assert page.status_code == 422
    assert on_desk(page) == bad
    assert "2 défauts" in told(page)
    assert "doit être au plus 100" in told(page)
    assert "cette clé n’est pas connue ici" in told(page)
    assert "<b>red" not in page.get_data(as_text=True), "quoted, not run"
    assert not (web.services.settings.home / "profiles").exists()


def test_a_family_is_saved_shown_taken_away_changed_and_withdrawn(web: Web) -> None:
    client, viewer = web.client(Role.ENGINEER), web.client(Role.VIEWER)
    assert send(client, "save", OWN).headers["Location"].startswith("/familles/own_box")
    assert viewer.get("/familles/own_box.yaml").get_data(as_text=True) == OWN
    assert "own_box" in told(viewer.get("/familles"))
    opened = client.get(f"{DESK}?depuis=own_box")
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', opened.get_data(as_text=True))
    assert seen is not None
    newer = OWN.replace("vendor: Own", "vendor: Newer")
    assert send(client, "save", newer, seen=seen[1]).status_code == 303
    assert on_desk(client.get(f"{DESK}?depuis=own_box&version=1")) == OWN
    assert "enregistrée par engineer" in told(client.get("/familles/own_box"))
    assert web.post(client, f"{DESK}/own_box/retrait").status_code == 303
    assert "own_box" not in {profile.family for profile in web.services.families.profiles()}
    assert "retirée par engineer" in told(viewer.get("/familles/own_box")), "what was stays to be read"
    assert viewer.get("/familles/never_was").status_code == 404


def test_who_was_overtaken_keeps_their_text_and_is_told(web: Web) -> None:
    client = web.client(Role.ENGINEER)
    send(client, "save", OWN)
    mine = OWN.replace("vendor: Own", "vendor: Mine")
    late = send(client, "save", mine)
    assert late.status_code == 409
    assert on_desk(late) == mine
    assert "par quelqu’un d’autre" in told(late)


def test_a_broken_file_of_ones_own_is_told_on_the_page_with_its_line(web: Web) -> None:
    folder = web.services.settings.home / "profiles"
    folder.mkdir()
    (folder / "own_box.yaml").write_text(OWN + "colour: red\n")
    page = told(web.client(Role.VIEWER).get("/familles"))
    assert "own_box.yaml:5" in page
    assert "cette clé n’est pas connue ici" in page
    assert "cisco_ios" in page


@pytest.mark.parametrize(
    ("name", "octets", "says"),
    [
        ("walk.txt", b"iso.3.6.1 = INTEGER: 1\nnonsense\n", "ligne 1"),
        ("walk.txt", b"\xff\xfe\x00", "UTF-8"),
        ("walk.txt", b"", "pas d’objet"),
        ("walk.txt", b"#" * 1_001, "au plus 1000 octets"),
    ],
)
def test_a_bad_recording_is_refused_in_a_sentence_and_the_text_stays(
    web: Web, monkeypatch: pytest.MonkeyPatch, name: str, octets: bytes, says: str
) -> None:
    monkeypatch.setattr(profile_desk, "MAX_OCTETS", 1_000)
    page = send(web.client(Role.ENGINEER), "check", OWN, file=(io.BytesIO(octets), name))
    assert page.status_code == 422
    assert says in told(page)
    assert on_desk(page) == OWN


def test_a_recording_is_kept_for_its_owner_and_for_nobody_else(web: Web) -> None:
    client = web.client(Role.ENGINEER)
    pasted = (RECORDINGS / "airspan.snmprec").read_text("utf-8")
    text = on_desk(client.get(f"{DESK}?depuis=airspan"))
    page = send(client, "check", text, pasted=pasted)
    kept = re.search(r'name="kept" value="([0-9a-f]{64})"', page.get_data(as_text=True))
    assert kept is not None
    assert "1.3.6.1.4.1.989.1.16.2.7.7.2.1.3" in told(send(client, "check", text, kept=kept[1]))
    for foreign in ("0" * 64, "../nms", f"../uploads/{kept[1]}"):
        assert send(client, "check", text, kept=foreign).status_code == 422
    path = Path(web.services.settings.home / "uploads" / f"{kept[1]}.snmprec")
    path.write_bytes(path.read_bytes() + b"\n")
    assert send(client, "check", text, kept=kept[1]).status_code == 422, "no longer what was kept"


def test_every_reason_of_a_bundled_profile_is_told_in_french(web: Web) -> None:
    viewer = web.client(Role.VIEWER)
    for profile in bundled():
        if any(row.unusable for row in profile.radio):
            page = told(viewer.get(f"/familles/{profile.family}"))
            table = page.partition("<table")[2].partition("<details")[0]
            for row in profile.radio:
                assert not row.unusable or row.unusable not in table, row.unusable
