"""The running product in a real browser: every page in two languages, two themes, three widths; looked at, and sound.

The pictures stay in tests/screenshots. `NMS_TEST_PICTURES=docs/images` also renews the picture of the README.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import need
from tests.fakes.blocks import LOGS, write_block

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "tests/screenshots"
AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text("utf-8")
PASSWORD = "a long enough password"
WHAT_IF = (
    "title=SIM-0744&nature=cession&cessionnaire=Charente&area_text=16223;16025"
    "&bands_text=3436-3439.5/3536-3539.5&total=no&start=2028-01-01&until=2031-01-01"
)
PAGES = {
    "overview": "/",
    "alarms": "/alarmes",
    "map": "/carte",
    "communes-cut-off": "/communes?desservie=coupee",
    "communes": "/communes",
    "commune": "/communes/86194",
    "links": "/liaisons",
    "links-down": "/liaisons?state=down",
    "sectors": "/secteurs",
    "hotspots": "/points-acces",
    "devices": "/appareils",
    "sites": "/sites",
    "availability": "/disponibilite",
    "availability-departments": "/disponibilite?par=departement",
    "history": "/administration/historique",
    "why": "/pourquoi/liaisons/NR-86-001",
    "link-month": "/liaisons/NR-86-001?mois=2026-10",
    "device": "/appareils/bs-86-01",
    "link": "/liaisons/NR-86-001",
    "sector": "/secteurs/bs-86-01-s1",
    "hotspot": "/points-acces/pa-86-001",
    "views": "/vues",
    "wall": "/mur?theme={theme}",
    "search": "/recherche?q=poitiers",
    "search-nothing": "/recherche?q=nothing-of-that-name",
    "inventory": "/inventaire",
    "inventory-search": "/inventaire?q=poitiers",
    "inventory-list": "/inventaire/device",
    "inventory-form": "/inventaire/device/bs-86-01",
    "inventory-new": "/inventaire/nouveau/link",
    "import": "/inventaire/import",
    "notifications": "/notifications",
    "configurations": "/configurations",
    "changes": "/changements",
    "change-new": "/changements/nouveau",
    "change-after-act": "/changements/nouveau?acte=10",
    "compliance": "/changements/conformite",
    "golden-block": "/changements/conformite?bloc=logs",
    "golden-device": "/changements/conformite/bs-86-01",
    "families": "/familles",
    "family": "/familles/airspan",
    "profile-desk": "/inventaire/profil?depuis=airspan",
    "profile-desk-empty": "/inventaire/profil",
    "credentials": "/identifiants",
    "users": "/utilisateurs",
    "user": "/utilisateurs/admin",
    "tokens": "/jetons",
    "account": "/compte",
    "register": "/registre",
    "register-2009": "/registre?jour=2009-11-06",
    "remains": "/registre/reste?zone=Lusignan",
    "fees": "/registre/redevances?annee=2010",
    "what-if": "/registre/essai",
    "what-if-one": f"/registre/essai?{WHAT_IF}",
    "what-if-two": f"/registre/essai?{WHAT_IF}&b_nature=making_available&b_bands_text=3439.5-3443/3539.5-3543",
    "map-use": "/carte?vue=utilisation",
    "acts": "/registre/actes",
    "documents": "/documents",
    "act": "/registre/actes/4",
    "papers": "/registre/pieces",
    "law": "/droit",
    "deadlines": "/echeances",
    "projects": "/dossiers",
    "public-register": "/registre/public",
    "journal": "/registre/journal",
    "missing": "/nothing-here",
}
LOOKS = [("fr", "light", 1600), ("en", "dark", 390)]
EVERY_LOOK = [
    pytest.param(*look, marks=() if look in LOOKS else pytest.mark.slow)
    for look in itertools.product(("fr", "en"), ("light", "dark"), (390, 768, 1600))
]


@dataclass
class Product:
    """The program as `make run` starts it, on its demo network."""

    url: str
    first: str
    process: subprocess.Popen[str]
    home: Path


@dataclass
class Eye:
    """A page, and what went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    need("chromium")
    home = tmp_path_factory.mktemp("home")
    (home / "demo").mkdir()
    write_block(home / "demo", LOGS.replace("drivers: [frr]", "roles: [base_station]"))
    environment = {"PATH": os.environ["PATH"], "NMS_HOME": str(home), "PORT": "0", "PYTHONPATH": str(ROOT)}
    environment["NMS_TERRITORY_START"] = "no"
    process = subprocess.Popen(
        [sys.executable, "-m", "nms.app", "run"], env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    said = ""
    while "premier-acces" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    url, first = re.findall(r"http://127\.0\.0\.1:\d+\S*", said)[:2]
    try:
        yield Product(url, first, process, home)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield opened
        opened.close()


def look(browser: Browser, product: Product, language: str, theme: str, width: int) -> Eye:
    """A logged-in browser; the first one creates the administrator by the one-time link."""
    context = browser.new_context(viewport={"width": width, "height": 1000 if width > 400 else 844}, bypass_csp=True)
    eye = Eye(context.new_page())
    page = eye.page
    if not (product.home / "admin-made").exists():
        page.goto(product.first)
        page.fill("[name=name]", "admin")
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        (product.home / "admin-made").touch()
    else:
        page.goto(product.url + "/connexion")
        page.fill("[name=name]", "admin")
        page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(product.url + "/")
    for name, value in (("language", language), ("theme", theme)):
        attribute = {"language": "lang", "theme": "data-bs-theme"}[name]
        if page.locator("html").get_attribute(attribute) != value:
            page.click(f'header button[name={name}][value="{value}"]')
            page.wait_for_selector(f'html[{attribute}="{value}"]', state="attached")
    page.on("console", lambda message: eye.wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: eye.wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((product.url, "data:")) else eye.wrong.append(r.url))
    return eye


@pytest.mark.parametrize(("language", "theme", "width"), EVERY_LOOK)
def test_every_page_is_sound(product: Product, browser: Browser, language: str, theme: str, width: int) -> None:
    """Right language, no error, no foreign host, nothing wider than the screen, no violation that axe finds."""
    eye, found = look(browser, product, language, theme, width), []
    PICTURES.mkdir(exist_ok=True)
    for name, path in PAGES.items():
        eye.wrong.clear()
        answer = eye.page.goto(product.url + path.format(theme=theme))
        assert answer is not None
        if eye.page.locator("#charts").count():
            eye.page.wait_for_selector("#charts[data-ready]")
        if eye.page.locator("#map").count():
            eye.page.wait_for_selector("#map path, #map canvas", state="attached")
        eye.page.wait_for_timeout(150)
        eye.page.screenshot(path=PICTURES / f"{name}-{language}-{theme}-{width}.png", full_page=name != "map")
        root = eye.page.locator("html")
        wide = eye.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        eye.page.evaluate(AXE)
        axe = eye.page.evaluate(
            "async () => (await axe.run()).violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 200))"
        )
        wrong = [text for text in eye.wrong if not (name == "missing" and "404" in text)]
        facts = {
            "status": answer.status != (404 if name == "missing" else 200),
            "language": root.get_attribute("lang") != language or root.get_attribute("data-bs-theme") != theme,
            "too wide": wide > 0,
            "axe": axe,
            "console": wrong,
        }
        found += [f"{name}: {what}: {fact}" for what, fact in facts.items() if fact]
    eye.page.context.close()
    assert found == []


def test_pages_live_without_reload_and_say_when_the_connection_is_lost(product: Product, browser: Browser) -> None:
    """The sweep's figure moves by itself; when nothing answers, the page dates its data."""
    eye = look(browser, product, "fr", "light", 1600)
    page = eye.page
    page.evaluate("window.marked = true")
    before = page.locator("#live").inner_text()
    page.wait_for_function("before => document.querySelector('#live').innerText !== before", arg=before, timeout=30_000)
    assert page.evaluate("window.marked") is True
    page.route("**/parts/overview", lambda route: route.abort())
    page.wait_for_selector("#freshness.lost", timeout=20_000)
    assert "Connexion perdue" in page.locator("#freshness").inner_text()
    page.unroute("**/parts/overview")
    page.wait_for_selector("#freshness:not(.lost)", state="attached", timeout=20_000)
    page.context.close()


def test_the_demo_shows_its_incidents_within_two_minutes(product: Product, browser: Browser) -> None:
    """Something is wrong, with its reason in words, before the visitor loses patience."""
    eye = look(browser, product, "fr", "light", 1600)
    eye.page.wait_for_selector("#live table.sheet tbody tr", timeout=120_000)
    row = eye.page.locator("#live table.sheet tbody tr").first
    assert re.search(r"hors service|dégradé|inconnu", row.inner_text())
    if folder := os.environ.get("NMS_TEST_PICTURES"):
        until = time.monotonic() + 240
        while (
            not eye.page.locator("#live table.alarms a:has-text('points d’accès')").count() and time.monotonic() < until
        ):
            eye.page.wait_for_timeout(1000)
        eye.page.set_viewport_size({"width": 1440, "height": 860})
        eye.page.screenshot(path=Path(folder) / "overview.png")
        eye.page.click("#live table.alarms a[href^='/alarmes/appareils/']")
        eye.page.screenshot(path=Path(folder) / "alarm.png")
        eye.page.goto(product.url + "/carte")
        eye.page.wait_for_selector("#map[data-ready]")
        eye.page.wait_for_timeout(1000)
        eye.page.screenshot(path=Path(folder) / "map.png")
        eye.page.goto(product.url + "/registre")
        eye.page.wait_for_selector("#register-map[data-ready]")
        eye.page.screenshot(path=Path(folder) / "register.png", full_page=True)
        eye.page.set_viewport_size({"width": 1440, "height": 2300})
        eye.page.goto(product.url + PAGES["what-if-two"])
        eye.page.wait_for_selector(".rights-map[data-ready] >> nth=3")
        eye.page.screenshot(path=Path(folder) / "what-if.png")
        eye.page.set_viewport_size({"width": 1440, "height": 860})
        eye.page.goto(product.url + "/secteurs/bs-86-01-s1")
        where = eye.page.locator("main a[href^='/communes/']").first.get_attribute("href") or ""
        for name, path in (("link", "/liaisons/NR-86-001"), ("commune", where), ("law", "/droit")):
            eye.page.goto(product.url + path)
            eye.page.wait_for_timeout(1000)
            eye.page.screenshot(path=Path(folder) / f"{name}.png")
    eye.page.context.close()


def test_who_lives_in_it_needs_no_mouse(product: Product, browser: Browser) -> None:
    """`g` and a letter go, `/` searches, `j` and Enter open."""
    eye = look(browser, product, "fr", "light", 1600)
    page = eye.page
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/liaisons")
    page.keyboard.press("/")
    page.keyboard.type("saint benoit")
    page.wait_for_selector("#suggestions a:has-text('Saint-Benoît')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/communes/86214")
    page.keyboard.press("?")
    assert page.locator("dialog#keys").get_attribute("open") is not None
    page.keyboard.press("Escape")
    assert page.locator("dialog#keys").get_attribute("open") is None
    page.keyboard.press("/")
    page.keyboard.type("NR-86-001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche?q=NR-86-001*")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/liaisons/NR-86-001")
    page.context.close()


def officer(product: Product, browser: Browser, name: str) -> Page:
    """A legal officer at work, in French; made by the shell as an administrator would."""
    environment = {"PATH": os.environ["PATH"], "NMS_HOME": str(product.home / "demo"), "NMS_PASSWORD": PASSWORD}
    if not (product.home / name).exists():
        command = [sys.executable, "-m", "nms.app", "user", "add", name, "--role", "legal"]
        subprocess.run(command, env=environment | {"PYTHONPATH": str(ROOT)}, check=True, cwd=ROOT, capture_output=True)
        (product.home / name).touch()
    page = browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True).new_page()
    page.goto(product.url + "/connexion")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(product.url + "/")
    return page


