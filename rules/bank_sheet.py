"""A bank's statement as a sheet: columns are recognised by their headings, rows become payment orders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

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

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": (
        *("номер", "№", "номер документа", "номер платежа", "номер п/п", "№ документа", "№ п/п", "№ док"),
        *("number", "no", "document number", "payment number", "doc no"),
    ),
    "day": (
        *("дата", "дата документа", "дата платежа", "дата операции", "дата п/п"),
        *("date", "document date", "payment date"),
    ),
    "received": ("дата поступления", "дата проводки", "дата зачисления", "value date", "booking date"),
    "amount": (
        *("сумма", "сумма платежа", "сумма документа", "приход", "поступление", "поступило", "кредит"),
        *("сумма по кредиту", "amount", "payment amount", "credit", "income"),
    ),
    "debit": ("расход", "дебет", "списание", "списано", "сумма по дебету", "debit", "expense"),
    "inn": (
        *("инн плательщика", "инн отправителя", "инн контрагента", "инн"),
        *("payer inn", "inn", "payer tax id", "tax id", "counterparty inn"),
    ),
    "account": (
        *("счет плательщика", "расчетный счет плательщика", "р/с плательщика", "счет отправителя"),
        *("счет контрагента", "payer account", "counterparty account", "account"),
    ),
    "payer": (
        *("плательщик", "наименование плательщика", "отправитель", "контрагент", "наименование контрагента"),
        *("payer", "payer name", "counterparty", "name"),
    ),
    "payee_inn": ("инн получателя", "payee inn", "payee tax id"),
    "payee_account": ("счет получателя", "расчетный счет получателя", "р/с получателя", "payee account"),
    "purpose": (
        *("назначение платежа", "назначение", "основание", "содержание операции"),
        *("purpose", "payment purpose", "purpose of payment", "details", "description"),
    ),
    "currency": ("валюта", "код валюты", "currency"),
}
"""What a column may be called; of several that mean the same the first one counts."""

NEEDED = ("day", "amount", "number")
_TITLES = {
    "day": Text("дата", "date"),
    "amount": Text("сумма", "amount"),
    "number": Text("номер", "number"),
    "inn": Text("ИНН плательщика", "payer INN"),
}
HEADING_ROWS = 30
"""the headings stand among the first rows; before them banks print titles"""
_TOTAL = re.compile(r"(итого|всего|обороты|total)\b", re.IGNORECASE)
_COUNTERPARTS = (("debit", True), ("amount", False))

Cells = Sequence[object]


def read_sheet(rows: Iterable[Cells]) -> Statement:
    """The documents of a sheet. MalformedError says which columns are missing; one row that cannot be
    understood does not hold up the others."""
    columns: dict[str, int] | None = None
    nearest: dict[str, int] = {}
    documents: list[BankDocument] = []
    rejected: list[Rejected] = []
    for number, cells in enumerate(rows, 1):
        if columns is None:
            found = _columns(cells)
            nearest = max(nearest, found, key=len)
            if not _missing(found):
                columns = found
            elif number >= HEADING_ROWS:
                break
            continue
        row = {name: cells[place] for name, place in columns.items() if place < len(cells)}
        if not _is_filled(row):
            continue
        try:
            documents.append(_document(number, row))
        except UnreadableError as error:
            rejected.append(Rejected(number, error.reason))
    if columns is None:
        raise _no_headings(nearest)
    return Statement(tuple(documents), tuple(rejected))


def _columns(cells: Cells) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        heading = _plain(cell)
        for name, words in HEADINGS.items():
            if heading in words:
                found.setdefault(name, place)
    return found


def _plain(cell: object) -> str:
    """`Сумма, руб.` and `СУММА (RUB)` are «сумма»."""
    text = str(cell or "").casefold().replace("ё", "е")
    text = re.sub(r"\(.*?\)|,.*|:$", "", text)
    return " ".join(text.split()).strip(" .")


def _missing(found: Mapping[str, int]) -> list[str]:
    missing = [name for name in NEEDED if name not in found]
    return missing if "inn" in found or "account" in found else [*missing, "inn"]


def _no_headings(nearest: Mapping[str, int]) -> MalformedError:
    missing = [_TITLES[name] for name in _missing(nearest)]
    ru, en = ", ".join(one.ru for one in missing), ", ".join(one.en for one in missing)
    return MalformedError(
        Text(
            f"В первых {HEADING_ROWS} строках нет заголовков столбцов: {ru}.",
            f"The first {HEADING_ROWS} rows have no headings of these columns: {en}.",
        )
    )


def _is_filled(row: Mapping[str, object]) -> bool:
    """Neither empty nor a line of totals."""
    words = [str(cell).strip() for cell in row.values() if cell is not None and str(cell).strip()]
    return bool(words) and not any(_TOTAL.match(word) for word in words[:2])


def _document(number: int, row: Mapping[str, object]) -> BankDocument:
    title = _word(row, "number")
    if not title:
        raise UnreadableError(Text("нет номера документа", "the document has no number"))
    amount, outgoing = _amount(row)
    payer = Party(_word(row, "payer"), _inn(row, "inn"), _word(row, "account"))
    if not payer.inn and not payer.account:
        raise UnreadableError(Text("нет ни ИНН, ни счёта плательщика", "neither the payer's INN nor account is there"))
    payee = Party("", _inn(row, "payee_inn"), _word(row, "payee_account"))
    return BankDocument(
        line=number,
        number=title,
        day=read_day(row.get("day"), "Дата"),
        amount=amount,
        currency=_currency(row) or currency_of(payee.account, payer.account),
        payer=payer,
        payee=payee,
        purpose=" ".join(_word(row, "purpose").split()),
        received=_received(row),
        outgoing=outgoing,
    )


def _amount(row: Mapping[str, object]) -> tuple[Decimal, bool | None]:
    """The amount, and whether the sheet says that we paid: another column, or a minus."""
    for name, outgoing in _COUNTERPARTS:
        if _word(row, name) and (amount := read_amount(row[name], "Сумма")):
            told = outgoing if "debit" in row else None
            return abs(amount), True if amount < 0 else told
    raise UnreadableError(Text("нет суммы", "there is no amount"))


def _received(row: Mapping[str, object]) -> date | None:
    return read_day(row["received"], "Дата поступления") if _word(row, "received") else None


def _currency(row: Mapping[str, object]) -> str | None:
    from_code = _word(row, "currency").upper()
    return {"RUR": "RUB", "РУБ": "RUB"}.get(from_code, from_code) or None


def _word(row: Mapping[str, object], name: str) -> str:
    """A cell as text; sheets keep long numbers as floats."""
    cell = row.get(name)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def _inn(row: Mapping[str, object], name: str) -> str:
    """An INN; a sheet that keeps it as a number has lost its leading zero."""
    word = _word(row, name)
    return f"0{word}" if word.isdigit() and len(word) in (9, 11) else word
