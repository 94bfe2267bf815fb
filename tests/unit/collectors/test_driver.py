"""Drivers as data: what is whole, what is refused, what is a secret."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from collectors.cli import HostKey
from collectors.driver import bundled, driver_for, load, take_own
from nms.base.errors import BadAnswer, InputError, NotFound, SettingsError
from nms.ops.change.grammar import Grammar, applied, parsed, shown

IOS = """Building configuration...

Current configuration : 1432 bytes
!
! Last configuration change at 10:02:11 CET Thu Nov 26 2026 by jdupont
version 15.2
service password-encryption
hostname pop-poitiers
enable secret 5 canary-1
username admin privilege 15 secret 5 canary-2
interface FastEthernet0/0
 description towards the % of users -> core
 ip ospf message-digest-key 1 md5 7 canary-3
snmp-server community canary-4 RO
snmp-server host 192.0.2.5 version 2c canary-5
snmp-server user noc ops v3 auth sha canary-6 priv aes 128 canary-7
tacacs-server host 192.0.2.6 key 7 canary-8
key chain RIP
 key 1
  key-string 7 canary-9
crypto isakmp key canary-10 address 192.0.2.7
crypto ikev2 keyring K
 pre-shared-key address 192.0.2.8 255.255.255.255 key canary-11
line vty 0 4
 password 7 canary-12
