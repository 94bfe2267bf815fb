"""Change plans in the browser's eyes: written, previewed, approved by another, carried out, taken back."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from collectors.driver import Driver
from inventory import queries
from inventory.models import Device
from nms.base.clock import legal_day
from nms.base.errors import StoreUnavailable
from nms.base.permissions import SYSTEM, Role
from nms.base.secrets import SecretBox
from nms.ops.change.following import cause_of
from nms.ops.change.office import Changes
from nms.ops.change.order import Topology
from nms.ops.change.plan import PlanState, StepState
from nms.ops.change.ports import Ports
from nms.ops.change.prepare import Family, Rights, Subject
from nms.ops.configs import access
from spectrum.acts import Act, Step
from spectrum.bands import Bands
from spectrum.chronicle import Holding
from spectrum.rights import Extent, Period
from tests.fakes.boxes import GRAMMAR, RADIO, Box, Boxes
from tests.fakes.evil_ssh import SCRIPTED
from tests.fakes.program import wait_for
from tests.fakes.site import HERE, PASSWORD, Web, csrf_of
from web import users
from web.app import create_app

SECRET = "canary-community"
ROUTER = f"hostname cpe-a\nsnmp-server community {SECRET} RO\ninterface eth0\n description old"
STATION = "hostname bs-a\nradio 2\n frequency 3440000\n bandwidth 3500"
LINES = "@cpe-a\ninterface eth0\n description <script>alert(1)</script>"


class World:
    """Two devices in memory in the place of the world: a router, and a station with one radio."""

    def __init__(self, web: Web) -> None:
        self.database, self.clock, self.box = web.database, web.clock, web.box
        self.home = web.services.settings.home
        self.register = web.services.register
        self.boxes = Boxes(web.clock, Box("cpe-a", web.clock, ROUTER), Box("bs-a", web.clock, STATION))
        extent = Extent(frozenset({HERE}), Bands.of((3_438_250, 3_441_750)), Period(date(2026, 1, 1), date(2027, 1, 1)))
        self.answers: dict[str, tuple[tuple[int, str], ...] | None] = {}
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.held = [Holding("06-0744", "Région", "Région", extent, "06-0744")]

    def rights(self) -> Rights:
        return Rights(self.held, lambda day: [one for one in self.held if one.extent.period.holds(day)])

    def subjects(self, session: Session, names: Sequence[str]) -> Mapping[str, Subject]:
        boxes = self.boxes.all
        family = Family(GRAMMAR, RADIO)
        return {n: Subject(n, boxes[n].running, family, HERE, n == "bs-a") for n in names if n in boxes}

    def standing(self, session: Session, names: Sequence[str]) -> Mapping[str, Subject]:
        return {name: replace(one, running="") for name, one in self.subjects(session, names).items()}

    def topology(self, session: Session) -> Topology:
        return Topology.of([("bs-a", "cpe-a")])

    def stands(self, cause: str) -> bool:
        return not cause or any(cause_of(one.act) == cause for one in self.register.acts())

    def emitting(self, session: Session) -> Mapping[str, Subject]:
        return self.subjects(session, list(self.boxes.all))

    def ports(self) -> Ports:
        return self.boxes.ports()

    def dry_run(self, device: str, lines: Sequence[str], reference: str) -> tuple[tuple[int, str], ...] | None:
        self.asked.append((device, tuple(lines)))
        return self.answers[device]

    def drivers(self, names: Sequence[str]) -> Mapping[str, Driver]:
        return dict.fromkeys(names, SCRIPTED)


@dataclass
class Place:
    """The application over that world, with two engineers, and a lawyer."""

    web: Web
    world: World

    def client(self, name: str) -> FlaskClient:
        client = self.web.app.test_client()
        assert self.web.log_in(client, name).status_code == 302
        return client

    def post(self, client: FlaskClient, path: str, page: str = "", **form: str) -> TestResponse:
        word = csrf_of(client.get(page or path))
        return client.post(path, data=form | {"csrf_token": word})

    def write(self, lines: str = LINES, do: str = "keep", **form: str) -> TestResponse:
        client = self.client("engineer")
        page = client.get("/changements/nouveau").get_data(as_text=True)
        values = dict(re.findall(r'name="(opens|closes|canary|stop_after|wait|back)"[^>]* value="([^"]*)"', page))
        given = values | {"title": "names", "lines": lines, "do": do, "key": "k", "wait": "10"} | form
        return self.post(client, "/changements/nouveau", **given)

    def approve(self, name: str, capacity: str, reference: str = "C-2026-0001") -> TestResponse:
        client = self.client(name)
        digest = self.web.services.changes.desk.one(reference).plan.digest
        page = f"/changements/{reference}"
        return self.post(client, f"{page}/approbation", page, digest=digest, capacity=capacity)


def at_rest(changes: Changes) -> None:
    """Wait until nothing is carried out any more."""
    for thread in changes._threads:
        thread.join(60)


def owner_of(place: Place, site: str) -> str:
    with place.web.database.reading() as session:
        return next(one.owner for one in queries.places(session) if one.name == site)


@pytest.fixture
def place(web: Web) -> Place:
    world = World(web)
    services = replace(web.services, changes=Changes(world))  # type: ignore[arg-type]  # all that it uses of a World
    with web.database.transaction() as session:
        users.create_user(session, SYSTEM, web.clock.now(), "bruno", PASSWORD, [Role.ENGINEER], [])
    return Place(replace(web, services=services, app=create_app(services)), world)


def test_a_preview_tells_difference_and_inverse_and_writes_nothing(place: Place) -> None:
    text = place.write(do="preview").get_data(as_text=True)
    assert "+ description &lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "description old" in text
    assert SECRET not in text
    assert place.web.services.changes.desk.every() == []


def test_a_preview_says_that_a_window_is_over_before_anything_is_kept(place: Place) -> None:
    text = place.write(do="preview", opens="2020-01-01T08:00", closes="2020-01-01T09:00").get_data(as_text=True)
    assert "est vide ou passé" in text
    assert "+ description" in text
    assert "est vide ou passé" not in place.write(do="preview").get_data(as_text=True)


def test_what_a_plan_that_was_given_up_did_not_begin_waits_for_nothing(place: Place) -> None:
    page = str(place.write().location)
    author = place.client("engineer")
    assert "en attente</span>" in author.get(page).get_data(as_text=True)
    assert place.post(author, f"{page}/abandon", page).status_code == 302
    text = author.get(page).get_data(as_text=True)
    assert "pas commencé</span>" in text
    assert "en attente</span>" not in text


def test_a_preview_names_the_devices_that_nothing_could_be_sent_to(place: Place) -> None:
    told = 'confirmé leur clé\u00a0: <a href="/configurations/cpe-a">cpe-a</a>'
    assert told in place.write(do="preview").get_data(as_text=True)
    page = str(place.write().location)
    assert told in place.client("bruno").get(page).get_data(as_text=True)
    key = base64.b64encode(b"\0\0\0\x0bssh-ed25519" + bytes(36)).decode()
    with place.web.database.transaction() as session:
        device = session.scalars(select(Device).where(Device.name == "cpe-a")).one()
        device.ssh_credential_id = device.credential_id
        access.pin(session, SYSTEM, place.web.clock.now(), "cpe-a", f"ssh-ed25519 {key}")
    assert told not in place.client("bruno").get(page).get_data(as_text=True)


def test_a_plan_is_kept_approved_by_another_and_carried_out(place: Place) -> None:
    assert place.write().location == "/changements/C-2026-0001"
    page = "/changements/C-2026-0001"
    author = place.client("engineer")
    assert "Approuver" not in author.get(page).get_data(as_text=True)
    assert place.post(author, f"{page}/execution", page).status_code == 403
    bruno = place.client("bruno")
    assert place.post(bruno, f"{page}/execution", page).status_code == 409
    assert place.approve("bruno", "engineer").status_code == 302
    assert place.post(bruno, f"{page}/execution", page).status_code == 302
    at_rest(place.web.services.changes)
    found = place.web.services.changes.desk.one("C-2026-0001")
    assert (found.state, found.states) == (PlanState.DONE, (StepState.CONFIRMED,))
    text = bruno.get(page).get_data(as_text=True)
    assert "confirmé" in text
    assert SECRET not in text
    undone = place.post(author, f"{page}/retour", page).get_data(as_text=True)
    assert "@cpe-a\ninterface eth0\n description old" in undone


def test_what_was_typed_stays_when_it_is_refused(place: Place) -> None:
    answer = place.write(lines="@nobody\nhostname x", title="kept title")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "@nobody\nhostname x" in text
    assert "kept title" in text
    assert place.write(opens="never").status_code == 400
    assert place.write(wait="1e3").status_code == 400
    assert place.write(lines="@cpe-a\nhostname cpe-a").status_code == 400


def test_a_retune_outside_the_right_is_refused_with_the_article(place: Place) -> None:
    answer = place.write(lines="@bs-a\nradio 2\n frequency 3441000", until="2026-12-31")
    assert answer.status_code == 422
    assert "L. 42-" in answer.get_data(as_text=True)
    preview = place.write(lines="@bs-a\nradio 2\n frequency 3441000", until="2026-12-31", do="preview")
    assert "L. 42-" in preview.get_data(as_text=True)


def test_a_radio_plan_needs_the_lawyer_who_sees_the_plan(place: Place) -> None:
    assert place.write(lines="@bs-a\nradio 2\n bandwidth 3000", until="2026-12-31").status_code == 302
    assert place.approve("bruno", "engineer").status_code == 302
    bruno, page = place.client("bruno"), "/changements/C-2026-0001"
    assert place.post(bruno, f"{page}/execution", page).status_code == 409
    assert "juriste" in bruno.get(page).get_data(as_text=True)
    assert place.client("legal").get("/changements").status_code == 200
    assert place.approve("legal", "engineer").status_code == 403
    assert place.approve("legal", "legal").status_code == 302
    assert place.web.services.changes.desk.one("C-2026-0001").lacking == ()


def test_a_revoked_approval_cannot_be_replayed(place: Place) -> None:
    place.write()
    digest = place.web.services.changes.desk.one("C-2026-0001").plan.digest
    place.approve("bruno", "engineer")
    bruno, page = place.client("bruno"), "/changements/C-2026-0001"
    assert place.post(bruno, f"{page}/approbation", page, do="revoke").status_code == 302
    replayed = place.post(bruno, f"{page}/approbation", page, digest=digest, capacity="engineer")
    assert replayed.status_code == 409
    assert place.post(bruno, f"{page}/execution", page).status_code == 409


def test_a_device_of_unknown_state_is_read_on_request(place: Place) -> None:
    place.write()
    place.approve("bruno", "engineer")
    box = place.world.boxes.all["cpe-a"]
    box.cut_by, box.deaf = "description <script>", True
    bruno, page = place.client("bruno"), "/changements/C-2026-0001"
    place.post(bruno, f"{page}/execution", page)
    at_rest(place.web.services.changes)
    assert "état inconnu" in bruno.get(page).get_data(as_text=True)
    assert place.post(bruno, f"{page}/appareils/cpe-a", page, do="read").status_code == 409
    box.cut_by = ""
    assert place.post(bruno, f"{page}/appareils/cpe-a", page, do="take_back").status_code == 302
    assert place.web.services.changes.desk.one("C-2026-0001").states == (StepState.REVERTED,)
    assert "description old" in box.running


def test_a_cession_becomes_a_plan_that_fires_at_its_instant_and_goes_with_it(place: Place) -> None:
    start, moved = date(2026, 1, 1), date(2026, 11, 25)
    lot = Bands.of((3_432_500, 3_447_500))
    title = Act("T-1", Step.ATTRIBUTION, start, start, frozenset({HERE}), lot, cessionnaire="Région", area_text=HERE)
    ceded = replace(
        title, number="E-1", step=Step.EXECUTION, decided_on=date(2026, 11, 20), effective_on=moved,
        cedant="Région", cessionnaire="Commune", until=date(2027, 1, 1),
    )  # fmt: skip
    receipts = place.world.register.replay([title, ceded], SYSTEM)
    engineer, act = place.client("engineer"), f"{receipts[1].id}"
    assert f"/changements/nouveau?acte={act}" in engineer.get(f"/registre/actes/{act}").get_data(as_text=True)
    text = engineer.get(f"/changements/nouveau?acte={act}").get_data(as_text=True)
    assert "@bs-a\nradio 2\n shutdown" in text
    assert 'value="2026-11-25T00:00"' in text
    assert "Commune répond de ces fréquences" in text
    assert '<a href="/inventaire/site/site-a">site-a</a>' in text
    assert "site-b" not in text
    site = {"owner:site-a": "Commune", "contact:site-a": "", "passes:site-a": "1"}
    assert re.search(r'name="passes:site-a"[^>]* checked', text)
    assert 'aria-label="Propriétaire de site-a" value="Commune"' in text
    noon = {"opens": "2026-11-24T12:00", "closes": "2026-11-24T14:00"}
    early = place.write(lines="", acte=act, **noon, **site)
    assert "rien ne se fait avant" in early.get_data(as_text=True)
    form = {"opens": "2026-11-25T00:00", "closes": "2026-11-25T04:00", "until": "2026-12-31", "unattended": "1"}
    shown = place.write(lines="@bs-a\nradio 2\n shutdown", acte=act, do="preview", **form, **site)
    assert "– → <strong>Commune</strong>" in shown.get_data(as_text=True)
    assert place.write(lines="@bs-a\nradio 2\n shutdown", acte=act, **form, **site).status_code == 302
    draft = engineer.get("/changements/C-2026-0001").get_data(as_text=True)
    assert f'Suit l’acte <a href="/registre/actes/{act}">E-1</a>, prend effet le 25/11/2026' in draft
    assert "commence toute seule une fois approuvée" in draft
    assert "1 équipement d’abord, arrêt après 1 échec, " in draft
    assert place.approve("bruno", "engineer").status_code == 302
    assert place.approve("legal", "legal").status_code == 302
    office = place.web.services.changes
    office.tick()
    assert place.world.boxes.dialled == []
    assert owner_of(place, "site-a") == ""
    place.web.clock.advance(35 * 3_600)
    office.tick()
    at_rest(office)
    assert office.desk.one("C-2026-0001").state is PlanState.DONE
    assert " shutdown" in place.world.boxes.all["bs-a"].running
    assert owner_of(place, "site-a") == "Commune"
    engineer, page = place.client("engineer"), "/changements/C-2026-0001"
    assert "confirmé</span> <strong>site-a</strong>" in engineer.get(page).get_data(as_text=True)
    back = place.post(engineer, f"{page}/retour", page).get_data(as_text=True)
    assert re.search(r'name="passes:site-a"[^>]* checked', back)
    api = place.web.app.test_client(use_cookies=False)
    told = api.get("/api/v1/plans/C-2026-0001", headers=bearer(place, "bruno")).get_json()
    assert [(one["site"], one["owner"], one["state"]) for one in told["sites"]] == [("site-a", "Commune", "confirmed")]


def test_a_plan_whose_act_was_put_right_is_given_up(place: Place) -> None:
    start = date(2026, 1, 1)
    lot = Bands.of((3_432_500, 3_447_500))
    title = Act("T-1", Step.ATTRIBUTION, start, start, frozenset({HERE}), lot, cessionnaire="Région", area_text=HERE)
    ceded = replace(
        title, number="E-1", step=Step.EXECUTION, effective_on=date(2026, 11, 25), cedant="Région",
        cessionnaire="Commune", until=date(2027, 1, 1),
    )  # fmt: skip
    receipts = place.world.register.replay([title, ceded], SYSTEM)
    form = {"opens": "2026-11-25T00:00", "closes": "2026-11-25T04:00", "until": "2026-12-31", "unattended": "1"}
    place.write(lines="@bs-a\nradio 2\n shutdown", acte=str(receipts[1].id), **form)
    place.world.register.replay([replace(ceded, effective_on=date(2026, 12, 1))], SYSTEM, correct=True)
    place.web.services.changes.tick()
    found = place.web.services.changes.desk.one("C-2026-0001")
    assert (found.state, "no longer stands" in found.why) == (PlanState.STOPPED, True)


def test_a_plan_whose_act_has_gone_is_not_started_by_hand_either(place: Place) -> None:
    start, day = date(2026, 1, 1), legal_day(place.web.clock.now())
    lot = Bands.of((3_432_500, 3_447_500))
    title = Act("T-1", Step.ATTRIBUTION, start, start, frozenset({HERE}), lot, cessionnaire="Région", area_text=HERE)
    ceded = replace(title, number="E-1", step=Step.EXECUTION, effective_on=day, cedant="Région", cessionnaire="Commune")
    receipts = place.world.register.replay([title, ceded], SYSTEM)
    site = {"owner:site-a": "Commune", "contact:site-a": "", "passes:site-a": "1"}
    assert place.write(lines="", acte=str(receipts[1].id), **site).status_code == 302
    assert place.approve("bruno", "engineer").status_code == 302
    assert place.approve("legal", "legal").status_code == 302
    place.world.register.replay([replace(ceded, effective_on=date(2026, 12, 1))], SYSTEM, correct=True)
    bruno, page = place.client("bruno"), "/changements/C-2026-0001"
    assert place.post(bruno, f"{page}/execution", page).status_code == 409
    assert owner_of(place, "site-a") == ""


def test_the_page_of_a_device_tells_what_was_changed(place: Place) -> None:
    place.write()
    place.approve("bruno", "engineer")
    bruno, page = place.client("bruno"), "/changements/C-2026-0001"
    place.post(bruno, f"{page}/execution", page)
    at_rest(place.web.services.changes)
    assert 'href="/changements/C-2026-0001"' in bruno.get("/appareils/cpe-a").get_data(as_text=True)
    assert 'href="/changements/C-2026-0001"' in bruno.get("/liaisons/link-a").get_data(as_text=True)
    assert "C-2026-0001" not in place.client("viewer").get("/appareils/cpe-a").get_data(as_text=True)


def test_a_dry_run_is_shown_for_its_very_text_and_voided_by_an_edit(place: Place) -> None:
    place.write()
    page, api = "/changements/C-2026-0001", "/api/v1/plans/C-2026-0001/dry-run"
    client, headers = place.client("engineer"), bearer(place, "bruno")
    device = place.web.services.changes.desk.one("C-2026-0001").plan.steps[0].device
    place.world.answers = {device: ((1, "<b>Unknown command</b>"),)}
    assert client.get(api).status_code == 404
    place.post(client, f"{page}/essai", page)
    wait_for(lambda: client.get(api).get_json()["ended_at"], "dry run", 10)
    text = client.get(page).get_data(as_text=True)
    assert "refuserait des lignes" in text
    assert "&lt;b&gt;Unknown command&lt;/b&gt;" in text
    assert SECRET not in text
    assert place.world.asked[0][0] == device
    place.world.answers = {device: None}
    bare = place.web.app.test_client(use_cookies=False)
    assert bare.post(api, headers=headers).status_code == 202
    wait_for(lambda: client.get(api).get_json()["ended_at"], "dry run", 10)
    assert client.get(api).get_json()["devices"][0]["outcome"] == "no_way"
    assert place.client("viewer").get(api).status_code == 403
    auditor = place.client("auditor")
    assert place.post(auditor, f"{page}/essai", page).status_code == 403
    assert auditor.get(api).get_json()["by"] == "bruno"


def bearer(place: Place, name: str) -> dict[str, str]:
    """The header of a token that somebody made."""
    with place.web.database.transaction() as session:
        actor = users.user_named(session, name).actor()
        wanted = sorted(actor.permissions)
        word = users.issue_token(session, actor, place.web.clock.now(), f"of-{name}", wanted)
    return {"Authorization": f"Bearer {word}"}


def test_fault_54_nobody_approves_or_starts_their_own_plan_through_a_token(place: Place) -> None:
    """By the API or by the page: a token is the person who made it, and nothing once that person is gone."""
    client = place.web.app.test_client(use_cookies=False)
    mine, other = bearer(place, "engineer"), bearer(place, "bruno")
    asked = {"title": "names", "lines": LINES, "key": "k", "wait_s": 10}
    plan = client.post("/api/v1/plans", headers=mine, json=asked).get_json()
    one, page = f"/api/v1/plans/{plan['reference']}", f"/changements/{plan['reference']}"
    assert client.post("/api/v1/plans", headers=mine, json=asked).get_json()["reference"] == plan["reference"]
    yes = {"digest": plan["digest"], "capacity": "engineer"}
    assert client.post(f"{one}/approval", headers=mine, json=yes).status_code == 403
    assert client.post(f"{page}/approbation", headers=mine, data=yes).status_code == 403
    assert client.post(f"{one}/approval", headers=other, json=yes | {"digest": "0" * 64}).status_code == 409
    assert client.post(f"{one}/start", headers=other).status_code == 409
    assert client.post(f"{one}/approval", headers=other, json=yes).get_json()["lacking"] == []
    assert client.post(f"{one}/withdrawal", headers=other).get_json()["lacking"] == ["engineer"]
    again = client.get(one, headers=other).get_json()
    assert client.post(f"{one}/approval", headers=other, json={"digest": again["digest"]}).status_code == 200
    for path in (f"{one}/start", f"{page}/execution"):
        assert client.post(path, headers=mine).status_code == 403
    with place.web.database.transaction() as session:
        users.user_named(session, "bruno").active = False
    assert client.post(f"{one}/start", headers=other).status_code in (401, 403)
    assert client.post(f"{one}/stop", headers=mine).get_json()["state"] == "cancelled"
    assert [row["reference"] for row in client.get("/api/v1/plans", headers=mine).get_json()["items"]] == [
        "C-2026-0001"
    ]
    assert SECRET not in client.get(one, headers=mine).get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("opens_at", "0001-01-01T00:00:00+14:00", 422),
        ("opens_at", "9999-12-31T23:59:59-14:00", 422),
        ("opens_at", "2999-12-01T00:00:00+02:00", 400),
        ("closes_at", "9999-12-31T23:59:59-14:00", 422),
        ("until", "9999-12-31", 422),
        ("until", "2999-12-31", 201),
        ("until", "0001-01-01", 422),
    ],
)
def test_a_window_at_the_end_of_time_is_refused_and_breaks_no_page(
    place: Place, name: str, value: str, status: int
) -> None:
    """Kept once, such an hour would be told by no page of plans, to anybody."""
    client, mine = place.web.app.test_client(use_cookies=False), bearer(place, "engineer")
    asked = {"title": "names", "lines": LINES, name: value}
    assert client.post("/api/v1/plans", headers=mine, json=asked).status_code == status
    assert client.get("/changements", headers=mine).status_code == 200
    form = {"opens_at": {"opens": value[:16]}, "closes_at": {"closes": value[:16]}}.get(name, {"until": value})
    for do in ("preview", "keep"):
        assert place.write(do=do, **form).status_code < 500
    assert client.get("/changements", headers=mine).status_code == 200


def by_itself(place: Place, key: str) -> str:
    """A plan that starts by itself now, approved."""
    plan = place.write(unattended="1", key=key).headers["Location"].rpartition("/")[2]
    assert place.approve("bruno", "engineer", plan).status_code == 302
    return plan


def test_a_database_that_fails_for_a_moment_gives_no_plan_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    changes, plan = place.web.services.changes, by_itself(place, "a")
    with monkeypatch.context() as broken:
        broken.setattr(
            changes._runner, "claim", lambda *_: (_ for _ in ()).throw(StoreUnavailable("down", "It is down."))
        )
        changes.tick()
    assert changes.desk.one(plan).state is PlanState.DRAFT
    changes.tick()
    at_rest(changes)
    assert changes.desk.one(plan).state is PlanState.DONE


def test_a_plan_that_cannot_be_opened_keeps_no_other_from_its_hour(place: Place) -> None:
    """Sealed under another key file, as after a restore without it."""
    changes, lost, plan = place.web.services.changes, by_itself(place, "a"), by_itself(place, "b")
    with place.web.database.transaction() as session:
        changes.desk.locked(session, lost).steps[0].sealed = SecretBox(b"x" * 32).seal(b"{}")
    changes.desk.glances._seals.clear()
    changes.tick()
    at_rest(changes)
    assert changes.desk.one(plan).state is PlanState.DONE
    listed = place.client("engineer").get("/changements")
    assert listed.status_code == 200
    assert lost in listed.get_data(as_text=True)
