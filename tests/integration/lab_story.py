"""What somebody who has never seen the program does with it in the lab; `test_degraded_link` reads what they saw.

    python -m tests.integration.lab_story FOLDER      # inside the lab; prints one JSON object

Everything goes through the pages, as a browser sends it: the first access, a credential, the discovery, the proposals,
the form of a device, the page of a link.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

from tests.fakes import lab
from tests.fakes.program import Browser, Program, environment, wait_for
from tests.fakes.wire import treat

SETTINGS = f"""
language = "en"
[polling]
interval_s = 1
[network]
management = ["{lab.MANAGEMENT}", "{lab.MANAGEMENT_6}"]
"""
PASSWORD = "a long enough password"
COMMUNITY = os.environ.get("LAB_COMMUNITY", "")
LINK = "r2--r3"
TELLING = re.compile(r'<p class="sentence">(.*?)</p>', re.DOTALL)
ECHOES_6 = "r3-six"


class Reader:
    """Somebody at a browser."""

    def __init__(self, program: Program) -> None:
        self.url, self.browser = program.url(), Browser("en")
        made = self.browser.post(program.first_link(), name="chef", password=PASSWORD, again=PASSWORD)
        assert made[0] == 200, made

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        status, text = self.browser.get(self.url + path)
        assert status == 200, (path, status, text)
        return text

    def fill(self, path: str, action: str = "", **changes: str | list[str]) -> str:
        """Send a form that must be taken."""
        status, text = self.browser.fill(self.url + path, action, **changes)
        assert status == 200, (path, status, text)
        return text

    def sentence(self, path: str) -> str:
        """What the page of an object says of it; empty before it is known."""
        _, text = self.browser.get(self.url + path)
        found = TELLING.search(text)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""

    def read(self, path: str, wanted: Callable[[str], bool], patience_s: float) -> str:
        """Come back to a page until it says what is waited for; answers the sentence, of the last look at least."""
        end, seen = time.monotonic() + patience_s, ""
        while time.monotonic() < end:
            seen = self.sentence(path)
            if wanted(seen):
                break
            time.sleep(0.3)
        return seen

    def measured(self, name: str) -> dict[str, Any]:
        """The numbers of a device, from the API's answer to a page that shows them."""
        status, text = self.browser.get(f"{self.url}/api/v1/devices/{name}")
        assert status == 200, text
        return dict(json.loads(text))


def discovered(reader: Reader) -> dict[str, Any]:
    """A credential, a sweep of the network, every proposal taken; answers what the pages said."""
    reader.fill("/identifiants", "/identifiants", name="lab", version="v2c", community=COMMUNITY)
    page = "/inventaire/decouverte"
    reader.fill(page, page, networks=lab.MANAGEMENT, credential=["lab"])
    wait_for(lambda: reader.browser.get(reader.url + "/parts/decouverte")[1] == "", "the end of the sweep", 30)
    found = reader.page(page)
    accepted = reader.fill(page, f"{page}/choix", decision="accept")
    return {
        "ticked": found.count(" checked>"),
        "still_ticked": accepted.count('name="key"'),
        "canary": COMMUNITY in found,
    }


def degraded(reader: Reader, wire: str) -> dict[str, Any]:
    """r3 is asked by echo over both versions of IP; its cable loses, delays, and is good again."""
    reader.fill("/inventaire/device/r3", reachability="icmp")
    six = f"[{lab.six(lab.ROUTERS['r3'])}]:161"
    reader.fill("/inventaire/nouveau/device", name=ECHOES_6, address=six, credential="lab", reachability="icmp")
    link, device = f"/liaisons/{LINK}", f"/appareils/{ECHOES_6}"
    told = {"good": reader.read(link, lambda text: text.startswith("up"), 20)}
    reader.read(device, lambda text: text.startswith("up"), 20)
    treat(wire, lose=1, of=4, delay_s=0.04)
    told["lossy"] = reader.read(link, lambda text: "loss" in text, 40)
    told["lossy_six"] = reader.read(device, lambda text: "loss" in text, 40)
    both = ("r3", ECHOES_6)

    def mostly_lossy() -> bool:
        """The window of the last 60 echoes holds few of the good ones from before."""
        return all((reader.measured(name)["measures"]["loss_ratio"] or 0) >= 0.2 for name in both)

    wait_for(mostly_lossy, "the share that is lost, over the window", 60)
    told["measured"] = json.dumps([reader.measured(name) for name in both])
    treat(wire, delay_s=0.2)
    # a burst under way when the cable changed is the mean of both: wait for a whole one
    told["late"] = reader.read(link, lambda text: re.search(r"latency [2-4]\d\d ms", text) is not None, 20)
    treat(wire)
    told["well"] = reader.read(link, lambda text: text.startswith("up"), 40)
    told["well_six"] = reader.read(device, lambda text: text.startswith("up"), 40)
    return told


def refused(home: Path, folder: Path) -> str:
    """The same network polled by a program that may open neither a raw socket nor one of `ping_group_range`."""
    command = ["setpriv", "--bounding-set", "-net_raw", sys.executable, "-m", "nms.app", "run"]
    with Program(command, folder, environment(home), "unprivileged") as program:
        browser = Browser("en")
        browser.post(f"{program.url()}/connexion", name="chef", password=PASSWORD)
        reader = Reader.__new__(Reader)
        reader.url, reader.browser = program.url(), browser
        said = reader.read("/appareils/r3", lambda text: text.startswith("unknown"), 20)
        program.stop()
    return said


def main(folder: Path) -> dict[str, Any]:
    """The whole story."""
    home, wire = folder / "state", os.environ["LAB_WIRE"]
    home.mkdir(mode=0o700)
    (home / "nms.toml").write_text(SETTINGS)
    with Program([sys.executable, "-m", "nms.app", "run"], folder, environment(home)) as program:
        reader = Reader(program)
        told = {"greeting": program.said()} | discovered(reader) | degraded(reader, wire)
        program.stop()
        told["complained"] = program.complained()
    again = [sys.executable, "-m", "nms.app", "discover", lab.MANAGEMENT, "--json"]
    done = subprocess.run(again, capture_output=True, text=True, check=True, env=environment(home))
    return told | {"again": json.loads(done.stdout), "refused": refused(home, folder)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