ntp clock-period 17179865
end
"""
ROUTEROS = """# 2026-11-26 03:00:11 by RouterOS 7.14.3
# software id = ABCD-1234
#
# model = RB750
/interface wireless security-profiles set [ find default=yes ] wpa2-pre-shared-key="canary 1" name=profile
/ppp secret add name=site-12 password=canary-2 service=pppoe
/snmp community set [ find default=yes ] addresses=192.0.2.0/24 name=canary-3
/system identity set name=mairie-lusignan
"""


def test_what_changes_by_itself_is_left_out_and_secrets_are_hidden_line_by_line() -> None:
    driver = bundled()["cisco_ios"]
    text = driver.whole(IOS.replace("\n", "\r\n"))
    assert "Last configuration change" not in text
    assert "clock-period" not in text
    assert text.count("canary") == 12
    hidden = driver.redact(text)
    assert "canary" not in hidden
    assert len(hidden.splitlines()) == len(text.splitlines())
    for kept in ("key 1", "service password-encryption", "towards the % of users", "192.0.2.5 version 2c ***"):
        assert kept in hidden


def test_a_routeros_export_is_told_by_its_head_and_hides_its_keys() -> None:
    driver = bundled()["routeros"]
    text = driver.whole(ROUTEROS)
    assert "2026-11-26" not in text
    hidden = driver.redact(text)
    assert "canary" not in hidden
    assert "name=mairie-lusignan" in hidden
    assert "name=site-12" in hidden


@pytest.mark.parametrize("lines", [1, 3, 8, 20])
def test_fault_43_half_a_configuration_is_none(lines: int) -> None:
    cut = "\n".join(IOS.splitlines()[:-lines])
    with pytest.raises(BadAnswer, match="not whole"):
        bundled()["cisco_ios"].whole(cut)


def test_fault_43_every_bundled_driver_knows_an_empty_answer_and_a_refusal() -> None:
    refused = {
        "frr": "% Unknown command: show",
        "frr_shell": "% Unknown command: show",
        "cisco_ios": "    ^\n% Invalid input detected at '^' marker.",
        "routeros": "bad command name export (line 1 column 2)",
    }
    for name, driver in bundled().items():
        for answer, code in (("\r\n \r\n", "configuration_empty"), (refused[name], "configuration_refused")):
            with pytest.raises(BadAnswer) as raised:
                driver.whole(answer)
            assert raised.value.code == code


def test_a_device_names_its_driver_or_its_family_does() -> None:
    assert driver_for("frr", "cisco_ios").name == "frr"
    assert driver_for("", "mikrotik_routeros").name == "routeros"
    for named, family in (("", ""), ("", "generic"), ("nothing", "cisco_ios")):
        with pytest.raises(NotFound):
            driver_for(named, family)


def test_a_driver_file_is_refused_with_its_line() -> None:
    good = 'name: a1\nlabel: A\nnetmiko: cisco_ios\nshow: show run\nends: end\nerror: "^%"\nsecrets: []\n'
    assert list(load({"a.yaml": good})) == ["a1"]
    for bad, said in (
        (good.replace("secrets: []", "secrets: ['password (.*)']"), "(?P<secret>...)"),
        (good.replace("ends: end\n", ""), "half a configuration"),
        (good + "save: write\n", "saved"),
        (good + "shell: true\n", "shell"),
    ):
        with pytest.raises(SettingsError) as refused:
            load({"b.yaml": bad})
        assert said in str(refused.value)
    with pytest.raises(SettingsError, match="is there already"):
        load({"a.yaml": good, "b.yaml": good})
    other = "name: a0\nlabel: B\nlike: a1\nshow: show conf\n"
    found = load({"0.yaml": other, "a.yaml": good})
    assert found["a0"] == found["a1"].model_copy(update={"name": "a0", "label": "B", "like": "a1", "show": "show conf"})
    with pytest.raises(SettingsError, match="there is no driver a1"):
        load({"a.yaml": good.replace("a1", "a0") + "like: a1\n"})
    with pytest.raises(SettingsError, match="shell"):
        load({"0.yaml": other + "shell: true\n", "a.yaml": good})


def test_a_public_key_is_read_as_openssh_writes_it() -> None:
    line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    assert HostKey.read(line).fingerprint == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
    for bad in ("", "ssh-ed25519", "ssh-ed25519 AAAA", line.replace("ed25519 ", "rsa "), "ssh-ed25519 é"):
        with pytest.raises(InputError):
            HostKey.read(bad)


@pytest.mark.parametrize(
    "before", ["", "no ", " no ", "+ ", "- no ", "+   ", "core-1(config)#", "core-1(config-router)# no ", "Switch> "]
)
def test_fault_66_a_secret_stays_one_behind_a_prompt_a_sign_or_what_takes_it_back(before: str) -> None:
    said = f"first\n{before}snmp-server community canary RO\n{before}neighbor 192.0.2.9 password 7 canary\nlast\n"
    assert bundled()["cisco_ios"].redact(said) == said.replace("canary", "***")


def test_fault_51_redaction_of_anything_takes_no_longer_than_its_length() -> None:
    for driver in bundled().values():
        for junk in (" " * 100_000, "\n" * 100_000, "a" * 100_000, "no " * 30_000, "username " * 10_000, "a#" * 50_000):
            began = time.process_time()
            driver.redact(junk)
            assert time.process_time() - began < 2, (driver.name, junk[:10])


def test_one_s_own_drivers_are_known_and_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "drivers"
    folder.mkdir()
    own = "name: airstation\nlabel: Own\nnetmiko: cisco_ios\nshow: show conf\nends: end\nerror: '^%'\nsecrets: []\n"
    own += "negate: 'no '\nradio: {head: 'radio (?P<radio>.+)', silence: quiet, centre: 'f (?P<value>.+)'"
    own += ", width: 'w (?P<value>.+)'}\n"
    (folder / "airstation.yaml").write_text(own)
    (folder / "broken.yaml").write_text("name: broken\n")
    (folder / "frr.yaml").write_text(own.replace("airstation", "frr"))
    try:
        complaints = take_own(tmp_path)
        assert driver_for("airstation", "").radio is not None
        assert driver_for("frr", "").label != "Own"
        assert {told.split(":")[0] for told in complaints} == {"drivers/broken.yaml", "frr.yaml"}
    finally:
        take_own(tmp_path / "nowhere")
    with pytest.raises(NotFound):
        driver_for("airstation", "")


@pytest.mark.parametrize(
    "said",
    [
        "% Unknown command: neighbor 192.0.2.1 password canary",
        "% Unknown command:  no neighbor 192.0.2.1 password canary",
        "line 3: % Unknown command[4]: neighbor 192.0.2.1 password canary",
        "r3(config)# neighbor 192.0.2.1 password canary",
        "+ neighbor 192.0.2.1 password canary",
        " ipv6 ospf6 authentication key-id 1 hash-algo hmac-sha-256 key canary",
        "msdp peer 192.0.2.1 password canary",
    ],
)
def test_fault_66_a_secret_is_hidden_wherever_a_device_says_it(said: str) -> None:
    assert bundled()["frr"].redact(said) == said.replace("canary", "***")


def test_the_width_of_a_channel_and_the_power_of_clients_stand_beside_channel_and_power() -> None:
    grammar = Grammar(singles=bundled()["cisco_ios"].singles)
    radio = "interface Dot11Radio0\n channel 2412\n channel width 20\n power local 17\n power client 10\n"
    lines = ["interface Dot11Radio0", " channel 2437", " power local 14"]
    assert shown(applied(parsed(radio, grammar), lines, grammar)) == [
        "interface Dot11Radio0",
        " channel width 20",
        " power client 10",
        " channel 2437",
        " power local 14",
    ]
