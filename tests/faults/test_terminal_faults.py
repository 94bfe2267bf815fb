"""Faults of command lines (rows 38, 41, 43, 50, 66, 68): each is one of our errors, in time; no session stays."""

from __future__ import annotations

import logging
import time
from types import SimpleNamespace

import pytest

from collectors.cli import CliTarget, HostKey, Patience, SshCredential
from collectors.driver import one_line
from collectors.terminal import SILENCE, offered_key, open_terminal
from nms.base.errors import (
    AuthFailed,
    BadAnswer,
    DeviceError,
    HostKeyChanged,
    HostKeyUnknown,
    InputError,
    PushFailed,
    Timeout,
    Unreachable,
)
from tests.fakes.evil_ssh import CAUTIOUS, HASTE, MINUTE_S, PASSWORD, Evil, EvilSsh
from tests.fakes.program import wait_for


def failure(box: EvilSsh, patience: Patience = HASTE) -> DeviceError:
    """How reading the configuration fails; the session is closed after it."""
    with pytest.raises(DeviceError) as raised, open_terminal(box.target(), box.driver, box.pins(), patience) as session:
        session.running()
    wait_for(lambda: box.open_sessions == 0, "the session is closed", 12)
    return raised.value


WHOLE = "version 1.0\nhostname box\nend\n"


