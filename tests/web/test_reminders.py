"""Reminders by mail to a real SMTP server, on the page and in the calendar: each once, late ones told, nothing lost."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from icalendar import Calendar, Component
from sqlalchemy import select

from nms.base.clock import SystemClock
from nms.base.permissions import SYSTEM, Permission, Role
from nms.base.secrets import Secret
from nms.base.settings import MailSettings
from nms.ops.models import ReminderRow
from nms.ops.reminding import Reminding
from spectrum.acts import Act, Step
from spectrum.dossiers import Dossiers
from spectrum.terms import TermKind, terms
from tests.fakes.site import ELSEWHERE, HERE, Web
from tests.web.test_rights import CANARY, END, LOT, sown
from web import users
from web.reminder_letter import letter

__all__ = ["sown"]
PASSWORD = "mot de passe du courriel"
USE_LAST = date(2026, 11, 30)
"""The last day of the use that ends before 1 December 2026; the tests' day is 23 November."""


class Box:
    """What the server took in; `answers` are given instead of taking the next messages."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.envelopes.append(envelope)
        self.taken.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(box: Box, **options: Any) -> Iterator[int]:
    """A real SMTP server on this machine; its port."""
    running = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
    running.start()
    try:
        yield running.port
    finally:
        running.stop()


def settings_of(port: int, **more: Any) -> MailSettings:
    """Mail without encryption, for the loopback."""
    plain: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "starttls": False, "sender": "registre@region.example",
        "recipients": ("droit@region.example", "chef@region.example"),
    }  # fmt: skip
    return MailSettings(**plain | more)


def reminding(web: Web, mail: MailSettings) -> Reminding:
    """As the program is put together."""
    parts = web.services
    dossiers = Dossiers(parts.register, web.box)
    settings = replace(parts.settings, mail=mail)
    return Reminding(web.database, parts.register, dossiers, web.clock, settings, partial(letter, mail))


def rows(web: Web) -> list[ReminderRow]:
    with web.database.reading() as session:
        return list(session.scalars(select(ReminderRow).order_by(ReminderRow.id)))


def test_a_reminder_goes_out_once_and_says_who_and_what_it_concerns(sown: Web) -> None:
    box = Box()
    with server(box) as port:
        sends = reminding(sown, settings_of(port))
        assert [why for _letter, why in sends.send()] == [""]
        assert sends.send() == []
        sends.run()
    (message,) = box.taken
    assert message["To"] == "droit@region.example, chef@region.example"
    assert box.envelopes[0].rcpt_tos == ["droit@region.example", "chef@region.example"]
    assert message["Subject"] == (
        "Rappel à 30 jours : mise à disposition au titre de l’autorisation T-1, dernier jour le 30 novembre 2026"
    )
    assert (message.get_content_type(), message["Content-Language"]) == ("text/plain", "fr")
    text = message.get_content().replace("\u00a0", " ").replace("\u202f", " ")
    assert "Dernier jour : 30 novembre 2026, dans 7 jours." in text
    assert "Premier jour sans le droit : 1er décembre 2026." in text
    assert f"dernier jour où Commune {ELSEWHERE} utilise le droit de Région" in text
    assert "3 436–3 439,5 MHz" in text
    assert CANARY not in text
    (row,) = rows(sown)
    assert (row.threshold, row.late, row.last, row.subject) == (30, False, USE_LAST, "T-1")
    assert row.recipients == "droit@region.example, chef@region.example"
    assert row.sent_at == sown.clock.now()


def test_fault_87_the_machine_was_off_and_the_reminder_is_marked_late_everywhere(sown: Web) -> None:
    sown.clock.advance(3 * 86_400.0)
    box = Box()
    with server(box) as port:
        reminding(sown, settings_of(port)).run()
    (message,) = box.taken
    assert message["Subject"].startswith("[EN RETARD] Rappel à 30 jours")
    assert "Ce rappel part en retard" in message.get_content()
    assert rows(sown)[0].late
    page = sown.client(Role.LEGAL).get("/echeances").get_data(as_text=True)
    assert "envoyé" in page
    assert '<span class="late">en retard</span>' in page


def test_it_is_sent_from_its_hour_on_in_paris(sown: Web) -> None:
    box = Box()
    with server(box) as port:
        sends = reminding(sown, settings_of(port, hour=15))  # it is 14:03 in Paris
        sends.run()
        assert box.taken == []
        sown.clock.advance(3_600.0)
        sends.run()
    assert len(box.taken) == 1


@pytest.fixture
def nobody_listens() -> int:
    return free_port()


def test_a_server_that_is_away_loses_nothing(sown: Web, nobody_listens: int) -> None:
    told = reminding(sown, settings_of(nobody_listens)).send()
    assert ["did not take the message" in why for _letter, why in told] == [True]
    (row,) = rows(sown)
    assert (row.sent_at, row.attempts, row.late) == (None, 1, False)
    sown.app.extensions["nms"] = replace(
        sown.services, settings=replace(sown.services.settings, mail=settings_of(nobody_listens))
    )
    page = sown.client(Role.LEGAL).get("/echeances").get_data(as_text=True)
    assert "n’a pas pris le message" in page
    assert "Le serveur de courriel ne les prend pas" in page
    box = Box()
    with server(box) as port:
        assert len(reminding(sown, settings_of(port)).send()) == 1
    assert len(box.taken) == 1
    assert (rows(sown)[0].attempts, rows(sown)[0].why) == (2, "")


def test_a_refused_message_is_tried_again_and_has_the_same_message_id(sown: Web) -> None:
    box = Box()
    box.answers = ["452 the disk is full"]
    with server(box) as port:
        sends = reminding(sown, settings_of(port))
        ((first, why),) = sends.send()
        assert "452 the disk is full" in why
        assert rows(sown)[0].sent_at is None
        ((again, why),) = sends.send()
        assert why == ""
    mail = settings_of(1)
    ids = {letter(mail, one, sown.clock.now())["Message-ID"] for one in (first, again)}
    assert ids == {box.taken[0]["Message-ID"]}


def test_who_was_refused_is_told_and_the_others_have_it(sown: Web) -> None:
    box = Box()
    box.refused = {"chef@region.example"}
    with server(box) as port:
        reminding(sown, settings_of(port)).send()
        assert len(box.taken) == 1
        assert rows(sown)[0].recipients == "droit@region.example"
        assert "chef@region.example" in rows(sown)[0].why


def test_every_recipient_refused_is_not_sent(sown: Web) -> None:
    box = Box()
    box.refused = {"chef@region.example", "droit@region.example"}
    with server(box) as port:
        ((_letter, why),) = reminding(sown, settings_of(port)).send()
    assert "550 no such person" in why
    assert rows(sown)[0].sent_at is None


def test_a_connection_dropped_in_the_middle_is_not_sent(sown: Web) -> None:
    """A server that greets, then closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _address = listener.accept()
        with connection:
            connection.sendall(b"220 hello\r\n")
            connection.recv(100)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ((_letter, why),) = reminding(sown, settings_of(listener.getsockname()[1])).send()
    thread.join(5)
    listener.close()
    assert "did not take the message" in why
    assert rows(sown)[0].sent_at is None


