"""The inventory in the browser: what is typed is kept, what is wrong is said, what others wrote is not lost."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from flask.testing import FlaskClient

from inventory import service
from inventory.forms import ObjectKind
from nms.base.permissions import SYSTEM, Role
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from tests.fakes.site import HERE, Web, csrf_of
from web.app import create_app


def test_an_engineer_adds_a_device_and_sees_it(web: Web) -> None:
    """From the form to the inventory, with its life and its trace."""
    client = web.client(Role.ENGINEER)
    page = "/inventaire/nouveau/device"
    answer = web.post(
        client, page, page, name="new-1", address="10.0.9.1", credential="lab", site="site-a", role="router"
    )
    assert answer.status_code == 302
    shown = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Enregistré." in shown
    assert "10.0.9.1" in shown
    assert "par engineer" in shown


def test_every_wrong_field_is_named_in_french_and_what_was_typed_stays(web: Web) -> None:
    """Three errors at once, each beside its field; nothing is saved."""
    client = web.client(Role.ENGINEER)
    page = "/inventaire/nouveau/device"
    form = {"name": "bad name", "address": "10.0.0.1:99999", "site": "nowhere", "poll_interval_s": "often"}
    answer = web.post(client, page, page, **form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "n’est pas un nom utilisable" in text
    assert "n’est pas un port" in text
    assert "un nombre entier de 5 à 86400 s" in text
    for value in form.values():
        assert f'value="{value}"' in text
    english = client.post("/preferences", data={"csrf_token": csrf_of(client.get(page)), "language": "en"})
    assert english.status_code == 302
    assert "is not a usable name" in web.post(client, page, page, **form).get_data(as_text=True)


def test_a_reference_that_is_not_there_is_said_beside_its_field(web: Web) -> None:
    """A name of nothing is refused with the remedy."""
    client = web.client(Role.ENGINEER)
    page = "/inventaire/nouveau/sector"
    text = web.post(client, page, page, name="sec-c", device="bs-zzz").get_data(as_text=True)
    assert "rien de ce nom (équipement)" in text


def test_a_name_that_is_taken_is_no_silent_change(web: Web) -> None:
    """Adding never overwrites."""
    client = web.client(Role.ENGINEER)
    page = "/inventaire/nouveau/device"
    answer = web.post(client, page, page, name="bs-a", address="10.0.9.9")
    assert answer.status_code == 400
    assert "il y en a déjà un de ce nom" in answer.get_data(as_text=True)


def test_what_somebody_else_saved_meanwhile_is_shown_and_not_overwritten(web: Web) -> None:
    """Two forms opened at once: the second one is told what is saved now, keeps its text, and may insist."""
    first, second = web.client(Role.ENGINEER), web.client(Role.ENGINEER)
    page = "/inventaire/device/bs-a"
    pages = [client.get(page).get_data(as_text=True) for client in (first, second)]
    forms = [_form(text) for text in pages]
    assert first.post(page, data=forms[0] | {"label": "Theirs"}).status_code == 302
    refused = second.post(page, data=forms[1] | {"label": "Mine"})
    text = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "Theirs" in text
    assert 'value="Mine"' in text
    assert second.post(page, data=_form(text) | {"label": "Mine"}).status_code == 302
    assert 'value="Mine"' in second.get(page).get_data(as_text=True)


def test_what_changed_is_told_in_words_and_a_name_stays_a_name(web: Web) -> None:
    """Values of an enum are told as the form shows them; free text that reads like one is left alone."""
    first, second = web.client(Role.ENGINEER), web.client(Role.ENGINEER)
    page = "/inventaire/site/site-a"
    mine = _form(second.get(page).get_data(as_text=True))
    saved = {"site_kind": "town_hall", "label": "pop"}
    assert first.post(page, data=_form(first.get(page).get_data(as_text=True)) | saved).status_code == 302
    theirs = second.post(page, data=mine | {"site_kind": "pop"})
    assert theirs.status_code == 409
    assert "<li>Nature du site\u00a0: mairie</li>" in theirs.get_data(as_text=True)
    history = first.get(page).get_data(as_text=True)
    assert " → mairie</li>" in history
    assert " → pop</li>" in history


def _form(text: str) -> dict[str, str]:
    import re

    found = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]*)"', text))
    fields = dict(re.findall(r'id="f-(\w+)" name="\w+" value="([^"]*)"', text))
    return found | {name: value for name, value in fields.items() if value}


def test_a_device_moves_through_its_life(web: Web) -> None:
    """Retired and back: each step is dated and signed."""
    client = web.client(Role.ENGINEER)
    page = "/inventaire/device/bs-a"
    assert web.post(client, "/inventaire/vie/device/bs-a", page, to="retired").status_code == 302
    text = client.get(page).get_data(as_text=True)
    assert "retiré" in text
    assert web.post(client, "/inventaire/vie/device/bs-a", page, to="nonsense").status_code == 400
    with web.database.reading() as session:
        assert [step.after.value for step in service.life_of(session, ObjectKind.DEVICE, "bs-a")] == [
            "in_service",
            "retired",
        ]


def test_every_kind_has_a_list_a_form_and_an_empty_form(web: Web) -> None:
    """No kind is forgotten, and each object of the inventory opens."""
    client = web.client(Role.ENGINEER)
    names = {"site": "site-a", "device": "bs-a", "interface": "eth0?appareil=bs-a", "sector": "sec-a", "link": "link-a"}
    names |= {"hotspot": "spot-a"}
    for kind in ("site", "device", "interface", "sector", "terminal", "link", "hotspot", "contact"):
        assert client.get(f"/inventaire/{kind}").status_code == 200, kind
        assert client.get(f"/inventaire/nouveau/{kind}").status_code == 200, kind
        if kind in names:
            assert client.get(f"/inventaire/{kind}/{names[kind]}").status_code == 200, kind
    assert client.get("/inventaire/device/none").status_code == 404
    assert client.get("/inventaire/planet").status_code == 404


def test_a_site_is_found_by_the_name_of_its_commune(web: Web) -> None:
    found = web.client(Role.ENGINEER).get("/inventaire/site?q=poitiers").get_data(as_text=True)
    assert f'<td>{HERE} <span class="soft">Poitiers</span></td>' in found
    assert "17300" not in found


def test_who_holds_frequencies_is_offered_as_owner_of_a_site(web: Web) -> None:
    start = date(2026, 1, 1)
    lot = Bands.of((3_432_500, 3_447_500))
    area = frozenset({HERE})
    title = Act("T-1", Step.ATTRIBUTION, start, start, area, lot, cessionnaire="Région X", area_text=HERE)
    web.services.register.replay([title], SYSTEM)
    text = web.client(Role.ENGINEER).get("/inventaire/nouveau/site").get_data(as_text=True)
    assert 'list="o-party"' in text
    assert '<option value="Région X">' in text


def test_a_port_is_edited_under_its_device(web: Web) -> None:
    """A port's name may hold slashes; its device says which one it is."""
    client = web.client(Role.ENGINEER)
    page = "/inventaire/nouveau/interface"
    answer = web.post(client, page, page, device="bs-a", name="ge-0/0/1", speed_bps="1000000000")
    assert answer.status_code == 302
    where = answer.headers["Location"]
    assert "1000000000" in client.get(where).get_data(as_text=True)
    assert (
        web.post(
            client, where, where, seen=_form(client.get(where).get_data(as_text=True))["seen"], alias="Uplink"
        ).status_code
        == 302
    )
    assert "Uplink" in client.get(where).get_data(as_text=True)