@pytest.mark.parametrize(
    ("evil", "expected", "code"),
    [
        (Evil(hang="show running"), Timeout, "ssh_answer_timeout"),
        (Evil(mute=True), Timeout, "ssh_no_prompt"),
        (Evil(no_shell=True), Timeout, "ssh_no_prompt"),
        (Evil(drop="show running"), Unreachable, "ssh_dropped"),
        (Evil(drop_after=0), Unreachable, "ssh_dropped"),
        (Evil(password="another"), AuthFailed, "ssh_refused"),
        (Evil(show="x" * 79 + "\n", flood=12_000_000), BadAnswer, "answer_too_long"),
        (Evil(refuse="show running"), BadAnswer, "configuration_refused"),
        (Evil(show=""), BadAnswer, "configuration_empty"),
        (Evil(show="version 1.0\nhostname box\ninterface eth0\n"), BadAnswer, "configuration_truncated"),
        (Evil(show="hostname box\nend\n"), BadAnswer, "configuration_truncated"),
        (Evil(show="version 1.0\n --More-- \nend\n"), BadAnswer, "configuration_paged"),
        (Evil(show="version 1.0\n% Error: flash is busy\nend\n"), BadAnswer, "configuration_refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fault_41_43_a_bad_session_is_one_of_our_errors(evil: Evil, expected: type[DeviceError], code: str) -> None:
    patience = Patience(2.0, 3.0, 60.0) if evil.flood else HASTE
    with EvilSsh(evil=evil) as box:
        began = time.monotonic()
        error = failure(box, patience)
        took_s = time.monotonic() - began
    assert (type(error), error.code) == (expected, code), error
    assert took_s < 3 * (patience.connect_s + patience.login_s + patience.answer_s)
    assert PASSWORD not in f"{error} {error.facts}"


def test_fault_41_slow_prompts_and_a_banner_like_a_prompt_are_survived() -> None:
    evil = Evil(slow_s=0.4, banner="\nWARNING box# is watched\nbox#\nswitch>\n")
    with EvilSsh(evil=evil) as box, open_terminal(box.target(), box.driver, box.pins(), HASTE) as session:
        assert session.running().splitlines() == box.configuration().splitlines()[1:-1]


def test_fault_41_nothing_listens_and_nothing_answers() -> None:
    with EvilSsh() as box:
        target = box.target()
    with pytest.raises(Unreachable), open_terminal(target, box.driver, box.pins(), HASTE):
        pass
    with pytest.raises(Unreachable):
        offered_key(target, HASTE)
    with pytest.raises(InputError):
        Patience(answer_s=0)


def test_fault_41_the_transcript_is_kept_without_secrets() -> None:
    with (
        EvilSsh(evil=Evil(refuse="eth9")) as box,
        open_terminal(box.target(), box.driver, box.pins(), HASTE) as session,
    ):
        session.running()
        with pytest.raises(PushFailed) as refused:
            session.configure(["snmp-server community canary-written RW", "interface eth9"])
    said = str(refused.value.facts["transcript"])
    assert "snmp-server community *** RO" in said
    assert "snmp-server community *** RW" in said
    assert "canary" not in said
    assert "% Invalid input" in said


@pytest.mark.parametrize("at", [0, 1, 2])
def test_fault_39_a_push_that_breaks_says_how_many_lines_were_taken(at: int) -> None:
    lines = ["interface eth0", " description one", " mtu 1400"]
    with EvilSsh(evil=Evil(drop=lines[at].strip() + "$")) as box:
        with (
            pytest.raises(Unreachable) as broken,
            open_terminal(box.target(), box.driver, box.pins(), HASTE) as session,
        ):
            session.configure(lines)
        assert broken.value.facts["sent"] == at
        typed = box.received[box.received.index("configure terminal") + 1 :]
        assert typed[:at] == lines[:at]


@pytest.mark.parametrize(
    "line",
    ["description x\nno shutdown", "description x\r\nreload", "a\u2028b", "a\x00b", "a\x1bb", "x" * 1001, "a\u202eb"],
    ids=["lf", "crlf", "u2028", "nul", "escape", "long", "override"],
)
def test_fault_38_a_line_that_is_two_never_reaches_the_device(line: str) -> None:
    with EvilSsh() as box, open_terminal(box.target(), box.driver, box.pins(), HASTE) as session:
        known = len(box.received)
        with pytest.raises(InputError):
            session.configure(["interface eth0", line])
        with pytest.raises(InputError):
            session.run(line)
        assert len(box.received) == known


@pytest.mark.parametrize(
    "host", ["$(id)", ";id", "`id`", "-oProxyCommand=id", " 127.0.0.1", "127.0.0.1\n", "box.example", "x" * 300, ""]
)
def test_fault_50_where_to_log_in_is_an_address_and_nothing_else(host: str) -> None:
    with pytest.raises(InputError):
        CliTarget("box", host, 22, SshCredential("user", "word"))


def test_fault_68_an_unknown_key_is_asked_and_a_changed_one_refused_before_any_password() -> None:
    with EvilSsh() as box:
        with pytest.raises(HostKeyUnknown) as unknown, open_terminal(box.target(), box.driver, {}, HASTE):
            pass
        assert unknown.value.facts["fingerprint"] == box.key().fingerprint
        assert HostKey.read(str(unknown.value.facts["key"])) == box.key()
        assert offered_key(box.target(), HASTE) == box.key()
        pins = box.pins()
        box.change_key()
        box.turn(password="nothing opens it")
        for _ in range(2):  # never added by itself
            with pytest.raises(HostKeyChanged) as changed, open_terminal(box.target(), box.driver, pins, HASTE):
                pass
        assert changed.value.facts["fingerprint"] == box.key().fingerprint
        assert changed.value.facts["pinned"] == pins["box"].fingerprint
        assert box.received == []


def test_fault_66_no_log_of_ours_or_of_the_libraries_holds_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with EvilSsh(evil=Evil(refuse="version")) as box:
        with open_terminal(box.target(), box.driver, box.pins(), HASTE) as session:
            assert "canary" in session.running()
            with pytest.raises(BadAnswer) as bad:
                session.run("show version")
        wrong = box.target(password="canary-wrong")
        with pytest.raises(AuthFailed) as refused, open_terminal(wrong, box.driver, box.pins(), HASTE):
            pass
    told = [caplog.text, repr(refused.value), repr(refused.value.__cause__), repr(wrong), str(bad.value.facts)]
    assert "canary" not in " ".join(told)


def test_a_box_that_can_takes_an_unconfirmed_change_back_and_keeps_a_confirmed_one() -> None:
    with EvilSsh() as box:
        with open_terminal(box.target(), CAUTIOUS, box.pins(), HASTE) as session:
            assert session.arm([], 50)
            session.configure(["hostname lost"])
        assert "hostname lost" in box.configuration()
        wait_for(lambda: "hostname box" in box.configuration(), "the box took it back", 10)
        with open_terminal(box.target(), CAUTIOUS, box.pins(), HASTE) as session:
            session.arm([], 50)
            session.configure(["hostname kept"])
            session.disarm()
            time.sleep(2 * MINUTE_S)
            assert "hostname kept" in session.running()


def read(shown: str | bytes, pieces: int = 0) -> str:
    """What is read of a box that shows this."""
    with (
        EvilSsh(evil=Evil(show=shown, pieces=pieces)) as box,
        open_terminal(box.target(), box.driver, box.pins(), HASTE) as terminal,
    ):
        return terminal.running()


@pytest.mark.parametrize("pieces", [0, 7], ids=["in packets", "in pieces of seven octets"])
def test_fault_43_no_letter_is_lost_between_two_packets(pieces: int) -> None:
    """Packets end where they end: also in the middle of an é."""
    count = 4 if pieces else 6_000
    shown = "version 1.0\n" + "".join(f"interface eth{n}\n description été à l’île {n}\n" for n in range(count))
    assert read(shown + "end\n", pieces) == shown


def test_fault_43_an_octet_that_is_no_text_is_kept_as_what_it_is_and_never_typed() -> None:
    shown = "version 1.0\ninterface eth0\n description été\n"
    told = read((shown + "end\n").encode("latin-1"))
    assert told == shown.replace("é", "\\xe9")
    with pytest.raises(InputError, match="octet that is no text"):
        one_line(told.splitlines()[-1])


def test_fault_43_the_name_of_a_device_in_its_configuration_is_not_its_prompt() -> None:
    shown = "version 1.0\ninterface eth0\n description to box#2 in Niort\ninterface eth1\n description spare\n"
    assert read(shown + "end\n", 49) == shown, "the first piece ends behind box#"


def test_fault_43_what_came_twice_from_our_own_buffer_is_counted_once() -> None:
    shown = "version 1.0\n" + "".join(f"interface eth{n}\n description {'x' * 80}\n" for n in range(80_000))
    assert read(shown + "end\n") == shown


@pytest.mark.parametrize("out", ["exit", "end"])
def test_fault_38_no_line_of_a_change_is_typed_outside_the_configuration_mode(out: str) -> None:
    """What follows would be a command: it is not sent."""
    with EvilSsh() as box, open_terminal(box.target(), box.driver, box.pins(), HASTE) as terminal:
        with pytest.raises(PushFailed, match="has left the configuration mode") as raised:
            terminal.configure(["hostname other", out, "reload"])
        assert raised.value.facts["sent"] == 2
        assert "reload" not in box.received
        assert "hostname other" in terminal.running()


def test_an_end_behind_the_last_line_is_no_fault() -> None:
    with EvilSsh() as box, open_terminal(box.target(), box.driver, box.pins(), HASTE) as terminal:
        terminal.configure(["interface eth0", " description x", "exit", "hostname other", "end"])
        assert "hostname other" in terminal.running()


def test_a_line_that_reads_like_a_refusal_is_not_one() -> None:
    driver = EvilSsh().driver.model_copy(update={"error": "[Pp]ermission denied|^% "})
    with EvilSsh() as box, open_terminal(box.target(), driver, box.pins(), HASTE) as terminal:
        terminal.configure(["interface eth0", " description permission denied to all"])
        assert "description permission denied to all" in terminal.running()


def test_fault_41_a_clock_that_is_stepped_back_makes_no_wait_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock stands still, as one that is put back again and again: a device that hangs is given up."""
    stopped = SimpleNamespace(time=lambda: 1.0, sleep=time.sleep)
    with EvilSsh(evil=Evil(hang="show running-config")) as box:
        began = time.monotonic()
        with open_terminal(box.target(), box.driver, box.pins(), HASTE) as terminal:
            monkeypatch.setattr("netmiko.base_connection.time", stopped)
            with pytest.raises(Timeout):
                terminal.running()
            monkeypatch.undo()
    assert time.monotonic() - began < 15


def test_a_session_that_nobody_used_for_long_is_not_a_silent_device() -> None:
    """A change waits for subscribers with its session open."""
    hasty = Patience(connect_s=2.0, login_s=2.0, answer_s=2.0)
    with EvilSsh() as box, open_terminal(box.target(), box.driver, box.pins(), hasty) as terminal:
        before = terminal.running()
        time.sleep(SILENCE * 2.0 + 1)
        assert terminal.running() == before
