"""Discovery: every address of a network is asked, what answers is described, and kept as findings to decide on.

    desk.start(networks, credentials, port, actor="alice")   # in the background; `desk.progress()` tells how far it is
    sweep(networks, ...)                                     # the same, awaited

Two questions for an address that is silent, one description (`collectors.probe`) for one that answers. Nothing is
written into the inventory here: `inventory.proposals` judges the findings, and a person accepts.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv4Network, ip_address, ip_network

from collectors import oids
from collectors.base import SnmpClient, SnmpCredential, SnmpTarget, VarBind
from collectors.probe import ProbeResult, probe
from collectors.profile import Profile, bundled
from collectors.snmp import CheckedClient
from inventory.address import SNMP_PORT, Endpoint, Network, check_ip
from inventory.found import Found, FoundPort, Heard, remember
from nms.base.clock import Clock
from nms.base.db import Database
from nms.base.errors import Conflict, DeviceError, ForbiddenTarget, InputError, StoreUnavailable, Timeout, Unreachable
from nms.base.text import clean, say

log = logging.getLogger(__name__)

ADDRESS_CAP = 65_536
"""Addresses of one discovery."""
KNOCKS_AT_ONCE, PROBES_AT_ONCE = 256, 16
KNOCK_TIMEOUT_S, KNOCK_RETRIES = 1.0, 1
KEPT_EVERY = 25
PORT_CAP, HEARD_CAP = 500, 500
_KNOCK = (oids.SYS_OBJECT_ID, oids.SYS_NAME, oids.SNMP_ENGINE_ID)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a discovery is: addresses to ask, asked, devices found; `error` when it could not go on."""

    total: int = 0
    asked: int = 0
    found: int = 0
    running: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    by: str = ""
    networks: tuple[str, ...] = ()
    refused: int = 0
    error: str = ""


def read_networks(texts: Sequence[str], allowed: Sequence[Network] | None) -> tuple[Network, ...]:
    """Networks as they are written (`10.0.0.0/24`, `10.0.0.7`, `2001:db8::/120`).

    Raises:
        InputError: not a network, or more addresses than one discovery asks.
        ForbiddenTarget: one lies outside the management networks (`allowed`; None: an operator at the shell), or is
            loopback or link-local, which a wider network does not open.
    """
    networks = []
    for text in texts:
        try:
            networks.append(_plain(_read(text.strip())))
        except ValueError:
            raise InputError(
                "bad_network",
                say("“{text}” is not a network: 10.0.0.0/24, one address, or 2001:db8::/120.", text=clean(text, 60)),
                value=clean(text, 60),
            ) from None
    if not networks:
        raise InputError("no_network", say("Name at least one network, such as 10.0.0.0/24."))
    total = sum(network.num_addresses for network in networks)
    if total > ADDRESS_CAP:
        raise InputError(
            "network_too_large",
            say("{total} addresses are too many for one discovery: {cap} at most.", total=total, cap=ADDRESS_CAP),
            total=total,
        )
    for network in networks:
        if allowed is not None and not any(_inside(network, wide) for wide in allowed):
            raise ForbiddenTarget(
                "forbidden_network",
                say("{network} is not inside a management network (network.management in nms.toml).", network=network),
                network=str(network),
            )
        if allowed is not None and (first := next(addresses((network,)), None)) is not None:
            check_ip(ip_address(first), allowed)
    return tuple(networks)


def _read(text: str) -> Network:
    """A network as it is written; an interface (`fe80::%eth0`) belongs to a machine and to no network."""
    if "%" in text:
        raise ValueError(text)
    return ip_network(text, strict=False)


def _plain(network: Network) -> Network:
    """An IPv4 network in IPv6 clothes (`::ffff:10.0.0.0/120`) is the IPv4 network, and judged as such."""
    mapped = None if isinstance(network, IPv4Network) else network.network_address.ipv4_mapped
    return network if mapped is None or network.prefixlen < 96 else IPv4Network((mapped, network.prefixlen - 96))


