"""Settings of messengers: what is accepted, what is stored, what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from b24app.channels import settings
from b24app.channels.green_api import GreenApi
from b24app.channels.vendors import Servers, missing, vendor_channels
from b24app.channels.wazzup import Wazzup
from b24app.errors import PresetError
from b24app.store.database import Database
from b24app.store.models import PortalRow, SettingRow
from b24app.store.secret_box import SecretBox
from tests.channels.letters import CHANNEL, KEY, TOKEN

SERVERS = Servers("https://api.wazzup24.com")


@pytest.fixture
def box() -> SecretBox:
    return SecretBox([Fernet.generate_key().decode()])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'app.sqlite'}")
    database.upgrade()
    with database.session() as session:
        address = {"domain": "x", "client_endpoint": "x", "server_endpoint": "x", "client_id": "x"}
        session.add(PortalRow(id=1, member_id="m", client_secret=b"", **address))
    yield database
    database.engine.dispose()


def save(database: Database, box: SecretBox, **values: str) -> dict[str, str]:
    with database.session() as session:
        for key, word in values.items():
            settings.save(session, box, 1, key.replace("__", "."), word)
    with database.session() as session:
        return settings.load(session, box, 1)


def channels(values: dict[str, str], servers: Servers = SERVERS) -> list[Wazzup | GreenApi]:
    return vendor_channels(values, servers, lambda: datetime.now(UTC))


def test_secrets_are_encrypted_and_not_shown(database: Database, box: SecretBox) -> None:
    values = save(database, box, channel__wazzup__api_key=f" {KEY}\n", channel__wazzup__channel_id=CHANNEL)
    assert values == {"channel.wazzup.api_key": KEY, "channel.wazzup.channel_id": CHANNEL}
    with database.session() as session:
        assert KEY not in str([row.value for row in session.scalars(select(SettingRow))])
    shown = settings.shown(values)
    assert shown["channel.wazzup.api_key"] == "set"
    assert shown["channel.wazzup.channel_id"] == CHANNEL
    assert shown["channel.green_api.token"] == "not set"


def test_a_channel_is_there_when_its_settings_are_complete(database: Database, box: SecretBox) -> None:
    values = save(database, box, channel__wazzup__api_key=KEY)
    assert channels(values) == []
    assert missing(values, "wazzup") == ["channel.wazzup.channel_id"]
    values = save(database, box, channel__wazzup__channel_id=CHANNEL)
    values = save(database, box, channel__green_api__instance="7103000000", channel__green_api__token=TOKEN)
    assert [one.code for one in channels(values)] == ["wazzup", "green_api"]
    values = save(database, box, channel__wazzup__api_key="")
    assert [one.code for one in channels(values)] == ["green_api"]


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("channel.wazzup.channel_id", "not-a-uuid"),
        ("channel.wazzup.api_key", "two words"),
        ("channel.green_api.instance", "71/../x"),
        ("channel.green_api.token", "a/b?c"),
        ("channel.green_api.url", "http://api.green-api.com"),
        ("channel.green_api.url", "https://api.green-api.com.evil.example"),
        ("channel.green_api.url", "https://evil.example/green-api.com"),
        ("channel.green_api.url", "https://evilgreen-api.com"),
        ("channel.green_api.url", "https://user@api.green-api.com"),
        ("channel.green_api.url", "https://api.green-api.com:8443"),
        ("channel.green_api.url", "https://169.254.169.254"),
        ("channel.green_api.url", "https://api.green-api.com#@evil.example"),
        ("channel.green_api.url", "https://[bad"),
        ("channel.carrier_pigeon.ring", "1"),
    ],
)
def test_what_cannot_be_right_is_refused(database: Database, box: SecretBox, key: str, word: str) -> None:
    with pytest.raises(PresetError) as refused, database.session() as session:
        settings.save(session, box, 1, key, word)
    assert key in refused.value.text.ru
    if "api_key" in key or "token" in key:
        assert word not in refused.value.text.ru + refused.value.text.en


@pytest.mark.parametrize("url", ["https://api.green-api.com", "https://7103.api.greenapi.com/"])
def test_servers_of_the_vendor_are_allowed(database: Database, box: SecretBox, url: str) -> None:
    assert save(database, box, channel__green_api__url=url)["channel.green_api.url"] == url.rstrip("/")


def test_the_environment_may_name_another_server() -> None:
    values = {"channel.green_api.instance": "7103", "channel.green_api.token": TOKEN}
    assert _base(values, Servers("", "http://127.0.0.1:8404")) == "http://127.0.0.1:8404"
    assert _base(values, SERVERS) == "https://api.green-api.com"
    values["channel.green_api.url"] = "http://127.0.0.1:8404"
    assert _base(values, SERVERS) == "https://api.green-api.com"


def _base(values: dict[str, str], servers: Servers) -> str:
    (channel,) = channels(values, servers)
    return channel.service.base
