"""A session on a device's command line over SSH: the only door to netmiko and paramiko (with `collectors.pinning`).

Host keys are pinned: one that nobody confirmed is reported and not used, another than the confirmed one is refused.
Nothing of the machine's own SSH is used: no agent, no known_hosts, no configuration, no key of the user that runs us.
Every wait and every answer is bounded, and every failure is one of our errors.
"""

from __future__ import annotations

import errno
import io
import logging
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeVar, cast

import paramiko
from netmiko.exceptions import NetmikoAuthenticationException, ReadTimeout

from collectors.cli import PATIENCE, CliTarget, HostKey, HostKeys, Patience, SshCredential, Terminal
from collectors.driver import Driver, one_line, plain
from collectors.pinning import as_ours, bounded
from nms.base import secrets
from nms.base.errors import (
    AuthFailed,
    BadAnswer,
    DeviceError,
    GuardRefused,
    NmsError,
    PushFailed,
    Timeout,
    Unreachable,
)
from nms.base.text import Said, clean, say

T = TypeVar("T")
TRANSCRIPT_LIMIT = 200_000
"""Characters of a session that are kept, the newest."""
SILENCE = 1.5
"""How much longer than for a whole answer a device is waited for that says nothing: the end of waits gone wrong."""
SHELL_OCTETS = 64_000
"""What a command of a device's shell may say."""

for _library in ("netmiko", "paramiko"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)  # they write what devices say, secrets included


@contextmanager
def open_terminal(
    target: CliTarget,
    driver: Driver,
    pins: HostKeys,
    patience: Patience = PATIENCE,
) -> Iterator[Terminal]:
    """Log in, and log out at the end, whatever happens.

    Raises:
        Unreachable, Timeout, AuthFailed, HostKeyUnknown, HostKeyChanged, BadAnswer: no session came about.
    """
    session = _Session(target, driver, pins.get(target.device), patience)
    try:
        session.open()
        yield session
    finally:
        session.close()


def offered_key(target: CliTarget, patience: Patience = PATIENCE) -> HostKey:
    """The key that a device offers; no user or password is sent.

    Raises:
        Unreachable, Timeout: there is no SSH server that says one.
    """
    with _reached(target, patience) as sock:
        transport = paramiko.Transport(sock)
        try:
            transport.banner_timeout = patience.login_s
            transport.start_client(timeout=patience.login_s)
            return as_ours(transport.get_remote_server_key())
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise _no_session(target, error) from error
        finally:
            transport.close()


