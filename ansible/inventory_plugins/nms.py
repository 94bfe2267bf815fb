"""Inventory plugin: the devices of the supervision, by its API. Needs nothing but ansible-core."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ansible.errors import AnsibleParserError
from ansible.module_utils.urls import open_url
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.utils.unsafe_proxy import wrap_var

DOCUMENTATION = """
name: nms
short_description: Devices of the network supervision
description:
  - Reads C(/api/v1/sd/ansible) with a token of the scope C(device:read).
  - Groups devices by department, commune, family, role and lifecycle. No secret is among their variables.
  - What comes from the API is never taken for a template.
options:
  plugin:
    description: This plugin.
    required: true
    choices: [nms]
  url:
    description: Where the supervision is. Without TLS only on this machine itself.
    required: true
    type: str
    env: [{name: NMS_URL}]
  token:
    description: The token. Better in the environment, or in a file, than here.
    type: str
    env: [{name: NMS_TOKEN}]
  token_file:
    description: A file with the token, readable by its owner only.
    type: path
    env: [{name: NMS_TOKEN_FILE}]
  ca_file:
    description: Certificates (PEM) of the authority that signed the certificate of the supervision.
    type: path
  timeout_s:
    description: Seconds until an answer must come.
    type: int
    default: 20
"""
PATH = "/api/v1/sd/ansible"
MOST_OCTETS = 64_000_000
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_GROUP = re.compile(r"all|nms_[A-Za-z0-9_]+")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}")
_VARIABLE = re.compile(r"ansible_host|ansible_port|nms_[a-z_]+")


class InventoryModule(BaseInventoryPlugin):
    """Hosts, groups and variables out of one answer of the API."""

    NAME = "nms"

    def verify_file(self, path: str) -> bool:
        """Whether a file is for this plugin: `nms.yml`, or `*.nms.yml`."""
        name = Path(path).name
        return bool(super().verify_file(path)) and (name in {"nms.yml", "nms.yaml"} or name.endswith(".nms.yml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        found = self._asked(self.get_option("url").rstrip("/"), self._token())
        hosts = found.get("_meta", {}).get("hostvars", {})
        for group in found:
            if group != "_meta":
                inventory.add_group(_checked(_GROUP, group, "a group"))
        for host, told in hosts.items():
            inventory.add_host(_checked(_HOST, host, "a host"))
            for name, value in told.items():
                inventory.set_variable(host, _checked(_VARIABLE, name, "a variable"), wrap_var(value))
        for group, told in found.items():
            if group != "_meta":
                for child in (*told.get("children", ()), *told.get("hosts", ())):
                    inventory.add_child(group, child)

    def _token(self) -> str:
        file = self.get_option("token_file")
        if not file:
            word = self.get_option("token")
        elif Path(file).stat().st_mode & 0o077:
            raise AnsibleParserError(f"{file}: others may read the token in it; run: chmod 600 {file}")
        else:
            word = Path(file).read_text("utf-8")
        if not (word or "").strip():
            raise AnsibleParserError(
                "No token. Make one with: nms user token ansible --scope device:read\n"
                "and give it as NMS_TOKEN, or the name of its file (mode 0600) as NMS_TOKEN_FILE or token_file."
            )
        return str(word).strip()

    def _asked(self, url: str, token: str) -> Mapping[str, Any]:
        parts = urlsplit(url)
        here = parts.hostname in LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and here):
            raise AnsibleParserError(f"{url}: must begin with https://, or the token would be sent in the clear.")
        try:
            answer = open_url(
                url + PATH,
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                timeout=self.get_option("timeout_s"),
                ca_path=self.get_option("ca_file"),
                follow_redirects="none",
                use_proxy=not here,
                use_netrc=False,
            )
            text = answer.read(MOST_OCTETS + 1)
        except HTTPError as error:
            raise AnsibleParserError(f"{url}: {_meaning(error.code)}") from error
        except (URLError, OSError) as error:
            raise AnsibleParserError(f"{url}: cannot be reached: {getattr(error, 'reason', error)}.") from error
        try:
            found = json.loads(text) if len(text) <= MOST_OCTETS else None
        except ValueError:
            found = None
        if not isinstance(found, dict) or "_meta" not in found:
            raise AnsibleParserError(f"{url}: the answer is no inventory. Is it the address of the supervision?")
        return found


def _meaning(status: int) -> str:
    if status == 401:
        return "the token is refused (revoked, or at its end). Make another one: nms user token."
    if status == 403:
        return "the token lacks the scope device:read."
    if 300 <= status < 400:
        return f"answers with a redirection ({status}): name the address itself, the token is not sent on."
    return f"answers with {status}."


def _checked(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise AnsibleParserError(f"The supervision names {what} that cannot be one: {value[:80]!r}.")
    return value
