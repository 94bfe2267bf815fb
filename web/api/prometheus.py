"""Service discovery for Prometheus (`http_sd`): this program is the target, since it speaks for every device."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request

from nms.base.permissions import Permission
from web.guard import requires
from web.services import Services


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the route."""

    @blueprint.get("/sd/prometheus")
    @requires(Permission.METRICS_READ)
    @blueprint.doc(responses={200: "Targets in the http_sd format."})
    def prometheus_targets() -> Any:
        """One target: this instance, as the scraper reached it."""
        return jsonify(
            [
                {
                    "targets": [request.host],
                    "labels": {
                        "__metrics_path__": "/metrics",
                        "__scheme__": request.scheme,
                        "simulated": "true" if services.settings.simulated else "false",
                    },
                }
            ]
        )
