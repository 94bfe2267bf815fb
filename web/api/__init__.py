"""The JSON API, `/api/v1`: what the pages show, by token with scopes or by session. OpenAPI 3.1 at its root."""

from __future__ import annotations

from apiflask import APIBlueprint, APIFlask

from web.api import (
    alarms,
    ansible,
    communes,
    configurations,
    contracts,
    description,
    emissions,
    golden,
    notifications,
    objects,
    plans,
    prometheus,
    reading,
    rights,
    searching,
    writing,
)
from web.services import Services


def register(app: APIFlask, services: Services) -> None:
    """Add the API to the application."""
    blueprint = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="nms")
    parts = (
        objects,
        alarms,
        notifications,
        communes,
        configurations,
        contracts,
        emissions,
        golden,
        searching,
        reading,
        writing,
        rights,
        plans,
        prometheus,
        ansible,
    )
    for part in parts:
        part.add(blueprint, services)
    app.register_blueprint(blueprint)
    app.config["SECURITY_SCHEMES"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    description.register(app)
