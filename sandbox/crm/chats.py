"""Open-line chats bound to cards: which chat writes to which client."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS openline_chats (chatId INTEGER NOT NULL, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, connectorId TEXT NOT NULL, connectorTitle TEXT NOT NULL,
        active TEXT NOT NULL DEFAULT 'Y', PRIMARY KEY (chatId, entityTypeId, entityId));
    CREATE INDEX IF NOT EXISTS openline_chats_card ON openline_chats (entityTypeId, entityId);
    """
)


def bind(store: Store, chat: int, entity_type_id: int, item_id: int, connector: str, title: str) -> None:
    """Shows a chat in a card; a chat of one client may be in the cards of the lead, the deal and the contact."""
    store.execute(
        "INSERT OR REPLACE INTO openline_chats (chatId, entityTypeId, entityId, connectorId, connectorTitle)"
        " VALUES (?, ?, ?, ?, ?)",
        (chat, entity_type_id, item_id, connector, title),
    )


def of_card(store: Store, entity_type_id: int, item_id: int, *, active_only: bool = True) -> list[Any]:
    """The chats of a card, the newest first; `active` is N while the conversation is closed."""
    active = " AND active = 'Y'" if active_only else ""
    sql = f"SELECT * FROM openline_chats WHERE entityTypeId = ? AND entityId = ?{active} ORDER BY chatId DESC"
    return store.rows(sql, (entity_type_id, item_id))


def cards_of(store: Store, chat: int) -> list[tuple[int, int]]:
    """The cards a chat is shown in: pairs of entity type and id."""
    rows = store.rows(
        "SELECT entityTypeId, entityId FROM openline_chats WHERE chatId = ? ORDER BY entityTypeId", (chat,)
    )
    return [(row[0], row[1]) for row in rows]


def set_active(store: Store, chat: int, active: bool) -> None:
    """Notes that a chat's conversation was closed or opened."""
    store.execute("UPDATE openline_chats SET active = ? WHERE chatId = ?", ("Y" if active else "N", chat))
