"""Tasks as an employee sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.view.employee import Employee, Row
from sandbox.view.names import Names
from sandbox.view.shown import Shown, element

SIZE = 50
DONE = 5
_STATES = {1: "Новая", 2: "Ждёт выполнения", 3: "Выполняется", 4: "Ждёт контроля", 5: "Завершена", 6: "Отложена"}


@dataclass(frozen=True, slots=True)
class Task:
    """A task; `late` when its deadline has passed and it is not done, moments are ISO text."""

    id: int
    title: str
    text: str
    state: str
    done: bool
    late: bool
    deadline: str
    responsible: str
    creator: str
    created: str
    links: list[Shown]


@dataclass(frozen=True, slots=True)
class TaskList:
    """A page of tasks."""

    tasks: list[Task]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // SIZE))


def task_list(employee: Employee, names: Names, *, mine: bool, page: int, group: int = 0) -> TaskList:
    """Tasks, the newest first: the employee's own or all he may see, of a group when it is given; none
    where tasks are absent."""
    wanted: Row = {"RESPONSIBLE_ID": employee.id} if mine else {}
    if group:
        wanted["GROUP_ID"] = group
    asked = {"filter": wanted, "select": ["*", "UF_*"], "order": {"ID": "DESC"}, "start": (page - 1) * SIZE}
    found = employee.part("tasks.task.list", asked)
    tasks = [_task(employee, names, row) for row in found.rows]
    return TaskList(tasks, found.total if found.total is not None else len(tasks), page)


def task_card(employee: Employee, names: Names, number: int) -> Task:
    """One task; a refusal is the portal's."""
    answer = employee.ask("tasks.task.get", {"taskId": number, "select": ["*", "UF_*"]})
    return _task(employee, names, answer["task"])


def _task(employee: Employee, names: Names, row: Row) -> Task:
    status, deadline = int(row.get("status") or 2), str(row.get("deadline") or "")
    return Task(
        int(row["id"]),
        str(row.get("title") or ""),
        str(row.get("description") or ""),
        _STATES.get(status, str(status)),
        status == DONE,
        status != DONE and _passed(employee, deadline),
        deadline,
        names.user(row.get("responsibleId") or 0),
        names.user(row.get("createdBy") or 0),
        str(row.get("createdDate") or ""),
        [element(names, str(code)) for code in _codes(row.get("ufCrmTask"))],
    )


def _codes(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _passed(employee: Employee, deadline: str) -> bool:
    try:
        return bool(deadline) and datetime.fromisoformat(deadline).timestamp() < employee.portal.now().timestamp()
    except ValueError:
        return False
