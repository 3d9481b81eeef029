"""How an administrator connects a messenger: settings `channel.VENDOR.NAME`, secrets encrypted and never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from b24app.errors import PresetError
from b24app.store.models import SettingRow
from b24app.store.secret_box import SecretBox
from b24app.store.upsert import upsert
from rules.decision import Text

PREFIX = "channel."
SET, NOT_SET = "set", "not set"
GREEN_API_HOSTS = ("green-api.com", "greenapi.com")
"""domains of the vendor's servers; an instance names its own (`https://7103.api.greenapi.com`)"""
GREEN_API = "https://api.green-api.com"


@dataclass(frozen=True, slots=True)
class Key:
    """A setting of a channel. `pattern` is what its value must look like, `allowed` says so in words."""

    name: str
    title: Text
    pattern: str
    allowed: Text
    secret: bool = False
    needed: bool = True


_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_VISIBLE = r"[!-~]{4,255}"
_AS_SHOWN = Text("Скопируйте значение из личного кабинета", "Copy the value from the vendor's page")
_ORIGIN = Text(
    "Нужен адрес сервера Green-API, например https://7103.api.greenapi.com",
    "Write the address of a server of Green-API, such as https://7103.api.greenapi.com",
)

KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("channel.wazzup.api_key", Text("Ключ API Wazzup24", "API key of Wazzup24"), _VISIBLE, _AS_SHOWN, True),
        Key("channel.wazzup.channel_id", Text("Канал Wazzup24", "Channel of Wazzup24"), _UUID, _AS_SHOWN),
        Key("channel.green_api.instance", Text("Инстанс Green-API", "Instance of Green-API"), r"\d{4,20}", _AS_SHOWN),
        Key("channel.green_api.token", Text("Токен Green-API", "Token of Green-API"), r"[\w-]{4,255}", _AS_SHOWN, True),
        Key("channel.green_api.url", Text("Сервер Green-API", "Server of Green-API"), r".+", _ORIGIN, needed=False),
    )
}


def is_channel_key(key: str) -> bool:
    """Whether a setting belongs to a channel, and so is read and shown here only."""
    return key.startswith(PREFIX)


def save(session: Session, box: SecretBox, portal_id: int, key: str, word: str, green_api_url: str = "") -> None:
    """Stores a value; an empty one takes it away. `green_api_url` is the server that the environment names."""
    known, word = key_of(key), word.strip()
    if not word:
        mine = (SettingRow.portal_id == portal_id, SettingRow.key == key)
        session.execute(delete(SettingRow).where(*mine))
        return
    fits = re.fullmatch(known.pattern, word) and (
        known.name != "channel.green_api.url" or is_server(word, green_api_url)
    )
    if not fits:
        shown = "" if known.secret else f" «{word}»"
        text = f"{key}: значение{shown} не подходит. {known.allowed.ru}", f"{key}: wrong value. {known.allowed.en}"
        raise PresetError(Text(*text))
    value: dict[str, Any] = {"sealed": box.seal(word).decode()} if known.secret else {"value": word.rstrip("/")}
    upsert(session, SettingRow, [{"portal_id": portal_id, "key": key, "value": value}], ["portal_id", "key"])


def load(session: Session, box: SecretBox, portal_id: int) -> dict[str, str]:
    """The values, opened; those that are not set are absent."""
    rows = session.scalars(
        select(SettingRow).where(SettingRow.portal_id == portal_id, SettingRow.key.startswith(PREFIX, autoescape=True))
    )
    return {row.key: _opened(box, row.value) for row in rows if row.key in KEYS}


def shown(values: Mapping[str, str]) -> dict[str, str]:
    """Every key with its value; of a secret only whether it is there."""
    return {
        name: (SET if key.secret else values[name]) if name in values else NOT_SET for name, key in sorted(KEYS.items())
    }


def key_of(name: str) -> Key:
    """The setting of this name; an unknown one is refused with those there are."""
    if name not in KEYS:
        there = ", ".join(sorted(KEYS))
        raise PresetError(Text(f"Нет настройки «{name}». Есть: {there}", f"No setting “{name}”. Known: {there}"))
    return KEYS[name]


def is_server(url: str, named: str = "") -> bool:
    """Whether requests may go to this address: a server of Green-API, or what the environment names."""
    if named and url.rstrip("/") == named.rstrip("/"):
        return True
    try:
        parts = urlsplit(url)
        plain = parts.port in (None, 443) and not parts.username and parts.path in ("", "/") and not parts.query
    except ValueError:
        return False
    host = parts.hostname or ""
    ours = any(host == domain or host.endswith(f".{domain}") for domain in GREEN_API_HOSTS)
    return parts.scheme == "https" and plain and ours and not parts.fragment


def _opened(box: SecretBox, value: Mapping[str, Any]) -> str:
    return box.open(str(value["sealed"]).encode()) if "sealed" in value else str(value["value"])
