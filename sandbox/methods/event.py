"""Subscriptions to events: `event.bind` and its relatives, the offline queue."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.registry import EVENTS, events, method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.kernel.store import declare

events("", "ONAPPTEST", "ONOFFLINEEVENT")
declare(
    "CREATE TABLE IF NOT EXISTS event_handlers (id INTEGER PRIMARY KEY, app TEXT NOT NULL, event TEXT NOT NULL,"
    " handler TEXT NOT NULL, auth_type INTEGER NOT NULL, offline INTEGER NOT NULL, auth_connector TEXT NOT NULL,"
    " options TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS event_handlers_event ON event_handlers (event, app)")
declare(
    "CREATE TABLE IF NOT EXISTS offline_events (id INTEGER PRIMARY KEY, app TEXT NOT NULL, event TEXT NOT NULL,"
    " data TEXT NOT NULL, at TEXT NOT NULL, auth_connector TEXT NOT NULL, process_id TEXT NOT NULL DEFAULT '',"
    " error INTEGER NOT NULL DEFAULT 0)"
)
declare("CREATE INDEX IF NOT EXISTS offline_events_app ON offline_events (app, event)")
_OF_ONE_TYPE = re.compile(r"^(ONCRMDYNAMICITEM(?:ADD|UPDATE|DELETE))_\d+$")


def _known(call: Call, code: str) -> bool:
    """Whether the application may subscribe: an event of its permissions, or of one smart process."""
    base = _OF_ONE_TYPE.match(code)
    scope = EVENTS.get(base.group(1) if base else code)
    return scope is not None and (not scope or call.scope is None or scope in call.scope)


def _argument(name: str) -> RestError:
    return RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", 400, argument=name)


def check_handler(url: Any, name: str = "HANDLER") -> str:
    """A handler's address: http or https with a host."""
    text = str(url or "")
    if not text:
        raise _argument(name)
    if not re.match(r"^https?://", text, re.IGNORECASE):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol")
    if not re.match(r"^https?://[^/?#\s]+", text, re.IGNORECASE):
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    return text


def _auth_type(call: Call) -> int:
    """Whose tokens the handler gets, 0 for those of whoever acted; only an administrator may
    choose somebody else."""
    asked = call.get("auth_type")
    user = int(asked) if asked not in (None, "") else 0
    if call.portal.is_admin(call.user):
        return user
    if user not in (0, call.user):
        text = "Access denied! Event binding with AUTH_TYPE requires administrator access rights"
        raise RestError("ACCESS_DENIED", text, 403)
    return call.user


@method("event.bind", write=True)
def event_bind(call: Call) -> bool:
    """event-bind.md"""
    app = call.require_app()
    code = str(call.get("event") or "").upper()
    if not code:
        raise _argument("EVENT")
    if not _known(call, code):
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    offline = str(call.get("event_type") or "online").lower() == "offline"
    if offline and not call.portal.is_admin(call.user):
        text = "Access denied! Offline events binding requires administrator access rights"
        raise RestError("ACCESS_DENIED", text, 403)
    row = {
        "app": app,
        "event": code,
        "handler": "" if offline else check_handler(call.get("handler")),
        "auth_type": _auth_type(call),
        "offline": int(offline),
        "auth_connector": str(call.get("auth_connector") or "") if offline else "",
        "options": json.dumps(call.mapping("options")),
    }
    same = [name for name in row if name != "options"]
    where = " AND ".join(f"{name} = ?" for name in same)
    if call.portal.store.value(f"SELECT 1 FROM event_handlers WHERE {where}", [row[name] for name in same]):
        raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
    call.portal.store.insert("event_handlers", row)
    return True


@method("event.get")
def event_get(call: Call) -> list[dict[str, Any]]:
    """event-get.md: a user who is no administrator sees his own handlers."""
    rows = call.portal.store.rows("SELECT * FROM event_handlers WHERE app = ? ORDER BY id", (call.require_app(),))
    admin = call.portal.is_admin(call.user)
    return [
        {
            "event": row["event"],
            "handler": row["handler"],
            "auth_type": str(row["auth_type"]),
            "offline": row["offline"],
            **({"connector_id": row["auth_connector"]} if row["auth_connector"] else {}),
        }
        for row in rows
        if admin or row["auth_type"] == call.user
    ]


