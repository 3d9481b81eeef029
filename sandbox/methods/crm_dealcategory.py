"""Funnels of deals by the frozen methods `crm.dealcategory.*` (api-reference/crm/outdated/category-old)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.crm import moments
from sandbox.crm.records import described, parse, refused
from sandbox.crm.schema import DEAL, Category, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.methods import crm_category

_FIELDS = parse(
    """
ID            integer ro   | ID
CREATED_DATE  datetime ro    | Дата создания
NAME          string req   | Название
IS_LOCKED     char ro      | Заблокировано
SORT          integer      | Сортировка
"""
)


def _printed(call: Call, category: Category) -> dict[str, str]:
    sql = "SELECT createdTime FROM crm_categories WHERE entityTypeId = ? AND id = ?"
    created = int(call.portal.store.value(sql, (DEAL, category.id)) or 0)
    return {
        "ID": str(category.id),
        "CREATED_DATE": moments.iso(created, call.portal.clock.zone),
        "NAME": category.name,
        "IS_LOCKED": "N",
        "SORT": str(category.sort),
    }


def _own(call: Call) -> list[Category]:
    """The funnels besides the default one, which has methods of its own."""
    return [category for category in schema_of(call.portal).categories(DEAL) if category.id]


def _need(call: Call) -> Category:
    text = str(call.get("id") or "")
    if not text.isdigit() or not int(text):
        raise refused("ID is not defined or invalid.")
    found = next((category for category in _own(call) if category.id == int(text)), None)
    if found is None:
        raise refused("Not found")
    return found


def _by_new(call: Call, function: Callable[[Call], Any], **params: Any) -> Any:
    """Does it by the method of today; its refusals get the empty code of the old ones."""
    try:
        return function(replace(call, params={"entityTypeId": DEAL, **params}))
    except RestError as refusal:
        raise refused("Access denied." if refusal.code == "ACCESS_DENIED" else refusal.description) from None


def _fields(call: Call) -> dict[str, Any]:
    if not isinstance(call.get("fields"), (dict, list)):
        raise refused("Parameter 'fields' must be array.")
    given = {key.lower(): value for key, value in call.mapping("fields").items()}
    return {name: given[name] for name in ("name", "sort") if name in given}


@method("crm.dealcategory.add", "crm", write=True, cost=0.2)
def add(call: Call) -> int:
    """Creates a funnel with its stages; returns the id."""
    return int(_by_new(call, crm_category.add, fields=_fields(call))["category"]["id"])


@method("crm.dealcategory.get", "crm")
def get(call: Call) -> dict[str, str]:
    """One funnel."""
    return _printed(call, _need(call))


@method("crm.dealcategory.list", "crm")
def listing(call: Call) -> Page:
    """The funnels besides the default one."""
    rows = [_printed(call, category) for category in _own(call)]
    passed = [row for row in rows if matches(row, call.mapping("filter"))]
    for name, direction in reversed(call.mapping("order").items()):
        passed = ordered(passed, name, str(direction))
    return paged(call, passed)


@method("crm.dealcategory.update", "crm", write=True, cost=0.1)
def update(call: Call) -> bool:
    """Renames or sorts a funnel."""
    _by_new(call, crm_category.update, id=_need(call).id, fields=_fields(call))
    return True


@method("crm.dealcategory.delete", "crm", write=True, cost=0.1)
def delete(call: Call) -> bool:
    """Deletes an empty funnel."""
    _by_new(call, crm_category.delete, id=_need(call).id)
    return True


@method("crm.dealcategory.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a funnel."""
    return {name: described(field) for name, field in _FIELDS.items()}


@method("crm.dealcategory.default.get", "crm")
def default_get(call: Call) -> dict[str, str]:
    """The default funnel."""
    categories = schema_of(call.portal).categories(DEAL)
    return _printed(call, next(category for category in categories if category.id == 0))


@method("crm.dealcategory.default.set", "crm", write=True)
def default_set(call: Call) -> bool:
    """Renames the default funnel: it cannot be another one."""
    if not str(call.get("name") or "").strip():
        raise refused("Name is not defined or invalid.")
    _by_new(call, crm_category.update, id=0, fields={"name": str(call.get("name"))})
    return True


@method("crm.dealcategory.status", "crm")
def status(call: Call) -> str:
    """The directory that holds the stages of a funnel."""
    number = call.integer("id", 0)
    return schema_of(call.portal).entity(DEAL).dictionary(_need(call).id if number else 0)


@method("crm.dealcategory.stage.list", "crm")
def stages(call: Call) -> list[dict[str, Any]]:
    """The stages of a funnel; of the default one without an id."""
    found = schema_of(call.portal).entity(DEAL).stages(call.integer("id", 0))
    return [{"NAME": stage.name, "SORT": stage.sort, "STATUS_ID": stage.code} for stage in found]
