"""The search over the API: the same finds as the page, within the same permissions."""

from __future__ import annotations

from typing import Annotated

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from nms.base.permissions import Permission
from web.guard import requires
from web.searching import Group, results
from web.services import Services


class SearchIn(BaseModel):
    """What is looked for; `limit` is the most of each kind."""

    q: Annotated[str, Field(min_length=1, max_length=100)]
    limit: Annotated[int, Field(ge=1, le=200)] = 20


class FoundOut(BaseModel):
    """One find; `url` is the page that shows it."""

    kind: Group
    name: str
    text: str
    url: str


class SearchOut(BaseModel):
    """What was found, by kind; `total` counts also what `limit` left out."""

    total: int
    items: list[FoundOut]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the route."""

    @blueprint.get("/search")
    @requires(Permission.DEVICE_READ)
    @blueprint.input(SearchIn, location="query", arg_name="asked")
    @blueprint.output(SearchOut)
    def search_everything(asked: SearchIn) -> SearchOut:
        """Communes by any name, devices by address or serial, acts by number: everything that one may see."""
        found = results(asked.q)
        items = [
            FoundOut(kind=one.group, name=one.name, text=one.text, url=one.url)
            for rows in found.groups.values()
            for one in rows[: asked.limit]
        ]
        return SearchOut(total=found.total, items=items)
