"""Letters of the CRM: an activity that is outgoing and completed leaves for the client's mailbox."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import KeptRefusal
from sandbox.kernel.outbox import deliver

LETTER = 4
OUTGOING = 2
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")


def send(call: Call, row: dict[str, Any]) -> None:
    """Sends the letter of an activity that has just been completed.

    DIRECTION 2 with COMPLETED N is a draft (crm-activity-add.md). What prevents the sending is
    told with an error, but the activity stays (how-to-send-email.md). A copy to the address of
    MESSAGE_FROM goes to an employee, so the outbox of clients does not show it.
    """
    if row["typeId"] != LETTER or row.get("direction") != OUTGOING or row.get("completed") != "Y":
        return
    if call.notes.get("silent"):
        return
    sender = _sender(call, row)
    receivers = [str(entry.get("VALUE") or "") for entry in json.loads(row.get("communications") or "[]")]
    if not any(receivers):
        raise _failed('"To" is not found')
    if not sender:
        raise _failed('"From" is not found')
    if not all(_ADDRESS.fullmatch(address) for address in [*filter(None, receivers), sender]):
        raise _failed("Invalid email is specified")
    text = "\n".join(part for part in (row.get("subject"), row.get("description")) if part)
    for receiver in filter(None, receivers):
        deliver(call, "email", receiver, text)


def _failed(why: str) -> KeptRefusal:
    return KeptRefusal("", f"Email send error. {why}", 400)


def _sender(call: Call, row: dict[str, Any]) -> str:
    """The address in the angle brackets of MESSAGE_FROM, else the employee's box, else the common one."""
    settings = json.loads(row.get("settings") or "[]")
    given = str(settings.get("MESSAGE_FROM") or "") if isinstance(settings, dict) else ""
    if given:
        bracketed = re.search(r"<([^>]*)>", given)
        return bracketed[1].strip() if bracketed else given.strip()
    store = call.portal.store
    own = store.value("SELECT email FROM users WHERE id = ?", (row.get("responsibleId"),))
    return str(own or store.setting("mail.common_box", ""))
