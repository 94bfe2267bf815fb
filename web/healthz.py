"""Liveness and readiness: which part fails, without a name of the network."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIFlask
from flask import Response, jsonify
from sqlalchemy import text

from nms.base.clock import epoch_s
from nms.base.errors import NmsError
from web.guard import public
from web.services import Services

SWEEP_LATE_S = 60


def register(app: APIFlask, services: Services) -> None:
    """Add /healthz (the process answers) and /readyz (every part works)."""

    @app.get("/healthz")
    @app.doc(hide=True)
    @public
    def healthz() -> Response:
        """The process answers."""
        return jsonify(status="ok")

    @app.get("/readyz")
    @app.doc(hide=True)
    @public
    def readyz() -> tuple[Response, int]:
        """Every part with `ok` or what is wrong with it; 503 when one fails."""
        checks: dict[str, Callable[[], str]] = {"database": _database, "history": _history, "sweep": _sweep}
        if services.hearing is not None:
            checks["notifications"] = _notifications
        parts = {name: _checked(check) for name, check in checks.items()}
        ready = all(verdict == "ok" for verdict in parts.values())
        return jsonify(status="ok" if ready else "failing", parts=parts), 200 if ready else 503

    def _database() -> str:
        with services.database.reading() as session:
            session.execute(text("SELECT 1"))
        return "ok"

    def _history() -> str:
        services.store.availability(0, 1, ())
        return "ok"

    def _sweep() -> str:
        last = services.live.sweep.last_tick_at
        if last is None:
            return "not started"
        late_s = epoch_s(services.clock.now()) - epoch_s(last)
        return "ok" if late_s <= SWEEP_LATE_S else f"last tick {late_s} s ago"

    def _notifications() -> str:
        return "ok" if services.hearing is not None and services.hearing.heard.is_up else "not listening"


def _checked(check: Callable[[], str]) -> str:
    try:
        return check()
    except NmsError as error:
        return error.code
