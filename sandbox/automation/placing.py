"""Robots and triggers that an administrator put on the stages of a funnel.

REST has no method for this (bizproc-robot/index.md): the designer of the employee's view and the
control side do it through this module.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from sandbox.automation import registered
from sandbox.automation.conditions import Rule, rules_of
from sandbox.automation.registered import Robot
from sandbox.kernel.clock import duration
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

TriggerKind = Literal["app", "webhook"]

declare(
    "CREATE TABLE IF NOT EXISTS stage_robots (id INTEGER PRIMARY KEY, entity_type_id INTEGER NOT NULL,"
    " category_id INTEGER NOT NULL, stage_id TEXT NOT NULL, sort INTEGER NOT NULL, app TEXT NOT NULL,"
    " code TEXT NOT NULL, title TEXT NOT NULL, properties TEXT NOT NULL, settings TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS stage_robots_stage ON stage_robots (entity_type_id, stage_id)")
declare(
    "CREATE TABLE IF NOT EXISTS stage_triggers (id INTEGER PRIMARY KEY, entity_type_id INTEGER NOT NULL,"
    " category_id INTEGER NOT NULL, stage_id TEXT NOT NULL, kind TEXT NOT NULL, app TEXT NOT NULL,"
    " code TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL)"
)
declare("CREATE INDEX IF NOT EXISTS stage_triggers_code ON stage_triggers (entity_type_id, code)")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a placed robot runs.

    `delay` is seconds after the stage entry; `after_previous` waits until the robot above has
    finished; `conditions` must hold at the moment of the run; `use_subscription` is the placer's
    wish for waiting (`Y`, `N` or nothing), `timeout` how many seconds the process waits at most
    (0: for ever).
    """

    delay: int = 0
    after_previous: bool = False
    conditions: tuple[Rule, ...] = ()
    use_subscription: str = ""
    timeout: int = 0

    def stored(self) -> str:
        """The settings as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def _seconds(value: Any) -> int:
    """A length of time: seconds, or an ISO 8601 duration such as PT30M."""
    if isinstance(value, int | float) or str(value).isdigit():
        return int(value)
    return int(duration(str(value)).total_seconds())


def read_settings(body: Mapping[str, Any]) -> Settings:
    """The settings of a placing call: `delay` and `timeout` (seconds or ISO durations),
    `after_previous`, `condition` (a list of rules, see conditions.py), `use_subscription`."""
    return Settings(
        delay=_seconds(body.get("delay") or 0),
        after_previous=bool(body.get("after_previous")),
        conditions=rules_of(body.get("condition") or body.get("conditions")),
        use_subscription=str(body.get("use_subscription") or ""),
        timeout=_seconds(body.get("timeout") or 0),
    )


def _settings(text: str) -> Settings:
    stored = json.loads(text)
    return Settings(**{**stored, "conditions": rules_of(stored.get("conditions"))})


@dataclass(frozen=True, slots=True)
class PlacedRobot:
    """A robot on a stage; `app` is "" and `robot` None when no application has it any more."""

    id: int
    entity_type_id: int
    category_id: int
    stage_id: str
    sort: int
    app: str
    code: str
    title: str
    properties: dict[str, Any]
    settings: Settings
    robot: Robot | None = None
    blocked: bool = False

    @property
    def name(self) -> str:
        """What people see: the placer's title, else the robot's name."""
        return self.title or (self.robot.name if self.robot else self.code)

    @property
    def activity_name(self) -> str:
        """Its name inside of the stage's process."""
        return f"A{self.id}_{self.entity_type_id}_{self.category_id}_{self.sort}"


@dataclass(frozen=True, slots=True)
class PlacedTrigger:
    """A trigger on a stage: cards it fires for come there.

    `kind` is `app` (registered by an application) or `webhook` (has just a code);
    `allow_backwards` lets it move a card to an earlier stage.
    """

    id: int
    entity_type_id: int
    category_id: int
    stage_id: str
    kind: TriggerKind
    app: str
    code: str
    name: str
    allow_backwards: bool = True
    conditions: tuple[Rule, ...] = field(default=())


# --- robots -----------------------------------------------------------------------------------


def _placed(portal: Portal, row: sqlite3.Row) -> PlacedRobot:
    robot = registered.find(portal, row["code"], row["app"], "robot")
    return PlacedRobot(
        id=row["id"],
        entity_type_id=row["entity_type_id"],
        category_id=row["category_id"],
        stage_id=row["stage_id"],
        sort=row["sort"],
        app=row["app"],
        code=row["code"],
        title=row["title"],
        properties=json.loads(row["properties"]),
        settings=_settings(row["settings"]),
        robot=robot,
        blocked=robot is None or registered.owner(portal, robot) is None,
    )


def robots_of(portal: Portal, entity_type_id: int, category_id: int) -> list[PlacedRobot]:
    """All robots of a funnel; those of one stage stand in their order."""
    rows = portal.store.rows(
        "SELECT * FROM stage_robots WHERE entity_type_id = ? AND category_id = ? ORDER BY stage_id, sort, id",
        (entity_type_id, category_id),
    )
    return [_placed(portal, row) for row in rows]


def robots_on(portal: Portal, entity_type_id: int, stage_id: str) -> list[PlacedRobot]:
    """The robots of a stage in their order (a stage id belongs to one funnel)."""
    rows = portal.store.rows(
        "SELECT * FROM stage_robots WHERE entity_type_id = ? AND stage_id = ? ORDER BY sort, id",
        (entity_type_id, stage_id),
    )
    return [_placed(portal, row) for row in rows]


