"""Our message provider on the portal: cards and automation rules then send through the connected messenger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from b24app.provision.binding import Binding, bound
from b24app.provision.robots import fingerprint
from b24app.provision.state import Survey
from b24app.provision.steps import Step, change
from rules.decision import Text

SENDER_PATH = "/messageservice"
CODE = "b24app_messenger"
NAME = "sender.messenger"
"""logical name in the binding"""
SENDER_TITLE = Text("WhatsApp (приложение автоматизации)", "WhatsApp (automation app)")
_ABOUT = Text(
    "Отправляет через Wazzup24 или Green-API, которые подключены в приложении",
    "Sends through Wazzup24 or Green-API as connected in the app",
)
LIST = "messageservice.sender.list"


def sender_steps(survey: Survey, binding: Binding, public_url: str) -> Iterator[Step]:
    """Registers the provider, or renews what was registered with other words or another address."""
    if survey.senders is None:
        return
    fields = _fields(public_url)
    if CODE not in survey.senders:
        params = {"CODE": CODE, "TYPE": "SMS", **fields}
        yield change("create", "sender", NAME, SENDER_TITLE, "messageservice.sender.add", params)
    elif binding.get(NAME, {}).get("fingerprint") != fingerprint(fields):
        params = {"CODE": CODE, **fields}
        yield change("change", "sender", NAME, SENDER_TITLE, "messageservice.sender.update", params)


def sender_values(survey: Survey, binding: Binding) -> Iterator[tuple[str, dict[str, object]]]:
    """The entry of the binding once the provider is there."""
    if CODE in (survey.senders or ()):
        # The fingerprint of what was sent last, not of what ought to be there.
        before = binding.get(NAME, {}).get("fingerprint")
        yield NAME, bound("sender", None, CODE, CODE, fingerprint=before)


def sender_notes(survey: Survey) -> Iterator[Text]:
    """Said when the portal does not let us have a provider."""
    if LIST in survey.refused:
        yield Text(
            "Отправка через мессенджер из карточек и роботов недоступна: дайте приложению разрешение messageservice",
            "Cards and automation rules cannot send through the messenger: give the app the permission messageservice",
        )


def _fields(public_url: str) -> dict[str, Any]:
    texts = {"NAME": SENDER_TITLE, "DESCRIPTION": _ABOUT}
    return {
        "HANDLER": public_url + SENDER_PATH,
        **{key: {"ru": text.ru, "en": text.en} for key, text in texts.items()},
    }
