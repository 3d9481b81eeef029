"""The command line: `python -m b24app COMMAND`. Each group of commands is a module of `b24app.cli`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from b24app.cli import inspect, operate, run, setup
from b24app.cli.output import Output
from b24app.errors import AppError
from config.settings import load_settings

GROUPS = (run, operate, setup, inspect)


def main(argv: list[str] | None = None) -> int:
    """Runs one command; 0 done, 1 a failure told in words, 2 wrong usage."""
    args = _parser().parse_args(argv)
    output = Output(as_json=args.json)
    try:
        settings = load_settings(args.data)
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        code: int = args.command(settings, args, output)
    except AppError as error:
        output.failure(error)
        return 1
    except KeyboardInterrupt:
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--portal", metavar="MEMBER_ID|DOMAIN", help="which portal, when several are installed")
    shared.add_argument("--json", action="store_true", help="one JSON document on stdout, messages on stderr")
    shared.add_argument("--data", type=Path, metavar="DIR", help="data directory (default: B24APP_DATA)")
    parser = argparse.ArgumentParser(prog="b24app", description="Automation companion for Bitrix24")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.register(commands, shared)
    return parser


if __name__ == "__main__":
    sys.exit(main())
