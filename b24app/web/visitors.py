"""Someone opened a page of an installed portal: which portal, and what he may see with his own token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from b24app.errors import Forged, PortalLost
from b24app.payloads import PlacementOpen, verify
from b24app.portal.batch import Call, Outcome
from b24app.web.context import web
from b24app.web.lifecycle import ask_person
from b24app.web.portals import Administrator, KnownPortal
from b24app.web.render import limit_questions, proved
from b24app.web.services import Asker
from rules.decision import Text

NOT_INSTALLED = Text(
    "Приложение на этом портале не установлено. Администратор портала должен открыть его и завершить установку.",
    "The application is not installed on this portal. An administrator has to open it and finish the installation.",
)
STALE = Text(
    "Страница устарела. Обновите карточку или страницу портала.",
    "The page is out of date. Reload the card or the portal's page.",
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person on a portal we know, acting with the token the portal gave him for this page."""

    portal: KnownPortal
    page: PlacementOpen
    asker: Asker

    def batch(self, calls: Sequence[Call]) -> list[Outcome]:
        """Reads with the person's own rights; Forged (outdated page) when the token is not accepted any more."""
        try:
            return self.asker.batch(calls, interactive=True)
        except PortalLost:
            raise Forged(STALE) from None

    def person(self) -> Administrator:
        """Who it is; Forged as above."""
        try:
            return ask_person(self.asker)
        except PortalLost:
            raise Forged(STALE) from None


def visitor(page: PlacementOpen) -> Visitor:
    """The visitor of an installed portal; Forged otherwise.

    Every employee's browser sees the application token, so it proves the portal and never the person:
    the person is proved by the answers his own token gets.
    """
    portal = web().book.find(page.auth.member_id) if page.auth.member_id else None
    if portal is None or portal.status == "uninstalled" or not page.auth.access_token:
        raise Forged(NOT_INSTALLED)
    if page.auth.application_token:
        try:
            verify(page.auth, portal.member_id, portal.application_token)
        except Forged:
            raise Forged(STALE) from None
    else:
        limit_questions(portal.member_id)
    proved(portal.origin, portal.id)
    asker = web().services.asker(portal.member_id, portal.client_endpoint, page.auth.access_token)
    return Visitor(portal, page, asker)
