"""Payment documents of a deal or an invoice."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.view.employee import Employee
from sandbox.view.kinds import Kind
from sandbox.view.moments import money


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment document; `at` is when it was paid, ISO text or ""."""

    id: int
    number: str
    amount: str
    paid: bool
    at: str


def payments_of(employee: Employee, kind: Kind, number: int) -> list[Payment]:
    """The payment documents of an object, the oldest first."""
    rows = employee.glance("crm.item.payment.list", {"entityTypeId": kind.id, "entityId": number})
    return [
        Payment(
            int(row["id"]),
            str(row.get("accountNumber") or row["id"]),
            money(row.get("sum") or 0, row.get("currency")),
            str(row.get("paid")) in ("Y", "True", "1"),
            str(row.get("datePaid") or ""),
        )
        for row in rows
    ]
