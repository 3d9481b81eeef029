"""What products hang on: `catalog.catalog`, `.section`, `.measure`, `.ratio`, `.vat`, `.extra`, `.enum`."""

from __future__ import annotations

from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, page, serve

# The two information blocks of a portal: products, and the variations that belong to them.
PRODUCTS, OFFERS = 14, 15
SKU_PROPERTY = 97
NO_BLOCK = 200040300000

CATALOG = serve(
    Table(
        "catalog.catalog",
        "catalog",
        "catalogs",
        columns(
            "*=iblockId:integer -iblockTypeId:integer -id:integer -lid:string -name:string productIblockId:integer"
            " skuPropertyId:integer subscription:char vatId:integer"
        ),
        absent=(0, "Catalog does not exist"),
        rights=dict.fromkeys(("list", "get"), (("read", 200040300010), ("catalog", 200040300030))),
        defaults={"iblockTypeId": 0, "lid": "s1", "subscription": "N"},
        seeds=(
            {"id": PRODUCTS, "iblockId": PRODUCTS, "name": "Товарный каталог CRM"},
            {
                "id": OFFERS,
                "iblockId": OFFERS,
                "name": "Товарный каталог CRM (предложения)",
                "productIblockId": PRODUCTS,
                "skuPropertyId": SKU_PROPERTY,
            },
        ),
    ),
    "list",
    "get",
    "getFields",
)

VAT = serve(
    Table(
        "catalog.vat",
        "vat",
        "vats",
        columns("active:char -id:integer *name:string *rate:double sort:integer timestampX:datetime"),
        absent=(200800000000, "VAT rate does not exist"),
        defaults={"active": "Y", "sort": 100},
        stamps={"timestampX": "now"},
        seeds=(
            {"id": 1, "name": "Без НДС", "sort": 100},
            {"id": 2, "name": "НДС 0%", "rate": 0.0, "sort": 200},
            {"id": 3, "name": "НДС 20%", "rate": 20.0, "sort": 300},
        ),
    )
)

EXTRA = serve(
    Table(
        "catalog.extra",
        "extra",
        "extras",
        columns("-id:integer *name:string *percentage:double"),
        absent=(202000000000, "Extra does not exist"),
        seeds=({"id": 1, "name": "Стандартная наценка", "percentage": 5.1},),
    ),
    "list",
    "get",
    "getFields",
)


@method("catalog.catalog.isOffers", "catalog")
def is_offers(call: Call) -> bool:
    """Whether the information block holds variations."""
    allow(call, CATALOG, "get")
    return CATALOG.need(call, call.integer("id"))["productIblockId"] is not None


_NAMES = ("id", "code", "measureTitle", "symbol", "symbolIntl", "symbolLetterIntl", "isDefault")
_MEASURES = tuple(
    dict(zip(_NAMES, values, strict=True))
    for values in (
        (1, 6, "Метр", "м", "m", "MTR", "N"),
        (2, 112, "Литр", "л", "l", "LTR", "N"),
        (3, 163, "Грамм", "г", "g", "GRM", "N"),
        (4, 166, "Килограмм", "кг", "kg", "KGM", "N"),
        (5, 796, "Штука", "шт", "pc. 1", "PCE. NMB", "Y"),
    )
)


def _measure_rules(call: Call, values: Row, before: Row | None) -> None:
    """Codes are unique, and at most one measure is the usual one."""
    own = before["id"] if before else None
    for row in MEASURE.where(call.portal):
        if row["id"] == own:
            continue
        if "code" in values and row["code"] == values["code"]:
            raise RestError(200600000000, "Measure with this code already exists")
        if values.get("isDefault") == "Y" and row["isDefault"] == "Y":
            raise RestError(200600000010, "Default measure already exists")


MEASURE = serve(
    Table(
        "catalog.measure",
        "measure",
        "measures",
        columns(
            "*code:integer -id:integer isDefault:char *measureTitle:string symbol:string symbolIntl:string"
            " symbolLetterIntl:string"
        ),
        absent=(200600000020, "Measure does not exist"),
        defaults={"isDefault": "N"},
        check=_measure_rules,
        event="CATALOG.MEASURE.ON.",
        also=("ONCRMMEASURE",),
        seeds=_MEASURES,
    )
)

RATIO = serve(
    Table(
        "catalog.ratio",
        "ratio",
        "ratios",
        columns("-id:integer isDefault:char *productId:integer *ratio:double"),
        absent=(0, "Measure ratio does not exist"),
        defaults={"isDefault": "Y", "ratio": 1.0},
    ),
    "list",
    "get",
    "getFields",
)


def _section_rules(call: Call, values: Row, before: Row | None) -> None:
    if "iblockId" in values and CATALOG.get(call.portal, values["iblockId"]) is None:
        raise RestError(200700300050, "Information block does not exist")
    block = values.get("iblockId") or (before or {})["iblockId"]
    parent = values.get("iblockSectionId")
    if parent and not SECTION.where(call.portal, id=parent, iblockId=block):
        wrong = 200700300000 if before is None else 200700300010
        raise RestError(wrong, "Wrong parent section")
    code = values.get("code")
    if not empty(code) and any(
        row["id"] != (before or {}).get("id") for row in SECTION.where(call.portal, code=code, iblockId=block)
    ):
        raise RestError(200700300040, "Section with this code already exists")


SECTION = serve(
    Table(
        "catalog.section",
        "section",
        "sections",
        columns(
            "active:char code:string description:string descriptionType:string *iblockId:integer"
            " iblockSectionId:integer -id:integer *name:string sort:integer xmlId:string"
        ),
        absent=(200700300030, "Section does not exist"),
        defaults={"active": "Y", "sort": 500, "descriptionType": "text"},
        denied={
            "list": 200040300030,
            "get": 200040300040,
            "add": 200040300040,
            "update": 200040300040,
            "delete": 200040300050,
        },
        check=_section_rules,
        also=("ONCRMPRODUCTSECTION",),
    ),
    "get",
    "add",
    "update",
    "delete",
)


@method("catalog.section.getFields", "catalog")
def section_fields(call: Call) -> dict[str, Any]:
    """The fields of a section, for everybody."""
    return {SECTION.one: SECTION.described()}


@method("catalog.section.list", "catalog")
def sections(call: Call) -> Page:
    """A page of sections; the filter must name the information block."""
    allow(call, SECTION, "list")
    return page(call, SECTION)


@method("catalog.enum.getRoundTypes", "catalog")
def round_types(call: Call) -> dict[str, Any]:
    """The ways of rounding a price."""
    names = {1: "Математическое", 2: "В пользу магазина", 4: "В пользу клиента"}
    return {"enum": [{"id": number, "name": name} for number, name in names.items()]}


@method("catalog.enum.getStoreDocumentTypes", "catalog")
def store_document_types(call: Call) -> dict[str, Any]:
    """The kinds of documents of the store."""
    return {"enum": [{"id": letter, "name": name} for letter, name in DOCUMENT_TYPES.items()]}


DOCUMENT_TYPES = {
    "A": "Приход товара на склад",
    "S": "Оприходование товара",
    "M": "Перемещение товара между складами",
    "R": "Возврат товара",
    "D": "Списание товара",
}
