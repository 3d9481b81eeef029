"""Products, parents of variations, variations and services: `catalog.product.*` (api-reference/catalog/product)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.crm import listing
from sandbox.crm.query import Operand
from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, events, method
from sandbox.methods.catalog_property import PROPERTY
from sandbox.methods.catalog_structure import NO_BLOCK, OFFERS, SKU_PROPERTY
from sandbox.plain import rights
from sandbox.plain.table import READ, Row
from sandbox.plain.verbs import check_arrays, fields_of
from sandbox.shop.products import (
    FAMILIES,
    NAMES,
    OFFER,
    PRODUCT,
    Family,
    find,
    printed,
    properties_of,
    read,
    whole,
)

# The rights that a verb needs, each with the code of its absence; a section is looked at when it is named.
_READ = ("read", READ)
_CHANGE = (_READ, ("product", 200040300040), ("block", 200040300043))
_NEEDED: dict[str, tuple[tuple[str, int], ...]] = {
    "get": (_READ, ("element", 200040300040)),
    "list": (_READ,),
    "fields": (_READ,),
    "change": _CHANGE,
    "delete": (("product", 200040300040), _READ),
}
_SECTION = ("section", 200040300050)
events("catalog", *(PRODUCT.event + what for what in ("ADD", "UPDATE", "DELETE")))


def allow(call: Call, what: str) -> None:
    """Refuses a caller without the rights that this needs."""
    rights.require(call, *_NEEDED[what])
    if what == "change" and not empty(call.mapping("fields").get("iblockSectionId")):
        rights.require(call, _SECTION)


def _lister(family: Family) -> Function:
    def listed(call: Call) -> Page:
        """A page of rows: `select` must hold `id` and `iblockId`, the filter `iblockId`."""
        allow(call, "list")
        check_arrays(call, "select", "filter", "order")
        chosen = [str(name) for name in call.listing("select")]
        lacking = [name for name in ("id", "iblockId") if name not in chosen and "*" not in chosen]
        if lacking:
            raise RestError(0, f"Required select fields: {', '.join(lacking)}")
        wanted = call.mapping("filter")
        block = next((value for name, value in wanted.items() if name.lstrip("=@") == "iblockId"), None)
        if empty(block):
            raise RestError(0, "Required filter fields: iblockId")
        source, order = _source(call, block), call.mapping("order")
        found = listing.find(call, source, wanted, order, extra=_of_types(family), whole=True)
        rows = [printed(call, family, dict(row)) for row in found.rows]
        if "*" not in chosen:
            rows = [{name: row[name] for name in chosen if name in row} for row in rows]
        return Page(rows, found.total, found.start, family.many)

    return listed


def _of_types(family: Family) -> tuple[str, list[Any]]:
    return f'"type" IN ({", ".join("?" * len(family.types))})', list(family.types)


def _source(call: Call, block: Any) -> listing.Source:
    """The table with the properties of its block as further names of filters."""
    PRODUCT.fill(call.portal)
    operands = dict(PRODUCT.source.operands)
    for number in properties_of(call, int(block)) if str(block).isdigit() else ():
        path = f"'$.\"{number}\"'"
        one = f"json_extract(properties, {path})"
        values = f"SELECT json_extract(e.value, '$.value') AS value FROM json_each({one}) AS e"
        single = f"SELECT json_extract({one}, '$.value') AS value"
        chosen = f"SELECT value FROM ({values} WHERE json_type({one}) = 'array' UNION ALL {single}"
        chosen += f" WHERE json_type({one}) = 'object')"
        operands[f"property{number}"] = Operand(f"EXISTS ({chosen} WHERE {{}})", "text", among=True)
    return listing.Source(PRODUCT.sql, operands, error=0, lenient=True)


def _getter(family: Family) -> Function:
    def got(call: Call) -> dict[str, Any]:
        """One row."""
        allow(call, "get")
        number = call.integer("id")
        if number <= 0:
            raise RestError(NO_BLOCK, "Iblock not found")
        return {family.one: whole(call, family, find(call, family, number))}

    return got


def _adder(family: Family) -> Function:
    def added(call: Call) -> dict[str, Any]:
        """Adds a row."""
        allow(call, "change")
        fields = fields_of(call)
        lacking = [name for name in ("iblockId", "name") if empty(fields.get(name))]
        if lacking:
            raise RestError(0, f"Required fields: {', '.join(lacking)}")
        values = read(call, family, fields, None)
        row = PRODUCT.insert(call, {**values, "type": _type_of(family, values)})
        return {family.changed: whole(call, family, PRODUCT.need(call, row["id"]))}

    return added


def _type_of(family: Family, values: Row) -> int:
    return OFFER if values["iblockId"] == OFFERS else family.types[0]


def _updater(family: Family) -> Function:
    def updated(call: Call) -> dict[str, Any]:
        """Changes a row."""
        allow(call, "change")
        number, fields = call.integer("id"), fields_of(call)
        before = find(call, family, number)
        row = PRODUCT.change(call, before, read(call, family, fields, before))
        return {family.changed: whole(call, family, row)}

    return updated


def _deleter(family: Family) -> Function:
    def deleted(call: Call) -> bool:
        """Deletes a row with its prices."""
        allow(call, "delete")
        row = PRODUCT.get(call.portal, call.integer("id"))
        if row is None or row["type"] not in family.types:
            raise RestError(NO_BLOCK, "Iblock not found")
        PRODUCT.remove(call, row)
        return True

    return deleted


def _describer(family: Family) -> Function:
    def described(call: Call) -> dict[str, Any]:
        """The fields of an information block's rows."""
        allow(call, "fields")
        wanted = call.mapping("filter")
        if not wanted:
            raise RestError(100, "Could not find value for parameter {filter}")
        if empty(wanted.get("iblockId")):
            raise RestError(0, "Required fields: iblockId")
        block = int(wanted["iblockId"])
        fields = {name: {**PRODUCT.by_name[name].described(), "name": NAMES[name]} for name in family.names}
        char = {"isImmutable": False, "isReadOnly": False, "isRequired": False, "type": "char"}
        fields["priceType"] = {**char, "name": "Тип оплаты"}
        if "quantityTrace" in family.names:
            fields["negativeAmountTrace"] = {**char, "isReadOnly": True, "name": "Отрицательный остаток"}
        fields |= {f"property{number}": _described(row) for number, row in properties_of(call, block).items()}
        if block == OFFERS:
            fields["parentId"] = _described(PROPERTY.need(call, SKU_PROPERTY))
        if "purchasingPrice" in fields:
            fields["purchasingPrice"]["type"] = "string"
        return {family.one: fields}

    return described


def _described(row: Row) -> dict[str, Any]:
    return {
        "isDynamic": True,
        "isImmutable": False,
        "isMultiple": row["multiple"] == "Y",
        "isReadOnly": False,
        "isRequired": row["isRequired"] == "Y",
        "name": row["name"],
        "propertyType": row["propertyType"],
        "type": "productproperty",
        "userType": row["userType"] or "",
    }


_VERBS: dict[str, Callable[[Family], Function]] = {
    "list": _lister,
    "get": _getter,
    "add": _adder,
    "update": _updater,
    "delete": _deleter,
    "getFieldsByFilter": _describer,
}
for _family in FAMILIES:
    for _verb, _make in _VERBS.items():
        _write = _verb in ("add", "update", "delete")
        method(f"{_family.stem}.{_verb}", "catalog", write=_write, cost=0.05 if _write else 0.01)(_make(_family))
