"""Phones, e-mails and taxpayers' numbers: what counts as the same."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.contact_data import (
    SPELLINGS,
    email_spellings,
    emails,
    inn,
    is_true_inn,
    kpp,
    ogrn,
    phone_spellings,
    phones,
)

MOSCOW, MOBILE = "+74951234567", "+79990000001"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("8 (999) 000-00-01", [MOBILE]),
        ("+7 999 000 00 01", [MOBILE]),
        ("79990000001", [MOBILE]),
        ("9990000001", [MOBILE]),
        ("+7(999)000-00-01", [MOBILE]),
        ("тел. 8-999-000-00-01", [MOBILE]),
        ("8(999)0000001 Ольга", [MOBILE]),
        ("+7 999 000-00-01 (WhatsApp)", [MOBILE]),
        ("8 (495) 123-45-67 доб. 12", [MOSCOW]),
        ("8 (495) 123-45-67, доб. 12", [MOSCOW]),
        ("+7 495 1234567 ext. 5", [MOSCOW]),
        ("8 495 123 45 67 #123", [MOSCOW]),
        ("8 495 123 45 67 вн. 3", [MOSCOW]),
        ("8 999 000-00-01, 8 495 123-45-67", [MOBILE, MOSCOW]),
        ("8 999 000-00-01; 8 495 123-45-67\n+7 999 000-00-01", [MOBILE, MOSCOW]),
        ("8 999 000-00-01 / 8 495 123-45-67", [MOBILE, MOSCOW]),
        ("8 999 000-00-01 или 8 495 123-45-67", [MOBILE, MOSCOW]),
        ("+375 29 123-45-67", ["+375291234567"]),
        ("8 800 555-35-35", ["+78005553535"]),
        ("223-45-67", []),
        ("нет", []),
        ("", []),
        (None, []),
    ],
)
def test_phones_in_a_text(text: str | None, found: list[str]) -> None:
    assert list(phones(text, "RU")) == found


def test_the_country_of_a_phone_without_a_code() -> None:
    assert phones("029 123-45-67", "BY") == ("+375291234567",)
    assert phones("8 (999) 000-00-01", "BY") != (MOBILE,)


@given(st.integers(9_000_000_000, 9_999_999_999).map(lambda digits: f"+7{digits}"))
def test_every_spelling_is_the_same_phone(phone: str) -> None:
    if not phonenumbers.is_valid_number(phonenumbers.parse(phone)):
        return
    spelled = phone_spellings(phone)
    assert phone in spelled and len(spelled) == len(set(spelled)) <= SPELLINGS
    assert {phones(one, "RU") for one in spelled} == {(phone,)}


@pytest.mark.parametrize("region", ["KZ", "BY", "DE", "US", "CN"])
def test_phones_of_other_countries_have_spellings(region: str) -> None:
    number = phonenumbers.example_number(region)
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert {phones(one, region) for one in phone_spellings(phone)} == {(phone,)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@romashka.ru", ["a@romashka.ru"]),
        (" A@Romashka.RU ", ["a@romashka.ru"]),
        ("Ольга <a@romashka.ru>", ["a@romashka.ru"]),
        ("mailto:a@romashka.ru.", ["a@romashka.ru"]),
        ("a@romashka.ru, b@lutik.ru; A@ROMASHKA.RU", ["a@romashka.ru", "b@lutik.ru"]),
        ("b@Почта.рф", ["b@xn--80a1acny.xn--p1ai"]),
        ("b@xn--80a1acny.xn--p1ai", ["b@xn--80a1acny.xn--p1ai"]),
        ("first.last+shop@mail.example.com", ["first.last+shop@mail.example.com"]),
        ("a@romashka", []),
        ("нет", []),
        (None, []),
    ],
)
def test_addresses_in_a_text(text: str | None, found: list[str]) -> None:
    assert list(emails(text)) == found


@pytest.mark.parametrize("mail", ["a@romashka.ru", "b@xn--80a1acny.xn--p1ai"])
def test_every_spelling_is_the_same_address(mail: str) -> None:
    spelled = email_spellings(mail)
    assert mail in spelled and len(spelled) <= SPELLINGS
    assert {emails(one) for one in spelled} == {(mail,)}


@pytest.mark.parametrize(
    ("text", "number", "true"),
    [
        ("7707083893", "7707083893", True),
        ("ИНН 7707 083 893", "7707083893", True),
        ("500100732259", "500100732259", True),
        ("7701234567", "7701234567", False),
        ("770708389", None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_numbers_of_taxpayers(text: str | None, number: str | None, true: bool) -> None:
    assert (inn(text), is_true_inn(text)) == (number, true)


def test_reason_codes_and_registration_numbers() -> None:
    assert [kpp(one) for one in ("773601001", " 7736 01001", "7736AB001", "77360100", None)] == [
        "773601001",
        "773601001",
        "7736AB001",
        None,
        None,
    ]
    assert [ogrn(one) for one in ("1027700132195", "1 02 77 00132195", "1027700132196", None)] == [
        "1027700132195",
        "1027700132195",
        None,
        None,
    ]