class _Session:
    """A netmiko connection behind our protocol."""

    def __init__(self, target: CliTarget, driver: Driver, pinned: HostKey | None, patience: Patience) -> None:
        self._target, self._driver, self._pinned, self._patience = target, driver, pinned, patience
        self._said = _Transcript(TRANSCRIPT_LIMIT)
        self._connection: Any = None

    def open(self) -> None:
        """Connect, compare the host key, log in, find the prompt."""
        credential, patience = self._target.credential, self._patience
        with _reached(self._target, patience) as sock, self._translated(_no_session):
            self._connection = bounded(self._driver.netmiko)(
                pinned=self._pinned,
                octets=patience.octets,
                silence_s=SILENCE * max(patience.login_s, patience.answer_s),
                columns=self._driver.columns,
                start=self._driver.start,
                host=self._target.host,
                port=self._target.port,
                username=credential.user,
                password=credential.password,
                pkey=_private_key(credential),
                sock=sock,
                conn_timeout=patience.login_s,
                banner_timeout=patience.login_s,
                auth_timeout=patience.login_s,
                blocking_timeout=patience.answer_s,
                read_timeout_override=patience.login_s,
                session_log=self._said,
                auto_connect=False,
            )
            try:
                self._connection._open()
                self._connection.read_timeout_override = patience.answer_s
            except BaseException:
                self.close()
                raise

    def running(self) -> str:
        return self._told(lambda: self._driver.whole(self._ask(self._driver.show)))

    def run(self, command: str) -> str:
        answer = plain(self._told(lambda: self._ask(one_line(command))))
        refused = self._driver.refusal(answer)
        if refused:
            raise self._refused(command, refused)
        return answer

    def save(self) -> None:
        if self._driver.save is None or self._driver.saved is None:
            return  # what is sent to such a device is kept at once
        answer = self.run(self._driver.save)
        if not re.search(self._driver.saved, answer, re.MULTILINE):
            said = clean(self._driver.redact(answer))
            raise BadAnswer(
                "configuration_not_saved",
                say("The device did not say that it saved its configuration, but: {answer}", answer=said),
                answer=said,
                transcript=self.transcript(),
            )

    def configure(self, lines: Sequence[str]) -> str:
        for line in lines:
            one_line(line)
        taken, answer = 0, ""
        try:
            self._told(self._connection.config_mode)
            inside = _is_inside(self._told(self._connection.find_prompt))
            for line in lines:
                if taken and inside and not _is_inside(answer):
                    raise self._push_failed(line, say("the line before it has left the configuration mode"), taken)
                answer = plain(self._told(lambda line=line: self._send(line)))  # type: ignore[misc]
                refused = self._driver.refusal(answer.replace(line.strip(), "", 1))  # without its echo
                if refused:
                    raise self._push_failed(line, refused, taken)
                taken += 1
        except DeviceError as error:
            error.facts["sent"] = taken
            raise
        finally:
            with suppress(DeviceError):  # the session may be what broke
                self._told(self._leave)
        return self.transcript()

    def dry_run(self, lines: Sequence[str]) -> tuple[tuple[int, str], ...] | None:
        way = self._driver.dry_run
        if way is None:
            return None
        given = "".join(f"{one_line(line)}\n" for line in lines)
        status, said = self._told(lambda: self._exec(way.command, given))
        found = [re.fullmatch(way.refused, line.rstrip()) for line in plain(self._driver.redact(said)).splitlines()]
        refused = tuple((int(one["number"]), clean(one["answer"])) for one in found if one is not None)
        if status != 0 and not refused:
            answer = clean(self._driver.redact(said)) or "-"
            raise BadAnswer(
                "dry_run_failed", say("The dry run could not be made: {answer}", answer=answer), answer=answer
            )
        return refused

    def arm(self, inverse: Sequence[str], after_s: int) -> bool:
        confirm, guard = self._driver.confirm, self._driver.guard
        if confirm is not None:
            start = confirm.start.format(minutes=max(1, -(-after_s // 60)))
            self._told(lambda: self._connection.config_mode(config_command=start))
        elif guard is not None:
            lines = "".join(f"{one_line(line)}\n" for line in inverse)
            self._told(lambda: self._shell(guard.arm.replace("{seconds}", str(int(after_s))), lines))
        return confirm is not None or guard is not None

    def disarm(self) -> None:
        confirm, guard = self._driver.confirm, self._driver.guard
        if confirm is not None:
            self.run(confirm.confirm)
        elif guard is not None:
            self._told(lambda: self._shell(guard.disarm))

    def blind(self, lines: Sequence[str]) -> None:
        driver = self._driver
        typed = [driver.leave, driver.configure, *map(one_line, lines), driver.leave]
        with suppress(Exception):  # nothing is expected of it: what it did is read afterwards
            self._connection.remote_conn.settimeout(self._patience.connect_s)
            self._connection.remote_conn.sendall("".join(f"{line}\n" for line in typed))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()  # swallows its own failures

    def transcript(self) -> str:
        """What was said so far, without secrets."""
        return secrets.redact(self._driver.redact(plain(self._said.text())))

    def _ask(self, command: str) -> str:
        return cast("str", self._connection.send_command(command))

    def _send(self, line: str) -> str:
        return cast(
            "str",
            self._connection.send_config_set([line], enter_config_mode=False, exit_config_mode=False),
        )

    def _shell(self, command: str, given: str = "") -> None:
        """Run a command of the device's shell beside the session; a GuardRefused unless it ends well in time."""
        status, said = self._exec(command, given)
        if status != 0:
            answer = clean(self._driver.redact(said))
            raise GuardRefused(
                "guard_refused",
                say("The device's shell did not do what keeps a change safe: {answer}", answer=answer or "-"),
                answer=answer,
            )

    def _exec(self, command: str, given: str) -> tuple[int | None, str]:
        """How a command of the device's shell ended (None: not in time), and what it said, up to a bound."""
        transport = self._connection.remote_conn_pre.get_transport()
        with closing(transport.open_session(timeout=self._patience.answer_s)) as channel:
            channel.settimeout(self._patience.answer_s)
            channel.exec_command(command)
            channel.sendall(given.encode())
            channel.shutdown_write()
            said = b""
            while len(said) < SHELL_OCTETS and (more := channel.recv(2_000)):
                said += more
            ended = channel.status_event.wait(self._patience.answer_s)
            return channel.exit_status if ended else None, said.decode("utf-8", "replace")

    def _leave(self) -> None:
        self._connection.exit_config_mode()
        self._connection.set_base_prompt()  # a line may have renamed the device

    def _told(self, ask: Callable[[], T]) -> T:
        """The outcome of a step of the session, or its failure as ours, with the transcript."""
        if self._connection is None:
            raise Unreachable("session_closed", say("The session with {device} has ended.", device=self._target.device))
        with self._translated(_broken):
            return ask()

    @contextmanager
    def _translated(self, as_ours: Callable[[CliTarget, Exception], DeviceError]) -> Iterator[None]:
        try:
            yield
        except NmsError as error:
            error.facts.setdefault("transcript", self.transcript())
            raise
        except Exception as error:  # whatever the libraries raise is about this one device
            ours = as_ours(self._target, error)
            ours.facts["transcript"] = self.transcript()
            raise ours from error

    def _refused(self, command: str, answer: str) -> BadAnswer:
        shown = self._driver.redact(command)
        return BadAnswer(
            "command_refused",
            say("The device refused “{command}”: {answer}", command=shown, answer=answer),
            command=shown,
            answer=answer,
            transcript=self.transcript(),
        )

    def _push_failed(self, line: str, answer: Said | str, taken: int) -> PushFailed:
        shown = self._driver.redact(line)
        return PushFailed(
            "line_refused",
            say("The device refused the line “{line}”: {answer}", line=shown, answer=answer),
            line=shown,
            answer=answer,
            sent=taken,
            transcript=self.transcript(),
        )


def _is_inside(answer: str) -> bool:
    """Whether what stands last is the prompt of a configuration mode: `core-1(config-if)#`."""
    return re.search(r"\([^()\s]+\)\s?[#>]\s*$", answer) is not None


class _Transcript(io.BufferedIOBase):
    """The newest characters of a session, in memory."""

    def __init__(self, limit: int) -> None:
        self._limit, self._kept = limit, b""

    def write(self, data: Any) -> int:
        """Keep what netmiko read."""
        self._kept = (self._kept + bytes(data))[-self._limit :]
        return len(data)

    def text(self) -> str:
        """What is kept."""
        return self._kept.decode("utf-8", "replace")


_REFUSED = {
    errno.ECONNREFUSED: say("Connection refused"),
    errno.ECONNRESET: say("Connection reset by peer"),
    errno.EHOSTUNREACH: say("No route to host"),
    errno.ENETUNREACH: say("Network is unreachable"),
}
"""What the system says when nobody can be reached, in the words of the system; translated."""


@contextmanager
def _reached(target: CliTarget, patience: Patience) -> Iterator[socket.socket]:
    """A TCP connection; closed by whoever it is handed to, and here when that failed.

    Raises:
        Unreachable, Timeout: there is none.
    """
    where = f"{target.host}, TCP {target.port}"
    try:
        sock = socket.create_connection((target.host, target.port), timeout=patience.connect_s)
    except TimeoutError as error:
        raise Timeout("ssh_timeout", say("No answer from {where}.", where=where)) from error
    except OSError as error:
        reason = _REFUSED.get(error.errno or 0) or error.strerror or str(error)
        raise Unreachable(
            "ssh_unreachable", say("{where} cannot be reached: {reason}.", where=where, reason=reason)
        ) from error
    try:
        yield sock
    except BaseException:
        sock.close()
        raise


def _private_key(credential: SshCredential) -> paramiko.PKey | None:
    if not credential.private_key:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError):
            return cast("paramiko.PKey", kind.from_private_key(io.StringIO(credential.private_key)))
    raise AuthFailed(
        "ssh_key_unreadable",
        say("The private key of the credential {name} is not one of OpenSSH.", name=credential.name),
    )


def check_private_key(text: str) -> bool:
    """Whether a text is a private key that a device can be opened with."""
    try:
        return _private_key(SshCredential("", private_key=text)) is not None
    except AuthFailed:
        return False


def _no_session(target: CliTarget, error: Exception) -> DeviceError:
    """Why no session came about."""
    cause = error.__context__ if isinstance(error.__context__, Exception) else error
    if isinstance(error, NetmikoAuthenticationException | paramiko.AuthenticationException):
        user = target.credential.user
        return AuthFailed("ssh_refused", say("The device refuses the user {user} and its password or key.", user=user))
    if isinstance(cause, TimeoutError | ReadTimeout) or "timeout" in str(cause).lower() or "banner" in str(cause):
        return Timeout("ssh_no_prompt", say("The device took the connection, but no prompt came in time."))
    return _broken(target, error)


def _broken(target: CliTarget, error: Exception) -> DeviceError:
    """Why a session ended or a step of it failed."""
    if isinstance(error, ReadTimeout | TimeoutError):
        return Timeout(
            "ssh_answer_timeout", say("The device began to answer, but its prompt did not come back in time.")
        )
    if isinstance(error, EOFError | OSError | paramiko.SSHException) or "closed" in str(error).lower():
        return Unreachable("ssh_dropped", say("The device ended the session before it had answered."))
    return BadAnswer(
        "ssh_not_understood",
        say("What the device says is not understood: is its command line the right one? ({kind})",
            kind=type(error).__name__),
    )  # fmt: skip
