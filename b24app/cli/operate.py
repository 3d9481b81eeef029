"""Commands that do the product's work now: settle, sweep, exchange."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from b24app import bootstrap
from b24app.cli import telling
from b24app.cli.output import Output
from b24app.errors import PresetError
from config.settings import Settings
from rules.decision import Text


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the group to the command line."""
    settle = commands.add_parser(
        "settle", parents=[shared], help="do everything that is due now, until nothing is left"
    )
    settle.add_argument("--timeout", type=float, default=120.0, metavar="S", help="seconds (default 120)")
    settle.set_defaults(command=run_settle)
    sweep = commands.add_parser("sweep", parents=[shared], help="run a sweep now")
    which = sweep.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", help="name of the sweep")
    which.add_argument("--all", action="store_true", help="every sweep")
    sweep.add_argument("--dry-run", action="store_true", help="only tell what it would do")
    sweep.set_defaults(command=run_sweep)
    exchange = commands.add_parser("exchange", parents=[shared], help="run an exchange now")
    exchange.add_argument("name")
    exchange.add_argument("--full", action="store_true", help="everything, not only what changed")
    exchange.add_argument("--dry-run", action="store_true", help="only tell what it would do")
    exchange.set_defaults(command=run_exchange)


def run_settle(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Settles one portal; fails when something is left."""
    report = asdict(bootstrap.build(settings).settle(args.portal, args.timeout))
    # One JSON line with or without --json: scripts read it, and it is short enough for people.
    output.result(report, [json.dumps(report)])
    return 0 if report["left"] == 0 else 1


def run_sweep(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Runs one sweep or all of them; what a person has to look at is in the error inbox, and counted."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    names = list(portal.catalogue.sweeps) if args.all else [args.name]
    reports = [portal.engine.sweep(name, dry_run=args.dry_run) for name in names]
    output.result(
        {report.name: asdict(report) for report in reports},
        (line for report in reports for line in telling.sweep_lines(report)),
    )
    return 0


def run_exchange(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """No exchange is installed with the presets of this version; says so."""
    text = "Обмена «{}» нет: наборы этой версии обменов не содержат"
    english = "There is no exchange “{}”: the presets of this version hold none"
    raise PresetError(Text(text.format(args.name), english.format(args.name)))
