"""System activities: `crm.activity.*` (crm/timeline/activities/activity-base)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import activities, attachments, bindings, communications, listing, moments
from sandbox.crm.records import descriptions
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
_FIXED_ON_UPDATE = ("OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "PROVIDER_ID")
_PROVIDERS = {1: "CRM_MEETING", 2: "CRM_CALL", 4: "CRM_EMAIL"}
_UNBOUND = "Could not build binding. Please ensure that owner info and communications are defined correctly"
_FIELDS = descriptions(
    """
    ID integer ro | ID
    OWNER_ID integer imm | ID владельца
    OWNER_TYPE_ID crm_enum_ownertype imm | Тип владельца
    TYPE_ID crm_enum_activitytype req imm | Тип
    PROVIDER_ID string | ID провайдера
    PROVIDER_TYPE_ID string | Тип провайдера
    PROVIDER_GROUP_ID string | Тип коннектора
    ASSOCIATED_ENTITY_ID integer ro | ID связанной сущности
    SUBJECT string req | Тема
    START_TIME datetime | Начало
    END_TIME datetime | Завершение
    DEADLINE datetime | Срок исполнения
    COMPLETED char | Выполнено
    STATUS crm_enum_activitystatus | Статус
    RESPONSIBLE_ID user req | Ответственный
    PRIORITY crm_enum_activitypriority | Приоритет
    NOTIFY_TYPE crm_enum_activitynotifytype | Тип уведомления
    NOTIFY_VALUE integer | Параметр уведомления
    DESCRIPTION string | Описание
    DESCRIPTION_TYPE crm_enum_contenttype | Тип описания
    DIRECTION crm_enum_activitydirection | Направление
    LOCATION string | Местоположение
    CREATED datetime ro | Дата создания
    AUTHOR_ID user ro | Кем создано
    LAST_UPDATED datetime ro | Дата последнего обновления
    EDITOR_ID user ro | Кем изменено
    SETTINGS object | Настройки
    ORIGIN_ID string | Внешний код
    ORIGINATOR_ID string | Внешний источник
    RESULT_STATUS integer | RESULT_STATUS
    RESULT_STREAM integer | RESULT_STREAM
    RESULT_SOURCE_ID string | RESULT_SOURCE_ID
    PROVIDER_PARAMS object | Параметры провайдера
    PROVIDER_DATA string | Данные провайдера
    RESULT_MARK integer | RESULT_MARK
    RESULT_VALUE double | RESULT_VALUE
    RESULT_SUM double | RESULT_SUM
    RESULT_CURRENCY_ID string | RESULT_CURRENCY_ID
    AUTOCOMPLETE_RULE integer | Автозавершение
    BINDINGS crm_activity_binding ro multi | Привязки
    COMMUNICATIONS crm_activity_communication req multi | Коммуникации
    FILES diskfile multi | Файлы
    WEBDAV_ELEMENTS diskfile multi dep | Добавленные файлы
    IS_INCOMING_CHANNEL char ro | IS_INCOMING_CHANNEL
    """
)
_COMMUNICATION = descriptions(
    """
    ID integer ro | ID
    ACTIVITY_ID integer ro | Дело
    ENTITY_ID integer | ID элемента сущности
    ENTITY_TYPE_ID integer | Тип сущности
    TYPE string | Тип
    VALUE string | Значение
    """
)


def _refused(text: str) -> RestError:
    return RestError("", text, 400)


def _undefined(name: str, what: str = "invalid") -> RestError:
    return _refused(f"The field {name} is not defined or {what}")


def _row(call: Call) -> dict[str, Any]:
    """The activity that `id` names; without a right to any of its cards it is refused."""
    row = activities.get(call.portal.store, _whole(call.get("id")))
    if row is None:
        raise _refused("Activity is not found")
    cards = activities.cards_of(call.portal.store, row["id"])
    if cards and not any(bindings.permitted(call, card) for card in cards):
        raise _refused("Access denied.")
    return row


def _whole(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _values(call: Call, fields: dict[str, Any], type_id: int) -> dict[str, Any]:
    """The columns that `fields` of crm.activity.add and update set."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        column, kind = activities.COLUMNS.get(name, ("", ""))
        if column and name not in _NOT_SET:
            values[column] = _stored(call, kind, value)
    if "COMMUNICATIONS" in fields:
        accepted = communications.accepted(type_id, fields["COMMUNICATIONS"])
        values["communications"] = json.dumps(accepted, ensure_ascii=False)
    if "completed" in values:
        values["status"] = activities.DONE if values["completed"] == "Y" else activities.PENDING
    return values


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


def _check_required(fields: dict[str, Any], *, new: bool) -> None:
    """Refuses required fields that are missing (for a new activity) or emptied."""
    if (new or "SUBJECT" in fields) and not str(fields.get("SUBJECT") or "").strip():
        raise _undefined("SUBJECT", "empty")
    if (new or "RESPONSIBLE_ID" in fields) and _whole(fields.get("RESPONSIBLE_ID")) <= 0:
        raise _undefined("RESPONSIBLE_ID")
    if new and not 0 < _whole(fields.get("TYPE_ID")) <= activities.PROVIDED:
        raise _undefined("TYPE_ID")


