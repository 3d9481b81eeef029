"""Triggers of the app on stages of the portal: a bound trigger moves the card, once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition
from tests.flows.edges import shipped
from tests.flows.office import COMPANY, DEAL

pytestmark = pytest.mark.flow


def bind(play: Condition, trigger: str, stage: str, entity_type: int = DEAL) -> None:
    """The administrator puts a trigger of the app on a stage."""
    body = {"entityTypeId": entity_type, "stageId": play.world.name(stage)["id"], "code": trigger}
    if entity_type == DEAL:
        body["categoryId"] = play.world.name(f"funnel.{stage.split('.')[1]}")["id"]
    play.world.control("place_trigger", body)


def stage_of(play: Condition, deal: int) -> Any:
    row = play.world.rest("crm.item.get", {"entityTypeId": DEAL, "id": deal})["item"]
    return play.office.see("deal", row)["stage"]


def test_the_triggers_are_in_the_manifest(play: Condition) -> None:
    manifest = play.world.kit.manifest()
    assert manifest["trigger.debt_paid"]["kind"] == "trigger" and manifest["trigger.debt_paid"]["id"] == "debt_paid"
    assert play.world.kit.plan(play.world.kit.presets, audit=False).steps == ()


def test_a_settled_debt_moves_its_deal(play: Condition) -> None:
    bind(play, "debt_paid", "stage.active.paid")
    shipped(play)
    play.office.pay(DEAL, 501, 60_000)
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.shipped"
    play.office.pay(DEAL, 501, 60_000)
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.paid"


def test_a_person_may_move_the_card_on_afterwards(play: Condition) -> None:
    bind(play, "debt_overdue", "stage.active.stock_check")
    shipped(play)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.stock_check"
    play.office.move_deal(501, "stage.active.shipped")
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.shipped"


def test_the_record_itself_may_be_moved(play: Condition) -> None:
    bind(play, "debt_overdue", "stage.debt.claim", play.office.entity_type("debt"))
    shipped(play)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.claim"


def test_an_unbound_trigger_changes_nothing(play: Condition) -> None:
    shipped(play)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (stage_of(play, 501), play.office.debt()["stage"]) == ("stage.active.shipped", "stage.debt.overdue")


def test_nothing_old_is_told(play: Condition) -> None:
    shipped(play)
    play.office.pay(DEAL, 501, 120_000)
    play.world.settle()
    play.world.at("2026-04-20T09:05:00")
    bind(play, "debt_paid", "stage.active.paid")
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.shipped"


CONTACT = 3
OLGA = {"VALUE": "+79990000001", "ENTITY_ID": 200, "ENTITY_TYPE_ID": CONTACT}
MISSED = {"TYPE_ID": 2, "DIRECTION": 1, "SUBJECT": "Пропущенный звонок", "COMPLETED": "N"}
LETTER = {"TYPE_ID": 4, "DIRECTION": 1, "SUBJECT": "Re: Счёт", "COMPLETED": "Y"}


def appears(play: Condition, owner: tuple[int, int], activity: dict[str, Any]) -> None:
    """An activity appears on a card."""
    place = {"OWNER_TYPE_ID": owner[0], "OWNER_ID": owner[1]}
    fields = {**place, "RESPONSIBLE_ID": 11, "COMMUNICATIONS": [OLGA], **activity}
    play.world.act("crm.activity.add", {"fields": fields}, 11)


def happens(play: Condition, owner: tuple[int, int], activity: dict[str, Any]) -> None:
    """The same, and the product catches up."""
    appears(play, owner, activity)
    play.goes_on()


@pytest.mark.parametrize("owner", [(DEAL, 501), (COMPANY, 100), (CONTACT, 200)], ids=["deal", "company", "contact"])
@pytest.mark.parametrize("activity", [MISSED, LETTER], ids=["missed call", "letter"])
def test_a_client_who_gets_in_touch(play: Condition, owner: tuple[int, int], activity: dict[str, Any]) -> None:
    bind(play, "client_contacted", "stage.active.stock_check")
    play.office.put_deal(501, "stage.active.new", contactIds=[200])
    play.office.put_deal(502, "stage.active.cancelled", contactIds=[200])
    play.world.at("2026-04-06T11:30:00")
    happens(play, owner, activity)
    assert stage_of(play, 501) == "stage.active.stock_check"
    assert stage_of(play, 502) == "stage.active.cancelled"
    play.office.move_deal(501, "stage.active.packing")
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.packing"


LEAD = 1
FORM = {"TYPE_ID": 6, "PROVIDER_ID": "CRM_WEBFORM", "PROVIDER_TYPE_ID": "12", "DIRECTION": 1, "SUBJECT": "Форма"}


def an_order_in_work(play: Condition) -> None:
    """Deal 501 of Olga's company; an administrator has put the trigger on «Проверка остатков»."""
    bind(play, "client_contacted", "stage.active.stock_check")
    play.office.put_deal(501, "stage.active.new", contactIds=[200])
    play.world.at("2026-04-06T11:30:00")


