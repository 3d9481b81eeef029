"""One command as a method sees it: who calls, with what, and the small readers of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.kernel.errors import RestError, access_denied, missing

if TYPE_CHECKING:
    from sandbox.kernel.portal import Portal

Source = Literal["rest", "act", "robot", "system"]


@dataclass(slots=True)
class Call:
    """A command on its way through a method.

    `params` is the nested parameter map as it was sent (JSON types, or strings from a form);
    `user` is the acting user's id; `app` is the client id of the calling application, None for an
    incoming webhook or the control side. `source` says whose hands these are: `robot` and `system`
    send events without tokens.
    """

    portal: Portal
    method: str
    params: dict[str, Any]
    user: int = 1
    app: str | None = None
    source: Source = "rest"
    scope: frozenset[str] | None = None
    forced_id: int | None = None
    auth_connector: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter by its name, in any letter case (real clients mix `ID` and `id`)."""
        if name in self.params:
            return self.params[name]
        low = name.lower()
        for key, value in self.params.items():
            if key.lower() == low:
                return value
        return default

    def need(self, name: str) -> Any:
        """A required parameter; its absence is error 100."""
        value = self.get(name)
        if value is None or value == "":
            raise missing(name)
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number parameter; text that is none is error 100."""
        value = self.get(name, default)
        if value is None or value == "":
            raise missing(name)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise RestError(
                100, f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be value of type int."
            ) from None

    def mapping(self, name: str) -> dict[str, Any]:
        """An object parameter (`fields`, `filter`, ...); absent or empty list is {}."""
        value = self.get(name)
        if isinstance(value, Mapping):
            return dict(value)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return {str(i): v for i, v in enumerate(value)}
        return {}

    def listing(self, name: str) -> list[Any]:
        """A list parameter (`select`); a map from a form is read by its values."""
        value = self.get(name)
        if value is None or value == "":
            return []
        if isinstance(value, Mapping):
            return list(value.values())
        if isinstance(value, Sequence) and not isinstance(value, str):
            return list(value)
        return [value]

    def require_admin(self, status: int = 403) -> None:
        """Refuses a caller who is not a portal administrator."""
        if not self.portal.is_admin(self.user):
            raise access_denied(status)

    def require_inside(self) -> None:
        """Refuses REST clients: the command is one of the control side."""
        if self.source == "rest":
            raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)

    def require_app(self) -> str:
        """Refuses a webhook where the vendor's page demands the context of an application."""
        if self.app is None:
            raise RestError(
                "WRONG_AUTH_TYPE",
                "Current authorization type is denied for this method Application context required",
                403,
            )
        return self.app


@dataclass(slots=True)
class Page:
    """What a list method returns: the rows of one page, how many there are in all, where it began.

    `total=None` means the count was not asked for (`start=-1`): `total` is printed as 0 and there is no
    `next` (settings/performance/huge-data.md). `container` wraps the rows (`items`, `tasks`); None leaves a bare array.
    """

    rows: list[Any]
    total: int | None
    start: int = 0
    container: str | None = None
    size: int = 50

    @property
    def counted(self) -> bool:
        """Whether the method tells a total at all."""
        return True

    @property
    def next(self) -> int | None:
        """The offset of the next page, None on the last one."""
        if self.total is None or self.start + self.size >= self.total:
            return None
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a method returns that answers with a file instead of JSON."""

    name: str
    content: bytes
    type: str = "application/octet-stream"
