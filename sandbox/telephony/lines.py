"""Lines: external ones of telephony applications, and SIP connections of the portal's own telephony."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS phone_lines (id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL,
        number TEXT NOT NULL, name TEXT NOT NULL, autoCreate TEXT NOT NULL, UNIQUE (app, number));
    CREATE TABLE IF NOT EXISTS sip_lines (id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, type TEXT NOT NULL,
        title TEXT NOT NULL, server TEXT NOT NULL, login TEXT NOT NULL, password TEXT NOT NULL, regId INTEGER,
        incomingServer TEXT, incomingLogin TEXT, incomingPassword TEXT, authUser TEXT, outboundProxy TEXT,
        detect TEXT NOT NULL DEFAULT 'N', headers TEXT NOT NULL DEFAULT 'diversion;to', status INTEGER, error TEXT,
        updated INTEGER NOT NULL);
    """
)

CLOUD, OFFICE = "cloud", "office"


def find(store: Store, app: str, number: str) -> dict[str, Any] | None:
    """An external line of an application by its number."""
    row = store.one("SELECT * FROM phone_lines WHERE app = ? AND number = ?", (app, number))
    return None if row is None else dict(row)


def code(row: Any) -> str:
    """The identifier of a SIP line: `reg151083` in the cloud, `sip7` in the office."""
    return f"reg{row['regId']}" if row["type"] == CLOUD else f"sip{row['id']}"


def title(row: Any) -> str:
    """What people call a SIP line."""
    kind = "Облачная АТС" if row["type"] == CLOUD else "Офисная АТС"
    return str(row["title"] or f"{kind} ({row['id']})")


def outgoing(store: Store) -> dict[str, str]:
    """The lines one can call from, by their identifiers."""
    return {code(row): title(row) for row in store.rows("SELECT * FROM sip_lines ORDER BY id")}
