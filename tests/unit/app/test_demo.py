"""The demo: a region of real communes, a script that is a function of time, agents that real tools can ask."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO
from ipaddress import ip_address
from pathlib import Path

import pytest

from inventory import importer, territory
from inventory.credentials import CredentialSecret, save_credential
from inventory.models import CredentialKind
from nms.app.demo import agents, region, run, script
from nms.app.demo.script import CYCLE_S, Effects
from nms.app.demo.values import Mib, objects
from nms.base.clock import FakeClock
from nms.base.db import Database
from nms.base.errors import InputError, StoreUnavailable
from nms.base.permissions import SYSTEM
from nms.base.secrets import SecretBox
from tests.conftest import need, run_ok
from tests.fakes.program import is_alive, wait_for

BASE_S = 2_500_000 * CYCLE_S
HC_IN, UPTIME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6), (1, 3, 6, 1, 2, 1, 1, 3, 0)
ROWS = list(csv.DictReader(StringIO(region.inventory_csv(region.build(), 16161))))
_Shown = Callable[[Effects, float], bool]


def effects_of(part: str, built: region.Region | None = None) -> tuple[region.Box, Effects]:
    """The box that plays a part, and what happens to it."""
    built = built or region.build()
    name = getattr(built.cast(), part)
    return built.named()[name], script.script(built.cast())[name]


@pytest.mark.parametrize(
    ("part", "shown", "windows"),
    [
        ("cut", lambda e, t: e.is_silent(t), [(60, 240)]),
        ("second_cut", lambda e, t: e.is_silent(t), [(380, 600)]),
        ("saturated", lambda e, t: e.extra_bps(t) == 1_950_000, [(20, 320)]),
        ("rebooting", lambda e, t: e.is_silent(t), [(150, 175)]),
        ("retuned", lambda e, t: e.shift_khz(1, t) == 5_000, [(30, 420)]),
        ("flapping", lambda e, t: e.is_deaf(0, t), [(40, 85), (130, 175), (220, 265), (310, 355)]),
        ("lossy", lambda e, t: e.loss_ratio(t) == 0.25, [(0, 500)]),
        ("distant", lambda e, t: e.delay_s(t) == 0.28, [(300, 640)]),
    ],
)
def test_each_incident_starts_and_ends_as_stated_in_every_cycle(
    part: str, shown: _Shown, windows: list[tuple[float, float]]
) -> None:
    effects = effects_of(part)[1]
    for cycle in (0, 1, 7):
        for second in range(int(CYCLE_S)):
            meant = any(start <= second < end for start, end in windows)
            assert shown(effects, BASE_S + cycle * CYCLE_S + second) == meant, (cycle, second)


@pytest.mark.parametrize(("second", "cut"), [(100, "cut"), (400, "second_cut")])
def test_a_cut_backhaul_darkens_everything_behind_it_and_nothing_else(second: int, cut: str) -> None:
    built = region.build()
    station, effects = getattr(built.cast(), cut), script.script(built.cast())
    silent = {name for name, effect in effects.items() if effect.is_silent(BASE_S + second)}
    assert silent == {station, *built.behind(station)}
    assert len({built.named()[name].place.insee for name in silent}) > 3
    assert sum(built.named()[name].model == "cpe" for name in silent) >= 2


@pytest.mark.parametrize("part", ["cut", "saturated", "rebooting", "lossy", "distant"])
def test_counters_never_go_back_over_cycles_but_when_the_box_starts_again(part: str) -> None:
    built = region.build()
    box, effects = effects_of(part, built)
    mib = Mib(objects(box, built, effects))
    falls = {"counter": 0, "uptime": 0}
    last: dict[str, int] = {}
    for second in range(0, int(3 * CYCLE_S), 5):
        found = mib.next_after(HC_IN, BASE_S + second)
        uptime = mib.get(UPTIME, BASE_S + second)
        assert found is not None
        assert uptime is not None
        now = {"counter": int.from_bytes(found[2][2:]), "uptime": int.from_bytes(uptime[2:])}
        for name, value in now.items():
            falls[name] += value < last.get(name, 0)
        last = now
    starts = 3 if part == "rebooting" else 0
    assert falls == {"counter": starts, "uptime": starts}


def test_what_a_box_holds_is_a_pure_function_of_time() -> None:
    built, again = region.build(), region.build()
    for part in ("cut", "saturated", "retuned", "flapping"):
        first, second = (Mib(objects(*_with_region(part, one))) for one in (built, again))
        late = _everything(first, BASE_S + 9_000)
        early = _everything(first, BASE_S + 77)
        assert _everything(second, BASE_S + 77) == early
        assert _everything(second, BASE_S + 9_000) == late
        assert early != late


def _with_region(part: str, built: region.Region) -> tuple[region.Box, region.Region, Effects]:
    box, effects = effects_of(part, built)
    return box, built, effects


def _everything(mib: Mib, t_s: float) -> list[tuple[tuple[int, ...], bytes]]:
    rows: list[tuple[tuple[int, ...], bytes]] = []
    at: tuple[int, ...] = (0,)
    while (found := mib.next_after(at, t_s)) is not None:
        at = found[0]
        rows.append((at, found[2]))
    return rows


def test_the_same_seed_makes_the_same_region_and_any_seed_a_whole_one() -> None:
    assert region.build() == region.build()
    assert region.build(1) != region.build(2)
    for seed in range(1, 8):
        built = region.build(seed)
        played = script.script(built.cast())
        assert set(played) <= set(built.named())
        assert len({box.host for box in built.boxes}) == len(built.boxes)


def test_the_region_has_the_size_that_is_promised() -> None:
    sectors = Counter(row["device"] for row in ROWS if row["kind"] == "sector")
    assert len(sectors) >= 40
    assert set(sectors.values()) == {3}
    assert sum(row["link_kind"] == "dedicated" for row in ROWS) >= 120
    assert sum(row["kind"] == "hotspot" for row in ROWS) >= 120
    assert {row["version"] for row in ROWS if row["kind"] == "credential"} == {"v2c", "v3"}


def test_every_place_is_a_real_commune_of_the_bundled_territory() -> None:
    with (territory.bundled_pack() / "communes.csv").open(encoding="utf-8", newline="") as file:
        communes = {row["insee"]: row["name"] for row in csv.DictReader(file)}
    sites = [row for row in ROWS if row["kind"] == "site"]
    assert sites
    assert all(communes[row["insee"]] == row["label"] for row in sites)
    assert {row["insee"][:2] for row in sites} == {"16", "17", "79", "86"}


def test_only_loopback_addresses_are_used() -> None:
    hosts = [row["address"].rpartition(":")[0] for row in ROWS if row["kind"] == "device"]
    assert hosts
    assert all(ip_address(host).is_loopback for host in hosts)


def test_the_importer_takes_the_inventory_without_complaint(sqlite_database: Database, tmp_path: Path) -> None:
    box, at = SecretBox.open_or_create(tmp_path), FakeClock().now()
    with sqlite_database.transaction() as session:
        territory.ensure_loaded(session)
        save_credential(session, box, SYSTEM, at, region.V2C, CredentialSecret(CredentialKind.V2C, "x"))
        save_credential(session, box, SYSTEM, at, region.V3, CredentialSecret(CredentialKind.V3, user="x"))
    text = region.inventory_csv(region.build(), 16161).encode()
    with sqlite_database.transaction() as session:
        plan = importer.judge(text, session)
        assert plan.complaints == []
        importer.apply(session, plan, SYSTEM, at)
    with sqlite_database.reading() as session:
        assert "new: none; changed: none" in importer.judge(text, session).summary()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The agents in their own process: the port of all of them, and the process."""
    ready = tmp_path_factory.mktemp("agents") / "agents.ready"
    process = subprocess.Popen([sys.executable, "-m", "nms.app.demo.agents", str(ready), str(os.getpid())])
    try:
        wait_for(lambda: ready.exists() or process.poll() is not None, "the agents listen", 30)
        yield int(ready.read_text()), process
    finally:
        process.terminate()
        process.wait(10)


