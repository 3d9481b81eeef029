"""Which records a payment's purpose names, and which payments are told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rules.decision import Ref
from rules.double_payments import BankPayment, PaidDocument, doubles
from rules.payment_purpose import Numbered, named_numbers, records_named
from tests.rules.small_portal import rub


@pytest.mark.parametrize(
    ("purpose", "numbers"),
    [
        ("Оплата по счету № 77 от 06.04.2026 за товар, НДС 20% 20000-00", ("77",)),
        ("Оплата по договору № 12 от 01.02.2026 за счет №УТ-00123 и 78", ("ут-123", "78")),
        ("по накладным 77, 78 и 79 от 01.02.2026г.", ("77", "78", "79")),
        ("по УПД 77 и 78 от 01.01.2026, 79", ("77", "78", "79")),
        ("за товар по сч. 15/А", ("15/а",)),
        ("Оплата по счёту-фактуре N 000045", ("45",)),
        ("Счет на оплату покупателю №ЦБ-77/2 от 5.4.26", ("цб-77/2",)),
        ("Предоплата 100% по заказу №501. НДС не облагается", ("501",)),
        ("Payment for invoice No. 77, order 12", ("77", "12")),
        ("счет по договору № 5", ()),
        ("счет от 01.02.2026", ()),
        ("зачисление на счет 40702810500000001234", ()),
        ("Оплата за товар. НДС 10% 2727.27", ()),
        ("", ()),
    ],
)
def test_numbers(purpose: str, numbers: tuple[str, ...]) -> None:
    assert named_numbers(purpose) == numbers


RECORDS = (
    Numbered(1, frozenset({"УТ-00000077", "501"}), 501),
    Numbered(2, frozenset({"УТ-00000078", "502"}), 502),
    Numbered(3, frozenset({"501"}), 501),
    Numbered(4, frozenset({"00078", "504"}), 504),
    Numbered(5, frozenset({"79"})),
    Numbered(6, frozenset({"79"})),
)


@pytest.mark.parametrize(
    ("purpose", "records", "ambiguous"),
    [
        ("по накладной УТ-77", {1}, ()),
        ("по накладной 77", {1}, ()),
        ("по накладной 78", {4}, ()),
        ("по накладным УТ-78, 77", {1, 2}, ()),
        ("по заказу 501", {1, 3}, ()),
        ("по счету 79", set(), ("79",)),
        ("по счету 999", set(), ()),
    ],
)
def test_records(purpose: str, records: set[int], ambiguous: tuple[str, ...]) -> None:
    named = records_named(purpose, RECORDS)
    assert (named.records, named.ambiguous) == (records, ambiguous)


def bank(id: int, day: int, amount: int = 100, confirmed: bool = False) -> BankPayment:
    return BankPayment(id, str(id), date(2026, 4, day), rub(amount), confirmed=confirmed)


def paid(id: int, day: int, amount: int = 100) -> PaidDocument:
    return PaidDocument(id, Ref("deal", 501), rub(amount), date(2026, 4, day))


@pytest.mark.parametrize(
    ("payments", "documents", "pairs"),
    [
        ([bank(1, 10)], [paid(7, 13)], {1: 7}),
        ([bank(1, 10)], [paid(7, 7)], {1: 7}),
        ([bank(1, 10)], [paid(7, 14)], {}),
        ([bank(1, 10)], [paid(7, 10, 101)], {}),
        ([bank(1, 10, confirmed=True)], [paid(7, 10)], {}),
        ([bank(1, 10), bank(2, 11)], [paid(7, 11)], {2: 7}),
        ([bank(1, 10), bank(2, 10)], [paid(7, 10), paid(8, 11)], {1: 7, 2: 8}),
        ([bank(1, 10)], [PaidDocument(7, Ref("deal", 501), rub(100), None)], {}),
    ],
)
def test_doubles(payments: list[BankPayment], documents: list[PaidDocument], pairs: dict[int, int]) -> None:
    found = doubles(payments, documents, 3)
    assert {payment.id: document.id for payment, document in found.items()} == pairs


@pytest.mark.parametrize(
    ("named", "deal", "is_double"),
    [
        ((1,), 501, True),
        ((2,), 501, False),
        ((1, 2), 501, True),
        ((2, 3), 501, False),
        ((3,), 501, False),
        ((), 501, True),
        ((9,), 501, True),
        ((2,), None, True),
    ],
)
def test_money_for_another_shipment_is_no_double(named: tuple[int, ...], deal: int | None, is_double: bool) -> None:
    """Record 1 is of deal 501, record 2 of 502, record 3 of none; nobody knows record 9."""
    payment = replace(bank(1, 10), records=named)
    document = replace(paid(7, 10), deal_id=deal)
    assert bool(doubles([payment], [document], 3, {1: 501, 2: 502, 3: None})) is is_double


def test_a_document_of_the_named_shipment_is_the_double_however_close_another_is() -> None:
    payment = replace(bank(1, 10), records=(2,))
    near, own = replace(paid(7, 10), deal_id=501), replace(paid(8, 12), deal_id=502)
    assert doubles([payment], [near, own], 3, {1: 501, 2: 502}) == {payment: own}
