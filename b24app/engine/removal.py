"""The portal says that the application was removed: believed when it is proved, and only then is anything forgotten.

Every employee's browser sees the application token, so whoever knows it can say so. A removed application's tokens do
not work any more (settings/app-uninstallation.md): asking the portal with ours is the proof. What cannot be proved at
once is asked again for a day, since a portal may revoke the tokens a moment after it has told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from b24app.engine import cursors, errors, wishes
from b24app.engine.errors import Trouble
from b24app.engine.surroundings import NOT_ADMINISTRATOR
from b24app.errors import PortalLost
from b24app.store.database import Database
from b24app.store.models import Base, CursorRow, PortalRow, TokenRow, utcnow
from rules.decision import Text

log = logging.getLogger(__name__)

CURSOR = "uninstall_asked"
AGAIN = timedelta(minutes=5)
PATIENCE = timedelta(days=1)
KIND = "uninstall"

_OF_APPLICATION = ("application_not_found", "wrong_client", "invalid_client", "error_oauth")
"""the application is gone; a lapsed subscription or a blocked portal says nothing about it"""
_OF_OWNER = ("authorization_error", "user_access_error", NOT_ADMINISTRATOR)
"""the owner of the token was dismissed, shut out or lost his rights, on a portal that knows the application"""

_STILL_THERE = Text(
    "Пришло сообщение, что приложение удалили с портала, но портал по-прежнему принимает ключ приложения. Ничего не "
    "стёрто, приложение работает. Сутки проверяем ещё: если приложение всё же удалили, его данные будут убраны. Если "
    "его никто не удалял, сообщение подделал кто-то из сотрудников портала.",
    "A message said that the application was removed from the portal, but the portal still accepts the application's "
    "token. Nothing was wiped, the application works. It is checked for a day: if the application was removed after "
    "all, its data will go. If nobody has removed it, the message was forged by someone of the portal's employees.",
)
_NEVER_PROVED = Text(
    "Пришло сообщение, что приложение удалили с портала. За сутки это не подтвердилось: портал не дал ясного ответа. "
    "Данные приложения сохранены.",
    "A message said that the application was removed from the portal. A day has not confirmed it: the portal gave no "
    "clear answer. The application's data are kept.",
)


class Answer(Enum):
    """What the portal answered when it was asked with our tokens."""

    GONE = auto()
    THERE = auto()
    UNCLEAR = auto()


def claim(session: Session, portal_id: int, *, clean: bool) -> bool:
    """Remembers what the portal has said until it is proved or a day is over; `clean`: the data have to go.

    False for a portal that was left already: what was kept then is not wiped by a later message.
    """
    if session.get_one(PortalRow, portal_id).status == "uninstalled":
        return False
    now = utcnow().isoformat()
    known = cursors.get(session, portal_id, CURSOR) or {"next": now}
    # Saying it again does not make us ask more often.
    cursors.save(session, portal_id, {CURSOR: {"clean": clean, "at": now, "next": known["next"], "told": False}})
    return True


def withdraw(session: Session, portal_id: int) -> None:
    """The application was proved to be on the portal."""
    session.execute(delete(CursorRow).where(CursorRow.portal_id == portal_id, CursorRow.name == CURSOR))


def due(session: Session, now: datetime) -> list[int]:
    """Portals to be asked now."""
    return cursors.promised(session, CURSOR, now)


def settle(database: Database, portal_id: int, ask: Callable[[], Answer]) -> None:
    """Asks, if it is time to, and forgets the portal if the removal is proved."""
    with database.session() as session:
        if portal_id not in due(session, utcnow()):
            return
    answer = ask()
    now = utcnow()
    with database.session() as session:
        said = cursors.get(session, portal_id, CURSOR)
        if said is None:
            return
        if answer is Answer.GONE:
            forget(session, portal_id, clean=said["clean"])
            return
        over = now - datetime.fromisoformat(said["at"]) > PATIENCE
        if answer is Answer.THERE and not said["told"]:
            _note(session, portal_id, _STILL_THERE)
        elif over and not said["told"]:
            _note(session, portal_id, _NEVER_PROVED)
        if over:
            withdraw(session, portal_id)
            return
        told = said["told"] or answer is Answer.THERE
        cursors.save(session, portal_id, {CURSOR: {**said, "next": (now + AGAIN).isoformat(), "told": told}})


def meaning_of(session: Session, portal_id: int, lost: PortalLost) -> Answer:
    """Whether a portal that no token of ours opens has removed the application."""
    if str(lost.context.get("code", "")).lower() in _OF_APPLICATION:
        return Answer.GONE
    tokens = list(session.scalars(select(TokenRow).where(TokenRow.portal_id == portal_id)))
    if any(token.state == "active" for token in tokens):
        return Answer.UNCLEAR
    reasons = {(token.dead_reason or "").lower() for token in tokens}
    return Answer.UNCLEAR if reasons & {*_OF_OWNER} else Answer.GONE


def forget(session: Session, portal_id: int, *, clean: bool) -> None:
    """Marks the portal as left; `clean` wipes everything of it except the row that recognises it.

    The row stays with its application token: the same event may arrive again, and an application that
    was removed is checked by nothing else (api-reference/common/events/on-app-uninstall.md).
    """
    if clean:
        for table in reversed(Base.metadata.sorted_tables):
            if "portal_id" in table.c:
                session.execute(delete(table).where(table.c.portal_id == portal_id))
    else:
        promised = CursorRow.name.in_([CURSOR, wishes.CURSOR])
        session.execute(delete(CursorRow).where(CursorRow.portal_id == portal_id, promised))
        errors.resolve(session, portal_id, [KIND])
        session.execute(
            update(TokenRow).where(TokenRow.portal_id == portal_id).values(state="dead", dead_reason="uninstalled")
        )
    portal = session.get_one(PortalRow, portal_id)
    portal.status = "uninstalled"
    if clean:
        portal.presets = []
    log.info("portal %d: application removed, data %s", portal_id, "wiped" if clean else "kept")


def _note(session: Session, portal_id: int, text: Text) -> None:
    errors.note(session, portal_id, [Trouble(KIND, KIND, text)])
