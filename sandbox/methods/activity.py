"""Activities: `crm.activity.*`, `crm.activity.todo.*`, `crm.activity.binding.*` (crm/timeline/activities)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import activities, bindings, items, listing, moments
from sandbox.crm.schema import schema_of
from sandbox.crm.values import empty, flag
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_SOURCE = listing.Source(
    "crm_activities",
    listing.operands({k: v for k, v in activities.COLUMNS.items() if v[1] != "json"}),
    error="",
    lenient=True,
    any_case=True,
)
_NOT_SET = ("ID", "CREATED", "LAST_UPDATED", "AUTHOR_ID", "EDITOR_ID", "DEADLINE", "STATUS")


def _refused(text: str) -> RestError:
    return RestError("", text, 400)


def _number(call: Call) -> int:
    try:
        return int(call.get("id") or 0)
    except (TypeError, ValueError):
        return 0


def _row(call: Call) -> dict[str, Any]:
    row = activities.get(call.portal.store, _number(call))
    if row is None:
        raise _refused("Not found")
    return row


def _values(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    """The columns that `fields` of crm.activity.add and update set."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        column, kind = activities.COLUMNS.get(name, ("", ""))
        if column and name not in _NOT_SET:
            values[column] = _stored(call, kind, value)
    if "COMMUNICATIONS" in fields:
        values["communications"] = json.dumps(_communications(fields["COMMUNICATIONS"]), ensure_ascii=False)
    if "completed" in values:
        values["status"] = activities.DONE if values["completed"] == "Y" else activities.PENDING
    return values


def _communications(value: Any) -> list[dict[str, Any]]:
    entries = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [{str(k).upper(): v for k, v in entry.items()} for entry in entries if isinstance(entry, dict)]


def _stored(call: Call, kind: str, value: Any) -> Any:
    try:
        if kind == "flag":
            return flag(value)
        if kind == "json":
            return json.dumps(value or [], ensure_ascii=False)
        if kind == "datetime":
            return None if empty(value) else moments.seconds(value, call.portal.clock.zone)
        if kind == "int":
            return 0 if empty(value) else int(value)
    except (TypeError, ValueError):
        raise _refused(f"Неверное значение {value}") from None
    return None if value is None else str(value)


def _deadline(values: dict[str, Any]) -> int | None:
    """Calls and meetings are due when they begin, everything else when it ends."""
    first, second = values.get("startTime"), values.get("endTime")
    moment = first if values.get("typeId") in (activities.MEETING, activities.CALL) else second
    return moment if moment is not None else second if second is not None else first


@method("crm.activity.add", "crm", write=True, cost=0.1)
def add(call: Call) -> int:
    """Adds a meeting, a call, a letter or a provider's activity; a completed outgoing letter is sent."""
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    for name in ("OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID"):
        if empty(fields.get(name)) and not fields.get("BINDINGS"):
            raise _refused(f"The field {name} is required.")
    cards = [(int(b["OWNER_TYPE_ID"]), int(b["OWNER_ID"])) for b in _communications(fields.get("BINDINGS"))]
    values = _values(call, fields)
    if not values.get("ownerId"):
        values["ownerTypeId"], values["ownerId"] = cards[0]
    if values["typeId"] in (activities.CALL, activities.LETTER) and not _communications(fields.get("COMMUNICATIONS")):
        raise _refused("The field COMMUNICATIONS is required.")
    if values["typeId"] == activities.TASK:
        raise _refused("Use tasks.task.add to create an activity of this type.")
    if not bindings.exists(schema_of(call.portal), call.portal.store, values["ownerTypeId"], values["ownerId"]):
        raise _refused("Access denied.")
    values.setdefault("providerId", _provider(values["typeId"]))
    return activities.create(call, {**values, "deadline": _deadline(values)}, cards)


def _provider(type_id: int) -> str | None:
    return {1: "CRM_MEETING", 2: "CRM_CALL", 4: "CRM_EMAIL"}.get(type_id)


