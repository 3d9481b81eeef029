"""The command `report`: a report of `reports/` on the screen, as JSON, CSV or XLSX."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from b24app import bootstrap
from b24app.cli.output import Output
from b24app.declare import Asked, Report
from b24app.errors import PresetError
from b24app.sheets import csv_file, printed, xlsx_file
from config.settings import Settings
from rules.decision import Text


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the group to the command line."""
    report = commands.add_parser("report", parents=[shared], help="a report; without a name, the list of them")
    report.add_argument("name", nargs="?")
    report.add_argument("--from", dest="begin", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day")
    report.add_argument("--to", dest="end", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day")
    report.add_argument("--days", type=int, metavar="N", help="only what waits for more than N days")
    report.add_argument("--responsible", type=int, metavar="ID", help="only of this employee")
    files = report.add_mutually_exclusive_group()
    files.add_argument("--csv", type=Path, metavar="FILE", help="write a CSV file that Excel opens (- for the screen)")
    files.add_argument("--xlsx", type=Path, metavar="FILE", help="write an Excel file")
    report.set_defaults(command=run_report)


def run_report(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Makes a report, or lists those there are."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    language = portal.row.language
    if args.name is None:
        known = portal.catalogue.reports.values()
        output.result(
            [{"name": one.name, "title": one.title.in_language(language)} for one in known],
            [f"{one.name}: {one.title.ru} / {one.title.en}" for one in known],
        )
        return 0
    asked = Asked(args.begin, args.end, args.days, args.responsible)
    report, rows = portal.report(args.name, asked)
    if args.csv is not None:
        _write(args.csv, csv_file(report.columns, rows, language))
    elif args.xlsx is not None:
        _write(args.xlsx, xlsx_file(report.title.in_language(language), report.columns, rows, language))
    else:
        output.result(_document(report, rows, language), _lines(report, rows, language))
    return 0


def _write(path: Path, content: bytes) -> None:
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        text = f"Файл {path} не записан: {error.strerror}", f"{path} was not written: {error.strerror}"
        raise PresetError(Text(*text)) from None


def _document(report: Report, rows: Sequence[Mapping[str, Any]], language: str) -> dict[str, Any]:
    columns = [{"name": one.name, "title": one.title.in_language(language), "kind": one.kind} for one in report.columns]
    return {"name": report.name, "title": report.title.in_language(language), "columns": columns, "rows": rows}


def _lines(report: Report, rows: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    yield report.title.in_language(language)
    yield " | ".join(column.title.in_language(language) for column in report.columns)
    for row in rows:
        yield " | ".join(printed(row.get(column.name), column, language) for column in report.columns)
