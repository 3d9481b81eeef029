"""Prices and their types: `catalog.price`, `.priceType`, `.priceTypeGroup`, `.priceTypeLang`, `.roundingRule`."""

from __future__ import annotations

from typing import Any

from sandbox.crm.values import number as plain_number
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, fields_of, require, serve

_LANGUAGES = ("ru", "en", "de", "ar", "br", "fr", "id", "it", "ja", "kz", "la", "ms", "pl", "sc", "tc", "tr", "vn")


def _one_base(call: Call, row: Row, what: str) -> None:
    """There is one base price: a new one takes the mark from the old."""
    if row["base"] == "Y":
        sql = f"UPDATE \"{PRICE_TYPE.sql}\" SET base = 'N' WHERE id <> ?"
        call.portal.store.execute(sql, (row["id"],))


def _keep_base(call: Call, row: Row) -> None:
    if row["base"] == "Y":
        raise RestError("BASE", "Base price type cannot be deleted")


PRICE_TYPE = serve(
    Table(
        "catalog.priceType",
        "priceType",
        "priceTypes",
        columns(
            "base:string -createdBy:integer -dateCreate:datetime -id:integer -modifiedBy:integer *name:string"
            " sort:integer -timestampX:datetime xmlId:string"
        ),
        absent=(201000000000, "Price type does not exist"),
        defaults={"base": "N", "sort": 100},
        stamps={"timestampX": "now", "modifiedBy": "user"},
        births={"dateCreate": "now", "createdBy": "user"},
        saved=_one_base,
        before_delete=_keep_base,
        event="CATALOG.PRICE.TYPE.ON.",
        seeds=(
            {
                "id": 1,
                "name": "BASE",
                "base": "Y",
                "xmlId": "BASE",
                "createdBy": 1,
                "modifiedBy": 1,
                "dateCreate": 1693385021,
                "timestampX": 1693385021,
            },
        ),
    )
)


def _group_rules(call: Call, values: Row, before: Row | None) -> None:
    if PRICE_TYPE.get(call.portal, values["catalogGroupId"]) is None:
        raise RestError(0, "The specified price type does not exist")
    if values["groupId"] not in range(1, 1000):
        raise RestError(0, "The specified group does not exist")
    if values["access"] not in ("Y", "N"):
        raise RestError(0, "Invalid access type provided. The available values are: Y, N")
    same = {name: values[name] for name in ("catalogGroupId", "groupId", "access")}
    if PRICE_TYPE_GROUP.where(call.portal, **same):
        raise RestError(0, "The specified access type for this group already exists")


PRICE_TYPE_GROUP = serve(
    Table(
        "catalog.priceTypeGroup",
        "priceTypeGroup",
        "priceTypeGroups",
        columns("*access:char *catalogGroupId:integer *groupId:integer =id:integer"),
        absent=(0, "Entity does not exist"),
        check=_group_rules,
        seeds=(
            {"id": 1, "access": "Y", "catalogGroupId": 1, "groupId": 1},
            {"id": 2, "access": "N", "catalogGroupId": 1, "groupId": 2},
        ),
    ),
    "list",
    "add",
    "delete",
    "getFields",
)


def _lang_rules(call: Call, values: Row, before: Row | None) -> None:
    row = {**(before or {}), **values}
    if row["lang"] not in _LANGUAGES:
        raise RestError(201200000010, "Language does not exist")
    if PRICE_TYPE.get(call.portal, row["catalogGroupId"]) is None:
        raise RestError(201000000000, "Price type does not exist")
    twins = PRICE_TYPE_LANG.where(call.portal, catalogGroupId=row["catalogGroupId"], lang=row["lang"])
    if any(twin["id"] != row.get("id") for twin in twins):
        raise RestError(400, "Translation for this price type and language already exists")


PRICE_TYPE_LANG = serve(
    Table(
        "catalog.priceTypeLang",
        "priceTypeLang",
        "priceTypeLangs",
        columns("*catalogGroupId:integer =id:integer *lang:string *name:string"),
        absent=(201200000000, "Price type translation does not exist"),
        check=_lang_rules,
        seeds=(
            {"id": 1, "catalogGroupId": 1, "lang": "ru", "name": "Розничная цена"},
            {"id": 2, "catalogGroupId": 1, "lang": "de", "name": "Einzelhandelspreis"},
        ),
    )
)


