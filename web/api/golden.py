"""Golden blocks over the API: which there are, and what they say for one device, by the rules of the pages."""

from __future__ import annotations

from datetime import datetime

from apiflask import APIBlueprint
from pydantic import BaseModel

from nms.base.permissions import Permission
from nms.ops.change import intents, verdicts
from nms.ops.change.drift import Conformity
from nms.ops.change.golden import Block, Golden, golden
from web.guard import requires
from web.services import Services
from web.wording import in_language


class ChosenOut(BaseModel):
    """A block, and the devices that it is for, by name."""

    name: str
    label: str
    devices: list[str]


class BlocksOut(BaseModel):
    """Every block whose file can be used, as it was last looked at, and how many devices stand how to all of them.

    `broken`: what is wrong with files that cannot be used.
    """

    states: dict[Conformity, int]
    blocks: list[ChosenOut]
    broken: list[str]


class LineOut(BaseModel):
    """A line as it would be entered, secrets hidden. `changes`: entering it changes something; null is "not known"."""

    text: str
    changes: bool | None


class BlockOut(BaseModel):
    """A block filled in for the device. `why`: what cannot be judged, or shown; empty when it can."""

    name: str
    label: str
    conforms: bool
    differ: int
    lines: list[LineOut]
    extra: list[str]
    why: str


class GoldenOut(BaseModel):
    """What a device should say, compared with its newest version, seen until `seen_at`; null: it was never read."""

    device: str
    conforms: bool
    version: int | None
    seen_at: datetime | None
    blocks: list[BlockOut]
    broken: list[str]


def add(blueprint: APIBlueprint, services: Services) -> None:
    """Add the routes."""

    @blueprint.get("/golden-blocks")
    @requires(Permission.CONFIG_READ)
    @blueprint.output(BlocksOut)
    def list_golden_blocks() -> BlocksOut:
        """Golden blocks, and how many devices conform to them."""
        with services.database.reading() as session:
            states = verdicts.counted(session)
        watch = services.changes.drift
        blocks = [ChosenOut(name=one.name, label=one.label, devices=list(one.devices)) for one in watch.blocks]
        return BlocksOut(states=states, blocks=blocks, broken=list(watch.broken))

    @blueprint.get("/devices/<path:name>/golden-blocks")
    @requires(Permission.CONFIG_READ)
    @blueprint.output(GoldenOut)
    def get_golden_blocks(name: str) -> GoldenOut:
        """What one device should say, filled in from the inventory of now."""
        with services.database.reading() as session:
            return _out(golden(session, services.box, intents.files(services.settings.home), name))


def _out(told: Golden) -> GoldenOut:
    return GoldenOut(
        device=told.device,
        conforms=told.conforms,
        version=told.version_id,
        seen_at=told.seen_at,
        blocks=[_block_out(block) for block in told.blocks],
        broken=list(told.broken),
    )


def _block_out(block: Block) -> BlockOut:
    return BlockOut(
        name=block.name,
        label=block.label,
        conforms=block.conforms,
        differ=block.differ,
        lines=[LineOut(text=line.text, changes=line.tells) for line in block.lines],
        extra=block.extra.split("\n") if block.extra else [],
        why=in_language(block.why),
    )
