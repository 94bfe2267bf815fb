"""The sentences of failures and of counters without a rate; `unmeasured.py` puts the facts in."""

from __future__ import annotations

from nms.base.text import Said, say
from nms.ops import counters


def of_failure(code: str, kind: str, device: str, since: str, credential: str) -> tuple[str, Said, Said] | None:
    """Code of the finding, what is so, what to do now; by the code of a failure, else by its class.

    None where neither is known.
    """
    known = {
        "no_credential": (
            "credential_missing",
            say("{device} has no SNMP credential: there is nothing to ask it with.", device=device),
            say("Give it one in the inventory (Credentials)."),
        ),
        "name_not_resolved": (
            "name_not_resolved",
            say("The name of {device} is not found in the DNS since {since}.", device=device, since=since),
            say("Correct the name, or write the address itself in the inventory."),
        ),
        "icmp_not_permitted": (
            "icmp_not_permitted",
            say("The server has no right to send ICMP echo, by which {device} is to be reached.", device=device),
            say("Give the program the right (net.ipv4.ping_group_range or CAP_NET_RAW), or poll it by SNMP."),
        ),
        "snmp_silent": (
            "snmp_silent",
            say(
                "{device} answers echo and not SNMP since {since}: its community or user is refused, or "
                "its access list does not name this server.",
                device=device,
                since=since,
            ),
            say("Check the credential “{credential}”, and the access list of the device.", credential=credential),
        ),
        "too_many_files": (
            "too_many_files",
            say("The server is out of descriptors: the silence of {device} is ours.", device=device),
            say("Raise LimitNOFILE for the program and restart it."),
        ),
        "AuthFailed": (
            "credential_refused",
            say(
                "{device} refuses the credential “{credential}” since {since}.",
                device=device,
                credential=credential,
                since=since,
            ),
            say("Renew the credential, or give the device another one in the inventory."),
        ),
        "ForbiddenTarget": (
            "address_not_allowed",
            say("The name of {device} leads outside the management networks: it is not contacted.", device=device),
            say("Correct the address, or add its network to network.management in the settings and restart."),
        ),
        "BadAnswer": (
            "unreadable",
            say("{device} answers since {since} with what cannot be read.", device=device, since=since),
            say("Try `nms probe` with its address: it tells each step."),
        ),
        "WalkAbandoned": (
            "unreadable",
            say(
                "{device} answers since {since} with tables that do not end or do not rise.", device=device, since=since
            ),
            say("Renew its firmware, or pin the family “generic” in the inventory."),
        ),
        "Unreachable": (
            "silent",
            say("{device} has not answered since {since}.", device=device, since=since),
            say("Look at its power and at the way to it; the attempts are below."),
        ),
        "Timeout": (
            "silent",
            say("{device} has not answered since {since}.", device=device, since=since),
            say("Look at its power and at the way to it; the attempts are below."),
        ),
    }
    return known.get(code) or known.get(kind)


_GAPS = {
    counters.FIRST: say("its counters were read once so far; a rate takes two readings."),
    counters.RESTARTED: say("the device restarted, and its counters with it."),
    counters.DISCONTINUITY: say("the device declares that its counters were interrupted (ifCounterDiscontinuityTime)."),
    counters.FELL: say("a counter fell, which is no wrap: it was reset."),
    counters.TOO_LONG: say("a 32-bit counter may have wrapped more than once between two readings."),
    counters.NO_TIME: say("no time passed between two readings."),
    counters.IMPOSSIBLE: say("the counter advanced faster than the port can carry: it was reset or swapped."),
    counters.MISSING: say("the device did not tell this counter."),
    counters.WIDTH_CHANGED: say("the counter changed its width (32 or 64 bits) between two readings."),
}


def gap_words(code: str) -> str:
    """Why a counter gives no rate; an unknown code is shown as itself."""
    return _GAPS.get(code, code)
