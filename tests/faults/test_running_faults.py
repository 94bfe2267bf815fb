"""Rows 26, 82 and 83: running out of files, being told to stop, and parts that are gone; the real program each time."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from inventory import importer
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind
from nms.app.bootstrap import build
from nms.base.permissions import SYSTEM as SYSTEM_ACTOR
from nms.base.settings_load import load
from nms.ops.history_sqlite import SqliteStore
from tests.conftest import need, unavailable
from tests.fakes.agent import SYSTEM, FakeAgent, ThreadedAgent
from tests.fakes.postgres import PrivatePostgres, find_postgres
from tests.fakes.program import Program, environment, wait_for
from tests.fakes.site import Web

pytestmark = pytest.mark.timeout(180)
SLOW = pytest.mark.slow
NMS = (sys.executable, "-m", "nms.app")
SETTINGS = '[polling]\ninterval_s = 1\ntimeout_s = 0.3\nretries = 0\n[network]\nmanagement = ["127.0.0.0/8"]\n'
OPEN = build_opener(ProxyHandler({}))
DEADLINE_S = 10


def nms(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of the shell."""
    return subprocess.run(
        [*NMS, *words], capture_output=True, text=True, env=environment(home, **more), timeout=60, check=False
    )


def prepared(home: Path, port: int, hosts: range, more: str = "", reachability: str = "snmp", **variables: str) -> None:
    """A home folder with devices on 127.9.0.x at a port."""
    home.mkdir(mode=0o700)
    (home / "nms.toml").write_text(SETTINGS + more)
    context = build(load(home, variables))
    rows = [f"box-{n},127.9.0.{n}:{port},lab,{reachability}" for n in hosts]
    text = "\n".join(["name,address,credential,reachability", *rows])
    at = context.clock.now()
    with context.database.transaction() as session:
        secret = CredentialSecret(CredentialKind.V2C, community="canary-community")
        save_credential(session, context.box, SYSTEM_ACTOR, at, "lab", secret)
        session.flush()
        plan = importer.judge(text.encode(), session)
        assert plan.ok, plan.errors
        importer.apply(session, plan, SYSTEM_ACTOR, at, "test")
    context.database.dispose()


def asked(url: str, path: str) -> tuple[int, str]:
    """Status and text of a page that needs no login."""
    try:
        with OPEN.open(url + path, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def parts(url: str) -> dict[str, str]:
    """What each part says of itself."""
    return dict(json.loads(asked(url, "/readyz")[1])["parts"])


@contextmanager
def agents(count: int) -> Iterator[int]:
    """Agents on 127.9.0.1 and on, all at one port."""
    with ExitStack() as stack:
        first = stack.enter_context(ThreadedAgent(FakeAgent(SYSTEM, host="127.9.0.1", community=b"canary-community")))
        for n in range(2, count + 1):
            one = FakeAgent(SYSTEM, host=f"127.9.0.{n}", port=first.port, community=b"canary-community")
            stack.enter_context(ThreadedAgent(one))
        yield first.port


# ---- 26 ------------------------------------------------------------------------------------------------------------


def test_fault_26_without_a_free_descriptor_the_program_degrades_says_so_once_and_recovers(tmp_path: Path) -> None:
    """64 files are enough to run; then none is left for echoes and browsers. Nothing falls, and all comes back."""
    need("prlimit")
    if os.geteuid() != 0:
        unavailable("raw sockets need root")
    home = tmp_path / "state"
    with agents(3) as port:
        prepared(home, port, range(1, 4), "[metrics]\nopen_to_loopback = true\n", reachability="icmp")
        command = ["prlimit", "--nofile=64:64", *NMS, "run"]
        with Program(command, tmp_path, environment(home)) as program:
            url, pid = program.url(), program.process.pid

            def up() -> int:
                return len(re.findall(r"nms_device_up\{[^}]*\} 1", asked(url, "/metrics")[1]))

            wait_for(lambda: up() == 3, "every device polled", 20)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 64))
            with ThreadPoolExecutor(4) as browsers:
                waiting = [browsers.submit(asked, url, "/metrics") for _ in range(4)]
                time.sleep(4)
                assert program.process.poll() is None
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))
                statuses = [one.result(20)[0] for one in waiting]
            assert statuses == [200] * 4, "they waited, and were answered"
            wait_for(lambda: up() == 3, "every device up again", 20)
            assert parts(url) == {"database": "ok", "history": "ok", "sweep": "ok"}
            assert program.stop() == 0, program.complained()
        with closing(sqlite3.connect(home / "nms.db")) as look:
            told = {after for (after,) in look.execute("SELECT after FROM health_event")}
        assert told == {"up", "unknown"}, "a want of this machine is never a device that is down"
        lines = program.complained().splitlines()
        assert sum("no file descriptor is left" in line for line in lines) == 1, lines[:20]
        assert len(lines) < 30, lines[:40]
        assert "canary" not in program.complained()


