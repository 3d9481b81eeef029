"""Mailboxes, senders and recipients in REST 3.0: `mail.mailbox.*`, `mail.recipient.*` (api-reference/mail)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.registry import METHODS
from sandbox.kernel.v3 import method_v3
from sandbox.mail.boxes import Row, box_of, boxes

MAILBOX = Dto("MailboxDto", props_of("id int\nname string\nemail string\nsenderName string"))
RECIPIENT = Dto("RecipientDto", props_of("id int\nemail string\nname string"))
_USUAL, _MAXIMUM = 25, 100
describe("mail.mailbox", "mail", MAILBOX)
describe("mail.recipient", "mail", RECIPIENT)


def _page(call: Call, rows: list[Row]) -> dict[str, Any]:
    limit, offset = dto.page_of(call, _MAXIMUM, _USUAL)
    return {"items": rows[offset : offset + limit]}


def _having(rows: Iterable[Row], text: str, *names: str) -> list[Row]:
    part = text.lower()
    return [row for row in rows if any(part in str(row[name]).lower() for name in names)]


@method_v3("mail.mailbox.list", "mail", "name:string email:string pagination:any")
def mailbox_list(call: Call) -> dict[str, Any]:
    """The caller's mailboxes, by parts of name and address."""
    rows = _having(boxes(call), call.params.get("name") or "", "name")
    return _page(call, _having(rows, call.params.get("email") or "", "email"))


@method_v3("mail.mailbox.get", "mail", "id*:int select:any")
def mailbox_get(call: Call) -> dict[str, Any]:
    """One mailbox."""
    return dto.item(call, MAILBOX, box_of(call, call.params["id"]))


@method_v3("mail.mailbox.senders", "mail", "pagination:any")
def senders(call: Call) -> dict[str, Any]:
    """In whose name the caller may write."""
    rows = [{"email": box["email"], "name": box["senderName"] or box["name"]} for box in boxes(call)]
    return _page(call, [{**row, "sender": f"{row['name']} <{row['email']}>"} for row in rows])


@method_v3("mail.recipient.listemployees", "mail", "query*:string pagination:any")
def employees(call: Call) -> dict[str, Any]:
    """Employees by a part of name or address."""
    rows = [{"id": b["id"], "email": b["email"], "name": b["senderName"]} for b in boxes(call, everyone=True)]
    return _page(call, _having(rows, call.params["query"], "name", "email"))


@method_v3("mail.recipient.listcontacts", "mail", "query:string pagination:any")
def contacts(call: Call) -> dict[str, Any]:
    """CRM contacts with an e-mail address, by a part of name or address, the latest first."""
    asked = {"select": ["ID", "NAME", "LAST_NAME", "EMAIL"], "filter": {"HAS_EMAIL": "Y"}, "order": {"ID": "DESC"}}
    entry = METHODS["crm.contact.list"]
    inner = Call(call.portal, "crm.contact.list", asked, call.user, source=call.source)
    found = entry.function(inner).rows
    rows = [_contact(row) for row in found if row.get("EMAIL")]
    return _page(call, _having(rows, call.params.get("query") or "", "name", "email"))


def _contact(row: Row) -> Row:
    name = " ".join(part for part in (row.get("NAME"), row.get("LAST_NAME")) if part)
    return {"id": int(row["ID"]), "email": row["EMAIL"][0]["VALUE"], "name": name}
