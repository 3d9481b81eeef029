"""Encryption at rest: tokens and secrets are sealed before they reach the database."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from b24app.errors import PortalLost


class SecretBox:
    """Seals and opens short texts with the application's keys; the first key seals, all open.

    `keys` are Fernet keys (44 characters of base64), newest first.
    """

    def __init__(self, keys: list[str]) -> None:
        self.keys = tuple(keys)
        self._fernet = MultiFernet([Fernet(key.encode()) for key in keys])

    def seal(self, text: str) -> bytes:
        """Encrypts a text."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypts; a wrong key is PortalLost: the administrator must open the app again."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise PortalLost("The secret key does not open the stored tokens: check B24APP_SECRET_KEY") from None
