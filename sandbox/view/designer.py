"""The designer of a funnel's automation: which robots and triggers stand on its stages, and how they are set.

Everybody may look, an administrator changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.automation import forms, placing, registered
from sandbox.automation.conditions import Rule
from sandbox.automation.placing import PlacedRobot, PlacedTrigger, Settings
from sandbox.automation.registered import Property, Robot
from sandbox.kernel.apps import find_app
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.view.kinds import Kind
from sandbox.view.lists import query_of
from sandbox.view.names import Stage
from sandbox.view.opening import Opening
from sandbox.view.screen import Screen

# The place of a robot's own settings page; its code is not documented (tutorials/bizproc/setting-robot.md).
SETTINGS_PLACE = "BIZPROC_ACTIVITY_PROPERTIES_DIALOG"
UNITS = {60: "мин", 3600: "ч", 86400: "дн"}
OPERATORS = {
    "=": "равно",
    "!=": "не равно",
    ">": "больше",
    ">=": "не меньше",
    "<": "меньше",
    "<=": "не больше",
    "contain": "содержит",
    "!contain": "не содержит",
    "empty": "не заполнено",
    "!empty": "заполнено",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A robot on a stage in words; `note` says when and on what condition it runs."""

    id: int
    name: str
    app: str
    properties: list[tuple[str, str]]
    notes: list[str]
    blocked: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A stage with what stands on it."""

    stage: Stage
    triggers: list[PlacedTrigger]
    robots: list[Tile]


@dataclass(frozen=True, slots=True)
class Control:
    """An input of the settings form; `kind` is area, choice, many, or an input's type."""

    setting: Property
    kind: str
    value: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Its name in the form."""
        return f"property.{self.setting.id}"


# --- looking ----------------------------------------------------------------------------------


async def show(screen: Screen) -> web.Response:
    """The stages of a funnel with their triggers and robots."""
    kind = screen.kind()
    funnels = screen.names.funnels(kind)
    funnel = funnel_of(screen, kind)
    context: dict[str, Any] = {"funnels": funnels, "funnel": funnel, "lanes": lanes(screen, kind, funnel)}
    return screen.draw("robots.html", kind=kind, **context, editable=screen.employee.is_admin)


def funnel_of(screen: Screen, kind: Kind) -> int:
    """The funnel in the address, else the default one."""
    asked = query_of(screen.words).funnel
    return asked if asked is not None else next((one.id for one in screen.names.funnels(kind) if one.default), 0)


def lanes(screen: Screen, kind: Kind, funnel: int) -> list[Lane]:
    """The stages in their order."""
    titles = _titles(screen, kind)
    robots = placing.robots_of(screen.portal, kind.id, funnel)
    triggers = placing.triggers_of(screen.portal, kind.id, funnel)
    return [
        Lane(
            stage,
            [one for one in triggers if one.stage_id == stage.id],
            [_tile(screen.portal, one, titles) for one in robots if one.stage_id == stage.id],
        )
        for stage in screen.names.stages(kind, funnel)
    ]


def _titles(screen: Screen, kind: Kind) -> dict[str, str]:
    return {name: str(field.get("title") or name) for name, field in screen.names.fields(kind).items()}


def _tile(portal: Portal, placed: PlacedRobot, titles: Mapping[str, str]) -> Tile:
    app = find_app(portal, placed.app)
    known = {one.id: one.name for one in placed.robot.properties} if placed.robot else {}
    filled = {name: value for name, value in placed.properties.items() if value not in ("", [], None)}
    return Tile(
        placed.id,
        placed.name,
        app.title if app and placed.robot else "Приложение удалено",
        [(known.get(name, name), _printed(value)) for name, value in filled.items()],
        _notes(placed.settings, titles),
        placed.blocked,
    )


def _printed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return {"Y": "Да", "N": "Нет"}.get(str(value), str(value))


def _notes(settings: Settings, titles: Mapping[str, str]) -> list[str]:
    notes = []
    if settings.after_previous:
        notes.append("после предыдущего")
    if settings.delay:
        size, unit = split_delay(settings.delay)
        notes.append(f"через {size} {UNITS[unit]}")
    for rule in settings.conditions:
        joiner = "или" if rule.joiner == "OR" else "если"
        field, operator = titles.get(rule.field, rule.field), OPERATORS.get(rule.operator, rule.operator)
        value = "" if rule.operator.endswith("empty") else f" {rule.value}"
        notes.append(f"{joiner} «{field}» {operator}{value}")
    return notes


def split_delay(seconds: int) -> tuple[int, int]:
    """A delay as a number and the largest unit (in seconds) that fits it whole."""
    unit = next((unit for unit in sorted(UNITS, reverse=True) if seconds and seconds % unit == 0), 60)
    return -(-seconds // unit), unit


# --- choosing and settings --------------------------------------------------------------------


async def choose(screen: Screen) -> web.Response:
    """What may be put on a stage: robots of applications, triggers."""
    kind = _changed_kind(screen)
    robots = registered.available(screen.portal, kind.id)
    apps = {one.app: app.title for one in robots if (app := find_app(screen.portal, one.app))}
    triggers = screen.portal.store.rows(
        "SELECT t.code, t.name, t.app, a.title FROM triggers t JOIN apps a ON a.client_id = t.app ORDER BY t.id"
    )
    return screen.draw("choose_robot.html", **_place(screen, kind), robots=robots, apps=apps, triggers=triggers)


async def new_robot(screen: Screen) -> web.Response:
    """The settings of a robot that is about to be placed."""
    kind = _changed_kind(screen)
    return _settings_page(screen, kind, _draft(screen, kind, screen.words))


async def robot(screen: Screen) -> web.Response:
    """The settings of a placed robot."""
    _need_admin(screen)
    placed = placing.robot(screen.portal, screen.number("id"))
    return _settings_page(screen, screen.names.kind(placed.entity_type_id), placed)


def _draft(screen: Screen, kind: Kind, words: Mapping[str, str]) -> PlacedRobot:
    known = registered.find(screen.portal, words.get("code", ""), words.get("app", ""), "robot")
    if known is None:
        raise RestError("NOT_FOUND", "Такого робота нет", 404)
    funnel, stage = int(words.get("funnel") or 0), words.get("stage", "")
    return PlacedRobot(0, kind.id, funnel, stage, 10, known.app, known.code, "", known.defaults(), Settings(), known)


def _settings_page(screen: Screen, kind: Kind, placed: PlacedRobot) -> web.Response:
    stages = screen.names.stages(kind, placed.category_id)
    size, unit = split_delay(placed.settings.delay)
    return screen.draw(
        "robot.html",
        kind=kind,
        robot=placed,
        stage=next((one for one in stages if one.id == placed.stage_id), None),
        controls=controls(screen, placed),
        opening=_own_page(screen, kind, placed),
        delay=(size, unit),
        units=UNITS,
        operators=OPERATORS,
        rules=[*placed.settings.conditions, Rule("", "=", "")],
        titles=_titles(screen, kind),
        asks_wait=placed.robot is not None and not placed.robot.fields.get("USE_SUBSCRIPTION"),
    )


def _own_page(screen: Screen, kind: Kind, placed: PlacedRobot) -> Opening | None:
    """The application's own settings page, for robots that have one."""
    if placed.robot is None or placed.blocked or not placed.robot.placement_handler:
        return None
    fields = {
        name: {"Id": name, "Name": field.get("title") or name, "Type": field.get("type")}
        for name, field in screen.names.fields(kind).items()
    }
    row = {"app": placed.app, "placement": SETTINGS_PLACE, "handler": placed.robot.placement_handler}
    named = {"title": placed.name, "app_title": placed.name, "lang_all": {}}
    return screen.open_spot({**row, **named}, forms.placement_options(placed, fields))