@method("crm.activity.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One activity."""
    return activities.printed(call, _row(call))


def _shown_communications(row: Any) -> list[dict[str, Any]]:
    return [
        {
            "ID": str(index),
            "TYPE": str(entry.get("TYPE") or ("EMAIL" if row["typeId"] == activities.LETTER else "PHONE")),
            "VALUE": entry.get("VALUE"),
            "ENTITY_ID": str(entry.get("ENTITY_ID") or row["ownerId"]),
            "ENTITY_TYPE_ID": str(entry.get("ENTITY_TYPE_ID") or row["ownerTypeId"]),
        }
        for index, entry in enumerate(json.loads(row["communications"]), 1)
    ]


@method("crm.activity.list", "crm", cost=0.05)
def activity_list(call: Call) -> Page:
    """A page of activities; `filter[BINDINGS]` finds those bound to any of the named cards."""
    conditions = call.mapping("filter")
    bound = conditions.pop("BINDINGS", None)
    extra = _bound(bound) if bound else ("1", [])
    found = listing.find(call, _SOURCE, conditions, call.mapping("order"), extra=extra)
    names = [str(name).upper() for name in call.listing("select")]
    return Page([_selected(call, row, names) for row in found.rows], found.total, found.start)


def _bound(value: Any) -> tuple[str, list[Any]]:
    parts, args = [], []
    for entry in _communications(value):
        tests = []
        for name, column in (("OWNER_TYPE_ID", "entityTypeId"), ("OWNER_ID", "entityId")):
            if not empty(entry.get(name)):
                tests.append(f"b.{column} = ?")
                args.append(int(entry[name]))
        if tests:
            parts.append("(" + " AND ".join(tests) + ")")
    if not parts:
        return "1", []
    return f"id IN (SELECT b.activityId FROM crm_activity_bindings AS b WHERE {' OR '.join(parts)})", args


def _selected(call: Call, row: Any, names: list[str]) -> dict[str, Any]:
    full = activities.printed(call, row)
    if names and "*" not in names:
        full = {name: full[name] for name in dict.fromkeys(["ID", *names]) if name in full}
    if "COMMUNICATIONS" in names:
        full["COMMUNICATIONS"] = _shown_communications(row)
    return full


@method("crm.activity.update", "crm", write=True, cost=0.1)
def update(call: Call) -> bool:
    """Changes an activity; COMPLETED = Y closes it."""
    row = _row(call)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    values = _values(call, fields)
    if "startTime" in values or "endTime" in values:
        values["deadline"] = _deadline({**row, **values})
    elif "DEADLINE" in fields and row["providerId"] == activities.TODO:
        values["deadline"] = _stored(call, "datetime", fields["DEADLINE"])
    activities.change(call, row, values)
    return True


@method("crm.activity.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> bool:
    """Deletes an activity."""
    activities.remove(call, _row(call)["id"])
    return True


@method("crm.activity.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of an activity."""
    kinds = {"int": "integer", "text": "string", "flag": "char", "json": "object", "datetime": "datetime"}
    return {
        name: {
            "type": kinds[kind],
            "isRequired": name in ("OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "RESPONSIBLE_ID"),
            "isReadOnly": name in _NOT_SET,
            "isImmutable": name in ("OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID"),
            "isMultiple": False,
            "isDynamic": False,
            "title": name,
        }
        for name, (_, kind) in activities.COLUMNS.items()
    }


def _owner(call: Call) -> tuple[int, int]:
    """The card of a to-do: NOT_FOUND when there is none."""
    entity_type_id, item_id = call.integer("ownerTypeId"), call.integer("ownerId")
    try:
        items.owned(call, schema_of(call.portal).entity(entity_type_id), item_id)
    except RestError as refusal:
        if refusal.code == "ACCESS_DENIED":
            raise
        raise RestError("NOT_FOUND", "Not found.", 400) from None
    return entity_type_id, item_id


def _moment(call: Call, name: str) -> int:
    try:
        return moments.seconds(call.need(name), call.portal.clock.zone)
    except ValueError:
        raise RestError("WRONG_DATETIME_FORMAT", "Неверный формат даты", 400) from None


def _todo(call: Call) -> dict[str, Any]:
    owner = _owner(call)
    row = activities.get(call.portal.store, call.integer("id"))
    bound = row is not None and owner in activities.cards_of(call.portal.store, row["id"])
    if row is None or not bound or row["providerId"] != activities.TODO:
        raise RestError("NOT_FOUND", "Not found.", 400)
    if row["completed"] == "Y":
        raise RestError("CAN_NOT_UPDATE_COMPLETED_TODO", "Завершённое дело нельзя изменить", 400)
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


@method("crm.activity.todo.add", "crm", write=True, cost=0.1)
def todo_add(call: Call) -> dict[str, int]:
    """Adds a universal to-do to a card."""
    entity_type_id, item_id = _owner(call)
    deadline = _moment(call, "deadline")
    row = {
        "ownerTypeId": entity_type_id,
        "ownerId": item_id,
        "typeId": activities.PROVIDED,
        "providerId": activities.TODO,
        "providerTypeId": "TODO",
        "deadline": deadline,
        "startTime": deadline,
        "endTime": deadline,
        "associatedEntityId": int(call.get("parentActivityId") or 0),
        **_texts(call),
    }
    return {"id": activities.create(call, row)}


@method("crm.activity.todo.update", "crm", write=True, cost=0.1)
def todo_update(call: Call) -> dict[str, int]:
    """Changes a to-do that is not completed."""
    row, deadline = _todo(call), _moment(call, "deadline")
    activities.change(call, row, {**_texts(call), "deadline": deadline, "startTime": deadline, "endTime": deadline})
    return {"id": row["id"]}


@method("crm.activity.todo.updateDeadline", "crm", write=True, cost=0.1)
def todo_deadline(call: Call) -> dict[str, int]:
    """Moves the deadline of a to-do."""
    row, deadline = _todo(call), _moment(call, "value")
    activities.change(call, row, {"deadline": deadline, "startTime": deadline, "endTime": deadline})
    return {"id": row["id"]}


@method("crm.activity.todo.updateDescription", "crm", write=True, cost=0.1)
def todo_description(call: Call) -> dict[str, int]:
    """Changes the text of a to-do."""
    row = _todo(call)
    activities.change(call, row, {"description": str(call.get("value") or "")})
    return {"id": row["id"]}


@method("crm.activity.todo.updateResponsibleUser", "crm", write=True, cost=0.1)
def todo_responsible(call: Call) -> dict[str, int]:
    """Gives a to-do to another employee."""
    row = _todo(call)
    activities.change(call, row, {"responsibleId": call.integer("responsibleId")})
    return {"id": row["id"]}


@method("crm.activity.todo.updateColor", "crm", write=True, cost=0.1)
def todo_color(call: Call) -> dict[str, int]:
    """Paints a to-do."""
    row = _todo(call)
    activities.change(call, row, {"colorId": str(call.need("colorId"))})
    return {"id": row["id"]}


def _activity(call: Call) -> dict[str, Any]:
    row = activities.get(call.portal.store, call.integer("activityId"))
    if row is None:
        raise RestError("NOT_FOUND", "Element not found", 400)
    return row


@method("crm.activity.binding.list", "crm")
def binding_list(call: Call) -> list[dict[str, int]]:
    """The cards an activity is bound to."""
    cards = activities.cards_of(call.portal.store, _activity(call)["id"])
    return [{"entityTypeId": entity_type_id, "entityId": item_id} for entity_type_id, item_id in cards]


@method("crm.activity.binding.add", "crm", write=True)
def binding_add(call: Call) -> bool:
    """Binds an activity to one more card."""
    row, card = _activity(call), (call.integer("entityTypeId"), call.integer("entityId"))
    if not bindings.exists(schema_of(call.portal), call.portal.store, *card):
        raise RestError("NOT_FOUND", "Entity not found", 400)
    activities.bind(call, row["id"], [card])
    return True


@method("crm.activity.binding.delete", "crm", write=True)
def binding_delete(call: Call) -> bool:
    """Takes an activity away from a card, but not from its last one."""
    row, card = _activity(call), (call.integer("entityTypeId"), call.integer("entityId"))
    cards = activities.cards_of(call.portal.store, row["id"])
    if card not in cards:
        raise RestError("BINDING_NOT_FOUND", "Binding not found", 400)
    if len(cards) == 1:
        raise RestError("LAST_BINDING_CANNOT_BE_DELETED", "Last binding cannot be deleted", 400)
    call.portal.store.execute(
        "DELETE FROM crm_activity_bindings WHERE activityId = ? AND entityTypeId = ? AND entityId = ?",
        (row["id"], *card),
    )
    if card == (row["ownerTypeId"], row["ownerId"]):
        rest = next(other for other in cards if other != card)
        call.portal.store.execute(
            "UPDATE crm_activities SET ownerTypeId = ?, ownerId = ? WHERE id = ?", (*rest, row["id"])
        )
    return True
