"""Tasks that business processes give to people: what waits for the employee, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.automation.documents import document_of
from sandbox.view.employee import Employee, Row
from sandbox.view.screen import Screen

# A task's answers by the key of its button's text (bizproc-task-complete.md).
_BUTTONS = (
    ("StatusYesLabel", "yes"),
    ("StatusNoLabel", "no"),
    ("StatusOkLabel", "ok"),
    ("StatusCancelLabel", "cancel"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that a task asks for."""

    name: str
    title: str
    required: bool
    options: tuple[tuple[str, str], ...]
    value: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task of a process; `answers` are (word, text of the button), `overdue` is an ISO moment or ""."""

    id: int
    name: str
    text: str
    process: str
    document: str
    href: str
    overdue: str
    answers: list[tuple[str, str]]
    fields: list[Asked]
    comment: str


def open_tasks(employee: Employee, document: list[str] | None = None) -> list[Assignment]:
    """The employee's open tasks, the newest first; those of one document when it is given."""
    wanted: dict[str, Any] = {"USER_ID": employee.id, "USER_STATUS": 0, "STATUS": 0}
    if document is not None:
        wanted["DOCUMENT_ID"] = document[2]
    rows = employee.glance("bizproc.task.list", {"FILTER": wanted, "SELECT": ["*"], "ORDER": {"ID": "DESC"}})
    return [_assignment(row) for row in rows]


def tasks_of(employee: Employee, entity_type_id: int, number: int) -> list[Assignment]:
    """The employee's open tasks about a card."""
    return open_tasks(employee, document_of(entity_type_id, number))


def _assignment(row: Row) -> Assignment:
    parameters = row.get("PARAMETERS") or {}
    return Assignment(
        int(row["ID"]),
        str(row["NAME"]),
        str(row.get("DESCRIPTION") or ""),
        str(row.get("WORKFLOW_TEMPLATE_NAME") or ""),
        str(row.get("DOCUMENT_NAME") or ""),
        str(row.get("DOCUMENT_URL") or ""),
        str(row.get("OVERDUE_DATE") or ""),
        [(word, str(parameters[key])) for key, word in _BUTTONS if parameters.get(key)],
        [_asked(one) for one in parameters.get("Fields") or ()],
        str(parameters.get("CommentLabel") or "Комментарий") if parameters.get("ShowComment") != "N" else "",
    )


def _asked(one: Row) -> Asked:
    default = one.get("Default")
    return Asked(
        str(one["Id"]),
        str(one.get("Name") or one["Id"]),
        bool(one.get("Required")),
        _choices(one),
        "" if default in (None, [], {}) else str(default),
    )


def _choices(one: Row) -> tuple[tuple[str, str], ...]:
    """What may be chosen, () for a field that is typed."""
    if one.get("Type") == "bool":
        return (("Y", "Да"), ("N", "Нет"))
    options = one.get("Options")
    if isinstance(options, dict):
        return tuple((str(value), str(label)) for value, label in options.items())
    return tuple((str(label), str(label)) for label in options) if isinstance(options, list) else ()


async def listing(screen: Screen) -> web.Response:
    """What processes wait for from the employee."""
    return screen.draw("processes.html", tasks=open_tasks(screen.employee))


async def answer(screen: Screen) -> web.Response:
    """Answers a task: the word of the pressed button, the fields, a comment."""
    form = await screen.form()
    fields = {name.removeprefix("field."): value for name, value in form.items() if name.startswith("field.")}
    asked = {"TASK_ID": screen.number("id"), "STATUS": form.get("answer", ""), "COMMENT": form.get("comment", "")}
    screen.employee.ask("bizproc.task.complete", {**asked, "FIELDS": fields})
    return screen.back(text="Задание выполнено")
