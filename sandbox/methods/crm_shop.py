"""The CRM's older names for the catalogue: `crm.catalog`, `.productsection`, `.vat`, `.measure`, `.persontype`,
`.paysystem` (api-reference/crm/outdated)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events, method
from sandbox.methods.catalog_structure import CATALOG, MEASURE, PRODUCTS, SECTION, VAT
from sandbox.shop.old import Old, serve_old
from sandbox.shop.registers import PAY_SYSTEM, PERSON_TYPE

for _stem in ("ONCRMMEASURE", "ONCRMPRODUCT", "ONCRMPRODUCTSECTION", "ONCRMPRODUCTPROPERTY"):
    events("crm", *(_stem + what for what in ("ADD", "UPDATE", "DELETE")))

serve_old(
    Old("crm.catalog", CATALOG, {"ID": "id", "NAME": "name"}, blank=("ORIGINATOR_ID", "ORIGIN_ID", "XML_ID")),
    "get",
    "list",
    "fields",
)
serve_old(
    Old(
        "crm.productsection",
        SECTION,
        {
            "ID": "id",
            "CATALOG_ID": "iblockId",
            "SECTION_ID": "iblockSectionId",
            "NAME": "name",
            "XML_ID": "xmlId",
            "CODE": "code",
        },
        fixed={"iblockId": PRODUCTS},
    )
)
serve_old(
    Old(
        "crm.measure",
        MEASURE,
        {
            "ID": "id",
            "CODE": "code",
            "MEASURE_TITLE": "measureTitle",
            "SYMBOL_RUS": "symbol",
            "SYMBOL_INTL": "symbolIntl",
            "SYMBOL_LETTER_INTL": "symbolLetterIntl",
            "IS_DEFAULT": "isDefault",
        },
    )
)

_INVALID = RestError("Invalid identifier.", "An invalid identifier was provided.")
_VAT = Old(
    "crm.vat",
    VAT,
    {"ID": "id", "TIMESTAMP_X": "timestampX", "ACTIVE": "active", "C_SORT": "sort", "NAME": "name", "RATE": "rate"},
    absent=_INVALID,
    wrong=RestError("Invalid parameters.", "Invalid parameters were provided."),
    denied=RestError("Access denied.", "No rights to perform the operation."),
    unknown=RestError("Inadmissible fields for selection", "Invalid fields were provided for selection."),
    money=("RATE",),
    answers_id=True,
)
serve_old(_VAT, "list", "update", "delete", "add")
_SIZES = {"ID": "11", "ACTIVE": "1", "C_SORT": "18", "NAME": "50", "RATE": "18,2"}
_TITLES = {
    **{"ID": "ID", "TIMESTAMP_X": "Дата изменения", "ACTIVE": "Активность", "C_SORT": "Сортировка"},
    **{"NAME": "Название", "RATE": "Ставка"},
}


@method("crm.vat.get", "crm")
def vat_get(call: Call) -> dict[str, Any]:
    """One rate; the moment of its change is left out."""
    row = VAT.get(call.portal, call.get("id"))
    if row is None:
        raise RestError("VAT rate not found.", "VAT rate not found.")
    return {name: value for name, value in _VAT.shown(call, row).items() if name != "TIMESTAMP_X"}


@method("crm.vat.fields", "crm")
def vat_fields(call: Call) -> dict[str, Any]:
    """The fields of a rate with the sizes of their columns."""
    printed: dict[str, Any] = {}
    for name, column in _VAT.names.items():
        own = VAT.by_name[column]
        size = {"size": _SIZES[name]} if name in _SIZES else {}
        kind = "string" if own.type == "char" else own.type
        read_only = name in ("ID", "TIMESTAMP_X")
        printed[name] = {"type": kind, **size, "isRequired": False, "isReadOnly": read_only, "title": _TITLES[name]}
    return printed


serve_old(Old("crm.persontype", PERSON_TYPE, {"ID": "id", "NAME": "name"}), "list", "fields")


def _pay_system(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("NAME", "ACTIVE", "SORT", "DESCRIPTION", "PERSON_TYPE_ID", "ACTION_FILE")
    return {"ID": str(row["id"]), **{name: None if row[name] is None else str(row[name]) for name in kept}}


@method("crm.paysystem.list", "crm")
def pay_systems(call: Call) -> Page:
    """The pay systems."""
    rows = [_pay_system(row) for row in PAY_SYSTEM.where(call.portal)]
    return Page(rows, len(rows))


@method("crm.paysystem.fields", "crm")
def pay_system_fields(call: Call) -> dict[str, Any]:
    """The fields of a pay system; all are read only."""
    kinds = {"ID": "integer", "SORT": "integer", "PERSON_TYPE_ID": "integer", "ACTIVE": "char"}
    names = ("ID", "NAME", "ACTIVE", "SORT", "DESCRIPTION", "PERSON_TYPE_ID", "ACTION_FILE", "HANDLER", "HANDLER_CODE")
    flags = {"isRequired": False, "isReadOnly": True, "isImmutable": False, "isMultiple": False, "isDynamic": False}
    return {name: {"type": kinds.get(name, "string"), **flags, "title": name} for name in names}
