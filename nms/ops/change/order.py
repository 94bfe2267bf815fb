"""In which order devices may be changed so that no step cuts off one that is still to be changed. Pure.

The network is a graph of devices; we stand at some of them (`roots`). Far ends come before near ends: when a device is
changed, every one that is left is as near or nearer, so a shortest way to it does not lead through the one at work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Topology:
    """Which devices are joined, and through which ones we reach all others."""

    joined: Mapping[str, frozenset[str]]
    roots: frozenset[str]
    _hops: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._hops.update(_hops(self.joined, self.roots, frozenset()))

    @classmethod
    def of(cls, edges: Iterable[tuple[str, str]], roots: Iterable[str] = ()) -> Topology:
        """From (nearer, farther) pairs. Without roots, we stand at the devices that are nobody's far end."""
        edges = [(near, far) for near, far in edges if near and far and near != far]
        joined: dict[str, set[str]] = {}
        for near, far in edges:
            joined.setdefault(near, set()).add(far)
            joined.setdefault(far, set()).add(near)
        named = frozenset(roots) or frozenset(joined) - {far for _, far in edges}
        return cls({name: frozenset(others) for name, others in joined.items()}, named)

    def hops(self, device: str) -> int | None:
        """How far a device is from us; None: no way to it is known."""
        return self._hops.get(device)

    def behind(self, device: str) -> frozenset[str]:
        """Devices whose every way to us leads through this one."""
        without = _hops(self.joined, self.roots, frozenset({device}))
        return frozenset(self._hops) - frozenset(without) - {device}


@dataclass(frozen=True, slots=True)
class CutOff:
    """A step of an order that stands between us and devices that come after it."""

    device: str
    later: tuple[str, ...]


def order(devices: Collection[str], topology: Topology) -> list[str]:
    """Far ends first; those to which no way is known before all others, since nothing can be told of what they cut."""
    farthest = len(topology.joined) + 1
    return sorted(set(devices), key=lambda name: (-_distance(name, topology, farthest), name))


def cut_offs(devices: Sequence[str], topology: Topology) -> Iterator[CutOff]:
    """Every step of an order that could cut off a device that is still to be changed."""
    for at, device in enumerate(devices):
        behind = topology.behind(device)
        later = tuple(name for name in devices[at + 1 :] if name in behind)
        if later:
            yield CutOff(device, later)


def _distance(device: str, topology: Topology, farthest: int) -> int:
    hops = topology.hops(device)
    return farthest if hops is None else hops


def _hops(joined: Mapping[str, frozenset[str]], roots: Iterable[str], without: frozenset[str]) -> dict[str, int]:
    found = {root: 0 for root in roots if root not in without}
    waiting = deque(found)
    while waiting:
        name = waiting.popleft()
        for other in joined.get(name, ()):
            if other not in found and other not in without:
                found[other] = found[name] + 1
                waiting.append(other)
    return found
