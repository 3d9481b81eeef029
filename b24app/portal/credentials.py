"""Whose right a call uses: the words the gateway and the stores of tokens share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from b24app.errors import PortalLost


@dataclass(frozen=True, slots=True)
class Access:
    """An address and a token to call it with. `token_id` and `version` say which stored pair it is."""

    endpoint: str
    token: str | None = field(default=None, repr=False)
    token_id: int = 0
    version: int = 0
    user_id: int = 0


class Credentials(Protocol):
    """Gives the access of the moment and replaces one that the portal refused."""

    def current(self) -> Access:
        """The access to use now; PortalLost when there is none."""

    def renew(self, stale: Access) -> Access:
        """A newer access for one whose token has expired."""

    def bury(self, dead: Access, reason: str) -> Access:
        """Another owner's access for one that will never be served again; PortalLost when none is left."""

    def move(self, endpoint: str) -> None:
        """Remembers the portal's new address."""


class FixedAccess:
    """One address and at most one token that nobody renews: an incoming webhook, or the token of
    the employee who looks at a page."""

    def __init__(self, endpoint: str, token: str | None = None) -> None:
        self._access = Access(endpoint, token)

    def current(self) -> Access:
        """The access it was made with."""
        return self._access

    def renew(self, stale: Access) -> Access:
        """There is nothing to renew with."""
        self._end(stale)

    def bury(self, dead: Access, reason: str) -> Access:
        """There is no other owner."""
        self._end(dead)

    def move(self, endpoint: str) -> None:
        """Follows the portal to its new address."""
        self._access = Access(endpoint, self._access.token)

    def _end(self, access: Access) -> NoReturn:
        raise PortalLost("The portal no longer accepts this access: open the application again")
