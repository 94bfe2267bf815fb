"""How values read in both languages: numbers, rates, dates, states; and what every template may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_skeleton
from flask import Flask, g, request
from flask_babel import get_locale
from flask_babel import gettext as _

from collectors.base import UNITS, Metric, RadioReading
from nms.base.clock import PARIS, from_epoch
from nms.base.permissions import SYSTEM, Permission
from nms.ops.explain import NBSP, NNBSP, cause, explain, state_word
from nms.ops.state import Kind, State, Status
from spectrum.bands import Bands
from web.guard import current_actor
from web.services import Services
from web.wording import QUANTITIES, column_word, in_language
from web.wording import word as word_of

DASH = "–"
LIST_OF_KIND = {
    Kind.DEVICE: "appareils",
    Kind.SECTOR: "secteurs",
    Kind.LINK: "liaisons",
    Kind.HOTSPOT: "points-acces",
}
KIND_OF_LIST = {word: kind for kind, word in LIST_OF_KIND.items()}
LISTS = "any(liaisons, appareils, secteurs, 'points-acces')"
"""The word of a list, as a part of an address (`<LISTS:word>`)."""


def language() -> str:
    """`fr` or `en`, of this request."""
    locale = get_locale()
    return "fr" if locale is None else locale.language


def number(value: float | None, digits: int = 0) -> str:
    """A number with the language's own separators; a gap is a dash, zero is zero."""
    if value is None:
        return DASH
    text = f"{value:,.{digits}f}"
    if language() == "fr":
        return text.replace(",", NNBSP).replace(".", ",").replace("-", "−")
    return text


def percent(ratio: float | None, digits: int = 1) -> str:
    """A ratio as percent."""
    return DASH if ratio is None else f"{number(ratio * 100, digits)}{NBSP if language() == 'fr' else ''}%"


def rate(bps: float | None) -> str:
    """Bit/s in the unit that fits."""
    if bps is None:
        return DASH
    for limit, unit in ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")):
        if abs(bps) >= limit:
            return f"{number(bps / limit, 1)}{NBSP}{unit}"
    return f"{number(bps)}{NBSP}bit/s"


def milliseconds(seconds: float | None) -> str:
    """Seconds as milliseconds."""
    return DASH if seconds is None else f"{number(seconds * 1000, 1)}{NBSP}ms"


def duration(seconds: float) -> str:
    """A length of time in its two greatest units: `2 d 3 h`, `14 min`, `9 s`."""
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
    if days:
        unit = _("d")
        return f"{number(days)}{NBSP}{unit}" + (f" {hours}{NBSP}h" if hours else "")
    if hours:
        return f"{hours}{NBSP}h" + (f" {minutes}{NBSP}min" if minutes else "")
    return f"{minutes}{NBSP}min" if minutes else f"{whole}{NBSP}s"


def level(value: float | None, unit: str) -> str:
    """A level in dB or dBm."""
    return DASH if value is None else f"{number(value, 1)}{NBSP}{unit}"


def megahertz(khz: float | None) -> str:
    """A frequency in MHz."""
    return DASH if khz is None else f"{number(khz / 1000, 3)}{NBSP}MHz"


def measured(reading: RadioReading) -> str:
    """A radio value in the unit of the field."""
    if reading.value is None:
        return DASH
    if reading.metric in (Metric.FREQUENCY, Metric.CHANNEL_WIDTH):
        return megahertz(reading.value)
    if reading.metric in (Metric.RATE, Metric.CAPACITY):
        return rate(reading.value)
    unit = UNITS[reading.metric]
    return f"{number(reading.value, 0 if reading.value.is_integer() else 1)}{NBSP}{unit}".strip()


def instant(at: datetime | float | None) -> str:
    """An instant in Paris: `23/11/2026 14 h 03`, `2026-11-23 14:03`."""
    if at is None:
        return DASH
    moment = at if isinstance(at, datetime) else from_epoch(at)
    local = moment.astimezone(PARIS)
    if language() == "fr":
        return f"{local:%d/%m/%Y}{NBSP}{local.hour}{NBSP}h{NBSP}{local.minute:02d}"
    return f"{local:%Y-%m-%d %H:%M}"


def month(text: str) -> str:
    """A month such as `2026-11` in words: `novembre 2026`, `November 2026`; what is none as it is."""
    try:
        return str(format_skeleton("yMMMM", date.fromisoformat(f"{text}-01"), locale=language()))
    except ValueError:
        return text


