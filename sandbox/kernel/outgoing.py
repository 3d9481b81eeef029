"""Outgoing webhooks: events for a bare address, subscribed in the interface (api-reference/events/index.md)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.kernel.apps import App, new_secret
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import EVENTS
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS outgoing_webhooks (id INTEGER PRIMARY KEY, handler TEXT NOT NULL,"
    " events TEXT NOT NULL, token TEXT NOT NULL)"
)


def subscribe(portal: Portal, body: Mapping[str, Any]) -> dict[str, Any]:
    """An administrator saves an outgoing webhook: `{"handler", "events": [...]}`; the answer has the
    generated `application_token` that comes with every event."""
    codes = [str(code).upper() for code in body["events"]]
    unknown = [code for code in codes if code not in EVENTS]
    if unknown:
        raise RestError("ERROR_EVENT_NOT_FOUND", f"Event not found: {', '.join(unknown)}")
    row = {"handler": str(body["handler"]), "events": json.dumps(codes), "token": new_secret()}
    return {"id": portal.store.insert("outgoing_webhooks", row), "application_token": row["token"]}


def listening(portal: Portal, code: str) -> list[sqlite3.Row]:
    """The webhooks that are told of an event."""
    rows = portal.store.rows("SELECT * FROM outgoing_webhooks ORDER BY id")
    return [row for row in rows if code in json.loads(row["events"])]


def identity(row: sqlite3.Row) -> App:
    """The webhook in the form that the `auth` of an event is made from."""
    return App(row["id"], "", "", row["handler"], "", "", (), row["token"], "", True, 0)
