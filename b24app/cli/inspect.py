"""Commands that tell what happened and why: explain, journal, undo, errors, doctor."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from b24app import bootstrap
from b24app.cli import telling
from b24app.cli.output import Output
from b24app.engine.errors import OPEN
from config.settings import Settings
from rules.decision import Ref


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the group to the command line."""
    explain = commands.add_parser("explain", parents=[shared], help="why something is as it is")
    explain.add_argument("entity", help="company, deal, debt, ...")
    explain.add_argument("id", type=int)
    explain.set_defaults(command=run_explain)
    journal = commands.add_parser("journal", parents=[shared], help="what was changed, before and after")
    journal.add_argument("--since", type=datetime.fromisoformat, metavar="ISO")
    journal.add_argument("--object", type=_ref, metavar="ENTITY:ID")
    journal.add_argument("--rule")
    journal.set_defaults(command=run_journal)
    undo = commands.add_parser("undo", parents=[shared], help="take changes back")
    undo.add_argument("journal_ids", nargs="+", type=int, metavar="JOURNAL_ID")
    undo.set_defaults(command=run_undo)
    errors = commands.add_parser("errors", parents=[shared], help="the error inbox")
    errors.add_argument("action", nargs="?", choices=["list", "retry", "skip"], default="list")
    errors.add_argument("id", nargs="?", type=int)
    errors.set_defaults(command=run_errors)
    doctor = commands.add_parser("doctor", parents=[shared], help="is everything in order?")
    doctor.set_defaults(command=run_doctor)


def _ref(text: str) -> Ref:
    entity, _, number = text.partition(":")
    if not entity or not number.isdigit():
        raise argparse.ArgumentTypeError("write ENTITY:ID, as in company:100")
    return Ref(entity, int(number))


def run_explain(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Prints the last decisions about an object."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    ref = Ref(args.entity, args.id)
    entries = portal.explain(ref)
    lines = list(telling.explained_lines(entries, portal.zone))
    output.result([telling.explanation_data(entry) for entry in entries], lines or [telling.nothing_decided(ref).ru])
    return 0


def run_journal(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Prints automatic changes, the newest last."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    since = args.since if args.since is None or args.since.tzinfo else args.since.replace(tzinfo=portal.zone)
    entries = portal.journal(since, args.object, args.rule)
    output.result(
        [telling.journal_data(entry) for entry in entries],
        (telling.journal_line(entry, portal.zone) for entry in entries),
    )
    return 0


def run_undo(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Takes changes back; a change that cannot be taken back is told with the reason."""
    results = bootstrap.build(settings).only_portal(args.portal).undo(args.journal_ids)
    output.result(
        [telling.undone_data(result) for result in results], (f"{result.id}: {result.text.ru}" for result in results)
    )
    return 0 if all(result.undone for result in results) else 1


def run_errors(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Lists the error inbox, or settles one item."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    if args.action == "list":
        items = portal.errors()
        output.result([telling.error_data(i) for i in items], (telling.error_line(i, portal.zone) for i in items))
        return 0
    if args.id is None:
        output.message(f"errors {args.action} ID")
        return 2
    item = (portal.retry_error if args.action == "retry" else portal.skip_error)(args.id)
    output.result(telling.error_data(item), [f"{item.id}: {telling.ERROR_STATES[item.state]}"])
    return 0 if item.state != OPEN else 1


def run_doctor(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Checks the installation; fails when a check failed."""
    report = bootstrap.build(settings).doctor(args.portal)
    output.result(report, (f"{c['status']:9} {c['name']}: {c['ru']}" for c in report["checks"]))
    return 1 if report["status"] == "failed" else 0
