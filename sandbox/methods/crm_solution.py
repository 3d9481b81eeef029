"""Digital workplaces that smart processes stand in: `crm.automatedsolution.*` (crm/automated-solution)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import listing, solutions
from sandbox.crm.access import require_crm_admin
from sandbox.crm.fields import upper_name
from sandbox.crm.links import ids_in
from sandbox.crm.query import Operand
from sandbox.crm.schema import schema_of, touch
from sandbox.kernel import features
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method

_OPERANDS = {
    "id": Operand("id", "int"),
    "title": Operand("title"),
    "typeIds": Operand(
        "EXISTS (SELECT 1 FROM (SELECT typeId AS value FROM crm_solution_types AS t"
        " WHERE t.solution = crm_solutions.id) WHERE {})",
        "int",
        among=True,
    ),
}


def _fields(call: Call) -> dict[str, Any]:
    if call.get("fields") is None:
        raise missing("fields")
    return call.mapping("fields")


def _title(fields: dict[str, Any]) -> str:
    title = str(fields.get("title") or "").strip()
    if not title:
        raise RestError("BX_EMPTY_REQUIRED", "Не заполнено обязательное поле 'Title'")
    return title


def _need(call: Call) -> int:
    number = call.integer("id")
    if not call.portal.store.value("SELECT 1 FROM crm_solutions WHERE id = ?", (number,)):
        raise RestError("NOT_FOUND", "Digital workplace with such id not found")
    return number


def _printed(call: Call, number: int) -> dict[str, Any]:
    return {"automatedSolution": solutions.described(call.portal.store, number)}


def _bind(call: Call, number: int, fields: dict[str, Any]) -> None:
    """The named smart processes move here, wherever they stood; those not named leave."""
    known = {row["id"] for row in schema_of(call.portal).types.values()}
    solutions.place(call.portal.store, number, [n for n in ids_in(fields["typeIds"]) if n in known])


@method("crm.automatedsolution.add", "crm", write=True, cost=0.1)
def add(call: Call) -> dict[str, Any]:
    """Makes a workplace, and moves smart processes into it."""
    require_crm_admin(call)
    fields = _fields(call)
    title, store = _title(fields), call.portal.store
    text = "Превышено количество доступных цифровых рабочих мест"
    features.require(call.portal, "more_workplaces", "LIMIT_EXCEEDED", text)
    number = store.insert("crm_solutions", {"title": title})
    if "typeIds" in fields:
        _bind(call, number, fields)
    touch(call.portal)
    return _printed(call, number)


@method("crm.automatedsolution.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One workplace."""
    require_crm_admin(call)
    return _printed(call, _need(call))


@method("crm.automatedsolution.list", "crm")
def workplaces(call: Call) -> Page:
    """A page of workplaces."""
    require_crm_admin(call)
    source = listing.Source("crm_solutions", _OPERANDS)
    found = listing.find(call, source, call.mapping("filter"), call.mapping("order"))
    printed = [solutions.described(call.portal.store, row["id"]) for row in found.rows]
    return Page(printed, found.total, found.start, "automatedSolutions")


@method("crm.automatedsolution.update", "crm", write=True, cost=0.1)
def update(call: Call) -> dict[str, Any]:
    """Renames a workplace, or changes which smart processes stand in it."""
    require_crm_admin(call)
    number, fields = _need(call), _fields(call)
    if "title" in fields:
        sql = "UPDATE crm_solutions SET title = ? WHERE id = ?"
        call.portal.store.execute(sql, (_title(fields), number))
    if "typeIds" in fields:
        _bind(call, number, fields)
    touch(call.portal)
    return _printed(call, number)


@method("crm.automatedsolution.delete", "crm", write=True, cost=0.1)
def delete(call: Call) -> None:
    """Deletes an empty workplace; the answer is null."""
    require_crm_admin(call)
    number = _need(call)
    if solutions.types_in(call.portal.store, number):
        text = "Нельзя удалить цифровое рабочее место, в котором есть смарт-процессы. Перенесите их в другое место"
        raise RestError("HAS_BOUND_TYPES", text)
    call.portal.store.execute("DELETE FROM crm_solutions WHERE id = ?", (number,))
    touch(call.portal)


@method("crm.automatedsolution.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a workplace."""
    require_crm_admin(call)
    kinds = {"id": "integer", "title": "string", "typeIds": "crm_dynamic_type"}
    return {
        name: {
            "type": kind,
            "isRequired": name == "title",
            "isReadOnly": name == "id",
            "isImmutable": False,
            "isMultiple": name == "typeIds",
            "isDynamic": False,
            "title": upper_name(name),
            "upperName": upper_name(name),
        }
        for name, kind in kinds.items()
    }
