"""Activities that applications draw themselves: `crm.activity.configurable.*` (activities/configurable)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import activities, bindings, layouts, moments
from sandbox.crm.values import empty, flag
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.registry import events, method
from sandbox.kernel.store import declare
from sandbox.methods.activity_type import is_configurable

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_configurable (activityId INTEGER PRIMARY KEY, app TEXT NOT NULL,
        badgeCode TEXT NOT NULL, layout TEXT NOT NULL);
    CREATE TRIGGER IF NOT EXISTS crm_configurable_gone AFTER DELETE ON crm_activities
        BEGIN DELETE FROM crm_configurable WHERE activityId = old.id; END;
    """
)
events("crm", "ONCRMTIMELINEITEMACTION")

_DEFAULT_TYPE = "CONFIGURABLE"


def _app(call: Call) -> str:
    if call.app is None:
        raise RestError("ERROR_WRONG_CONTEXT", "Вызов метода возможен только в контексте приложения", 400)
    return call.app


def _absent() -> RestError:
    return RestError("NOT_FOUND", "Not found.", 400)


def _denied() -> RestError:
    return RestError("ACCESS_DENIED", "Доступ запрещён", 400)


def _wrong(name: str) -> RestError:
    return RestError("WRONG_FIELD_VALUE", f"Неверное значение поля {name}", 400)