@method("event.unbind", write=True)
def event_unbind(call: Call) -> dict[str, int]:
    """event-unbind.md: what is not named is not looked at; without parameters all handlers go."""
    wanted: dict[str, Any] = {"app": call.require_app()}
    admin = call.portal.is_admin(call.user)
    if call.get("event"):
        wanted["event"] = str(call.get("event")).upper()
    if call.get("handler"):
        wanted["handler"] = str(call.get("handler"))
    if call.get("auth_type") is not None:
        wanted["auth_type"] = int(call.get("auth_type") or 0)
    if not admin:
        wanted |= {"auth_type": call.user, "offline": 0}
    elif call.get("event_type"):
        wanted["offline"] = int(str(call.get("event_type")).lower() == "offline")
    where = " AND ".join(f"{name} = ?" for name in wanted)
    deleted = call.portal.store.execute(f"DELETE FROM event_handlers WHERE {where}", list(wanted.values()))
    return {"count": deleted.rowcount}


@method("events")
def all_events(call: Call) -> list[str]:
    """events.md: those of the application's permissions; SCOPE picks one, FULL prints all."""
    call.require_app()
    wanted = call.get("SCOPE")
    if wanted is not None:
        return [code for code, scope in EVENTS.items() if scope == str(wanted)]
    full = str(call.get("FULL") or "").lower() in ("1", "true", "y")
    return [code for code in (*EVENTS, *_of_types(call)) if full or _known(call, code)]


def _of_types(call: Call) -> list[str]:
    """The events of single smart processes, which carry the type in their name."""
    types = call.portal.store.rows("SELECT entityTypeId FROM crm_types ORDER BY entityTypeId")
    return [f"ONCRMDYNAMICITEM{what}_{row[0]}" for row in types for what in ("ADD", "UPDATE", "DELETE")]


@method("event.test", write=True)
def event_test(call: Call) -> int:
    """test-handler.md: sends ONAPPTEST to the application's own handlers."""
    app = call.require_app()
    data = {"QUERY": dict(call.params), "LANGUAGE_ID": "ru"}
    call.portal.happen(Happening("ONAPPTEST", data, call.user, app=app))
    return 1


# --- the offline queue ------------------------------------------------------------------------


def keep_offline(portal: Portal, app: str, happening: Happening, connector: str) -> None:
    """Puts an event into an application's queue; a row of the same object is replaced, because the
    queue holds the last state and not the history (offline-events.md)."""
    data = json.dumps(happening.data, ensure_ascii=False)
    key = (app, happening.code, data, connector)
    portal.store.execute(
        "DELETE FROM offline_events"
        " WHERE app = ? AND event = ? AND data = ? AND auth_connector = ? AND process_id = ''",
        key,
    )
    portal.store.execute(
        "INSERT INTO offline_events (app, event, data, auth_connector, at) VALUES (?, ?, ?, ?, ?)",
        (*key, portal.clock.iso()),
    )


def _queue(call: Call) -> str:
    app = call.require_app()
    call.require_admin()
    return app


def _queued(call: Call, app: str) -> list[dict[str, Any]]:
    connector = str(call.get("auth_connector") or "")
    rows = call.portal.store.rows(
        "SELECT * FROM offline_events WHERE app = ? AND auth_connector = ? ORDER BY id", (app, connector)
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
    if str(call.get("clear") if call.get("clear") is not None else "1") == "0":
        process = process or secrets.token_hex(16)
        _mark(call, ids, "UPDATE offline_events SET process_id = ? WHERE id = ?", process)
    else:
        _mark(call, ids, "DELETE FROM offline_events WHERE id = ?")
    events_ = [{k: v for k, v in row.items() if k not in ("PROCESS_ID", "ERROR")} for row in rows]
    return {"process_id": process or None, "events": events_}


def _mark(call: Call, ids: list[int], sql: str, *values: Any) -> None:
    call.portal.store.executemany(sql, [(*values, one) for one in ids])


def _reserved(call: Call) -> list[int]:
    """The rows of a process, narrowed by `id` or `message_id` (which are the same numbers here)."""
    app, process = _queue(call), str(call.need("process_id"))
    rows = call.portal.store.rows("SELECT id FROM offline_events WHERE app = ? AND process_id = ?", (app, process))
    named = [str(one) for one in call.listing("id") or call.listing("message_id")]
    return [row["id"] for row in rows if not named or str(row["id"]) in named]


@method("event.offline.clear", write=True)
def offline_clear(call: Call) -> bool:
    """event-offline-clear.md"""
    _mark(call, _reserved(call), "DELETE FROM offline_events WHERE id = ?")
    return True


@method("event.offline.error", write=True)
def offline_error(call: Call) -> bool:
    """event-offline-error.md"""
    _mark(call, _reserved(call), "UPDATE offline_events SET error = ?, process_id = '' WHERE id = ?", 1)
    return True
