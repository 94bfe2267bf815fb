"""Papers attached to acts and projects: sent, found, downloaded (never shown in the page), withdrawn with a reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from nms.base.errors import Conflict, InputError
from nms.base.permissions import Permission
from nms.base.text import say
from spectrum.attachments import Paper, Subject, Upload
from spectrum.paper import MEDIA_TYPES, Form
from web import dossiers, rights
from web.attached import attachments
from web.downloads import saved_as
from web.guard import current_actor, requires
from web.wording import in_language, word

blueprint = Blueprint("attachments", __name__)
SANDBOX = "default-src 'none'; sandbox"


@blueprint.post("/registre/actes/<int:number>/pieces")
@requires(Permission.ACT_DRAFT)
def attach_to_act(number: int) -> Any:
    """Attach a file to an act."""
    key = rights.one_act(number).row.key
    if refusal := _attach(Subject.ACT, key):
        return rights.act_page(number, request.form, refusal), 400
    return redirect(f"/registre/actes/{number}#pieces")


@blueprint.post("/dossiers/<reference>/pieces")
@requires(Permission.ACT_DRAFT)
def attach_to_dossier(reference: str) -> Any:
    """Attach a file to a project."""
    one = dossiers.one_seen(reference)
    if refusal := _attach(Subject.DOSSIER, one.row.reference):
        return dossiers.dossier_page(one, request.form, refusal), 400
    return redirect(f"/dossiers/{one.row.reference}#pieces")


@blueprint.get("/registre/pieces")
@requires(Permission.RIGHT_READ)
def listing() -> Any:
    """Every attachment that one may know, found by name, note, kind or act."""
    asked = request.args.get("q", "")
    return render_template("attachments.html", found=attachments().search(asked, current_actor(), word), q=asked)


@blueprint.get("/registre/pieces/<int:number>")
@requires(Permission.RIGHT_READ)
def download(number: int) -> Response:
    """The file, compared with its sealed hash: to be saved, in no case to be run or drawn by the browser."""
    row, octets = attachments().content(number, current_actor())
    response = saved_as(Response(octets, content_type=MEDIA_TYPES[Form(row.form)]), f"piece-{row.id}.{row.form}")
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@blueprint.post("/registre/pieces/<int:number>/retrait")
@requires(Permission.ACT_DRAFT)
def withdraw(number: int) -> Any:
    """Withdraw an attachment; its file and its entry stay."""
    found = attachments().one(number, current_actor())
    attachments().withdraw(number, request.form.get("reason", ""), current_actor())
    return redirect(f"{found.path}#pieces")


def _attach(subject: Subject, of: str) -> str:
    """Attach what the form holds; answers why not, in the reader's language."""
    upload, form = request.files.get("file"), request.form
    if upload is None or not upload.filename:
        return in_language(say("Choose a file first."))
    try:
        kind = Paper(form.get("kind", ""))
    except ValueError:
        return in_language(say("Choose what the document is."))
    sent = Upload(upload.stream.read(), upload.filename, kind, form.get("note", ""))
    try:
        attachments().attach(subject, of, sent, current_actor(), form.get("key", ""))
    except (InputError, Conflict) as error:
        return in_language(error.message)
    return ""
