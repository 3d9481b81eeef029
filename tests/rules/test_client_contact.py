"""What counts as a client who got in touch, and which deals hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from facts.client_contact import load_contacts_of_companies, load_contacts_of_deals
from rules.client_contact import Incoming, decide, is_automatic_mail
from rules.decision import Ref
from tests.rules.small_portal import SmallPortal, at

PERSON = "Ольга <olga@romashka.ru>"


@pytest.mark.parametrize(
    "subject",
    [
        "Автоответ: Счёт на оплату",
        "Автоответ",
        "[Автоответ] Re: Счёт",
        "АВТООТВЕТ на письмо «Счёт на оплату»",
        "Автоматический ответ: Счёт на оплату",
        "Отсутствую на рабочем месте до 15.04",
        "Вне офиса: Счёт на оплату",
        "Automatic reply: Invoice",
        "Auto-Reply: Invoice",
        "Autoreply: Invoice",
        "Out of office",
        "Out of the office until Monday Re: Invoice",
        "***SPAM*** Автоответ: Счёт на оплату",
        "[External] Out of Office: Invoice",
    ],
)
def test_answers_that_nobody_wrote(subject: str) -> None:
    assert is_automatic_mail(subject, PERSON)


@pytest.mark.parametrize(
    "subject",
    [
        "Undelivered Mail Returned to Sender",
        "Undeliverable: Счёт на оплату",
        "Undeliverable mail",
        "Mail delivery failed: returning message to sender",
        "Mail Delivery Failure",
        "Delivery Status Notification (Failure)",
        "Delivery Status Notification (Delay)",
        "Delivery Failure",
        "Returned mail: see transcript for details",
        "Delayed Mail (still being retried)",
        "failure notice",
        "Warning: message 1rGv3x-0004kP-2c delayed 24 hours",
        "Message could not be delivered",
        "Mail System Error - Returned Mail",
        "Не удалось доставить сообщение",
        "Не удаётся доставить ваше сообщение",
        "Не удалось доставить письмо: Счёт на оплату",
        "Сообщение не доставлено",
        "Ваше письмо не было доставлено",
        "Письмо не может быть доставлено",
        "Недоставленное сообщение",
        "Ошибка доставки",
        "Ошибка доставки сообщения",
        "Уведомление о недоставке",
        "Отчёт о доставке сообщения",
    ],
)
def test_letters_that_came_back(subject: str) -> None:
    assert is_automatic_mail(subject, "")


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON",
        "MAILER-DAEMON@mail.romashka.ru",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Почта [служба] <postmaster@romashka.ru>",
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@romashka.ru>",
        "noreply@shop.ru",
        "no-reply@shop.ru",
        "do_not_reply@shop.ru",
        "orders-noreply@shop.ru",
        "bounces+501@shop.ru",
        "shop@noreply.market.ru",
    ],
)
def test_senders_that_are_nobody(sender: str) -> None:
    assert is_automatic_mail("Не доставлено: Счёт на оплату", sender)
    assert is_automatic_mail("Заявка", sender)


@pytest.mark.parametrize(
    "subject",
    [
        "По накладной 501 не доставлено 5 коробок",
        "Не доставлено 5 коробок по накладной 501",
        "Не доставлено: 5 коробок сыра",
        "Недоставленный товар, заказ 501",
        "Заказ не доставлен",
        "Не удалось доставить заказ, позвоните",
        "Ошибка доставки: привезли чужой заказ",
        "Жалоба: товар не доставлено",
        "Почему на мои письма приходит автоответ?",
        "Автоответчик у вас не работает",
        "Отсутствует сыр в поставке",
        "Возврат: недоставлено 3 места",
        "Уведомление о доставке товара 15.04",
        "Re: Счёт на оплату",
        "Re: Не доставлено сообщение",
        "Fwd: Undelivered Mail Returned to Sender",
        "Ответ: автоматика для цеха",
        "Undelivered boxes of order 501",
        "Order 501: two boxes undelivered",
        "Delivery failure of order 501",
        "Delivery failed: order 501 never came",
        "Complaint: mail delivery of invoices",
        "We are out of office paper",
        "",
    ],
)
def test_what_clients_write(subject: str) -> None:
    assert not is_automatic_mail(subject, PERSON)


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "Ольга <olga@romashka.ru>",
        "norah.eply@romashka.ru",
        "anna@bounce-house.ru",
        "anna@bounce.ru",
        "Postmaster & Co <anna@romashka.ru>",
        "anna@postmaster-logistics.ru",
        "reply@romashka.ru",
    ],
)
def test_senders_who_are_people(sender: str) -> None:
    assert not is_automatic_mail("Вопрос", sender)


@pytest.fixture
def portal() -> SmallPortal:
    portal = SmallPortal(at("2026-04-06 10:00"))
    portal.company()
    for id, values in (
        (1, {}),
        (2, {"category": "funnel.contract", "stage": "stage.contract.new"}),
        (3, {"closed": True}),
        (4, {"company_id": None}),
    ):
        portal.deal(id, **{"contact_ids": [200], "closed": False, **values})
    return portal.at("2026-04-07 11:00")


def told(portal: SmallPortal, facts: Any) -> list[str]:
    commands: Any = decide(facts, portal.limits, portal.now).commands
    return [one.key for one in commands]


def test_each_open_deal_of_the_client_hears_of_it(portal: SmallPortal) -> None:
    portal.heard = {Ref("company", 100): [Incoming(7, at("2026-04-07 10:59"))]}
    (facts,) = load_contacts_of_companies(portal, [100]).values()
    assert told(portal, facts) == ["client_contacted:7:deal:1", "client_contacted:7:deal:2"]
    by_deal = load_contacts_of_deals(portal, [1, 2, 3, 4])
    assert [told(portal, by_deal[id]) for id in (1, 2, 3, 4)] == [
        ["client_contacted:7:deal:1"],
        ["client_contacted:7:deal:2"],
        [],
        [],
    ]


def test_only_the_newest_and_nothing_old(portal: SmallPortal) -> None:
    portal.heard = {
        Ref("deal", 1): [Incoming(5, at("2026-04-06 12:00"))],
        Ref("contact", 200): [Incoming(6, at("2026-04-06 13:00"))],
    }
    facts = load_contacts_of_deals(portal, [1])[1]
    assert told(portal, facts) == ["client_contacted:6:deal:1"]
    assert told(portal.at("2026-04-08 13:00"), facts) == ["client_contacted:6:deal:1"]
    assert told(portal.at("2026-04-08 13:01"), facts) == []


def test_what_a_deal_was_made_for_is_no_news_to_it(portal: SmallPortal) -> None:
    portal.heard = {Ref("company", 100): [Incoming(7, at("2026-04-06 09:59"))]}
    assert told(portal, load_contacts_of_companies(portal, [100])[100]) == []
