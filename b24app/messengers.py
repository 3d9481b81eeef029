"""The messengers of one portal: their settings, their channels, the addresses at which they tell us things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from b24app.channels import hooks, settings
from b24app.channels.channel import Letter, Outcome, Person
from b24app.channels.settings import key_of
from b24app.channels.vendors import VENDORS, Servers, Vendor, missing, vendor_channels
from b24app.errors import PresetError
from b24app.store.database import Database
from b24app.store.secret_box import SecretBox
from config.settings import Settings
from rules.decision import Ref, Text

PROBE = Text("Проверка связи: сообщения доходят.", "A test: messages arrive.")
"""goes to the administrator's own phone"""


@dataclass(frozen=True)
class Messengers:
    """Connects and uses the vendors whose settings an administrator has filled in. `now` is the portal's clock."""

    settings: Settings
    database: Database
    secret_box: SecretBox
    portal_id: int
    now: Callable[[], datetime]
    language: str = "ru"

    def channels(self) -> list[Vendor]:
        """The channels whose settings are complete."""
        return vendor_channels(self._values(), self._servers(), self.now)

    def shown(self) -> dict[str, str]:
        """Every setting of channels; of secrets only whether they are there."""
        return settings.shown(self._values())

    def setting(self, key: str) -> str:
        """One of them; an unknown key is refused with those there are."""
        return self.shown()[key_of(key).name]

    def set(self, key: str, word: str) -> None:
        """Stores a value; an empty one takes it away."""
        with self.database.session() as session:
            settings.save(session, self.secret_box, self.portal_id, key, word, self.settings.green_api_url)

    def state(self) -> dict[str, list[str]]:
        """Vendors with the settings each still needs; [] for one that is connected."""
        values = self._values()
        return {vendor: missing(values, vendor) for vendor in VENDORS}

    def has_begun(self, vendor: str) -> bool:
        """Whether any setting of a vendor is there."""
        return any(key.startswith(f"{settings.PREFIX}{vendor}.") for key in self._values())

    def connect(self, vendor: str) -> None:
        """Has the vendor tell us what becomes of messages and who writes. AppError in words when it refuses."""
        channel = self._channel(vendor)
        with self.database.session() as session:
            address = hooks.address(session, self.secret_box, self.portal_id, vendor, self.settings.public_url)
        channel.connect(address)

    def test(self, vendor: str, phone: str) -> Outcome:
        """Sends a message to a phone of the administrator's own; every test is another message."""
        person = Person(Ref("contact", 0), phones=(phone,))
        text = PROBE.in_language(self.language)
        return self._channel(vendor).send(Letter(f"test:{token_hex(8)}", 0, text, "", people=(person,)))

    def _channel(self, vendor: str) -> Vendor:
        found = next((channel for channel in self.channels() if channel.code == vendor), None)
        if found is None:
            needed = ", ".join(self.state().get(vendor, [])) or ", ".join(VENDORS)
            raise PresetError(Text(f"Сначала заполните настройки: {needed}", f"Fill in the settings first: {needed}"))
        return found

    def _values(self) -> dict[str, str]:
        with self.database.session() as session:
            return settings.load(session, self.secret_box, self.portal_id)

    def _servers(self) -> Servers:
        return Servers(self.settings.wazzup_url, self.settings.green_api_url)