def record(page: Page, mark: str, reference: str = "") -> None:
    """Record an event of today on the page of a project."""
    page.select_option("[name=mark]", mark)
    page.fill("[name=reference]", reference)
    page.click("form[action$=evenements] button")
    page.wait_for_load_state()


def test_two_officers_take_a_cession_on_all_three_axes_from_draft_to_execution(
    product: Product, browser: Browser
) -> None:
    """Every obstacle is told while it is drafted; who drafted may not decide; at the end the right has moved."""
    page = officer(product, browser, "alice")
    page.goto(product.url + "/dossiers/nouveau")
    page.select_option("#title", "SIM-0744")
    page.fill("#area_text", "Rom; 86020")
    page.fill("#start", "2026-01-01")
    page.wait_for_selector("#judged .verdicts .refused")
    assert "R. 20-44-9-3" in page.locator("#judged").inner_text()
    page.fill("#cessionnaire", "CC du Pays Mélusin")
    page.click("[data-channel='3436-3439.5/3536-3539.5']")
    page.fill("#until", "2031-01-01")
    answers = {"assigned_by_call": "yes", "public_service": "no", "station_locations": "no"}
    for name, value in (answers | {"commitments": "yes", "sanctioned": "no", "capacity": "yes"}).items():
        page.select_option(f"#{name}", value)
    page.fill("#split", "au prorata de la population")
    for item in page.locator("[name^=item_]").all():
        item.fill("prix : 4 242 euros" if item.get_attribute("name") == "item_4" else "pièce jointe")
    page.wait_for_selector("#judged .verdicts:not(:has(.refused))")
    page.screenshot(path=PICTURES / "assistant-fr-light-1600.png", full_page=True)
    page.click(".field-actions button")
    page.wait_for_url(re.compile(r"/dossiers/D-\d{4}-\d+$"))
    address = page.url
    assert page.locator("[name=mark] option").all_inner_texts() == ["projet retiré"]
    pdf = page.request.get(address + ".pdf")
    assert pdf.body().startswith(b"%PDF-")
    page.context.close()

    page = officer(product, browser, "bob")
    page.goto(address)
    for mark, reference in (
        ("sent", "LRAR 1"),
        ("received", ""),
        ("complete", ""),
        ("approved", "SIM-A-1"),
        ("notified", ""),
        ("confirmed_by_assignor", ""),
        ("confirmed_by_assignee", ""),
    ):
        record(page, mark, reference)
    assert "Rien n’est encore transféré" in page.locator(".verdict").first.inner_text()
    record(page, "executed", "SIM-E-1")
    assert "les droits sont transférés" in page.locator(".verdict").first.inner_text()
    page.screenshot(path=PICTURES / "project-fr-light-1600.png", full_page=True)
    page.goto(product.url + "/registre?q=M%C3%A9lusin")
    assert "SIM-E-1" in page.locator("table.sheet").inner_text()
    page.goto(product.url + "/registre?jour=2025-12-31&q=M%C3%A9lusin")
    assert page.locator("table.sheet").count() == 0
    page.goto(product.url + "/registre/journal")
    page.click("button[hx-get]")
    page.wait_for_selector("#verified .calm")
    page.context.close()
