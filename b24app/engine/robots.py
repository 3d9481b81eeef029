"""Robots: a business process of the portal waits, so every call is answered, refusals included.

The result of the action is stored before it is sent: after a crash only the answer is repeated. An
answer the portal does not expect any more (the token is used up or the process is gone) counts as
delivered. api-reference/bizproc/bizproc-robot/bizproc-event-send.md
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from b24app.declare import Robot
from b24app.engine import errors
from b24app.engine.acting import Acting
from b24app.engine.context import Context
from b24app.engine.decide import RULE_FAULTS
from b24app.engine.errors import Trouble
from b24app.errors import AppError, OutcomeUnknown, PortalLost, PortalRefused, Terminal, Transient
from b24app.portal.batch import Call, Done, Lost, Outcome
from b24app.store.models import RobotRunRow, utcnow
from rules.decision import Money, Ref, Text

NEW, ACTED, ANSWERED, FAILED = "new", "acted", "answered", "failed"
AT_ONCE = 200
"""runs of one turn: they share one pass and their answers four batches"""
PATIENCE = timedelta(minutes=30)
"""how long an action that fails for a passing reason is tried; then the process is told so"""

# api-reference/bizproc/bizproc-workflow-start.md: how documents are named.
_PLAIN = {"LEAD": 1, "DEAL": 2, "CONTACT": 3, "COMPANY": 4, "QUOTE": 7, "SMART_INVOICE": 31}
_DOCUMENT = re.compile(r"(?:DYNAMIC_(?P<type>\d+)|(?P<name>[A-Z_]+))_(?P<id>\d+)")
# The token is used up, or nobody waits with it (the robot was registered without waiting).
_NOT_EXPECTED = {"access_denied", "error_event_not_found", "error_not_waiting"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the business process."""

    values: dict[str, Any]
    log: str


