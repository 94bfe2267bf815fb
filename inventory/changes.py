"""Changes of the inventory: judged together, written together, in a number of statements that does not grow with them.

A draft says what is to be so of one object; what it does not say stays as it is (or takes its default when the object
is new). Every change leaves its trace in the ledger and, where it moves an object along its life, in its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inventory.fields import Complaint, shown
from inventory.forms import DEFAULTS, ObjectKind, field_names
from inventory.models import CredentialKind, Lifecycle, LifecycleChange
from inventory.snapshot import COLUMNS, MODELS, PORTS, REFERENCES, Snapshot, Stored, port_key
from nms.base import ledger
from nms.base.errors import Conflict
from nms.base.permissions import Actor
from nms.base.text import clean, say

K = ObjectKind
WRITTEN = tuple(kind for kind in ObjectKind if kind is not K.CREDENTIAL)
"""Kinds that a change writes, each after those that it refers to; a credential is only ever referred to."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be so of one object; `row` is where it was said (0: not in a file)."""

    kind: ObjectKind
    key: str
    values: Mapping[str, Any]
    row: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One object that will change: its values before (None: new) and after."""

    draft: Draft
    stored: Stored | None
    after: dict[str, Any]


@dataclass(slots=True)
class Changes:
    """Judged drafts: what will be written, what stays as it is, and every complaint with its draft."""

    created: list[Change] = field(default_factory=list)
    updated: list[Change] = field(default_factory=list)
    unchanged: int = 0
    complaints: list[tuple[Draft, Complaint]] = field(default_factory=list)

    def of(self, kind: ObjectKind) -> tuple[list[Change], list[Change]]:
        """The created and the updated objects of a kind."""
        return (
            [change for change in self.created if change.draft.kind is kind],
            [change for change in self.updated if change.draft.kind is kind],
        )


def judge(snapshot: Snapshot, drafts: Sequence[Draft]) -> Changes:
    """What the drafts would change, and what is wrong with them together: twice, dangling, in a circle."""
    changes = Changes()
    drafted: dict[ObjectKind, set[str]] = {kind: set() for kind in ObjectKind}
    for draft in drafts:
        if draft.key in drafted[draft.kind]:
            shown_key = draft.key.replace("\n", " ")
            changes.complaints.append((draft, Complaint("name", shown_key, say("there twice; keep one of the rows"))))
        drafted[draft.kind].add(draft.key)
    for draft in drafts:
        stored = snapshot.of(draft.kind).get(draft.key)
        after = dict(stored.values if stored else DEFAULTS[draft.kind]) | dict(draft.values)
        complaints = [(draft, complaint) for complaint in _dangling(snapshot, draft.kind, after, drafted)]
        changes.complaints += complaints
        if draft.kind is K.CREDENTIAL:
            changes.complaints += [(draft, c) for c in _credential(stored, draft)]
        elif stored is None:
            changes.created.append(Change(draft, None, after))
        elif after != stored.values:
            changes.updated.append(Change(draft, stored, after))
        else:
            changes.unchanged += 1
    changes.complaints += _circles(snapshot, changes)
    return changes


def _credential(stored: Stored | None, draft: Draft) -> Iterable[Complaint]:
    if stored is None:
        remedy = say("no such credential; create it with: nms credential add {key}", key=draft.key)
        yield Complaint("name", draft.key, remedy)
    elif draft.values.get("version") not in (None, stored.values["version"]):
        yield Complaint(
            "version",
            shown(draft.values["version"]),
            say("it is a {version} credential", version=shown(stored.values["version"])),
        )


def _dangling(
    snapshot: Snapshot, kind: ObjectKind, values: Mapping[str, Any], drafted: Mapping[ObjectKind, set[str]]
) -> Iterable[Complaint]:
    """Complaints about names of objects that are neither there nor drafted."""
    for name, (target, _) in REFERENCES.get(kind, {}).items():
        wanted = values.get(name)
        if wanted and wanted not in drafted[target] and wanted not in snapshot.of(target):
            remedy = say("no {target} of this name; add it first or in the same file", target=target)
            if target is K.CREDENTIAL:
                remedy = say("no credential of this name; create it with: nms credential add {wanted}", wanted=wanted)
            yield Complaint(name, str(wanted), remedy)
        elif wanted and target is K.CREDENTIAL and wanted in snapshot.of(target):
            is_ssh = snapshot.of(target)[wanted].values["version"] is CredentialKind.SSH
            if is_ssh != (name == "ssh_credential"):
                remedy = say("a credential of SSH does not go here") if is_ssh else say("not a credential of SSH")
                yield Complaint(name, str(wanted), remedy)
    for device, port in PORTS.get(kind, {}):
        if not values.get(port):
            continue
        key = port_key(values.get(device) or "", values[port])
        if key not in drafted[K.INTERFACE] and key not in snapshot.of(K.INTERFACE):
            remedy = say(
                "the device “{device}” has no such interface; list it, or check both names", device=values.get(device)
            )
            yield Complaint(port, str(values[port]), remedy)


def _circles(snapshot: Snapshot, changes: Changes) -> Iterable[tuple[Draft, Complaint]]:
    """Complaints about drafted devices that would be reached through themselves."""
    mine = [change for change in (*changes.created, *changes.updated) if change.draft.kind is K.DEVICE]
    if not any(change.after.get("parent") for change in mine):
        return
    parent = {key: stored.values["parent"] for key, stored in snapshot.of(K.DEVICE).items()}
    parent |= {change.draft.key: change.after.get("parent", "") for change in mine}
    safe: set[str] = set()
    for change in mine:
        path: list[str] = []
        at = change.draft.key
        while at and at not in safe and at not in path:
            path.append(at)
            at = parent.get(at, "")
        if path and at == change.draft.key:
            loop = " > ".join([*path, at]) if len(path) < 8 else f"{at} > … > {at}"
            yield (
                change.draft,
                Complaint(
                    "parent", change.after["parent"], say("a device is not reached through itself: {loop}", loop=loop)
                ),
            )
        elif not at or at in safe:
            safe.update(path)


def write(session: Session, snapshot: Snapshot, changes: Changes, actor: Actor, at: datetime, source: str = "") -> None:
    """Write judged changes (without complaints) and their traces; `source` names the file of an import.

    Raises:
        Conflict: somebody else wrote the same objects meanwhile.
    """
    try:
        for kind in WRITTEN:
            created, updated = changes.of(kind)
            if created or updated:
                _write_kind(session, snapshot, kind, created, updated)
                snapshot.forget(kind)
        _write_parents(session, snapshot, changes)
    except IntegrityError as error:
        raise Conflict(
            "changed_meanwhile", say("Somebody else changed the same objects; look again and retry.")
        ) from error
    _write_history(session, changes, actor, at)
    _write_ledger(session, changes, actor, at, source)


def _write_kind(
    session: Session, snapshot: Snapshot, kind: ObjectKind, created: Sequence[Change], updated: Sequence[Change]
) -> None:
    model = MODELS[kind]
    ids = {target: snapshot.ids(target) for target in _targets(kind)}
    if created:
        session.execute(insert(model), [_row(kind, change, ids) for change in created])
    if updated:
        session.execute(
            update(model),
            [_row(kind, change, ids) | {"id": change.stored.id} for change in updated if change.stored is not None],
        )


def _targets(kind: ObjectKind) -> set[ObjectKind]:
    """Kinds whose ids a row of this kind holds (a device's parents are written in a second pass)."""
    found = {target for target, _ in REFERENCES.get(kind, {}).values()} - {kind}
    return found | ({K.INTERFACE} if kind in PORTS else set())


def _row(kind: ObjectKind, change: Change, ids: Mapping[ObjectKind, Mapping[str, int]]) -> dict[str, Any]:
    values = change.after
    references = REFERENCES.get(kind, {})
    ports = PORTS.get(kind, {})
    not_columns = {name for pair in ports for name in pair} | set(references)
    row: dict[str, Any] = {
        COLUMNS.get((kind, name), name): values.get(name) for name in field_names(kind) if name not in not_columns
    }
    for name, (target, column) in references.items():
        if target is not kind:
            row[column] = ids[target][values[name]] if values.get(name) else None
    for (device, port), column in ports.items():
        key = port_key(values.get(device) or "", values.get(port) or "")
        row[column] = ids[K.INTERFACE][key] if values.get(port) else None
    if kind is K.SITE:
        row["insee"] = row["insee"] or None
    return row


def _write_parents(session: Session, snapshot: Snapshot, changes: Changes) -> None:
    moved = [
        change
        for change in (*changes.created, *changes.updated)
        if change.draft.kind is K.DEVICE
        and change.after.get("parent", "") != (change.stored.values["parent"] if change.stored else "")
    ]
    if moved:
        ids = snapshot.ids(K.DEVICE)
        rows = [
            {"id": ids[change.draft.key], "parent_id": ids[parent] if (parent := change.after.get("parent")) else None}
            for change in moved
        ]
        session.execute(update(MODELS[K.DEVICE]), rows)


def _write_history(session: Session, changes: Changes, actor: Actor, at: datetime) -> None:
    steps = []
    for change in (*changes.created, *changes.updated):
        after: Lifecycle | None = change.after.get("lifecycle")
        before = change.stored.values.get("lifecycle") if change.stored else None
        if after is not None and after != before:
            steps.append(
                {
                    "kind": change.draft.kind.value,
                    "name": change.draft.key,
                    "before": before,
                    "after": after,
                    "at": at,
                    "by": actor.name,
                }
            )
    if steps:
        session.execute(insert(LifecycleChange), steps)


def _write_ledger(session: Session, changes: Changes, actor: Actor, at: datetime, source: str) -> None:
    """One entry for one object, else one entry per kind: an import of thousands costs a handful of statements."""
    for kind in WRITTEN:
        found = [change for part in changes.of(kind) for change in part]
        if not found:
            continue
        single = len(found) == 1 and not source
        before = {_subject(c): _trace(c.stored.values) for c in found if c.stored}
        after = {_subject(c): _trace(c.after) for c in found}
        ledger.append(
            session,
            kind=f"inventory.{kind.value}",
            subject=_subject(found[0]) if single else source or f"{len(found)} objects",
            actor=actor.name,
            at=at,
            before=(next(iter(before.values()), None) if single else before or None),
            after=next(iter(after.values())) if single else after,
        )


def _subject(change: Change) -> str:
    return clean(change.draft.key)


def _trace(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as text, the empty ones left out."""
    return {name: text for name, value in values.items() if (text := shown(value))}
