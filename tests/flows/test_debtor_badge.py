"""The badge «Должник» on cards and tiles of a debtor's deals. Delivered twice, the second time writes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition, answers_lost, dropped, quiet
from tests.flows.edges import set_limit, shipped
from tests.flows.office import COMPANY, DEAL
from tests.flows.reminders import tick
from tests.flows.test_next_step import asked, complete, plan

pytestmark = pytest.mark.flow

CODE = "b24app_debtor"


def activities(play: Condition, **where: Any) -> list[dict[str, Any]]:
    """Activities of the app's own look."""
    wanted = {"PROVIDER_ID": "CONFIGURABLE_REST_APP", **where}
    found: list[dict[str, Any]] = play.world.rest("crm.activity.list", {"filter": wanted, "order": {"ID": "ASC"}})
    return found


def marked(play: Condition) -> list[int]:
    """The deals that carry the badge; one that carries two is there twice."""
    return sorted(int(one["OWNER_ID"]) for one in activities(play, COMPLETED="N"))


def overdue(play: Condition) -> None:
    """Deal 501 was shipped on Monday, its due day has begun."""
    shipped(play)
    tick(play, "2026-04-13T09:05")


def test_r0_25_the_badge_comes_with_the_debt_and_goes_with_it(play: Condition) -> None:
    shipped(play)
    play.office.put_deal(502, "stage.active.new")
    play.office.put_deal(503, "stage.contract.negotiation")
    play.office.put_deal(504, "stage.active.paid")
    play.office.put_deal(505, "stage.active.new", company=101)
    tick(play, "2026-04-12T12:00")
    assert marked(play) == []
    tick(play, "2026-04-13T09:05")
    assert marked(play) == [501, 502, 503]
    shown = activities(play)[0]
    assert (shown["SUBJECT"], shown["OWNER_TYPE_ID"], shown["ORIGIN_ID"]) == (
        "Должник: просрочено 120 000 ₽",
        str(DEAL),
        f"badge:debtor:deal:{shown['OWNER_ID']}",
    )
    play.office.pay(DEAL, 501, 50_000)
    play.goes_on()
    assert {one["SUBJECT"] for one in activities(play)} == {"Должник: просрочено 70 000 ₽"}
    play.office.pay(DEAL, 501, 70_000)
    play.goes_on()
    assert marked(play) == [] and len(activities(play)) == 3


def test_the_badge_is_registered_and_taken_off_again(play: Condition) -> None:
    registered = play.world.rest("crm.activity.badge.list")["badges"]
    assert [(one["code"], one["value"]["ru"], one["type"]) for one in registered] == [(CODE, "Должник", "failure")]
    assert play.world.name("badge.debtor")["kind"] == "badge"


def test_a_deal_opened_or_closed_by_a_debtor(play: Condition) -> None:
    overdue(play)
    new = play.office.add_deal("stage.active.new")
    play.goes_on()
    assert marked(play) == [501, new]
    play.office.move_deal(new, "stage.active.cancelled")
    play.goes_on()
    assert marked(play) == [501]


def test_the_next_debt_brings_it_back(play: Condition) -> None:
    overdue(play)
    payment = play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert marked(play) == []
    play.world.act("crm.item.payment.unpay", {"id": payment}, 11)
    play.goes_on()
    assert marked(play) == [501]


def test_what_a_person_took_away_stays_away_until_there_is_news(play: Condition) -> None:
    overdue(play)
    [badge] = activities(play)
    play.world.act("crm.activity.delete", {"id": badge["ID"]}, 11)
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert marked(play) == []
    play.office.pay(DEAL, 501, 20_000)
    play.goes_on()
    assert [one["SUBJECT"] for one in activities(play, COMPLETED="N")] == ["Должник: просрочено 100 000 ₽"]


def test_the_badge_is_no_next_step(play: Condition) -> None:
    play.office.put_deal(510, "stage.contract.negotiation")
    only = plan(play, 510, silently=True)
    overdue(play)
    assert marked(play) == [501, 510] and asked(play) == []
    complete(play, only)
    play.goes_on()
    assert len(asked(play)) == 1


def test_a_night_in_which_nothing_changed_asks_and_writes_nothing_for_it(play: Condition) -> None:
    overdue(play)
    before = play.world.last_call()
    play.world.kit.engine.sweep("nightly")
    calls = [one for one in play.world.control(f"calls?since={before}") if "configurable" in one["method"]]
    reads = [
        one for one in play.world.control(f"calls?since={before}") if "CONFIGURABLE_REST_APP" in str(one.get("params"))
    ]
    assert (calls, reads) == ([], [])


def test_a_lost_database_finds_its_badges_again(play: Condition) -> None:
    from sqlalchemy import delete

    from b24app.store.models import KeyRow

    overdue(play)
    with play.world.app.database.session() as session:
        session.execute(delete(KeyRow).where(KeyRow.entity == "badge"))
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert marked(play) == [501]
    with play.world.app.database.session() as session:
        session.execute(delete(KeyRow).where(KeyRow.entity == "badge"))
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert marked(play) == []


@pytest.mark.parametrize("trouble", [answers_lost, dropped])
def test_under_trouble_there_is_one_badge(play: Condition, trouble: Any) -> None:
    shipped(play)
    play.trouble = trouble
    play.replays = False
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert marked(play) == [501]
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert marked(play) == []


@pytest.mark.parametrize(
    ("fields", "left"),
    [({"companyId": 0}, [501]), ({"companyId": 101}, [501]), ({"categoryId": 0}, [501])],
    ids=["cleared", "another company", "another funnel"],
)
@pytest.mark.parametrize("trouble", [quiet, dropped], ids=["told", "not told"])
def test_a_deal_that_is_the_debtors_no_more(play: Condition, trouble: Any, fields: Any, left: list[int]) -> None:
    play.office.put_deal(502, "stage.active.new")
    overdue(play)
    assert marked(play) == [501, 502]
    play.world.settle()
    play.trouble = trouble
    play.replays = trouble is quiet
    play.office.update(DEAL, 502, fields)
    play.goes_on()
    if trouble is dropped:
        play.world.kit.engine.sweep("nightly")
    assert marked(play) == left


def test_a_deal_of_another_company_gets_the_badge_with_its_debtor(play: Condition) -> None:
    play.office.put_deal(502, "stage.active.new", company=101)
    overdue(play)
    assert marked(play) == [501]
    play.office.update(DEAL, 502, {"companyId": 100})
    play.goes_on()
    assert marked(play) == [501, 502]


def test_the_debtors_card_is_deleted(play: Condition) -> None:
    play.office.put_deal(502, "stage.active.new")
    overdue(play)
    play.world.act("crm.item.delete", {"entityTypeId": COMPANY, "id": 100}, 1)
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert marked(play) == []


def test_a_cap_of_nothing_switches_it_off(play: Condition) -> None:
    set_limit(play, "debt.badge_deals", "0")
    overdue(play)
    assert activities(play) == []
