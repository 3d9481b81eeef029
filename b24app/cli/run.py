"""Commands that run processes: up, web, worker, clock, migrate."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from b24app.cli import up
from b24app.cli.output import Output
from config.settings import Settings

GUNICORN_SETTINGS = Path(__file__).parents[1] / "web" / "gunicorn.conf.py"


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the group to the command line."""
    up.register(commands, shared)
    web = commands.add_parser("web", parents=[shared], help="the web process (gunicorn)")
    web.add_argument("--bind", default=f"0.0.0.0:{os.environ.get('PORT', '8400')}", help="address to listen on")
    web.set_defaults(command=run_web)
    worker = commands.add_parser("worker", parents=[shared], help="an RQ worker")
    worker.add_argument("queues", nargs="+", choices=["high", "default", "low"])
    worker.set_defaults(command=run_worker)
    clock = commands.add_parser("clock", parents=[shared], help="the clock: wakes the workers on time")
    clock.set_defaults(command=run_clock)
    migrate = commands.add_parser("migrate", parents=[shared], help="brings the database up to date")
    migrate.set_defaults(command=run_migrate)


def run_web(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Replaces this process by gunicorn."""
    os.environ["B24APP_DATA"] = str(settings.data)
    options = ["--config", str(GUNICORN_SETTINGS), "--bind", args.bind]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, "b24app.wsgi:app"])  # noqa: S606


def run_worker(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Works until stopped."""
    from b24app import bootstrap

    bootstrap.build(settings).work(args.queues)
    return 0


def run_clock(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Runs RQ's cron until stopped."""
    from b24app import bootstrap

    bootstrap.build(settings).keep_time()
    return 0


def run_migrate(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Creates or upgrades the tables."""
    from b24app.store.database import Database

    settings.data.mkdir(parents=True, exist_ok=True)
    Database(settings.database_url).upgrade()
    output.message("The database is up to date.")
    return 0
