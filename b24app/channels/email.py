"""E-mail that stays on the client's card: an outgoing, completed activity is sent by the portal.

tutorials/crm/how-to-add-crm-objects/how-to-send-email.md
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from b24app.channels.channel import Letter, NotHere, Outcome, Person, Taken
from b24app.channels.portal import Batches, outcome_of
from b24app.portal.calls import Call, Done
from b24app.portal.names import ORIGINATOR
from rules.decision import Text

EMAIL_ACTIVITY, OUTGOING, PLAIN_TEXT = 4, 2, 1
COMPANY = 4
_SHOWN = ["ID", "ORIGIN_ID"]
ENTITY_TYPES = {"contact": 3, "company": COMPANY}

NO_ADDRESS = Text("У клиента не указан e-mail", "The client has no e-mail address")
NOT_THERE = Text("Письма нет в карточке клиента", "The letter is not on the client's card")


@dataclass(frozen=True)
class EMail:
    """Sends in the name of the responsible employee, from the address of the profile; without one the portal
    takes the mailbox that is connected with the CRM."""

    gateway: Batches
    code: str = "email"

    def send_all(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Hands letters over; those to people without an address are not for this channel."""
        addressed = {one.key: found for one in letters if (found := _address(one)) is not None}
        sending = [one for one in letters if one.key in addressed]
        senders = self._senders({one.responsible for one in sending})
        calls = [_activity(one, *addressed[one.key], senders.get(one.responsible)) for one in sending]
        answers = self.gateway.batch(calls) if calls else []
        outcomes = {one.key: outcome_of(answer) for one, answer in zip(sending, answers, strict=True)}
        return [outcomes.get(one.key, NotHere(NO_ADDRESS)) for one in letters]

    def find(self, letter: Letter, since: datetime) -> Taken | NotHere | None:
        """Looks for the activity by our key."""
        place = {"ORIGINATOR_ID": ORIGINATOR, "ORIGIN_ID": letter.key, "TYPE_ID": EMAIL_ACTIVITY}
        own = {"OWNER_TYPE_ID": COMPANY, "OWNER_ID": letter.company}
        (answer,) = self.gateway.batch([Call("crm.activity.list", {"filter": place | own, "select": _SHOWN})])
        if not isinstance(answer, Done):
            return None
        ours = [row for row in answer.result or () if row.get("ORIGIN_ID") == letter.key]
        return Taken(str(ours[0]["ID"])) if ours else NotHere(NOT_THERE)

    def _senders(self, employees: Collection[int]) -> dict[int, str]:
        """`Name Surname <address>` of employees who have an address."""
        if not employees:
            return {}
        (answer,) = self.gateway.batch([Call("user.get", {"ID": sorted(employees)})])
        rows = answer.result if isinstance(answer, Done) else ()
        names = {int(row["ID"]): f"{row.get('NAME') or ''} {row.get('LAST_NAME') or ''}".strip() for row in rows}
        return {int(row["ID"]): f"{names[int(row['ID'])]} <{row['EMAIL']}>" for row in rows if row.get("EMAIL")}


def _activity(letter: Letter, person: Person, address: str, sender: str | None) -> Call:
    receiver = {
        "TYPE": "EMAIL",
        "VALUE": address,
        "ENTITY_ID": person.ref.id,
        "ENTITY_TYPE_ID": ENTITY_TYPES[person.ref.entity],
    }
    fields: dict[str, Any] = {
        "OWNER_TYPE_ID": COMPANY,
        "OWNER_ID": letter.company,
        "TYPE_ID": EMAIL_ACTIVITY,
        "DIRECTION": OUTGOING,
        "COMPLETED": "Y",
        "SUBJECT": letter.subject,
        "DESCRIPTION": letter.text,
        "DESCRIPTION_TYPE": PLAIN_TEXT,
        "RESPONSIBLE_ID": letter.responsible,
        "COMMUNICATIONS": [receiver],
        "ORIGINATOR_ID": ORIGINATOR,
        "ORIGIN_ID": letter.key,
    }
    if sender:
        fields["SETTINGS"] = {"MESSAGE_FROM": sender, "DISABLE_SENDING_MESSAGE_COPY": "Y"}
    return Call("crm.activity.add", {"fields": fields}, write=True)


def _address(letter: Letter) -> tuple[Person, str] | None:
    """The first address there is, of the people in their order."""
    return next(((person, person.emails[0]) for person in letter.people if person.emails), None)
