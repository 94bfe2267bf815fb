"""Views of lists that a user keeps: a name for an address with its filters; one's own only, no journal needed.

A view is shared by its plain address; the first view of a list is what opens when the list is asked for bare.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Flask, g, redirect, render_template, request
from sqlalchemy import ForeignKey, String, UniqueConstraint, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from nms.base.db import Base
from nms.base.errors import Conflict, InputError, NmsError, NotFound
from nms.base.text import clean, say
from web.account import services
from web.guard import LoginNeeded, logged_in
from web.wording import in_language

blueprint = Blueprint("views", __name__)
PAGES = (
    "/liaisons",
    "/appareils",
    "/secteurs",
    "/points-acces",
    "/sites",
    "/communes",
    "/disponibilite",
    "/registre",
    "/registre/actes",
)
MOST, NAME_MOST, QUERY_MOST = 50, 63, 1000
_NOT_KEPT = frozenset({"page", "vue"})
WHOLE = "toutes"
"""Value of `vue` that asks for the bare list although another view is its first."""


class SavedView(Base):
    """One view: the page of a list, its query, the user's name for it; `first` opens with the bare list."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "page", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(63))
    name: Mapped[str] = mapped_column(String(NAME_MOST))
    query: Mapped[str] = mapped_column(String(QUERY_MOST))
    first: Mapped[bool] = mapped_column(default=False)

    @property
    def address(self) -> str:
        """The plain address: whoever may see the list may open it."""
        return f"{self.page}?{self.query}" if self.query else f"{self.page}?vue={WHOLE}"


def register(app: Flask) -> None:
    """Lists open with their first view; templates may list one's views."""

    @app.before_request
    def open_first_view() -> Any:
        if g.user is None or request.method != "GET" or request.query_string or request.path not in PAGES:
            return None
        view = next((view for view in own(request.path) if view.first and view.query), None)
        return None if view is None else redirect(view.address)

    app.jinja_env.globals.update(own_views=own, view_pages=PAGES, query_of=lambda: query_of(request.query_string))


def own(page: str = "") -> list[SavedView]:
    """The views of the user of this request, of one page or of all."""
    if g.get("user") is None:
        return []
    wanted = select(SavedView).where(SavedView.user_id == g.user.id).order_by(SavedView.page, SavedView.name)
    with services().database.reading() as session:
        return list(session.scalars(wanted.where(SavedView.page == page) if page else wanted))


def query_of(text: str | bytes) -> str:
    """The part of a query that a view keeps: filters that say something, no page number."""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    pairs = parse_qsl(told[: 2 * QUERY_MOST], max_num_fields=100)
    return urlencode([(name, value) for name, value in pairs if value and name not in _NOT_KEPT])


@blueprint.get("/vues")
@logged_in
def page() -> Any:
    """One's views: rename, choose the first, delete."""
    return _page()


@blueprint.post("/vues")
@logged_in
def save() -> Any:
    """Keep what a list shows now; the same name again replaces it."""
    asked = request.form
    of_page = asked.get("list", "")
    try:
        query, name = query_of(asked.get("query", "")), _name(asked.get("name", ""))
        if of_page not in PAGES or len(query) > QUERY_MOST:
            raise InputError("no_such_list", say("This page keeps no views."))
        with services().database.transaction() as session:
            _keep(session, of_page, name, query)
    except NmsError as error:
        return _page(in_language(error.message), asked.to_dict()), 400
    return redirect(f"{of_page}?{query}" if query else f"{of_page}?vue={WHOLE}")


@blueprint.post("/vues/<int:number>")
@logged_in
def change(number: int) -> Any:
    """Rename a view, make it the first of its list or not, or delete it."""
    what = request.form.get("what", "")
    try:
        with services().database.transaction() as session:
            view = _one(session, number)
            if what == "delete":
                session.delete(view)
            elif what == "first":
                _make_first(session, view)
            else:
                _rename(session, view, _name(request.form.get("name", "")))
    except (InputError, Conflict) as error:
        return _page(in_language(error.message)), 400
    return redirect("/vues")


def _user_id() -> int:
    if g.user is None:
        raise LoginNeeded("login_needed", say("Log in first."))
    return int(g.user.id)


def _name(text: str) -> str:
    name = clean(text, 2 * NAME_MOST).strip()
    if not name or len(name) > NAME_MOST:
        raise InputError("bad_view_name", say("The name of a view has 1 to {most} characters.", most=NAME_MOST))
    return name


def _keep(session: Session, of_page: str, name: str, query: str) -> None:
    user_id = _user_id()
    mine = SavedView.user_id == user_id
    kept = session.scalar(select(SavedView).where(mine, SavedView.page == of_page, SavedView.name == name))
    if kept is not None:
        kept.query = query
        return
    if (session.scalar(select(func.count(SavedView.id)).where(mine)) or 0) >= MOST:
        raise Conflict("too_many_views", say("You keep {most} views already: delete one first.", most=MOST))
    session.add(SavedView(user_id=user_id, page=of_page, name=name, query=query))


def _one(session: Session, number: int) -> SavedView:
    view = session.scalar(select(SavedView).where(SavedView.id == number, SavedView.user_id == _user_id()))
    if view is None:
        raise NotFound("no_such_view", say("There is no such view among yours."))
    return view


def _make_first(session: Session, view: SavedView) -> None:
    wanted = not view.first
    same_list = select(SavedView).where(SavedView.user_id == view.user_id, SavedView.page == view.page)
    for other in session.scalars(same_list):
        other.first = wanted and other.id == view.id


def _rename(session: Session, view: SavedView, name: str) -> None:
    taken = exists().where(
        SavedView.user_id == view.user_id,
        SavedView.page == view.page,
        SavedView.name == name,
        SavedView.id != view.id,
    )
    if session.scalar(select(taken)):
        raise Conflict("view_exists", say("You have a view “{name}” of this list already.", name=name))
    view.name = name


def _page(refusal: str = "", asked: dict[str, str] | None = None) -> str:
    return render_template("views.html", views=own(), refusal=refusal, asked=asked or {}, most=MOST)
