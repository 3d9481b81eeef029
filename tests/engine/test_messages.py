"""Messages to clients: decided twice, sent once, on what the portal shows at that moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from b24app.channels.email import EMail
from b24app.channels.openline import OpenLine
from b24app.declare import Handler, Reader, Text, Watch
from b24app.engine import journal
from b24app.portal.items import Question
from b24app.store.models import MessageRow
from rules.client_messages import ClientMessage, MessageState
from rules.decision import Command, Decision, Ref, SendMessage, SetFields
from rules.limits import Limits
from tests.engine.ground import COMPANY, PORTAL, Ground

EVENT = "ONCRMCOMPANYUPDATE"


@dataclass(frozen=True)
class Facts:
    """A company that is to be written to while its title says so."""

    id: int
    title: str
    day: str
    messages: tuple[ClientMessage, ...]


def load(reader: Reader, ids: Collection[int]) -> dict[int, Facts]:
    rows, messages = reader.by_ids("company", ids), reader.messages(ids)
    day = reader.now.date().isoformat()
    return {id: Facts(id, row["title"], day, tuple(messages[id])) for id, row in rows.items()}


def wanting(word: str, priority: int = 100) -> Any:
    def decide(facts: Facts, limits: Limits, now: datetime) -> Decision:
        commands: list[Command] = []
        key = f"{word}:company:{facts.id}:{facts.day}"
        if word in facts.title:
            company = Ref("company", facts.id)
            commands.append(SendMessage(key, company, word, f"{word}, {facts.title}", "Тема", priority=priority))
        state = next((one.state for one in facts.messages if one.key == key), None)
        if state == MessageState.SENT and not facts.title.endswith("!"):
            commands.append(SetFields(Ref("company", facts.id), {"title": f"{facts.title}!"}))
        return Decision(str(state), Text("так", "so"), tuple(commands))

    return decide


def handler(word: str, priority: int = 100) -> Handler:
    return Handler(word, 1, Text("Письмо", "Letter"), "company", (Watch("company"),), (), load, wanting(word, priority))


@pytest.fixture
def written(ground: Ground) -> Ground:
    """A portal whose companies are written to when their title has «Привет»; by chat, else by e-mail."""
    return channelled(ground.with_handlers(handler("Привет")))


def channelled(ground: Ground, **limits: Any) -> Ground:
    channels = (OpenLine(ground.gateway), EMail(ground.gateway))
    values = {**ground.preset.defaults(), **limits}
    ground.context = replace(ground.context, channels=channels, limits=Limits(values))
    ground.engine = type(ground.engine)(ground.context)
    ground.at("2026-04-06T11:00:00")
    return ground


def titled(ground: Ground, title: str, company: int = 100) -> None:
    ground.act("crm.item.update", {"entityTypeId": COMPANY, "id": company, "fields": {"title": title}}, user=1)
    ground.event(COMPANY, company, code=EVENT)


def outbox(ground: Ground) -> list[tuple[str, str]]:
    return [(one["channel"], one["text"]) for one in ground.sandbox.control("outbox?since=0")]


def states(ground: Ground) -> dict[str, str]:
    with ground.database.session() as session:
        return {row.key: row.state for row in session.query(MessageRow)}


KEY = "Привет:company:100:2026-04-06"


def test_sent_once_and_the_rule_is_told(written: Ground) -> None:
    titled(written, "Привет")
    written.settle()
    assert [text for _, text in outbox(written)] == ["Привет, Привет"]
    assert states(written) == {KEY: "sent"}
    assert written.row("company", 100)["title"].startswith("Привет!")
    before = written.last_call()
    written.event(COMPANY, 100, code=EVENT)
    titled(written, "Снова Привет")
    written.settle()
    assert len(outbox(written)) == 1
    assert "imopenlines.crm.message.add" not in written.writes(before)


def test_the_words_are_those_of_the_moment_of_sending(written: Ground) -> None:
    titled(written, "Привет")
    spoil(written, "Привет, уже другое")
    written.settle()
    assert [text for _, text in outbox(written)] == ["Привет, Привет, уже другое"]


def test_what_is_not_wanted_any_more_is_not_sent(written: Ground) -> None:
    titled(written, "Привет")
    spoil(written, "Ромашка")
    written.settle()
    assert outbox(written) == [] and states(written) == {}


def spoil(ground: Ground, title: str) -> None:
    """Changes the title right before the second look."""
    plan = ground.engine.context.items

    class Late:
        def __init__(self) -> None:
            self.reads = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(plan, name)

        def ask(self, questions: Sequence[Question], select: Any = None) -> Any:
            self.reads += 1
            if self.reads == 2:
                params = {"entityTypeId": COMPANY, "id": 100, "fields": {"title": title}}
                ground.sandbox.control("fixture", {"objects": [{"method": "crm.item.update", "params": params}]})
            return plan.ask(questions, select)

    ground.context = replace(ground.context, items=Late())
    ground.engine = type(ground.engine)(ground.context)


def test_without_a_chat_an_email_goes_and_the_journal_shows_why(written: Ground) -> None:
    titled(written, "Привет", company=101)
    written.settle()
    assert [channel for channel, _ in outbox(written)] == ["email"]
    entry = next(one for one in journal.entries(written.database, PORTAL) if one.kind == "message")
    assert entry.state == "done" and entry.after["channel"] == "email"
    assert [one["channel"] for one in entry.after["tried"]] == ["openline"]


def test_nobody_to_write_to(written: Ground) -> None:
    titled(written, "Привет", company=102)
    written.settle()
    assert states(written) == {"Привет:company:102:2026-04-06": "no_channel"} and outbox(written) == []
    titled(written, "Опять Привет", company=102)
    assert written.settle().commands == 0


@pytest.mark.parametrize("channel", ["imopenlines.crm.message.add", "crm.activity.add"])
@pytest.mark.parametrize("kind", ["drop_after_apply", "504_after_apply", "drop_before", "503"])
def test_a_lost_answer_sends_nothing_twice(written: Ground, channel: str, kind: str) -> None:
    company = 100 if channel.startswith("im") else 101
    written.sandbox.control("faults", {"match": {"method": channel}, "kind": kind, "times": 1})
    titled(written, "Привет", company=company)
    written.settle()
    written.at("2026-04-06T11:20:00")
    written.settle()
    assert len(outbox(written)) == 1
    assert list(states(written).values()) == ["sent"]


def test_two_rules_share_the_clients_day(ground: Ground) -> None:
    both = channelled(ground.with_handlers(handler("Привет", 50), handler("Здравствуйте", 10)))
    titled(both, "Здравствуйте и Привет")
    both.settle()
    assert [text.partition(",")[0] for _, text in outbox(both)] == ["Здравствуйте"]
    assert states(both) == {"Здравствуйте:company:100:2026-04-06": "sent", KEY: "waiting"}
    both.at("2026-04-07T09:00:00")
    both.settle()
    assert len(outbox(both)) == 2


def test_the_hourly_cap_holds_back_and_alarms(ground: Ground) -> None:
    capped = channelled(ground.with_handlers(handler("Привет")), **{"messages.hourly_cap": 1})
    titled(capped, "Привет", 100)
    titled(capped, "Привет", 101)
    report = capped.settle()
    assert len(outbox(capped)) == 1 and report.errors == 1
    capped.at("2026-04-06T12:01:00")
    capped.settle()
    assert len(outbox(capped)) == 2


def test_a_client_who_has_just_called_is_left_in_peace(written: Ground) -> None:
    fields = {"OWNER_TYPE_ID": 3, "OWNER_ID": 200, "TYPE_ID": 2, "DIRECTION": 1, "SUBJECT": "Звонок", "COMPLETED": "Y"}
    fields["COMMUNICATIONS"] = [{"VALUE": "+79990000001", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}]
    written.act("crm.activity.add", {"fields": fields})
    titled(written, "Привет")
    written.settle()
    assert outbox(written) == [] and states(written) == {KEY: "waiting"}
    written.at("2026-04-06T15:01:00")
    written.settle()
    assert len(outbox(written)) == 1


def test_an_auto_reply_is_no_contact(written: Ground) -> None:
    fields = {"OWNER_TYPE_ID": 3, "OWNER_ID": 200, "TYPE_ID": 4, "DIRECTION": 1, "COMPLETED": "Y"}
    fields["COMMUNICATIONS"] = [{"VALUE": "a@romashka.ru", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}]
    written.act("crm.activity.add", {"fields": {**fields, "SUBJECT": "Автоответ: я в отпуске"}})
    titled(written, "Привет")
    written.settle()
    assert len(outbox(written)) == 1


def test_a_message_that_waits_is_forgotten_with_its_cause(ground: Ground) -> None:
    both = channelled(ground.with_handlers(handler("Привет", 50), handler("Здравствуйте", 10)))
    titled(both, "Здравствуйте и Привет")
    both.settle()
    titled(both, "Ромашка")
    both.settle()
    assert list(states(both)) == ["Здравствуйте:company:100:2026-04-06"]


@pytest.mark.parametrize("sent_before", [True, False], ids=["sent", "not sent"])
def test_a_dead_workers_message_is_asked_about(
    written: Ground, monkeypatch: pytest.MonkeyPatch, sent_before: bool
) -> None:
    class Dead(BaseException):
        pass

    original = OpenLine.send_all

    def dying(self: OpenLine, letters: Any) -> Any:
        if sent_before:
            original(self, letters)
        raise Dead

    titled(written, "Привет")
    monkeypatch.setattr(OpenLine, "send_all", dying)
    with pytest.raises(Dead):
        written.settle()
    monkeypatch.setattr(OpenLine, "send_all", original)
    written.restart()
    again = channelled(written.with_handlers(handler("Привет")))
    again.settle()
    again.at("2026-04-06T11:05:00")
    again.settle()
    assert len(outbox(again)) == 1 and list(states(again).values()) == ["sent"]
