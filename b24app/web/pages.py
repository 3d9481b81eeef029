"""The application's main page inside the portal: what is installed and how it is doing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from b24app.errors import AppError, Forged
from b24app.store.models import BindingRow, DecisionRow, ErrorRow, InboxRow, PortalRow, TokenRow, utcnow
from b24app.web.context import web
from b24app.web.install import installation_page, setup_of
from b24app.web.lifecycle import Admitted, admit, renew
from b24app.web.portals import Administrator, KnownPortal, save_token
from b24app.web.render import begin_page, limit_questions, opened_page, page
from b24app.web.visitors import Visitor, visitor
from rules.decision import Text

bp = Blueprint("pages", __name__)

SHOWN = 10
RESERVE_AGE = timedelta(days=1)
"""how old a reserve pair may be before an administrator's visit renews it: the authorisation server
minds frequent renewals (settings/oauth/auto-renewal.md)"""


@dataclass(frozen=True, slots=True)
class Line:
    """A decision or an error as the page lists it."""

    moment: datetime
    entity: str
    item_id: int | None
    path: str
    text: str


class Paths:
    """Where the portal shows the cards of objects."""

    def __init__(self, bound: Mapping[str, Mapping[str, Any]]) -> None:
        self._types = {name[4:]: value.get("entityTypeId") for name, value in bound.items() if name.startswith("spa.")}

    def of(self, entity: str, item_id: int | None) -> str:
        """The address of a card within the portal; empty where there is none."""
        if item_id is None:
            return ""
        if entity in ("company", "contact", "deal", "lead"):
            return f"/crm/{entity}/details/{item_id}/"
        number = self._types.get(entity)
        return f"/crm/type/{number}/details/{item_id}/" if number else ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything an administrator sees on the main page."""

    installed: bool
    presets: Sequence[str]
    objects: Sequence[tuple[str, int]]
    errors: int
    waiting: int
    tokens: int
    last_event: datetime | None
    decisions: Sequence[Line]
    idle: int
    """decisions since the oldest shown one by which nothing was to be done"""
    problems: Sequence[Line]

    @property
    def needs_attention(self) -> bool:
        """Whether an administrator has something to do."""
        return bool(self.errors) or self.tokens < 2 or not self.installed


@bp.get("/app")
def outside() -> str:
    """Someone typed the address into a browser."""
    begin_page()
    return page("outside.html")


@bp.post("/app")
def main_page() -> str:
    """The main page. An administrator who opens it becomes a reserve; employees see no other people's data.

    Where nothing is set up (our database was lost, or an application without an installation page was
    added) it is the installation page: the portal itself shows that one only once.
    """
    asked = opened_page()
    if asked.auth.refresh_token and not web().book.is_set_up(asked.auth.member_id):
        limit_questions()
        return installation_page(admit(web(), asked.auth, asked.language))
    opened = visitor(asked)
    person = opened.person()
    if not person.is_admin:
        return page("note.html", title="app_name", text="status_for_employees")
    _keep_reserve(opened, person)
    with web().services.database.session() as session:
        status = _status(session, opened.portal)
        presets = tuple(session.get_one(PortalRow, opened.portal.id).presets)
    portal = opened.portal
    setup = setup_of(Admitted(portal.id, person.user_id, presets, portal.status, portal.origin))
    return page("status.html", status=status, setup=setup)


def _keep_reserve(opened: Visitor, person: Administrator) -> None:
    """Stores this administrator's tokens unless a young living pair is there. The page opens in any case."""
    with web().services.database.session() as session:
        query = select(TokenRow).where(TokenRow.portal_id == opened.portal.id, TokenRow.user_id == person.user_id)
        kept = session.scalar(query)
        if kept is not None and kept.state == "active" and utcnow() - kept.updated_at < RESERVE_AGE:
            return
    if not opened.page.auth.refresh_token:
        return
    try:
        grant = renew(web(), opened.portal, opened.page.auth)
    except AppError:
        return
    if grant.user_id not in (None, person.user_id):
        raise Forged("the tokens belong to two people")
    with web().services.database.session() as session:
        save_token(session, web().services.secret_box, opened.portal.id, grant, person)


def _status(session: Session, portal: KnownPortal) -> Status:
    row = session.get_one(PortalRow, portal.id)
    zone = ZoneInfo(row.time_zone)
    bound = _bindings(session, portal.id)
    paths = Paths(bound)
    kinds = Counter(str(value.get("kind")) for value in bound.values())
    decisions, idle = _decisions(session, portal.id, zone, paths)
    last = session.scalar(select(func.max(InboxRow.received_at)).where(InboxRow.portal_id == portal.id))
    return Status(
        installed=row.status == "installed",
        presets=_titles(row.presets),
        objects=sorted(kinds.items()),
        errors=_count(session, ErrorRow, ErrorRow.portal_id == portal.id, ErrorRow.state == "open"),
        waiting=_count(session, InboxRow, InboxRow.portal_id == portal.id, InboxRow.state == "new"),
        tokens=_count(session, TokenRow, TokenRow.portal_id == portal.id, TokenRow.state == "active"),
        # Noted by our clock, shown by the portal's.
        last_event=(last + timedelta(seconds=row.time_offset)).astimezone(zone) if last else None,
        decisions=decisions,
        idle=idle,
        problems=_problems(session, portal.id, zone, paths),
    )


def _bindings(session: Session, portal_id: int) -> dict[str, dict[str, Any]]:
    return {row.name: row.value for row in session.scalars(select(BindingRow).where(BindingRow.portal_id == portal_id))}


def _titles(presets: Sequence[object]) -> list[str]:
    titles = {card.name: card.title.in_language(g.language) for card in web().services.catalogue()}
    return [titles.get(str(name), str(name)) for name in presets]


def _count(session: Session, table: type, *where: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]


def _decisions(session: Session, portal_id: int, zone: ZoneInfo, paths: Paths) -> tuple[list[Line], int]:
    """The newest that want something, wait or refuse, and how many others there were in the same time."""
    mine = DecisionRow.portal_id == portal_id
    query = select(DecisionRow).where(mine, DecisionRow.acts.is_(True)).order_by(DecisionRow.id.desc()).limit(SHOWN)
    shown = session.scalars(query).all()
    since = shown[-1].id if shown else 0
    lines = [
        Line(
            row.last_at.astimezone(zone),
            row.entity,
            row.item_id,
            paths.of(row.entity, row.item_id),
            Text(row.reason_ru, row.reason_en).in_language(g.language),
        )
        for row in shown
    ]
    return lines, _count(session, DecisionRow, mine, DecisionRow.acts.is_(False), DecisionRow.id > since)


def _problems(session: Session, portal_id: int, zone: ZoneInfo, paths: Paths) -> list[Line]:
    query = (
        select(ErrorRow)
        .where(ErrorRow.portal_id == portal_id, ErrorRow.state == "open")
        .order_by(ErrorRow.last_at.desc())
        .limit(SHOWN)
    )
    return [
        Line(
            row.last_at.astimezone(zone),
            row.entity or "",
            row.item_id,
            paths.of(row.entity or "", row.item_id),
            Text(row.text_ru, row.text_en).in_language(g.language),
        )
        for row in session.scalars(query)
    ]
