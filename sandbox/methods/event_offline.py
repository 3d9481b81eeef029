"""The offline queue: changes that applications fetch themselves (api-reference/events/offline-events.md)."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from sandbox.kernel import features
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.kernel.store import declare
from sandbox.methods.event import connector

declare(
    "CREATE TABLE IF NOT EXISTS offline_queue (id INTEGER PRIMARY KEY, app TEXT NOT NULL, event TEXT NOT NULL,"
    " data TEXT NOT NULL, at TEXT NOT NULL, auth_connector TEXT NOT NULL, process_id TEXT NOT NULL DEFAULT '',"
    " reserved REAL, error INTEGER NOT NULL DEFAULT 0)"
)
declare("CREATE INDEX IF NOT EXISTS offline_queue_app ON offline_queue (app, event)")
# A reserved batch that was never confirmed goes away after this long.
RESERVED_SECONDS = timedelta(days=30).total_seconds()


def keep_offline(portal: Portal, app: str, happening: Happening, connector: str) -> None:
    """Puts an event into an application's queue; a row of the same object is replaced, because the
    queue holds the last state and not the history (offline-events.md)."""
    data = json.dumps(happening.data, ensure_ascii=False)
    key = (app, happening.code, data, connector)
    portal.store.execute(
        "DELETE FROM offline_queue WHERE app = ? AND event = ? AND data = ? AND auth_connector = ? AND process_id = ''",
        key,
    )
    portal.store.execute(
        "INSERT INTO offline_queue (app, event, data, auth_connector, at) VALUES (?, ?, ?, ?, ?)",
        (*key, portal.clock.iso()),
    )


def _queue(call: Call) -> str:
    """The calling application, for an administrator; batches reserved too long ago go away."""
    app = call.require_app()
    call.require_admin()
    call.portal.store.execute(
        "DELETE FROM offline_queue WHERE reserved < ?", (call.portal.clock.timestamp() - RESERVED_SECONDS,)
    )
    return app


def _queued(call: Call, app: str) -> list[dict[str, Any]]:
    rows = call.portal.store.rows(
        "SELECT * FROM offline_queue WHERE app = ? AND auth_connector = ? ORDER BY id", (app, connector(call))
    )
    return [
        {
            "ID": str(row["id"]),
            "TIMESTAMP_X": row["at"],
            "EVENT_NAME": row["event"],
            "EVENT_DATA": json.loads(row["data"]) or False,
            "EVENT_ADDITIONAL": False,
            "MESSAGE_ID": str(row["id"]),
            "PROCESS_ID": row["process_id"],
            "ERROR": str(row["error"]),
        }
        for row in rows
    ]


def _in_order(call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for field, direction in reversed(list(call.mapping("order").items())):
        rows = ordered(rows, str(field), str(direction))
    return rows


@method("event.offline.list")
def offline_list(call: Call) -> Page:
    """event-offline-list.md: reads the queue and changes nothing."""
    rows = _queued(call, _queue(call))
    wanted = call.mapping("filter")
    return paged(call, _in_order(call, [row for row in rows if matches(row, wanted)]))


@method("event.offline.get", write=True)
def offline_get(call: Call) -> dict[str, Any]:
    """event-offline-get.md: takes rows out, or reserves them under a process id with clear=0."""
    app = _queue(call)
    process, wanted = str(call.get("process_id") or ""), call.mapping("filter")
    erroneous = str(call.get("error") or "0") == "1"
    rows = [
        row
        for row in _queued(call, app)
        if row["PROCESS_ID"] == process and (erroneous or row["ERROR"] == "0") and matches(row, wanted)
    ]
    rows = _in_order(call, rows)[: int(call.get("limit") or 50)]
    ids = [int(row["ID"]) for row in rows]
    if _kept(call):
        process = process or secrets.token_hex(16)
        now = call.portal.clock.timestamp()
        _mark(call, ids, "UPDATE offline_queue SET process_id = ?, reserved = ? WHERE id = ?", process, now)
    else:
        _mark(call, ids, "DELETE FROM offline_queue WHERE id = ?")
    events_ = [{k: v for k, v in row.items() if k not in ("PROCESS_ID", "ERROR")} for row in rows]
    return {"process_id": process or None, "events": events_}


def _kept(call: Call) -> bool:
    """Whether the rows are reserved (`clear=0`) and not deleted; plans without the confirmation of
    processing are refused, rather than losing what the caller means to confirm."""
    given = call.get("clear")
    if given is None or str(given).lower() not in ("0", "false", "n", ""):
        return False
    if not features.has(call.portal, "rest_offline_extended"):
        text = "Access denied! Confirmation of offline events is not available on your plan"
        raise RestError("ACCESS_DENIED", text, 403)
    return True


def _mark(call: Call, ids: list[int], sql: str, *values: Any) -> None:
    call.portal.store.executemany(sql, [(*values, one) for one in ids])


def _reserved(call: Call) -> list[int]:
    """The rows of a process, narrowed by `id` or `message_id` (which are the same numbers here)."""
    app, process = _queue(call), str(call.need("process_id"))
    rows = call.portal.store.rows("SELECT id FROM offline_queue WHERE app = ? AND process_id = ?", (app, process))
    named = [str(one) for one in call.listing("id") or call.listing("message_id")]
    return [row["id"] for row in rows if not named or str(row["id"]) in named]


@method("event.offline.clear", write=True)
def offline_clear(call: Call) -> bool:
    """event-offline-clear.md"""
    _mark(call, _reserved(call), "DELETE FROM offline_queue WHERE id = ?")
    return True


@method("event.offline.error", write=True)
def offline_error(call: Call) -> bool:
    """event-offline-error.md"""
    _mark(call, _reserved(call), "UPDATE offline_queue SET error = ?, process_id = '', reserved = NULL WHERE id = ?", 1)
    return True
