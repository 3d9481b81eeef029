"""Open-line chats bound to cards: which chat writes to which client."""

from __future__ import annotations

from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS openline_chats (chatId INTEGER PRIMARY KEY, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, connectorId TEXT NOT NULL, connectorTitle TEXT NOT NULL,
        active TEXT NOT NULL DEFAULT 'Y');
    CREATE INDEX IF NOT EXISTS openline_chats_card ON openline_chats (entityTypeId, entityId);
    """
)


def bind(store: Store, chat: int, entity_type_id: int, item_id: int, connector: str, title: str) -> None:
    """Binds a chat to a card; a chat belongs to one card."""
    store.execute(
        "INSERT OR REPLACE INTO openline_chats (chatId, entityTypeId, entityId, connectorId, connectorTitle)"
        " VALUES (?, ?, ?, ?, ?)",
        (chat, entity_type_id, item_id, connector, title),
    )
