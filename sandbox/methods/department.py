"""The company structure: `department.*`, and what fixtures need to create it."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS departments (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sort INTEGER NOT NULL,"
    " parent INTEGER, head INTEGER)"
)
_COLUMNS = {"NAME": "name", "SORT": "sort", "PARENT": "parent", "UF_HEAD": "head"}


def add_department(
    store: Store,
    id: int | None = None,
    *,
    name: str,
    parent: int | None = None,
    head: int | None = None,
    sort: int = 500,
) -> int:
    """Adds a department (or replaces the one with this id) and returns the id."""
    if id is not None:
        store.execute("DELETE FROM departments WHERE id = ?", (id,))
    return store.insert("departments", {"id": id, "name": name, "sort": sort, "parent": parent, "head": head})


def _all(call: Call) -> list[dict[str, Any]]:
    rows = []
    for row in call.portal.store.rows("SELECT * FROM departments ORDER BY id"):
        printed: dict[str, Any] = {"ID": str(row["id"]), "NAME": row["name"], "SORT": row["sort"]}
        if row["parent"]:
            printed["PARENT"] = str(row["parent"])
        printed["UF_HEAD"] = str(row["head"] or "0")
        rows.append(printed)
    return rows


@method("department.get", "department|user")
def department_get(call: Call) -> Page:
    """department-get.md: `sort` names the field of the order, `SORT` with a number is a filter."""
    given = {key.upper(): value for key, value in call.params.items() if key != "sort"}
    order_by = call.params.get("sort") or given.get("SORT") or "ID"
    wanted = {name: given[name] for name in ("ID", *_COLUMNS) if name in given}
    if not str(wanted.get("SORT", "0")).isdigit():
        del wanted["SORT"]
    rows = [row for row in _all(call) if matches({"PARENT": "", **row}, wanted)]
    return paged(call, ordered(rows, str(order_by), str(call.get("order") or "ASC")))


@method("department.fields", "department|user")
def department_fields(call: Call) -> dict[str, str]:
    """department-fields.md"""
    return {
        "ID": "ID",
        "NAME": "Department name",
        "SORT": "Sorting field",
        "PARENT": "Parent department",
        "UF_HEAD": "Head",
    }


@method("department.add", "department", write=True)
def department_add(call: Call) -> int:
    """department-add.md: administrators only; NAME and PARENT are required."""
    call.require_admin()
    head = call.get("UF_HEAD")
    if not str(call.get("NAME") or "").strip():
        raise RestError("ERROR_CORE", "Department name not provided.<br>")
    return add_department(
        call.portal.store,
        call.forced_id,
        name=str(call.get("NAME")),
        parent=call.integer("PARENT"),
        head=int(head) if head else None,
        sort=call.integer("SORT", 500),
    )


@method("department.update", "department", write=True)
def department_update(call: Call) -> bool:
    """department-update.md: administrators only."""
    call.require_admin()
    department = _existing(call)
    for name, column in _COLUMNS.items():
        value = call.get(name)
        if value is not None:
            call.portal.store.execute(f"UPDATE departments SET {column} = ? WHERE id = ?", (value, department))
    return True


@method("department.delete", "department", write=True)
def department_delete(call: Call) -> bool:
    """department-delete.md: administrators only."""
    call.require_admin()
    call.portal.store.execute("DELETE FROM departments WHERE id = ?", (_existing(call),))
    return True


def _existing(call: Call) -> int:
    department = call.integer("ID")
    if not call.portal.store.value("SELECT 1 FROM departments WHERE id = ?", (department,)):
        raise RestError("ERROR_CORE", "Department not found", 400)
    return department
