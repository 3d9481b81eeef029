"""Every report is complete, and tables become files that Excel opens without running anything in them."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from b24app.declare import Column, Report
from b24app.discover import discover, enabled
from b24app.sheets import csv_file, xlsx_file
from config.preset import load_preset
from rules.decision import Text

REPORTS = discover().reports
KINDS = {"text", "number", "percent", "money", "day", "month", "counts"}
COLUMNS = (
    Column("name", Text("Имя", "Name")),
    Column("day", Text("День", "Day"), "day"),
    Column("sum", Text("Сумма", "Sum"), "money"),
    Column("why", Text("Причины", "Reasons"), "counts"),
)


@pytest.mark.parametrize("report", REPORTS.values(), ids=lambda one: one.name)
def test_report(report: Report) -> None:
    assert report.title.ru and report.title.en and report.needs
    assert len({column.name for column in report.columns}) == len(report.columns)
    for column in report.columns:
        assert column.title.ru and column.title.en and column.kind in KINDS


def test_reports_are_there_where_their_names_are() -> None:
    assert set(enabled(discover(), load_preset("food_distribution")).reports) == set(REPORTS)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ромашка", "Ромашка"),
        ("=1+1", "'=1+1"),
        ("+7 999", "'+7 999"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-5", "-5"),
        ('a"b;c', '"a""b;c"'),
        (None, ""),
    ],
)
def test_cells_of_csv(text: str | None, written: str) -> None:
    file = csv_file(COLUMNS[:1], [{"name": text}], "ru").decode("utf-8-sig")
    assert file.split("\r\n")[1] == (written if written or text else '""')


def test_numbers_and_days_of_both_files() -> None:
    row = {"name": "=1", "day": date(2026, 3, 5), "sum": Decimal("-1250.5"), "why": {"Дорого": 2, "Ушёл": 1}}
    text = csv_file(COLUMNS, [row], "ru").decode("utf-8-sig")
    assert text.split("\r\n")[1] == "'=1;05.03.2026;-1250,50;Дорого: 2, Ушёл: 1"
    assert csv_file(COLUMNS, [row], "en").decode("utf-8-sig").split("\r\n")[1].split(";")[2] == "-1250.50"
    sheet = load_workbook(io.BytesIO(xlsx_file("Отчёт", COLUMNS, [row], "ru"))).active
    name, day, amount, why = sheet[2]
    assert (name.value, name.data_type, name.quotePrefix) == ("=1", "s", True)
    assert day.value.date() == date(2026, 3, 5) and Decimal(str(amount.value)) == Decimal("-1250.5")
    assert why.value == "Дорого: 2, Ушёл: 1"
