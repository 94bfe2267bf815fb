"""What the settings promise: every complaint at once, with its place and what was perhaps meant; no silent default."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from nms.base.errors import SettingsError
from nms.base.settings import Settings
from nms.base.settings_load import load


def write(home: Path, text: str) -> None:
    """Put a settings file into a home."""
    (home / "nms.toml").write_text(text, "utf-8")


def complaints(home: Path, environ: dict[str, str] | None = None) -> list[str]:
    """What the start would say."""
    with pytest.raises(SettingsError) as caught:
        load(home, environ or {})
    return caught.value.complaints


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """And the defaults open nothing."""
    settings = load(tmp_path, {})
    assert settings == Settings(home=tmp_path)
    assert settings.network.management == ()
    assert not settings.metrics.open_to_loopback


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Section and key in the name of the variable; PORT is the short word."""
    write(tmp_path, "[polling]\ninterval_s = 30\n[web]\nport = 9000\n")
    settings = load(tmp_path, {"NMS_POLLING_INTERVAL_S": "10", "PORT": "8099", "NMS_HOME": "x"})
    assert (settings.polling.interval_s, settings.web.port) == (10, 8099)


def test_networks_are_read_from_both(tmp_path: Path) -> None:
    """A list in the file, commas in the environment, IPv6 too."""
    write(tmp_path, '[network]\nmanagement = ["192.0.2.0/24", "2001:db8::/32"]\n')
    assert load(tmp_path, {}).network.management == (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    environ = {"NMS_NETWORK_MANAGEMENT": "127.0.0.0/8, ::1/128"}
    assert load(tmp_path, environ).network.management == (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def test_fault_81_all_complaints_come_at_once_with_their_places(tmp_path: Path) -> None:
    """A typo, a wrong unit, a wrong type, a bad network, an impossible value, an unknown section."""
    write(
        tmp_path,
        'langage = "fr"\n[pollling]\n[polling]\ninterval = 60\ntimeout_s = "1500ms"\nwindow = 0\n'
        '[network]\nmanagement = ["10.0.0.1/8"]\n[health]\nloss_degraded_ratio = 3.0\n',
    )
    found = complaints(tmp_path, {"NMS_WEB_PROT": "80", "PORT": "eighty"})
    text = "\n".join(found)
    assert "langage" in text
    assert "did you mean “language”?" in text
    assert "did you mean “polling”?" in text
    assert "polling.interval: unknown key; did you mean “interval_s”?" in text
    assert "polling.timeout_s: must be a number, without a unit" in text
    assert "10.0.0.1/8" in text
    assert "loss_degraded_ratio: 3.0 must lie between 0 and 1" in text
    assert "polling.window: 0 must be at least 1" in text
    assert "NMS_WEB_PROT" in text
    assert "did you mean “port”?" in text
    assert "PORT: must be a whole number" in text
    assert all(str(tmp_path / "nms.toml") in line or not line.startswith("/") for line in found)


def test_fault_81_a_file_that_is_no_toml_names_line_and_column(tmp_path: Path) -> None:
    """The parser's own place is kept."""
    write(tmp_path, "[web\nport = 1\n")
    assert "line 1" in complaints(tmp_path)[0]


def test_fault_81_a_file_with_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A URL with a password belongs to its owner only."""
    write(tmp_path, '[database]\nurl = "postgresql+psycopg://nms:canary-url@db/nms"\n')
    (tmp_path / "nms.toml").chmod(0o644)
    found = complaints(tmp_path)
    assert "chmod 600" in found[0]
    assert "canary-url" not in "\n".join(found)
    (tmp_path / "nms.toml").chmod(0o600)
    settings = load(tmp_path, {})
    assert "canary-url" not in repr(settings)


def test_fault_66_a_bad_value_that_may_be_a_secret_is_not_repeated(tmp_path: Path) -> None:
    """A complaint about the URL shows nothing of it."""
    write(tmp_path, "[database]\nurl = 5\n")
    (tmp_path / "nms.toml").chmod(0o600)
    assert complaints(tmp_path) == [f"{tmp_path}/nms.toml: database.url: must be a text."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("::ffff:10.0.0.0/104", "write it as IPv4"), ("fe80::%eth0/64", "names an interface|is not a")],
)
def test_a_management_network_in_disguise_is_refused_with_the_way_to_write_it(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, {"NMS_NETWORK_MANAGEMENT": text})


def test_what_is_coarser_is_kept_at_least_as_long_and_every_complaint_is_told(tmp_path: Path) -> None:
    words = {"NMS_HISTORY_RAW_HOURS": "2400", "NMS_HISTORY_HOURLY_DAYS": "50", "NMS_HISTORY_DAILY_DAYS": "40",
             "NMS_HISTORY_SEALED_DAYS": "3"}  # fmt: skip
    with pytest.raises(SettingsError) as refusal:
        load(tmp_path, words)
    for key in ("history.hourly_days", "history.daily_days", "history.sealed_days"):
        assert sum(complaint.startswith(key) for complaint in refusal.value.complaints) == 1
    assert load(tmp_path, {"NMS_HISTORY_SEAL": "false", "NMS_HISTORY_SEALED_DAYS": "1"}).history.sealed_days == 1


def test_mail_needs_all_that_sending_needs_and_keeps_its_password_out_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, '[mail]\nhost = "mail.example"\nstarttls = false\nuser = "nms"\nhour = 24\nsender = "a@b@c"\n')
    text = "\n".join(complaints(tmp_path))
    for said in ("mail.recipients", "NMS_MAIL_PASSWORD", "in clear", "mail.hour", "“a@b@c” is not an address"):
        assert said in text, said
    write(tmp_path, '[mail]\nhost = "mail.example"\npassword = "hunter22"\n')
    (tmp_path / "nms.toml").chmod(0o600)
    text = "\n".join(complaints(tmp_path))
    assert "take it out and set NMS_MAIL_PASSWORD" in text
    assert "hunter22" not in text
    whole = '[mail]\nhost = "mail.example"\nsender = "a@b.fr"\nrecipients = ["c@d.fr", "e@f.fr"]\nuser = "nms"\n'
    write(tmp_path, whole)
    found = load(tmp_path, {"NMS_MAIL_PASSWORD": "hunter22"})
    assert found.mail.recipients == ("c@d.fr", "e@f.fr")
    assert found.mail.password.reveal() == "hunter22"
    assert "hunter22" not in repr(found)
    text = "\n".join(complaints(tmp_path, {"NMS_MAIL_PASSWORD": "hunter22", "NMS_MAIL_STARTTLS": "false"}))
    assert "in clear" in text
    write(tmp_path, '[mail]\nhost = "mail.example"\nsender = "a@b.fr\\nBcc: x@y.fr"\nrecipients = ["c@d.fr"]\n')
    assert "is not an address" in "\n".join(complaints(tmp_path))