@method("catalog.priceTypeLang.getLanguages", "catalog")
def languages(call: Call) -> Page:
    """The languages into which names of price types are translated."""
    allow(call, PRICE_TYPE_LANG, "list")
    rows = [{"active": "Y", "lid": code, "name": code} for code in sorted(_LANGUAGES)]
    return Page(rows, len(rows), 0, "languages")


ROUNDING_RULE = serve(
    Table(
        "catalog.roundingRule",
        "roundingRule",
        "roundingRules",
        columns(
            "*catalogGroupId:integer -createdBy:integer -dateCreate:datetime -dateModify:datetime -id:integer"
            " -modifiedBy:integer *price:double *roundPrecision:double *roundType:integer"
        ),
        absent=(200900000000, "Rounding rule does not exist"),
        stamps={"dateModify": "now", "modifiedBy": "user"},
        births={"dateCreate": "now", "createdBy": "user"},
        event="CATALOG.ROUNDING.ON.",
    )
)


def _price_rules(call: Call, values: Row, before: Row | None) -> None:
    """A product has one price of a type; `priceScale` follows the price."""
    row = {**(before or {}), **values}
    if PRICE_TYPE.get(call.portal, row["catalogGroupId"]) is None:
        raise RestError(0, "Validate price error. Catalog price group is wrong")
    twins = PRICE.where(call.portal, productId=row["productId"], catalogGroupId=row["catalogGroupId"])
    if any(twin["id"] != row.get("id") for twin in twins):
        raise RestError(
            0,
            "Validate price error. Catalog product is allowed has only single price without ranges in price group",
        )
    values["priceScale"] = row["price"]


def _without_scale(call: Call, row: Row, printed: Row) -> None:
    """Only `modify` prints the price in the base currency."""
    del printed["priceScale"]


PRICE = serve(
    Table(
        "catalog.price",
        "price",
        "prices",
        columns(
            "*=catalogGroupId:integer *currency:string extraId:integer -id:integer *price:double -priceScale:double"
            " *=productId:integer quantityFrom:integer quantityTo:integer -timestampX:datetime"
        ),
        absent=("", "Price does not exist"),
        rights={
            **dict.fromkeys(("list", "get", "getFields"), (("read", 200040300010),)),
            **dict.fromkeys(("add", "delete"), (("price", 200040300020),)),
            "update": (("price", 200040300020), ("product", 200040300030)),
        },
        stamps={"timestampX": "now"},
        required_on_update=("price", "currency"),
        check=_price_rules,
        shown=_without_scale,
        event="CATALOG.PRICE.ON.",
    )
)


@method("catalog.price.modify", "catalog", write=True, cost=0.05)
def modify(call: Call) -> dict[str, Any]:
    """Makes the prices of a product these: named ones are changed, others added, absent ones deleted."""
    allow(call, PRICE, "update")
    product = fields_of(call).get("product")
    wanted = product if isinstance(product, dict) else {}
    lacking = [name for name in ("id", "prices") if not wanted.get(name)]
    if lacking:
        raise RestError(0, f"Required fields: {', '.join(lacking)}")
    number, entries = int(wanted["id"]), _values(wanted["prices"])
    have = {row["id"]: row for row in PRICE.where(call.portal, productId=number)}
    _one_of_a_type(entries)
    kept = {int(entry["id"]) for entry in entries if entry.get("id")}
    for row in have.values():
        if row["id"] not in kept:
            PRICE.remove(call, row)
    rows = [_modified(call, have.get(int(entry.get("id") or 0)), {**entry, "productId": number}) for entry in entries]
    return {"prices": [{**PRICE.printed(call, row), "priceScale": plain_number(row["priceScale"])} for row in rows]}


def _values(entries: Any) -> list[dict[str, Any]]:
    found = entries.values() if isinstance(entries, dict) else entries
    return [entry for entry in found if isinstance(entry, dict)]


def _one_of_a_type(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        require(PRICE, {**entry, "productId": 1}, None)
    types = [int(entry["catalogGroupId"]) for entry in entries]
    if len(set(types)) < len(types):
        raise RestError(
            0,
            "Validate price error. Catalog product is allowed to have only a single price without ranges"
            " in the price group",
        )


def _modified(call: Call, before: Row | None, fields: dict[str, Any]) -> Row:
    values = PRICE.read(call, fields, before)
    return PRICE.insert(call, values) if before is None else PRICE.change(call, before, values)