# ---- 82 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, *(pytest.param(n, marks=SLOW) for n in (signal.SIGHUP, signal.SIGINT))]
)
def test_fault_82_told_to_stop_in_mid_sweep_it_ends_cleanly_in_time(tmp_path: Path, number: signal.Signals) -> None:
    """Devices that never answer are in flight all the time."""
    home = tmp_path / "state"
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind(("127.9.0.1", 0))
        prepared(home, silent.getsockname()[1], range(1, 2), "")
        with Program([*NMS, "run"], tmp_path, environment(home)) as program:
            silent.settimeout(15)
            silent.recv(2048)
            began = time.monotonic()
            assert program.stop(number, DEADLINE_S + 5) == 0, program.complained()
            assert time.monotonic() - began < DEADLINE_S
    assert "Stopping." in program.said()
    assert "Traceback" not in program.complained()


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=SLOW)])
def test_fault_82_stopped_in_an_act_all_of_it_is_there_or_none(tmp_path: Path, number: signal.Signals) -> None:
    """An import of 3,000 devices, stopped at moments that fall before, in and after its transaction."""
    file = tmp_path / "many.csv"
    rows = [f"many-{n},10.{n // 60_000}.{n // 250 % 250}.{n % 250 + 1},86194" for n in range(3000)]
    file.write_text("\n".join(["name,address,insee", *rows]))
    home = tmp_path / "state"
    assert nms(home, "device", "list").returncode == 0
    seen = set()
    for wait_s in (0.9, 1.3, 1.8):
        process = subprocess.Popen(
            [*NMS, "import", str(file)], env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            began = time.monotonic()
            process.wait(DEADLINE_S)
            assert time.monotonic() - began < DEADLINE_S
        with closing(sqlite3.connect(home / "nms.db")) as look:
            (devices,) = look.execute("SELECT count(*) FROM device").fetchone()
            (entries,) = look.execute("SELECT count(*) FROM ledger WHERE kind LIKE 'inventory%'").fetchone()
        seen.add((devices, bool(entries)))
    assert seen <= {(0, False), (3000, True)}


@pytest.mark.slow
def test_fault_82_what_waits_for_a_lock_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """Another writer keeps the database; the program leaves without it, in time, and says so."""
    home = tmp_path / "state"
    with agents(1) as port:
        prepared(home, port, range(1, 2))
        with (
            Program([*NMS, "run"], tmp_path, environment(home)) as program,
            closing(sqlite3.connect(home / "nms.db", isolation_level=None)) as other,
        ):
            other.execute("BEGIN IMMEDIATE")
            time.sleep(3)
            began = time.monotonic()
            program.stop(signal.SIGTERM, DEADLINE_S + 5)
            assert time.monotonic() - began < DEADLINE_S
            other.execute("ROLLBACK")
        assert nms(home, "device", "list").returncode == 0


@pytest.mark.real
def test_fault_82_a_second_instance_on_the_same_database_is_refused(tmp_path: Path, postgres: PrivatePostgres) -> None:
    """Two folders, one PostgreSQL: the second would poll every device twice. When the first is gone, it may."""
    url = postgres.new_database().replace("postgresql+psycopg", "postgresql")
    one, two = tmp_path / "one", tmp_path / "two"
    for home in (one, two):
        home.mkdir(mode=0o700)
        (home / "nms.toml").write_text(SETTINGS)
    with Program([*NMS, "run"], tmp_path, environment(one, NMS_DATABASE_URL=url), "first") as first:
        refused = nms(two, "run", NMS_DATABASE_URL=url)
        assert refused.returncode == 1
        assert refused.stderr.startswith("nms: Another `nms run` uses this database: stop it")
        first.process.kill()
        first.process.wait(5)
    with Program([*NMS, "run"], tmp_path, environment(two, NMS_DATABASE_URL=url), "second") as second:
        assert second.stop() == 0, second.complained()


# ---- 83 ------------------------------------------------------------------------------------------------------------


@pytest.mark.real
def test_fault_83_while_the_database_is_down_the_process_lives_names_the_part_and_recovers(tmp_path: Path) -> None:
    if find_postgres() is None:
        unavailable("PostgreSQL server not installed (make system-packages)")
    home = tmp_path / "state"
    with PrivatePostgres(tmp_path / "pg", "-down") as server, agents(2) as port:
        url = server.new_database().replace("postgresql+psycopg", "postgresql")
        prepared(home, port, range(1, 3), "[metrics]\nopen_to_loopback = true\n", NMS_DATABASE_URL=url)
        with Program([*NMS, "run"], tmp_path, environment(home, NMS_DATABASE_URL=url)) as program:
            web = program.url()
            wait_for(lambda: asked(web, "/readyz")[0] == 200, "every part works", 20)
            server.stop()
            wait_for(lambda: asked(web, "/readyz")[0] == 503, "the failing part is told", 20)
            assert parts(web) == {"database": "store_unavailable", "history": "ok", "sweep": "ok"}
            assert asked(web, "/healthz")[0] == 200, "alive is not ready"
            assert asked(web, "/metrics")[0] == 200, "what the sweep knows is still told"
            status, page = asked(web, "/connexion")
            assert status in (200, 503)
            assert "Traceback" not in page
            server.start()
            wait_for(lambda: asked(web, "/readyz")[0] == 200, "every part works again", 30)
            assert program.stop() == 0, program.complained()
        assert "canary" not in program.complained()


def test_fault_83_a_port_in_use_is_one_sentence_and_harms_nobody(tmp_path: Path) -> None:
    """The one that listens there goes on; the command ends at once with what to do."""
    home = tmp_path / "state"
    home.mkdir(mode=0o700)
    (home / "nms.toml").write_text(SETTINGS)
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        done = nms(home, "run", PORT=str(port))
        assert done.returncode == 1
        assert f"nms: Port {port} of 127.0.0.1 cannot be used (Address already in use)" in done.stderr
        assert "PORT=" in done.stderr
        assert "Traceback" not in done.stderr
    with Program([*NMS, "run"], tmp_path, environment(home, PORT=str(port))) as program:
        assert asked(program.url(), "/healthz")[0] == 200
        assert program.stop() == 0


@pytest.mark.slow
def test_fault_83_without_a_network_the_program_runs_and_its_devices_are_down_not_unknown(tmp_path: Path) -> None:
    """In a namespace whose only way out is shut: no route is silence of the device, and every part works."""
    need("unshare", "ip")
    if os.geteuid() != 0:
        unavailable("namespaces need root")
    home = tmp_path / "state"
    more = "[metrics]\nopen_to_loopback = true\n"
    prepared(home, 161, range(1, 2), more)
    text = (home / "nms.toml").read_text().replace('"127.0.0.0/8"', '"192.0.2.0/24"')
    (home / "nms.toml").write_text(text)
    assert nms(home, "device", "set", "box-1", "address=192.0.2.1").returncode == 0
    look = (
        "import sys,time,urllib.request as u\n"
        "base=sys.argv[1]\n"
        "for _ in range(150):\n"
        "  text=u.urlopen(base+'/metrics').read().decode()\n"
        "  if 'nms_device_up{device=\"box-1\"' in text and 'state=\"down\"' in text: break\n"
        "  time.sleep(0.1)\n"
        "print(u.urlopen(base+'/readyz').read().decode(), [l for l in text.splitlines() if 'box-1' in l])\n"
    )
    script = (
        'ip link set lo up; "$0" -m nms.app run & pid=$!; sleep 4; '
        '"$0" -c "$LOOK" http://127.0.0.1:18473; kill $pid; wait $pid'
    )
    done = subprocess.run(
        ["unshare", "-n", "-m", "--propagation", "private", "bash", "-c", script, sys.executable],
        env=environment(home, PORT="18473", LOOK=look, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert '"status":"ok"' in done.stdout, done.stdout + done.stderr
    assert 'nms_device_up{device="box-1",commune="",department=""} 0' in done.stdout, done.stdout


def test_fault_83_each_part_that_fails_is_named_while_the_others_are_well(web: Web) -> None:
    """The sweep stands still; the history's file is gone. The process is alive all the while."""
    client = web.client()
    assert client.get("/readyz").get_json() == {
        "status": "ok", "parts": {"database": "ok", "history": "ok", "sweep": "ok"}
    }  # fmt: skip
    web.clock.advance(61)
    stalled = client.get("/readyz")
    assert (stalled.status_code, stalled.get_json()["parts"]["sweep"]) == (503, "last tick 61 s ago")
    web.live.note_sweep(last_tick_at=web.clock.now())
    assert isinstance(web.services.store, SqliteStore)
    web.services.store.close()
    broken = client.get("/readyz")
    assert broken.status_code == 503
    assert broken.get_json()["parts"] == {"database": "ok", "history": "history_unavailable", "sweep": "ok"}
    assert client.get("/healthz").status_code == 200
