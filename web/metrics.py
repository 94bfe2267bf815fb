"""/metrics: who may scrape, and in which of the two formats. What is exposed is in `exposition`."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from apiflask import APIFlask
from flask import Response, request

from nms.base.errors import PermissionRefused, StoreUnavailable
from nms.base.permissions import Permission
from nms.base.text import say
from web import alarm_families, config_families, notification_families
from web.exposition import OPENMETRICS, TEXT, Exposition
from web.guard import NOBODY, LoginNeeded, bearer_word, current_actor, public
from web.rights_families import RightsExposition
from web.services import Services

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def register(app: APIFlask, services: Services) -> None:
    """Add /metrics."""
    exposition, rights = Exposition(services.live), RightsExposition(services)

    @app.get("/metrics")
    @app.doc(hide=True)
    @public
    def metrics() -> Response:
        """Prometheus text, or OpenMetrics when the scraper asks for it; never touches a device.

        A refusal is a status and a sentence: a scraper would follow a redirection and read the login page.
        """
        try:
            _admit(services)
        except PermissionRefused as refusal:
            status = 401 if isinstance(refusal, LoginNeeded) else 403
            headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
            return Response(f"{refusal.message}\n", status, headers, content_type="text/plain; charset=utf-8")
        openmetrics = "application/openmetrics-text" in request.headers.get("Accept", "")
        return Response(
            exposition.render(openmetrics, _told(rights, services, openmetrics)),
            content_type=OPENMETRICS if openmetrics else TEXT,
        )


def _told(rights: RightsExposition, services: Services, openmetrics: bool) -> str:
    """Everything beside the objects."""
    notified = notification_families.render(services.hearing, openmetrics)
    return _rights(rights) + _configs(services, openmetrics) + _alarms(services, openmetrics) + notified


def _rights(rights: RightsExposition) -> str:
    """The families of rights; a gap while the database is down, which keeps nobody from the network's own figures."""
    try:
        return rights.render()
    except StoreUnavailable:
        return ""


def _configs(services: Services, openmetrics: bool) -> str:
    """The families of configurations; a gap while the database is down."""
    try:
        return config_families.render(services, openmetrics)
    except StoreUnavailable:
        return ""


def _alarms(services: Services, openmetrics: bool) -> str:
    """The families of alarms; a gap while the database is down."""
    try:
        return alarm_families.render(services, openmetrics)
    except StoreUnavailable:
        return ""


def _admit(services: Services) -> None:
    """A token with `metrics:read`; without one, only this machine itself, when the settings say so."""
    if bearer_word() is None and services.settings.metrics.open_to_loopback and _from_this_machine():
        return
    actor = current_actor()
    if actor is NOBODY:
        raise LoginNeeded("login_needed", say("Scraping needs a token with the scope metrics:read."))
    actor.require(Permission.METRICS_READ)
    if actor.scope is not None:
        raise PermissionRefused("metrics_scope", say("The metrics speak of the whole territory; this token does not."))


def _from_this_machine() -> bool:
    """The peer is loopback and no proxy says that it speaks for another."""
    try:
        peer = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    mapped = peer.ipv4_mapped if isinstance(peer, IPv6Address) else None  # IPv4 on a socket that hears both
    return (mapped or peer).is_loopback and not any(header in request.headers for header in _FORWARDED)
