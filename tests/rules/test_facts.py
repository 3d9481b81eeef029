"""Facts are read for many subjects at once, and only what a rule can use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest

from b24app.declare import Ref, Row
from b24app.errors import ItemGone, Terminal
from facts.company import load_companies
from facts.deal import load_deals
from facts.debt import load_debts
from facts.owner import company_of
from rules.receivables import Payment
from tests.rules.small_portal import SmallPortal, at, rub


class CountingPortal(SmallPortal):
    """Counts the bulk questions and remembers whose payments were asked."""

    def __init__(self) -> None:
        super().__init__(at("2026-04-06 10:00"))
        self.asked: Counter[str] = Counter()
        self.payers: dict[str, set[int]] = {}

    def by_ids(self, entity: str, ids: Collection[int]) -> dict[int, Row]:
        self.asked[f"{entity} by id"] += bool(ids)
        return super().by_ids(entity, ids)

    def by_link(self, entity: str, link: str, ids: Collection[int], **where: Any) -> dict[int, list[Row]]:
        self.asked[f"{entity} by {link}"] += 1
        return super().by_link(entity, link, ids, **where)

    def payments(self, entity: str, ids: Collection[int]) -> dict[int, Decimal]:
        self.asked[f"payments of {entity}"] += bool(ids)
        self.payers[entity] = set(ids)
        return super().payments(entity, ids)


@pytest.fixture
def portal() -> CountingPortal:
    return CountingPortal()


def test_companies_are_read_together(portal: CountingPortal) -> None:
    for id in range(1, 41):
        portal.company(id)
        portal.deal(1000 + id, 10, company_id=id)
        portal.debt(id, 10, "2026-04-20", company_id=id, deal_id=1000 + id)
        portal.add("invoice", 2000 + id, company_id=id, currency="RUB")
    facts = load_companies(portal, range(1, 41))
    assert len(facts) == 40 and all(len(one.records) == len(one.deals) == 1 for one in facts.values())
    assert set(portal.asked.values()) <= {0, 1}


def test_payments_are_asked_only_where_a_record_can_take_them(portal: CountingPortal) -> None:
    portal.company()
    for id, amount in ((1, 10), (2, 10)):
        portal.deal(id, amount)
    portal.debt(1, 10, "2026-04-20", deal_id=1)
    portal.add("invoice", 5, company_id=100, deal_id=1, currency="RUB")
    portal.add("invoice", 6, company_id=100, deal_id=2, currency="RUB")
    portal.add("invoice", 7, company_id=100, deal_id=None, currency="EUR")
    for entity, id in (("deal", 1), ("invoice", 5), ("invoice", 7)):
        portal.pay(entity, id, 3)
    (facts,) = load_companies(portal, [100]).values()
    assert portal.payers == {"deal": {1}, "invoice": {5, 7}}
    assert [payment.deal_id for payment in facts.payments] == [1, 1, None]
    assert facts.payments[0] == Payment(rub(3), 1) and facts.payments[2].amount.currency == "EUR"


def test_objects_that_are_gone_have_no_facts(portal: CountingPortal) -> None:
    assert load_companies(portal, [1]) == {} and load_deals(portal, [1]) == {} and load_debts(portal, [1]) == {}


def test_only_the_active_funnel_counts(portal: CountingPortal) -> None:
    portal.company()
    portal.deal(1, 10, stage="stage.contract.signed", category="funnel.contract")
    assert load_companies(portal, [100])[100].deals == ()


def test_sparse_rows_are_enough(portal: CountingPortal) -> None:
    portal.rows["company"] = {1: {"id": 1}}
    portal.rows["debt"] = {2: {"id": 2, "company_id": 1, "stage": "stage.debt.waiting", "created_time": portal.now}}
    facts = load_companies(portal, [1])[1]
    assert facts.card.title == "#1" and facts.card.responsible == 10 and facts.card.deferral_days is None
    assert facts.records[0].total == 0 and facts.records[0].title == "#2"


def test_companies_are_read_only_of_shipped_deals(portal: CountingPortal) -> None:
    portal.company()
    portal.deal(1, 10)
    load_deals(portal, [1])
    assert portal.asked["company by id"] == 0
    portal.move("deal", 1, "stage.active.shipped")
    assert load_deals(portal, [1])[1].company_known
    assert portal.asked["company by id"] == 1


@pytest.mark.parametrize("entity", ["company", "deal", "debt"])
def test_the_company_of_a_document(portal: CountingPortal, entity: str) -> None:
    portal.company()
    portal.deal(100)
    portal.debt(100, 10)
    assert company_of(portal, Ref(entity, 100)) == 100


def test_a_document_without_a_company_is_refused_in_words(portal: CountingPortal) -> None:
    portal.deal(1, company_id=None)
    with pytest.raises(Terminal, match="No company: deal 1"):
        company_of(portal, Ref("deal", 1))
    with pytest.raises(ItemGone):
        company_of(portal, Ref("deal", 2))
