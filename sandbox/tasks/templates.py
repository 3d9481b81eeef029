"""Templates of tasks: their fields, how they are kept and printed (api-reference/tasks/template)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError
from sandbox.tasks import access

Row = dict[str, Any]
TEMPLATES = Documents("task_template")
ITEMS = Documents("task_template_item", "templateId")
_FLAG = {"Y": "Да", "N": "Нет"}
_LEVELS = {"PRIORITY": ("2", "1", "0"), "STATUS": ("2", "3", "4", "5", "6")}

# name type default | title; `*` required, `-` no default, `null` none. `flag` is Y or N.
_TEXT = """
ID integer - | ID
PARENT_ID integer 0 | Базовая задача
TITLE string * | Название
DESCRIPTION string - | Описание
PRIORITY enum 1 | Приоритет
GROUP_ID integer 0 | Проект
STAGE_ID integer 0 | Стадия
CREATED_BY integer * | Постановщик
RESPONSIBLE_ID integer * | Исполнитель
DEPENDS_ON integer * | Зависимость
RESPONSIBLES array - | Исполнители
ACCOMPLICES array - | Соисполнители
AUDITORS array - | Наблюдатели
STATUS enum 2 | Статус
MULTITASK flag N | Множественная задача
REPLICATE flag N | Повторяемая задача
SITE_ID string - | SITE_ID
TASK_CONTROL flag N | Принять работу
ADD_IN_REPORT flag N | Включить в отчет
XML_ID string null | XML_ID
DEADLINE_AFTER datetime null | Крайний срок через
START_DATE_PLAN_AFTER datetime null | Плановое начало через
END_DATE_PLAN_AFTER datetime null | Плановое завершение через
TPARAM_TYPE switch 0 | Для нового сотрудника
TPARAM_REPLICATION_COUNT integer 0 | Количество созданных задач
REPLICATE_PARAMS string - | Параметры создания задач
BASE_TEMPLATE_ID integer null | Родительский шаблон
TEMPLATE_CHILDREN_COUNT integer null | Количество подшаблонов
UF_CRM_TASK crm - | Элементы CRM
UF_TASK_WEBDAV_FILES disk_file - | Файл (Диск)
"""


def _described(line: str) -> tuple[str, Row]:
    left, _, title = line.partition("|")
    name, kind, default = left.split()
    entry: Row = {"title": title.strip(), "type": "enum" if kind in ("flag", "switch") else kind}
    if name == "ID":
        entry["primary"] = True
    if kind in ("flag", "switch", "enum"):
        levels: Row = dict.fromkeys(_LEVELS.get(name, ()))
        entry["values"] = _FLAG if kind == "flag" else {"1": "Да", "0": "Нет"} if kind == "switch" else levels
    if default == "*":
        entry["required"] = True
    elif default != "-":
        entry["default"] = None if default == "null" else int(default) if default.isdigit() else default
    return name, entry


FIELDS: dict[str, Row] = dict(_described(line) for line in _TEXT.strip().splitlines())
_PEOPLE = ("RESPONSIBLES", "ACCOMPLICES", "AUDITORS")
_SETS = ("ACCOMPLICES", "AUDITORS", "RESPONSIBLES", "DEPENDS_ON", "TAGS")
_BLANK: Row = {
    "DESCRIPTION": "",
    "DESCRIPTION_IN_BBCODE": "Y",
    "PRIORITY": "1",
    "STATUS": "1",
    "STAGE_ID": "0",
    **dict.fromkeys(("DEADLINE_AFTER", "START_DATE_PLAN_AFTER", "END_DATE_PLAN_AFTER", "XML_ID", "FILES", "TASK_ID")),
    **dict.fromkeys(("REPLICATE", "ALLOW_CHANGE_DEADLINE", "ALLOW_TIME_TRACKING", "TASK_CONTROL"), "N"),
    **dict.fromkeys(("ADD_IN_REPORT", "MULTITASK", "MATCH_WORK_TIME"), "N"),
    **dict.fromkeys(("GROUP_ID", "PARENT_ID", "TPARAM_TYPE", "TPARAM_REPLICATION_COUNT"), "0"),
    "SITE_ID": "s1",
    "ACCOMPLICES": [],
    "AUDITORS": [],
    "RESPONSIBLES": [],
    "TAGS": None,
    "DEPENDS_ON": None,
    "REPLICATE_PARAMS": {},
    "BASE_TEMPLATE_ID": "0",
}
_ASKED = ("UF_CRM_TASK", "UF_TASK_WEBDAV_FILES")


def php(value: Any) -> str:
    """A value as PHP serializes it; the portal keeps lists so."""
    if isinstance(value, Mapping | list):
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        return f"a:{len(value)}:{{{''.join(php(key) + php(child) for key, child in pairs)}}}"
    if value is None:
        return "N;"
    if isinstance(value, bool):
        return f"b:{int(value)};"
    if isinstance(value, int):
        return f"i:{value};"
    text = str(value)
    return f's:{len(text.encode())}:"{text}";'


def read(fields: Mapping[str, Any]) -> Row:
    """The values that a client sets."""
    known = {*FIELDS, *_BLANK} - {"ID", "TEMPLATE_CHILDREN_COUNT"}
    row: Row = {}
    for key, value in fields.items():
        name = key.upper()
        if name in _SETS:
            row[name] = [str(one) for one in (value.values() if isinstance(value, Mapping) else value or [])]
        elif name in known or name.startswith("UF_"):
            row[name] = value if isinstance(value, list | dict) or value is None else str(value)
    return row


def add(call: Call, row: Row) -> int:
    """Adds a template."""
    responsible = str(row.get("RESPONSIBLE_ID") or call.user)
    blank = {**_BLANK, "TITLE": "", "CREATED_BY": str(call.user), "RESPONSIBLE_ID": responsible}
    return int(TEMPLATES.add(call, {**blank, "RESPONSIBLES": [responsible], **row})["id"])


def may_edit(call: Call, row: Row) -> bool:
    """Whether the caller may change a template: its creator and administrators."""
    return access.free(call) or row["CREATED_BY"] == str(call.user)


def may_read(call: Call, row: Row) -> bool:
    """Whether the caller sees a template: those who may change it, and those whom it names."""
    named = {row["RESPONSIBLE_ID"], *(user for name in _PEOPLE for user in row.get(name) or [])}
    return may_edit(call, row) or str(call.user) in named


def found(call: Call, number: Any) -> Row:
    """A template; one that is gone looks like one that is not yours."""
    row = TEMPLATES.get(call, number)
    if row is None or not may_read(call, row):
        raise RestError("0", "Доступ к шаблону задачи запрещён", 400)
    return row


def printed(call: Call, row: Row, names: list[str]) -> Row:
    """A template, all of it or the fields that are asked for."""
    shown: Row = {"ID": str(row["id"]), "TITLE": row["TITLE"]}
    shown |= {name: row.get(name) for name in ("RESPONSIBLE_ID", "CREATED_BY", *_BLANK)}
    for name in ("ACCOMPLICES", "AUDITORS", "RESPONSIBLES", "REPLICATE_PARAMS"):
        shown[name] = php(shown[name] or [])
    children = [one for one in TEMPLATES.all(call) if one.get("BASE_TEMPLATE_ID") == str(row["id"])]
    shown["TEMPLATE_CHILDREN_COUNT"] = str(len(children))
    for name in ("CREATED_BY", "RESPONSIBLE"):
        shown |= _person(call, name, row["CREATED_BY" if name == "CREATED_BY" else "RESPONSIBLE_ID"])
    shown["SCENARIO"] = "default"
    asked = {name.upper() for name in names}
    if not asked or asked & {"*", "UF_*", *_ASKED}:
        shown |= {name: row.get(name) or [] for name in _ASKED}
    if asked and not asked & {"*"}:
        return {name: value for name, value in shown.items() if name in asked or name == "ID" or name in _ASKED}
    return shown


def _person(call: Call, prefix: str, user: Any) -> Row:
    known = call.portal.store.one("SELECT * FROM users WHERE id = ?", (user,))
    columns = {"NAME": "name", "LAST_NAME": "last_name", "SECOND_NAME": "second_name", "LOGIN": "email"}
    columns["WORK_POSITION"] = "work_position"
    told = {f"{prefix}_{name}": (known[column] or "") if known else "" for name, column in columns.items()}
    return {**told, f"{prefix}_PHOTO": None}
