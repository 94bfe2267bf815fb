"""Rows 61 to 64 and 69: guesses, passwords, paths, cells of spreadsheets, requests without measure."""

from __future__ import annotations

import csv
import io
import logging
import re
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import quote

import pytest

from inventory import exporter, importer
from nms.app.listening import WebServer
from nms.base.clock import SystemClock
from nms.base.errors import InputError, PermissionRefused
from nms.base.permissions import SYSTEM, Role
from nms.base.text import csv_cell, csv_cell_back
from tests.fakes.site import INVENTORY, PASSWORD, Web, csrf_of, show
from tests.security.test_matrix import routes
from web import logins, users
from web.app import MAX_BODY_OCTETS
from web.session import KNOWN

# ---- row 61 --------------------------------------------------------------------------------------------------------


def guess(web: Web, name: str, address: str = "192.0.2.1", password: str = "a wrong guess") -> bool:
    """Whether the password was looked at: False once the guesser is slowed."""
    try:
        assert logins.authenticate(web.database, web.clock, name, password, address) is None
    except PermissionRefused:
        return False
    return True


def test_fault_61_an_account_is_guarded_whatever_the_addresses_of_its_guessers(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    """A botnet gets eight guesses in ten minutes, and somebody is told."""
    with caplog.at_level(logging.WARNING, "web.logins"):
        looked_at = sum(guess(web, "noc", f"198.51.100.{n}") for n in range(60))
    assert looked_at == logins.PER_USER
    assert [record.getMessage() for record in caplog.records] == [
        "8 refused logins of noc in ten minutes, the last from 198.51.100.7"
    ]
    page = web.client(Role.ADMINISTRATOR).get("/utilisateurs").text
    assert re.search(r"noc \(8\)", page)


def test_fault_61_one_password_on_many_accounts_is_slowed_by_the_address(web: Web) -> None:
    """Spraying: forty tries in ten minutes from one place, whether the names exist or not."""
    assert sum(guess(web, f"user-{n}") for n in range(60)) == logins.PER_ADDRESS
    assert guess(web, "user-99", "192.0.2.77")


def test_fault_61_a_forwarded_address_is_not_believed(web: Web) -> None:
    """A header that the guesser writes does not make another address of it."""
    client = web.client()
    word = csrf_of(client.get("/connexion"))
    codes = [
        client.post(
            "/connexion",
            data={"csrf_token": word, "name": f"user-{n}", "password": "a wrong guess"},
            headers={"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"},
        ).status_code
        for n in range(logins.PER_ADDRESS + 3)
    ]
    assert codes[: logins.PER_ADDRESS] == [401] * logins.PER_ADDRESS
    assert set(codes[logins.PER_ADDRESS :]) == {429}


def test_fault_61_the_true_user_is_not_locked_out_by_strangers(web: Web) -> None:
    """A browser that logged in before has guesses of its own; its word is no way in, and serves one account."""
    client = web.client(Role.NOC)
    word = client.get_cookie(KNOWN)
    assert word is not None
    web.post(client, "/deconnexion")
    for n in range(20):
        guess(web, "noc", f"198.51.100.{n}")
    assert web.log_in(web.client(), "noc").status_code == 429
    for _ in range(3):
        assert web.log_in(client, "noc", "mistyped password").status_code == 401
    assert web.log_in(client, "noc").status_code == 302
    thief = web.app.test_client()
    thief.set_cookie(KNOWN, word.value)
    assert thief.get("/compte").status_code == 302
    tries = [web.log_in(thief, "noc", f"guess number {n}").status_code for n in range(logins.PER_USER + 2)]
    assert tries.count(401) <= logins.PER_USER
    assert tries[-1] == 429
    forged = web.app.test_client()
    forged.set_cookie(KNOWN, word.value[:-3] + "abc")
    assert web.log_in(forged, "noc").status_code == 429
    other = web.app.test_client()
    other.set_cookie(KNOWN, word.value)
    assert logins.KnownBrowsers(web.box).address(word.value, "viewer") == ""


def test_fault_61_what_is_typed_as_a_name_is_told_to_nobody(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    """It may be a password in the wrong field."""
    with caplog.at_level(logging.DEBUG):
        for n in range(10):
            guess(web, "My-Secret-Passw0rd", f"198.51.100.{n}")
    assert caplog.records
    assert "My-Secret-Passw0rd" not in caplog.text
    assert "My-Secret-Passw0rd" not in web.client(Role.ADMINISTRATOR).get("/utilisateurs").text


# ---- row 62 --------------------------------------------------------------------------------------------------------


def test_fault_62_a_password_is_kept_as_argon2id_with_a_salt_of_its_own(web: Web) -> None:
    """Two users with one password have two hashes."""
    with web.database.reading() as session:
        hashes = [users.user_named(session, role).password_hash for role in ("noc", "viewer")]
    assert all(one.startswith("$argon2id$") for one in hashes)
    assert len(set(hashes)) == 2


def test_fault_62_a_password_of_64_kb_is_refused_when_set_and_costs_no_more_when_tried(web: Web) -> None:
    """The length is bounded before anything is hashed."""
    with pytest.raises(InputError) as refused:
        users.hash_password("x" * 65_536)
    assert refused.value.facts["most"] == 1024
    kept = users.hash_password(PASSWORD)

    def cost(password: str) -> float:
        begun = time.perf_counter()
        users.password_fits(kept, password)
        return time.perf_counter() - begun

    pairs = [(cost("x" * 10_000_000), cost("x" * 20)) for _ in range(5)]
    assert statistics.median(long / short for long, short in pairs) < 3


def test_fault_62_the_same_characters_written_in_two_ways_are_one_password() -> None:
    """An accent typed on another keyboard is the same accent."""
    kept = users.hash_password("mot de passe ét\u00e9")
    assert users.password_fits(kept, "mot de passe e\u0301te\u0301")
    assert not users.password_fits(kept, "mot de passe ete")


def test_fault_62_an_unknown_user_costs_the_time_of_a_wrong_password(web: Web) -> None:
    """Nobody learns by the clock which names exist; pairs, so that a slow machine slows both."""
    ratios = []
    for n in range(7):
        spent = []
        for name in ("noc", f"nobody-{n}"):
            begun = time.perf_counter()
            logins.authenticate(web.database, web.clock, name, "a wrong guess", f"198.51.100.{n}")
            spent.append(time.perf_counter() - begun)
        ratios.append(spent[0] / spent[1])
    assert 0.4 < statistics.median(ratios) < 2.5


def test_fault_62_the_link_of_the_first_administrator_serves_once_and_expires(web: Web) -> None:
    """There is no other word that sets a password."""
    with web.database.transaction() as session:
        for user in session.query(users.User).all():
            session.delete(user)
    word = users.first_admin_link(web.database, web.clock)
    assert word is not None
    web.clock.advance(users.LINK_LIFE.total_seconds() + 1)
    assert not users.link_is_open(web.database, web.clock, word)


# ---- row 63 --------------------------------------------------------------------------------------------------------

TRAVERSALS = (
    "../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/etc/passwd",
    "//etc/passwd", "....//....//etc/passwd", "..\\..\\etc\\passwd", "x%00.css", "CON", "nms.css/../../app.py",
    "%252e%252e%252fapp.py",
)  # fmt: skip


def test_fault_63_no_path_of_a_request_reaches_a_file_that_is_not_ours_to_give(web: Web) -> None:
    """Every route that takes a name, with every trick: refused, or not found; never a file of the machine."""
    secret = web.services.settings.home / "key"
    clients = [web.client(Role.ADMINISTRATOR), web.client(Role.ENGINEER)]
    addresses = {rule for line, (method, rule) in routes(web).items() if method == "GET" and "<" in line}
    folders = {address.rpartition("/")[0] for address in addresses} | {"/static"}
    assert len(folders) > 10
    for client in clients:
        for folder in folders:
            for trick in TRAVERSALS:
                answer = client.get(f"{folder}/{trick}")
                assert answer.status_code < 500, (folder, trick)
                body = answer.get_data()
                assert b"root:x:0" not in body
                assert b"create_app" not in body
                assert not secret.exists() or secret.read_bytes() not in body


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "CON", "nul.txt", "a/b/c", "a\\b"])
def test_fault_63_a_device_named_like_a_path_is_refused_or_a_name_like_any_other(web: Web, name: str) -> None:
    """Either its row is refused, or it is shown; nothing outside the folder of state is touched."""
    home = web.services.settings.home
    before = set(home.parent.rglob("*"))
    text = f"kind,name,address,credential,insee\ndevice,{name},10.0.9.1,lab,86194"
    with web.database.transaction() as session:
        plan = importer.judge(text.encode(), session)
        if plan.ok:
            importer.apply(session, plan, SYSTEM, web.clock.now(), "test")
    assert plan.ok == (name in ("CON", "nul.txt", "a/b/c"))
    assert plan.ok or {error.column for error in plan.errors} == {"name"}
    show(web.database, web.live, web.clock.now())
    code = web.client(Role.ENGINEER).get(f"/appareils/{quote(name, safe='')}").status_code
    assert code == (200 if plan.ok else 404)
    assert {path for path in set(home.parent.rglob("*")) - before if home not in path.parents} == set()


