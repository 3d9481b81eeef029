"""Product rows: `crm.item.productrow.*` and the old `crm.deal.productrows.*` (crm/universal/product-rows)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.crm import drafts, items, rows
from sandbox.crm.declarations import entity_type_of
from sandbox.crm.fields import upper_name
from sandbox.crm.listing import Source, find, operands
from sandbox.crm.records import described, parse
from sandbox.crm.schema import Entity, schema_of
from sandbox.crm.values import number as plain_number
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method
from sandbox.methods.crm_old import NAMES, translated
from sandbox.shop.ties import taken

# crm-item-productrow-fields.md
_FIELDS = parse(
    """
id              integer ro       | ID
ownerId         integer req imm  | Идентификатор владельца
ownerType       string req imm   | Тип владельца
productId       integer req      | Товар
productName     string           | Название товара
price           double           | Цена
priceExclusive  double ro        | Цена со скидкой без налога
priceNetto      double ro        | Цена без скидки и налога
priceBrutto     double ro        | Цена без скидки с налогом
quantity        double           | Количество
discountTypeId  integer          | Тип скидки
discountRate    double           | Величина скидки
discountSum     double           | Сумма скидки
taxRate         double           | Налог
taxIncluded     char             | Налог включён в цену
customized      char             | Изменён
measureCode     integer          | Код единицы измерения
measureName     string           | Единица измерения
sort            integer          | Сортировка
type            integer          | Тип товара
storeId         integer          | Склад
"""
)
_KINDS = {"integer": "int", "double": "float"}
_COLUMNS = {name: (name, _KINDS.get(field.type, "text")) for name, field in _FIELDS.items() if name != "ownerType"}
# Clients that walk by ids write ID.
_ROWS = Source("crm_product_rows", operands({**_COLUMNS, "ID": _COLUMNS["id"]}))
# crm-deal-productrows-get.md: the order of the keys too.
_OLD_ORDER = """
ID OWNER_ID OWNER_TYPE PRODUCT_ID PRODUCT_NAME ORIGINAL_PRODUCT_NAME PRODUCT_DESCRIPTION PRICE PRICE_EXCLUSIVE
PRICE_NETTO PRICE_BRUTTO PRICE_ACCOUNT QUANTITY DISCOUNT_TYPE_ID DISCOUNT_RATE DISCOUNT_SUM TAX_RATE TAX_INCLUDED
CUSTOMIZED MEASURE_CODE MEASURE_NAME SORT XML_ID TYPE STORE_ID RESERVE_ID DATE_RESERVE_END RESERVE_QUANTITY
"""
_OLD_NAMES = tuple(_OLD_ORDER.split())


def _owner(call: Call, letter: Any, number: Any) -> tuple[Entity, int]:
    """The item that rows belong to, by its type's abbreviation (`D`, `T80`, `SI`)."""
    entity_type_id = entity_type_of(str(letter or ""))
    if entity_type_id is None or not str(number or "").isdigit():
        raise RestError("OWNER_NOT_FOUND", "Owner was not found")
    try:
        entity = schema_of(call.portal).entity(entity_type_id)
        items.owned(call, entity, int(number))
    except RestError as refusal:
        if refusal.code == "NOT_FOUND":
            raise RestError("OWNER_NOT_FOUND", "Owner was not found") from None
        raise
    return _with_products(entity), int(number)


def _with_products(entity: Entity) -> Entity:
    """The type, when its items have product rows: smart processes may be switched not to have them."""
    if "opportunity" not in entity.fields:
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "Работа с данным типом объектов не поддерживается")
    return entity


def recount(call: Call, entity: Entity, number: int) -> None:
    """The rows have changed: the item's sum follows them unless it is set by hand."""
    item = items.owned(call, entity, number)
    if "opportunity" not in entity.fields or item["isManualOpportunity"] == "Y":
        return
    found = rows.of(call.portal.store, entity.id, number)
    draft = drafts.Draft(columns={"opportunity": float(rows.total(found))})
    items.change(call, entity, number, draft)


def _printed(call: Call, entity: Entity, number: int) -> list[dict[str, Any]]:
    letter = entity.declaration.letter
    return [rows.printed(row, letter) for row in rows.of(call.portal.store, entity.id, number)]


@method("crm.item.productrow.list", "crm")
def listing(call: Call) -> Page:
    """The rows of one item: the filter must hold `=ownerType` and `=ownerId`."""
    wanted = {key.lstrip("="): value for key, value in call.mapping("filter").items()}
    entity, number = _owner(call, wanted.pop("ownerType", None), wanted.pop("ownerId", None))
    own = ('"ownerTypeId" = ? AND "ownerId" = ?', [entity.id, number])
    order = call.mapping("order") or {"sort": "ASC"}
    found = find(call, _ROWS, wanted, order, extra=own)
    printed = [rows.printed(dict(row), entity.declaration.letter) for row in found.rows]
    return Page(printed, found.total, found.start, "productRows")


@method("crm.item.productrow.set", "crm", write=True, cost=0.1)
def set_rows(call: Call) -> dict[str, Any]:
    """Replaces the whole list of rows."""
    entity, number = _owner(call, call.need("ownerType"), call.need("ownerId"))
    entries = [entry for entry in call.listing("productRows") if isinstance(entry, dict)]
    rows.replace(call.portal.store, entity.id, number, entries)
    recount(call, entity, number)
    return {"productRows": _printed(call, entity, number)}


