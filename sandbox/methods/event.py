"""Subscriptions to events: `event.bind` and its relatives."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.kernel import features
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening
from sandbox.kernel.registry import EVENTS, events, method
from sandbox.kernel.store import declare

events("", "ONAPPTEST", "ONOFFLINEEVENT")
declare(
    "CREATE TABLE IF NOT EXISTS event_handlers (id INTEGER PRIMARY KEY, app TEXT NOT NULL, event TEXT NOT NULL,"
    " handler TEXT NOT NULL, auth_type INTEGER NOT NULL, offline INTEGER NOT NULL, auth_connector TEXT NOT NULL,"
    " options TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS event_handlers_event ON event_handlers (event, app)")
_OF_ONE_TYPE = re.compile(r"^(ONCRMDYNAMICITEM(?:ADD|UPDATE|DELETE))_\d+$")


def _known(call: Call, code: str) -> bool:
    """Whether the application may subscribe: an event of its permissions, or of one smart process."""
    base = _OF_ONE_TYPE.match(code)
    scope = EVENTS.get(base.group(1) if base else code)
    return scope is not None and (not scope or call.scope is None or not call.scope.isdisjoint(scope.split("|")))


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


def connector(call: Call) -> str:
    """The source key. What plans without this feature do with it is not documented: it works on
    all of them here, until the feature is switched off."""
    return "" if features.taken(call.portal, "rest_auth_connector") else str(call.get("auth_connector") or "")


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
        "auth_connector": connector(call) if offline else "",
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


def _only_own(call: Call, kind: str, whose: Any) -> dict[str, Any]:
    """What a user who is no administrator may unbind: own online handlers."""
    if kind == "offline":
        text = "Access denied! Offline events unbinding requires administrator access rights"
        raise RestError("ACCESS_DENIED", text, 403)
    if whose not in (None, "") and int(whose) not in (0, call.user):
        text = "Access denied! Event unbinding with AUTH_TYPE requires administrator access rights"
        raise RestError("ACCESS_DENIED", text, 403)
    return {"auth_type": call.user, "offline": 0}


@method("event.unbind", write=True)
def event_unbind(call: Call) -> dict[str, int]:
    """event-unbind.md: what is not named is not looked at; without parameters all handlers go."""
    wanted: dict[str, Any] = {"app": call.require_app()}
    kind, whose = str(call.get("event_type") or "").lower(), call.get("auth_type")
    if not call.portal.is_admin(call.user):
        wanted |= _only_own(call, kind, whose)
    elif whose is not None:
        wanted["auth_type"] = int(whose or 0)
    for name in ("event", "handler"):
        if call.get(name):
            wanted[name] = str(call.get(name)).upper() if name == "event" else str(call.get(name))
    # Without parameters all handlers go; else those of the type, which is online unless said otherwise.
    if kind or "event" in wanted:
        wanted["offline"] = int(kind == "offline")
    where = " AND ".join(f"{name} = ?" for name in wanted)
    deleted = call.portal.store.execute(f"DELETE FROM event_handlers WHERE {where}", list(wanted.values()))
    return {"count": deleted.rowcount}


@method("events")
def all_events(call: Call) -> list[str]:
    """events.md: those of the application's permissions; SCOPE picks one, FULL prints all."""
    call.require_app()
    wanted = call.get("SCOPE")
    if wanted is not None:
        return [code for code, scope in EVENTS.items() if str(wanted) in scope.split("|")]
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