def controls(screen: Screen, placed: PlacedRobot) -> list[Control]:
    """The inputs of a robot's settings with their values."""
    if placed.robot is None:
        return []
    return [_control(screen, one, value) for one, value in forms.settings_form(placed.robot, placed.properties)]


def _control(screen: Screen, one: Property, value: Any) -> Control:
    if one.type == "bool":
        return Control(one, "choice", str(value), (("Y", "Да"), ("N", "Нет")))
    if one.type == "select":
        options = one.options if one.required or one.multiple else (("", "Не выбрано"), *one.options)
        return Control(one, "many" if one.multiple else "choice", _lines(value), options)
    if one.type == "user" and not one.multiple:
        people = tuple((f"user_{person['id']}", str(person["name"])) for person in screen.names.users())
        return Control(one, "choice", str(value), (("", "Не выбрано"), *people))
    if one.multiple or one.type == "text":
        return Control(one, "area", _lines(value))
    return Control(one, {"date": "date", "datetime": "datetime-local"}.get(one.type, "text"), str(value))


def _lines(value: Any) -> str:
    return "\n".join(str(one) for one in value) if isinstance(value, list) else str(value)


# --- changing ---------------------------------------------------------------------------------


async def place(screen: Screen) -> web.Response:
    """Puts a robot on a stage with the settings of the form."""
    kind = _changed_kind(screen)
    draft = _draft(screen, kind, screen.words)
    form = await screen.http.post()
    where = {"entityTypeId": kind.id, "categoryId": draft.category_id, "stageId": draft.stage_id}
    properties, settings = _read_properties(draft.robot, form), _read_settings(form)
    known = {"code": draft.code, "app": draft.app, "properties": properties}
    number = placing.place_robot(screen.portal, {**where, **known, "title": str(form.get("title") or "").strip()})
    placing.change_robot(screen.portal, number, settings=settings)
    return screen.done(_address(kind, draft.category_id), f"Робот добавлен: {draft.name}")