def robot(portal: Portal, number: int) -> PlacedRobot:
    """One placed robot; 404 when it is not there."""
    row = portal.store.one("SELECT * FROM stage_robots WHERE id = ?", (number,))
    if row is None:
        raise RestError("NOT_FOUND", f"No robot {number} is placed", 404)
    return _placed(portal, row)


def place_robot(portal: Portal, body: Mapping[str, Any]) -> int:
    """Puts an application's robot at the end of a stage and returns its number.

    `{"entityTypeId", "categoryId", "stageId", "code", "app", "properties", "title"}` and what
    `read_settings` takes; `app` (a client id) is needed only when two applications have the code.
    """
    code = str(body["code"])
    known = registered.find(portal, code, str(body.get("app") or ""), "robot")
    if known is None:
        raise RestError("ERROR_ACTIVITY_NOT_FOUND", f"No application has a robot {code}", 404)
    entity_type_id, stage_id = int(body["entityTypeId"]), str(body["stageId"])
    last = portal.store.value(
        "SELECT MAX(sort) FROM stage_robots WHERE entity_type_id = ? AND stage_id = ?", (entity_type_id, stage_id)
    )
    row = {
        "entity_type_id": entity_type_id,
        "category_id": int(body.get("categoryId") or 0),
        "stage_id": stage_id,
        "sort": (last or 0) + 10,
        "app": known.app,
        "code": code,
        "title": str(body.get("title") or ""),
        "properties": json.dumps(body.get("properties") or {}, ensure_ascii=False),
        "settings": read_settings(body).stored(),
    }
    return portal.store.insert("stage_robots", row)


def change_robot(
    portal: Portal,
    number: int,
    *,
    properties: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    title: str | None = None,
) -> PlacedRobot:
    """Saves the given parts of a placed robot; the others stay."""
    before = robot(portal, number)
    after = replace(
        before,
        properties=dict(properties) if properties is not None else before.properties,
        settings=settings or before.settings,
        title=before.title if title is None else title,
    )
    portal.store.execute(
        "UPDATE stage_robots SET properties = ?, settings = ?, title = ? WHERE id = ?",
        (json.dumps(after.properties, ensure_ascii=False), after.settings.stored(), after.title, number),
    )
    return after


def remove_robot(portal: Portal, number: int) -> None:
    """Takes a robot off its stage."""
    portal.store.execute("DELETE FROM stage_robots WHERE id = ?", (robot(portal, number).id,))


def reorder(portal: Portal, entity_type_id: int, stage_id: str, numbers: Iterable[int]) -> None:
    """Puts the robots of a stage in this order; those not named come after, as they stood."""
    standing = [one.id for one in robots_on(portal, entity_type_id, stage_id)]
    wanted = [number for number in dict.fromkeys(numbers) if number in standing]
    order = [*wanted, *(number for number in standing if number not in wanted)]
    portal.store.executemany(
        "UPDATE stage_robots SET sort = ? WHERE id = ?", [((i + 1) * 10, number) for i, number in enumerate(order)]
    )


# --- triggers ---------------------------------------------------------------------------------


def _trigger(row: sqlite3.Row) -> PlacedTrigger:
    settings = json.loads(row["settings"])
    names = ("id", "entity_type_id", "category_id", "stage_id", "kind", "app", "code", "name")
    return PlacedTrigger(
        **{name: row[name] for name in names},
        allow_backwards=bool(settings.get("allow_backwards", True)),
        conditions=rules_of(settings.get("conditions")),
    )


def triggers_of(portal: Portal, entity_type_id: int, category_id: int | None = None) -> list[PlacedTrigger]:
    """The triggers of a funnel, of all funnels without `category_id`, in order of their placing."""
    rows = portal.store.rows("SELECT * FROM stage_triggers WHERE entity_type_id = ? ORDER BY id", (entity_type_id,))
    found = [_trigger(row) for row in rows]
    return [one for one in found if category_id is None or one.category_id == category_id]


def place_trigger(portal: Portal, body: Mapping[str, Any]) -> int:
    """Puts a trigger on a stage and returns its number.

    `{"entityTypeId", "categoryId", "stageId", "code", "name", "kind": "app"|"webhook", "app",
    "allow_backwards", "condition"}`; an application's trigger must be registered.
    """
    code, app = str(body.get("code") or ""), str(body.get("app") or "")
    kind: TriggerKind = "webhook" if body.get("kind") == "webhook" else "app"
    name = str(body.get("name") or code)
    if kind == "app":
        known = portal.store.one(
            "SELECT app, name FROM triggers WHERE code = ? AND (app = ? OR ? = '') ORDER BY id", (code, app, app)
        )
        if known is None:
            raise RestError("NOT_FOUND", f"No application has a trigger {code}", 404)
        app, name = known["app"], str(body.get("name") or known["name"])
    settings = {
        "allow_backwards": bool(body.get("allow_backwards", True)),
        "conditions": [asdict(rule) for rule in rules_of(body.get("condition") or body.get("conditions"))],
    }
    row = {
        "entity_type_id": int(body["entityTypeId"]),
        "category_id": int(body.get("categoryId") or 0),
        "stage_id": str(body["stageId"]),
        "kind": kind,
        "app": app if kind == "app" else "",
        "code": code,
        "name": name,
        "settings": json.dumps(settings, ensure_ascii=False),
    }
    return portal.store.insert("stage_triggers", row)


def remove_trigger(portal: Portal, number: int) -> None:
    """Takes a trigger off its stage; 404 when it is not there."""
    if not portal.store.execute("DELETE FROM stage_triggers WHERE id = ?", (number,)).rowcount:
        raise RestError("NOT_FOUND", f"No trigger {number} is placed", 404)
