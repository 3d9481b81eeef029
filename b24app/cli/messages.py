"""The command that shows what was written to clients, or was not, and why: `messages`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from b24app import bootstrap
from b24app.cli.output import Output
from b24app.engine import message_log
from b24app.store.models import MessageRow
from config.settings import Settings
from rules.client_messages import MessageState

STATES = {
    MessageState.WAITING: "ждёт",
    MessageState.UNKNOWN: "ответ потерян",
    MessageState.SENT: "отправлено",
    MessageState.NO_CHANNEL: "нет канала",
    MessageState.FAILED: "не доставлено",
}
DETAILS = {"delivered": "доставлено", "read": "прочитано", "failed": "не доставлено", "lost": "исход неизвестен"}


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the command."""
    messages = commands.add_parser("messages", parents=[shared], help="messages to clients: sent, held back, and why")
    messages.add_argument("--company", type=int, metavar="ID")
    messages.add_argument("--since", type=datetime.fromisoformat, metavar="ISO")
    messages.add_argument("--state", choices=[state.value for state in MessageState])
    messages.set_defaults(command=run)


def run(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Prints the log, the newest last."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    zone = portal.zone
    since = args.since if args.since is None or args.since.tzinfo else args.since.replace(tzinfo=zone)
    state = MessageState(args.state) if args.state else None
    with portal.ground.database.session() as session:
        rows = message_log.listed(session, portal.id, company=args.company, since=since, state=state)
        document = [_data(row) for row in rows]
        lines = [line for row in rows for line in _lines(row, zone)]
    output.result(document, lines or ["Сообщений клиентам нет."])
    return 0


def _data(row: MessageRow) -> dict[str, Any]:
    return {
        "company": row.company_id,
        "key": row.key,
        "rule": row.rule,
        "purpose": row.purpose,
        "about": row.about,
        "at": row.at,
        "state": row.state,
        "channel": row.channel,
        "detail": row.detail,
        "ru": row.reason_ru,
        "en": row.reason_en,
        "tried": row.tried,
        "subject": row.subject,
        "text": row.text,
    }


def _lines(row: MessageRow, zone: ZoneInfo) -> Iterator[str]:
    moment = row.at.astimezone(zone).strftime("%d.%m.%Y %H:%M")
    through = f", {row.channel}" if row.channel else ""
    later = f", {DETAILS.get(row.detail, row.detail)}" if row.detail else ""
    why = f": {row.reason_ru}" if row.reason_ru else ""
    yield f"{moment}  company:{row.company_id}  {row.purpose}  {STATES[MessageState(row.state)]}{through}{later}{why}"
    for one in row.tried:
        yield f"  {one['channel']}: {one['ru']}"
    if row.text:
        yield f"  {' '.join(row.text.split())}"