def _inside(network: Network, wide: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(wide, IPv4Network) and network.subnet_of(wide)
    return not isinstance(wide, IPv4Network) and network.subnet_of(wide)


def addresses(networks: Sequence[Network]) -> Iterator[str]:
    """Every address of one device in the networks, once, in order."""
    seen: set[str] = set()
    for network in networks:
        hosts = network.hosts() if network.prefixlen < network.max_prefixlen - 1 else iter(network)
        for host in hosts:
            try:
                text = str(check_ip(ip_address(str(host)), None))
            except ForbiddenTarget:
                continue
            if text not in seen:
                seen.add(text)
                yield text


@dataclass(slots=True)
class Sweep:
    """One discovery: hears every finding and every step as it happens."""

    networks: tuple[Network, ...]
    credentials: tuple[SnmpCredential, ...]
    port: int = SNMP_PORT
    profiles: Sequence[Profile] = field(default_factory=bundled)
    on_found: Callable[[Found], None] = lambda found: None
    on_asked: Callable[[bool], None] = lambda refused: None

    async def run(self, client: SnmpClient) -> None:
        """Ask every address; one bad device never stops the others."""
        hosts = addresses(self.networks)
        probes = asyncio.Semaphore(PROBES_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(KNOCKS_AT_ONCE, sum(n.num_addresses for n in self.networks))):
                group.create_task(self._knock_on(hosts, client, probes))

    async def _knock_on(self, hosts: Iterator[str], client: SnmpClient, probes: asyncio.Semaphore) -> None:
        for host in hosts:
            refused = False
            for credential in self.credentials:
                target = SnmpTarget(host, self.port, credential, KNOCK_TIMEOUT_S, KNOCK_RETRIES)
                try:
                    answer = await client.get(target, _KNOCK)
                    async with probes:
                        self.on_found(await self._describe(client, target, answer))
                    refused = False
                    break
                except (Timeout, Unreachable):
                    continue
                except DeviceError as error:
                    refused = True
                    log.info("%s answers, but not as a device should: %s", host, error.message)
            self.on_asked(refused)

    async def _describe(self, client: SnmpClient, target: SnmpTarget, answer: dict[str, VarBind]) -> Found:
        result = await probe(client, replace(target, timeout_s=1.5, deadline_s=8.0), self.profiles)
        role = next((profile.role for profile in self.profiles if profile.family == result.family), "other")
        return found_of(Endpoint(target.host, target.port), target.credential.name, result, role, _identity(answer))


def found_of(endpoint: Endpoint, credential: str, result: ProbeResult, role: str, identity: str) -> Found:
    """The description of a probe as a finding."""
    bare = endpoint.port == SNMP_PORT and ":" not in endpoint.host
    return Found(
        address=endpoint.host if bare else str(endpoint),
        credential=credential,
        family=result.family,
        vendor=result.vendor,
        model=result.model,
        role=role,
        sys_name=result.identity.sys_name,
        sys_descr=result.identity.sys_descr,
        identity=identity or result.chassis_id,
        chassis_id=result.chassis_id,
        ports=tuple(
            FoundPort(p.name or p.descr, p.if_index, p.speed_bps) for p in result.ports[:PORT_CAP] if p.name or p.descr
        ),
        neighbours=tuple(
            Heard(n.local_port, n.chassis_id, n.port_id, n.port_descr, n.sys_name)
            for n in result.neighbours[:HEARD_CAP]
        ),
        warnings=tuple(result.warnings),
    )


def _identity(answer: dict[str, VarBind]) -> str:
    """The SNMP engine that answered: the same one at another address is the same box."""
    row = answer.get(oids.SNMP_ENGINE_ID)
    value = row.value if row is not None else None
    return value.hex() if isinstance(value, bytes) and 5 <= len(value) <= 32 else ""


class Desk:
    """Runs one discovery at a time, in a thread of its own; findings are kept as they come."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        open_client: Callable[[], CheckedClient] = CheckedClient,
        profiles: Callable[[], Sequence[Profile]] = bundled,
    ) -> None:
        self._database, self._clock, self._open_client, self._profiles = database, clock, open_client, profiles
        self._lock = threading.Lock()
        self._progress = Progress()
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], None] = lambda: None

    def progress(self) -> Progress:
        """How far the discovery is that runs, or how the last one ended."""
        return self._progress

    def start(
        self,
        networks: tuple[Network, ...],
        credentials: tuple[SnmpCredential, ...],
        port: int = SNMP_PORT,
        by: str = "",
    ) -> None:
        """Begin; answers at once.

        Raises:
            Conflict: one runs already.
        """
        with self._lock:
            if self._progress.running:
                raise Conflict("discovery_runs", say("A discovery runs already: wait for its end, or stop it."))
            self._progress = Progress(
                total=sum(1 for _ in addresses(networks)),
                running=True,
                started_at=self._clock.now(),
                by=by,
                networks=tuple(map(str, networks)),
            )
        self._thread = threading.Thread(
            target=self._run, args=(networks, credentials, port), name="discovery", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ask no more addresses; what was found stays."""
        self._stop()

    def wait(self, timeout_s: float | None = None) -> None:
        """Until the discovery has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, networks: tuple[Network, ...], credentials: tuple[SnmpCredential, ...], port: int) -> None:
        error = ""
        try:
            asyncio.run(self._discover(networks, credentials, port))
        except asyncio.CancelledError:
            error = say("Stopped before its end.")
        except (StoreUnavailable, Conflict) as failure:
            error = failure.message
        except BaseExceptionGroup as failures:
            log.exception("a discovery failed")
            error = say("The discovery failed: {reason}", reason=clean(str(failures.exceptions[0]), 200))
        finally:
            self._progress = replace(self._progress, running=False, ended_at=self._clock.now(), error=error)

    async def _discover(
        self, networks: tuple[Network, ...], credentials: tuple[SnmpCredential, ...], port: int
    ) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop() -> None:
            loop.call_soon_threadsafe(task.cancel)

        self._stop = stop
        client = self._open_client()
        kept: list[Found] = []

        def found(device: Found) -> None:
            kept.append(device)
            self._progress = replace(self._progress, found=self._progress.found + 1)
            if len(kept) >= KEPT_EVERY:
                self._keep(kept)

        def asked(refused: bool) -> None:
            now = self._progress
            self._progress = replace(now, asked=now.asked + 1, refused=now.refused + refused)

        try:
            await Sweep(networks, credentials, port, self._profiles(), on_found=found, on_asked=asked).run(client)
        finally:
            client.close()
            self._stop = lambda: None
            self._keep(kept)

    def _keep(self, kept: list[Found]) -> None:
        if kept:
            with self._database.transaction() as session:
                remember(session, kept, self._clock.now())
            kept.clear()