# ---- row 64 --------------------------------------------------------------------------------------------------------

FORMULAS = (
    "=cmd|' /C calc'!A0", "+1+cmd", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1", "＝1+1", "＠SUM", '=HYPERLINK("http://x")',
)  # fmt: skip
STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


@pytest.mark.parametrize("text", [*FORMULAS, "'=1", "''=1", "plain", "", "'", "-"])
def test_fault_64_a_guarded_cell_is_no_formula_and_comes_back_the_same(text: str) -> None:
    """Quoted ones too: what is written is what is read."""
    guarded = csv_cell(text)
    assert not guarded.startswith(STARTS)
    assert csv_cell_back(guarded) == text


@pytest.mark.parametrize("formula", FORMULAS[::3])
def test_fault_64_no_cell_of_any_file_that_we_give_is_a_formula(web: Web, formula: str) -> None:
    """Every route that answers CSV, with the text in every free field; numbers stay numbers."""
    quoted = '"' + formula.replace('"', '""') + '"'
    text = INVENTORY.replace("Mairie de Poitiers", quoted).replace(",Cybercentre,", f",{quoted},")
    text = text.replace(",Place,", f",{quoted},")
    with web.database.transaction() as session:
        plan = importer.judge(text.encode(), session)
        assert plan.ok, plan.errors[:2]
        importer.apply(session, plan, SYSTEM, web.clock.now(), "test")
    show(web.database, web.live, web.clock.now(), family=formula.strip())
    files = {"export": "".join(_exported(web))}
    client = web.client(Role.ENGINEER)
    for line, (method, path) in routes(web).items():
        if method == "GET" and "/static/" not in path:
            answer = client.get(path)
            if answer.mimetype == "text/csv":
                files[line] = answer.get_data(as_text=True)
    assert len(files) >= 5
    cells = 0
    for name, content in files.items():
        for row in csv.reader(io.StringIO(content.lstrip("\ufeff"))):
            for cell in row:
                cells += 1
                assert not cell.startswith(STARTS) or NUMBER.fullmatch(cell), (name, cell)
    assert cells > 100