def told_once(play: Condition) -> None:
    """The deal has moved; a person moves it on, and everything delivered again leaves it there."""
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.stock_check"
    play.office.move_deal(501, "stage.active.packing")
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.packing"


@pytest.mark.parametrize(
    "where",
    [{"chat": 900}, {"line": 1, "client": {"name": "Ольга", "phone": "+79990000001"}}],
    ids=["the company's chat", "a new chat of a contact"],
)
def test_a_message_in_an_open_line(play: Condition, where: dict[str, Any]) -> None:
    an_order_in_work(play)
    play.world.control("openline", {"text": "Когда привезёте?", **where})
    told_once(play)


def test_the_next_message_of_the_same_conversation_is_the_same_contact(play: Condition) -> None:
    an_order_in_work(play)
    play.world.control("openline", {"text": "Когда привезёте?", "chat": 900})
    told_once(play)
    play.world.control("openline", {"text": "Спасибо", "chat": 900})
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.packing"


def test_the_same_conversation_on_another_day_is_a_contact_of_that_day(play: Condition) -> None:
    an_order_in_work(play)
    play.world.control("openline", {"text": "Когда привезёте?", "chat": 900})
    told_once(play)
    chat = {"filter": {"PROVIDER_ID": "IMOPENLINES_SESSION"}, "select": ["ID"]}
    [activity] = play.world.rest("crm.activity.list", chat)
    play.world.at("2026-04-07T10:00:00")
    play.world.act("crm.activity.update", {"id": activity["ID"], "fields": {"PRIORITY": 3}}, 11)
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.packing", "an employee is no client"
    play.office.move_deal(501, "stage.active.new")
    play.goes_on()
    play.world.control("openline", {"text": "Так когда же?", "chat": 900})
    told_once(play)
    play.world.at("2026-04-07T15:00:00")
    play.world.control("openline", {"text": "Жду", "chat": 900})
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.packing"
    assert play.world.rest("crm.activity.list", chat) == [activity]


@pytest.mark.parametrize("seconds", [95, 0], ids=["answered", "missed"])
def test_a_call_through_the_portals_telephony(play: Condition, seconds: int) -> None:
    an_order_in_work(play)
    play.world.control("phone_call", {"as": 11, "phone": "+79990000001", "duration": seconds})
    told_once(play)


@pytest.mark.parametrize("activity", [FORM, LETTER], ids=["form", "letter"])
@pytest.mark.parametrize("client", [{"contactId": 200}, {"companyId": 100}], ids=["of a contact", "of a company"])
def test_a_lead_of_a_known_client(play: Condition, client: dict[str, Any], activity: dict[str, Any]) -> None:
    an_order_in_work(play)
    fields = {"title": "Заявка с сайта", "webformId": 12, "assignedById": 11, **client}
    lead = play.office._id(play.world.act("crm.item.add", {"entityTypeId": LEAD, "fields": fields}, 11))
    appears(play, (LEAD, lead), activity)
    told_once(play)


def test_a_form_of_a_known_client_without_a_lead(play: Condition) -> None:
    an_order_in_work(play)
    appears(play, (CONTACT, 200), FORM)
    told_once(play)


@pytest.mark.parametrize(
    "activity",
    [
        {**LETTER, "SUBJECT": "Автоматический ответ: Счёт"},
        {**LETTER, "SETTINGS": {"EMAIL_META": {"from": "MAILER-DAEMON@romashka.ru"}}},
        {**MISSED, "DIRECTION": 2},
    ],
    ids=["auto-reply", "bounce", "our call"],
)
def test_what_is_no_contact(play: Condition, activity: dict[str, Any]) -> None:
    bind(play, "client_contacted", "stage.active.stock_check")
    play.office.put_deal(501, "stage.active.new", contactIds=[200])
    happens(play, (COMPANY, 100), activity)
    assert stage_of(play, 501) == "stage.active.new"


def test_a_call_whose_event_never_came_is_found_at_night(play: Condition) -> None:
    bind(play, "client_contacted", "stage.active.stock_check")
    play.office.put_deal(501, "stage.active.new", contactIds=[200])
    play.world.settle()
    play.world.control("delivery", {"drop": 1.0})
    appears(play, (CONTACT, 200), {**MISSED, "SUBJECT": "Звонок"})
    play.world.settle()
    assert stage_of(play, 501) == "stage.active.new"
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert stage_of(play, 501) == "stage.active.stock_check"
