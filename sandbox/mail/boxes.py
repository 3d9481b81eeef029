"""Mailboxes of employees and the letters in them: what is kept, sent and delivered (api-reference/mail).

Every active employee has a mailbox (of an invented address, where none is known) with a first letter
in it. A letter to such an address arrives in the mailbox; all letters are in the portal's outbox.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.kernel import outbox
from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.v3 import absent, invalid

Row = dict[str, Any]
LETTERS = Documents("mail_letter", "mailboxId")
DOMAIN = "sandbox.example.com"
INBOX, SENT, SPAM, TRASH = "INBOX", "Sent", "Spam", "Trash"
FOLDERS = (INBOX, SENT, SPAM, TRASH)
_ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")


def boxes(call: Call, *, everyone: bool = False) -> list[Row]:
    """The caller's mailboxes, or those of all employees; their numbers are those of the employees."""
    rows = call.portal.store.rows("SELECT id, name, last_name, email FROM users WHERE active = 1 ORDER BY id")
    return [_box(row) for row in rows if everyone or row["id"] == call.user]


def _box(row: Any) -> Row:
    name = " ".join(part for part in (row["name"], row["last_name"]) if part)
    address = row["email"] or f"user{row['id']}@{DOMAIN}"
    return {"id": row["id"], "name": address, "email": address, "senderName": name}


def box_of(call: Call, number: int) -> Row:
    """A mailbox of the caller's."""
    for box in boxes(call):
        if box["id"] == number:
            return box
    raise absent(number)


def letters(call: Call) -> list[Row]:
    """The letters in the caller's mailboxes, the newest first."""
    for box in boxes(call):
        _welcome(call, box)
    found = [letter for box in boxes(call) for letter in LETTERS.of(call, box["id"])]
    return sorted(found, key=lambda letter: (letter["at"], letter["id"]), reverse=True)


def _welcome(call: Call, box: Row) -> None:
    """The first letter of a new mailbox, so that none is empty."""
    if call.portal.store.setting(f"mail.box.{box['id']}"):
        return
    call.portal.store.set_setting(f"mail.box.{box['id']}", True)
    texts = {"subject": "Добро пожаловать", "body": "Почтовый ящик подключён.", "from": f"welcome@{DOMAIN}"}
    letter = {**_blank(call), **texts, "to": [box["email"]], "cc": [], "folder": INBOX, "seen": False, "thread": 0}
    made = LETTERS.add(call, letter, box["id"])
    LETTERS.change(call, made, {"thread": made["id"]})


def _blank(call: Call) -> Row:
    return {"at": int(call.portal.clock.timestamp()), "files": [], "bindings": []}


def letter_of(call: Call, number: int) -> Row | None:
    """A letter that the caller has."""
    letter = LETTERS.get(call, number)
    own = {box["id"] for box in boxes(call)}
    return letter if letter is not None and letter["mailboxId"] in own and letter["folder"] != TRASH else None


def addresses(given: Any, name: str) -> list[str]:
    """A list of e-mail addresses."""
    rows = given if isinstance(given, list) else []
    if not all(isinstance(one, str) and _ADDRESS.match(one.strip()) for one in rows):
        raise invalid((name, "RESOLVE_RECIPIENTS_ERROR"))
    return [one.strip() for one in rows]


def send(call: Call, letter: Row) -> None:
    """Sends a letter: `from`, `to`, `cc`, `bcc`, `subject`, `body`, `answers` (the letter it answers)."""
    sender = next((box for box in boxes(call) if box["email"].lower() == letter["from"].lower()), None)
    if sender is None:
        raise invalid(("from", "MESSAGE_SEND_FAILED"))
    every = {box["email"].lower(): box for box in boxes(call, everyone=True)}
    base = _blank(call) | {name: letter[name] for name in ("from", "to", "cc", "subject", "body")}
    sent = LETTERS.add(call, {**base, "folder": SENT, "seen": True, "thread": 0}, sender["id"])
    thread = letter["answers"]["thread"] if letter.get("answers") else sent["id"]
    LETTERS.change(call, sent, {"thread": thread})
    for address in dict.fromkeys([*letter["to"], *letter["cc"], *letter["bcc"]]):
        outbox.deliver(call, "email", address, f"{letter['subject']}\n{letter['body']}")
        box = every.get(address.lower())
        if box is not None:
            LETTERS.add(call, {**base, "folder": INBOX, "seen": False, "thread": thread}, box["id"])
