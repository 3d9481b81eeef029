"""Installation, update and removal of the application on a portal, proved before anything is believed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, select

from b24app.engine import removal
from b24app.errors import Forged, PortalLost, PortalRefused
from b24app.payloads import AppEvent, Auth, identifier
from b24app.portal.auth_server import Grant
from b24app.store.models import CredentialRow, PortalRow
from b24app.web.context import Web
from b24app.web.portals import Administrator, Credentials, KnownPortal, origin_of, save_installation
from b24app.web.render import limit_questions
from b24app.web.services import Asker
from rules.decision import Text

logger = logging.getLogger(__name__)

TRIED_AT_MOST = 20
"""pairs of credentials asked about for one unknown portal"""

NO_CREDENTIALS = Text(
    "Сервер приложения ещё не знает этот портал. Откройте карточку локального приложения, скопируйте «Код "
    "приложения (client_id)» и «Ключ приложения (client_secret)» и добавьте их на сервере: в настройки "
    "B24APP_CLIENT_ID и B24APP_CLIENT_SECRET или командой b24app credentials add. Потом откройте эту страницу снова.",
    "The application's server does not know this portal yet. Open the local application's card, copy the Application "
    "ID (client_id) and the Application key (client_secret) and add them on the server: to the settings "
    "B24APP_CLIENT_ID and B24APP_CLIENT_SECRET or with b24app credentials add. Then open this page again.",
)
NOT_CONFIRMED = Text(
    "Сервер авторизации Битрикс24 не подтвердил это открытие. Обновите страницу портала. Если не помогло, "
    "сравните client_id и client_secret в карточке локального приложения с настройками сервера "
    "B24APP_CLIENT_ID и B24APP_CLIENT_SECRET: после удаления и повторного добавления приложения они новые.",
    "Bitrix24's authorisation server did not confirm this opening. Reload the portal's page. If that does not help, "
    "compare client_id and client_secret in the local application's card with the server's settings "
    "B24APP_CLIENT_ID and B24APP_CLIENT_SECRET: they change when the application is deleted and added again.",
)
PAYMENT_REQUIRED = Text(
    "На портале нет подписки, при которой работает REST. Подключите подписку Маркета и откройте страницу снова.",
    "The portal has no subscription that includes REST. Activate a Market subscription and open this page again.",
)
NOT_ADMINISTRATOR = Text(
    "Установить приложение может только администратор портала. Попросите его открыть эту страницу.",
    "Only an administrator of the portal can install the application. Ask one to open this page.",
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """An administrator whose installation has been proved and stored."""

    portal_id: int
    user_id: int
    presets: tuple[str, ...]
    status: str
    origin: str


def handle_app_event(web: Web, event: AppEvent) -> None:
    """ONAPPINSTALL, ONAPPUPDATE, ONAPPUNINSTALL; Forged unless proved, PortalBusy when this caller makes us ask too
    much: an installation is proved by asking other servers, and anybody may claim one."""
    if event.kind == "uninstall":
        _leave(web, event)
        return
    limit_questions()
    admitted = admit(web, event.auth, event.language)
    # The portal drops event handlers when an application is updated (api-reference/events/event-bind.md), and
    # everything of it when it is removed; presets that were chosen before are put in order without a question.
    if admitted.presets and (event.kind == "update" or admitted.status == "installing"):
        web.services.start_provision(admitted.portal_id, admitted.presets, again=True)


def admit(web: Web, auth: Auth, language: str) -> Admitted:
    """Proves an installation by asking the authorisation server and the portal, then stores it.

    The domain and the member id in the request are claims; the answers are the truth. Forged, PortalRefused
    (not an administrator) or PortalLost (no credentials) with a text that says what to do.
    """
    server = _server(auth.server_endpoint, web.services.settings.auth_hosts)
    grant, credentials = _prove(web, auth, server)
    person = ask_person(web.services.asker(grant.member_id, grant.client_endpoint, grant.access_token))
    if grant.user_id not in (None, person.user_id):
        raise Forged(NOT_CONFIRMED)
    if not person.is_admin:
        raise PortalRefused(NOT_ADMINISTRATOR, code="not_administrator")
    with web.services.database.session() as session:
        portal = save_installation(
            session,
            web.services.secret_box,
            grant,
            credentials,
            person,
            server=server,
            application_token=auth.application_token,
            language=language,
        )
        admitted = Admitted(
            portal.id, person.user_id, tuple(portal.presets), portal.status, origin_of(portal.client_endpoint)
        )
    web.book.forget(grant.member_id)
    logger.info("portal %d: opened for installation by user %d", admitted.portal_id, person.user_id)
    return admitted


def renew(web: Web, portal: KnownPortal, auth: Auth) -> Grant:
    """Proves at the authorisation server that a visitor's tokens are this portal's and this application's."""
    grant, _ = _prove(web, auth, _server(auth.server_endpoint, web.services.settings.auth_hosts))
    if grant.member_id != portal.member_id:
        raise Forged(NOT_CONFIRMED)
    return grant