def undisturbed(credential: str) -> region.Box:
    """A base station to which the script does nothing."""
    built = region.build()
    busy = script.script(built.cast())
    return next(b for b in built.boxes if b.model == "station" and b.credential == credential and b.name not in busy)


V2C = ("-v2c", "-c", agents.COMMUNITY)
V3 = ("-v3", "-l", "authPriv", "-u", agents.USER.user, "-a", "SHA-256", "-A", agents.USER.auth_key,
      "-x", "AES", "-X", agents.USER.priv_key)  # fmt: skip
BOTH = pytest.mark.parametrize(("credential", "options"), [(region.V2C, V2C), (region.V3, V3)], ids=["v2c", "v3"])


@pytest.mark.real
@BOTH
def test_the_tools_of_net_snmp_read_and_walk_an_agent(
    served: tuple[int, object], credential: str, options: tuple[str, ...]
) -> None:
    need("snmpget", "snmpbulkwalk")
    box = undisturbed(credential)
    where = f"udp:{box.host}:{served[0]}"
    common = (*options, "-m", "", "-Oqn", "-r", "3", "-t", "2", where)
    name, absent = ".1.3.6.1.2.1.1.5.0", ".1.3.6.1.2.1.1.99.0"
    assert run_ok("snmpget", *common, name).split() == [name, f'"{box.name}"']
    assert "No Such" in run_ok("snmpget", *common, absent)
    counters = run_ok("snmpbulkwalk", *common, ".1.3.6.1.2.1.31.1.1.1.6").splitlines()
    assert [line.split()[0].rpartition(".")[2] for line in counters] == ["1", "2", "3", "4"]
    *whole, end = run_ok("snmpbulkwalk", *common, ".1").splitlines()
    assert "No more variables left" in end
    assert len(whole) > 60
    assert len({line.split()[0] for line in whole}) == len(whole)


