"""The exchange format of Russian banks, `1CClientBankExchange`: text to payment orders.

The format is described at https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/standart-obmena-s-sistemami-klient-banka/formaty-obmena/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.bank_payment import (
    BankDocument,
    MalformedError,
    Party,
    Rejected,
    Statement,
    UnreadableError,
    currency_of,
    read_amount,
    read_day,
)
from rules.decision import Text

HEADER = "1CClientBankExchange"
_DOCUMENT, _END_OF_DOCUMENT = "СекцияДокумент", "КонецДокумента"
_ACCOUNT, _END_OF_ACCOUNT = "СекцияРасчСчет", "КонецРасчСчет"
_END = "КонецФайла"
_OUR_ACCOUNT = "РасчСчет"
_PURPOSE = "НазначениеПлатежа"
_NAME = re.compile(r"\w+")
_INN_IN_NAME = re.compile(r"^ИНН\s+\d+\s+", re.IGNORECASE)


@dataclass
class _Section:
    """A section that is being read: its first line and its values."""

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    last: str = ""


def read_statement(text: str) -> Statement:
    """The documents of a file. MalformedError names the line that breaks the format; one document that
    cannot be understood does not hold up the others."""
    sections, ours = _Reading().run(text)
    documents: list[BankDocument] = []
    rejected: list[Rejected] = []
    for section in sections:
        try:
            documents.append(_document(section, ours))
        except UnreadableError as error:
            rejected.append(Rejected(section.line, error.reason))
    return Statement(tuple(documents), tuple(rejected))


class _Reading:
    """Walks the lines once."""

    def __init__(self) -> None:
        self.documents: list[_Section] = []
        self.accounts: set[str] = set()
        self.open: _Section | None = None

    def run(self, text: str) -> tuple[list[_Section], frozenset[str]]:
        """The sections of documents, and our accounts."""
        started, number = False, 0
        for number, raw in enumerate(text.split("\n"), 1):
            line = raw.strip("\r \t")
            if not line:
                continue
            if not started:
                if line != HEADER:
                    raise _malformed(number, f"ожидается {HEADER}", f"{HEADER} is expected")
                started = True
            elif line == _END:
                self._check_closed(number)
                return self.documents, frozenset(self.accounts)
            else:
                self._line(number, line)
        raise _malformed(max(number, 1), f"файл обрывается: нет строки {_END}", f"the file breaks off: no {_END}")

    def _line(self, number: int, line: str) -> None:
        name, equals, value = line.partition("=")
        value = value.strip()
        if name in (_DOCUMENT, _ACCOUNT):
            self._check_closed(number)
            self.open = _Section(name, number)
        elif line in (_END_OF_DOCUMENT, _END_OF_ACCOUNT):
            self._close(number, line)
        elif self.open is not None and self.open.name == _DOCUMENT and self._continues(name, equals):
            self.open.values[self.open.last] += f" {line}"
        elif not equals:
            raise _malformed(number, f"нет знака «=»: {line[:40]}", f"no «=»: {line[:40]}")
        else:
            self._keep(name, value)

    def _continues(self, name: str, equals: str) -> bool:
        """Whether a line goes on with a purpose of several lines, which some banks write as it was typed."""
        assert self.open is not None  # noqa: S101 - asked only inside a section
        return self.open.last.startswith(_PURPOSE) and not (equals and _NAME.fullmatch(name))

    def _keep(self, name: str, value: str) -> None:
        if name == _OUR_ACCOUNT and (self.open is None or self.open.name == _ACCOUNT):
            self.accounts.add(value)
        if self.open is not None:
            self.open.values[name] = value
            self.open.last = name

    def _close(self, number: int, line: str) -> None:
        expected = _DOCUMENT if line == _END_OF_DOCUMENT else _ACCOUNT
        if self.open is None or self.open.name != expected:
            raise _malformed(number, f"{line} без {expected}", f"{line} without {expected}")
        if expected == _DOCUMENT:
            self.documents.append(self.open)
        self.open = None

    def _check_closed(self, number: int) -> None:
        if self.open is not None:
            begun = self.open.line
            raise _malformed(
                number,
                f"секция, начатая в строке {begun}, не закончена",
                f"the section that begins in line {begun} is not ended",
            )


def _document(section: _Section, ours: frozenset[str]) -> BankDocument:
    values = section.values
    number = values.get("Номер", "")
    if not number:
        raise UnreadableError(Text("нет номера документа", "the document has no number"))
    amount = read_amount(values.get("Сумма"), "Сумма")
    if amount <= 0:
        raise UnreadableError(Text(f"сумма {amount} не больше нуля", f"the amount {amount} is not above zero"))
    payer, payee = _party(values, "Плательщик"), _party(values, "Получатель")
    received, sent = values.get("ДатаПоступило"), values.get("ДатаСписано")
    return BankDocument(
        line=section.line,
        number=number,
        day=read_day(values.get("Дата"), "Дата"),
        amount=amount,
        currency=currency_of(payee.account, payer.account),
        payer=payer,
        payee=payee,
        purpose=_purpose(values),
        received=read_day(received, "ДатаПоступило") if received else None,
        outgoing=_outgoing(payer, payee, ours, bool(received), bool(sent)),
    )


def _party(values: Mapping[str, str], who: str) -> Party:
    name = values.get(f"{who}1") or values.get(who, "")
    account = values.get(f"{who}Счет") or values.get(f"{who}РасчСчет", "")
    return Party(_INN_IN_NAME.sub("", name), values.get(f"{who}ИНН", ""), account)


def _purpose(values: Mapping[str, str]) -> str:
    parts = [values.get(f"{_PURPOSE}{n}", "") for n in range(1, 7)]
    return values.get(_PURPOSE) or " ".join(part for part in parts if part)


def _outgoing(payer: Party, payee: Party, ours: frozenset[str], received: bool, sent: bool) -> bool | None:
    """By the accounts that the file calls ours; else by which of the two days it tells."""
    if payer.account in ours:
        return True
    if payee.account in ours:
        return False
    return sent if sent != received else None


def _malformed(line: int, ru: str, en: str) -> MalformedError:
    return MalformedError(Text(f"Строка {line}: {ru}.", f"Line {line}: {en}."))
