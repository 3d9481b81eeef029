"""One payment order of a bank's file, as every kind of file tells it; and how words in such files are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from rules.decision import Text

CENT = Decimal("0.01")
MOST = Decimal(10) ** 15
"""no payment is larger: a longer figure is an account that slipped into the wrong column"""

CURRENCIES = {
    "810": "RUB",
    "643": "RUB",
    "840": "USD",
    "978": "EUR",
    "156": "CNY",
    "398": "KZT",
    "933": "BYN",
    "826": "GBP",
    "784": "AED",
    "949": "TRY",
}
"""The sixth to eighth digit of a Russian account tell its currency (579-П, the chart of accounts of banks)."""

_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:\s.*)?")
_ACCOUNT = re.compile(r"\d{20}")


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays or is paid."""

    name: str = ""
    inn: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class BankDocument:
    """A payment order. `line` is where it stands in the file, `received` the day the money came,
    `currency` None when the file does not tell it. `outgoing` None: the file does not say who we are."""

    line: int
    number: str
    day: date
    amount: Decimal
    currency: str | None
    payer: Party
    payee: Party
    purpose: str = ""
    received: date | None = None
    outgoing: bool | None = None

    @property
    def key(self) -> str:
        """What makes it the same payment in another file: the payer's account, number, date, amount."""
        who = self.payer.account or self.payer.inn
        return f"{who}:{self.number}:{self.day.isoformat()}:{self.amount:f}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that cannot be read, and why."""

    line: int
    reason: Text


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file holds, in its order."""

    documents: tuple[BankDocument, ...] = ()
    rejected: tuple[Rejected, ...] = ()


class MalformedError(Exception):
    """The file as a whole cannot be read; `text` names the line."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


class UnreadableError(Exception):
    """One document cannot be read; `reason` says why."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(reason.en)


def read_day(word: object, name: str) -> date:
    """`06.04.2026`, `2026-04-06` or a date of a sheet."""
    if isinstance(word, datetime):
        return word.date()
    if isinstance(word, date):
        return word
    text = str(word or "").strip()
    try:
        if match := _DAY.fullmatch(text):
            day, month, year = (int(part) for part in match.groups())
            return date(year if year > 99 else 2000 + year, month, day)
        return datetime.fromisoformat(text).date()
    except ValueError:
        shown = text[:40]
        raise UnreadableError(Text(f"{name}: «{shown}» не дата", f"{name}: «{shown}» is no date")) from None


def read_amount(word: object, name: str) -> Decimal:
    """`120000.00`, `120 000,50`, `1,200.50` or a number of a sheet, to the cent; never negative zero."""
    text = re.sub(r"[\s\u00a0\u202f'₽$€]|руб\.?", "", str("" if word is None else word))
    if "," in text and "." in text:
        thousands = "," if text.rindex(".") > text.rindex(",") else "."
        text = text.replace(thousands, "")
    try:
        amount = Decimal(text.replace(",", "."))
        if not amount.is_finite() or abs(amount) >= MOST:
            raise InvalidOperation
    except InvalidOperation:
        shown = str(word)[:40]
        raise UnreadableError(Text(f"{name}: «{shown}» не сумма", f"{name}: «{shown}» is no amount")) from None
    return amount.quantize(CENT) + 0


def currency_of(*accounts: str) -> str | None:
    """The currency that the first readable account tells."""
    for account in accounts:
        if _ACCOUNT.fullmatch(account) and account[5:8] in CURRENCIES:
            return CURRENCIES[account[5:8]]
    return None
