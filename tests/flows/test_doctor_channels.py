"""What `doctor` says of the ways to reach clients."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from b24app.store.models import PortalRow
from tests.flows.conditions import Condition
from tests.flows.edges import set_limit

pytestmark = pytest.mark.flow


def checks(play: Condition) -> dict[str, dict[str, str]]:
    report = json.loads(play.world.cli("doctor", "--json"))
    return {one["name"]: one for one in report["checks"]}


def test_everything_works(play: Condition) -> None:
    found = checks(play)
    assert {found[name]["status"] for name in ("open_lines", "messengers", "email")} == {"ok"}, found
    assert "Открытые линии: «" in found["open_lines"]["ru"] and "Open lines: «" in found["open_lines"]["en"]


def test_no_line_works(play: Condition) -> None:
    lines: Any = play.world.rest("imopenlines.config.list.get")
    for line in lines:
        play.world.act("imopenlines.config.update", {"CONFIG_ID": line["ID"], "PARAMS": {"ACTIVE": "N"}}, 1)
    found = checks(play)["open_lines"]
    assert found["status"] == "degraded" and "Контакт-центр" in found["ru"] and "Contact centre" in found["en"]
    set_limit(play, "messages.channels", "email")
    assert checks(play)["open_lines"]["status"] == "ok"


def test_the_permission_is_missing(play: Condition) -> None:
    with play.world.app.database.session() as session:
        portal = session.scalars(select(PortalRow)).one()
        portal.scope = [word for word in portal.scope if word != "imopenlines"]
    found = checks(play)["open_lines"]
    assert found["status"] == "degraded" and "imopenlines" in found["ru"]


def test_a_messenger_that_refuses_the_key(play: Condition) -> None:
    play.world.cli("settings", "set", "channel.wazzup.api_key", "wrong-key")
    assert checks(play)["messengers"]["status"] == "degraded"
    play.world.cli("settings", "set", "channel.wazzup.channel_id", "00000000-0000-4000-8000-000000000001")
    found = checks(play)["messengers"]
    assert found["status"] == "degraded" and "channel.wazzup" in found["ru"] + found["en"]
