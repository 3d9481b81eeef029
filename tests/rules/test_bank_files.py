"""Files of banks: real-looking samples, broken ones, and properties over all of them."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from b24app.systems import bank_files
from b24app.systems.bank_files import read_bytes
from rules.bank_payment import MalformedError, Statement
from rules.bank_sheet import read_sheet
from rules.bank_statement import read_statement
from tests.rules.bank_files import OURS, ROMASHKA, SHEET_HEADINGS, THEIRS, document, sheet, text_file, windows


def only(statement: Statement) -> Any:
    assert statement.rejected == () and len(statement.documents) == 1, statement
    return statement.documents[0]


@pytest.mark.parametrize(
    "content",
    [
        windows(document()),
        text_file(document()).encode("utf-8-sig"),
        text_file(document()).encode("utf-8"),
        text_file(document()).encode("utf-16"),
        text_file(document()).replace("Windows", "DOS").encode("cp866"),
    ],
    ids=["cp1251", "utf-8 with a mark", "utf-8", "utf-16", "cp866"],
)
def test_every_encoding(content: bytes) -> None:
    found = only(read_bytes(content))
    assert (found.number, found.day, found.amount, found.currency) == ("15", date(2026, 4, 7), 120_000, "RUB")
    assert (found.payer.name, found.payer.inn, found.payer.account) == ('ООО "Ромашка"', ROMASHKA, THEIRS)
    assert (found.outgoing, found.received, found.line) == (False, date(2026, 4, 7), 20)
    assert found.key == f"{THEIRS}:15:2026-04-07:120000.00"


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"Сумма": "1500,5"}, "amount", Decimal("1500.50")),
        ({"Сумма": "1 500 000.07"}, "amount", Decimal("1500000.07")),
        ({"ДатаПоступило": ""}, "outgoing", False),
        ({"ПлательщикСчет": OURS}, "outgoing", True),
        ({"ПолучательСчет": "1", "ДатаПоступило": "", "ДатаСписано": "07.04.2026"}, "outgoing", True),
        ({"ПолучательСчет": "1"}, "outgoing", False),
        ({"ПолучательСчет": "1", "ДатаСписано": "07.04.2026"}, "outgoing", None),
        ({"ПлательщикСчет": "40702840500000001234", "ПолучательСчет": ""}, "currency", "USD"),
        ({"ПлательщикСчет": "", "ПолучательСчет": ""}, "currency", None),
        (
            {"НазначениеПлатежа": "", "НазначениеПлатежа1": "по счету 7", "НазначениеПлатежа2": "без НДС"},
            "purpose",
            "по счету 7 без НДС",
        ),
        (
            {"НазначениеПлатежа": "по счету 7\nот 01.04.2026\nНДС = 20%"},
            "purpose",
            "по счету 7 от 01.04.2026 НДС = 20%",
        ),
        ({"НазначениеПлатежа": "a=b"}, "purpose", "a=b"),
    ],
    ids=str,
)
def test_fields(values: dict[str, str], field: str, expected: object) -> None:
    assert getattr(only(read_statement(text_file(document(**values)))), field) == expected


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"Номер": ""}, "нет номера"),
        ({"Сумма": "сто"}, "«сто» не сумма"),
        ({"Сумма": ""}, "не сумма"),
        ({"Сумма": "0"}, "не больше нуля"),
        ({"Сумма": "-5"}, "не больше нуля"),
        ({"Сумма": "NaN"}, "не сумма"),
        ({"Сумма": "9" * 30}, "не сумма"),
        ({"Дата": "31.02.2026"}, "не дата"),
        ({"Дата": ""}, "не дата"),
        ({"ДатаПоступило": "завтра"}, "не дата"),
    ],
    ids=str,
)
def test_one_bad_document_does_not_hold_up_the_others(values: dict[str, str], reason: str) -> None:
    found = read_statement(text_file(document(1), document(2, **values), document(3)))
    assert [one.number for one in found.documents] == ["1", "3"]
    [rejected] = found.rejected
    assert reason in rejected.reason.ru and rejected.line == 36 and rejected.reason.en


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "Строка 1"),
        ("Привет\n", "Строка 1"),
        (text_file(document(), end=""), "Строка 36"),
        (text_file(document().replace("КонецДокумента\n", "")), "Строка 35"),
        (text_file(document().replace("КонецДокумента\n", ""), document()), "Строка 35"),
        (text_file("КонецДокумента\n"), "Строка 20"),
        (text_file("Мусор\n"), "Строка 20"),
        (text_file(document().replace("Дата=07.04.2026", "Дата 07.04.2026")), "Строка 22"),
        (text_file().replace("КонецРасчСчет\n", ""), "Строка 19"),
    ],
)
def test_a_broken_file_names_its_line(text: str, line: str) -> None:
    with pytest.raises(MalformedError) as error:
        read_statement(text)
    assert error.value.text.ru.startswith(f"{line}:") and error.value.text.en.startswith("Line")


def test_a_sheet() -> None:
    rows = [
        [datetime(2026, 4, 7), 21, 7701234567.0, "ООО Ромашка", 120000.1, "по счету 7"],
        ["07.04.2026", "22", " 7701234567 ", "ООО Ромашка", "1 200,50 руб.", None],
        [None] * 6,
        ["Итого", None, None, None, 121200.6, None],
    ]
    found = read_bytes(sheet(rows, above=4))
    assert found.rejected == ()
    first, second = found.documents
    assert (first.number, first.day, first.amount, first.payer.inn) == (
        *("21", date(2026, 4, 7), Decimal("120000.10"), ROMASHKA),
    )
    assert (second.number, second.amount, second.purpose, second.line) == ("22", Decimal("1200.50"), "", 7)


@pytest.mark.parametrize(
    ("headings", "cells", "field", "expected"),
    [
        (("Date", "No.", "Payer INN", "Amount"), ("2026-04-07", "5", ROMASHKA, "10.5"), "amount", Decimal("10.50")),
        (("ДАТА", "№", "ИНН", "Приход", "Расход"), ("07.04.26", "5", ROMASHKA, "", "7"), "outgoing", True),
        (("Дата", "№", "ИНН", "Приход", "Расход"), ("07.04.26", "5", ROMASHKA, "7", ""), "outgoing", False),
        (("Дата", "Номер", "ИНН", "Сумма"), ("07.04.26", "5", ROMASHKA, "-7"), "outgoing", True),
        (("Дата", "Номер", "ИНН", "Сумма"), ("07.04.26", "5", ROMASHKA, "7"), "outgoing", None),
        (("Дата", "Номер", "ИНН", "Сумма"), ("07.04.26", "5", 123456789, "7"), "payer", "0123456789"),
        (("Дата", "Номер", "Счёт плательщика", "Сумма"), ("07.04.26", "5", THEIRS, "7"), "currency", "RUB"),
        (("Дата", "Номер", "ИНН", "Сумма", "Валюта"), ("07.04.26", "5", ROMASHKA, "7", "eur"), "currency", "EUR"),
        (
            ("Дата", "Номер", "ИНН", "Сумма", "Дата проводки"),
            ("07.04.26", "5", ROMASHKA, "7", "08.04.2026"),
            "received",
            date(2026, 4, 8),
        ),
    ],
    ids=str,
)
def test_columns(headings: tuple[str, ...], cells: tuple[object, ...], field: str, expected: object) -> None:
    found = getattr(only(read_sheet([headings, cells])), field)
    assert (found.inn if field == "payer" else found) == expected


@pytest.mark.parametrize(
    ("headings", "missing"),
    [
        (("Дата", "Сумма", "ИНН"), "номер"),
        (("Номер", "Сумма", "ИНН"), "дата"),
        (("Дата", "Номер", "Сумма"), "ИНН плательщика"),
        ((), "дата, сумма, номер, ИНН плательщика"),
    ],
)
def test_missing_columns_are_named(headings: tuple[str, ...], missing: str) -> None:
    with pytest.raises(MalformedError) as error:
        read_bytes(sheet([], headings))
    assert error.value.text.ru.endswith(f"{missing}.")


def test_what_a_row_lacks_is_told() -> None:
    rows = [
        ["07.04.2026", 1, None, "X", 5, ""],
        ["07.04.2026", None, ROMASHKA, "X", 5, ""],
        ["?", 1, ROMASHKA, "X", 5, ""],
    ]
    found = read_sheet([SHEET_HEADINGS, *rows])
    assert [one.line for one in found.rejected] == [2, 3, 4]


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped(a=b"<x/>"), "повреждена"),
        (zipped(xl__workbook=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "DOCTYPE"),
        (sheet([])[:700], "повреждена"),
        (b"PK\x03\x04 no archive at all", "повреждена"),
        (b"%PDF-1.4", "Строка 1"),
        (b"", "Строка 1"),
    ],
)
def test_what_is_no_such_file(content: bytes, said: str) -> None:
    with pytest.raises(MalformedError) as error:
        read_bytes(content)
    assert said in error.value.text.ru


def test_a_small_archive_that_unfolds_into_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_files, "LARGEST_UNPACKED", 2**20)
    bomb = zipped(a=b" " * 2**22)
    assert len(bomb) < 2**15
    with pytest.raises(MalformedError, match="too large"):
        read_bytes(bomb)
    monkeypatch.setattr(bank_files, "MOST_PARTS", 2)
    with pytest.raises(MalformedError, match="too large"):
        read_bytes(zipped(a=b"", b=b"", c=b""))


words = st.text(
    st.characters(codec="cp1251", exclude_characters="\r\n=", categories=("L", "N", "P", "Zs")), max_size=40
)
amounts = st.decimals(min_value="0.01", max_value="999999999", places=2)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(number=st.integers(1, 10**6), amount=amounts, day=days, purpose=words, name=words)
@settings(deadline=None)
def test_what_is_written_is_read(number: int, amount: Decimal, day: date, purpose: str, name: str) -> None:
    written = document(
        number, f"{amount:f}", f"{day:%d.%m.%Y}", **{"НазначениеПлатежа": purpose, "Плательщик1": f"ООО {name}"}
    )
    found = only(read_bytes(windows(written)))
    assert (found.number, found.amount, found.day) == (str(number), amount, day)
    assert found.purpose.split() == purpose.split()


@given(amount=amounts, day=days, as_text=st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_sheet_is_read_as_it_is_written(amount: Decimal, day: date, as_text: bool) -> None:
    cells = [f"{day:%d.%m.%Y}" if as_text else day, "7", ROMASHKA, "X", str(amount) if as_text else float(amount), ""]
    found = only(read_bytes(sheet([cells])))
    assert (found.amount, found.day) == (amount, day)


@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode())))
@example(b"1CClientBankExchange")
@example(b"PK\x03\x04")
@settings(deadline=None)
def test_garbage_is_refused_in_words(content: bytes) -> None:
    for one in (content, windows(document())[: len(content)], b"1CClientBankExchange\n" + content):
        with pytest.raises(MalformedError) as error:
            read_bytes(one)
        assert error.value.text.ru and error.value.text.en


WHOLE = (windows(document(), document(2)), sheet([["07.04.2026"]]))


@given(st.sampled_from(range(len(WHOLE))), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=5))
@settings(max_examples=80, deadline=None)
def test_a_damaged_file_is_refused_or_read(which: int, damage: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE[which])
    for place, value in damage:
        content[place % len(content)] = value
    try:
        read_bytes(bytes(content))
    except MalformedError as error:
        assert error.text.ru
