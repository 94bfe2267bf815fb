"""A probe for people: tables, in French or English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from collectors.base import Metric, RadioReading
from collectors.probe import ProbeResult
from nms.base.units import ticks_to_s

_FRENCH = {
    "Address": "Adresse", "Family": "Famille", "Vendor": "Constructeur", "Model": "Modèle", "Name": "Nom",
    "Description": "Description", "Up for": "En service depuis", "Interfaces": "Interfaces", "Radio": "Radio",
    "Neighbours": "Voisins", "Warnings": "Avertissements", "Admin": "Admin.", "State": "État", "Speed": "Débit",
    "Alias": "Alias", "Quantity": "Grandeur", "Index": "Indice", "Value": "Valeur", "Remark": "Remarque",
    "unusable": "inutilisable", "Port": "Port", "Neighbour": "Voisin", "Its port": "Son port", "days": "jours",
    "up": "actif", "down": "inactif",
    "frequency": "fréquence", "channel_width": "largeur de canal", "tx_power": "puissance d’émission",
    "rssi": "niveau reçu", "noise": "bruit", "cinr": "CINR", "snr": "SNR", "rate": "débit radio",
    "capacity": "capacité", "clients": "clients", "distance": "distance", "utilisation": "occupation",
    "quality": "qualité",
}  # fmt: skip


def language_of(environ: Mapping[str, str]) -> str:
    """`fr` or `en`: NMS_LANGUAGE, else what LC_ALL, LC_MESSAGES or LANG says, else French."""
    for name in ("NMS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        word = environ.get(name, "").lower()
        if word.startswith(("fr", "en")):
            return word[:2]
    return "fr"


def render(result: ProbeResult, language: str, console: Console | None = None) -> None:
    """Print a probe. Text of the device is never taken for markup."""
    out = console or Console(highlight=False)

    def say(word: str) -> str:
        return _FRENCH.get(word, word) if language == "fr" else word

    out.print(_summary(result, say))
    if result.radio:
        out.print(_radio(result, say, language))
    if result.ports:
        out.print(_ports(result, say, language))
    if result.neighbours:
        out.print(_neighbours(result, say))
    for warning in result.warnings:
        out.print(Text(f"⚠ {warning}", style="yellow"))


_Say = Callable[[str], str]


def _summary(result: ProbeResult, say: _Say) -> Table:
    table = Table(show_header=False, box=None)
    ticks = result.identity.uptime_ticks
    rows = {
        "Address": result.address,
        "Family": result.family,
        "Vendor": result.vendor,
        "Model": result.model,
        "Name": result.identity.sys_name,
        "Description": result.identity.sys_descr,
        "sysObjectID": result.identity.sys_object_id,
        "Up for": "" if ticks is None else f"{ticks_to_s(ticks) / 86_400:.1f} {say('days')}",
    }
    for word, value in rows.items():
        if value:
            table.add_row(Text(say(word), style="bold"), Text(value))
    return table


def _radio(result: ProbeResult, say: _Say, language: str) -> Table:
    table = Table(title=say("Radio"), title_justify="left")
    for word in ("Quantity", "Index", "Value", "Remark"):
        table.add_column(say(word))
    for reading in result.radio:
        remark = reading.reason if reading.usable else f"{say('unusable')} ({reading.raw}): {reading.reason}"
        cells = (say(reading.metric.value), reading.index, _value(reading, language), remark)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _value(reading: RadioReading, language: str) -> str:
    if reading.value is None:
        return "–"
    value, unit = reading.value, reading.unit
    if reading.metric in (Metric.FREQUENCY, Metric.CHANNEL_WIDTH):
        value, unit = value / 1_000, "MHz"
    elif unit == "bps":
        value, unit = value / 1_000_000, "Mbit/s"
    return f"{_number(value, language)} {unit}".rstrip()


def _number(value: float, language: str) -> str:
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return text.replace(",", "\u202f").replace(".", ",") if language == "fr" else text


def _ports(result: ProbeResult, say: _Say, language: str) -> Table:
    table = Table(title=say("Interfaces"), title_justify="left")
    for word in ("Index", "Name", "Alias", "Admin", "State", "Speed"):
        table.add_column(say(word))
    for port in result.ports:
        speed = "" if port.speed_bps is None else f"{_number(port.speed_bps / 1e6, language)} Mbit/s"
        states = (say(port.admin_status or "–"), say(port.oper_status or "–"))
        table.add_row(*(Text(cell) for cell in (str(port.if_index), port.name, port.alias, *states, speed)))
    return table


def _neighbours(result: ProbeResult, say: _Say) -> Table:
    table = Table(title=say("Neighbours"), title_justify="left")
    for word in ("Port", "Neighbour", "Its port", "Description"):
        table.add_column(say(word))
    for near in result.neighbours:
        cells = (near.local_port, near.sys_name or near.chassis_id, near.port_id or near.port_descr, near.sys_descr)
        table.add_row(*(Text(cell) for cell in cells))
    return table
