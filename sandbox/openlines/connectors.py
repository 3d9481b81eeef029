"""Connectors: the channels by which clients write, those of the portal and those of applications."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS im_connectors (id TEXT PRIMARY KEY, app TEXT NOT NULL, name TEXT NOT NULL,
        handler TEXT NOT NULL, options TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS im_connector_lines (connector TEXT NOT NULL, line INTEGER NOT NULL,
        active INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (connector, line));
    """
)
# The channels a portal has without any application (imconnector-list.md prints them so).
BUILT_IN = {
    "livechat": "Онлайн-чат",
    "whatsapp": "WhatsApp",
    "telegrambot": "Telegram",
    "viber": "Viber",
    "vkgroup": "ВКонтакте",
    "avito": "Авито",
    "network": "Битрикс24.Network",
}


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector; `app` is the client id of the application that registered it, "" for the portal's own."""

    id: str
    app: str
    name: str
    options: dict[str, Any]

    @property
    def group(self) -> bool:
        """Whether all who write in one outer chat share one chat here (imconnector-register.md, CHAT_GROUP)."""
        return bool(self.options.get("CHAT_GROUP"))

    @property
    def signs(self) -> bool:
        """Whether what an employee writes is signed with the name."""
        return bool(self.options.get("NEED_SIGNATURE", True))


def find(store: Store, code: str) -> Connector | None:
    """The connector with this code (codes are lower case)."""
    low = code.lower()
    row = store.one("SELECT * FROM im_connectors WHERE id = ?", (low,))
    if row is not None:
        return Connector(row["id"], row["app"], row["name"], json.loads(row["options"]))
    return Connector(low, "", BUILT_IN[low], {}) if low in BUILT_IN else None


def title(store: Store, code: str) -> str:
    """What people call a connector; an unknown one is called by its code."""
    found = find(store, code)
    return found.name if found else code


def names(store: Store) -> dict[str, str]:
    """Every connector by code."""
    own = {row["id"]: row["name"] for row in store.rows("SELECT id, name FROM im_connectors ORDER BY rowid")}
    return {**BUILT_IN, **own}


def register(store: Store, code: str, app: str, name: str, handler: str, options: dict[str, Any]) -> None:
    """Adds an application's connector or changes it."""
    store.execute(
        "INSERT INTO im_connectors (id, app, name, handler, options) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, handler = excluded.handler, options = excluded.options",
        (code.lower(), app, name, handler, json.dumps(options, ensure_ascii=False)),
    )


def unregister(store: Store, code: str) -> None:
    """Removes a connector from everywhere."""
    store.execute("DELETE FROM im_connectors WHERE id = ?", (code.lower(),))
    store.execute("DELETE FROM im_connector_lines WHERE connector = ?", (code.lower(),))


def set_active(store: Store, code: str, line: int, active: bool) -> None:
    """Switches a connector on or off for a line."""
    store.execute(
        "INSERT INTO im_connector_lines (connector, line, active) VALUES (?, ?, ?)"
        " ON CONFLICT (connector, line) DO UPDATE SET active = excluded.active",
        (code.lower(), line, int(active)),
    )


def set_data(store: Store, code: str, line: int, data: dict[str, Any]) -> None:
    """Replaces what is known of the channel on the other side."""
    store.execute(
        "INSERT INTO im_connector_lines (connector, line, data) VALUES (?, ?, ?)"
        " ON CONFLICT (connector, line) DO UPDATE SET data = excluded.data",
        (code.lower(), line, json.dumps(data, ensure_ascii=False)),
    )


def state(store: Store, code: str, line: int) -> tuple[bool, dict[str, Any]]:
    """Whether a connector is switched on for a line, and what is known of its channel."""
    row = store.one(
        "SELECT active, data FROM im_connector_lines WHERE connector = ? AND line = ?", (code.lower(), line)
    )
    return (bool(row["active"]), json.loads(row["data"])) if row else (False, {})


def tell(portal: Portal, connector: Connector, code: str, data: Any, actor: int | None) -> None:
    """Sends an event to the application of the connector, and to nobody for a connector of the portal."""
    if connector.app:
        portal.happen(Happening(code.upper(), data, actor, app=connector.app))
