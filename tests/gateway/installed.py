"""An application installed in a sandbox portal, with its administrators' tokens stored as the product stores them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from redis import Redis

from b24app.portal.budget import Budget, Unlimited
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.operating import Operating
from b24app.portal.tokens import SIBLING_SECONDS, Tokens
from b24app.store.database import Database
from b24app.store.models import Base, PortalRow, TokenRow
from b24app.store.secret_box import SecretBox
from tests.harness.sandbox import Sandbox

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
APP = {"client_id": "local.test", "client_secret": "app-secret", "handler_url": "http://127.0.0.1:9/app"}


@dataclass(frozen=True)
class Place:
    """Where another process finds the same portal."""

    database_url: str
    redis_url: str
    origin: str

    def tokens(
        self,
        on_death: Callable[[int, str], None] = lambda user, reason: None,
        patience: Collection[float] = SIBLING_SECONDS,
    ) -> Tokens:
        """The portal's credentials."""
        store, database = Redis.from_url(self.redis_url), Database(self.database_url)
        return Tokens(
            database,
            1,
            SecretBox([KEY]),
            store,
            auth_hosts=(self.origin,),
            on_token_death=on_death,
            patience=patience,
        )

    def gateway(self, tokens: Tokens | None = None, budget: Budget | None = None) -> Gateway:
        """A gateway with them."""
        return Gateway(Line(tokens or self.tokens(), budget or Unlimited(), Operating(None, "p")))


def install(box: Sandbox, directory: Path, redis_url: str, users: tuple[int, ...] = (1,)) -> Place:
    """Adds the application and stores a pair of tokens for each user, ranked in this order."""
    box.control("install", dict(APP))
    place = Place(f"sqlite:///{directory}/app.db", redis_url, box.url)
    database = Database(place.database_url)
    Base.metadata.create_all(database.engine)
    seal = SecretBox([KEY]).seal
    with database.session() as session:
        session.add(
            PortalRow(
                id=1,
                member_id="m",
                domain=urlsplit(box.url).netloc,
                client_endpoint=f"{box.url}/rest/",
                server_endpoint=f"{box.url}/oauth/rest/",
                client_id=APP["client_id"],
                client_secret=seal(APP["client_secret"]),
            )
        )
        session.flush()
        for rank, user in enumerate(users):
            access, refresh = first_pair(box, user)
            row = TokenRow(portal_id=1, user_id=user, rank=rank, expires_at=datetime.now(UTC))
            row.access, row.refresh = seal(access), seal(refresh)
            session.add(row)
    return place


def first_pair(box: Sandbox, user: int) -> tuple[str, str]:
    """Tokens by the code flow (settings/oauth/index.md)."""
    query = {"client_id": APP["client_id"], "user": str(user)}
    consent = requests.get(f"{box.url}/oauth/authorize/", params=query, allow_redirects=False, timeout=60)
    code = parse_qs(urlsplit(consent.headers["Location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, **APP}
    answer = requests.post(f"{box.url}/oauth/token/", data=form, timeout=60).json()
    return answer["access_token"], answer["refresh_token"]
