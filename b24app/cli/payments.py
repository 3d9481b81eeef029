"""Commands about money from files of banks: import, list, undo, restore, confirm, assign."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from b24app import bootstrap
from b24app.cli.output import Output
from b24app.engine import bank_import, bank_money
from b24app.engine.bank_import import Import, Line
from b24app.engine.lease import LeaseBusy
from b24app.installed import InstalledPortal
from b24app.store.models import BankPaymentRow
from b24app.systems.bank_files import read_file
from config.settings import Settings
from rules.decision import Money
from rules.wording import day_of, money_ru

STATES = {
    bank_import.NEW: "новый",
    bank_import.KNOWN: "уже загружен",
    bank_import.REPEATED: "повтор в файле",
    bank_import.UNDONE: "отменён",
    bank_import.UNKNOWN: "не найдена компания",
    bank_money.COUNTED: "засчитан",
    bank_money.CONFIRMED: "засчитан, подтверждён",
}


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the group to the command line."""
    payments = commands.add_parser("payments", help="money from files of banks")
    actions = payments.add_subparsers(title="actions", required=True, metavar="ACTION")
    taken = actions.add_parser("import", parents=[shared], help="show what a bank's file would do; --apply does it")
    taken.add_argument("file", type=Path, metavar="FILE", help="1CClientBankExchange (.txt) or .xlsx")
    taken.add_argument("--apply", action="store_true", help="store the payments and lay them on debts")
    taken.set_defaults(command=run_import)
    listed = actions.add_parser("list", parents=[shared], help="stored payments, the newest last")
    listed.set_defaults(command=run_list)
    for name, state, help in (
        ("undo", bank_money.UNDONE, "take payments back"),
        ("restore", bank_money.COUNTED, "count payments again that were taken back"),
        ("confirm", bank_money.CONFIRMED, "these are no repetitions of payments on the portal"),
    ):
        action = actions.add_parser(name, parents=[shared], help=help)
        action.add_argument("ids", nargs="+", type=int, metavar="ID")
        action.set_defaults(command=run_change, state=state)
    assigned = actions.add_parser("assign", parents=[shared], help="say which company a payment belongs to")
    assigned.add_argument("id", type=int)
    assigned.add_argument("company", type=int, metavar="COMPANY_ID")
    assigned.set_defaults(command=run_assign)


def run_import(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Shows, document by document, whose money it is and where it goes; with --apply also stores it."""
    statement = read_file(args.file)
    portal = bootstrap.build(settings).only_portal(args.portal)
    work = bank_import.apply if args.apply else bank_import.preview
    found = work(portal.engine.context, statement, args.file.name)
    if args.apply:
        _look(portal, output)
    output.result(_import_data(found, applied=args.apply), _import_lines(found, applied=args.apply))
    return 0


def run_list(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Prints stored payments."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    states = (*bank_money.LAID, bank_money.UNKNOWN, bank_money.UNDONE)
    with portal.ground.database.session() as session:
        rows = bank_money.listed(session, portal.id, states)
    output.result([_row_data(row) for row in rows], map(_row_line, rows))
    return 0


def run_change(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Puts payments into another state, and looks at their companies again."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    rows = bank_import.change(portal.engine.context, args.ids, args.state)
    _look(portal, output)
    output.result([_row_data(row) for row in rows], map(_row_line, rows))
    return 0


def run_assign(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Gives a payment to a company."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    bank_import.assign(portal.engine.context, args.id, args.company)
    _look(portal, output)
    output.result({"id": args.id, "company": args.company}, [f"Платёж {args.id}: компания {args.company}"])
    return 0


def _look(portal: InstalledPortal, output: Output) -> None:
    """The companies concerned are looked at now; a worker that is at the portal does it otherwise."""
    try:
        portal.engine.drain()
    except LeaseBusy:
        output.message("Платежи сохранены; компании пересчитает рабочий процесс.")


def _import_data(found: Import, *, applied: bool) -> dict[str, Any]:
    return {
        "file": found.file,
        "applied": applied,
        "documents": [_line_data(line) for line in found.lines],
        "counts": Counter(line.state for line in found.lines),
        "outgoing": found.outgoing,
        "rejected": [{"line": one.line, "ru": one.reason.ru, "en": one.reason.en} for one in found.statement.rejected],
        "found_again": found.found_again,
    }


def _line_data(line: Line) -> dict[str, Any]:
    document, double = line.document, line.double
    return {
        "line": document.line,
        "number": document.number,
        "day": document.day,
        "amount": document.amount,
        "currency": document.currency,
        "payer": {"name": document.payer.name, "inn": document.payer.inn, "account": document.payer.account},
        "purpose": document.purpose,
        "state": line.state,
        "company": line.company,
        "company_title": line.title,
        "reason": {"ru": line.reason.ru, "en": line.reason.en} if line.reason else None,
        "records": line.records,
        "deals": line.deals,
        "laid": [{"record": one.record, "title": one.title, "amount": one.amount.amount} for one in line.laid],
        "advance": line.advance.amount if line.advance else Decimal(0),
        "double": {"owner": str(double.owner), "payment": double.id, "day": double.day} if double else None,
    }


def _import_lines(found: Import, *, applied: bool) -> Iterator[str]:
    for line in found.lines:
        yield from _line_lines(line)
    for one in found.statement.rejected:
        yield f"строка {one.line}: не прочитано: {one.reason.ru}"
    counts = Counter(line.state for line in found.lines)
    told = ", ".join(f"{STATES[state]}: {count}" for state, count in sorted(counts.items()))
    yield f"{told or 'Поступлений нет'}; исходящих пропущено: {found.outgoing}"
    if found.found_again:
        yield f"Найдены компании платежей из прежних файлов: {found.found_again}"
    if not applied:
        yield "Это предпросмотр. Разнести: добавьте --apply"


def _line_lines(line: Line) -> Iterator[str]:
    document = line.document
    money = money_ru(Money(document.amount, document.currency or ""))
    company = f"{line.title} ({line.company})" if line.company else document.payer.name or document.payer.inn
    yield f"№ {document.number} от {day_of(document.day)}  {money}  {company}  [{STATES[line.state]}]"
    if line.reason is not None:
        yield f"    {line.reason.ru}"
    for laid in line.laid:
        named = " (назван в назначении)" if laid.record in line.records else ""
        yield f"    → {laid.title} (запись {laid.record}): {money_ru(laid.amount)}{named}"
    if line.advance is not None:
        yield f"    → аванс: {money_ru(line.advance)}"
    if line.double is not None:
        yield f"    похоже на оплату {line.double.id} на портале ({line.double.owner}): спросим в списке ошибок"


def _row_data(row: BankPaymentRow) -> dict[str, Any]:
    names = ("id", "state", "company_id", "number", "day", "amount", "currency", "payer", "purpose", "records", "file")
    return {name: getattr(row, name) for name in names}


def _row_line(row: BankPaymentRow) -> str:
    money = money_ru(Money(Decimal(row.amount), row.currency))
    whose = f"компания {row.company_id}" if row.company_id else row.payer["name"] or row.payer["inn"]
    return f"{row.id}  № {row.number} от {day_of(row.day)}  {money}  {whose}  [{STATES[row.state]}]"
