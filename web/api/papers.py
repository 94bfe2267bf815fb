"""Attachments and documents over the API: what the pages list and give, under the same permissions."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from nms.base.permissions import Permission
from spectrum.attachments import Found, Paper, Subject, Upload
from spectrum.models import AttachmentRow
from web import attachments as pages
from web import document_pages, dossiers, rights
from web.attached import attachments
from web.guard import current_actor, requires
from web.wording import word


class SearchIn(BaseModel):
    """Words of the name, note, kind or subject; every one when left out."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[str, Field(max_length=200)] = ""


class AttachmentOut(BaseModel):
    """One attachment of an act (`of`: its key) or a project (`of`: its reference).

    `sha256` is of the file as it is kept and sealed in the journal: of a secret annex, of its encrypted form. The file
    that is served says its own in `X-Content-SHA256`.
    """

    id: int
    subject: str
    of: str
    title: str
    kind: str
    form: str
    octets: int
    sha256: str
    name: str
    note: str
    added_at: str
    added_by: str
    ledger_seq: int
    withdrawn_at: str | None
    withdrawn_by: str | None
    reason: str | None


class AttachmentListOut(BaseModel):
    """Attachments, the newest first."""

    items: list[AttachmentOut]


class AttachIn(BaseModel):
    """What the file is; the body is the file itself. The same `key` again is the same attachment."""

    model_config = ConfigDict(extra="forbid")
    kind: Paper
    name: Annotated[str, Field(min_length=1, max_length=255)]
    note: Annotated[str, Field(max_length=500)] = ""
    key: Annotated[str, Field(min_length=8, max_length=64)]


class WithdrawIn(BaseModel):
    """Why it is withdrawn."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=500)]


class DocumentOut(BaseModel):
    """A document that can be made: add `.FORM` to the path. `needs` are the questions that its address asks."""

    kind: str
    subject: str
    path: str
    forms: list[str]
    needs: list[str]


class DocumentListOut(BaseModel):
    """What can be made for the reader."""

    items: list[DocumentOut]


def add(blueprint: APIBlueprint) -> None:
    """Add the routes."""

    @blueprint.get("/register/attachments")
    @requires(Permission.RIGHT_READ)
    @blueprint.input(SearchIn, location="query", arg_name="asked")
    @blueprint.output(AttachmentListOut)
    def list_attachments(asked: SearchIn) -> AttachmentListOut:
        """Every attachment that one may know."""
        return AttachmentListOut(items=list(map(_told, attachments().search(asked.q, current_actor(), word))))

    @blueprint.get("/register/attachments/<int:number>")
    @requires(Permission.RIGHT_READ)
    @blueprint.output(AttachmentOut)
    def get_attachment(number: int) -> AttachmentOut:
        """What is known of one attachment."""
        return _told(attachments().one(number, current_actor()))

    @blueprint.get("/register/attachments/<int:number>/file")
    @requires(Permission.RIGHT_READ)
    @blueprint.doc(description="The file itself, after comparison with its sealed hash.")
    def get_attachment_file(number: int) -> Response:
        """The file, to be saved."""
        response: Response = pages.download(number)
        response.headers["X-Content-SHA256"] = hashlib.sha256(response.get_data()).hexdigest()
        return response

    @blueprint.post("/register/acts/<int:number>/attachments")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(AttachIn, location="query", arg_name="asked")
    @blueprint.output(AttachmentOut, status_code=201)
    @blueprint.doc(description="The body is the file itself (PDF, JPEG, PNG, TIFF or ODT without macros).")
    def attach_to_act(number: int, asked: AttachIn) -> AttachmentOut:
        """Attach a file to an act (by the number of its page)."""
        return _attached(Subject.ACT, rights.one_act(number).row.key, asked)

    @blueprint.post("/register/dossiers/<reference>/attachments")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(AttachIn, location="query", arg_name="asked")
    @blueprint.output(AttachmentOut, status_code=201)
    @blueprint.doc(description="The body is the file itself (PDF, JPEG, PNG, TIFF or ODT without macros).")
    def attach_to_dossier(reference: str, asked: AttachIn) -> AttachmentOut:
        """Attach a file to a project."""
        return _attached(Subject.DOSSIER, dossiers.one_seen(reference).row.reference, asked)

    @blueprint.post("/register/attachments/<int:number>/withdraw")
    @requires(Permission.ACT_DRAFT)
    @blueprint.input(WithdrawIn, arg_name="asked")
    @blueprint.output(AttachmentOut)
    def withdraw_attachment(number: int, asked: WithdrawIn) -> AttachmentOut:
        """Withdraw an attachment with a reason; its file and its entry stay."""
        attachments().withdraw(number, asked.reason, current_actor())
        return _told(attachments().one(number, current_actor()))

    _add_documents(blueprint)


def _add_documents(blueprint: APIBlueprint) -> None:
    """Documents are made by the pages' own functions; the addresses only stand beside the rest of the API."""

    @blueprint.get("/register/documents")
    @requires(Permission.RIGHT_READ)
    @blueprint.output(DocumentListOut)
    def list_documents() -> DocumentListOut:
        """What can be made for the reader, and where."""
        return DocumentListOut(items=[DocumentOut.model_validate(one) for one in _documents()])

    @blueprint.get("/register/documents/acte-<int:number>.<any(pdf,odt):printed>")
    @requires(Permission.RIGHT_READ)
    @blueprint.doc(description="The content's SHA-256, which its footer says, is in `X-Content-SHA256`.")
    def document_of_act(number: int, printed: str) -> Any:
        """The extract of an act."""
        return document_pages.act(number, printed)

    @blueprint.get("/register/documents/registre.<any(pdf,odt,ods):printed>")
    @requires(Permission.RIGHT_READ)
    @blueprint.doc(description="Query: jour, connu, q, as on the page.")
    def document_of_register(printed: str) -> Any:
        """The register of a day, as known on a day."""
        return document_pages.register(printed)

    @blueprint.get("/register/documents/deliberation/<reference>.<any(pdf,odt):printed>")
    @requires(Permission.RIGHT_READ)
    @blueprint.doc(description="Query: assemblee=regional, conditions=remplies (legal officers), as on the page.")
    def document_of_deliberation(reference: str, printed: str) -> Any:
        """The template of a council's deliberation on a project."""
        return document_pages.deliberation(reference, printed)

    @blueprint.get("/register/documents/convention/<reference>.<any(pdf,odt):printed>")
    @requires(Permission.RIGHT_READ)
    @blueprint.doc(description="Query: conditions=remplies (legal officers), as on the page.")
    def document_of_convention(reference: str, printed: str) -> Any:
        """The template of the convention between the parties of a project."""
        return document_pages.convention(reference, printed)

    @blueprint.get("/register/documents/etat-annuel.<any(pdf,odt,ods):printed>")
    @requires(Permission.RIGHT_READ)
    @blueprint.doc(description="Query: titulaire, annee, as on the page.")
    def document_of_statement(printed: str) -> Any:
        """A holder's yearly statement."""
        return document_pages.statement(printed)


