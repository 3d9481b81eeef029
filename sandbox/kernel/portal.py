"""The portal itself: runs one command, and collects what follows from it (events, automation)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.kernel.ahead import Ahead
from sandbox.kernel.call import Call, Source
from sandbox.kernel.clock import Clock
from sandbox.kernel.errors import KeptRefusal, RestError
from sandbox.kernel.registry import METHODS, Method
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT, last_name TEXT, second_name TEXT, email TEXT,"
    " active INTEGER NOT NULL DEFAULT 1, is_admin INTEGER NOT NULL DEFAULT 0, departments TEXT NOT NULL DEFAULT '[1]',"
    " work_position TEXT, time_zone TEXT, date_register TEXT, last_login TEXT, extra TEXT NOT NULL DEFAULT '{}')"
)
# What clients of the business received; the families that send messages insert here.
declare(
    "CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, at TEXT, channel TEXT,"
    ' "to" TEXT, text TEXT, method TEXT)'
)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the portal, before it is sent to the applications that bound it.

    `data` is the nested `data` of the event body; `actor` is the user whose hands did it,
    None when a robot, a workflow or the system acted (such events carry no tokens). `app`
    limits the event to one application (its own test, its own installation).
    """

    code: str
    data: dict[str, Any]
    actor: int | None
    auth_connector: str | None = None
    app: str | None = None


@dataclass(frozen=True, slots=True)
class StageEntry:
    """An item came to a stage: the robots placed there start."""

    entity_type_id: int
    item_id: int
    category_id: int
    stage_id: str


@dataclass(frozen=True, slots=True)
class ItemSaved:
    """A card was added or changed: workflows that start by themselves look at it.

    `user` is whose hands did it, None for automation.
    """

    entity_type_id: int
    item_id: int
    created: bool
    user: int | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A process calls an application's robot; `body` is the form without `auth` and `ts`.

    `user` is whose tokens go along, None for nobody's.
    """

    run: int
    app: str
    handler: str
    user: int | None
    body: dict[str, Any]


Noted = Happening | StageEntry | ItemSaved | Invocation


# An access token lives one hour (settings/oauth/index.md).
ACCESS_SECONDS = 3600


class Portal:
    """The state and the behaviour of one portal.

    `on_event` receives every happening, `on_entry` every stage entry, `on_saved` every saved card and
    `on_invocation` every call of a robot, after the command that caused it has been committed.
    """

    def __init__(self, store: Store, plan: str = "standard", domain: str = "127.0.0.1") -> None:
        self.store = store
        self.clock = Clock(store)
        self.ahead = Ahead(store)
        self.plan = plan
        self.token_seconds = ACCESS_SECONDS
        self.domain = domain
        self.on_event: Callable[[Happening], None] = lambda happening: None
        self.on_entry: Callable[[StageEntry], None] = lambda entry: None
        self.on_saved: Callable[[ItemSaved], None] | None = None
        self.on_invocation: Callable[[Invocation], None] = lambda invocation: None
        self._pending: list[Noted] = []
        self._running: list[Call] = []

    @property
    def member_id(self) -> str:
        """The portal's identity, 32 hex digits; it survives a change of the address."""
        known = self.store.setting("portal.member_id")
        if known is None:
            known = secrets.token_hex(16)
            self.store.set_setting("portal.member_id", known)
        return str(known)

    def now(self) -> datetime:
        """The portal's present moment in its time zone."""
        return self.clock.now()

    def is_admin(self, user: int) -> bool:
        """Whether the user is an active portal administrator."""
        row = self.store.one("SELECT is_admin, active FROM users WHERE id = ?", (user,))
        return row is not None and bool(row["is_admin"]) and bool(row["active"])

    def emit(self, code: str, data: dict[str, Any], call: Call) -> None:
        """Notes an event; it leaves when the command is committed, and never if it fails.
        Inline fixtures (`call.notes["silent"]`) send none."""
        if call.notes.get("silent"):
            return
        actor = None if call.source in ("robot", "system") else call.user
        self.happen(Happening(code.upper(), data, actor, call.auth_connector))

    def happen(self, happening: Happening) -> None:
        """Notes a ready-made event, for those that are not of a user's change."""
        self._pending.append(happening)
        self._release()

    def on_stage_entry(self, call: Call, entity_type_id: int, item_id: int, category_id: int, stage_id: str) -> None:
        """Notes that an item came to a stage; its robots start when the command is committed.
        A silent command (inline fixtures) starts none."""
        if call.notes.get("silent"):
            return
        self._pending.append(StageEntry(entity_type_id, item_id, category_id, stage_id))
        self._release()

    def on_item_saved(self, call: Call, entity_type_id: int, item_id: int, *, created: bool) -> None:
        """Notes that a card was saved; nothing is noted while nobody asks for it."""
        if self.on_saved is None or call.notes.get("silent") or call.notes.get("import"):
            return
        user = None if call.source in ("robot", "system") else call.user
        self._pending.append(ItemSaved(entity_type_id, item_id, created, user))
        self._release()

    def invoke(self, invocation: Invocation) -> None:
        """Notes that a robot is called; the call leaves when the command is committed."""
        self._pending.append(invocation)
        self._release()

    def run(self, call: Call, entry: Method | None = None) -> Any:
        """Runs one command, a writing one in its own savepoint: a refusal leaves no trace in the data.
        `entry` is the method when it is not of the common table (REST 3.0)."""
        if entry is None:
            entry = METHODS.get(call.method.lower())
        if entry is None:
            raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
        if not entry.allowed(call.scope):
            raise RestError(
                "insufficient_scope", "The request requires higher privileges than provided by the access token", 403
            )
        mark = len(self._pending)
        point = ""
        if entry.write:
            point = f"p{len(self._running)}"
            self.store.execute(f"SAVEPOINT {point}")
        self._running.append(call)
        kept: KeptRefusal | None = None
        result: Any = None
        try:
            result = entry.function(call)
        except KeptRefusal as refusal:
            kept = refusal
        except BaseException:
            if entry.write:
                self.store.roll_back(point)
            del self._pending[mark:]
            raise
        finally:
            self._running.pop()
            if entry.write:
                self.store.execute(f"RELEASE {point}")
        self._release()
        if kept is not None:
            raise kept
        return result

    def call(self, method: str, params: dict[str, Any], user: int = 1, source: Source = "system", **rest: Any) -> Any:
        """Runs a command from inside the portal (control side, robots, fixtures)."""
        return self.run(Call(self, method, params, user=user, source=source, **rest))

    def _release(self) -> None:
        if self._running or not self._pending:
            return
        pending, self._pending = self._pending, []
        for noted in pending:
            match noted:
                case Happening():
                    self.on_event(noted)
                case StageEntry():
                    self.on_entry(noted)
                case Invocation():
                    self.on_invocation(noted)
                case ItemSaved() if self.on_saved is not None:
                    self.on_saved(noted)