def utc(at: datetime | float) -> str:
    """The same instant in UTC, for the hover."""
    moment = at if isinstance(at, datetime) else from_epoch(at)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def sentence(status: Status, at: datetime) -> str:
    """The state in a sentence."""
    return explain(status.judgement, status.subject.kind, language(), at)


def word(state: State, kind: Kind) -> str:
    """The state in a word."""
    return state_word(state, kind, language())


def who(name: str) -> str:
    """A person by name; what nobody did, the program did."""
    return _("the program") if name == SYSTEM.name else name


def register(app: Flask, services: Services) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        number=number,
        percent=percent,
        rate=rate,
        ms=milliseconds,
        duration=duration,
        level=level,
        mhz=megahertz,
        instant=instant,
        utc=utc,
        month=month,
        who=who,
    )
    app.jinja_env.globals.update(
        State=State,
        Kind=Kind,
        P=Permission,
        list_of_kind=LIST_OF_KIND,
        state_word=word,
        word_of=word_of,
        in_language=in_language,
        quantity=lambda metric: QUANTITIES[metric],
        measured=measured,
        sentence=sentence,
        cause=lambda reason: cause(reason, language()),
        get_locale=get_locale,
        mhz_text=mhz_text,
        day=day,
        column_word=column_word,
    )

    @app.context_processor
    def common() -> dict[str, object]:
        user = g.get("user")
        return {
            "now": services.clock.now(),
            "simulated": services.settings.simulated,
            "actor": current_actor(),
            "user": user,
            "language": language(),
            "theme": (user.theme if user is not None else "") or request.cookies.get("nms_theme", ""),
            "navigation": navigation(),
        }


def mhz_text(bands: Bands) -> str:
    """Bands in MHz: `3 432,5–3 447,5 / 3 532,5–3 547,5 MHz`; in words when not established."""
    if bands.parts is None:
        return str(_("band not established"))
    pieces = (f"{_mhz(low)}–{_mhz(high)}" for low, high in bands.parts)
    return f"{' / '.join(pieces)}{NBSP}MHz"


def _mhz(khz: int) -> str:
    return number(khz / 1000, 3 if khz % 100 else 1 if khz % 1000 else 0)


def day(on: date | None) -> str:
    """A legal day; a dash when not established."""
    if on is None:
        return DASH
    return on.strftime("%d/%m/%Y") if language() == "fr" else on.isoformat()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu: its address, its word, the key that goes there after `g`; more addresses of its pages."""

    address: str
    word: str
    key: str = ""
    also: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """Whether the page of this request stands under this entry."""
        roots = [self.address, *self.also]
        return any(request.path == root or (root != "/" and request.path.startswith(root + "/")) for root in roots)


def navigation() -> list[tuple[str, list[Entry]]]:
    """The menu by group, only what the actor may open: network, rights, administration."""
    may = current_actor().may
    network = [
        Entry("/", _("Overview"), "o", ("/alarmes",)),
        Entry("/carte", _("Map"), "m"),
        Entry("/communes", _("Communes"), "c"),
        Entry("/liaisons", _("Links"), "l"),
        Entry("/secteurs", _("Sectors"), "s"),
        Entry("/points-acces", _("Hotspots"), "h"),
        Entry("/appareils", _("Devices"), "d", ("/familles",)),
        Entry("/sites", _("Sites"), "t"),
        Entry("/disponibilite", _("Availability"), "a"),
    ]
    network.append(Entry("/notifications", _("Notifications"), "n"))
    if may(Permission.CONFIG_READ):
        network.append(Entry("/configurations", _("Configurations"), "f", ("/version-configuration",)))
    rights = [
        Entry("/registre", _("Register"), "r", ("/droit", "/emissions")),
        Entry("/dossiers", _("Projects"), "p"),
        Entry("/echeances", _("Deadlines"), "e"),
    ]
    if may(Permission.CONFIG_READ) or may(Permission.CONFIG_APPROVE):
        network.append(Entry("/changements", _("Changes"), "x"))
    administration = []
    if may(Permission.DEVICE_WRITE):
        administration.append(Entry("/inventaire", _("Inventory"), "i", ("/identifiants",)))
    if may(Permission.USER_WRITE):
        administration.append(Entry("/utilisateurs", _("Users"), "u"))
    if may(Permission.SETTINGS_READ):
        administration.append(Entry("/administration/historique", _("History")))
    groups = [(_("Network"), network), (_("Rights"), rights if may(Permission.RIGHT_READ) else [])]
    return [(title, entries) for title, entries in (*groups, (_("Administration"), administration)) if entries]
