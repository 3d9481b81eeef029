"""The control side under `/sandbox/`: what tests and demos do to the portal from outside REST."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from sqlite3 import IntegrityError
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.automation import placing, runs
from sandbox.crm import required
from sandbox.kernel import behaviour, features, outgoing
from sandbox.kernel.apps import all_apps
from sandbox.kernel.call import Call, Source
from sandbox.kernel.clock import duration
from sandbox.kernel.errors import RestError
from sandbox.methods.im import visible as visible_notifications
from sandbox.openlines import talks
from sandbox.server.answer import json_response, result_of
from sandbox.server.gestures import Gestures
from sandbox.server.snapshots import Snapshots
from sandbox.workflow import states

if TYPE_CHECKING:
    from sandbox.server.desk import Desk

Body = dict[str, Any]
Action = Callable[[Body], Awaitable[Any]]
# The tables of CRM items by the name a reader expects; those of smart processes keep theirs.
_ITEMS = {"crm_1": "leads", "crm_2": "deals", "crm_3": "contacts", "crm_4": "companies", "crm_31": "invoices"}


class Control:
    """The endpoints that read and drive the portal's state."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._snapshots = Snapshots(desk.portal.store, desk.options.snapshots)

    def routes(self) -> list[web.RouteDef]:
        """The routes of the control side."""
        posts: dict[str, Action] = {
            "clock": self.clock,
            "fixture": self.fixture,
            "act": self.act,
            "merge": self.merge,
            "faults": self.add_fault,
            "dismiss": self.dismiss,
            "make_admin": self.make_admin,
            "snapshot": self.snapshot,
            "restore": self.restore,
            "rename": self.rename,
            "delivery": self.delivery,
            "delivery/flush": self.flush,
            "place_robot": self.place_robot,
            "place_trigger": self.place_trigger,
            "run_robot": self.run_robot,
            "workflow_press": self.workflow_press,
            "behaviour": self.behaviour,
            "features": self.features,
            "outgoing_webhook": self.outgoing_webhook,
            "require": self.require,
            "install": self.desk.installation.install,
            "install_finish": self.desk.installation.finish,
            "uninstall": self.desk.installation.uninstall,
            "update": self.desk.installation.update,
            "open": self.desk.installation.open,
            "openline": self.openline,
            **Gestures(self.desk.portal).posts(),
        }
        routes = [web.post(f"/sandbox/{name}", action(handler)) for name, handler in posts.items()]
        routes += [
            web.get("/sandbox/state", self.state),
            web.get("/sandbox/calls", self.calls),
            web.get("/sandbox/hits", self.hits),
            web.get("/sandbox/events", self.events),
            web.get("/sandbox/outbox", self.outbox),
            web.get("/sandbox/oauth", self.oauth),
            web.get("/sandbox/delivery", self.delivery_state),
            web.get("/sandbox/runs", self.runs),
            web.get("/sandbox/runs/{id:\\d+}", self.run),
            web.get("/sandbox/notifications/{user:\\d+}", self.notifications),
            web.delete("/sandbox/faults", self.clear_faults),
        ]
        return routes

    # --- state ------------------------------------------------------------------------------

    async def state(self, http: web.Request) -> web.Response:
        """The portal's clock, plan, applications and row counts of every table."""
        portal = self.desk.portal
        tables = portal.store.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        names = [row["name"] for row in tables]
        counts = {_ITEMS.get(name, name): portal.store.value(f'SELECT COUNT(*) FROM "{name}"') for name in names}
        apps = [
            {"id": a.id, "client_id": a.client_id, "title": a.title, "installed": a.installed, "version": a.version}
            for a in all_apps(portal)
        ]
        body = {"now": portal.clock.iso(), "plan": portal.plan, "member_id": portal.member_id, "domain": portal.domain}
        return _json({**body, "apps": apps, "counts": counts, "undelivered": self.desk.delivery.left})

    async def clock(self, body: Body) -> Any:
        """Moves (`now`, `advance`) and stops or starts (`freeze`) the portal's clock;
        what is due then is done."""
        clock = self.desk.portal.clock
        before = clock.timestamp()
        if body.get("now"):
            clock.set(datetime.fromisoformat(str(body["now"])))
        if body.get("advance"):
            clock.advance(duration(str(body["advance"])))
        if "freeze" in body:
            clock.freeze(bool(body["freeze"]))
        self.desk.operating.passed(clock.timestamp() - before)
        self.desk.robots.due()
        return {"now": clock.iso()}

    async def fixture(self, body: Body) -> Any:
        """Loads a named data set, or inline objects; no events, no automation."""
        with self._whole_or_nothing():
            if body.get("name"):
                self.desk.load(str(body["name"]), body.get("manifest"))
            return {"results": [self._object(i, item) for i, item in enumerate(body.get("objects") or [])]}

    @contextmanager
    def _whole_or_nothing(self) -> Iterator[None]:
        """What cannot be loaded leaves nothing behind: a second load of the same would meet its first half."""
        store = self.desk.portal.store
        store.execute("SAVEPOINT fixture")
        try:
            yield
        except BaseException:
            store.roll_back("fixture")
            raise
        finally:
            store.execute("RELEASE fixture")

    def _object(self, number: int, item: Body) -> Any:
        portal = self.desk.portal
        call = Call(portal, str(item["method"]), dict(item.get("params") or {}), int(item.get("as", 1)), source="act")
        call.forced_id = int(item["id"]) if item.get("id") is not None else None
        call.notes["silent"] = True
        try:
            return result_of(portal.run(call))
        except RestError as error:
            error.description = f"objects[{number}] {call.method}: {error.description}"
            raise
        except IntegrityError as error:
            told = str(error) if call.forced_id is None else f"id {call.forced_id} is taken"
            raise RestError("ID_OCCUPIED", f"objects[{number}] {call.method}: {told}") from None

    async def act(self, body: Body) -> Any:
        """Does what a user, a robot or the system would do; events and automation follow."""
        who = body.get("as", 1)
        source: Source = "act"
        if who in ("robot", "system"):
            source, who = ("robot", 1) if who == "robot" else ("system", 1)
        call = Call(self.desk.portal, str(body["method"]), dict(body.get("params") or {}), int(who), source=source)
        return {"result": result_of(self.desk.portal.run(call))}

    async def merge(self, body: Body) -> Any:
        """A manager merges cards: the others are folded into the main one and deleted."""
        import sandbox.crm.merge as crm_merge

        return crm_merge.merge(self.desk.portal, body)

    async def dismiss(self, body: Body) -> Any:
        """Deactivates an employee; the webhook and the tokens of the user answer 401 from now on."""
        changed = self.desk.portal.store.execute("UPDATE users SET active = 0 WHERE id = ?", (int(body["user"]),))
        if not changed.rowcount:
            raise RestError("USER_NOT_FOUND", f"There is no user {body['user']}")
        return {"user": int(body["user"]), "active": False}

    async def make_admin(self, body: Body) -> Any:
        """Gives an employee the rights of an administrator; `"admin": false` takes them away."""
        user, admin = int(body["user"]), bool(body.get("admin", True))
        changed = self.desk.portal.store.execute("UPDATE users SET is_admin = ? WHERE id = ?", (int(admin), user))
        if not changed.rowcount:
            raise RestError("USER_NOT_FOUND", f"There is no user {user}")
        return {"user": user, "admin": admin}

    async def rename(self, body: Body) -> Any:
        """Gives the portal another address; the old ones answer 302 from now on."""
        return {"domain": self.desk.rename(str(body["domain"]))}

    # --- delivery and robots ----------------------------------------------------------------

    async def delivery(self, body: Body) -> Any:
        """Changes how events are delivered."""
        self.desk.delivery.manner.change(body)
        return self.desk.delivery.manner.described()

    async def delivery_state(self, http: web.Request) -> web.Response:
        """How events are delivered, and how many have not been answered for."""
        return _json({**self.desk.delivery.manner.described(), "left": self.desk.delivery.left})

    async def flush(self, body: Body) -> Any:
        """Sends what is waiting and returns when it has been answered."""
        return {"sent": await self.desk.delivery.flush()}

    async def place_robot(self, body: Body) -> Any:
        """An administrator puts an application's robot on a stage."""
        return {"id": placing.place_robot(self.desk.portal, body)}

    async def place_trigger(self, body: Body) -> Any:
        """An administrator puts a trigger on a stage."""
        return {"id": placing.place_trigger(self.desk.portal, body)}

    async def run_robot(self, body: Body) -> Any:
        """Runs a robot on a document now; `timeout` is how many seconds its process waits at most.
        Answers with the number of the run and, while the process waits, its `event_token`."""
        order = runs.Order(
            code=str(body["code"]),
            app=str(body.get("app") or ""),
            document=[str(part) for part in body["document"]],
            properties=dict(body.get("properties") or {}),
            subscription=str(body.get("use_subscription") or ""),
            timeout=int(body.get("timeout") or 0),
        )
        number = runs.start(self.desk.portal, order)
        run = runs.described(self.desk.portal, number)
        return {"run": number, **({"event_token": run["token"]} if run["state"] == "waiting" else {})}

    async def workflow_press(self, body: Body) -> Any:
        """An employee presses a button (`name`) of a process of states (`workflow`)."""
        states.press(self.desk.portal, str(body["workflow"]), str(body["name"]))
        return {"workflow": body["workflow"]}

    async def behaviour(self, body: Body) -> Any:
        """Turns known bugs and open points of the documentation on and off, by name."""
        return behaviour.turn(self.desk.portal, body)

    async def outgoing_webhook(self, body: Body) -> Any:
        """An administrator subscribes a bare address to events."""
        return outgoing.subscribe(self.desk.portal, body)

    async def features(self, body: Body) -> Any:
        """Gives and takes what the plan has (`{"rest_auth_connector": true}`; null: as the plan says)."""
        return features.switch(self.desk.portal, body)

    async def require(self, body: Body) -> Any:
        """Makes a field required on stages of a funnel; moves without it are refused."""
        return {"stages": required.require(self.desk.portal, body)}

    async def runs(self, http: web.Request) -> web.Response:
        """Every run of a robot."""
        return _json(runs.listed(self.desk.portal, _since(http)))

    async def run(self, http: web.Request) -> web.Response:
        """One run: state, return values, log messages."""
        try:
            return _json(runs.described(self.desk.portal, int(http.match_info["id"])))
        except RestError as error:
            return json_response(error.body(), error.status)

    async def notifications(self, http: web.Request) -> web.Response:
        """What a user's bell shows."""
        return _json(visible_notifications(self.desk.portal, int(http.match_info["user"])))

    async def openline(self, body: Body) -> Any:
        """A client writes: to a `line` for the first time (`client`: a name or {name, phone, email, id}), or
        once more in a `chat`."""
        portal, text = self.desk.portal, str(body["text"])
        if body.get("chat"):
            told = talks.client_answers(portal, chat=int(body["chat"]), text=text)
        else:
            connector = str(body.get("connector") or "")
            told = talks.client_writes(
                portal, line=int(body["line"]), client=body["client"], text=text, connector=connector
            )
        return {**told, "user_code": talks.user_code(portal, told["chat"])}

    async def oauth(self, http: web.Request) -> web.Response:
        """Requests to the authorization server."""
        return _json(self.desk.journal.printed(self.desk.journal.oauth, _since(http)))

    # --- snapshots --------------------------------------------------------------------------

    async def snapshot(self, body: Body) -> Any:
        """Keeps a copy of the whole state; its number is given to `restore`."""
        return self._snapshots.take()

    async def restore(self, body: Body) -> Any:
        """Puts a copy back; logs keep what they hold, undelivered events are forgotten."""
        self._snapshots.put_back(int(body["id"]))
        return {"id": int(body["id"])}

    # --- logs and faults --------------------------------------------------------------------

    async def calls(self, http: web.Request) -> web.Response:
        """Every REST command."""
        return _json(self.desk.journal.printed(self.desk.journal.calls, _since(http)))

    async def hits(self, http: web.Request) -> web.Response:
        """HTTP requests only."""
        return _json(self.desk.journal.hit_report(_since(http)))

    async def events(self, http: web.Request) -> web.Response:
        """What was sent to applications."""
        return _json(self.desk.journal.printed(self.desk.journal.events, _since(http)))

    async def outbox(self, http: web.Request) -> web.Response:
        """What clients of the business received."""
        rows = self.desk.portal.store.rows("SELECT * FROM outbox WHERE n > ? ORDER BY n", (_since(http),))
        return _json([dict(row) for row in rows])

    async def add_fault(self, body: Body) -> Any:
        """Injects a fault."""
        self.desk.faults.add(body)
        return {"active": len(self.desk.faults.active)}

    async def clear_faults(self, http: web.Request) -> web.Response:
        """Removes all faults."""
        self.desk.faults.clear()
        return _json({"active": 0})


def _since(http: web.Request) -> int:
    value = http.query.get("since", "0")
    return int(value) if value.lstrip("-").isdigit() else 0


def _json(body: Any) -> web.Response:
    return web.Response(
        body=json.dumps(body, ensure_ascii=False, default=str).encode(), content_type="application/json"
    )


def action(handler: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A JSON POST endpoint: the body goes in as a map, refusals come out as JSON errors."""

    async def endpoint(http: web.Request) -> web.Response:
        try:
            text = await http.text()
            body = json.loads(text) if text.strip() else {}
            return _json(await handler(body))
        except RestError as error:
            return json_response(error.body(), error.status)
        except (KeyError, ValueError, TypeError) as error:
            return json_response({"error": "BAD_REQUEST", "error_description": f"{type(error).__name__}: {error}"}, 400)

    return endpoint
