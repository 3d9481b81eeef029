"""Reports of messengers in any order, and messages of the portal through every kind of trouble."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from b24app.channels.channel import Letter, NotHere, NotNow, Outcome, Taken, Unknown
from b24app.engine import carrying
from b24app.engine.carrying import Carrying
from b24app.engine.reporting import PATIENCE, apply_reports
from b24app.errors import OutcomeUnknown, PortalRefused, PortalUnavailable
from b24app.portal.batch import Call, Done, Lost, Refused
from b24app.store.correspondence import CarriedRow, ReportRow
from b24app.store.database import Database
from b24app.store.models import ErrorRow, InboxRow, MessageRow, utcnow
from rules.decision import Text

NOW = datetime(2026, 4, 10, 6, 5, tzinfo=UTC)
COMPANY, DEBT = 4, 1036
SORRY = Text("нет", "no")


class Everything:
    """Watches and names of a portal with companies and debts."""

    def watched(self, entity: str) -> bool:
        return entity in ("company", "debt")

    def entity_type_id(self, entity: str) -> int:
        return {"company": COMPANY, "debt": DEBT}[entity]


@dataclass
class Messenger:
    """Answers what it is told to answer."""

    code: str = "wazzup"
    outcomes: list[Outcome] = field(default_factory=list)
    finds: list[Any] = field(default_factory=list)
    sent: list[Letter] = field(default_factory=list)
    dies: bool = False

    def send(self, letter: Letter) -> Outcome:
        self.sent.append(letter)
        if self.dies:
            raise KeyboardInterrupt
        return self.outcomes.pop(0) if self.outcomes else Taken(f"{self.code}-{len(self.sent)}")

    def find(self, letter: Letter, since: datetime) -> Any:
        return self.finds.pop(0)


@dataclass
class Gateway:
    """A portal that takes statuses."""

    moment: datetime = NOW
    told: list[tuple[str, str]] = field(default_factory=list)
    troubles: list[Any] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def guarded(self, still_ours: Callable[[], None]) -> AbstractContextManager[None]:
        return nullcontext()

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Any]:
        return [self._answer(call) for call in calls]

    def _answer(self, call: Call) -> Any:
        if self.troubles:
            return self.troubles.pop(0)
        self.told.append((call.params["MESSAGE_ID"], call.params["STATUS"]))
        return Done(True)


@dataclass
class Ground:
    """What the engine works with, as far as this needs it."""

    database: Database
    carriers: list[Messenger] = field(default_factory=lambda: [Messenger()])
    gateway: Gateway = field(default_factory=Gateway)
    portal_id: int = 1
    language: str = "ru"
    channels: list[Messenger] = field(default_factory=list)
    watches: Everything = field(default_factory=Everything)
    names: Everything = field(default_factory=Everything)

    def open_token(self, sealed: bytes) -> str:
        return sealed.decode()

    def add(self, *rows: Any) -> None:
        with self.database.session() as session:
            session.add_all(rows)

    def all(self, model: Any) -> list[Any]:
        with self.database.session() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def work(self) -> None:
        Carrying(self).work()  # type: ignore[arg-type]

    def reports(self) -> int:
        return apply_reports(self)  # type: ignore[arg-type]

    def later(self, **time: float) -> None:
        self.gateway.moment += timedelta(**time)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    database = Database(f"sqlite:///{tmp_path / 'app.sqlite'}")
    database.upgrade()
    yield Ground(database)
    database.engine.dispose()


def message(**changes: Any) -> MessageRow:
    row = {"portal_id": 1, "key": "k", "company_id": 100, "rule": "r", "purpose": "p", "subject": "", "text": "t"}
    row |= {"about": ["debt:17", "deal:5"], "state": "sent", "at": NOW, "channel": "wazzup", "channel_ref": "m-1"}
    return MessageRow(**(row | changes))


def report(status: str = "delivered", **changes: Any) -> ReportRow:
    row = {"portal_id": 1, "channel": "wazzup", "message": "m-1", "status": status, "at": NOW}
    return ReportRow(**(row | changes))


def carried(number: str = "p-1", **changes: Any) -> CarriedRow:
    letter = json.dumps({"to": "+79990000001", "text": "Заказ готов"}).encode()
    return CarriedRow(**({"portal_id": 1, "message_id": number, "code": "c", "letter": letter, "tried": []} | changes))


# reports


@pytest.mark.parametrize("channels", [[], [Messenger("email")]])
@pytest.mark.parametrize("order", list(itertools.permutations(["delivered", "read", "failed"])))
def test_reports_in_any_order_come_to_the_same(
    ground: Ground, order: tuple[str, ...], channels: list[Messenger]
) -> None:
    ground.channels = channels
    ground.add(message())
    for status in order:
        ground.add(report(status, reason="BAD_CONTACT" if status == "failed" else ""))
        ground.reports()
    (row,) = ground.all(MessageRow)
    assert (row.state, row.detail) == ("sent", "read")
    assert ground.reports() == 0


def test_a_failure_wakes_the_company_and_what_the_message_was_about(ground: Ground) -> None:
    ground.add(message(), report("failed", reason="noAccount"))
    assert ground.reports() == 1
    (row,) = ground.all(MessageRow)
    assert (row.state, row.detail, row.at) == ("failed", "failed", NOW)
    assert "WhatsApp" in row.reason_ru
    assert {(one.entity_type_id, one.item_id) for one in ground.all(InboxRow)} == {(COMPANY, 100), (DEBT, 17)}
    assert ground.reports() == 0
    assert len(ground.all(InboxRow)) == 2


@pytest.mark.parametrize(
    ("reason", "tried", "state"),
    [
        ("noAccount", [], "waiting"),
        ("24_HOURS_EXCEEDED", [], "waiting"),
        ("noAccount", [{"channel": "email", "ru": "нет", "en": "no"}], "failed"),
        ("SPAM", [], "failed"),
        ("", [], "failed"),
    ],
)
def test_what_certainly_did_not_arrive_waits_for_a_channel_that_was_not_tried(
    ground: Ground, reason: str, tried: list[dict[str, str]], state: str
) -> None:
    ground.channels = [Messenger("wazzup"), Messenger("email")]
    ground.add(message(slot="100:2026-04-10", tried=tried), report("failed", reason=reason))
    assert ground.reports() == 1
    (row,) = ground.all(MessageRow)
    assert (row.state, row.detail, row.slot) == (state, "failed", "100:2026-04-10")
    assert [one["channel"] for one in row.tried] == [
        *(one["channel"] for one in tried),
        *["wazzup"] * (state != "failed"),
    ]


def test_a_report_waits_for_its_message_and_no_longer_than_an_hour(ground: Ground) -> None:
    ground.add(report(), report(message="of a phone", received_at=utcnow() - PATIENCE - timedelta(minutes=1)))
    assert ground.reports() == 0
    assert [one.message for one in ground.all(ReportRow)] == ["m-1"]
    ground.add(message())
    assert ground.reports() == 1
    assert ground.all(MessageRow)[0].detail == "delivered"


@pytest.mark.parametrize("other", [{"portal_id": 2}, {"channel": "green_api"}, {"channel_ref": "m-2"}])
def test_a_report_is_about_its_own_message_only(ground: Ground, other: dict[str, Any]) -> None:
    ground.add(message(**other), report("failed"))
    assert ground.reports() == 0
    assert ground.all(MessageRow)[0].state == "sent"


# messages of the portal


def test_a_message_is_sent_once_and_its_words_are_forgotten(ground: Ground) -> None:
    ground.add(carried())
    for _ in range(3):
        ground.work()
    (row,) = ground.all(CarriedRow)
    assert (row.state, row.channel_ref, row.letter) == ("taken", "wazzup-1", None)
    (letter,) = ground.carriers[0].sent
    assert (letter.people[0].phones, letter.text) == (("+79990000001",), "Заказ готов")
    assert ground.gateway.told == [("p-1", "sent")]


def test_the_next_messenger_is_asked_and_the_last_refusal_is_told(ground: Ground) -> None:
    ground.carriers = [Messenger(outcomes=[NotHere(SORRY)] * 2), Messenger("green_api", [Taken("G"), NotHere(SORRY)])]
    ground.add(carried(), carried("p-2"))
    ground.work()
    first, second = ground.all(CarriedRow)
    assert (first.channel, first.channel_ref) == ("green_api", "G")
    assert (second.state, second.reason, second.letter) == ("failed", "нет", None)
    assert ground.gateway.told == [("p-1", "sent"), ("p-2", "failed")]
    assert [one.kind for one in ground.all(ErrorRow)] == ["message"]


@pytest.mark.parametrize(
    ("finds", "sent", "state"),
    [([Taken("m-9")], 1, "taken"), ([NotHere(SORRY)], 2, "taken"), ([None, Taken("m-9")], 1, "taken")],
)
def test_a_lost_answer_is_asked_about(ground: Ground, finds: list[Any], sent: int, state: str) -> None:
    ground.carriers = [Messenger(outcomes=[Unknown(SORRY)], finds=finds)]
    ground.add(carried())
    for _ in range(4):
        ground.work()
        ground.later(seconds=25)
    assert len(ground.carriers[0].sent) == sent
    assert ground.all(CarriedRow)[0].state == state
    assert ground.gateway.told == [("p-1", "sent")]


def test_what_nobody_knows_is_not_sent_again_and_a_person_is_told(ground: Ground) -> None:
    ground.carriers = [Messenger(outcomes=[Unknown(SORRY)], finds=[None] * 30)]
    ground.add(carried())
    for _ in range(20):
        ground.work()
        ground.later(seconds=30)
    (row,) = ground.all(CarriedRow)
    assert (row.state, row.letter) == ("unknown", None)
    assert len(ground.carriers[0].sent) == 1
    assert len(ground.all(ErrorRow)) == 1
    assert ground.gateway.told == []


def test_a_worker_that_dies_in_the_request_sends_nothing_twice(ground: Ground) -> None:
    ground.carriers = [Messenger(dies=True, finds=[Taken("m-9")])]
    ground.add(carried())
    with pytest.raises(KeyboardInterrupt):
        ground.work()
    ground.carriers[0].dies = False
    ground.later(seconds=25)
    ground.work()
    assert len(ground.carriers[0].sent) == 1
    assert ground.all(CarriedRow)[0].channel_ref == "m-9"


def test_a_busy_messenger_is_tried_again_for_two_hours(ground: Ground) -> None:
    ground.carriers = [Messenger(outcomes=[NotNow(SORRY, 60)] * 3)]
    ground.add(carried())
    ground.work()
    ground.work()
    assert len(ground.carriers[0].sent) == 1, "not before the pause is over"
    ground.later(seconds=61)
    ground.work()
    with ground.database.session() as session:
        session.scalars(select(CarriedRow)).one().received_at -= carrying.PATIENCE
    ground.later(seconds=61)
    ground.work()
    assert ground.gateway.told == [("p-1", "failed")]


def test_a_status_is_told_until_the_portal_has_it(ground: Ground) -> None:
    ground.gateway.troubles = [
        Lost(OutcomeUnknown("lost")),
        Refused(PortalRefused("no", code="ERROR_MESSAGE_NOT_FOUND")),
    ]
    ground.add(carried(), carried("p-2"))
    with pytest.raises(OutcomeUnknown):
        ground.work()
    ground.work()
    ground.work()
    assert ground.gateway.told == [("p-1", "sent")], "what the portal does not know is not told again"


def test_a_portal_that_does_not_answer_is_told_later(ground: Ground) -> None:
    ground.gateway.troubles = [Refused(PortalUnavailable("down"))]
    ground.add(carried())
    with pytest.raises(PortalUnavailable):
        ground.work()
    ground.work()
    assert ground.gateway.told == [("p-1", "sent")]
    assert len(ground.carriers[0].sent) == 1


def test_reports_reach_the_card(ground: Ground) -> None:
    ground.add(carried())
    ground.work()
    for status in ("failed", "delivered", "read"):
        ground.add(report(status, message="wazzup-1"))
        ground.work()
    assert ground.gateway.told == [("p-1", "sent"), ("p-1", "undelivered"), ("p-1", "delivered")]
