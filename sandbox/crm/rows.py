"""Product rows of items, and the sum they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.crm.values import flag, number
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_product_rows (id INTEGER PRIMARY KEY AUTOINCREMENT, ownerTypeId INTEGER NOT NULL,
        ownerId INTEGER NOT NULL, productId INTEGER NOT NULL DEFAULT 0, productName TEXT, price REAL NOT NULL DEFAULT 0,
        priceExclusive REAL, priceNetto REAL, priceBrutto REAL, quantity REAL NOT NULL DEFAULT 1,
        discountTypeId INTEGER NOT NULL DEFAULT 2, discountRate REAL NOT NULL DEFAULT 0,
        discountSum REAL NOT NULL DEFAULT 0,
        taxRate REAL, taxIncluded TEXT NOT NULL DEFAULT 'N', customized TEXT NOT NULL DEFAULT 'Y',
        measureCode INTEGER NOT NULL DEFAULT 796, measureName TEXT NOT NULL DEFAULT 'шт',
        sort INTEGER NOT NULL DEFAULT 10,
        xmlId TEXT NOT NULL DEFAULT '', type INTEGER NOT NULL DEFAULT 1, storeId INTEGER);
    CREATE INDEX IF NOT EXISTS crm_product_rows_owner ON crm_product_rows (ownerTypeId, ownerId);
    """
)

_FLOATS = ("price", "quantity", "discountRate", "discountSum", "taxRate", "priceExclusive", "priceNetto", "priceBrutto")
_WHOLES = ("productId", "discountTypeId", "measureCode", "sort", "type", "storeId")
_TEXTS = ("productName", "measureName", "xmlId")
COLUMNS = (*_WHOLES, *_TEXTS, *_FLOATS, "taxIncluded", "customized")
_CENT = Decimal("0.01")

Row = dict[str, Any]


def parse(fields: Mapping[str, Any]) -> Row:
    """The columns of a row from what a client sent; a number that is none is refused."""
    row: Row = {}
    for name, value in fields.items():
        try:
            if name in _FLOATS:
                row[name] = None if value in (None, "") else float(value)
            elif name in _WHOLES:
                row[name] = None if value in (None, "") else int(float(value))
            elif name in _TEXTS:
                row[name] = str(value or "")
            elif name in ("taxIncluded", "customized"):
                row[name] = flag(value)
        except (TypeError, ValueError):
            raise RestError("INVALID_ARG_VALUE", f"Неверное значение поля '{name}'") from None
    return {name: value for name, value in row.items() if value is not None or name in ("taxRate", "storeId")}


def priced(row: Row) -> Row:
    """The row with its derived prices: `price` is with tax and discount (api-reference/crm/data-types.md)."""
    price = Decimal(str(row.get("price") or 0))
    tax = Decimal(str(row.get("taxRate") or 0)) / 100
    exclusive = price / (1 + tax)
    rate, reduction = Decimal(str(row.get("discountRate") or 0)), Decimal(str(row.get("discountSum") or 0))
    if row.get("discountTypeId", 2) == 2:
        netto = exclusive / (1 - rate / 100) if rate < 100 else exclusive
        reduction = netto - exclusive
    else:
        netto = exclusive + reduction
        rate = reduction / netto * 100 if netto else Decimal(0)
    derived = {
        "priceExclusive": exclusive,
        "priceNetto": netto,
        "priceBrutto": netto * (1 + tax),
        "discountSum": reduction,
        "discountRate": rate,
    }
    return {**row, **{name: float(value.quantize(_CENT, ROUND_HALF_UP)) for name, value in derived.items()}}


def insert(store: Store, owner_type_id: int, owner_id: int, fields: Mapping[str, Any]) -> int:
    """Adds a row to an item; returns its id."""
    row = priced(_of_catalogue(store, parse(fields)))
    return store.insert("crm_product_rows", {**row, "ownerTypeId": owner_type_id, "ownerId": owner_id})


def _of_catalogue(store: Store, row: Row) -> Row:
    """A row of the catalogue's product takes over its name and its type."""
    if not row.get("productId") or (row.get("productName") and row.get("type")):
        return row
    product = store.one("SELECT name, type FROM plain_catalog_product WHERE id = ?", (row["productId"],))
    if product is None:
        return row
    return {**row, "productName": row.get("productName") or product["name"], "type": row.get("type") or product["type"]}


def replace(store: Store, owner_type_id: int, owner_id: int, entries: Sequence[Mapping[str, Any]]) -> None:
    """Sets the rows of an item as a whole."""
    forget(store, owner_type_id, owner_id)
    for entry in entries:
        insert(store, owner_type_id, owner_id, entry)


def of(store: Store, owner_type_id: int, owner_id: int) -> list[Row]:
    """The rows of an item in their order."""
    sql = "SELECT * FROM crm_product_rows WHERE ownerTypeId = ? AND ownerId = ? ORDER BY sort, id"
    return [dict(row) for row in store.rows(sql, (owner_type_id, owner_id))]


def total(rows: Sequence[Row]) -> Decimal:
    """The sum of the rows, to the kopeck."""
    amounts = (Decimal(str(row["price"])) * Decimal(str(row["quantity"])) for row in rows)
    return sum(amounts, Decimal(0)).quantize(_CENT, ROUND_HALF_UP)


def printed(row: Row, letter: str) -> dict[str, Any]:
    """A row as crm.item.productrow.* prints it; `letter` is the abbreviation of the owner's type."""
    floats = {name: number(row[name]) for name in _FLOATS}
    return {
        "id": row["id"],
        "ownerId": row["ownerId"],
        "ownerType": letter,
        **{name: row[name] for name in (*_WHOLES, *_TEXTS, "taxIncluded", "customized")},
        **floats,
        "priceAccount": floats["price"],
    }


def forget(store: Store, owner_type_id: int, owner_id: int) -> None:
    """Removes the rows of an item."""
    store.execute("DELETE FROM crm_product_rows WHERE ownerTypeId = ? AND ownerId = ?", (owner_type_id, owner_id))
