"""The loop guard (X.02): a field that the app keeps rewriting is left alone and shown to a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from b24app.engine import journal
from b24app.engine.actions import Change
from b24app.engine.errors import Trouble
from b24app.engine.values import encode
from rules.decision import Ref
from rules.wording import sentence

WINDOW = timedelta(minutes=10)
REPEATS = 5
"""automatic changes of one field of one object within the window; one more that writes a value
already written in it is a quarrel with somebody"""
RUNAWAY = 20
"""more than any honest row of new facts makes, whatever the values are"""

History = dict[tuple[Ref, str], list[Any]]


def split(
    session: Session, portal_id: int, wanted: Sequence[Change], now: datetime
) -> tuple[list[Change], list[Change]]:
    """Changes that may be made, and changes that have to wait until the window has passed.

    A burst of new facts (six shipments in a minute) changes a sum with a new value each time and is
    no loop; two that disagree write the same values again and again.
    """
    history: History = defaultdict(list)
    for ref, after in journal.changes_since(session, portal_id, {change.target for change in wanted}, now - WINDOW):
        for name, value in after.items():
            history[ref, name].append(value)
    paused = [change for change in wanted if _loops(change, history)]
    return [change for change in wanted if change not in paused], paused


def trouble(change: Change) -> Trouble:
    """What a person is told."""
    fields = ", ".join(sorted(change.after))
    rule = change.decided.handler
    text = sentence(
        "«{rule}», {target}: поля {fields} меняются снова и снова. Кто-то (робот, сотрудник, другое приложение) "
        "возвращает прежние значения. Правило для объекта приостановлено на 10 минут",
        '"{rule}", {target}: the fields {fields} change again and again. Somebody (a robot, an employee, '
        "another application) puts the former values back. The rule is paused for the object for 10 minutes",
        rule=rule.title,
        target=change.target,
        fields=fields,
    )
    subject = change.decided.subject
    return Trouble(f"loop:{rule.name}:{change.target}", "loop", text, change.target, rule.name, (subject,))


def _loops(change: Change, history: History) -> bool:
    for name, value in change.after.items():
        written = history.get((change.target, name), [])
        if len(written) >= RUNAWAY or (len(written) >= REPEATS and encode(value) in written):
            return True
    return False
