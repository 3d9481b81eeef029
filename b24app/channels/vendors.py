"""The messengers that an administrator has connected, as channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from b24app.channels.green_api import GreenApi
from b24app.channels.settings import GREEN_API, KEYS, PREFIX, is_server
from b24app.channels.wazzup import Wazzup

WAZZUP, GREEN = "wazzup", "green_api"
VENDORS = (WAZZUP, GREEN)
"""in the order in which they are tried when nothing else says so"""

Vendor = Wazzup | GreenApi


@dataclass(frozen=True, slots=True)
class Servers:
    """Where vendors are asked: their own servers, or what the environment names. Never an address from outside."""

    wazzup: str
    green_api: str = ""


def vendor_channels(values: Mapping[str, str], servers: Servers, now: Callable[[], datetime]) -> list[Vendor]:
    """The channels whose settings are complete. `values` are the opened settings (`settings.load`), `now` is the
    clock by which `since` of `find` is told."""
    found: list[Vendor] = []
    if not missing(values, WAZZUP):
        key, channel = values["channel.wazzup.api_key"], values["channel.wazzup.channel_id"]
        found.append(Wazzup.at(servers.wazzup, key, channel, now))
    if not missing(values, GREEN):
        named = values.get("channel.green_api.url", "")
        # Checked once more: the environment may have named another server when the value was stored.
        url = named if named and is_server(named, servers.green_api) else servers.green_api or GREEN_API
        found.append(GreenApi.at(url, values["channel.green_api.instance"], values["channel.green_api.token"], now))
    return found


def missing(values: Mapping[str, str], vendor: str) -> list[str]:
    """The settings that a vendor's channel still needs."""
    own = f"{PREFIX}{vendor}."
    return [name for name, key in KEYS.items() if name.startswith(own) and key.needed and name not in values]
