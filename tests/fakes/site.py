"""A whole web application on a small inventory: two communes, everything in each, and a user of every role."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv4Network

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collectors.base import InterfaceReading, Metric, RadioReading
from inventory import importer, territory
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.permissions import SYSTEM, Role
from nms.base.secrets import SecretBox
from nms.base.settings import NetworkSettings
from nms.ops import network as networks
from nms.ops.live import LiveState
from nms.ops.state import Judgement, Kind, Measures, Reason, State, Status
from web.services import Services

PASSWORD = "a long enough password"
HERE, ELSEWHERE = "86194", "17300"
"""Poitiers, and La Rochelle: the commune of the role commune, and one that is not."""

_COLUMNS = (
    "kind,name,label,address,credential,role,site,site_kind,insee,device,interfaces,radio_index,centre_khz,width_khz,"
    "link_kind,b_device,b_interface,committed_bps,ssid"
)
INVENTORY = "\n".join(
    [
        _COLUMNS,
        *(
            ",".join({"kind": "", **row}.get(column, "") for column in _COLUMNS.split(","))
            for letter, code, town in (("a", HERE, "Poitiers"), ("b", ELSEWHERE, "La Rochelle"))
            for row in (
                {"kind": "site", "name": f"site-{letter}", "label": f"Mairie de {town}", "insee": code},
                {"kind": "device", "name": f"bs-{letter}", "label": town, "address": f"10.0.0.{ord(letter)}"}
                | {"credential": "lab", "role": "base_station", "site": f"site-{letter}", "interfaces": "eth0"},
                {"kind": "device", "name": f"cpe-{letter}", "label": town, "address": f"10.0.1.{ord(letter)}"}
                | {"credential": "lab", "role": "router", "site": f"site-{letter}", "interfaces": "wan"},
                {"kind": "sector", "name": f"sec-{letter}", "device": f"bs-{letter}", "radio_index": "2"}
                | {"centre_khz": "3440000", "width_khz": "3500"},
                {"kind": "link", "name": f"link-{letter}", "label": "Cybercentre", "site": f"site-{letter}"}
                | {"link_kind": "dedicated", "b_device": f"cpe-{letter}", "b_interface": "wan"}
                | {"committed_bps": "2000000"},
                {"kind": "hotspot", "name": f"spot-{letter}", "label": "Place", "site": f"site-{letter}"}
                | {"device": f"cpe-{letter}", "ssid": "mairie"},
            )
        ),
    ]
)


@dataclass
class Web:
    """The application with its parts, and clients by role."""

    app: APIFlask
    database: Database
    live: LiveState
    clock: FakeClock
    box: SecretBox
    services: Services
    polled: list[str] = field(default_factory=list)

    def client(self, role: Role | None = None) -> FlaskClient:
        """A browser: logged in with a role, or nobody."""
        client = self.app.test_client()
        if role is not None:
            assert self.log_in(client, role.value).status_code == 302
        return client

    def log_in(self, client: FlaskClient, name: str, password: str = PASSWORD) -> TestResponse:
        """Send the login form."""
        word = csrf_of(client.get("/connexion"))
        return client.post("/connexion", data={"csrf_token": word, "name": name, "password": password})

    def read(self, path: str, role: Role) -> str:
        """A page as somebody of a role reads it in English."""
        client = self.client(role)
        client.set_cookie("nms_language", "en")
        answer = client.get(path)
        assert answer.status_code == 200, path
        return answer.get_data(as_text=True)

    def allow(self, network: IPv4Network, community: str) -> None:
        """Make a network one of management, and its community the credential `found`."""
        settings = replace(self.services.settings, network=NetworkSettings((network,)))
        self.services = self.app.extensions["nms"] = replace(self.services, settings=settings)
        with self.database.transaction() as session:
            secret = CredentialSecret(CredentialKind.V2C, community=community)
            save_credential(session, self.box, SYSTEM, self.clock.now(), "found", secret)

    def post(self, client: FlaskClient, path: str, page: str = "/compte", **form: object) -> TestResponse:
        """Send a form with the word of a page."""
        word = csrf_of(client.get(page))
        return client.post(path, data={"csrf_token": word} | form)


def csrf_of(page: TestResponse) -> str:
    """The CSRF word of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found is not None, page.get_data(as_text=True)[:500]
    return found[1]


def sow(database: Database, box: SecretBox, at: datetime, csv: str = INVENTORY) -> None:
    """Load the territory, a credential and an inventory."""
    with database.transaction() as session:
        territory.ensure_loaded(session)
        save_credential(session, box, SYSTEM, at, "lab", CredentialSecret(CredentialKind.V2C, "s3cret-community"))
    with database.transaction() as session:
        plan = importer.judge(csv.encode(), session)
        assert plan.ok, plan.errors[:3]
        importer.apply(session, plan, SYSTEM, at, "test")


def show(database: Database, live: LiveState, at: datetime, family: str = "") -> None:
    """Fill the live state as a sweep would: everything up, one link of each commune down."""
    with database.reading() as session:
        network = networks.read(session)
    rows = []
    for subject in network.subjects.values():
        down = subject.kind is Kind.LINK
        judgement = Judgement(State.DOWN, at, (Reason("no_answer"),)) if down else Judgement(State.UP, at)
        measures = Measures(at.timestamp(), rtt_s=0.012, loss_ratio=0.0, in_bps=1.5e6, out_bps=2e5, cinr_db=22.5)
        radio = (RadioReading(Metric.CINR, "2", 22.5, "dB", "1.3.6.1", "22", True),)
        ports = (InterfaceReading(1, "eth0", True, True, 10, 20, 0, 0, 10**8, 64),)
        subject = replace(subject, family=family or subject.family)
        ports_of = ports if subject.kind is Kind.DEVICE else ()
        rows.append(Status(subject, judgement, measures, radio, ports_of, subject.family))
    live.update(rows)
    live.note_sweep(started_at=at, last_tick_at=at, devices=len(network.devices))
