"""Whom a messenger writes to: chat ids from phones, and the key of a letter to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import phonenumbers

from b24app.channels.channel import Letter

HOME = "RU"
"""the country of numbers written without one (`8 999 ...`)"""


def e164(phone: str) -> str:
    """`+79990000001` from a phone as people write it; "" when it is none."""
    try:
        number = phonenumbers.parse(phone, HOME)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def digits_of(letter: Letter) -> list[str]:
    """Numbers without the plus to try, the best one first, each once."""
    return list(dict.fromkeys(_digits(letter)))


def _digits(letter: Letter) -> Iterator[str]:
    for person in letter.people:
        for phone in person.phones:
            if number := e164(phone):
                yield number.removeprefix("+")


def message_key(letter: Letter, digits: str) -> str:
    """The same for the same letter to the same number, however often it is tried; 32 letters."""
    return sha256(f"{letter.key}|{digits}".encode()).hexdigest()[:32]
