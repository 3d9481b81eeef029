"""The employee who sits before the screen: every reading and every change is a portal method called by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.apps import is_active
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal

Row = dict[str, Any]


class Employee:
    """An active user of the portal, with the portal's methods in his hands."""

    def __init__(self, portal: Portal, user: int) -> None:
        self.portal = portal
        self.id = user

    @property
    def is_admin(self) -> bool:
        """Whether the employee administers the portal."""
        return self.portal.is_admin(self.id)

    def ask(self, method: str, params: Mapping[str, Any] | None = None, app: str | None = None) -> Any:
        """Calls a method in this employee's name (through an application's page when `app` is
        given); events and automation follow, refusals are `RestError`."""
        return self.portal.run(Call(self.portal, method, dict(params or {}), self.id, app, source="act"))

    def page(self, method: str, params: Mapping[str, Any]) -> Page:
        """A page of a list method, whatever wrapping it has."""
        answer = self.ask(method, params)
        return answer if isinstance(answer, Page) else Page(rows_of(answer), None)

    def part(self, method: str, params: Mapping[str, Any]) -> Page:
        """A page of a list that is only a part of a screen: a refusal leaves that part empty."""
        try:
            return self.page(method, params)
        except RestError:
            return Page([], 0)

    def glance(self, method: str, params: Mapping[str, Any]) -> list[Row]:
        """The rows of such a part."""
        return self.part(method, params).rows

    def structure(self, method: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        """How the CRM is arranged (kinds, funnels): menus are drawn for everybody, although the
        REST method may be an administrator's."""
        try:
            return rows_of(self.portal.call(method, dict(params or {})))
        except RestError:
            return []


def employee_of(portal: Portal, text: str | None) -> Employee:
    """The employee a cookie names; the first administrator when it names nobody who works here."""
    if text and text.isdigit() and is_active(portal, int(text)):
        return Employee(portal, int(text))
    return Employee(portal, 1)


def rows_of(answer: Any) -> list[Row]:
    """The rows in an answer: a page, a list, or a map around one list."""
    if isinstance(answer, Page):
        return answer.rows
    if isinstance(answer, Mapping):
        return next((value for value in answer.values() if isinstance(value, list)), [])
    return answer if isinstance(answer, list) else []
