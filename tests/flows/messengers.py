"""What the flow tests of messengers do and see: one is connected, and what clients received by it."""

from __future__ import annotations

from sqlalchemy import select

from b24app.store.models import MessageRow
from tests.flows.conditions import Condition
from tests.flows.edges import shipped
from tests.harness.world import World

PHONE = "+79990000001"
KEYS = {"channel.wazzup.channel_id": "9a2c1b1e-0000-4000-8000-000000000001"}


def connected(world: World, vendor: str) -> None:
    """An administrator connects a messenger, as far as the settings go."""
    if vendor == "wazzup":
        values = {"channel.wazzup.api_key": "wazzup-key", **KEYS}
    else:
        values = {"channel.green_api.instance": "7103000000", "channel.green_api.token": "green-token"}
    for key, value in values.items():
        world.kit.set_setting(key, value)
    world.kit.messengers.connect(vendor)
    world.reconnect()


def sent(world: World) -> list[tuple[str, str, str]]:
    """What clients received by messengers: service, phone, text."""
    rows = world.messenger("outbox")
    return [(row["method"], row["to"], row["text"]) for row in rows if row["channel"] == "whatsapp"]


def reminded(play: Condition, *vendors: str, channels: str = "wazzup, green_api") -> None:
    """Friday morning: company 100 has to be reminded of Monday's debt, and these messengers are connected."""
    for vendor in vendors:
        connected(play.world, vendor)
    play.world.kit.set_setting("messages.channels", channels)
    play.world.reconnect()
    shipped(play)
    play.world.at("2026-04-10T09:05:00")


def log(world: World) -> list[tuple[str, str, str]]:
    """The log of messages to clients: channel, state, what was reported."""
    with world.app.database.session() as session:
        rows = session.scalars(select(MessageRow).order_by(MessageRow.id)).all()
    return [(row.channel, row.state, row.detail) for row in rows]
