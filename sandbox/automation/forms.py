"""The settings form of a robot: what the designer shows, and what a save makes of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.automation.documents import document_type
from sandbox.automation.placing import PlacedRobot
from sandbox.automation.registered import Property, Robot
from sandbox.kernel.errors import RestError


def settings_form(robot: Robot, values: Mapping[str, Any] | None = None) -> list[tuple[Property, Any]]:
    """The settings of a robot with the value each input holds: the saved one, else the default.
    A setting of many values holds a list, a yes-or-no setting `Y` or `N`."""
    saved = values or {}
    return [(one, _shown(one, saved.get(one.id, one.default))) for one in robot.properties]


def _shown(one: Property, value: Any) -> Any:
    if one.multiple:
        return list(value) if isinstance(value, list | tuple) else [] if value in (None, "") else [value]
    if one.type == "bool":
        return "Y" if str(value).upper() in ("Y", "1", "TRUE") else "N"
    return "" if value is None else value


def read_form(robot: Robot, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings to be saved from a form's answers; a missing required one, or a choice that
    does not exist, is refused with the name of the setting."""
    read = {}
    for one in robot.properties:
        value = _shown(one, given.get(one.id))
        empty = value in ("", [])
        if one.required and empty:
            raise RestError("REQUIRED", f"Не заполнено поле «{one.name}»")
        if one.type == "select" and not empty:
            known = {key for key, _ in one.options}
            chosen = value if isinstance(value, list) else [value]
            if known and not {str(each) for each in chosen} <= known and not _expressions(chosen):
                raise RestError("INVALID", f"Нет такого значения поля «{one.name}»")
        read[one.id] = value
    return read


def _expressions(values: list[Any]) -> bool:
    """A setting may hold `{=Document:FIELD}` instead of a choice."""
    return any(str(value).startswith("{=") for value in values)


def placement_options(placed: PlacedRobot, document_fields: Mapping[str, Any]) -> dict[str, Any]:
    """PLACEMENT_OPTIONS of the application's settings page in a slider (setting-robot.md)."""
    robot = placed.robot
    properties = robot.properties if robot else ()
    return {
        "code": placed.code,
        "activity_name": placed.activity_name,
        "properties": {one.id: one.described() for one in properties},
        "current_values": {one.id: placed.properties.get(one.id, one.default) for one in properties},
        "document_type": document_type(placed.entity_type_id),
        "document_fields": dict(document_fields),
        "template": {
            "parameters": [],
            "variables": [],
            "constants": [],
            "global_variables": [],
            "global_constants": [],
            "return_activities": [],
        },
    }
