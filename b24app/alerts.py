"""Tells the administrators what only they can mend."""

from __future__ import annotations

import logging

from sqlalchemy import select

from b24app.engine.errors import Trouble, note
from b24app.errors import AppError
from b24app.portal.gateway import Gateway
from b24app.store.database import Database
from b24app.store.models import TokenRow
from rules.decision import Text

log = logging.getLogger(__name__)


def token_died(database: Database, portal_id: int, gateway: Gateway, user_id: int, language: str) -> None:
    """The token of an administrator does not work any more (dismissed, or lost his rights): an item of
    the error inbox, and a notification to every administrator whose token still works."""
    text = Text(
        f"Ключ доступа администратора {user_id} больше не действует (уволен или лишён прав). Приложение работает от "
        "имени другого администратора. Пусть приложение откроет ещё один администратор, чтобы был запасной ключ.",
        f"The access of administrator {user_id} does not work any more (dismissed, or without rights). The app works "
        "in the name of another administrator. Let one more administrator open the app, so that there is a reserve.",
    )
    with database.session() as session:
        note(session, portal_id, [Trouble(f"token:{user_id}", "token", text)])
        query = select(TokenRow.user_id).where(TokenRow.portal_id == portal_id, TokenRow.state == "active")
        others = list(session.scalars(query.where(TokenRow.is_admin)))
    for other in others:
        message = {"USER_ID": other, "MESSAGE": text.in_language(language), "TAG": f"b24app|token|{user_id}"}
        try:
            gateway.call("im.notify.personal.add", message, write=True)
        except AppError as error:
            # The item of the error inbox stands; the notification is a courtesy.
            log.warning("portal %s: administrator %s was not told: %s", portal_id, other, error)
