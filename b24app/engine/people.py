"""Employees and departments: who stands in for whom, and who holds a role (X.12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from b24app.errors import PresetError
from config.preset import Role
from rules.decision import Text

FALLBACK_ROLE = "sales_head"


@dataclass(frozen=True, slots=True)
class Employee:
    """A user of the portal; departments are ids, the first is the main one."""

    id: int
    active: bool
    departments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Department:
    """A department: `head` is a user's id (UF_HEAD), `parent` a department's; None where there is none."""

    id: int
    name: str
    parent: int | None
    head: int | None


@dataclass(frozen=True)
class Staff:
    """Everybody, as user.get and department.get tell. `chosen` are roles given to a user by a setting;
    `administrator` is the user whose token the app works with."""

    employees: Mapping[int, Employee]
    departments: Mapping[int, Department]
    roles: Mapping[str, Role]
    chosen: Mapping[str, int]
    administrator: int

    def substitute(self, user: int | None) -> int:
        """The user himself if active, else the nearest active one above him."""
        if user is not None and self._is_active(user):
            return user
        for head in self._heads_above(user):
            if head != user and self._is_active(head):
                return head
        return self.role(FALLBACK_ROLE) if FALLBACK_ROLE in self.roles else self.administrator

    def role(self, name: str) -> int:
        """Who holds a role now: by the setting, by the department, or the administrator."""
        role = self.roles.get(name)
        if role is None:
            raise PresetError(Text(f"В пресете нет роли «{name}»", f'The preset has no role "{name}"'))
        for user in self._holders(name, role):
            if self._is_active(user):
                return user
        return self.administrator

    def _holders(self, name: str, role: Role) -> Iterator[int]:
        if name in self.chosen:
            yield self.chosen[name]
        start = self._top() if role.resolve == "root_head" else self._department_of(role)
        yield from self._heads(start)

    def _department_of(self, role: Role) -> Department | None:
        titles = {role.department.ru, role.department.en} if role.department else set()
        for department in self.departments.values():
            if department.name in titles:
                return department
        crowd = Counter(employee.departments[0] for employee in self.employees.values() if employee.departments)
        return self.departments.get(crowd.most_common(1)[0][0]) if crowd else None

    def _top(self) -> Department | None:
        return next((one for one in self.departments.values() if one.parent not in self.departments), None)

    def _heads_above(self, user: int | None) -> Iterator[int]:
        employee = self.employees.get(user) if user is not None else None
        for department in employee.departments if employee else ():
            yield from self._heads(self.departments.get(department))

    def _heads(self, department: Department | None) -> Iterator[int]:
        """The head of the department, of the one above it, and so on; a ring of departments ends."""
        seen: set[int] = set()
        while department is not None and department.id not in seen:
            seen.add(department.id)
            if department.head is not None:
                yield department.head
            department = self.departments.get(department.parent) if department.parent is not None else None

    def _is_active(self, user: int) -> bool:
        employee = self.employees.get(user)
        return employee is not None and employee.active


def read_employees(rows: Iterable[Mapping[str, Any]]) -> dict[int, Employee]:
    """Rows of user.get; ACTIVE is a boolean, in old boxes Y or N."""
    employees = {}
    for row in rows:
        departments = tuple(int(id) for id in row.get("UF_DEPARTMENT") or ())
        employees[int(row["ID"])] = Employee(int(row["ID"]), row.get("ACTIVE") in (True, "Y", "true", 1), departments)
    return employees


def read_departments(rows: Iterable[Mapping[str, Any]]) -> dict[int, Department]:
    """Rows of department.get; numbers come as text, a missing head as "0" or not at all."""
    departments = {}
    for row in rows:
        parent, head = (int(row.get(name) or 0) or None for name in ("PARENT", "UF_HEAD"))
        departments[int(row["ID"])] = Department(int(row["ID"]), str(row.get("NAME", "")), parent, head)
    return departments
