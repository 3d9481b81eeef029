"""Phones, e-mails and numbers of taxpayers, brought to the one form in which equal ones are equal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from stdnum.ru import inn as taxpayer
from stdnum.ru import ogrn as registration

SPELLINGS = 20
"""values that `crm.duplicate.findbycomm` takes at once (api-reference/crm/duplicates/crm-duplicate-find-by-comm.md)"""

_APART = re.compile(r"[;,/\n\r|]+|\s+(?:и|или|and|or)\s+", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*(?:доб\w*|вн\w*|ext\w*|x|#)\W*\d+\W*$", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+")
"""`(WhatsApp)`: letters would be dialled as the digits under them"""
_MAIL = re.compile(r"[^\s<>()\[\]:;,@\"]+@[^\s<>()\[\]:;,@\"]+\.[^\s<>()\[\]:;,@\".]+")
_MOBILE_PREFIX = "8"
"""how people in Russia and Kazakhstan begin a number instead of +7"""


@dataclass(frozen=True, slots=True)
class Communication:
    """A way to reach somebody as it stands in a card: `phone`, `email`, ..., and what was typed."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def phones(text: str | None, region: str) -> tuple[str, ...]:
    """The phones in a text, as `+79990000001`, without extensions; `region` is the country (`RU`) of
    numbers that do not name one. What is no phone is left out."""
    found = (_phone(part, region) for part in _APART.split(text or ""))
    return tuple(dict.fromkeys(phone for phone in found if phone))


def emails(text: str | None) -> tuple[str, ...]:
    """The addresses in a text, in small letters, their domains as `xn--`."""
    return tuple(dict.fromkeys(map(_mail, _MAIL.findall(text or ""))))


def inn(text: str | None) -> str | None:
    """The ten or twelve digits of a taxpayer's number, whatever stands between them; None for anything else.

    The check digits are not looked at: two cards with the same mistyped number mean the same client.
    """
    digits = _digits(text)
    return digits if len(digits) in (10, 12) else None


def is_true_inn(text: str | None) -> bool:
    """Whether the check digits of a taxpayer's number are right."""
    return bool(taxpayer.is_valid(_digits(text)))


def kpp(text: str | None) -> str | None:
    """The nine digits of a reason code; the fifth and sixth may be capital letters."""
    code = re.sub(r"[\s-]", "", text or "").upper()
    return code if re.fullmatch(r"\d{4}[\dA-Z]{2}\d{3}", code) else None


def ogrn(text: str | None) -> str | None:
    """The thirteen or fifteen digits of a registration number with the right check digit."""
    digits = _digits(text)
    return digits if registration.is_valid(digits) else None


def phone_spellings(phone: str) -> tuple[str, ...]:
    """How people write a phone of `phones`: the portal's search does not see that they are one."""
    number = phonenumbers.parse(phone)
    ways = phonenumbers.PhoneNumberFormat
    international, national = (phonenumbers.format_number(number, way) for way in (ways.INTERNATIONAL, ways.NATIONAL))
    inner = phonenumbers.national_significant_number(number)
    spelled = [phone, phone[1:], international, national, inner, _digits(national), international.replace("-", " ")]
    if number.country_code == phonenumbers.country_code_for_region("RU") and len(inner) == 10:
        spelled += _russian(inner)
    return tuple(dict.fromkeys(spelled))[:SPELLINGS]


def email_spellings(mail: str) -> tuple[str, ...]:
    """How people write an address of `emails`: with the domain in its own letters as well."""
    name, _, domain = mail.rpartition("@")
    readable = f"{name}@{_decoded(domain)}"
    return tuple(dict.fromkeys([mail, readable, readable.capitalize(), readable.upper()]))


def _russian(inner: str) -> Iterable[str]:
    code, first, second, third = inner[:3], inner[3:6], inner[6:8], inner[8:]
    for prefix in ("+7", _MOBILE_PREFIX):
        yield f"{prefix} ({code}) {first}-{second}-{third}"
        yield f"{prefix}({code}){first}-{second}-{third}"
        yield f"{prefix} {code} {first}-{second}-{third}"
        yield f"{prefix}-{code}-{first}-{second}-{third}"
        yield f"{prefix} {code} {first} {second} {third}"


def _phone(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(_WORDS.sub(" ", _EXTENSION.sub("", text.strip())), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _mail(address: str) -> str:
    name, _, domain = address.strip(".").lower().rpartition("@")
    return f"{name}@{_encoded(domain)}"


def _encoded(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _decoded(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def _digits(text: str | None) -> str:
    return re.sub(r"\D", "", text or "")
