"""The client's chat of an open line: WhatsApp, Telegram and others that the portal is connected with.

No method starts a chat with a client; one that exists is written into on behalf of an employee who takes part in it
(api-reference/imopenlines/openlines/messages/imopenlines-crm-message-add.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from b24app.channels.channel import CLOCKS, Letter, NotHere, Outcome, Taken
from b24app.channels.portal import Batches, code_of, outcome_of
from b24app.errors import Transient
from b24app.portal.calls import Call, Done, Refused
from b24app.portal.calls import Outcome as Answer
from rules.decision import Ref, Text

CHATTING = ("deal", "company", "contact", "lead")
"""objects that chats are linked with"""
LIVE_CHAT = "livechat"
"""the chat of a web page: its visitor is gone, so nothing is written there unless a setting names it"""
NOT_IN_CHAT = "CANCELED"

NO_CHAT = Text("Нет открытого чата с клиентом", "There is no open chat with the client")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of an object."""

    id: int
    connector: str
    owner: Ref


@dataclass(frozen=True)
class OpenLine:
    """Writes into chats. `connectors` are parts of the names of connectors to use (`whatsapp`); empty: all but
    live chats."""

    gateway: Batches
    connectors: tuple[str, ...] = ()
    code: str = "openline"

    def send_all(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Hands letters over; a responsible who is not in the chat yet is invited first."""
        chats, refusals = self._chats(letters)
        outcomes: dict[str, Outcome] = {one.key: NotHere(refusals[one.key]) for one in letters if one.key not in chats}
        sending = [one for one in letters if one.key in chats]
        strangers = []
        for letter, answer in self._ask([_message(one, chats[one.key]) for one in sending], sending):
            if code_of(answer) == NOT_IN_CHAT:
                strangers.append(letter)
            else:
                outcomes[letter.key] = outcome_of(answer)
        invited = self._ask([_invitation(one, chats[one.key]) for one in strangers], strangers)
        outcomes.update((one.key, outcome_of(answer)) for one, answer in invited if not isinstance(answer, Done))
        coming = [one for one, answer in invited if isinstance(answer, Done)]
        for letter, answer in self._ask([_message(one, chats[one.key]) for one in coming], coming):
            outcomes[letter.key] = outcome_of(answer)
        return [outcomes[one.key] for one in letters]

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """Looks for the text in the chat's conversation, which any employee may read
        (api-reference/imopenlines/openlines/sessions/imopenlines-session-history-get.md)."""
        chat = self._chats([letter])[0].get(letter.key)
        if chat is None:
            return None
        (answer,) = self.gateway.batch([Call("imopenlines.session.history.get", {"CHAT_ID": chat.id})])
        if not isinstance(answer, Done):
            return None
        messages = answer.result.get("message") or {}
        for message in messages.values() if isinstance(messages, Mapping) else messages:
            if _same_text(message.get("text"), letter.text) and _moment(message) >= since - CLOCKS:
                return Taken(str(message["id"]))
        return NotHere(Text("Сообщения нет в чате", "The message is not in the chat"))

    def _ask(self, calls: Sequence[Call], letters: Sequence[Letter]) -> list[tuple[Letter, Answer]]:
        return list(zip(letters, self.gateway.batch(calls) if calls else [], strict=True))

    def _chats(self, letters: Sequence[Letter]) -> tuple[dict[str, Chat], dict[str, Text]]:
        """The chat of each letter: of the nearest object that has one; and why there is none."""
        places = {one.key: _places(one) for one in letters}
        asked = sorted({ref for refs in places.values() for ref in refs}, key=str)
        calls = [
            Call("imopenlines.crm.chat.get", {"CRM_ENTITY_TYPE": one.entity, "CRM_ENTITY": one.id}) for one in asked
        ]
        answers = dict(zip(asked, self.gateway.batch(calls) if calls else [], strict=True))
        found: dict[str, Chat] = {}
        refused: dict[str, Text] = {}
        for key, refs in places.items():
            for ref in refs:
                chat = self._usable(ref, answers[ref])
                if chat is not None:
                    found.setdefault(key, chat)
            refused[key] = next((one.error.text for ref in refs if isinstance(one := answers[ref], Refused)), NO_CHAT)
        return found, refused

    def _usable(self, ref: Ref, answer: Answer) -> Chat | None:
        if not isinstance(answer, Done):
            if isinstance(answer.error, Transient):
                raise answer.error
            return None
        rows: Collection[Mapping[str, Any]] = answer.result or ()
        for row in sorted(rows, key=lambda row: -int(row["CHAT_ID"])):
            connector = str(row.get("CONNECTOR_ID") or "")
            if any(word in connector for word in self.connectors) if self.connectors else connector != LIVE_CHAT:
                return Chat(int(row["CHAT_ID"]), connector, ref)
        return None


def _places(letter: Letter) -> list[Ref]:
    refs = [*letter.about, Ref("company", letter.company), *(person.ref for person in letter.people)]
    return list(dict.fromkeys(ref for ref in refs if ref.entity in CHATTING))


def _message(letter: Letter, chat: Chat) -> Call:
    return Call("imopenlines.crm.message.add", {**_place(letter, chat), "MESSAGE": letter.text}, write=True)


def _invitation(letter: Letter, chat: Chat) -> Call:
    return Call("imopenlines.crm.chat.user.add", _place(letter, chat), write=True)


def _place(letter: Letter, chat: Chat) -> dict[str, Any]:
    return {
        "CRM_ENTITY_TYPE": chat.owner.entity,
        "CRM_ENTITY": chat.owner.id,
        "CHAT_ID": chat.id,
        "USER_ID": letter.responsible,
    }


def _same_text(shown: object, text: str) -> bool:
    return str(shown or "").split() == text.split()


def _moment(message: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(message["date"]))