def _values(call: Call, app: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The columns that `fields` set."""
    values: dict[str, Any] = {}
    if "typeId" in fields:
        values["providerTypeId"] = _type(call, app, str(fields["typeId"] or _DEFAULT_TYPE))
    if "completed" in fields:
        values["completed"] = flag(fields["completed"])
        values["status"] = activities.DONE if values["completed"] == "Y" else activities.PENDING
    if "deadline" in fields:
        values["deadline"] = values["startTime"] = values["endTime"] = _moment(call, fields["deadline"])
    if "pingOffsets" in fields:
        values["pingOffsets"] = _offsets(fields["pingOffsets"])
    if "isIncomingChannel" in fields:
        values["isIncomingChannel"] = flag(fields["isIncomingChannel"])
    if "responsibleId" in fields:
        values["responsibleId"] = _responsible(fields["responsibleId"])
    for name in ("originatorId", "originId"):
        if name in fields:
            values[name] = None if fields[name] is None else str(fields[name])
    return values


def _type(call: Call, app: str, code: str) -> str:
    if code != _DEFAULT_TYPE and not is_configurable(call.portal, app, code):
        raise _wrong("typeId")
    return code


def _moment(call: Call, value: Any) -> int | None:
    if empty(value):
        return None
    try:
        return moments.seconds(value, call.portal.clock.zone)
    except ValueError:
        raise _wrong("deadline") from None


def _offsets(value: Any) -> str:
    minutes = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    try:
        return json.dumps([int(minute) for minute in minutes])
    except (TypeError, ValueError):
        raise _wrong("pingOffsets") from None


def _responsible(value: Any) -> int:
    if not str(value).isdigit() or int(value) <= 0:
        raise _wrong("responsibleId")
    return int(value)


def _check_incoming(row: dict[str, Any]) -> None:
    if row.get("isIncomingChannel") == "Y" and row.get("deadline") is not None:
        raise RestError("INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE", "У входящего дела не может быть срока", 400)


@method("crm.activity.configurable.add", "crm", write=True, cost=0.1)
def add(call: Call) -> dict[str, Any]:
    """Adds an activity with the application's own look to a card."""
    app, card = _app(call), (call.integer("ownerTypeId"), call.integer("ownerId"))
    if not isinstance(call.get("fields"), dict | list):
        raise missing("fields")
    bindings.require(call, card, _absent(), _denied())
    fields = call.mapping("fields")
    layout = layouts.read(call.get("layout"))
    row = {
        "ownerTypeId": card[0],
        "ownerId": card[1],
        "typeId": activities.PROVIDED,
        "providerId": activities.CONFIGURABLE,
        "providerTypeId": _DEFAULT_TYPE,
        "subject": _title(layout),
        **_values(call, app, fields),
    }
    _check_incoming(row)
    kept = {"app": app, "badgeCode": str(fields.get("badgeCode") or ""), "layout": _text(layout)}
    number = activities.create(
        call, row, furnish=lambda made: call.portal.store.insert("crm_configurable", {"activityId": made, **kept})
    )
    return {"activity": {"id": number}}


def _text(layout: dict[str, Any]) -> str:
    return json.dumps(layout, ensure_ascii=False)


def _title(layout: dict[str, Any]) -> str:
    """The title in words: Russian, English, or the first there is."""
    title = layout["header"]["title"]
    if not isinstance(title, dict):
        return str(title)
    return str(title.get("ru") or title.get("en") or next(iter(title.values()), ""))


def _activity(call: Call) -> tuple[dict[str, Any], Any]:
    """The activity that `id` names, and its look."""
    number, store = call.integer("id"), call.portal.store
    row = activities.get(store, number)
    look = store.one("SELECT * FROM crm_configurable WHERE activityId = ?", (number,))
    if row is None or look is None:
        raise _absent()
    if not any(bindings.permitted(call, card) for card in activities.cards_of(store, number)):
        raise _denied()
    return row, look


@method("crm.activity.configurable.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """An activity with its look."""
    _app(call)
    row, look = _activity(call)
    deadline = row["deadline"]
    fields = {
        "typeId": row["providerTypeId"],
        "completed": row["completed"] == "Y",
        "deadline": None if deadline is None else moments.iso(deadline, call.portal.clock.zone),
        "pingOffsets": json.loads(row["pingOffsets"]),
        "isIncomingChannel": row["isIncomingChannel"] == "Y",
        "responsibleId": row["responsibleId"],
        "badgeCode": look["badgeCode"],
        "originatorId": row["originatorId"],
        "originId": row["originId"],
    }
    shown = {"id": row["id"], "ownerTypeId": row["ownerTypeId"], "ownerId": row["ownerId"]}
    return {"activity": {**shown, "fields": fields, "layout": json.loads(look["layout"])}}


@method("crm.activity.configurable.update", "crm", write=True, cost=0.1)
def update(call: Call) -> dict[str, Any]:
    """Changes an activity of the calling application; what is not given stays."""
    app = _app(call)
    row, look = _activity(call)
    if look["app"] != app:
        raise RestError("ERROR_WRONG_APPLICATION", "Дело может изменить только создавшее его приложение", 400)
    fields = call.mapping("fields")
    if not fields and call.get("layout") is None:
        raise missing("fields")
    changes = _values(call, app, fields)
    if row["isIncomingChannel"] == "N" and changes.get("isIncomingChannel") == "Y":
        # What becomes incoming has no deadline any more, whatever else is given.
        changes |= {"deadline": None, "startTime": None, "endTime": None}
    _check_incoming({**row, **changes})
    badge, text = str(fields.get("badgeCode", look["badgeCode"]) or ""), look["layout"]
    if call.get("layout") is not None:
        layout = layouts.read(call.get("layout"))
        text, changes["subject"] = _text(layout), _title(layout)
    call.portal.store.execute(
        "UPDATE crm_configurable SET badgeCode = ?, layout = ? WHERE activityId = ?", (badge, text, row["id"])
    )
    if (badge, text) != (look["badgeCode"], look["layout"]):
        # A new look alone is a change too: whoever waits for the record hears of it.
        row, changes["lastUpdated"] = {**row, "lastUpdated": None}, int(call.portal.clock.timestamp())
    activities.change(call, row, changes)
    return {"activity": {"id": row["id"]}}


def press(portal: Portal, number: int, action: str, user: int) -> None:
    """An employee clicks what a layout gave a `restEvent` action: its application is told (structure/action.md)."""
    row = activities.get(portal.store, number)
    look = portal.store.one("SELECT * FROM crm_configurable WHERE activityId = ?", (number,))
    found = layouts.actions(json.loads(look["layout"])).get(action) if look is not None else None
    if row is None or look is None or found is None:
        raise RestError("NO_ACTION", f"Activity {number} has no action {action}", 404)
    given = found.get("actionParams")
    data = {
        **(given if isinstance(given, dict) else {}),
        "id": action,
        "entityTypeId": row["ownerTypeId"],
        "entityId": row["ownerId"],
        "activityId": number,
        "userId": user,
    }
    portal.happen(Happening("ONCRMTIMELINEITEMACTION", data, user, app=look["app"]))
