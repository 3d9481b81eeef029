"""The command line: `python -m b24app COMMAND`. Each group of commands is a module of `b24app.cli`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from redis import RedisError
from sqlalchemy.exc import OperationalError, ProgrammingError

from b24app.cli import channels, inspect, messages, operate, payments, report, run, setup
from b24app.cli.output import Output
from b24app.errors import AppError, SystemUnavailable
from config.settings import load_settings
from rules.decision import Text

log = logging.getLogger(__name__)

GROUPS = (run, operate, payments, report, setup, channels, messages, inspect)
NO_DATABASE = Text(
    "База данных не отвечает или не создана: проверьте DATABASE_URL, B24APP_DATA и выполните b24app migrate",
    "The database does not answer or is not made: check DATABASE_URL and B24APP_DATA, run b24app migrate",
)
NO_QUEUE = Text("Сервер очереди не отвечает: проверьте REDIS_URL", "The queue server does not answer: check REDIS_URL")


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
    except (OperationalError, ProgrammingError) as error:
        log.debug("the database failed", exc_info=error)
        output.failure(SystemUnavailable(NO_DATABASE))
        return 1
    except RedisError:
        output.failure(SystemUnavailable(NO_QUEUE))
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
