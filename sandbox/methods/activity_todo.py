"""Universal to-dos: `crm.activity.todo.*` (crm/timeline/activities/todo)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import activities, items, moments
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_COLORS = ("default", *(str(number) for number in range(1, 8)))
_DONE = ("CAN_NOT_UPDATE_COMPLETED_TODO", "Завершённое дело нельзя изменить")
_DONE_COLOR = ("CAN_NOT_UPDATE_COLOR_COMPLETED_TODO", "Нельзя изменить цвет в закрытом деле")
_DONE_USER = ("CAN_NOT_UPDATE_RESPONSIBLE_USER_COMPLETED_TODO", "Нельзя сменить ответственного в закрытом деле")


def _absent() -> RestError:
    return RestError("NOT_FOUND", "Not found.", 400)


def _owner(call: Call) -> tuple[int, int]:
    """The card of a to-do: OWNER_NOT_FOUND for a type that is none, NOT_FOUND when there is no such card."""
    entity_type_id, item_id = call.integer("ownerTypeId"), call.integer("ownerId")
    schema = schema_of(call.portal)
    if entity_type_id not in schema.all_types():
        raise RestError("OWNER_NOT_FOUND", "Владелец элемента не найден", 400)
    try:
        items.owned(call, schema.entity(entity_type_id), item_id)
    except RestError as refusal:
        if refusal.code == "ACCESS_DENIED":
            raise
        raise _absent() from None
    return entity_type_id, item_id


def _moment(call: Call, name: str) -> int:
    try:
        return moments.seconds(call.need(name), call.portal.clock.zone)
    except ValueError:
        raise RestError("WRONG_DATETIME_FORMAT", "Неверный формат даты", 400) from None


def _todo(call: Call, done: tuple[str, str] = _DONE) -> dict[str, Any]:
    """The to-do of a card; `done` is the refusal when it is completed."""
    owner = _owner(call)
    row = activities.get(call.portal.store, call.integer("id"))
    bound = row is not None and owner in activities.cards_of(call.portal.store, row["id"])
    if row is None or not bound or row["providerId"] != activities.TODO:
        raise _absent()
    if row["completed"] == "Y":
        raise RestError(*done, 400)
    return row


def _texts(call: Call) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, column in (("title", "subject"), ("description", "description"), ("colorId", "colorId")):
        if call.get(name) is not None:
            values[column] = str(call.get(name))
    if call.get("responsibleId"):
        values["responsibleId"] = call.integer("responsibleId")
    if call.get("pingOffsets") is not None:
        values["pingOffsets"] = json.dumps([int(minutes) for minutes in call.listing("pingOffsets")])
    return values


def _due(deadline: int) -> dict[str, Any]:
    return {"deadline": deadline, "startTime": deadline, "endTime": deadline}


def _parent(call: Call) -> dict[str, Any]:
    """The activity that a to-do follows; it must not be closed."""
    if not call.get("parentActivityId"):
        return {}
    number = call.integer("parentActivityId")
    row = activities.get(call.portal.store, number)
    if row is not None and row["completed"] == "Y":
        raise RestError("ERROR_PARENT_ACTIVITY_RESTRICT", "Нельзя запланировать дело для закрытого дела", 400)
    return {"associatedEntityId": number}


@method("crm.activity.todo.add", "crm", write=True, cost=0.1)
def add(call: Call) -> dict[str, int]:
    """Adds a universal to-do to a card."""
    entity_type_id, item_id = _owner(call)
    row = {
        "ownerTypeId": entity_type_id,
        "ownerId": item_id,
        "typeId": activities.PROVIDED,
        "providerId": activities.TODO,
        "providerTypeId": "TODO",
        "associatedEntityId": int(call.get("parentActivityId") or 0),
        **_due(_moment(call, "deadline")),
        **_texts(call),
    }
    return {"id": activities.create(call, row)}


@method("crm.activity.todo.update", "crm", write=True, cost=0.1)
def update(call: Call) -> dict[str, int]:
    """Changes a to-do that is not completed."""
    row, deadline = _todo(call), _moment(call, "deadline")
    activities.change(call, row, {**_texts(call), **_parent(call), **_due(deadline)})
    return {"id": row["id"]}


@method("crm.activity.todo.updateDeadline", "crm", write=True, cost=0.1)
def update_deadline(call: Call) -> dict[str, int]:
    """Moves the deadline of a to-do."""
    row, deadline = _todo(call), _moment(call, "value")
    activities.change(call, row, _due(deadline))
    return {"id": row["id"]}


@method("crm.activity.todo.updateDescription", "crm", write=True, cost=0.1)
def update_description(call: Call) -> dict[str, int]:
    """Changes the text of a to-do."""
    row = _todo(call)
    activities.change(call, row, {"description": str(call.need("value"))})
    return {"id": row["id"]}


@method("crm.activity.todo.updateResponsibleUser", "crm", write=True, cost=0.1)
def update_responsible(call: Call) -> dict[str, int]:
    """Gives a to-do to another employee."""
    responsible = call.integer("responsibleId")
    if responsible <= 0:
        raise RestError("INVALID_ARG_VALUE", 'Параметр "responsibleId" должен быть больше 0', 400)
    row = _todo(call, _DONE_USER)
    activities.change(call, row, {"responsibleId": responsible})
    return {"id": row["id"]}


@method("crm.activity.todo.updateColor", "crm", write=True, cost=0.1)
def update_color(call: Call) -> dict[str, int]:
    """Paints a to-do with one of the seven colours or the default one."""
    color = str(call.need("colorId"))
    row = _todo(call, _DONE_COLOR)
    if color not in _COLORS:
        raise RestError("CAN_NOT_UPDATE_WRONG_COLOR_TODO", "Неверное значение цвета", 400)
    activities.change(call, row, {"colorId": color})
    return {"id": row["id"]}
