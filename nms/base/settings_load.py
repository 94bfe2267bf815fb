"""Settings from `NMS_HOME/nms.toml` and the environment, or the whole list of complaints.

An environment variable `NMS_<SECTION>_<KEY>` overrides the file (`NMS_POLLING_INTERVAL_S=30`); a top-level key is
`NMS_<KEY>`; `PORT` overrides `web.port`. Lists are separated by commas in the environment.
"""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv6Network, ip_network
from pathlib import Path
from typing import Any

from nms.base.errors import SettingsError
from nms.base.secrets import Secret
from nms.base.settings import FILE_NAME, SECTIONS, Network, Settings
from nms.base.settings_rules import judge

_TOP: dict[str, type[Any]] = {"language": str, "simulated": bool}
_OTHER_VARIABLES = {
    "NMS_URL",
    "NMS_TOKEN",
    "NMS_TOKEN_FILE",
    "NMS_HOME",
    "NMS_COMMUNITY",
    "NMS_V3_AUTH_KEY",
    "NMS_V3_PRIV_KEY",
    "NMS_SSH_PASSWORD",
    "NMS_PASSWORD",
}


def load(home: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings of a home folder.

    Raises:
        SettingsError: with every complaint: where, which key, what is wrong, what was perhaps meant.
    """
    complaints: list[str] = []
    path = home / FILE_NAME
    tree = _read_file(path, complaints)
    values = _from_file(tree, str(path), complaints)
    _from_environment(environ, values, complaints)
    settings = _assemble(home, values)
    complaints.extend(judge(settings))
    if complaints:
        raise SettingsError(complaints)
    return settings


_Values = dict[tuple[str, str], Any]


def _read_file(path: Path, complaints: list[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        text = path.read_text("utf-8")
        if "password" in text.lower() or "://" in text:
            _refuse_readable(path, complaints)
        return tomllib.loads(text)
    except OSError as error:
        complaints.append(f"{path}: cannot be read ({error.strerror}).")
    except UnicodeDecodeError:
        complaints.append(f"{path}: is not UTF-8 text.")
    except tomllib.TOMLDecodeError as error:
        complaints.append(f"{path}: {error}.")
    return {}


def _refuse_readable(path: Path, complaints: list[str]) -> None:
    if path.stat().st_mode & 0o077:
        complaints.append(f"{path}: holds a secret and others may read it; run: chmod 600 {path}")


def _from_file(tree: Mapping[str, Any], where: str, complaints: list[str]) -> _Values:
    values: _Values = {}
    for key, value in tree.items():
        if key in SECTIONS and isinstance(value, dict):
            for name, inner in value.items():
                if typing.get_type_hints(SECTIONS[key]).get(name) is Secret:
                    variable = f"NMS_{key}_{name}".upper()
                    complaints.append(f"{where}: {key}.{name} is a secret: take it out and set {variable}.")
                    continue
                _take(values, complaints, key, name, inner, f"{where}: {key}.{name}")
        elif key in _TOP:
            _take(values, complaints, "", key, value, f"{where}: {key}")
        else:
            complaints.append(f"{where}: unknown key “{key}”{_meant(key, [*SECTIONS, *_TOP])}")
    return values


def _from_environment(environ: Mapping[str, str], values: _Values, complaints: list[str]) -> None:
    for variable in sorted(environ):
        if not variable.startswith("NMS_") or variable in _OTHER_VARIABLES or variable.startswith("NMS_TEST_"):
            continue
        word = variable.removeprefix("NMS_").lower()
        section = next((s for s in SECTIONS if word.startswith(s + "_")), "")
        name = word.removeprefix(section + "_") if section else word
        _take(values, complaints, section, name, environ[variable], variable)
    if "PORT" in environ:
        _take(values, complaints, "web", "port", environ["PORT"], "PORT")


def _take(values: _Values, complaints: list[str], section: str, name: str, raw: object, where: str) -> None:
    kinds = typing.get_type_hints(SECTIONS[section]) if section else _TOP
    if name not in kinds:
        complaints.append(f"{where}: unknown key{_meant(name, list(kinds))}")
        return
    try:
        values[section, name] = _convert(raw, kinds[name])
    except ValueError as error:
        complaints.append(f"{where}: {error}")


def _meant(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean “{close[0]}”?" if close else f"; known here: {', '.join(sorted(known))}."


def _convert(raw: object, kind: Any) -> Any:
    """A value of the wanted type; the error never repeats a text that may be a secret."""
    if kind == tuple[Network, ...]:
        return tuple(_networks(raw))
    if kind == tuple[str, ...]:
        return tuple(_texts(raw))
    if kind is Secret:
        return Secret(_str(raw))
    if typing.get_origin(kind) is types.UnionType:
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    converters: dict[type[Any], Callable[[object], Any]] = {bool: _bool, int: _int, float: _float, str: _str}
    return converters[kind](raw)


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in {"1", "true", "yes", "0", "false", "no"}:
        return raw.lower() in {"1", "true", "yes"}
    raise ValueError("must be true or false.")


def _int(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().isascii() and raw.strip().lstrip("-").isdigit():
        return int(raw)
    raise ValueError("must be a whole number, without a unit (the unit is in the name of the key).")


def _float(raw: object) -> float:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, str):
        try:
            return float(raw)
        except ValueError:
            pass
    raise ValueError("must be a number, without a unit (the unit is in the name of the key).")


def _str(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    raise ValueError("must be a text.")


def _texts(raw: object) -> Iterator[str]:
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError('must be a list of texts, such as ["one", "two"].')
    yield from (item.strip() for item in items if item.strip())


def _networks(raw: object) -> Iterator[Network]:
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, list):
        raise ValueError('must be a list of networks, such as ["192.0.2.0/24", "2001:db8::/32"].')
    for item in items:
        try:
            network = ip_network(str(item).strip())
        except ValueError:
            raise ValueError(f"“{item}” is not a network such as 192.0.2.0/24 (host bits must be zero).") from None
        if isinstance(network, IPv6Network) and network.network_address.scope_id is not None:
            raise ValueError(f"“{item}” names an interface (%): write the network alone, such as fe80::/64.")
        if isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
            raise ValueError(f"“{item}” is an IPv4 network in IPv6 clothes: write it as IPv4, such as 192.0.2.0/24.")
        yield network


def _assemble(home: Path, values: _Values) -> Settings:
    parts = {
        section: kind(**{name: value for (s, name), value in values.items() if s == section})
        for section, kind in SECTIONS.items()
    }
    top = {name: value for (section, name), value in values.items() if not section}
    return Settings(home=home, **top, **parts)