def _check_provider(call: Call, type_id: int, provider: str, verb: str) -> None:
    """Activities of applications have methods of their own, and need the application's context."""
    by_rest = call.source == "rest"
    if provider == activities.CONFIGURABLE and by_rest:
        raise _refused(f"Use crm.activity.configurable.{verb} for this activity provider")
    if provider == activities.REST_APP and by_rest and call.app is None:
        raise _refused("Application context required")
    if type_id == activities.TASK:
        raise _refused("Use tasks.task.add to create an activity of this type.")
    if type_id in (5, activities.PROVIDED) and not provider:
        raise _refused("The custom activity without provider is not supported in current context")


def _check_communications(type_id: int, fields: dict[str, Any], *, new: bool) -> None:
    """Calls and letters are held with somebody; a call with one party only."""
    if not new and "COMMUNICATIONS" not in fields:
        return
    accepted = communications.accepted(type_id, fields.get("COMMUNICATIONS"))
    if type_id in (activities.CALL, activities.LETTER) and not accepted:
        raise _undefined("COMMUNICATIONS")
    if type_id == activities.CALL and len(accepted) > 1:
        raise _refused("The only one communication is allowed for activity of specified type")


def _cards(call: Call, fields: dict[str, Any]) -> list[tuple[int, int]]:
    """The cards of a new activity, its owner first: named by the owner, by BINDINGS, or by communications."""
    named = [{"ENTITY_TYPE_ID": fields.get("OWNER_TYPE_ID"), "ENTITY_ID": fields.get("OWNER_ID")}]
    bound = [
        {"ENTITY_TYPE_ID": entry.get("OWNER_TYPE_ID"), "ENTITY_ID": entry.get("OWNER_ID")}
        for entry in communications.given(fields.get("BINDINGS"))
    ]
    cards = communications.cards([*named, *bound])
    held_with = communications.cards(communications.given(fields.get("COMMUNICATIONS")))
    if not cards:
        cards = held_with[:1]
    if not cards:
        raise _refused(_UNBOUND)
    for card in cards:
        bindings.require(call, card, _refused("Access denied."), _refused("Access denied."))
    return cards


@method("crm.activity.add", "crm", write=True, cost=0.1)
def add(call: Call) -> int:
    """Adds a meeting, a call, a letter or a provider's activity; a completed outgoing letter is sent."""
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    # The page calls it required; the official PHP client leaves it out and is answered.
    fields.setdefault("RESPONSIBLE_ID", call.user)
    type_id = _whole(fields.get("TYPE_ID"))
    if type_id == activities.TASK:
        _check_provider(call, type_id, "", "add")
    _check_required(fields, new=True)
    provider = str(fields.get("PROVIDER_ID") or _PROVIDERS.get(type_id, ""))
    _check_provider(call, type_id, provider, "add")
    _check_communications(type_id, fields, new=True)
    cards = _cards(call, fields)
    values = {**_values(call, fields, type_id), "providerId": provider}
    values["ownerTypeId"], values["ownerId"] = cards[0]
    return activities.create(
        call,
        {**values, "deadline": _deadline(values)},
        cards,
        lambda number: attachments.attach(call, "activity", number, fields.get("FILES")),
    )


@method("crm.activity.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One activity."""
    return activities.printed(call, _row(call))


@method("crm.activity.list", "crm", cost=0.05)
def activity_list(call: Call) -> Page:
    """A page of activities; `filter[BINDINGS]` finds those bound to any of the named cards."""
    conditions = call.mapping("filter")
    bound = conditions.pop("BINDINGS", None)
    asked, seen = _bound(bound) if bound else ("1", []), bindings.narrowed(call, "crm_activity_bindings", "activityId")
    order = call.mapping("order") or {"START_TIME": "ASC"}
    extra = (f"{asked[0]} AND {seen[0]}", [*asked[1], *seen[1]])
    found = listing.find(call, _SOURCE, conditions, order, extra=extra)
    names = [str(name).upper() for name in call.listing("select")]
    return Page([_selected(call, row, names) for row in found.rows], found.total, found.start)


def _bound(value: Any) -> tuple[str, list[Any]]:
    parts, args = [], []
    for entry in communications.given(value):
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
        full["COMMUNICATIONS"] = communications.printed(call.portal.store, row)
    if {"FILES", "STORAGE_ELEMENT_IDS"} & set(names):
        full["FILES"] = attachments.of_activity(call, row["id"])
    return full


@method("crm.activity.update", "crm", write=True, cost=0.1)
def update(call: Call) -> bool:
    """Changes an activity; COMPLETED = Y closes it."""
    row = _row(call)
    fields = {
        key.upper(): value for key, value in call.mapping("fields").items() if key.upper() not in _FIXED_ON_UPDATE
    }
    if row["providerId"] in (activities.CONFIGURABLE, activities.REST_APP):
        _check_provider(call, row["typeId"], row["providerId"], "update")
    _check_required(fields, new=False)
    _check_communications(row["typeId"], fields, new=False)
    values = _values(call, fields, row["typeId"])
    if "startTime" in values or "endTime" in values:
        values["deadline"] = _deadline({**row, **values})
    elif "DEADLINE" in fields and row["providerId"] == activities.TODO:
        values["deadline"] = _stored(call, "datetime", fields["DEADLINE"])
    if "FILES" in fields:
        attachments.attach(call, "activity", row["id"], fields["FILES"])
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
    return _FIELDS


@method("crm.activity.communication.fields", "crm")
def communication_fields(call: Call) -> dict[str, Any]:
    """The fields of a communication."""
    return _COMMUNICATION
