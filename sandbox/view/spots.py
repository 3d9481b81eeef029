"""Pages of applications in the spots of the interface: what is shown where, and by which link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.kernel.portal import Portal
from sandbox.methods import placement

LANGUAGE = "ru"
# Words of a link that are the view's own, not the page's context.
_OWN = frozenset({"IFRAME", "IFRAME_TYPE", "from"})


@dataclass(frozen=True, slots=True)
class Spot:
    """An application's page in a spot: `href` opens it with the context of the place."""

    id: int
    title: str
    group: str
    href: str
    row: Mapping[str, Any]

    @property
    def drawn(self) -> bool:
        """Whether the portal draws the interface of the page, which stays invisible (crm/detail-activity.md)."""
        options = self.row["options"]
        return isinstance(options, Mapping) and str(options.get("useBuiltInInterface") or "N").upper() == "Y"


class Spots:
    """What installed applications have bound, as one employee sees it; read once for a page."""

    def __init__(self, portal: Portal, user: int) -> None:
        self._portal = portal
        self._user = user
        self._rows: list[dict[str, Any]] | None = None

    def _bound(self) -> list[dict[str, Any]]:
        if self._rows is None:
            self._rows = placement.visible(self._portal, self._user)
        return self._rows

    def at(self, code: str, **context: Any) -> list[Spot]:
        """The pages in a spot, in order of binding; `context` becomes their PLACEMENT_OPTIONS."""
        return [_spot(row, context) for row in self._bound() if row["placement"] == code]

    def any(self, codes: Iterable[str], **context: Any) -> list[Spot]:
        """The pages in any of several spots."""
        return [spot for code in codes for spot in self.at(code, **context)]

    def find(self, number: int) -> Mapping[str, Any] | None:
        """The binding with this number, None for one the employee does not see."""
        return next((row for row in self._bound() if row["id"] == number), None)


def _spot(row: Mapping[str, Any], context: Mapping[str, Any]) -> Spot:
    words = {name: value for name, value in context.items() if value not in (None, "")}
    href = f"/spot/{row['id']}" + (f"?{urlencode(words)}" if words else "")
    return Spot(int(row["id"]), title_of(row), str(row["group_name"]), href, row)


def title_of(row: Mapping[str, Any]) -> str:
    """What a spot is called: in the portal's language, else its title, else the application's."""
    words = row["lang_all"].get(LANGUAGE) if isinstance(row["lang_all"], Mapping) else None
    local = str(words.get("TITLE") or "") if isinstance(words, Mapping) else ""
    return local or str(row["title"] or row["app_title"])


def context_of(words: Mapping[str, str]) -> dict[str, Any]:
    """The context in the words of a spot's link."""
    return {name: value for name, value in words.items() if name not in _OWN}
