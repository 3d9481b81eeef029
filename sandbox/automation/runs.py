"""Runs of applications' robots: called, waited for, answered, timed out."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.automation import registered, timers
from sandbox.automation.registered import Robot
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Invocation, Portal
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS robot_runs (id INTEGER PRIMARY KEY, process TEXT NOT NULL, activity TEXT NOT NULL,"
    " app TEXT NOT NULL, code TEXT NOT NULL, document TEXT NOT NULL, token TEXT UNIQUE, state TEXT NOT NULL,"
    " properties TEXT NOT NULL, return_values TEXT NOT NULL DEFAULT '{}', log TEXT NOT NULL DEFAULT '[]',"
    " started TEXT NOT NULL, finished TEXT, http TEXT NOT NULL DEFAULT '[]')"
)
declare("CREATE INDEX IF NOT EXISTS robot_runs_process ON robot_runs (process)")

# (portal, process, activity, returned values, whether the time ran out)
Finished = Callable[[Portal, str, str, Mapping[str, Any], bool], None]
_finished: list[Finished] = []


def on_finished(listener: Finished) -> Finished:
    """Registers who goes on when a run that a process waits for has ended."""
    _finished.append(listener)
    return listener


@dataclass(frozen=True, slots=True)
class Order:
    """A robot to be run: on which document, with which values, for which process.

    `subscription` is the placer's wish for waiting, `timeout` seconds (0: waits for ever).
    """

    code: str
    document: list[str]
    properties: Mapping[str, Any] = field(default_factory=dict)
    app: str = ""
    subscription: str = ""
    timeout: int = 0
    process: str = ""
    activity: str = ""


def new_workflow_id() -> str:
    """An identifier as the portal makes it: `66e81a641752f8.56521481`."""
    return f"{secrets.token_hex(7)}.{secrets.randbelow(10**8):08d}"


def _activity_name() -> str:
    return "A" + "_".join(str(secrets.randbelow(90_000) + 10_000) for _ in range(4))


def start(portal: Portal, order: Order) -> int:
    """Runs a robot and returns the number of the run.

    A robot that no installed application has any more is `blocked`; one that is not waited for is
    `done` at once; else the run is `waiting` until `bizproc.event.send` or its time-out.
    """
    robot = registered.find(portal, order.code, order.app)
    app = registered.owner(portal, robot) if robot else None
    if robot is None or app is None:
        return _record(portal, order, "", dict(order.properties), "blocked", None)
    process, activity = order.process or new_workflow_id(), order.activity or _activity_name()
    token = f"{process}|{activity}|{secrets.token_urlsafe(24)}.{secrets.token_hex(32)}"
    waits = robot.waits(order.subscription)
    properties = {**robot.defaults(), **order.properties}
    number = _record(portal, order, app.client_id, properties, "waiting" if waits else "done", token)
    if waits and order.timeout:
        timers.start(portal, order.timeout, "robot", str(number))
    user = int(robot.fields.get("AUTH_USER_ID") or 0) or None
    body = _form(robot, order, process, token, properties, waits)
    portal.invoke(Invocation(number, app.client_id, robot.handler, user, body))
    return number


def _form(
    robot: Robot, order: Order, process: str, token: str, properties: dict[str, Any], waits: bool
) -> dict[str, Any]:
    """What the application is called with; official SDKs show the full set of keys."""
    return {
        "workflow_id": process,
        "code": robot.code,
        "document_id": order.document,
        "document_type": [*order.document[:2], order.document[2].rpartition("_")[0]],
        "event_token": token,
        "properties": properties,
        "use_subscription": "Y" if waits else "N",
        "timeout_duration": str(order.timeout if waits else 0),
    }


def _record(portal: Portal, order: Order, app: str, properties: dict[str, Any], state: str, token: str | None) -> int:
    now = portal.clock.iso()
    row = {
        "process": order.process,
        "activity": order.activity,
        "app": app,
        "code": order.code,
        "document": json.dumps(order.document),
        "token": token,
        "state": state,
        "properties": json.dumps(properties, ensure_ascii=False),
        "started": now,
        "finished": None if state == "waiting" else now,
    }
    return portal.store.insert("robot_runs", row)


def state_of(portal: Portal, number: int) -> str:
    """waiting, done, timeout, blocked or terminated."""
    return str(portal.store.value("SELECT state FROM robot_runs WHERE id = ?", (number,)))


def by_token(portal: Portal, token: str) -> sqlite3.Row | None:
    """The run that waits with this token, None when nothing waits (any more)."""
    return portal.store.one("SELECT * FROM robot_runs WHERE token = ? AND state = 'waiting'", (token,))


def answer(portal: Portal, row: sqlite3.Row, values: Mapping[str, Any]) -> None:
    """The application returned its values: the process goes on with them."""
    _end(portal, row, "done", values)


def _end(portal: Portal, row: sqlite3.Row, state: str, values: Mapping[str, Any]) -> None:
    timers.stop(portal, "robot", str(row["id"]))
    text = json.dumps(values, ensure_ascii=False)
    portal.store.execute(
        "UPDATE robot_runs SET state = ?, return_values = ?, finished = ? WHERE id = ?",
        (state, text, portal.clock.iso(), row["id"]),
    )
    if row["process"]:
        for listener in _finished:
            listener(portal, row["process"], row["activity"], values, state == "timeout")


@timers.timer("robot")
def expire(portal: Portal, number: str) -> None:
    """The time to wait is over: the process goes on without values, the token is worth nothing."""
    row = portal.store.one("SELECT * FROM robot_runs WHERE id = ? AND state = 'waiting'", (int(number),))
    if row is not None:
        _end(portal, row, "timeout", {})


def abandon(portal: Portal, process: str) -> None:
    """A process was stopped: nobody waits for its robots any more."""
    rows = portal.store.rows("SELECT id FROM robot_runs WHERE process = ? AND state = 'waiting'", (process,))
    for row in rows:
        timers.stop(portal, "robot", str(row["id"]))
    portal.store.execute(
        "UPDATE robot_runs SET state = 'terminated', finished = ? WHERE process = ? AND state = 'waiting'",
        (portal.clock.iso(), process),
    )


def write_log(portal: Portal, row: sqlite3.Row, message: str) -> None:
    """Adds a line to the log of a run."""
    entry = {"at": portal.clock.iso(), "message": message}
    kept = json.loads(portal.store.value("SELECT log FROM robot_runs WHERE id = ?", (row["id"],)))
    text = json.dumps([*kept, entry], ensure_ascii=False)
    portal.store.execute("UPDATE robot_runs SET log = ? WHERE id = ?", (text, row["id"]))


def answered(portal: Portal, number: int, status: int | None) -> None:
    """Keeps the HTTP status of each time the application was called, None without an answer."""
    known = portal.store.value("SELECT http FROM robot_runs WHERE id = ?", (number,))
    if known is not None:
        text = json.dumps([*json.loads(known), status])
        portal.store.execute("UPDATE robot_runs SET http = ? WHERE id = ?", (text, number))


def described(portal: Portal, number: int) -> dict[str, Any]:
    """A run: its state, what it was called with, what came back."""
    row = portal.store.one("SELECT * FROM robot_runs WHERE id = ?", (number,))
    if row is None:
        raise RestError("NO_RUN", f"There is no run {number}", 404)
    run = {**dict(row), "run": row["id"]}
    for name in ("document", "properties", "return_values", "log", "http"):
        run[name] = json.loads(row[name])
    return run


def listed(portal: Portal, since: int) -> list[dict[str, Any]]:
    """All runs with a greater number."""
    rows = portal.store.rows("SELECT id FROM robot_runs WHERE id > ? ORDER BY id", (since,))
    return [described(portal, row["id"]) for row in rows]
