"""User fields of tasks: `task.item.userfield.*` (api-reference/tasks/user-field)."""

from __future__ import annotations

from typing import Any, cast

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered
from sandbox.tasks import access, userfields
from sandbox.tasks.arguments import Arguments, failed
from sandbox.tasks.userfields import FIELDS, TYPES, VALUES, Row

_DESCRIBED = {
    "ID": {"type": "int", "title": "ID", "isReadOnly": True},
    "ENTITY_ID": {"type": "string", "title": "Объект", "isImmutable": True},
    "FIELD_NAME": {"type": "string", "title": "Код поля", "isImmutable": True},
    "USER_TYPE_ID": {"type": "string", "title": "Тип данных", "isImmutable": True},
    "XML_ID": {"type": "string", "title": "Внешний код (XML ID)"},
    "SORT": {"type": "int", "title": "Сортировка"},
    "MULTIPLE": {"type": "char", "title": "Множественное"},
    "MANDATORY": {"type": "char", "title": "Обязательное"},
    "SHOW_FILTER": {"type": "char", "title": "Показывать в фильтре списка"},
    "SHOW_IN_LIST": {"type": "char", "title": "Показывать в списке"},
    "EDIT_IN_LIST": {"type": "char", "title": "Разрешать редактирование пользователем"},
    "IS_SEARCHABLE": {"type": "char", "title": "Значения поля участвуют в поиске"},
    "EDIT_FORM_LABEL": {"type": "string", "title": "Подпись в форме редактирования"},
    "LIST_COLUMN_LABEL": {"type": "string", "title": "Заголовок в списке"},
    "LIST_FILTER_LABEL": {"type": "string", "title": "Подпись фильтра в списке"},
    "ERROR_MESSAGE": {"type": "string", "title": "Сообщение об ошибке"},
    "HELP_MESSAGE": {"type": "string", "title": "Помощь"},
    "LIST": {"type": "uf_enum_element", "title": "Элементы списка", "isMultiple": True},
    "SETTINGS": {"type": "object", "title": "Дополнительные настройки (зависят от типа)"},
}
_SORTABLE = ("ID", "FIELD_NAME", "USER_TYPE_ID", "XML_ID", "SORT")


def _refused(text: str) -> RestError:
    return RestError("ERROR_CORE", text, 400)


def _counted(value: Any) -> Page:
    """An answer with `total` 0, as the pages show it."""
    return Page(cast("list[Any]", value), 0)


def _manage(call: Call) -> None:
    if not access.free(call):
        raise _refused("Access denied")


def _number(call: Call, nothing: str) -> int:
    given = Arguments(call, "userfield", "ID", "DATA").raw("ID")
    if given is None:
        raise failed(nothing, 0, "INVALID_ARGUMENTS") if nothing.startswith("Invalid") else _refused(nothing)
    if not str(given).isdigit() or int(given) <= 0:
        raise _refused("ID is not defined or invalid")
    return int(given)


def _found(call: Call, nothing: str) -> Row:
    number = _number(call, nothing)
    row = next((one for one in userfields.every(call) if one["id"] == number), None)
    if row is None:
        raise RestError("ERROR_NOT_FOUND", f"The entity with ID '{number}' is not found", 400)
    return row


@method("task.item.userfield.getfields", "task")
def get_fields(call: Call) -> Page:
    """What a field is made of."""
    return _counted(_DESCRIBED)


@method("task.item.userfield.gettypes", "task")
def get_types(call: Call) -> Page:
    """The types of fields."""
    return _counted([{"ID": kind, "title": title} for kind, title in TYPES.items()])


@method("task.item.userfield.getlist", "task")
def get_list(call: Call) -> Page:
    """All fields, in the asked order."""
    arguments = Arguments(call, "userfield", "ORDER", "FILTER")
    order, wanted = arguments.raw("ORDER"), arguments.raw("FILTER")
    rows = [userfields.printed(row, labels=False) for row in userfields.every(call)]
    rows = [row for row in rows if matches(row, wanted if isinstance(wanted, dict) else {})]
    for name, way in reversed(list(order.items()) if isinstance(order, dict) else []):
        if str(name).upper() in _SORTABLE:
            rows = ordered(rows, str(name), str(way))
    return Page(rows, len(rows), size=max(len(rows), 1))


@method("task.item.userfield.get", "task")
def get(call: Call) -> Page:
    """One field."""
    return _counted(userfields.printed(_found(call, "No parameters found"), labels=True))


@method("task.item.userfield.add", "task", write=True)
def add(call: Call) -> int:
    """Adds a field; administrators only."""
    given = Arguments(call, "userfield", "PARAMS").raw("PARAMS")
    params = {str(key).upper(): value for key, value in given.items()} if isinstance(given, dict) else {}
    kind = params.get("USER_TYPE_ID")
    if not kind:
        raise _refused("The 'USER_TYPE_ID' field is not found")
    if kind not in TYPES:
        raise _refused("Invalid user type specified.")
    if not params.get("FIELD_NAME"):
        raise _refused("The 'FIELD_NAME' field is not found")
    _manage(call)
    name = str(params["FIELD_NAME"]).upper()
    name = name if name.startswith("UF_") else f"UF_{name}"
    if any(row["FIELD_NAME"] == name for row in userfields.every(call)):
        raise _refused(f"The field {name} for the object {userfields.ENTITY} already exists.")
    return userfields.add(call, name, str(kind), userfields.read(params, str(kind)))


def _own(call: Call) -> Row:
    row = _found(call, "Invalid arguments for Bitrix\\Tasks\\Integration\\Rest\\Task\\UserField")
    _manage(call)
    if FIELDS.get(call, row["id"]) is None:
        raise _refused("Access denied")
    return row


@method("task.item.userfield.update", "task", write=True)
def update(call: Call) -> bool:
    """Changes a field that was added."""
    row = _own(call)
    given = Arguments(call, "userfield", "ID", "DATA").raw("DATA")
    data = {str(key).upper(): value for key, value in given.items()} if isinstance(given, dict) else {}
    FIELDS.change(call, row, userfields.read(data, row["USER_TYPE_ID"]))
    return True


@method("task.item.userfield.delete", "task", write=True)
def delete(call: Call) -> bool:
    """Deletes a field that was added, with the values of all tasks."""
    row = _own(call)
    FIELDS.remove(call, row["id"])
    for kept in VALUES.all(call):
        if row["FIELD_NAME"] in kept:
            rest = {name: value for name, value in kept.items() if name.startswith("UF_") and name != row["FIELD_NAME"]}
            VALUES.put(call, kept["id"], rest)
    return True