def test_fault_64_what_is_exported_is_imported_to_the_same(web: Web) -> None:
    """import(export(x)) == x, formulas and all; a negative longitude stays a number."""
    lines = INVENTORY.splitlines()
    header = lines[0] + ",lat_deg,lon_deg"
    rows = [f"{line},46.5,-0.34" if line.startswith("site") else f"{line},," for line in lines[1:]]
    text = "\n".join([header, *rows]).replace("Mairie de Poitiers", "=1+1").replace(",Place,", ",'@x,")
    with web.database.transaction() as session:
        plan = importer.judge(text.encode(), session)
        assert plan.ok, plan.errors[:2]
        importer.apply(session, plan, SYSTEM, web.clock.now(), "test")
    first = "".join(_exported(web))
    assert ",-0.34," in first
    assert "'=1+1" in first
    with web.database.transaction() as session:
        plan = importer.judge(first.encode(), session)
        assert plan.ok, plan.errors[:2]
        importer.apply(session, plan, SYSTEM, web.clock.now(), "test")
    assert "".join(_exported(web)) == first


def _exported(web: Web) -> list[str]:
    with web.database.reading() as session:
        return list(exporter.export_csv(session))


# ---- row 69 --------------------------------------------------------------------------------------------------------


@contextmanager
def served(web: Web) -> Iterator[int]:
    """The application behind its real HTTP server; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = WebServer(web.app, listener, 4, SystemClock(), MAX_BODY_OCTETS)
    server.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.stop()
        listener.close()


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    """The status of one request."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


def test_fault_69_requests_without_measure_are_refused_and_others_go_on(web: Web) -> None:
    """A body of 100 MB, 100,000 fields, 1,000 parts, a deep JSON, a huge header: refused in words, nothing kept."""
    form = "application/x-www-form-urlencoded"
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="p%d"\r\n\r\nx\r\n' % n for n in range(1500))
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    with web.database.transaction() as session:
        actor = users.user_named(session, Role.LEGAL.value).actor()
        word = users.issue_token(session, actor, web.clock.now(), "deep", actor.permissions)
    with served(web) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
            head = f"POST /connexion HTTP/1.1\r\nHost: x\r\nContent-Type: {form}\r\nContent-Length: 104857600\r\n\r\n"
            raw.sendall(head.encode())
            with suppress(ConnectionError):
                for _ in range(200):
                    raw.sendall(b"x" * 65_536)
            with suppress(ConnectionError):
                answer = raw.recv(64)
                assert answer == b"" or b" 413 " in answer, answer
        assert ask(port, "POST", "/connexion", b"x" * (MAX_BODY_OCTETS + 1), Content_Type=form) == 413
        fields = b"&".join(b"f%d=1" % n for n in range(100_000))
        assert ask(port, "POST", "/connexion", fields, Content_Type=form) in (400, 413)
        assert ask(port, "POST", "/connexion", parts + b"--b--", Content_Type="multipart/form-data; boundary=b") == 413
        bearer = {"Authorization": f"Bearer {word}", "Content_Type": "application/json"}
        assert ask(port, "POST", "/api/v1/register/check", deep, **bearer) in (400, 422)
        assert ask(port, "GET", "/connexion", X_Long="x" * 300_000) in (400, 431)
        assert ask(port, "GET", "/connexion") == 200


def test_fault_69_a_hundred_and_fifty_slow_bodies_hold_no_other_user_up(web: Web) -> None:
    """A request that drips in takes no thread: pages are served meanwhile."""
    with served(web) as port, ExitStack() as open_ones:
        head = b"POST /connexion HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nname="
        for _ in range(150):
            slow = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            slow.sendall(head)
        assert [ask(port, "GET", "/connexion") for _ in range(5)] == [200] * 5
