"""How amounts, days and sentences are printed for people, in Russian and English."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from rules.decision import Money, Ref, Text

SYMBOLS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸", "GBP": "£", "UAH": "₴"}
"""Signs that people read instead of a currency's code; any other currency keeps its code."""

OBJECTS = {
    "company": Text("компания", "company"),
    "deal": Text("сделка", "deal"),
    "lead": Text("лид", "lead"),
    "contact": Text("контакт", "contact"),
    "invoice": Text("счёт", "invoice"),
    "debt": Text("запись дебиторки", "receivables record"),
    "visit": Text("посещение", "visit"),
}
"""What people call the objects of the portal."""


def money_ru(money: Money) -> str:
    """`120 000 ₽`, `-1 250,50 ₽`: plain spaces, so that a search over messages finds the number."""
    return f"{_number(money.amount, ' ', ',')} {SYMBOLS.get(money.currency, money.currency)}"


def money_en(money: Money) -> str:
    """`120,000 RUB`, `-1,250.50 RUB`."""
    return f"{_number(money.amount, ',', '.')} {money.currency}"


def day_of(day: date) -> str:
    """`13.04.2026`: the same in both languages, as Bitrix24 prints it on Russian portals."""
    return day.strftime("%d.%m.%Y")


def object_name(ref: Ref) -> Text:
    """`компания 100`, `company 100`."""
    kind = OBJECTS.get(ref.entity, Text(ref.entity, ref.entity))
    return Text(f"{kind.ru} {ref.id}", f"{kind.en} {ref.id}")


def link(ref: Ref, title: str) -> str:
    """A card's title that opens the card: the portal prints this mark-up in timelines, tasks and notifications."""
    return f"[URL=/crm/{ref.entity}/details/{ref.id}/]{title}[/URL]"


def sentence(ru: str, en: str, **values: Any) -> Text:
    """A text from two templates; amounts, days and objects among the values are printed the language's way."""
    return Text(
        ru.format(**{name: printed(value, "ru") for name, value in values.items()}),
        en.format(**{name: printed(value, "en") for name, value in values.items()}),
    )


def joined(texts: Iterable[Text], separator: str) -> Text:
    """Several texts as one."""
    parts = list(texts)
    return Text(separator.join(part.ru for part in parts), separator.join(part.en for part in parts))


def sums(amounts: Iterable[Money]) -> Text:
    """The total of amounts, one figure per currency: `75 000 ₽ + 100 €`."""
    totals: dict[str, Decimal] = {}
    for money in amounts:
        totals[money.currency] = totals.get(money.currency, Decimal(0)) + money.amount
    figures = [Money(amount, currency) for currency, amount in sorted(totals.items(), key=lambda pair: -pair[1])]
    return Text(" + ".join(map(money_ru, figures)), " + ".join(map(money_en, figures)))


def printed(value: Any, language: str) -> str:
    """A value as people of a language read it: amounts, days, objects and texts; anything else as it is."""
    if isinstance(value, Ref):
        value = object_name(value)
    if isinstance(value, Text):
        return value.in_language(language)
    if isinstance(value, Money):
        return money_ru(value) if language == "ru" else money_en(value)
    return day_of(value) if isinstance(value, date) else str(value)


def _number(amount: Decimal, thousands: str, point: str) -> str:
    """Digits in groups of three; the fraction only when there is one."""
    rounded = amount.quantize(Decimal("0.01"))
    digits = f"{rounded:,.2f}" if rounded % 1 else f"{rounded:,.0f}"
    return digits.replace(",", "\0").replace(".", point).replace("\0", thousands)
