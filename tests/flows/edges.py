"""What the tests of less usual business situations share."""

from __future__ import annotations

import json
from typing import Any

from tests.flows.conditions import Condition

COMPANY = 4


def shipped(play: Condition, number: int = 501, amount: int = 120_000, **fields: Any) -> None:
    """A deal is shipped now."""
    play.office.put_deal(number, "stage.active.packing", amount=amount, **fields)
    play.office.ship(number)
    play.goes_on()


def sums(play: Condition, company: int = 100) -> tuple[Any, Any, Any]:
    """In period, overdue and advance of a company."""
    card = play.office.company(company)
    return tuple(card[name] or 0 for name in ("debt_in_period", "debt_overdue", "advance"))  # type: ignore[return-value]


def missed(play: Condition, silent: bool) -> None:
    """What happened is found at night when its events were lost; told afterwards, they change nothing."""
    if silent:
        play.world.settle()
        play.world.kit.engine.sweep("nightly")
    play.goes_on()


def set_limit(play: Condition, key: str, value: str) -> None:
    """A setting changed on the command line."""
    play.world.cli("settings", "set", key, value)
    play.world.reconnect()


def inbox(play: Condition) -> list[dict[str, Any]]:
    """Open entries of the error inbox."""
    entries: list[dict[str, Any]] = json.loads(play.world.cli("errors", "list", "--json"))
    return entries


def raw_debt(play: Condition, silently: bool, number: int | None = None, as_: int = 1, **values: Any) -> None:
    """A record as a script would add it: only these REST values, by logical names."""
    office = play.office
    fields = {office.code("debt", name): value for name, value in values.items() if name != "companyId"}
    fields["companyId"] = values.get("companyId", 100)
    params = {"entityTypeId": office.entity_type("debt"), "fields": fields}
    if silently:
        play.world.fixture(
            {"method": "crm.item.add", "as": as_, "params": params, **({"id": number} if number else {})}
        )
    else:
        play.world.act("crm.item.add", params, as_)
