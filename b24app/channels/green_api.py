"""Green-API (green-api.com/docs/api): a number of WhatsApp behind an instance.

The token is a part of every address. Messages carry no key of ours: after a lost answer the journal of outgoing
messages is searched for the same text to the same chat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from b24app.channels.channel import CLOCKS, Letter, NotHere, NotNow, Outcome, Taken, Unknown
from b24app.channels.http import Answer, Busy, Lost, Reply, Service
from b24app.channels.recipients import digits_of
from b24app.errors import PortalRefused, SystemUnavailable
from rules.decision import Text

JOURNAL_DELAY = timedelta(minutes=2)
"""messages may come to the journal so late (docs/api/journals/LastOutgoingMessages)"""
JOURNAL = timedelta(hours=24)
QUOTA = 466

NO_PHONE = Text("У клиента нет номера телефона", "The client has no phone number")
BUSY = Text("Green-API занят или не отвечает", "Green-API is busy or does not answer")
LOST = Text("Ответ Green-API потерян", "The answer of Green-API was lost")
NOT_IN_JOURNAL = Text("Сообщения нет в журнале Green-API", "The message is not in the journal of Green-API")
WRONG_TOKEN = Text(
    "Green-API не принимает токен: проверьте channel.green_api.instance и channel.green_api.token",
    "Green-API does not accept the token: check channel.green_api.instance and channel.green_api.token",
)
NO_QUOTA = Text("Исчерпан лимит тарифа Green-API", "The quota of the Green-API plan is used up")
REFUSED = Text("Green-API отказал: неверный номер или текст", "Green-API refused: a wrong number or text")
_SETTINGS = {
    "outgoingWebhook": "yes",
    "outgoingAPIMessageWebhook": "yes",
    "incomingWebhook": "yes",
}


@dataclass(frozen=True)
class GreenApi:
    """One instance. `now` is the clock by which `since` of `find` is told."""

    service: Service
    instance: str
    token: str = field(repr=False)
    now: Callable[[], datetime]
    code: str = "green_api"

    @classmethod
    def at(cls, url: str, instance: str, token: str, now: Callable[[], datetime]) -> GreenApi:
        """The channel of an instance at a server."""
        return cls(Service(url), instance, token, now)

    def send(self, letter: Letter) -> Outcome:
        """Tries the people's numbers in their order."""
        reason = NO_PHONE
        for digits in digits_of(letter):
            outcome = _outcome(self._ask("POST", "sendMessage", {"chatId": _chat(digits), "message": letter.text}))
            if not isinstance(outcome, NotHere):
                return outcome
            reason = outcome.reason
        return NotHere(reason)

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """Looks into the journal and the queue; what is in neither is missing only when the journal had its time."""
        chats = {_chat(digits) for digits in digits_of(letter)}
        age = self.now() - since
        if not chats or age > JOURNAL:
            return None
        minutes = int((age + CLOCKS).total_seconds() // 60) + 1
        for rows in (self._rows("lastOutgoingMessages", f"?minutes={minutes}"), self._rows("showMessagesQueue")):
            if rows is None:
                return None
            if (found := _found(rows, chats, letter.text, since - CLOCKS)) is not None:
                return Taken(found)
        return NotHere(NOT_IN_JOURNAL) if age > JOURNAL_DELAY else None

    def connect(self, address: str) -> None:
        """Has reports and incoming messages told to an address of ours."""
        answer = self._ask("POST", "setSettings", {"webhookUrl": address, **_SETTINGS})
        if not isinstance(answer, Reply):
            raise SystemUnavailable(BUSY)
        if not answer.ok:
            raise PortalRefused(WRONG_TOKEN if answer.status in (401, 403) else REFUSED)

    def trouble(self) -> Text | None:
        """Why messages would not go now; None when the instance is in order."""
        answer = self._ask("GET", "getStateInstance")
        if not isinstance(answer, Reply):
            return BUSY
        if not answer.ok:
            return WRONG_TOKEN if answer.status in (401, 403) else REFUSED
        state = str(answer.body.get("stateInstance") or "") if isinstance(answer.body, Mapping) else ""
        if state == "authorized":
            return None
        return Text(
            f"Green-API: состояние «{state}», войдите в WhatsApp по QR-коду в личном кабинете",
            f"Green-API: the state is “{state}”, log in to WhatsApp by the QR code in your account there",
        )

    def _ask(self, verb: str, method: str, body: Mapping[str, Any] | None = None, query: str = "") -> Answer:
        return self.service.ask(verb, f"/waInstance{self.instance}/{method}/{self.token}{query}", body)

    def _rows(self, method: str, query: str = "") -> list[Any] | None:
        answer = self._ask("GET", method, query=query)
        return answer.body if isinstance(answer, Reply) and answer.ok and isinstance(answer.body, list) else None


def _outcome(answer: Answer) -> Outcome:
    match answer:
        case Busy(seconds=seconds):
            return NotNow(BUSY, seconds)
        case Lost():
            return Unknown(LOST)
    if answer.ok:
        id = str(answer.body.get("idMessage") or "")[:128] if isinstance(answer.body, Mapping) else ""
        return Taken(id) if id else Unknown(LOST)
    reasons = {401: WRONG_TOKEN, 403: WRONG_TOKEN, QUOTA: NO_QUOTA}
    return NotHere(reasons.get(answer.status, REFUSED))


def _chat(digits: str) -> str:
    return f"{digits}@c.us"


def _found(rows: Iterable[Any], chats: set[str], text: str, since: datetime) -> str | None:
    """The number of a row with this text to one of these chats; a row of the queue has no moment yet."""
    for row in rows:
        told = row.get("body", row) if isinstance(row, Mapping) else None
        if not isinstance(told, Mapping):
            continue
        same = told.get("chatId") in chats and _text(told).split() == text.split()
        if same and _moment(row, since) >= since:
            return str(row.get("idMessage") or row.get("messageID") or "")[:128]
    return None


def _text(row: Mapping[str, Any]) -> str:
    extended = row.get("extendedTextMessage")
    inner = extended.get("text") if isinstance(extended, Mapping) else ""
    return str(row.get("textMessage") or row.get("message") or inner or "")


def _moment(row: Mapping[str, Any], otherwise: datetime) -> datetime:
    at = row.get("timestamp")
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int) and 0 < at < 2**33 else otherwise
