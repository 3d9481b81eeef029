"""Complaints of rules in the error inbox: once while they last, struck out when the rule is content."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from b24app.engine import errors
from b24app.engine.decide import Decided
from b24app.engine.errors import Trouble
from b24app.store.models import ErrorRow
from rules.decision import Complain, Ref

KIND = "complaint"


def settle(session: Session, portal_id: int, decided: Sequence[Decided]) -> list[Trouble]:
    """Notes new complaints, ends those that the same subject does not raise any more; returns the
    new ones."""
    raised = {trouble.key: trouble for one in decided for trouble in _complaints(one)}
    standing = session.execute(
        select(ErrorRow.group_key, ErrorRow.payload, ErrorRow.state).where(
            ErrorRow.portal_id == portal_id, ErrorRow.kind == KIND, ErrorRow.state != errors.RESOLVED
        )
    ).all()
    looked = {(one.handler.name, one.subject) for one in decided}
    over = [
        row.group_key
        for row in standing
        if row.group_key not in raised
        and looked & {(row.payload["rule"], Ref(*who)) for who in row.payload["subjects"]}
    ]
    errors.resolve(session, portal_id, over)
    known = {row.group_key for row in standing if row.state != errors.RETRIED}
    new = [trouble for key, trouble in raised.items() if key not in known]
    errors.note(session, portal_id, new)
    return new


def _complaints(one: Decided) -> list[Trouble]:
    return [
        Trouble(
            f"complaint:{one.handler.name}:{command.key}",
            KIND,
            command.text,
            command.target or one.subject,
            one.handler.name,
            (one.subject,),
        )
        for command in one.decision.commands
        if isinstance(command, Complain)
    ]
