"""How amounts and sentences are printed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from rules.decision import Money, Ref, Text
from rules.wording import money_en, money_ru, sentence, sums


@pytest.mark.parametrize(
    ("amount", "currency", "ru", "en"),
    [
        ("120000", "RUB", "120 000 ₽", "120,000 RUB"),
        ("120000.00", "RUB", "120 000 ₽", "120,000 RUB"),
        ("1250.5", "EUR", "1 250,50 €", "1,250.50 EUR"),
        ("-0.333", "RUB", "-0,33 ₽", "-0.33 RUB"),
        ("0", "AED", "0 AED", "0 AED"),
        ("1234567.89", "USD", "1 234 567,89 $", "1,234,567.89 USD"),
    ],
)
def test_money(amount: str, currency: str, ru: str, en: str) -> None:
    money = Money(Decimal(amount), currency)
    assert (money_ru(money), money_en(money)) == (ru, en)


def test_sums_keep_currencies_apart() -> None:
    total = sums([Money(Decimal(100), "EUR"), Money(Decimal(30000), "RUB"), Money(Decimal(45000), "RUB")])
    assert total == Text("75 000 ₽ + 100 €", "75,000 RUB + 100 EUR")


def test_values_are_printed_the_languages_way() -> None:
    text = sentence(
        "{sum} {day} {why}",
        "{why} {day} {sum}",
        sum=Money(Decimal(5), "RUB"),
        day=date(2026, 4, 13),
        why=Text("да", "yes"),
    )
    assert text == Text("5 ₽ 13.04.2026 да", "yes 13.04.2026 5 RUB")


def test_braces_in_a_title_do_not_break_a_sentence() -> None:
    assert sentence("«{title}»", "«{title}»", title="{0} {x}").ru == "«{0} {x}»"


def test_objects_are_called_what_people_call_them() -> None:
    text = sentence("Удалено: {ref}", "Removed: {ref}", ref=Ref("company", 100))
    assert (text.ru, text.en) == ("Удалено: компания 100", "Removed: company 100")
    assert sentence("{ref}", "{ref}", ref=Ref("object", 7)).ru == "object 7"