def _documents() -> list[dict[str, object]]:
    base, letter, table = "/api/v1/register/documents", ["pdf", "odt"], ["pdf", "odt", "ods"]

    def one(kind: str, subject: str, path: str, forms: list[str], *needs: str) -> dict[str, object]:
        return {"kind": kind, "subject": subject, "path": f"{base}/{path}", "forms": forms, "needs": list(needs)}

    found = [one("register", "", "registre", table)]
    if current_actor().scope is None:
        found += [
            one("statement", holder, "etat-annuel", table, "titulaire", "annee")
            for holder in document_pages.maker().holders()
        ]
    found += [one("extract", act.row.number, f"acte-{act.row.id}", letter) for act in rights.visible_acts()]
    for project in dossiers.visible_projects():
        reference = project.row.reference
        found += [
            one(kind, reference, f"{kind}/{reference}", letter)
            for kind in ("deliberation", "convention")
        ]  # fmt: skip
    return found


def _attached(subject: Subject, of: str, asked: AttachIn) -> AttachmentOut:
    sent = Upload(request.get_data(cache=False), asked.name, asked.kind, asked.note)
    row = attachments().attach(subject, of, sent, current_actor(), asked.key)
    return _told(attachments().one(row.id, current_actor()))


def _told(one: Found) -> AttachmentOut:
    row: AttachmentRow = one.row
    return AttachmentOut(
        id=row.id,
        subject=row.subject,
        of=row.of,
        title=one.title,
        kind=row.kind,
        form=row.form,
        octets=row.octets,
        sha256=row.digest,
        name=row.name,
        note=row.note,
        added_at=row.added_at.isoformat(),
        added_by=row.added_by,
        ledger_seq=row.ledger_seq,
        withdrawn_at=row.withdrawn_at.isoformat() if row.withdrawn_at else None,
        withdrawn_by=row.withdrawn_by or None,
        reason=row.reason or None,
    )
