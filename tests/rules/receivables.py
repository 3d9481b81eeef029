"""Steps and readings that the tests of receivables share."""

from __future__ import annotations

from typing import Any

from tests.rules.small_portal import SmallPortal


def ship(portal: SmallPortal, deal: int, amount: int | str, when: str, **values: Any) -> None:
    portal.at(when).deal(deal, amount, **values)
    portal.move("deal", deal, "stage.active.shipped")
    portal.look()


def company(portal: SmallPortal) -> dict[str, Any]:
    return portal.rows["company"][100]


def debt(portal: SmallPortal, id: int = 1) -> dict[str, Any]:
    return portal.rows["debt"][id]


def totals(portal: SmallPortal) -> tuple[Any, Any]:
    return company(portal)["debt_in_period"].amount, company(portal)["debt_overdue"].amount
