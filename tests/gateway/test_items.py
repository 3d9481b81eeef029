"""Objects in bulk against the sandbox portal: few requests, complete answers, logical names."""

from __future__ import annotations

from decimal import Decimal

import pytest

from b24app.errors import ItemGone
from b24app.portal.gateway import Done, Gateway
from b24app.portal.items import Items, Question
from b24app.portal.names import Names


@pytest.fixture
def items(sandbox_gateway: Gateway) -> Items:
    return Items(sandbox_gateway, Names({}))


def add(items: Items, entity: str, rows: list[dict[str, object]]) -> list[int]:
    outcomes = items.gateway.batch([items.add_call(entity, row) for row in rows])
    return [items.row_of(entity, outcome.result)["id"] for outcome in outcomes if isinstance(outcome, Done)]


def test_objects_by_id_come_fifty_to_a_command_and_the_gone_are_absent(items: Items) -> None:
    ids = add(items, "company", [{"title": f"Компания {number}"} for number in range(120)])
    before = items.gateway.stats.requests
    rows = items.by_ids("company", [*ids, 10**6], ["title"])
    assert items.gateway.stats.requests == before + 1
    assert list(rows) == ids
    assert rows[ids[3]] == {"id": ids[3], "title": "Компания 3"}


def test_linked_objects_are_complete_beyond_the_first_page(items: Items) -> None:
    one, two, three = add(items, "company", [{"title": "А"}, {"title": "Б"}, {"title": "В"}])
    deals = [
        {"title": f"{n}", "company_id": one if n % 3 else two, "opportunity": Decimal("10.10")} for n in range(170)
    ]
    add(items, "deal", deals)
    found = items.by_link("deal", "company_id", [one, two, three], select=["opportunity"])
    assert {company: len(rows) for company, rows in found.items()} == {one: 113, two: 57}
    ids = [row["id"] for row in found[one]]
    assert ids == sorted(set(ids))
    assert found[one][0]["opportunity"] == Decimal("10.10")
    assert items.by_link("deal", "company_id", [one], {"title": ("1", "2")}, ["title"])[one][1]["title"] == "2"


def test_a_filter_streams_every_match_in_order(items: Items) -> None:
    company = add(items, "company", [{"title": "Фильтр"}])[0]
    ids = add(items, "deal", [{"title": "x", "company_id": company, "opportunity": n} for n in range(130)])
    rows = list(items.by_filter("deal", {"company_id": company, ">=opportunity": 10}, ["opportunity"]))
    assert [row["id"] for row in rows] == ids[10:]


def test_objects_are_found_by_the_key_they_were_created_under(items: Items) -> None:
    calls = [items.add_call("deal", {"title": "с ключом"}, key=f"key-{n}") for n in (1, 2, 2)]
    created = [
        items.row_of("deal", outcome.result)["id"]
        for outcome in items.gateway.batch(calls)
        if isinstance(outcome, Done)
    ]
    assert items.by_keys("deal", ["key-1", "key-2", "key-3"]) == {"key-1": created[0], "key-2": created[1]}


def test_an_update_changes_only_what_it_names(items: Items) -> None:
    number = add(items, "company", [{"title": "До", "comments": "остаётся"}])[0]
    outcome = items.gateway.batch([items.update_call("company", number, {"title": "После"})])[0]
    assert isinstance(outcome, Done)
    row = items.row_of("company", outcome.result)
    assert (row["title"], row["comments"]) == ("После", "остаётся")


@pytest.mark.parametrize("entity", ["company", "contact", "deal", "invoice"])
def test_the_answer_to_a_write_is_the_row_that_a_reading_gives(items: Items, entity: str) -> None:
    number = add(items, entity, [{"title": "До"} if entity != "contact" else {"name": "Анна"}])[0]
    (outcome,) = items.gateway.batch([items.update_call(entity, number, {"comments": "новое"})])
    assert isinstance(outcome, Done)
    assert items.row_of(entity, outcome.result) == items.by_ids(entity, [number])[number]


def test_several_questions_share_one_request(items: Items) -> None:
    one, two = add(items, "company", [{"title": "А"}, {"title": "Б"}])
    deals = add(items, "deal", [{"title": f"{n}", "company_id": one} for n in range(60)])
    before = items.gateway.stats.requests
    asked = [
        Question("company", "id", (two, one)),
        Question("deal", "company_id", (one, two)),
        Question("deal", "company_id", (one,), (("title", "7"),)),
    ]
    companies, all_deals, seventh = items.ask(asked)
    assert [row["id"] for row in companies] == [one, two]
    assert [row["id"] for row in all_deals] == deals
    assert [row["title"] for row in seventh] == ["7"]
    assert items.gateway.stats.requests == before + 2, "the second page is the second request"


def test_a_missing_object_is_told_as_gone(items: Items) -> None:
    with pytest.raises(ItemGone):
        items.gateway.call("crm.item.get", {"entityTypeId": 2, "id": 10**6})


def test_only_paid_payments_count(items: Items) -> None:
    deal, other = add(items, "deal", [{"title": "платит"}, {"title": "не платит"}])
    calls = items.gateway.call
    calls(
        "crm.item.productrow.set",
        {"ownerType": "D", "ownerId": deal, "productRows": [{"productName": "Т", "price": 100.1, "quantity": 3}]},
        write=True,
    )
    for paid in (True, True, False):
        number = calls("crm.item.payment.add", {"entityTypeId": 2, "entityId": deal}, write=True)
        if paid:
            calls("crm.item.payment.pay", {"id": number}, write=True)
    listed = calls("crm.item.payment.list", {"entityTypeId": 2, "entityId": deal})
    expected = sum((Decimal(str(row["sum"])) for row in listed if row["paid"] == "Y"), Decimal())
    paid = items.paid("deal", [deal, other])
    assert sum(one.amount for one in paid[deal]) == expected and paid[other] == []
    assert all(one.day is not None for one in paid[deal])


def test_four_thousand_deals_are_two_requests(items: Items) -> None:
    before = items.gateway.stats.requests
    items.by_ids("deal", range(1, 4001), ["title"])
    assert items.gateway.stats.requests == before + 2


def test_the_portal_tells_its_time(items: Items) -> None:
    assert items.gateway.now().tzinfo is not None
