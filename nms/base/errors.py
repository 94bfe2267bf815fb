"""The error tree. Every failure that leaves a module of ours is one of these.

    NmsError                 code, message, facts
    ├── InputError           what was given is wrong                         HTTP 400
    │   └── SettingsError    the settings are wrong: all complaints at once  (refuses to start)
    ├── PermissionRefused    not allowed                                     HTTP 403
    ├── NotFound             not there, or not yours                         HTTP 404
    ├── Conflict             somebody else was first                         HTTP 409
    ├── LawRefusal           the law says no: article, reason                HTTP 422
    ├── DeviceError          one device; the sweep goes on                   (data, never a page error)
    │   ├── Unreachable      nothing answers, or no route
    │   ├── Timeout          no complete answer before the deadline
    │   ├── BadAnswer        an answer that cannot be believed or decoded
    │   │   └── GuardRefused what keeps a change safe on a device could not be begun, or ended
    │   ├── AuthFailed       user, key or community refused
    │   ├── HostKeyUnknown   nobody has said yet that this SSH key is the device's
    │   ├── HostKeyChanged   another SSH key than the one that was said to be the device's
    │   ├── WalkAbandoned    a walk that would not end
    │   └── ForbiddenTarget  the address is outside the management networks  HTTP 400
    ├── PushFailed           a configuration change did not land whole       HTTP 502
    ├── SourceUnavailable    a source of open data gives nothing usable      HTTP 502
    ├── MailFailed           the mail server did not take a message          HTTP 502
    ├── StoreUnavailable     the database or disk refuses                    HTTP 503
    └── LedgerBroken         the hash chain does not hold                    HTTP 503

`code` is a stable snake_case word (a key of the translations); `facts` are the values that its sentence needs.
A fact is data for a person: never a secret, never an internal object.
"""

from __future__ import annotations


class NmsError(Exception):
    """Base of all of ours. `str()` is an English sentence: what, where, what now."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts


class InputError(NmsError):
    """What was given is wrong."""


class SettingsError(InputError):
    """The settings are wrong; `complaints` holds every one of them."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("settings_refused", "The settings are refused:\n" + "\n".join(f"  - {c}" for c in complaints))
        self.complaints = complaints


class PermissionRefused(NmsError):
    """The caller may not do this."""


class NotFound(NmsError):
    """Not there, or not the caller's."""


class Conflict(NmsError):
    """Somebody else was first, or the thing changed meanwhile."""


class LawRefusal(NmsError):
    """The law says no; facts hold `article` and `reason`."""


class DeviceError(NmsError):
    """One device failed; the sweep goes on."""


class Unreachable(DeviceError):
    """Nothing answers, or there is no route."""


class Timeout(DeviceError):
    """No complete answer before the deadline."""


class BadAnswer(DeviceError):
    """An answer that cannot be decoded or believed."""


class GuardRefused(BadAnswer):
    """What is to take a change back on a device by itself could not be begun there, or ended."""


class AuthFailed(DeviceError):
    """User, key, privacy or community refused."""


class HostKeyUnknown(DeviceError):
    """No SSH key is pinned for the device; facts hold `fingerprint` and `key` (`ssh-ed25519 AAAA...`), as offered."""


class HostKeyChanged(DeviceError):
    """The device offers another SSH key than the pinned one: facts hold `fingerprint`, `key` and `pinned`."""


class WalkAbandoned(DeviceError):
    """A walk that would not end: OIDs that do not rise, or a cap reached."""


class ForbiddenTarget(DeviceError):
    """An address outside the configured management networks."""


class PushFailed(NmsError):
    """A configuration change did not land whole; of a refused line, facts hold `line`, `answer` and `transcript`."""


class SourceUnavailable(NmsError):
    """A source of open data cannot be reached, or what it answers cannot be believed."""


class MailFailed(NmsError):
    """The mail server did not take a message; it is tried again."""


class StoreUnavailable(NmsError):
    """The database or the disk refuses."""


class LedgerBroken(NmsError):
    """The hash chain does not hold."""
