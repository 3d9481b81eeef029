"""Templates of tasks and their check lists: `tasks.template.*` (api-reference/tasks/template)."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.outsiders import is_outside
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered
from sandbox.tasks import checklist, templates
from sandbox.tasks.templates import FIELDS, ITEMS, TEMPLATES, Row

_NO_CLASS = "Bitrix\\Tasks\\CheckList\\Internals\\CheckList All parameters in the constructor must have real class type"


def _refused(text: str, code: str = "0") -> RestError:
    return RestError(code, text, 400)


def _number(call: Call, name: str) -> int:
    value = call.get(name)
    if value is None:
        raise _refused(f"Could not find value for parameter {{{name}}}", "100")
    if isinstance(value, bool) or not str(value).isdigit():
        text = f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be value of type int."
        raise _refused(text, "100")
    return int(value)


def _fields(call: Call) -> Row:
    given = call.get("fields")
    if not isinstance(given, Mapping) or not given:
        raise _refused("Could not find value for parameter {fields}", "100")
    return {str(key).upper(): value for key, value in given.items()}


# --- templates ------------------------------------------------------------------------------


@method("tasks.template.fields", "task")
def fields(call: Call) -> dict[str, Row]:
    """tasks-template-fields.md"""
    return FIELDS


@method("tasks.template.add", "task", write=True)
def add(call: Call) -> int:
    """tasks-template-add.md: templates are made by employees, not by people from outside."""
    given = _fields(call)
    if is_outside(call):
        raise _refused("Доступ запрещён")
    return templates.add(call, templates.read(given))


@method("tasks.template.get", "task")
def get(call: Call) -> Row:
    """tasks-template-get.md: `params.select` names the fields."""
    row = templates.found(call, _number(call, "templateId"))
    select = call.mapping("params").get("select") or []
    return templates.printed(call, row, [str(name) for name in select])


@method("tasks.template.update", "task", write=True)
def update(call: Call) -> bool:
    """tasks-template-update.md"""
    number, given = _number(call, "templateId"), _fields(call)
    row = templates.found(call, number)
    if not templates.may_edit(call, row):
        raise _refused("Доступ запрещён")
    TEMPLATES.change(call, row, templates.read(given))
    return True


@method("tasks.template.delete", "task", write=True)
def delete(call: Call) -> bool:
    """Deletes a template; the answer is always false, as the page says."""
    row = TEMPLATES.get(call, _number(call, "templateId"))
    if row is not None and templates.may_edit(call, row):
        ITEMS.clear(call, row["id"])
        TEMPLATES.remove(call, row["id"])
    return False


# --- check lists ----------------------------------------------------------------------------


def _template(call: Call, refusal: str) -> Row:
    """The template of `templateId`, when the caller may change it."""
    row = TEMPLATES.get(call, _number(call, "templateId"))
    if row is None or not templates.may_edit(call, row):
        raise _refused(refusal)
    return row


def _item(call: Call, template: Row, name: str = "checkListItemId") -> Row:
    given = call.get(name)
    if given is None:
        text = _NO_CLASS if name == "checkListItemId" else f"Could not find value for parameter {{{name}}}"
        raise _refused(text, "100")
    item = ITEMS.get(call, given)
    if item is None or item["templateId"] != template["id"]:
        raise _refused("Неверное значение [] поля [ENTITY_ID] в элементе [, ]")
    return item


def _edited(call: Call, refusal: str) -> Row:
    """The item of a call that changes it."""
    return _item(call, _template(call, f"{refusal}: действие недоступно"))


def _printed(call: Call, item: Row) -> dict[str, Row]:
    members = [checklist.member(call, user, kind) for user, kind in item["members"].items()]
    lowered = [{_camel(name): value for name, value in member.items()} for member in members]
    shown: Row = {"id": item["id"], "copiedId": None, "userId": call.user, "createdBy": item["author"]}
    shown |= {"parentId": item["parent"], "title": item["title"], "sortIndex": item["sort"], "displaySortIndex": ""}
    shown |= {"isComplete": item["complete"], "isImportant": item["important"], "completedCount": 0}
    shown |= {"members": lowered, "attachments": item["files"] or [], "nodeId": None}
    return {"checkListItem": {**shown, "templateId": item["templateId"]}}


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


@method("tasks.template.checklist.add", "task", write=True)
def item_add(call: Call) -> dict[str, Row]:
    """Adds an item; the root of a list has PARENT_ID 0."""
    number, given = _number(call, "templateId"), _fields(call)
    template = _template(call, "Добавление элемента: действие недоступно")
    if not str(given.get("TITLE") or "").strip():
        raise _refused("Не указано название пункта")
    if given.get("PARENT_ID") is None or not str(given["PARENT_ID"]).isdigit():
        raise _refused(f"Неверное значение [] поля [PARENT_ID] в элементе [, {given['TITLE']}]")
    return _printed(call, checklist.add(call, ITEMS, template["id"] or number, checklist.read(given)))


@method("tasks.template.checklist.get", "task")
def item_get(call: Call) -> dict[str, Row]:
    """One item."""
    template = templates.found(call, _number(call, "templateId"))
    if call.get("checkListItemId") is None:
        raise _refused(_NO_CLASS, "100")
    item = ITEMS.get(call, call.get("checkListItemId"))
    if item is None or item["templateId"] != template["id"]:
        raise _refused("Доступ к шаблону задачи запрещён")
    return _printed(call, item)


@method("tasks.template.checklist.list", "task")
def item_list(call: Call) -> dict[str, dict[str, Row]]:
    """The items of a template by their numbers, the newest first."""
    template = templates.found(call, _number(call, "templateId"))
    names = [str(name).upper() for name in call.listing("select")]
    wanted = {key: value for key, value in call.mapping("filter").items() if "TEMPLATE_ID" not in key.upper()}
    rows = [checklist.old(call, item) for item in ITEMS.of(call, template["id"])]
    rows = [{"TEMPLATE_ID": row.pop("TASK_ID"), **row} for row in rows]
    rows = [row for row in rows if matches(row, wanted)]
    for name, way in reversed(list(call.mapping("order").items()) or [("ID", "DESC")]):
        rows = ordered(rows, str(name), str(way))
    usual = ("ID", "TEMPLATE_ID", "PARENT_ID", "TITLE", "SORT_INDEX", "IS_COMPLETE", "IS_IMPORTANT")
    chosen = [name for name in names if name != "*"] or usual
    return {"checkListItems": {r["ID"]: {_camel(n): r[n] for n in chosen if n in r} for r in rows}}


@method("tasks.template.checklist.update", "task", write=True)
def item_update(call: Call) -> dict[str, Row]:
    """Changes an item."""
    _number(call, "templateId")
    if call.get("checkListItemId") is None:
        raise _refused(_NO_CLASS, "100")
    given = _fields(call)
    item = _edited(call, "Изменение элемента")
    return _printed(call, ITEMS.change(call, item, checklist.read(given)))


@method("tasks.template.checklist.delete", "task", write=True)
def item_delete(call: Call) -> bool:
    """Deletes an item with those below it."""
    checklist.remove(call, ITEMS, _edited(call, "Удаление элемента"))
    return True


@method("tasks.template.checklist.complete", "task", write=True)
def item_complete(call: Call) -> dict[str, Row]:
    """Checks an item."""
    item = _edited(call, "Изменение статуса элемента")
    return _printed(call, ITEMS.change(call, item, checklist.toggled(call, True)))


@method("tasks.template.checklist.renew", "task", write=True)
def item_renew(call: Call) -> dict[str, Row]:
    """Unchecks an item."""
    item = _edited(call, "Изменение статуса элемента")
    return _printed(call, ITEMS.change(call, item, checklist.toggled(call, False)))


def _moved(call: Call, name: str, *, before: bool) -> dict[str, Row]:
    template = _template(call, "Перемещение элемента: действие недоступно")
    item = _item(call, template)
    checklist.move(call, ITEMS, item, _item(call, template, name), before=before)
    return _printed(call, ITEMS.get(call, item["id"]) or item)


@method("tasks.template.checklist.moveAfter", "task", write=True)
def item_after(call: Call) -> dict[str, Row]:
    """Puts an item after another one."""
    return _moved(call, "afterItemId", before=False)


@method("tasks.template.checklist.moveBefore", "task", write=True)
def item_before(call: Call) -> dict[str, Row]:
    """Puts an item before another one."""
    return _moved(call, "beforeItemId", before=True)


def _attached(call: Call, item: Row, files: list[str]) -> dict[str, Row]:
    """Attachments by their numbers; `n5065` is a file of the disk."""
    last = max((int(number) for number in item["files"]), default=0)
    known = {**item["files"], **{str(last + i): file for i, file in enumerate(files, 1)}}
    return _printed(call, ITEMS.change(call, item, {"files": known}))


def _list(call: Call, name: str) -> list[str]:
    given = call.get(name)
    if given is None:
        raise _refused(f"Could not find value for parameter {{{name}}}", "100")
    rows = list(given.values()) if isinstance(given, Mapping) else given
    if not isinstance(rows, list) or not rows:
        text = f"Invalid value {{}} to match with parameter {{{name}}}. Should be value of type array."
        raise _refused(text, "100")
    return [str(one) for one in rows]


@method("tasks.template.checklist.addAttachmentsFromDisk", "task", write=True)
def attach_from_disk(call: Call) -> dict[str, Row]:
    """Attaches files of the disk to an item."""
    _number(call, "templateId")
    if call.get("checkListItemId") is None:
        raise _refused(_NO_CLASS, "100")
    files = [one if one.startswith("n") else f"n{one}" for one in _list(call, "filesIds")]
    return _attached(call, _edited(call, "Изменение элемента"), files)


@method("tasks.template.checklist.addAttachmentByContent", "task", write=True, partial="the content is not kept")
def attach_content(call: Call) -> dict[str, Row]:
    """Attaches an uploaded file to an item."""
    _number(call, "templateId")
    if call.get("checkListItemId") is None:
        raise _refused(_NO_CLASS, "100")
    if not call.mapping("attachmentParameters"):
        raise _refused("Could not find value for parameter {attachmentParameters}", "100")
    template = _template(call, "Изменение элемента: действие недоступно")
    item = ITEMS.get(call, call.get("checkListItemId"))
    if item is None or item["templateId"] != template["id"]:
        raise _refused("Ошибка при добавлении вложения")
    return _attached(call, item, [str(call.mapping("attachmentParameters").get("NAME") or "")])


@method("tasks.template.checklist.removeAttachments", "task", write=True)
def detach(call: Call) -> dict[str, Row]:
    """Takes attachments off an item."""
    _number(call, "templateId")
    if call.get("checkListItemId") is None:
        raise _refused(_NO_CLASS, "100")
    numbers = _list(call, "attachmentsIds")
    item = _edited(call, "Изменение элемента")
    kept = {number: file for number, file in item["files"].items() if number not in numbers}
    return _printed(call, ITEMS.change(call, item, {"files": kept}))
