"""Which smart process stands in which digital workplace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_solutions (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS crm_solution_types (typeId INTEGER PRIMARY KEY, solution INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS crm_solution_types_of ON crm_solution_types (solution);
    """
)


def types_in(store: Store, solution: int) -> list[int]:
    """The smart processes (ids of crm.type) of a workplace."""
    sql = "SELECT typeId FROM crm_solution_types WHERE solution = ? ORDER BY typeId"
    return [row["typeId"] for row in store.rows(sql, (solution,))]


def of_type(store: Store, type_id: int) -> int | None:
    """The workplace of a smart process."""
    number = store.value("SELECT solution FROM crm_solution_types WHERE typeId = ?", (type_id,))
    return None if number is None else int(number)


def place(store: Store, solution: int, types: Iterable[int]) -> None:
    """Makes these the smart processes of a workplace."""
    store.execute("DELETE FROM crm_solution_types WHERE solution = ?", (solution,))
    for type_id in types:
        move(store, type_id, solution)


def move(store: Store, type_id: int, solution: int | None) -> None:
    """Moves a smart process to a workplace; None takes it out, a workplace that is not there changes nothing."""
    if not solution:
        store.execute("DELETE FROM crm_solution_types WHERE typeId = ?", (type_id,))
    elif store.value("SELECT 1 FROM crm_solutions WHERE id = ?", (solution,)):
        store.execute("INSERT OR REPLACE INTO crm_solution_types VALUES (?, ?)", (type_id, solution))


def described(store: Store, solution: int) -> dict[str, Any]:
    """A workplace as crm.automatedsolution.* prints it."""
    title = store.value("SELECT title FROM crm_solutions WHERE id = ?", (solution,))
    return {"id": solution, "title": title, "typeIds": types_in(store, solution)}


def choice(store: Store, type_id: int) -> list[dict[str, Any]]:
    """All workplaces with a mark on the one of a smart process: `customSections` of crm.type.get."""
    own = of_type(store, type_id)
    rows = store.rows("SELECT id, title FROM crm_solutions ORDER BY id")
    return [{"id": row["id"], "title": row["title"], "isSelected": row["id"] == own} for row in rows]
