"""Tables as files that Excel opens: CSV with semicolons and a byte order mark, and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

from b24app.declare import Column

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""what Excel takes for the beginning of a formula (OWASP, CSV injection)"""
FORMATS = {"day": "DD.MM.YYYY", "month": "MM.YYYY", "money": "# ##0.00", "percent": "0.0"}
WIDTH = 22

Line = Mapping[str, Any]


def csv_file(columns: Sequence[Column], rows: Iterable[Line], language: str) -> bytes:
    """The table as CSV in UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_safe(column.title.in_language(language)) for column in columns])
    for row in rows:
        writer.writerow([_safe(printed(row.get(column.name), column, language)) for column in columns])
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(title: str, columns: Sequence[Column], rows: Iterable[Line], language: str) -> bytes:
    """The table as a workbook: numbers and days stay numbers and days, a text is never a formula."""
    book = Workbook()
    sheet = book.active
    sheet.title = title[:31]
    for number, column in enumerate(columns, start=1):
        cell = sheet.cell(1, number)
        _put(cell, column.title.in_language(language))
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = WIDTH
    for line, row in enumerate(rows, start=2):
        for number, column in enumerate(columns, start=1):
            value = row.get(column.name)
            cell = sheet.cell(line, number)
            _put(cell, value if isinstance(value, int | Decimal | date) else printed(value, column, language))
            if column.kind in FORMATS:
                cell.number_format = FORMATS[column.kind]
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def printed(value: Any, column: Column, language: str) -> str:
    """A value as people read it; Russian has a decimal comma."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime("%m.%Y" if column.kind == "month" else "%d.%m.%Y")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {number}" for name, number in value.items())
    if isinstance(value, Decimal):
        text = f"{value:.2f}" if column.kind == "money" else f"{value:f}"
        return text.replace(".", ",") if language.startswith("ru") else text
    return str(value)


def _safe(text: str) -> str:
    """A text that begins like a formula is quoted; a negative number stays one."""
    number = text.lstrip("-").replace(",", "", 1).replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(FORMULA) and not number else text


def _put(cell: Any, value: Any) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA)
