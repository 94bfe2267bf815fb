"""Screens that are no desk: a phone, whose wide tables are cards, and a wall, which turns its views."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.web.test_browser import PAGES, Product, browser, look, officer, product

__all__ = ["browser", "product"]
pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
PHONE = 390
LATE = 60_000
"""Milliseconds that a busy machine is given for what takes seconds."""
NARROWEST = 320
"""CSS pixels: what WCAG 2.2, 1.4.10 (reflow) asks."""

LABELS = "() => [...document.querySelectorAll('table.sheet.cards tbody tr:first-child > *')].map(c => c.dataset.label)"
HEADINGS = (
    "() => [...document.querySelectorAll('table.sheet.cards thead th')]"
    ".map(c => c.textContent.replace(/\\s+/g, ' ').trim())"
)


def test_no_page_is_wider_than_a_phone(product: Product, browser: Browser) -> None:
    """In French, whose words are the longer ones; nor does a value stand out of its card."""
    eye, found = look(browser, product, "fr", "light", PHONE), []
    legal = officer(product, browser, "alice")
    spills = (
        "() => [...document.querySelectorAll('.sheet.cards td:not(.blank)')].filter(c => c.scrollWidth > c.clientWidth)"
        ".map(c => c.dataset.label)"
    )
    seen = [(eye.page, path.format(theme="light")) for path in PAGES.values()]
    seen += [(eye.page, path) for path in ("/inventaire/decouverte", "/mur?vues=charge")]
    seen += [(legal, path) for path in ("/dossiers/nouveau", "/registre/import", "/connexion")]
    for page, path in seen:
        page.goto(product.url + path)
        for width in (NARROWEST, PHONE):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"{path} at {width}: {wide} px too wide"] if wide > 0 else []
            found += [f"{path} at {width}: {label} stands out of its card" for label in page.evaluate(spills)]
    legal.context.close()
    eye.page.context.close()
    assert not found, "\n".join(found)


def test_rows_are_cards_that_say_their_headings_and_stay_a_table(product: Product, browser: Browser) -> None:
    """At the first sight, and after the page has renewed itself; wider again, it is a table again."""
    eye = look(browser, product, "en", "light", PHONE)
    page = eye.page
    page.wait_for_selector("#live table.cards tbody tr", timeout=120_000)
    assert page.evaluate(LABELS) == page.evaluate(HEADINGS)
    page.evaluate("document.querySelector('#live table').dataset.old = 'yes'")
    page.wait_for_selector("#live table.cards:not([data-old]) tbody tr", timeout=LATE)
    assert page.evaluate(LABELS) == page.evaluate(HEADINGS)
    row = page.get_by_role("table").first.get_by_role("row").nth(1)
    assert row.get_by_role("cell").count() == len(page.evaluate(HEADINGS))
    page.goto(product.url + "/liaisons")
    cell = page.locator("table.cards tbody td").nth(1)
    assert "Name" in cell.evaluate("c => getComputedStyle(c, '::before').content")
    assert cell.evaluate("c => getComputedStyle(c).display") == "flow-root"
    page.set_viewport_size({"width": 1200, "height": 844})
    assert cell.evaluate("c => getComputedStyle(c).display") == "table-cell"
    page.context.close()


def test_joined_cells_and_a_browser_without_scripts_scroll_as_before(product: Product, browser: Browser) -> None:
    """A table of which a cell spans columns is no set of cards; without scripts none is."""
    eye = look(browser, product, "en", "light", PHONE)
    page = eye.page
    page.goto(product.url + "/liaisons")
    page.evaluate(
        "document.querySelector('.cards tbody').insertAdjacentHTML('beforeend', '<tr><td colspan=10>x</td></tr>')"
    )
    page.wait_for_selector("table.sheet:not(.cards)")
    assert page.locator("table.sheet").evaluate("t => getComputedStyle(t).display") == "table"
    kept = page.context.storage_state()
    page.context.close()
    bare = browser.new_context(
        viewport={"width": PHONE, "height": 844}, java_script_enabled=False, storage_state=kept
    ).new_page()
    bare.goto(product.url + "/liaisons")
    assert bare.locator("table.sheet.cards").count() == 0
    box, table = bare.locator(".scroll").bounding_box(), bare.locator(".scroll table").bounding_box()
    assert box is not None
    assert table is not None
    assert table["width"] > box["width"]
    bare.context.close()


def test_the_wall_turns_its_views_and_may_be_paused(product: Product, browser: Browser) -> None:
    """Each view for its time, then the first again; the map draws what its view is of."""
    eye = look(browser, product, "fr", "dark", 1600)
    page = eye.page
    page.goto(product.url + "/mur?vues=pannes,charge&secondes=5")
    wall, drawn = page.locator("#wall"), page.locator("#map")
    assert wall.get_attribute("data-view") == "pannes"
    assert not drawn.is_visible()
    page.wait_for_selector("#wall[data-view=charge] #map[data-ready]", timeout=LATE)
    assert drawn.get_attribute("data-view") == "utilisation"
    assert page.locator(".of-load").is_visible()
    page.wait_for_selector("#wall[data-view=pannes]", timeout=LATE)
    page.keyboard.press("p")
    assert page.locator("#pause").inner_text() == "Reprendre"
    before = wall.get_attribute("data-view")
    page.wait_for_timeout(6000)
    assert wall.get_attribute("data-view") == before
    page.keyboard.press("ArrowRight")
    assert wall.get_attribute("data-view") != before
    page.click("#pause")
    page.wait_for_selector(f"#wall[data-view={before}]", timeout=LATE)
    assert eye.wrong == []
    page.context.close()


def test_a_wall_that_lost_its_connection_turns_on_and_says_so(product: Product, browser: Browser) -> None:
    """Whether nothing is reached or nothing answers in time; it finds back by itself."""
    eye = look(browser, product, "fr", "dark", 1600)
    page = eye.page
    page.goto(product.url + "/mur?vues=etat,carte&secondes=5")
    page.route("**/mur/etat", lambda route: route.abort())
    for view in ("carte", "etat"):
        page.wait_for_selector(f"body:has(#freshness.lost) #wall[data-view={view}]", timeout=LATE)
        assert "Connexion perdue" in page.locator("#freshness").inner_text()
        assert page.locator(".wall-stamp").is_visible()
    page.unroute("**/mur/etat")
    page.wait_for_selector("#freshness:not(.lost)", state="attached", timeout=LATE)
    page.route("**/mur/etat", lambda route: None)  # taken, and never answered
    page.wait_for_selector("#freshness.lost", timeout=LATE)
    page.context.close()


def test_who_asks_for_less_motion_turns_the_wall_by_hand(product: Product, browser: Browser) -> None:
    """Nothing moves by itself until the button says so."""
    eye = look(browser, product, "en", "dark", 1600)
    page = eye.page
    page.emulate_media(reduced_motion="reduce")
    page.goto(product.url + "/mur?vues=etat,pannes&secondes=5")
    assert page.locator("#pause").inner_text() == "Go on"
    page.wait_for_timeout(6000)
    assert page.locator("#wall").get_attribute("data-view") == "etat"
    page.click("#pause")
    page.wait_for_selector("#wall[data-view=pannes]", timeout=LATE)
    page.context.close()


def test_a_wall_that_may_no_longer_look_goes_to_the_login_page(product: Product, browser: Browser) -> None:
    """A revoked token, an ended session: nothing stays on the screen, and no form stands inside the wall."""
    eye = look(browser, product, "fr", "dark", 1600)
    eye.page.goto(product.url + "/mur")
    eye.page.context.clear_cookies()
    eye.page.wait_for_url(re.compile(r"/connexion\?suite=/mur$"), timeout=LATE)
    assert eye.page.locator("#wall").count() == 0
    eye.page.context.close()
