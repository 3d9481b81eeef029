"""A company's debts as the tab shows them: ageing, totals by currency, rows; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rules.debt_record import WAITING
from rules.decision import Money

BUCKETS = ("in_period", "1_7", "8_30", "31_60", "over_60")
_BORDERS = ((7, "1_7"), (30, "8_30"), (60, "31_60"))


@dataclass(frozen=True, slots=True)
class Debt:
    """One open record. `late` is days past the due date, None while it is in its period."""

    id: int
    title: str
    number: str
    shipped: date | None
    due: date | None
    amount: Money
    paid: Money
    outstanding: Money
    stage: str
    stage_title: str
    late: int | None

    @property
    def bucket(self) -> str:
        """The ageing bucket (R0.25). The due day itself already belongs to the first late one."""
        if self.late is None:
            return "in_period"
        return next((name for border, name in _BORDERS if self.late <= border), "over_60")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Debts of one age: sums by currency, how many, and the share of the picture's width in percent."""

    name: str
    sums: tuple[Money, ...]
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the tab draws."""

    debts: tuple[Debt, ...]
    buckets: tuple[Bucket, ...]
    in_period: tuple[Money, ...]
    overdue: tuple[Money, ...]
    last_message: datetime | None


def picture(rows: Iterable[Mapping[str, Any]], today: date) -> Picture:
    """The picture of open debt rows (logical names), the most overdue first."""
    rows = list(rows)
    debts = sorted((_debt(row, today) for row in rows), key=lambda debt: (debt.due or date.max, debt.id))
    late = [debt for debt in debts if debt.late is not None]
    return Picture(
        debts=tuple(debts),
        buckets=tuple(_bucket(name, debts) for name in BUCKETS),
        in_period=_sums(debt for debt in debts if debt.late is None),
        overdue=_sums(late),
        last_message=_last_message(rows),
    )


def _last_message(rows: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When the client was last reminded of one of these debts."""
    sent = (row.get(name) for row in rows for name in ("sent_pre", "sent_due"))
    return max((moment for moment in sent if isinstance(moment, datetime)), default=None)


def _debt(row: Mapping[str, Any], today: date) -> Debt:
    due: date | None = row.get("due_date")
    amount = row.get("amount") or Money(Decimal(0), row.get("currency") or "")
    nothing = Money(Decimal(0), amount.currency)
    stage = str(row.get("stage") or "")
    return Debt(
        id=int(row["id"]),
        title=str(row.get("title") or ""),
        number=str(row.get("shipment_number") or ""),
        shipped=row.get("shipment_date"),
        due=due,
        amount=amount,
        paid=row.get("paid") or nothing,
        outstanding=row.get("outstanding") or nothing,
        stage=stage,
        stage_title=str(row.get("stage_title") or ""),
        late=_late(due, stage, today),
    )


def _late(due: date | None, stage: str, today: date) -> int | None:
    """Days past the due date. A record moved on from waiting by a person is late whatever its date says."""
    days = (today - due).days if due else 0
    if days > 0 or stage != WAITING:
        return max(days, 0)
    return None


def _bucket(name: str, debts: Sequence[Debt]) -> Bucket:
    mine = [debt for debt in debts if debt.bucket == name]
    # Money of different currencies has no common width, so shares count records when there are several.
    if len({debt.outstanding.currency for debt in debts}) == 1:
        whole = sum((debt.outstanding.amount for debt in debts), Decimal(0))
        part = sum((debt.outstanding.amount for debt in mine), Decimal(0))
    else:
        whole, part = Decimal(len(debts)), Decimal(len(mine))
    return Bucket(name, _sums(mine), len(mine), float(part / whole * 100) if whole else 0.0)


def _sums(debts: Iterable[Debt]) -> tuple[Money, ...]:
    sums: dict[str, Decimal] = {}
    for debt in debts:
        money = debt.outstanding
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return tuple(Money(amount, currency) for currency, amount in sorted(sums.items()))
