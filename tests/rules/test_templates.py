"""Texts to clients: fields, plural forms, languages, and what is refused in a text that somebody wrote."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from config.preset import load_preset
from rules.decision import Money, Text
from rules.limits import Limits
from rules.templates import MissingValueError, compose, flaw, language_of, render, setting_key

PRESET = load_preset("food_distribution")


@pytest.mark.parametrize(
    ("count", "ru", "en"),
    [
        (1, "1 счёт", "1 invoice"),
        (2, "2 счёта", "2 invoices"),
        (5, "5 счетов", "5 invoices"),
        (11, "11 счетов", "11 invoices"),
        (21, "21 счёт", "21 invoices"),
        (112, "112 счетов", "112 invoices"),
    ],
)
def test_plural_forms(count: int, ru: str, en: str) -> None:
    assert render("{count:счёт|счёта|счетов}", {"count": count}, "ru") == ru
    assert render("{count:invoice|invoices}", {"count": count}, "en") == en


def test_money_days_and_texts_are_printed_the_languages_way() -> None:
    values = {"total": Money(Decimal(120000), "RUB"), "due": date(2026, 4, 16), "what": Text("счёт", "invoice")}
    assert render("{what}: {total}, {due} {{так}}", values, "ru") == "счёт: 120 000 ₽, 16.04.2026 {так}"
    assert render("{what}: {total}, {due}", values, "en") == "invoice: 120,000 RUB, 16.04.2026"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_field_without_a_value_is_named(value: Any) -> None:
    with pytest.raises(MissingValueError) as raised:
        render("{total} за {shipment_number}", {"total": "5", "shipment_number": value}, "ru")
    assert raised.value.field == "shipment_number"


@pytest.mark.parametrize(
    ("text", "language", "problem"),
    [
        ("Оплатите {total}", "ru", None),
        ("{count:счёт|счёта|счетов}", "ru", None),
        ("", "ru", "the text is empty"),
        (" \n", "ru", "the text is empty"),
        ("{sum}", "ru", "there is no field {sum}, fields are: count, total"),
        ("{}", "ru", "there is no field {}"),
        ("{total.amount}", "ru", "there is no field {total.amount}"),
        ("{total!r}", "ru", "there is no field {total}"),
        ("{total", "ru", "braces do not match"),
        ("total}", "ru", "braces do not match"),
        ("{count:счёт|счета}", "ru", "needs 3 forms"),
        ("{count:a|b|c}", "en", "needs 2 forms"),
        ("{count:a|}", "en", "needs 2 forms"),
        ("{total:a|b}", "en", "no number of things"),
    ],
)
def test_what_is_refused(text: str, language: str, problem: str | None) -> None:
    found = flaw(text, ("total", "count"), ("count",), language)
    assert (found or "").startswith(problem or "") or problem in (found or "")
    assert (found is None) == (problem is None)


@pytest.mark.parametrize(
    ("wish", "portal", "language"),
    [
        (None, "ru", "ru"),
        (None, "en", "en"),
        ("en", "ru", "en"),
        ("ru", "de", "ru"),
        (None, "kz", "en"),
        ("", "ru", "ru"),
    ],
)
def test_the_language_of_a_client(wish: str | None, portal: str, language: str) -> None:
    assert language_of(wish, portal) == language


@pytest.mark.parametrize("purpose", PRESET.templates)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_texts_of_the_presets_can_be_filled_in(purpose: str, language: str) -> None:
    template = PRESET.templates[purpose]
    values = {name: 2 if name in template.counts else f"<{name}>" for name in template.fields}
    line = {name: f"<{name}>" for name in template.line_fields}
    letter = compose(Limits(PRESET.defaults()), purpose, language, values, [line, line])
    assert letter.subject and letter.text.count("<outstanding>") == 2 and "{" not in letter.text


def test_a_portals_own_text_is_a_setting_that_knows_its_fields() -> None:
    limit = PRESET.settings()[setting_key("debt_due", "", "ru")]
    assert limit.read("К оплате {total}\n{records}") == "К оплате {total}\n{records}"
    with pytest.raises(ValueError, match=r"there is no field \{client\}, fields are: company, count"):
        limit.read("К оплате {client}")
    assert "{records}" in limit.unit.ru and "{company}" in limit.unit.en
    with pytest.raises(ValueError, match=r"there is no field \{records\}"):
        PRESET.settings()["template.debt_due.subject.ru"].read("{records}")
