"""A portal in memory with the people and clients of fixture F0, and short ways to call it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import fixtures
from sandbox.kernel.call import Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.registry import load_families
from sandbox.kernel.store import Store

load_families()


class Desk:
    """The portal, what it sent, and calls that read like REST."""

    def __init__(self) -> None:
        self.portal = Portal(Store())
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.portal.on_event = self._note

    def _note(self, happening: Happening) -> None:
        self.events.append((happening.code, happening.data))

    def call(self, method: str, user: int = 1, **params: Any) -> Any:
        """A REST call by a user; pages come as their rows."""
        result = self.portal.call(method, params, user=user, source="rest")
        return result.rows if isinstance(result, Page) else result

    def page(self, method: str, **params: Any) -> Page:
        """A list call with its total."""
        page = self.portal.call(method, params, source="rest")
        assert isinstance(page, Page)
        return page

    def add(self, entity_type_id: int, **fields: Any) -> int:
        """Adds an item, returns its id."""
        return int(self.call("crm.item.add", entityTypeId=entity_type_id, fields=fields)["item"]["id"])

    def item(self, entity_type_id: int, number: int, **params: Any) -> dict[str, Any]:
        """Reads an item."""
        return dict(self.call("crm.item.get", entityTypeId=entity_type_id, id=number, **params)["item"])

    def update(self, entity_type_id: int, number: int, **fields: Any) -> dict[str, Any]:
        """Changes an item."""
        return dict(self.call("crm.item.update", entityTypeId=entity_type_id, id=number, fields=fields)["item"])

    def ids(self, entity_type_id: int, **filter: Any) -> list[int]:
        """The ids that pass a filter."""
        rows = self.call("crm.item.list", entityTypeId=entity_type_id, select=["id"], filter=filter)
        return [row["id"] for row in rows]

    def refusal(self, method: str, user: int = 1, **params: Any) -> RestError:
        """The refusal of a call that must be refused."""
        with pytest.raises(RestError) as caught:
            self.call(method, user=user, **params)
        return caught.value

    def codes(self) -> list[str]:
        """The codes of the events since the last look."""
        codes = [code for code, _ in self.events]
        self.events.clear()
        return codes


@pytest.fixture
def desk() -> Desk:
    """A portal with fixture F0."""
    desk = Desk()
    fixtures.load(desk.portal, "F0")
    assert desk.events == []
    return desk
