"""Payments of deals and invoices: `crm.item.payment.*` (api-reference/crm/universal/payment)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, moments, payments
from sandbox.crm.schema import Entity, schema_of
from sandbox.crm.values import flag, number
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.sale import find_payments


def _refused(text: str) -> RestError:
    return RestError(0, text, 400)


def _owner(call: Call) -> tuple[Entity, dict[str, Any]]:
    entity_type_id, item_id = call.integer("entityTypeId"), call.integer("entityId")
    if entity_type_id not in payments.PAYABLE:
        raise _refused("Неверный тип объекта CRM")
    entity = schema_of(call.portal).entity(entity_type_id)
    try:
        return entity, items.owned(call, entity, item_id)
    except RestError as refusal:
        text = "Недостаточно прав" if refusal.code == "ACCESS_DENIED" else f"Сущность №{item_id} не существует"
        raise _refused(text) from None


def _payment(call: Call) -> dict[str, Any]:
    row = call.portal.store.one("SELECT * FROM sale_payments WHERE id = ?", (call.integer("id"),))
    if row is None:
        raise _refused("Недостаточно прав")
    return dict(row)


def _printed(call: Call, row: Any) -> dict[str, Any]:
    paid_at = row["datePaid"]
    return {
        "id": row["id"],
        "accountNumber": row["accountNumber"],
        "paid": row["paid"],
        "datePaid": None if paid_at is None else moments.iso(paid_at, call.portal.clock.zone),
        "empPaidId": row["empPaidId"],
        "paySystemId": row["paySystemId"],
        "sum": number(row["sum"]),
        "currency": row["currency"],
        "paySystemName": payments.PAY_SYSTEMS.get(row["paySystemId"], ""),
    }


def _amount(value: Any) -> float | None:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        raise _refused("Неверная сумма оплаты") from None


@method("crm.item.payment.add", "crm", write=True, cost=0.2)
def add(call: Call) -> int:
    """Adds an unpaid payment of what the object still lacks; returns its id.

    `sum` is not on the vendor's page (there a partial sum is set by sale.payment.update); it is
    taken here so that a tester can make a partial payment in one step.
    """
    entity, item = _owner(call)
    amount = _amount(call.get("sum"))
    return payments.create(call, entity, item, {} if amount is None else {"sum": amount})


@method("crm.item.payment.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One payment."""
    return _printed(call, _payment(call))


@method("crm.item.payment.list", "crm")
def listing(call: Call) -> list[dict[str, Any]]:
    """The payments of one object, as a bare list."""
    entity, item = _owner(call)
    found = find_payments(call, ('"ownerTypeId" = ? AND "ownerId" = ?', [entity.id, item["id"]]))
    return [_printed(call, row) for row in found.rows]


@method("crm.item.payment.update", "crm", write=True, cost=0.1)
def update(call: Call) -> bool:
    """Changes `paid` and `paySystemId`; other fields belong to sale.payment.update."""
    payment, fields = _payment(call), call.mapping("fields")
    changes: dict[str, Any] = {}
    if "paySystemId" in fields:
        if int(fields["paySystemId"]) not in payments.PAY_SYSTEMS:
            raise _refused("Платёжная система не найдена")
        changes["paySystemId"] = int(fields["paySystemId"])
    if "paid" in fields:
        changes["paid"] = flag(fields["paid"])
    payments.change(call, payment["id"], changes)
    return True


@method("crm.item.payment.pay", "crm", write=True, cost=0.2)
def pay(call: Call) -> bool:
    """Marks a payment paid."""
    payments.settle(call, _payment(call)["id"], paid=True)
    return True


@method("crm.item.payment.unpay", "crm", write=True, cost=0.2)
def unpay(call: Call) -> bool:
    """Takes the mark back."""
    payments.settle(call, _payment(call)["id"], paid=False)
    return True


@method("crm.item.payment.delete", "crm", write=True, cost=0.1)
def delete(call: Call) -> bool:
    """Deletes a payment."""
    payments.remove(call, _payment(call)["id"])
    return True
