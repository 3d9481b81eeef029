"""What the web pages need from the rest of the product; `bootstrap` gives the real things, tests give fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from b24app.portal.auth_server import Grant
from b24app.portal.batch import Call, Outcome
from b24app.portal.names import Names
from b24app.store.database import Database
from b24app.store.secret_box import SecretBox
from rules.decision import Text


class WebSettings(Protocol):
    """The part of the installation's settings that the pages read (`config.settings.Settings` fits)."""

    @property
    def public_url(self) -> str:
        """The HTTPS address at which portals reach the app, without a slash at the end."""

    @property
    def auth_hosts(self) -> tuple[str, ...]:
        """Origins of the authorisation servers that may be asked about tokens; the first is the usual one."""

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The installation's keys, newest first; page sessions are signed with what is derived from them."""


class AuthServer(Protocol):
    """The authorisation server, asked about tokens that came from outside (`b24app.portal.auth_server`)."""

    def refresh(self, server: str, client_id: str, client_secret: str, refresh_token: str) -> Grant:
        """A new pair from an authorisation server (its origin). PortalRefused or PortalLost with the
        server's `code`, PortalUnavailable when it does not answer."""


class Asker(Protocol):
    """A portal asked with one given token (`b24app.portal.Gateway` over `FixedAccess` fits)."""

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, interactive: bool = False) -> Any:
        """One reading call; PortalLost when the token is not accepted, PortalRefused, PortalUnavailable."""

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        """The outcome of every call, in their order."""

    def now(self) -> datetime:
        """The portal's present moment."""


@dataclass(frozen=True, slots=True)
class PresetCard:
    """A preset an administrator can choose."""

    name: str
    title: Text
    description: Text


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One object provisioning would touch. `note` explains what an administrator has to know or do;
    a line with `consent` is carried out only when the administrator accepts that name."""

    action: Literal["create", "exists", "attention"]
    kind: str
    title: Text
    note: Text | None = None
    consent: str = ""


_SILENT = Text("", "")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far provisioning has come; `text` is its present or last line for people."""

    state: Literal["idle", "running", "done", "failed"]
    done: int = 0
    total: int = 0
    text: Text = _SILENT


class Services(Protocol):
    """Everything outside the web layer that a request may use."""

    @property
    def settings(self) -> WebSettings:
        """Settings of this installation."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def secret_box(self) -> SecretBox:
        """Seals tokens."""

    @property
    def auth_server(self) -> AuthServer:
        """Proves tokens that came from outside."""

    def asker(self, member_id: str, endpoint: str, token: str) -> Asker:
        """Asks a portal with a visitor's token, within the portal's shared budget, without stored tokens."""

    def wake_drain(self, portal_id: int) -> None:
        """Puts a drain job for the portal into the queue unless one waits; Transient if the queue is down."""

    def wake_robots(self, portal_id: int) -> None:
        """The same for robots."""

    def wake_messages(self, portal_id: int) -> None:
        """The same for messages that the portal sends through us, and for reports about messages."""

    def wake_removal(self, portal_id: int) -> None:
        """The same for the proof of a removal; a queue that is down is waited for by the clock."""

    def queue_alive(self) -> bool:
        """Whether the queue answers; quick."""

    def catalogue(self) -> Sequence[PresetCard]:
        """The presets on offer."""

    def names(self, portal_id: int) -> Names:
        """The portal's binding."""

    def plan(self, portal_id: int, presets: Sequence[str]) -> Sequence[PlanLine]:
        """What provisioning would do; reads the portal, writes nothing; AppError in words."""

    def start_provision(
        self, portal_id: int, presets: Sequence[str], accepted: Sequence[str] = (), *, again: bool = False
    ) -> None:
        """Starts provisioning in the background; while one runs for the portal, a second start does nothing, or,
        `again`, follows it. `accepted` are the `consent` names of plan lines the administrator has agreed to."""

    def progress(self, portal_id: int) -> Progress:
        """How far the last started provisioning has come."""
