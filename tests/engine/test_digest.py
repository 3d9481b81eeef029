"""Many notifications to one person become one, and stay one when looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from b24app.engine.digest import MOST
from rules.decision import Decision, Notify, Ref, Text
from rules.limits import Limits
from tests.engine.ground import COMPANY, Ground
from tests.engine.test_trouble import SAY, handler


def warn(row: Any, limits: Limits, now: datetime) -> Decision:
    text = Text(f"Проверьте компанию {row['id']}", f"Check company {row['id']}")
    return Decision("warned", SAY, (Notify(f"warn:{row['id']}", 10, text),))


def look(ground: Ground, *companies: int) -> list[Any]:
    for id in companies:
        ground.put(COMPANY, id, title=f"Компания {id}")
    ground.engine.look_again([Ref("company", id) for id in companies], "user")
    notes: list[Any] = ground.sandbox.control("notifications/10")
    return notes


def test_a_hundred_companies_make_one_notification(ground: Ground) -> None:
    ground = ground.with_handlers(handler("warner", warn))
    notes = look(ground, *range(500, 600))
    assert len(notes) == 1
    assert "100" in str(notes[0]) and "500" in str(notes[0])
    ground.engine.look_again([Ref("company", 500)], "user")
    assert len(ground.sandbox.control("notifications/10")) == 1
    assert len(look(ground, 700)) == 2


def test_a_few_are_sent_one_by_one(ground: Ground) -> None:
    ground = ground.with_handlers(handler("warner", warn))
    assert len(look(ground, *range(500, 500 + MOST))) == MOST