class Robots:
    """Works off the stored calls of one portal. `acting` makes what an action is given; it is called
    once for every turn."""

    def __init__(self, context: Context, acting: Callable[[], Acting]) -> None:
        self._context = context
        self._acting = acting

    def work(self) -> int:
        """Acts and answers until no call waits; returns how many were answered. A passing failure is
        raised after the other calls of the turn."""
        answered = 0
        while runs := self._waiting():
            trouble = self._act(runs)
            answered += self._answer(self._acted())
            if trouble is not None:
                raise trouble
        return answered + self._answer(self._acted())

    def _waiting(self) -> list[RobotRunRow]:
        return self._rows(NEW)

    def _acted(self) -> list[RobotRunRow]:
        return self._rows(ACTED)

    def _rows(self, state: str) -> list[RobotRunRow]:
        with self._context.database.session() as session:
            query = select(RobotRunRow).where(
                RobotRunRow.portal_id == self._context.portal_id, RobotRunRow.state == state
            )
            return list(session.scalars(query.order_by(RobotRunRow.id).limit(AT_ONCE)))

    def _act(self, runs: Sequence[RobotRunRow]) -> Transient | None:
        acting = self._acting()
        if len(runs) > 1:
            # Cards moved in bulk reach their robots together: one pass looks at all of them.
            acting.look_at_all([ref for run in runs if (ref := self._named(run)) is not None])
        trouble: Transient | None = None
        for run in runs:
            try:
                answer = self._result(run, acting)
            except Transient as error:
                if utcnow() < run.received_at + PATIENCE:
                    trouble = trouble or error
                    self._count_attempt(run.id)
                    continue
                answer = self._failure(run, error.text)
            self._store(run.id, answer)
        return trouble

    def _result(self, run: RobotRunRow, acting: Acting) -> Answer:
        robot = self._context.catalogue.robots.get(run.code)
        if robot is None:
            text = f"Робот «{run.code}» выключен в приложении", f'The robot "{run.code}" is switched off in the app'
            return self._failure(run, Text(*text))
        try:
            document = self._document(run)
            properties = robot.properties.model_validate(_given(run.properties))
            acting.call = run.token_hash
            returned = robot.act(acting, document, properties)
        except ValidationError as error:
            return self._failure(run, _wrong_properties(error))
        except PortalLost:
            raise
        except Terminal as error:
            return self._failure(run, error.text)
        except RULE_FAULTS as error:
            return self._failure(run, Text(f"Ошибка робота: {error!r}", f"The robot failed: {error!r}"))
        return Answer(values_of(returned), "")

    def _document(self, run: RobotRunRow) -> Ref:
        document = self._named(run)
        if document is None:
            told = run.document[-1] if run.document else ""
            raise Terminal(
                Text(f"Робот не работает с документом {told}", f"The robot does not work with the document {told}")
            )
        return document

    def _named(self, run: RobotRunRow) -> Ref | None:
        """The object that the call is about; None for a document of another kind."""
        match = _DOCUMENT.fullmatch(str(run.document[2])) if len(run.document) == 3 else None
        kind = None if match is None else int(match["type"]) if match["type"] else _PLAIN.get(match["name"])
        entity = None if kind is None else self._context.names.entity_of(kind)
        return Ref(entity, int(match["id"])) if match is not None and entity is not None else None

    def _failure(self, run: RobotRunRow, text: Text) -> Answer:
        """The answer that says no: the fields of the result with their defaults, and the reason in the
        log of the process and in the error inbox."""
        robot = self._context.catalogue.robots.get(run.code)
        told = text.in_language(self._context.language)
        with self._context.database.session() as session:
            name = robot.name if robot else Text(run.code, run.code)
            full = Text(f"Робот «{name.ru}»: {text.ru}", f'Robot "{name.en}": {text.en}')
            payload = {"document": run.document, "properties": run.properties}
            trouble = Trouble(f"robot:{run.code}:{run.document[-1:]}:{text.en}", "robot", full, payload=payload)
            errors.note(session, self._context.portal_id, [trouble])
        return Answer(refusal_values(robot, told) if robot else {}, told)

    def _count_attempt(self, id: int) -> None:
        with self._context.database.session() as session:
            session.get_one(RobotRunRow, id).attempts += 1

    def _store(self, id: int, answer: Answer) -> None:
        with self._context.database.session() as session:
            run = session.get_one(RobotRunRow, id)
            run.attempts += 1
            run.result = {"values": answer.values, "log": answer.log}
            run.state = ACTED if run.waits else ANSWERED

    def _answer(self, runs: Sequence[RobotRunRow]) -> int:
        """Delivers results; a call that cannot be delivered for a passing reason waits."""
        if not runs:
            return 0
        outcomes = self._context.gateway.batch([self._call(run) for run in runs])
        trouble: AppError | None = None
        delivered = 0
        with self._context.database.session() as session:
            for run, outcome in zip(runs, outcomes, strict=True):
                state = self._delivery(session, run, outcome)
                if state is None and not isinstance(outcome, Done):
                    trouble = trouble or outcome.error
                    continue
                session.get_one(RobotRunRow, run.id).state = state or ANSWERED
                delivered += 1
        if trouble is not None:
            raise trouble
        return delivered

    def _call(self, run: RobotRunRow) -> Call:
        result = run.result or {"values": {}, "log": ""}
        params = {"EVENT_TOKEN": self._context.open_token(run.event_token), "RETURN_VALUES": result["values"]}
        if result["log"]:
            params["LOG_MESSAGE"] = result["log"]
        return Call("bizproc.event.send", params, write=True)

    def _delivery(self, session: Session, run: RobotRunRow, outcome: Outcome) -> str | None:
        """The state after an attempt to deliver; None when it has to be repeated. Repeating is safe: a
        second answer with the same token is refused."""
        if isinstance(outcome, Done):
            return ANSWERED
        error = outcome.error
        if isinstance(outcome, Lost) or isinstance(error, Transient | OutcomeUnknown | PortalLost):
            return None
        if isinstance(error, PortalRefused) and error.code.lower() in _NOT_EXPECTED:
            return ANSWERED
        text = Text(
            f"Ответ робота «{run.code}» не принят порталом: {error.text.ru}",
            f'The portal did not take the answer of the robot "{run.code}": {error.text.en}',
        )
        errors.note(session, self._context.portal_id, [Trouble(f"robot_answer:{run.id}", "robot", text)])
        return FAILED


def count_waiting(session: Session, portal_id: int) -> int:
    """How many calls are not answered yet."""
    query = select(func.count()).where(RobotRunRow.portal_id == portal_id, RobotRunRow.state.in_((NEW, ACTED)))
    return session.scalar(query) or 0


def values_of(returned: BaseModel) -> dict[str, Any]:
    """A result as RETURN_VALUES: flags as Y and N, amounts as numbers with the currency behind a bar."""
    return {name: _printed(value) for name, value in returned if value is not None}


def refusal_values(robot: Robot, reason: str) -> dict[str, Any]:
    """The result of an action that was refused: defaults, and the reason in the field named for it."""
    values = {}
    for name, field in robot.returns.model_fields.items():
        if name in ("reason", "error", "message"):
            values[name] = reason
        elif not field.is_required():
            default = field.get_default(call_default_factory=True, validated_data={})
            if default is not None:
                values[name] = _printed(default)
    return values


def _printed(value: Any) -> Any:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Money):
        return f"{value.amount:f}|{value.currency}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Text):
        return value.ru
    if isinstance(value, (list, tuple)):
        return [_printed(item) for item in value]
    return value


def _given(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties without the empty ones: an optional one that was left empty comes as an empty text."""
    return {name: value for name, value in properties.items() if value not in ("", [], None)}


def _wrong_properties(error: ValidationError) -> Text:
    names = ", ".join(sorted({str(part["loc"][0]) for part in error.errors() if part["loc"]}))
    return Text(f"Проверьте настройки робота: {names}", f"Check the robot's settings: {names}")