def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    """One user with one password."""
    assert isinstance(data, LoginPassword)
    fits = (data.login, data.password) == (b"nms", PASSWORD.encode())
    return AuthResult(success=fits, handled=False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    key, at = ec.generate_private_key(ec.SECP256R1()), SystemClock().now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    own = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    own = own.not_valid_before(at - timedelta(1)).not_valid_after(at + timedelta(1))
    own = own.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = own.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    path = tmp_path / "mail.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    return path


def test_login_over_tls_and_its_refusal_shows_no_password(
    sown: Web, caplog: pytest.LogCaptureFixture, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, wrong = Box(), "un autre mot de passe"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with server(box, authenticator=authenticate, auth_required=True, tls_context=context) as port:
        mail = settings_of(port, starttls=True, user="nms", password=Secret(wrong))
        ((_letter, why),) = reminding(sown, mail).send()
        assert "No safe connection" in why
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        ((_letter, why),) = reminding(sown, mail).send()
        assert "refused the user or the password (code 535)" in why
        assert wrong not in why + caplog.text + repr(mail) + rows(sown)[0].why
        assert reminding(sown, replace(mail, password=Secret(PASSWORD))).send()[0][1] == ""
    assert len(box.taken) == 1


def test_no_encryption_offered_means_no_mail(sown: Web) -> None:
    box = Box()
    with server(box) as port:
        ((_letter, why),) = reminding(sown, settings_of(port, starttls=True)).send()
    assert "STARTTLS" in why
    assert box.taken == []


def test_two_at_once_send_one(sown: Web) -> None:
    box = Box()
    with server(box) as port:
        both = [reminding(sown, settings_of(port)) for _ in range(2)]
        threads = [threading.Thread(target=one.send) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(box.taken) == 1


def test_a_claim_that_nobody_finished_is_taken_over(sown: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died while it sent."""

    def die(*_arguments: object, **_named: object) -> None:
        raise SystemExit

    box = Box()
    with server(box) as port:
        sends = reminding(sown, settings_of(port))
        with monkeypatch.context() as patch:
            patch.setattr(smtplib.SMTP, "send_message", die)
            with pytest.raises(SystemExit):
                sends.send()
        assert sends.send() == []
        sown.clock.advance(700.0)
        assert len(sends.send()) == 1
    assert len(box.taken) == 1


def test_a_name_with_a_line_break_forges_no_header(sown: Web) -> None:
    found = terms(sown.services.register, Dossiers(sown.services.register, sown.box), date(2026, 11, 23))
    sends = reminding(sown, settings_of(1))
    evil = replace(found[0], number="T-1\r\nBcc: evil@example.org", party="x\r\n.\r\nMAIL FROM:<evil@example.org>")
    (told,) = sends.of([evil], date(2026, 11, 23))
    message = letter(settings_of(1), told, sown.clock.now())
    assert message["Bcc"] is None
    assert "\r\n.\r\n" not in message.as_bytes(policy=policy.SMTP).decode().rpartition("\r\n\r\n")[0]
    assert "\nBcc:" not in message.as_string()


def test_a_right_that_another_act_carries_on_is_not_an_end(sown: Web) -> None:
    register, day = sown.services.register, date(2033, 9, 1)
    dossiers = Dossiers(register, sown.box)
    ends = [one for one in terms(register, dossiers, day) if one.kind is TermKind.RIGHT]
    assert {(one.number, one.last) for one in ends} == {("T-1", END - timedelta(1))}
    area = ends[0].area
    longer = Act(
        "R-1", Step.RENEWAL, END, date(2033, 8, 1), area, LOT, cedant="Région",
        until=date(2044, 1, 15), area_text="Région", title="T-1",
    )  # fmt: skip
    register.replay([longer], SYSTEM)
    after = [one for one in terms(register, dossiers, day) if one.kind is TermKind.RIGHT]
    assert {(one.number, one.last) for one in after} == {("T-1", date(2044, 1, 14))}


# --- the page and the calendar


def address_of(web: Web, role: Role, host: str = "") -> str:
    """The address that the page shows once."""
    client = web.client(role)
    page = client.get("/echeances").get_data(as_text=True)
    word = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    made = client.post("/echeances/calendrier", data={"csrf_token": word}).get_data(as_text=True)
    found = made.partition("/calendrier/")[2].partition("<")[0]
    assert found.endswith(".ics")
    assert found not in client.get("/echeances").get_data(as_text=True)
    return f"/calendrier/{found}{host}"


def events_of(octets: bytes) -> list[Any]:
    """The events of a calendar."""
    found: Component = Calendar.from_ical(octets)
    return list(found.walk("VEVENT"))


def test_the_calendar_tells_the_last_day_and_the_same_to_any_program(sown: Web) -> None:
    answer = sown.app.test_client().get(address_of(sown, Role.LEGAL))
    assert answer.content_type == "text/calendar; charset=utf-8"
    found = events_of(answer.data)
    events = {str(event["summary"]): event for event in found}
    use = events[f"T-1 – dernier jour où Commune {ELSEWHERE} utilise le droit de Région"]
    assert (use["dtstart"].dt, use["dtend"].dt) == (USE_LAST, USE_LAST + timedelta(1))
    assert answer.data.count(b"DTSTART;VALUE=DATE:20261130") == 1
    assert use["dtstamp"].dt == sown.clock.now()
    assert "canari" not in answer.get_data(as_text=True)
    assert len({str(event["uid"]) for event in found}) == len(found)


def test_an_event_keeps_its_uid_and_its_sequence(sown: Web) -> None:
    address = address_of(sown, Role.LEGAL)

    def uids() -> set[tuple[str, date, int]]:
        found = events_of(sown.app.test_client().get(address).data)
        return {(str(e["uid"]), e["dtstart"].dt, int(e["sequence"])) for e in found}

    before = uids()
    sown.clock.advance(86_400.0)
    assert uids() == before


def test_a_commune_reads_its_own_ends_only_and_no_longer_than_it_may(sown: Web) -> None:
    address, anybody = address_of(sown, Role.COMMUNE), sown.app.test_client()
    text = anybody.get(address).get_data(as_text=True).replace("\r\n ", "")
    assert f"Commune {HERE}" in text
    assert ELSEWHERE not in text
    assert "canari" not in text
    with sown.database.transaction() as session:
        users.set_roles(session, SYSTEM, sown.clock.now(), "commune", [Role.COMMUNE], [ELSEWHERE])
    assert f"Commune {HERE}" not in anybody.get(address).get_data(as_text=True).replace("\r\n ", "")
    with sown.database.transaction() as session:
        users.set_active(session, SYSTEM, sown.clock.now(), "commune", False)
    assert anybody.get(address).status_code == 404


def test_the_token_is_good_for_the_calendar_alone_and_revocable(sown: Web) -> None:
    address = address_of(sown, Role.LEGAL)
    word = address.removeprefix("/calendrier/").removesuffix(".ics")
    anybody = sown.app.test_client()
    bearer = {"Authorization": f"Bearer {word}"}
    for path in ("/", "/registre", "/echeances", "/api/v1/register/holdings", "/mur"):
        assert anybody.get(path, headers=bearer).status_code in (401, 403), path
    with sown.database.transaction() as session:
        more = users.issue_token(
            session, SYSTEM, sown.clock.now(), "more", [Permission.CALENDAR_READ, Permission.RIGHT_READ]
        )
        name = session.scalar(select(users.Token.name).where(users.Token.digest == users.digest_of(word)))
        assert word not in str(session.execute(select(users.Token.digest)).all())
    assert anybody.get(f"/calendrier/{more}.ics").status_code == 404
    assert name is not None
    sown.clock.advance(366 * 86_400.0)
    assert anybody.get(address).status_code == 404
    sown.clock.step_wall(-366 * 86_400.0)
    with sown.database.transaction() as session:
        session.delete(session.scalar(select(users.Token).where(users.Token.name == name)))
    assert anybody.get(address).status_code == 404


def test_guessing_addresses_is_slowed(sown: Web) -> None:
    anybody = sown.app.test_client()
    statuses = [anybody.get(f"/calendrier/{n:043}.ics").status_code for n in range(41)]
    assert statuses[:40] == [404] * 40
    assert statuses[40] == 403


def test_without_mail_the_page_and_the_overview_say_so(sown: Web) -> None:
    client = sown.client(Role.LEGAL)
    page = client.get("/echeances").get_data(as_text=True)
    assert "Aucun courriel n’est configuré" in page
    assert "à envoyer" in page
    overview = client.get("/").get_data(as_text=True)
    assert "rappel non envoyé" in overview
    assert "aucun courriel n’est configuré" in overview
    assert "/echeances" not in sown.client(Role.VIEWER).get("/").get_data(as_text=True)


def test_the_demo_sends_nothing(sown: Web) -> None:
    box = Box()
    with server(box) as port:
        parts, mail = sown.services, settings_of(port)
        demo = replace(parts.settings, mail=mail, simulated=True)
        dossiers = Dossiers(parts.register, sown.box)
        Reminding(sown.database, parts.register, dossiers, sown.clock, demo, partial(letter, mail)).run()
    assert box.taken == []
    assert rows(sown) == []
