"""What a robot's action is given: eyes, and the means to have objects looked at again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from b24app.declare import Reader
from b24app.engine import message_log
from b24app.engine.context import Context
from b24app.engine.work import Work
from b24app.store.models import DecisionRow
from rules.decision import Ref, SendMessage, Text

CAUSE = "robot"
ASKED = Text("Об этом попросил робот", "A robot asked for it")


@dataclass
class Acting:
    """`declare.RobotContext` for the calls of one turn. `look` makes a pass; what it has read and left
    behind serves the calls that follow, and what it has looked at is not looked at twice."""

    context: Context
    look: Callable[[Sequence[Ref], str], Work]
    reader: Reader
    call: str = ""
    _looked: set[Ref] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.language: str = self.context.language
        self.now: datetime = self.reader.now

    def look_at_all(self, documents: Sequence[Ref]) -> None:
        """One pass for the documents of all calls of the turn."""
        if documents:
            self._pass(documents)

    def want(self, message: SendMessage, handler: str) -> None:
        """Notes a message that waits for this handler; its company has to be looked at then, even once more."""
        with self.context.database.session() as session:
            message_log.hold(session, self.context.portal_id, handler, message, ASKED, self.now)
        self._looked.discard(message.company)

    def look_again(self, subjects: Sequence[Ref]) -> None:
        """Runs the handlers for these subjects to the end; what is read afterwards is what they left."""
        unseen = [subject for subject in subjects if subject not in self._looked]
        if unseen:
            self._pass(unseen)

    def last_reason(self, subject: Ref, handler: str) -> Text:
        """The reason of the handler's last decision about the subject; empty if there is none."""
        with self.context.database.session() as session:
            row = session.scalar(
                select(DecisionRow)
                .where(
                    DecisionRow.portal_id == self.context.portal_id,
                    DecisionRow.rule == handler,
                    DecisionRow.entity == subject.entity,
                    DecisionRow.item_id == subject.id,
                )
                .order_by(DecisionRow.id.desc())
                .limit(1)
            )
            return Text(row.reason_ru, row.reason_en) if row is not None else Text("", "")

    def _pass(self, subjects: Sequence[Ref]) -> None:
        work = self.look(subjects, CAUSE)
        self.reader, self.now = work.reader, work.now
        self._looked |= work.looked | set(subjects)
