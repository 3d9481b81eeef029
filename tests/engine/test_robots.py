"""Robots: every call is answered once, whatever happens to the action, the answer or the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from b24app.errors import OutcomeUnknown, PortalRefused, PortalUnavailable
from b24app.portal.batch import Call, Done, Lost, Outcome, Refused
from b24app.store.models import ErrorRow, RobotRunRow, utcnow
from tests.engine.ground import PORTAL, Ground
from tests.engine.test_drain import shipped_deal


class Answers:
    """Takes what is sent to business processes; `next` are the outcomes instead of success."""

    def __init__(self, ground: Ground) -> None:
        self.sent: list[dict[str, Any]] = []
        self.next: list[Outcome] = []
        self._batch = ground.gateway.batch
        ground.gateway.batch = self.batch  # type: ignore[method-assign]

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        if not calls or calls[0].method != "bizproc.event.send":
            return self._batch(calls, interactive=interactive)
        self.sent += [dict(call.params) for call in calls]
        return [self.next.pop(0) if self.next else Done(True) for _ in calls]


@pytest.fixture
def answers(ground: Ground) -> Answers:
    return Answers(ground)


def call(ground: Ground, code: str = "recalculate_debt", document: str = "DEAL_501", **fields: Any) -> None:
    with ground.database.session() as session:
        token = fields.pop("token", "token-1")
        row = RobotRunRow(
            portal_id=PORTAL,
            token_hash=token,
            event_token=token.encode(),
            code=code,
            document=["crm", "CCrmDocumentDeal", document],
            properties=fields.pop("properties", {}),
            **fields,
        )
        session.add(row)


def states(ground: Ground) -> list[str]:
    with ground.database.session() as session:
        return list(session.scalars(select(RobotRunRow.state).order_by(RobotRunRow.id)))


def troubles(ground: Ground) -> list[str]:
    with ground.database.session() as session:
        return list(session.scalars(select(ErrorRow.text_ru).where(ErrorRow.kind == "robot")))


def test_robot_acts_and_answers_with_what_the_portal_then_shows(ground: Ground, answers: Answers) -> None:
    shipped_deal(ground)
    call(ground)
    assert ground.engine.robots() == 1
    (sent,) = answers.sent
    assert sent["EVENT_TOKEN"] == "token-1"
    assert sent["RETURN_VALUES"]["open_records"] == 1
    assert float(sent["RETURN_VALUES"]["in_period"]) == 120_000
    assert states(ground) == ["answered"]
    assert ground.engine.robots() == 0


def test_refusal_is_answered_with_the_reason(ground: Ground, answers: Answers) -> None:
    call(ground, document="DEAL_9999")
    ground.engine.robots()
    (sent,) = answers.sent
    assert "удалён" in sent["LOG_MESSAGE"]
    assert states(ground) == ["answered"]
    assert len(troubles(ground)) == 1


@pytest.mark.parametrize(
    ("code", "document"), [("no_such_robot", "DEAL_501"), ("recalculate_debt", "TASK"), ("recalculate_debt", "X_1")]
)
def test_unknown_robot_or_document_is_answered(ground: Ground, answers: Answers, code: str, document: str) -> None:
    call(ground, code=code, document=document)
    ground.engine.robots()
    assert len(answers.sent) == 1 and answers.sent[0]["LOG_MESSAGE"]
    assert states(ground) == ["answered"]


def test_used_up_token_counts_as_answered(ground: Ground, answers: Answers) -> None:
    shipped_deal(ground)
    call(ground)
    answers.next = [Refused(PortalRefused("Access denied", code="ACCESS_DENIED"))]
    ground.engine.robots()
    assert states(ground) == ["answered"]


def test_lost_answer_is_sent_again_without_acting_again(ground: Ground, answers: Answers) -> None:
    shipped_deal(ground)
    call(ground)
    answers.next = [Lost(OutcomeUnknown("timeout")), Refused(PortalUnavailable("down"))]
    for error in (OutcomeUnknown, PortalUnavailable):
        with pytest.raises(error):
            ground.engine.robots()
        assert states(ground) == ["acted"]
    before = ground.last_call()
    assert ground.engine.robots() == 1
    assert ground.calls(before) == []
    assert len(answers.sent) == 3 and states(ground) == ["answered"]


def test_robot_that_nobody_waits_for_sends_nothing(ground: Ground, answers: Answers) -> None:
    shipped_deal(ground)
    call(ground, waits=False)
    ground.engine.robots()
    assert answers.sent == [] and states(ground) == ["answered"]
    assert len(ground.rows("debt")) == 1


def test_portal_that_stays_away_ends_in_an_answer(ground: Ground, answers: Answers) -> None:
    call(ground, received_at=utcnow())

    def unavailable(*_: Any, **__: Any) -> None:
        raise PortalUnavailable("down")

    ground.context.items.by_ids = unavailable  # type: ignore[method-assign, assignment]
    for _ in range(7):
        with pytest.raises(PortalUnavailable):
            ground.engine.robots()
    with ground.database.session() as session:
        session.execute(update(RobotRunRow).values(received_at=utcnow() - timedelta(hours=1)))
    assert ground.engine.robots() == 1
    assert answers.sent[0]["LOG_MESSAGE"] == "down"


def test_cards_moved_in_bulk_share_one_pass(ground: Ground, answers: Answers) -> None:
    for deal in range(501, 531):
        shipped_deal(ground, deal, 100 + deal % 2)
        call(ground, document=f"DEAL_{deal}", token=f"token-{deal}")
    before = ground.gateway.stats.requests
    assert ground.engine.robots() == 30
    assert ground.gateway.stats.requests - before < 25
    assert {sent["RETURN_VALUES"]["open_records"] for sent in answers.sent} == {15}
