"""Robots on stages: placing them, running them, and the calls their applications get."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.automation import placing
from sandbox.automation.documents import document_of
from sandbox.kernel.apps import App, auth_block, find_app
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal, StageEntry
from sandbox.server.delivery import Delivery, Message
from sandbox.server.dispatch import Dispatch

# How long the process waits; the meaning of the number is not documented, official SDKs show this one.
TIMEOUT_SECONDS = 660


@dataclass(frozen=True, slots=True)
class RobotCall:
    """What an application's robot is called with; official SDKs show the full set of keys."""

    code: str
    document: list[str]
    properties: dict[str, Any]
    waits: bool
    token: str

    def form(self) -> dict[str, Any]:
        """The body without `auth` and `ts`."""
        return {
            "workflow_id": self.token.partition("|")[0],
            "code": self.code,
            "document_id": self.document,
            "document_type": [*self.document[:2], self.document[2].rpartition("_")[0]],
            "event_token": self.token,
            "properties": self.properties,
            "use_subscription": "Y" if self.waits else "N",
            "timeout_duration": str(TIMEOUT_SECONDS if self.waits else 0),
        }


def _event_token() -> str:
    """`workflow|activity|signature`, as the portal makes it."""
    workflow = f"{secrets.token_hex(7)}.{secrets.randbelow(10**8):08d}"
    activity = "_".join(str(secrets.randbelow(90_000) + 10_000) for _ in range(4))
    return f"{workflow}|A{activity}|{secrets.token_urlsafe(24)}.{secrets.token_hex(32)}"


class Robots:
    """The robots of one portal."""

    def __init__(self, portal: Portal, delivery: Delivery, dispatch: Dispatch) -> None:
        self._portal = portal
        self._delivery = delivery
        self._dispatch = dispatch
        portal.on_entry = self.entered

    def _registered(self, code: str) -> tuple[App, dict[str, Any]] | None:
        row = self._portal.store.one("SELECT app, fields FROM robots WHERE code = ? ORDER BY id", (code,))
        app = find_app(self._portal, row["app"]) if row else None
        return (app, json.loads(row["fields"])) if row and app else None

    def entered(self, entry: StageEntry) -> None:
        """An item came to a stage: every robot placed there runs (a stage id belongs to one funnel)."""
        document = document_of(entry.entity_type_id, entry.item_id)
        for placed in placing.robots_on(self._portal, entry.entity_type_id, entry.stage_id):
            self.run(placed.code, document, placed.properties, placed.settings.use_subscription)

    def run(self, code: str, document: list[str], properties: dict[str, Any], use_subscription: str = "") -> int:
        """Starts a robot on a document and returns the number of the run.

        A robot that no installed application has any more is `blocked`; one that is not waited
        for is `done` at once; else the run is `waiting` until `bizproc.event.send`.
        """
        found = self._registered(code)
        if found is None or not found[0].installed:
            return self._record("", code, document, properties, "blocked", None)
        app, fields = found
        waits = _waits(fields, use_subscription)
        call = RobotCall(code, document, {**_defaults(fields), **properties}, waits, _event_token())
        number = self._record(
            app.client_id, code, document, call.properties, "waiting" if waits else "done", call.token
        )
        user = int(fields.get("AUTH_USER_ID") or 0) or None
        auth = auth_block(self._portal, app, self._dispatch.token(app, user, refresh=True))
        body = {**call.form(), "auth": auth}
        told = partial(self._answered, number)
        self._delivery.submit(Message(str(fields["HANDLER"]), body, app.client_id, "robot", told))
        return number

    def _answered(self, number: int, status: int | None) -> None:
        """Keeps the HTTP status of each time the application was called, None without an answer."""
        known = self._portal.store.value("SELECT http FROM runs WHERE id = ?", (number,))
        if known is not None:
            answers = json.dumps([*json.loads(known), status])
            self._portal.store.execute("UPDATE runs SET http = ? WHERE id = ?", (answers, number))

    def _record(
        self, app: str, code: str, document: list[str], properties: dict[str, Any], state: str, token: str | None
    ) -> int:
        now = self._portal.clock.iso()
        row = {
            "app": app,
            "code": code,
            "document": json.dumps(document),
            "token": token,
            "state": state,
            "properties": json.dumps(properties, ensure_ascii=False),
            "started": now,
            "finished": None if state == "waiting" else now,
        }
        return self._portal.store.insert("runs", row)

    def described(self, number: int) -> dict[str, Any]:
        """A run: its state, what it was called with, what came back."""
        row = self._portal.store.one("SELECT * FROM runs WHERE id = ?", (number,))
        if row is None:
            raise RestError("NO_RUN", f"There is no run {number}", 404)
        run = {**dict(row), "run": row["id"]}
        for name in ("document", "properties", "return_values", "log", "http"):
            run[name] = json.loads(row[name])
        return run

    def runs(self, since: int) -> list[dict[str, Any]]:
        """All runs with a greater number."""
        rows = self._portal.store.rows("SELECT id FROM runs WHERE id > ? ORDER BY id", (since,))
        return [self.described(row["id"]) for row in rows]


def _waits(fields: dict[str, Any], placed: str) -> bool:
    """What the application fixed counts; else what whoever placed the robot chose; else it waits."""
    return (str(fields.get("USE_SUBSCRIPTION") or "") or placed).upper() != "N"


def _defaults(fields: dict[str, Any]) -> dict[str, Any]:
    """The default values of a robot's properties."""
    found = {}
    for name, described in (fields.get("PROPERTIES") or {}).items():
        for key, value in described.items():
            if str(key).upper() == "DEFAULT" and value not in (None, ""):
                found[name] = value
    return found
