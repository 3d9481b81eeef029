"""Wazzup24, API v3 (wazzup24.com/help/api-en/sending-messages).

A message carries our key (`crmMessageId`). The service refuses a repeated key for about a minute, so within that
time asking once more is how we learn what became of a message; afterwards nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from b24app.channels.channel import Letter, NotHere, NotNow, Outcome, Taken, Unknown
from b24app.channels.http import Busy, Lost, Reply, Service
from b24app.channels.recipients import digits_of, message_key
from b24app.errors import PortalRefused, SystemUnavailable
from rules.decision import Text

REMEMBERED = timedelta(seconds=50)
"""the vendor says about 60 seconds; a request of ours may last some of them"""
REPEATED = "repeatedcrmmessageid"

NO_PHONE = Text("У клиента нет номера телефона", "The client has no phone number")
BUSY = Text("Wazzup24 занят или не отвечает", "Wazzup24 is busy or does not answer")
LOST = Text("Ответ Wazzup24 потерян", "The answer of Wazzup24 was lost")
WRONG_KEY = Text(
    "Wazzup24 не принимает ключ: проверьте channel.wazzup.api_key",
    "Wazzup24 does not accept the key: check channel.wazzup.api_key",
)
_REASONS: Mapping[str, Text] = {
    "badcontact": Text("По номеру клиента нет WhatsApp", "The client's number has no WhatsApp"),
    "24hoursexceeded": Text(
        "Клиент не писал 24 часа: Wazzup24 даёт начать диалог только по шаблону",
        "The client has not written for 24 hours: Wazzup24 allows templates only",
    ),
    "chatnotfound": Text("В Wazzup24 нет чата с клиентом", "Wazzup24 has no chat with the client"),
    "channelnotfound": Text(
        "Wazzup24 не знает канала: проверьте channel.wazzup.channel_id",
        "Wazzup24 does not know the channel: check channel.wazzup.channel_id",
    ),
}


@dataclass(frozen=True)
class Wazzup:
    """One WhatsApp channel of a Wazzup24 account. `now` is the clock by which `since` of `find` is told."""

    service: Service
    channel_id: str
    now: Callable[[], datetime]
    code: str = "wazzup"

    @classmethod
    def at(cls, url: str, api_key: str, channel_id: str, now: Callable[[], datetime]) -> Wazzup:
        """The channel of an account at a server."""
        return cls(Service(url, {"Authorization": f"Bearer {api_key}"}), channel_id, now)

    def send(self, letter: Letter) -> Outcome:
        """Tries the people's numbers in their order; after a lost answer the same message is asked for once more."""
        reason = NO_PHONE
        for digits in digits_of(letter):
            outcome = self._send_to(letter, digits)
            if isinstance(outcome, Unknown):
                outcome = self._settled(self._send_to(letter, digits))
            if not isinstance(outcome, NotHere):
                return outcome
            reason = outcome.reason
        return NotHere(reason)

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """Within the minute a repeat is refused if the message has arrived, and sent if it has not."""
        if self.now() - since > REMEMBERED:
            return None
        outcome = self.send(letter)
        return outcome if isinstance(outcome, Taken | NotHere) else None

    def connect(self, address: str) -> None:
        """Has reports and incoming messages told to an address of ours; the service tries it at once."""
        wanted = {"messagesAndStatuses": True, "contactsAndDealsCreation": False}
        answer = self.service.ask("PATCH", "/v3/webhooks", {"webhooksUri": address, "subscriptions": wanted})
        if not isinstance(answer, Reply):
            raise SystemUnavailable(BUSY)
        if answer.status == 401:
            raise PortalRefused(WRONG_KEY)
        if not answer.ok:
            raise PortalRefused(
                Text(
                    f"Wazzup24 не принял адрес {_place(address)}: он должен быть доступен из интернета по HTTPS",
                    f"Wazzup24 did not take the address {_place(address)}: it must be reachable from the internet",
                )
            )

    def trouble(self) -> Text | None:
        """Why messages would not go now; None when the channel is in order."""
        answer = self.service.ask("GET", "/v3/channels")
        if not isinstance(answer, Reply):
            return BUSY
        if not answer.ok:
            return WRONG_KEY
        rows = answer.body if isinstance(answer.body, list) else []
        mine = next((row for row in rows if row.get("channelId") == self.channel_id), None)
        if mine is None:
            return _REASONS["channelnotfound"]
        state = str(mine.get("state") or "")
        if state == "active":
            return None
        return Text(
            f"Wazzup24: состояние канала «{state}», проверьте его в личном кабинете",
            f"Wazzup24: the state of the channel is “{state}”, look at it in your account there",
        )

    def _send_to(self, letter: Letter, digits: str) -> Outcome:
        body = {
            "channelId": self.channel_id,
            "chatType": "whatsapp",
            "chatId": digits,
            "text": letter.text,
            "crmMessageId": message_key(letter, digits),
        }
        answer = self.service.ask("POST", "/v3/message", body)
        if isinstance(answer, Busy):
            return NotNow(BUSY, answer.seconds)
        if isinstance(answer, Lost):
            return Unknown(LOST)
        return _outcome(answer)

    @staticmethod
    def _settled(second: Outcome) -> Outcome:
        """The outcome of a second try. That the service is busy now says nothing of the first."""
        return Unknown(LOST) if isinstance(second, NotNow) else second


def _outcome(reply: Reply) -> Outcome:
    if reply.ok:
        return Taken(_id(reply.body)) if _id(reply.body) else Unknown(LOST)
    if reply.code == REPEATED:
        # The number of the message is told only with the first answer, which was lost.
        return Taken("")
    if reply.status in (401, 403):
        return NotHere(WRONG_KEY)
    known = _REASONS.get(reply.code)
    code = reply.code or str(reply.status)
    return NotHere(known or Text(f"Wazzup24 отказал: {code}", f"Wazzup24 refused: {code}"))


def _id(body: Any) -> str:
    return str(body.get("messageId") or "")[:128] if isinstance(body, Mapping) else ""


def _place(address: str) -> str:
    """An address of ours without its last part, which is a secret."""
    return address.rpartition("/")[0] + "/…"