def _send(web: Web, client: FlaskClient, text: str, name: str = "inventory.csv") -> tuple[int, str]:
    word = csrf_of(client.get("/inventaire/import"))
    data = {"csrf_token": word, "file": (io.BytesIO(text.encode()), name)}
    answer = client.post("/inventaire/import", data=data, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_file_is_judged_shown_and_imported_only_when_confirmed(web: Web) -> None:
    """Nothing is written before the second click."""
    import re

    client = web.client(Role.ENGINEER)
    status, text = _send(web, client, "name,address,credential\nnew-1,10.0.9.1,lab\nnew-2,10.0.9.2,lab\n")
    assert status == 200
    assert "<dt>Nouveaux</dt><dd>Équipements\u00a0: 2</dd>" in text
    assert client.get("/inventaire/device/new-1").status_code == 404
    kept = re.search(r'action="(/inventaire/import/[0-9a-f]{64})"', text)
    assert kept is not None
    done = web.post(client, kept[1], "/inventaire/import", name="inventory.csv")
    assert "Importé." in done.get_data(as_text=True)
    assert client.get("/inventaire/device/new-1").status_code == 200
    assert web.post(client, kept[1], "/inventaire/import").status_code == 404


def test_the_file_of_one_user_is_not_another_s_to_confirm(web: Web) -> None:
    """The reference is bound to who sent the file."""
    import re

    with web.database.transaction() as session:
        from nms.base.permissions import SYSTEM
        from tests.fakes.site import PASSWORD
        from web import users

        users.create_user(session, SYSTEM, web.clock.now(), "second", PASSWORD, [Role.ENGINEER])
    _, text = _send(web, web.client(Role.ENGINEER), "name,address\nnew-1,10.0.9.1\n")
    kept = re.search(r'action="(/inventaire/import/[0-9a-f]{64})"', text)
    assert kept is not None
    other = web.app.test_client()
    web.log_in(other, "second")
    assert web.post(other, kept[1], "/inventaire/import").status_code == 404
    assert web.post(other, "/inventaire/import/..%2f..%2fsecret", "/inventaire/import").status_code == 404


def test_every_error_of_a_file_is_listed_with_row_column_value_and_remedy(web: Web) -> None:
    """All or nothing, and the remedies are in the reader's language."""
    client = web.client(Role.ENGINEER)
    status, text = _send(web, client, "name,address,insee\nnew-1,10.0.9.1:0,86194\nnew 2,10.0.9.2,86999\n")
    assert status == 422
    for part in (
        "10.0.9.1:0",
        "n’est pas un port",
        "new 2",
        "86999",
        "aucune commune n’a ni n’avait ce code",
    ):
        assert part in text, part
    assert "3 erreurs" in text


@pytest.mark.parametrize(("text", "said"), [("", "vide"), ("PK\x03\x04rest", "classeur")])
def test_what_is_no_table_is_refused_in_a_sentence(web: Web, text: str, said: str) -> None:
    """An empty file, or a workbook."""
    status, page = _send(web, web.client(Role.ENGINEER), text)
    assert status == 400
    assert said in page


def test_the_export_comes_back_as_the_same_inventory(web: Web) -> None:
    """Export, then import: nothing changes."""
    client = web.client(Role.ENGINEER)
    exported = client.get("/inventaire/export.csv").get_data(as_text=True)
    status, text = _send(web, client, exported)
    assert status == 200, text
    assert "<dt>Inchangés</dt>" in text
    assert "FeatureCollection" in client.get("/inventaire/export.geojson").get_data(as_text=True)


def test_the_demo_network_takes_no_device_of_one_s_own(web: Web) -> None:
    """It is refused with the way out, in every door."""
    web.app = create_app(replace(web.services, settings=replace(web.services.settings, simulated=True)))
    client = web.client(Role.ENGINEER)
    page = "/inventaire/nouveau/device"
    answer = web.post(client, page, page, name="mine", address="10.0.0.9")
    assert answer.status_code == 409
    assert "make run INVENTORY=" in answer.get_data(as_text=True)
    assert web.post(client, "/inventaire/vie/device/bs-a", page, to="retired").status_code == 409
    assert web.post(client, "/identifiants", page, name="x", version="v2c", community="public").status_code == 409
    assert "tout ce qui est affiché ici est simulé" in client.get("/").get_data(as_text=True)


def test_a_credential_is_saved_and_never_shown(web: Web) -> None:
    """The secret goes in, and no page or journal gives it back."""
    client = web.client(Role.ENGINEER)
    form = {"name": "west", "version": "v3", "user": "nms", "auth": "SHA256", "auth_key": "first-secret-word"}
    form |= {"priv": "AES128", "priv_key": "second-secret-word"}
    assert web.post(client, "/identifiants", "/identifiants", **form).status_code == 302
    text = client.get("/identifiants").get_data(as_text=True)
    assert "west" in text
    assert "secret-word" not in text
    short = web.post(client, "/identifiants", "/identifiants", **(form | {"priv_key": "short"}))
    assert short.status_code == 400
    assert "une phrase de 8 caractères ou plus" in short.get_data(as_text=True)
    assert "short" not in short.get_data(as_text=True)
    assert web.post(client, "/identifiants/lab/supprimer", "/identifiants").status_code == 400
    assert web.post(client, "/identifiants/west/supprimer", "/identifiants").status_code == 302


def test_an_administrator_adds_changes_and_locks_users_but_not_the_last_administrator(web: Web) -> None:
    """The door never closes for everybody."""
    client = web.client(Role.ADMINISTRATOR)
    form = {"name": "mayor", "password": "a first password", "role": "commune", "scope": "86194"}
    assert web.post(client, "/utilisateurs", "/utilisateurs", **form).status_code == 302
    assert "mayor" in client.get("/utilisateurs").get_data(as_text=True)
    unknown = web.post(client, "/utilisateurs", "/utilisateurs", **(form | {"name": "m2", "scope": "99999"}))
    assert unknown.status_code == 400
    assert re.search(r'value="commune"\s+checked', unknown.get_data(as_text=True)), "what was ticked stays"
    nowhere = web.post(client, "/utilisateurs", "/utilisateurs", **(form | {"name": "m2", "scope": ""}))
    assert nowhere.status_code == 400
    locked = web.post(client, "/utilisateurs/administrator/acces", "/utilisateurs", active="0")
    assert locked.status_code == 400
    assert "dernier administrateur" in locked.get_data(as_text=True)
    demoted = web.post(client, "/utilisateurs/administrator/roles", "/utilisateurs", role="viewer")
    assert demoted.status_code == 400
    assert web.post(client, "/utilisateurs/mayor/acces", "/utilisateurs", active="0").status_code == 302
    assert web.log_in(web.client(), "mayor", "a first password").status_code == 401


def test_a_token_is_shown_once_acts_within_its_scopes_and_can_be_revoked(web: Web) -> None:
    """It opens the API and nothing else; it never exceeds who made it."""
    import re

    client = web.client(Role.NOC)
    page = web.post(client, "/jetons", "/jetons", name="grafana", scope="device:read", days="30").get_data(as_text=True)
    found = re.search(r'id="token">([^<]+)<', page)
    assert found is not None
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert web.app.test_client().get("/api/v1/devices", headers=headers).status_code == 200
    assert web.app.test_client().post("/api/v1/devices/bs-a/poll", headers=headers).status_code == 403
    assert found[1] not in client.get("/jetons").get_data(as_text=True)
    assert web.post(client, "/jetons", "/jetons", name="too", scope="device:write", days="30").status_code == 400
    assert web.post(client, "/jetons/grafana/revoquer", "/jetons").status_code == 302
    assert web.app.test_client().get("/api/v1/devices", headers=headers).status_code == 401
