"""Short-lived signed page sessions: third-party frames get no cookies, so a page carries its own proof."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

from b24app.errors import Forged

LIFETIME = 3600
"""seconds; as long as the access token that the page was opened with"""


@dataclass(frozen=True, slots=True)
class PageSession:
    """An administrator who opened a page of this portal."""

    portal_id: int
    user_id: int
    language: str


class Sessions:
    """Signs and reads page sessions with keys derived from the installation's keys, newest first."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        # itsdangerous signs with the last key of a list and accepts all.
        derived = [hashlib.sha256(b"page session:" + key.encode()).hexdigest() for key in reversed(secret_keys)]
        self._serializer = URLSafeTimedSerializer(derived, salt="installation page")

    def sign(self, session: PageSession) -> str:
        """The text a page sends back in its `Authorization` header."""
        return str(self._serializer.dumps([session.portal_id, session.user_id, session.language]))

    def read(self, header: str) -> PageSession:
        """The session of an `Authorization: Bearer ...` header; Forged if it is not ours or too old."""
        try:
            portal_id, user_id, language = self._serializer.loads(header.removeprefix("Bearer "), max_age=LIFETIME)
        except (BadData, ValueError, TypeError):
            raise Forged("the page's session is not ours or too old") from None
        return PageSession(int(portal_id), int(user_id), str(language))
