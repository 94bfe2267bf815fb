"""A change of 400 devices prepared, beside hier-config on the same texts: what is to come, and the way back."""

from __future__ import annotations

import time
from statistics import median

from hier_config import Platform, WorkflowRemediation, get_hconfig

from nms.ops.change.order import Topology
from nms.ops.change.prepare import Family, Rights, Subject, prepare
from tests.bench.peers import Row, beside
from tests.fakes.boxes import GRAMMAR

DEVICES, PORTS, ROUNDS = 400, 100, 3
CHANGE = [
    "interface eth7",
    " description changed",
    " mtu 1400",
    "no ip route 10.0.3.0/24 192.0.2.1",
    "ip route 10.9.0.0/24 192.0.2.1",
]


def plans() -> Row:
    """The row: seconds until every device has its order, text, inverse and checks."""
    texts = {f"d-{n:03}": _configuration(n) for n in range(DEVICES)}
    edges = [(f"d-{n // 3:03}", f"d-{n:03}") for n in range(1, DEVICES)]
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(_ours(texts, edges))
        theirs.append(_hier_config(texts))
    return beside(_row(mine), _row(theirs))


def _ours(texts: dict[str, str], edges: list[tuple[str, str]]) -> float:
    began = time.perf_counter()
    subjects = {name: Subject(name, text, Family(GRAMMAR)) for name, text in texts.items()}
    rights = Rights((), lambda _day: ())
    found = prepare(dict.fromkeys(texts, CHANGE), subjects, Topology.of(edges), rights, None)
    took = time.perf_counter() - began
    assert len(found.steps) == DEVICES
    assert not found.obstacles
    return took


def _hier_config(texts: dict[str, str]) -> float:
    began = time.perf_counter()
    for text in texts.values():
        before = get_hconfig(Platform.GENERIC, text)
        after = before.future(get_hconfig(Platform.GENERIC, "\n".join(CHANGE)))
        assert list(WorkflowRemediation(after, before).remediation_config.all_children())
    return time.perf_counter() - began


def _configuration(number: int) -> str:
    inner = " description to {n}\n ip address 10.{n}.{d}.1/24\n mtu 1500"
    ports = (f"interface eth{n}\n" + inner.format(n=n, d=number % 250) for n in range(PORTS))
    routes = (f"ip route 10.0.{n}.0/24 192.0.2.1" for n in range(PORTS))
    return "\n".join((f"hostname d-{number}", *ports, *routes)) + "\n"


def _row(found: list[float]) -> Row:
    return {"s": median(found), "low": min(found), "high": max(found)}
