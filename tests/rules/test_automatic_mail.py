"""Which letters nobody wrote, by subjects and senders of real life."""

from __future__ import annotations

import pytest

from rules.automatic_mail import is_automatic_mail

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
        "MAILER-DAEMON <>",
        '"Mail Delivery System" <mail@relay.ru>',
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
