"""What handlers ask about the same subjects costs one request, and our own writes are not looked at again."""

from __future__ import annotations

from typing import Any

import pytest

from b24app.engine.rows import Rows
from tests.engine.ground import COMPANY, Ground
from tests.engine.test_drain import shipped_deal


def test_the_facts_of_all_handlers_of_a_company_are_one_request(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    ground.change(COMPANY, 100, title="Ромашка и партнёры")
    before = ground.gateway.stats.requests
    assert ground.engine.drain().decisions > 5
    # The company, the stages' history, and everything linked to the company.
    assert ground.gateway.stats.requests == before + 3


def test_handlers_declare_what_they_ask_about_their_subjects(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    undeclared = []

    def read_linked(rows: Rows, entity: str, link: str, *rest: Any) -> Any:
        undeclared.append((entity, link))
        return original(rows, entity, link, *rest)

    original = Rows._read_linked
    monkeypatch.setattr(Rows, "_read_linked", read_linked)
    shipped_deal(ground)
    ground.settle()
    ground.at("2026-04-13T09:05:00")
    ground.settle()
    assert undeclared == []


def test_the_event_of_an_own_write_is_passed_over(ground: Ground) -> None:
    shipped_deal(ground)
    ground.settle()
    assert ground.row("company", 100)["type"] == "type.client"
    ground.event(COMPANY, 100, code="ONCRMCOMPANYUPDATE")
    assert ground.engine.drain().decisions == 0


def test_a_shipment_writes_its_company_once(ground: Ground) -> None:
    before = ground.last_call()
    shipped_deal(ground)
    ground.settle()
    updates = [call["params"] for call in ground.calls(before) if call["method"] == "crm.item.update"]
    mine = [one["fields"] for one in updates if (int(one["entityTypeId"]), int(one["id"])) == (COMPANY, 100)]
    fields = {ground.binding[f"company.{name}"]["item_code"] for name in ("debt_in_period", "last_order")}
    assert len(mine) == 1 and fields <= mine[0].keys()