async def change(screen: Screen) -> web.Response:
    """Saves the settings of a placed robot."""
    _need_admin(screen)
    form = await screen.http.post()
    before = placing.robot(screen.portal, screen.number("id"))
    placing.change_robot(
        screen.portal,
        before.id,
        properties=_read_properties(before.robot, form) if before.robot else None,
        settings=_read_settings(form),
        title=str(form.get("title") or "").strip(),
    )
    kind = screen.names.kind(before.entity_type_id)
    return screen.done(_address(kind, before.category_id), "Настройки робота сохранены")


def _read_properties(robot: Robot | None, form: Any) -> dict[str, Any]:
    if robot is None:
        return {}
    given: dict[str, Any] = {}
    for one in robot.properties:
        values = [str(value) for value in form.getall(f"property.{one.id}", [])]
        if one.multiple:
            given[one.id] = [line.strip() for value in values for line in value.splitlines() if line.strip()]
        else:
            given[one.id] = values[-1].strip() if values else ""
    return forms.read_form(robot, given)


def _read_settings(form: Any) -> Settings:
    size, unit = str(form.get("delay") or "0"), str(form.get("unit") or "60")
    rows = zip(
        *(form.getall(f"condition.{part}", []) for part in ("field", "operator", "value", "joiner")), strict=False
    )
    return placing.read_settings(
        {
            "delay": int(size) * int(unit) if size.isdigit() and unit.isdigit() else 0,
            "after_previous": form.get("after_previous") == "Y",
            "use_subscription": str(form.get("use_subscription") or ""),
            "condition": [
                {"field": field, "operator": operator, "value": value, "joiner": joiner}
                for field, operator, value, joiner in rows
                if field
            ],
        }
    )


async def remove(screen: Screen) -> web.Response:
    """Takes a robot off its stage."""
    _need_admin(screen)
    placing.remove_robot(screen.portal, screen.number("id"))
    return screen.back(text="Робот убран")


async def order(screen: Screen) -> web.Response:
    """Puts the robots of a stage in the order of `robots` (numbers with commas)."""
    kind, form = _changed_kind(screen), await screen.form()
    numbers = [int(part) for part in form.get("robots", "").split(",") if part.isdigit()]
    placing.reorder(screen.portal, kind.id, form.get("stage", ""), numbers)
    return screen.back(text="Порядок роботов изменён")


async def place_trigger(screen: Screen) -> web.Response:
    """Puts a trigger on a stage: one of an application, or one that a webhook fires."""
    kind, form = _changed_kind(screen), await screen.form()
    funnel = int(form.get("funnel") or 0)
    body = {
        "entityTypeId": kind.id,
        "categoryId": funnel,
        "stageId": form.get("stage", ""),
        "kind": form.get("kind", "app"),
        "app": form.get("app", ""),
        "code": form.get("code", "").strip(),
        "name": form.get("name", "").strip(),
        "allow_backwards": form.get("allow_backwards", "Y") == "Y",
    }
    if not body["code"]:
        raise RestError("REQUIRED", "Укажите код триггера")
    placing.place_trigger(screen.portal, body)
    return screen.done(_address(kind, funnel), "Триггер добавлен")


async def remove_trigger(screen: Screen) -> web.Response:
    """Takes a trigger off its stage."""
    _need_admin(screen)
    placing.remove_trigger(screen.portal, screen.number("id"))
    return screen.back(text="Триггер убран")


def _need_admin(screen: Screen) -> None:
    if not screen.employee.is_admin:
        raise RestError("ACCESS_DENIED", "Роботов и триггеры настраивает администратор", 403)


def _changed_kind(screen: Screen) -> Kind:
    _need_admin(screen)
    return screen.kind()


def _place(screen: Screen, kind: Kind) -> dict[str, Any]:
    words = screen.words
    return {"kind": kind, "funnel": words.get("funnel", "0"), "stage": words.get("stage", "")}


def _address(kind: Kind, funnel: int) -> str:
    return f"/robots/{kind.id}?funnel={funnel}"
