"""An engine against a sandbox portal with the food preset: what events say is written into the inbox
by hand, everything else is real."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from b24app.declare import Handler
from b24app.discover import Catalogue, discover, enabled
from b24app.engine.context import Context
from b24app.engine.engine import Engine, SettleReport
from b24app.engine.surroundings import Surroundings
from b24app.portal.budget import Unlimited
from b24app.portal.credentials import FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.items import Items
from b24app.portal.line import Line
from b24app.portal.names import Names
from b24app.portal.operating import Operating
from b24app.portal.transport import Transport
from b24app.provision import apply_plan, make_plan, survey
from b24app.store.database import Database
from b24app.store.models import Base, InboxRow
from config.preset import Preset, load_preset
from rules.limits import Limits
from tests.harness.sandbox import Sandbox
from tests.provision.conftest import PUBLIC_URL, application_token

PORTAL = 1
SINCE = datetime.fromisoformat("2026-03-01T00:00:00+03:00")
COMPANY, DEAL, INVOICE = 4, 2, 31


def gateway_to(url: str, sleep: Any = lambda _: None) -> Gateway:
    """A gateway by the administrator's webhook, which outlives every move of the clock."""
    line = Line(
        FixedAccess(f"{url}/rest/1/secret/"), Unlimited(), Operating(None, "test"), transport=Transport(), sleep=sleep
    )
    return Gateway(line)


def provision(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Installs the preset; returns the binding."""
    token = application_token(sandbox)
    line = Line(FixedAccess(f"{sandbox.url}/rest/", token), Unlimited(), Operating(None, "test"))
    gateway = Gateway(line)
    preset = load_preset("food_distribution")
    plan = make_plan(survey(gateway, audit=False), [preset], enabled(discover(), preset), {}, PUBLIC_URL, language="ru")
    report = apply_plan(gateway, plan)
    assert not report.failed, report.failed
    # Badges and triggers belong to an application alone; the engine of these tests speaks by a webhook (`gateway_to`).
    alone = ("badge.", "trigger.")
    return {name: dict(entry) for name, entry in report.binding.items() if not name.startswith(alone)}


@dataclass
class Ground:
    """A portal, an engine on a fresh database, and small words to drive them."""

    sandbox: Sandbox
    binding: dict[str, dict[str, Any]]
    database: Database
    preset: Preset = field(default_factory=lambda: load_preset("food_distribution"))
    catalogue: Catalogue | None = None
    watch_since: datetime = SINCE
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalogue = self.catalogue or enabled(discover(), self.preset)
        self.restart()

    def restart(self) -> None:
        """The engine as a new process would have it."""
        self.gateway = gateway_to(self.sandbox.url, self.rest)
        self.names = Names(self.binding)
        items = Items(self.gateway, self.names)
        surroundings = Surroundings(self.gateway, "Europe/Moscow", self.preset.roles, {}, 1)
        self.context = Context(
            database=self.database,
            portal_id=PORTAL,
            gateway=self.gateway,
            items=items,
            names=self.names,
            catalogue=self.catalogue,
            limits=Limits(self.preset.defaults()),
            surroundings=surroundings,
            language="ru",
            time_zone="Europe/Moscow",
            watch_since=self.watch_since,
            open_token=lambda sealed: sealed.decode(),
            sleep=self.rest,
            reads_payments=True,
        )
        self.engine = Engine(self.context)

    def rest(self, seconds: float) -> None:
        """Notes a pause and makes it short."""
        self.pauses.append(seconds)
        time.sleep(min(seconds, 0.1))

    def with_handlers(self, *handlers: Handler) -> Ground:
        """The same portal and database with other handlers."""
        assert self.catalogue is not None
        catalogue = replace(self.catalogue, handlers={one.name: one for one in handlers}, sweeps={})
        return Ground(self.sandbox, self.binding, self.database, self.preset, catalogue, self.watch_since)

    def wipe(self) -> None:
        """The database is lost."""
        Base.metadata.drop_all(self.database.engine)
        Base.metadata.create_all(self.database.engine)
        self.restart()

    # the portal

    def at(self, moment: str) -> None:
        """Sets and stops the portal's clock (Moscow time)."""
        self.sandbox.control("clock", {"now": f"{moment}+03:00", "freeze": True})
        self.gateway.now(max_age=0)

    def put(self, entity_type_id: int, id: int, **fields: Any) -> None:
        """Silently puts an object into the portal."""
        params = {"entityTypeId": entity_type_id, "fields": fields}
        self.sandbox.control("fixture", {"objects": [{"method": "crm.item.add", "params": params, "id": id}]})

    def act(self, method: str, params: dict[str, Any], user: int = 11) -> Any:
        """What an employee does."""
        return self.sandbox.control("act", {"as": user, "method": method, "params": params})

    def change(self, entity_type_id: int, id: int, **fields: Any) -> None:
        """An employee changes an object; the event arrives."""
        self.act("crm.item.update", {"entityTypeId": entity_type_id, "id": id, "fields": fields})
        self.event(entity_type_id, id)

    def rows(self, entity: str, **where: Any) -> list[Any]:
        """Rows of an entity in logical names."""
        return list(self.context.items.by_filter(entity, where))

    def row(self, entity: str, id: int) -> Any:
        """One row."""
        return self.context.items.by_ids(entity, [id])[id]

    def stage(self, name: str) -> str:
        """The portal's id of a stage."""
        return self.names.stage_id(name)

    def funnel(self, name: str) -> int:
        """The portal's id of a funnel."""
        return int(self.binding[name]["id"])

    def tasks(self) -> list[Any]:
        """All tasks, with bindings."""
        select = ["ID", "TITLE", "STATUS", "RESPONSIBLE_ID", "DEADLINE", "XML_ID", "UF_CRM_TASK"]
        return list(self.sandbox.rest("tasks.task.list", {"select": select})["tasks"])

    def calls(self, since: int) -> list[dict[str, Any]]:
        """REST commands after a call number, without those of this harness."""
        return list(self.sandbox.control(f"calls?since={since}"))

    def writes(self, since: int) -> list[str]:
        """Methods of writing commands after a call number."""
        return [call["method"] for call in self.calls(since) if call["write"]]

    def last_call(self) -> int:
        """The number of the last call."""
        calls = self.sandbox.control("calls?since=0")
        return int(calls[-1]["n"]) if calls else 0

    # the product

    def event(self, entity_type_id: int, *ids: int, code: str = "ONCRMDEALUPDATE") -> None:
        """Events arrive."""
        rows = [
            InboxRow(portal_id=PORTAL, event=code, entity_type_id=entity_type_id, item_id=id, body={}) for id in ids
        ]
        with self.database.session() as session:
            session.add_all(rows)

    def settle(self, timeout: float = 60.0) -> SettleReport:
        """Everything that is due now."""
        return self.engine.settle(timeout)
