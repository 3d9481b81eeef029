"""Commands that connect messengers: `channels`, `channels connect VENDOR`, `channels test VENDOR PHONE`."""

from __future__ import annotations

import argparse
from typing import Any

from b24app import bootstrap
from b24app.channels.channel import Outcome, Taken
from b24app.channels.vendors import VENDORS
from b24app.cli.output import Output
from config.settings import Settings
from rules.decision import Text


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the command."""
    channels = commands.add_parser("channels", parents=[shared], help="messengers: what is connected, connect, test")
    channels.add_argument("action", nargs="?", choices=["list", "connect", "test"], default="list")
    channels.add_argument("vendor", nargs="?", choices=VENDORS)
    channels.add_argument("phone", nargs="?", help="of your own, for a test message")
    channels.set_defaults(command=run)


def run(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Shows the messengers, has one tell us about deliveries, or sends a test message."""
    messengers = bootstrap.build(settings).only_portal(args.portal).messengers
    if args.action == "list":
        state = messengers.state()
        rows = [{"channel": name, "connected": not needed, "missing": needed} for name, needed in state.items()]
        output.result(rows, (_line(name, needed) for name, needed in state.items()))
        return 0
    if args.vendor is None or (args.action == "test" and args.phone is None):
        output.message("channels connect VENDOR | channels test VENDOR PHONE")
        return 2
    if args.action == "connect":
        messengers.connect(args.vendor)
        output.result({"connected": args.vendor}, ["Подключено: статусы доставки и ответы клиентов придут сюда."])
        return 0
    return _tell(messengers.test(args.vendor, args.phone), output)


def _tell(outcome: Outcome, output: Output) -> int:
    taken = isinstance(outcome, Taken)
    text = Text("Отправлено", "Sent") if isinstance(outcome, Taken) else outcome.reason
    output.result({"sent": taken, "ru": text.ru, "en": text.en}, [text.ru])
    return 0 if taken else 1


def _line(channel: str, missing: list[str]) -> str:
    return f"{channel}: подключён" if not missing else f"{channel}: не подключён, нужно {', '.join(missing)}"
