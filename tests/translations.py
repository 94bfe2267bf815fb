"""`make translations`: brings the French catalogue up to date with the sentences of the program, and compiles it.

A sentence without French is written with an empty text and named on the screen: fill it in and run it again.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FRENCH = ROOT / "web/translations/fr/LC_MESSAGES/messages"
PLACES = ("web", "inventory", "spectrum", "collectors", "nms/base", "nms/ops")
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "say": None}
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_HEADER = """# French words of the NMS. GPL-3.0-or-later.
msgid ""
msgstr ""
"Project-Id-Version: NMS\\n"
"Language: fr\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def catalogue() -> Catalog:
    """The committed French catalogue."""
    with FRENCH.with_suffix(".po").open("rb") as file:
        return read_po(file)


def extracted() -> set[str | tuple[str, str]]:
    """Every sentence of the program that a reader may see; a pair has a plural."""
    found: set[str | tuple[str, str]] = set()
    for place in PLACES:
        for _, _, message, _, _ in extract_from_dir(ROOT / place, _METHODS, keywords=_KEYWORDS):
            found.add(message if isinstance(message, str) else (message[0], message[1]))
    return found


def texts(found: object) -> list[str]:
    """The texts of a message: one, or one per plural form."""
    if isinstance(found, str):
        return [found]
    return [str(text) for text in found] if isinstance(found, (list, tuple)) else []


def main() -> int:
    """Write and compile the catalogue; 1 while something is without French."""
    known = {tuple(texts(message.id)): texts(message.string) for message in catalogue() if message.id}
    fresh, missing = Catalog(locale="fr", fuzzy=False), []
    for message in sorted(extracted(), key=str):
        french = known.get(tuple(texts(message)), [])
        if not french or not all(french):
            missing.append(str(message))
        fresh.add(message, (french[0] if french else "") if isinstance(message, str) else tuple(french or ("", "")))
    buffer = io.BytesIO()
    write_po(buffer, fresh, sort_output=True, omit_header=True, width=120)
    FRENCH.with_suffix(".po").write_text(_HEADER + buffer.getvalue().decode(), "utf-8")
    with FRENCH.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue())
    for text in missing:
        sys.stdout.write(f"without French: {text}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