@pytest.mark.real
def test_a_wrong_community_and_a_wrong_key_get_no_answer(served: tuple[int, object]) -> None:
    need("snmpget")
    wrong = (
        (undisturbed(region.V2C), (*V2C[:2], "public")),
        (undisturbed(region.V3), tuple("wrong-passphrase" if word == agents.USER.auth_key else word for word in V3)),
    )
    for box, options in wrong:
        command = [
            "snmpget",
            *options,
            "-m",
            "",
            "-r",
            "0",
            "-t",
            "1",
            f"udp:{box.host}:{served[0]}",
            ".1.3.6.1.2.1.1.5.0",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode != 0
        assert box.name not in done.stdout


def test_the_agents_listen_on_loopback_only(served: tuple[int, subprocess.Popen[bytes]]) -> None:
    port, process = served
    inodes = set()
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        target = os.readlink(entry)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    assert not {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]} & inodes
    lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    mine = [line[1] for line in lines if line[9] in inodes]
    assert len(mine) == len(region.build().boxes)
    assert all(int(address[6:8], 16) == 127 and int(address[9:], 16) == port for address in mine)


def test_agents_whose_parent_is_gone_end_within_three_seconds(tmp_path: Path) -> None:
    ready = tmp_path / "agents.ready"
    start = (
        "import os, subprocess, sys\n"
        "print(subprocess.Popen([*sys.argv[1:], str(os.getpid())]).pid, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", start, sys.executable, "-m", "nms.app.demo.agents", str(ready)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        agent = int(parent.stdout.readline())
        wait_for(ready.exists, "the agents listen", 30)
        parent.kill()
        parent.wait(5)
        wait_for(lambda: not is_alive(agent), "the agents are gone", 3)


def test_taken_ports_are_told_in_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = tmp_path / "agents.ready"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((region.build().boxes[-1].host, 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(agents, "PORTS", range(port, port + 1))
        with pytest.raises(SystemExit):
            agents.main(ready, os.getppid())
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        with pytest.raises(InputError, match=f"from {port} to {port} is taken: stop another demo") as told:
            run._wait(ended, ready)
        assert "\n" not in told.value.message
        ready.unlink()
        with pytest.raises(StoreUnavailable, match="did not start"):
            run._wait(ended, ready)


def test_the_demo_never_uses_ones_own_database_or_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_wait", lambda _process, _ready: 16161)
    monkeypatch.setattr(run, "_load", lambda _context, _port: None)
    own = {
        "NMS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/own",
        "NMS_NETWORK_MANAGEMENT": "10.0.0.0/8",
        "NMS_SIMULATED": "false",
        "PORT": "8181",
    }
    with run.started(tmp_path, own) as settings:
        assert settings.database.url is None
        assert settings.simulated
        assert [str(network) for network in settings.network.management] == ["127.0.0.0/8"]
        assert settings.home == tmp_path / "demo"
        assert settings.web.port == 8181
