"""Payments of deals and invoices: an unpaid payment covers what the object still lacks."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.crm import happenings
from sandbox.crm.schema import DEAL, INVOICE, Entity, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS sale_orders (id INTEGER PRIMARY KEY AUTOINCREMENT, ownerTypeId INTEGER NOT NULL,
        ownerId INTEGER NOT NULL, createdTime INTEGER, UNIQUE (ownerTypeId, ownerId));
    CREATE TABLE IF NOT EXISTS sale_payments (id INTEGER PRIMARY KEY AUTOINCREMENT, orderId INTEGER NOT NULL,
        ownerTypeId INTEGER NOT NULL, ownerId INTEGER NOT NULL, accountNumber TEXT NOT NULL, sum REAL NOT NULL,
        currency TEXT NOT NULL, paid TEXT NOT NULL DEFAULT 'N', datePaid INTEGER, empPaidId INTEGER,
        dateBill INTEGER, paySystemId INTEGER NOT NULL, responsibleId INTEGER, xmlId TEXT NOT NULL DEFAULT '',
        comments TEXT NOT NULL DEFAULT '', payVoucherNum TEXT NOT NULL DEFAULT '', payVoucherDate INTEGER,
        companyId INTEGER, id1c TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS sale_payments_owner ON sale_payments (ownerTypeId, ownerId);
    CREATE INDEX IF NOT EXISTS sale_payments_order ON sale_payments (orderId);
    """
)
# on-payment-deleted.md names the event of a deletion without ENTITY.
events("sale", "ONPAYMENTENTITYSAVED", "ONPAYMENTDELETED")

PAY_SYSTEMS = {1: "Банковский перевод (компания)", 6: "Наличные"}
PAYABLE = (DEAL, INVOICE)
_CENT = Decimal("0.01")

Row = dict[str, Any]


def order_of(store: Store, entity_type_id: int, item_id: int, now: int) -> int:
    """The order behind an item; the first payment makes it."""
    found = store.value("SELECT id FROM sale_orders WHERE ownerTypeId = ? AND ownerId = ?", (entity_type_id, item_id))
    if found is not None:
        return int(found)
    return store.insert("sale_orders", {"ownerTypeId": entity_type_id, "ownerId": item_id, "createdTime": now})


def of(store: Store, entity_type_id: int, item_id: int) -> list[Row]:
    """The payments of an item in the order of their ids."""
    sql = "SELECT * FROM sale_payments WHERE ownerTypeId = ? AND ownerId = ? ORDER BY id"
    return [dict(row) for row in store.rows(sql, (entity_type_id, item_id))]


def remainder(store: Store, entity: Entity, item: Row) -> Decimal:
    """What the item's payments, paid or not, do not cover yet; never below zero."""
    covered = sum((Decimal(str(row["sum"])) for row in of(store, entity.id, item["id"])), Decimal(0))
    return max(Decimal(str(item["opportunity"] or 0)) - covered, Decimal(0)).quantize(_CENT, ROUND_HALF_UP)


def create(call: Call, entity: Entity, item: Row, fields: Row) -> int:
    """Adds a payment; without `sum` it covers the remainder. Returns its id."""
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    order = order_of(store, entity.id, item["id"], now)
    count = store.value("SELECT count(*) FROM sale_payments WHERE orderId = ?", (order,))
    amount = fields.get("sum")
    row = {
        "paySystemId": 1,
        "currency": item["currencyId"] or entity.schema.base_currency,
        "dateBill": now,
        "responsibleId": call.user,
        "companyId": item.get("companyId"),
        **fields,
        "orderId": order,
        "ownerTypeId": entity.id,
        "ownerId": item["id"],
        "accountNumber": f"{order}/{count + 1}",
        "sum": float(amount if amount is not None else remainder(store, entity, item)),
        "paid": "N",
    }
    if call.forced_id is not None:
        row["id"] = call.forced_id
    payment = store.insert("sale_payments", row)
    _saved(call, payment)
    if fields.get("paid") == "Y":
        settle(call, payment, paid=True)
    return payment


def _saved(call: Call, payment: int) -> None:
    call.portal.emit("ONPAYMENTENTITYSAVED", {"FIELDS": {"ID": payment}}, call)


def settle(call: Call, payment: int, *, paid: bool) -> None:
    """Marks a payment paid or not paid; the owner changes with it."""
    store = call.portal.store
    row = store.one("SELECT * FROM sale_payments WHERE id = ?", (payment,))
    if row is None or (row["paid"] == "Y") == paid:
        return
    moment = (row["datePaid"] or int(call.portal.clock.timestamp())) if paid else None
    user = call.user if paid else None
    store.execute(
        "UPDATE sale_payments SET paid = ?, datePaid = ?, empPaidId = ? WHERE id = ?",
        ("Y" if paid else "N", moment, user, payment),
    )
    _saved(call, payment)
    _touch_owner(call, row["ownerTypeId"], row["ownerId"])


def change(call: Call, payment: int, fields: Row) -> None:
    """Changes a payment's fields; `paid` is settled last."""
    values = {name: value for name, value in fields.items() if name != "paid"}
    if values:
        sets = ", ".join(f'"{name}" = ?' for name in values)
        call.portal.store.execute(f"UPDATE sale_payments SET {sets} WHERE id = ?", (*values.values(), payment))
        _saved(call, payment)
    if "paid" in fields:
        settle(call, payment, paid=fields["paid"] == "Y")


def remove(call: Call, payment: int) -> None:
    """Deletes a payment."""
    store = call.portal.store
    row = store.one("SELECT * FROM sale_payments WHERE id = ?", (payment,))
    if row is None:
        return
    store.execute("DELETE FROM sale_payments WHERE id = ?", (payment,))
    call.portal.emit("ONPAYMENTDELETED", {"FIELDS": {"ID": payment}}, call)
    if row["paid"] == "Y":
        _touch_owner(call, row["ownerTypeId"], row["ownerId"])


def _touch_owner(call: Call, entity_type_id: int, item_id: int) -> None:
    """The payment state belongs to the card: a deal shows it in `orderStage`."""
    entity, store = schema_of(call.portal).entity(entity_type_id), call.portal.store
    now = int(call.portal.clock.timestamp())
    store.execute(
        f'UPDATE "{entity.table}" SET "updatedTime" = ?, "updatedBy" = ? WHERE id = ?', (now, call.user, item_id)
    )
    if entity_type_id == DEAL:
        states = [row["paid"] for row in of(store, entity_type_id, item_id)]
        stage = "PAID" if states and set(states) == {"Y"} else "PAYMENT_CANCEL" if "Y" not in states else None
        store.execute('UPDATE crm_2 SET "orderStage" = ? WHERE id = ?', (stage, item_id))
    happenings.item(call, entity, item_id, "UPDATE")
