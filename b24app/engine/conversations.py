"""Chats of open lines among activities: one activity is a whole conversation, which changes with every message, so its
own moments do not tell when the client wrote last, or whether it was the client at all. The conversation does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from b24app.engine.ports import PortalGateway
from b24app.errors import Transient
from b24app.portal.batch import Call, Done

PROVIDER = "IMOPENLINES_SESSION"
HISTORY = "imopenlines.session.history.get"
FIELDS = ("PROVIDER_ID", "ASSOCIATED_ENTITY_ID", "LAST_UPDATED")
"""what has to be read of an activity to ask about its conversation"""


def is_chat(row: Mapping[str, Any]) -> bool:
    """Whether an activity is a conversation in an open line."""
    return row.get("PROVIDER_ID") == PROVIDER


def last_words(gateway: PortalGateway, rows: Sequence[Mapping[str, Any]]) -> dict[int, datetime]:
    """When clients wrote last, by activity. Where the conversation cannot be read, it may have been the client who
    changed it."""
    words = words_of_clients(gateway, rows)
    changed = {int(row["ID"]): datetime.fromisoformat(str(row["LAST_UPDATED"])) for row in rows}
    return {id: max(words.get(id, [moment])) for id, moment in changed.items() if words.get(id, [moment])}


def words_of_clients(gateway: PortalGateway, rows: Sequence[Mapping[str, Any]]) -> dict[int, list[datetime]]:
    """The moments at which clients wrote, by activity; without conversations that cannot be read."""
    asked = sorted({int(row["ID"]): int(row.get("ASSOCIATED_ENTITY_ID") or 0) for row in rows}.items())
    calls = [Call(HISTORY, {"SESSION_ID": session}) for _, session in asked]
    found = {}
    for (id, _), outcome in zip(asked, gateway.batch(calls) if calls else (), strict=True):
        if isinstance(outcome, Done):
            found[id] = _of_client(outcome.result)
        elif isinstance(outcome.error, Transient):
            raise outcome.error
    return found


def _of_client(history: Mapping[str, Any]) -> list[datetime]:
    """The moments of what people from outside wrote: guests that a connector has brought, or somebody whom the answer
    does not describe (api-reference/imopenlines/openlines/sessions/imopenlines-session-history-get.md)."""
    messages, users = _listed(history.get("message")), _listed(history.get("users"))
    people = {str(user.get("id")): user for user in users}
    moments = []
    for message in messages:
        sender = str(message.get("senderid") or "0")
        if sender != "0" and (sender not in people or people[sender].get("connector")):
            moments.append(datetime.fromisoformat(str(message["date"])))
    return moments


def _listed(part: Any) -> list[Mapping[str, Any]]:
    """PHP prints an empty map as a list."""
    return list(part.values() if isinstance(part, Mapping) else part or ())
