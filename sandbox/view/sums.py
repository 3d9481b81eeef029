"""Counts and amounts of the columns of a board, for a whole funnel at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.crm.query import Builder
from sandbox.crm.reading import item_operand, restricted
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.view.employee import Employee
from sandbox.view.kinds import Kind
from sandbox.view.moments import money


@dataclass(slots=True)
class Sum:
    """What lies on a stage: how many objects, and their amounts by currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def printed(self) -> str:
        """`120 000 ₽`, with further currencies after a plus; "" when there is no money."""
        found = sorted(self.amounts.items(), key=lambda pair: -pair[1])
        return " + ".join(money(amount, currency) for currency, amount in found if amount)


def by_stage(employee: Employee, kind: Kind, wanted: Mapping[str, Any]) -> dict[str, Sum]:
    """The sums of the objects that the employee sees, by stage."""
    entity = schema_of(employee.portal).entity(kind.id)
    call = Call(employee.portal, "crm.item.list", {}, employee.id, source="act")
    builder = Builder(lambda name: item_operand(entity, name, False), employee.portal.clock.zone)
    where = restricted(call, entity, builder.where(wanted))
    amount = '"opportunity"' if "opportunity" in entity.fields else "0"
    currency = '"currencyId"' if "currencyId" in entity.fields else "''"
    rows = employee.portal.store.rows(
        f'SELECT "stageId", {currency}, count(*), sum({amount}) FROM "{entity.table}" WHERE {where.sql} GROUP BY 1, 2',
        where.args,
    )
    found: dict[str, Sum] = {}
    for stage, code, count, total in rows:
        part = found.setdefault(str(stage), Sum())
        part.count += int(count)
        part.amounts[str(code or "RUB")] = Decimal(str(total or 0))
    return found
