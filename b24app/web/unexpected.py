"""Something broke that nobody has foreseen: the log has everything, a person a page that says what to do, and the
portal's error inbox a line for the administrator."""

from __future__ import annotations

import logging

from flask import g, request
from sqlalchemy.exc import SQLAlchemyError

from b24app.engine import errors
from b24app.engine.errors import Trouble
from b24app.web.context import web
from b24app.web.render import page
from rules.wording import sentence

logger = logging.getLogger(__name__)
KIND = "page"


def broken_page(error: Exception) -> str:
    """The page instead of the one that broke."""
    return page("broken.html", told=_told(error))


def _told(error: Exception) -> bool:
    """Notes it for the administrator of a portal that is proved; once while it lasts. What the error says stays in
    the log: it may quote what not every administrator should read."""
    portal_id = g.get("portal_id")
    if portal_id is None:
        return False
    text = sentence(
        "Страница приложения {place} не открылась: {what}. Подробности в журнале сервера.",
        "The application's page {place} did not open: {what}. The server's log has the details.",
        place=request.path,
        what=type(error).__name__,
    )
    trouble = Trouble(f"{KIND}:{request.path}:{type(error).__name__}", KIND, text)
    try:
        with web().services.database.session() as session:
            errors.note(session, portal_id, [trouble])
    except SQLAlchemyError:
        logger.exception("the error inbox could not be written")
        return False
    return True