@method("crm.item.productrow.add", "crm", write=True, cost=0.05)
def add(call: Call) -> dict[str, Any]:
    """Adds one row."""
    if call.get("fields") is None:
        raise missing("fields")
    fields = call.mapping("fields")
    entity, number = _owner(call, fields.get("ownerType"), fields.get("ownerId"))
    row_id = rows.insert(call.portal.store, entity.id, number, fields)
    recount(call, entity, number)
    return {"productRow": _shown(call, _row(call, row_id))}


def _row(call: Call, number: int) -> dict[str, Any]:
    row = call.portal.store.one("SELECT * FROM crm_product_rows WHERE id = ?", (number,))
    if row is None:
        raise RestError("NOT_FOUND", "Элемент не найден")
    return dict(row)


def _entity(call: Call, row: dict[str, Any]) -> Entity:
    return _with_products(schema_of(call.portal).entity(row["ownerTypeId"]))


def _shown(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    return rows.printed(row, _entity(call, row).declaration.letter)


@method("crm.item.productrow.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One row."""
    row = _row(call, call.integer("id"))
    items.owned(call, _entity(call, row), row["ownerId"])
    return {"productRow": _shown(call, row)}


@method("crm.item.productrow.update", "crm", write=True, cost=0.05)
def update(call: Call) -> dict[str, Any]:
    """Changes one row."""
    row = _row(call, call.integer("id"))
    changed = rows.priced({**{name: row[name] for name in rows.COLUMNS}, **rows.parse(call.mapping("fields"))})
    sets = ", ".join(f"{name} = ?" for name in changed)
    call.portal.store.execute(f"UPDATE crm_product_rows SET {sets} WHERE id = ?", (*changed.values(), row["id"]))
    recount(call, _entity(call, row), row["ownerId"])
    return {"productRow": _shown(call, _row(call, row["id"]))}


@method("crm.item.productrow.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> None:
    """Deletes one row; the answer is null."""
    row = _row(call, call.integer("id"))
    call.portal.store.execute("DELETE FROM crm_product_rows WHERE id = ?", (row["id"],))
    recount(call, _entity(call, row), row["ownerId"])


@method("crm.item.productrow.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a row."""
    return {"fields": {name: described(field) for name, field in _FIELDS.items()}}


@method("crm.item.productrow.getAvailableForPayment", "crm")
def available(call: Call) -> dict[str, Any]:
    """What of the rows no payment covers yet: nothing of a paid item, else their quantities less those in payments."""
    entity, number = _owner(call, call.need("ownerType"), call.need("ownerId"))
    sql = "SELECT ifnull(sum(sum), 0) FROM sale_payments WHERE ownerTypeId = ? AND ownerId = ? AND paid = 'Y'"
    paid = call.portal.store.value(sql, (entity.id, number))
    total = rows.total(rows.of(call.portal.store, entity.id, number))
    printed = [] if total and Decimal(str(paid)) >= total else _printed(call, entity, number)
    left = [{**row, "quantity": plain_number(row["quantity"] - taken(call, row["id"]))} for row in printed]
    return {"productRows": [row for row in left if row["quantity"] > 0]}


# --- the old methods ---------------------------------------------------------------------------


def _camel(name: str) -> str:
    head, *tail = name.lower().split("_")
    return head + "".join(part.capitalize() for part in tail)


def _old(row: dict[str, Any]) -> dict[str, Any]:
    """A row in upper case, with what only the old methods print (crm-deal-productrows-get.md)."""
    texts = {"id": str(row["id"]), "ownerId": str(row["ownerId"]), "priceAccount": f"{row['price'] or 0:.2f}"}
    found = {upper_name(key): value for key, value in {**row, **texts}.items()}
    found["ORIGINAL_PRODUCT_NAME"] = row["productName"]
    return {name: found.get(name) for name in _OLD_NAMES}


def _numbered(call: Call, entity: Entity) -> int:
    try:
        number = int(call.get("id") or 0)
    except (TypeError, ValueError):
        number = 0
    if number <= 0:
        raise RestError("", "The parameter id is invalid or not defined.")
    items.owned(call, entity, number)
    return number


def old_get(call: Call, entity: Entity) -> list[dict[str, Any]]:
    """The rows of an item in upper case."""
    return [_old(row) for row in _printed(call, entity, _numbered(call, entity))]


def _gift(entry: dict[str, Any]) -> bool:
    """Whether a row is given away in percent without saying what it cost: its price cannot be counted back."""
    percent = str(entry.get("discountTypeId") or "2") == "2"
    return percent and str(entry.get("discountRate") or "0") in ("100", "100.0") and not entry.get("discountSum")


def old_set(call: Call, entity: Entity) -> bool:
    """Replaces the rows of an item."""
    number = _numbered(call, entity)
    if not isinstance(call.get("rows"), (list, dict)):
        raise RestError("", "The parameter rows must be array.")
    entries = [entry for entry in call.listing("rows") if isinstance(entry, dict)]
    converted = [{_camel(str(key)): value for key, value in entry.items()} for entry in entries]
    if any(_gift(entry) for entry in converted):
        text = (
            "Discount Sum (DISCOUNT_SUM) is required if Percentage Discount Type (DISCOUNT_TYPE_ID) is defined"
            " and Discount Rate (DISCOUNT_RATE) is 100%"
        )
        raise RestError("ERROR_CORE", text)
    rows.replace(call.portal.store, entity.id, number, converted)
    recount(call, entity, number)
    return True


for _name in ("lead", "deal", "quote"):
    method(f"crm.{_name}.productrows.get", "crm")(translated(old_get, NAMES[_name]))
    method(f"crm.{_name}.productrows.set", "crm", write=True)(translated(old_set, NAMES[_name]))