def ask_person(asker: Asker) -> Administrator:
    """Whose token it is; an inactive employee's profile is empty (api-reference/common/users/profile.md)."""
    profile = asker.call("profile", interactive=True)
    user_id = identifier(str(profile.get("ID", ""))) if isinstance(profile, dict) else None
    if user_id is None:
        raise Forged(NOT_CONFIRMED)
    return Administrator(user_id, profile.get("ADMIN") is True, str(profile.get("TIME_ZONE") or ""))


def _leave(web: Web, event: AppEvent) -> None:
    """Only noted here: the application token is no secret among employees, so a worker asks the portal first."""
    portal = web.book.authentic_now(event.auth, removed_too=True)
    with web.services.database.session() as session:
        claimed = removal.claim(session, portal.id, clean=event.clean)
    web.book.forget(portal.member_id)
    if claimed:
        logger.info("portal %d: the application is said to be removed", portal.id)
        web.services.wake_removal(portal.id)


def _prove(web: Web, auth: Auth, server: str) -> tuple[Grant, Credentials]:
    """The authorisation server's own word, and the credentials that got it."""
    if not auth.refresh_token:
        raise Forged(NOT_CONFIRMED)
    candidates = _candidates(web, auth)
    if not candidates:
        raise PortalLost(NO_CREDENTIALS)
    for credentials in candidates:
        try:
            grant = web.services.auth_server.refresh(
                server, credentials.client_id, credentials.client_secret, auth.refresh_token
            )
        except (PortalRefused, PortalLost) as refusal:
            if code_of(refusal) == "payment_required":
                raise PortalRefused(PAYMENT_REQUIRED, code="payment_required") from None
            continue
        if grant.member_id != auth.member_id or not _proper(grant.client_endpoint, server):
            raise Forged(NOT_CONFIRMED)
        return grant, credentials
    raise Forged(NOT_CONFIRMED)


def code_of(refusal: PortalRefused | PortalLost) -> str:
    """The portal's error code of a refusal, in lower case."""
    code = refusal.code if isinstance(refusal, PortalRefused) else refusal.context.get("code", "")
    return str(code).lower()


def _server(claimed: str, allowed: tuple[str, ...]) -> str:
    """The claimed authorisation server if it is one of ours, else the usual one: the client's secret goes there."""
    origin = origin_of(claimed)
    return origin if origin in allowed else allowed[0]


def _proper(endpoint: str, server: str) -> bool:
    """A portal's REST address; unencrypted only where the authorisation server itself is (development)."""
    return endpoint.startswith("https://") or (endpoint.startswith("http://") and server.startswith("http://"))


def _candidates(web: Web, auth: Auth) -> list[Credentials]:
    """Pairs to try: the one this portal uses already, then those whose hint is its domain, then the others."""
    box = web.services.secret_box
    domain = auth.domain.lower()
    with web.services.database.session() as session:
        known = session.scalar(select(PortalRow).where(PortalRow.member_id == auth.member_id))
        own: list[Any] = [known] if known is not None else []
        hinted = case((CredentialRow.domain == domain, 0), (CredentialRow.domain.is_(None), 1), else_=2)
        query = select(CredentialRow).order_by(hinted, CredentialRow.id.desc()).limit(TRIED_AT_MOST)
        pairs = {row.client_id: row.client_secret for row in [*own, *session.scalars(query)]}
    return [Credentials(client_id, box.open(sealed)) for client_id, sealed in pairs.items()]
