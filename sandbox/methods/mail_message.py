"""Letters in REST 3.0: `mail.message.*` (api-reference/mail/message)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.errors import RestError
from sandbox.kernel.v3 import V3Error, absent, invalid, method_v3, moment_of
from sandbox.mail import boxes
from sandbox.mail.boxes import LETTERS, Row

MESSAGE = Dto(
    "MessageDto",
    props_of(
        """
        id int
        mailboxId int
        mailboxEmail string
        subject string
        from string
        to string
        cc string
        date string
        isSeen bool
        hasAttachments bool
        url string
        bindings array
        body string
        """
    ),
)
_USUAL, _MAXIMUM = 25, 200
_GONE = "Message has been deleted or moved to another folder"
_EMAIL, _INCOMING, _OUTGOING = 4, 1, 2
describe("mail.message", "mail", MESSAGE)


def _when(call: Call, letter: Row) -> datetime:
    return datetime.fromtimestamp(letter["at"], call.portal.clock.zone)


def _printed(call: Call, letter: Row) -> Row:
    box = next((one for one in boxes.boxes(call) if one["id"] == letter["mailboxId"]), {"email": ""})
    return {
        "id": letter["id"],
        "mailboxId": letter["mailboxId"],
        "mailboxEmail": box["email"],
        "subject": letter["subject"],
        "from": letter["from"],
        "to": ", ".join(letter["to"]),
        "cc": ", ".join(letter["cc"]),
        "date": _when(call, letter).isoformat(),
        "isSeen": letter["seen"],
        "hasAttachments": bool(letter["files"]),
        "url": f"/mail/message/{letter['id']}",
        "bindings": [{"entityType": one["type"], "entityId": one["id"]} for one in letter["bindings"]],
        "body": letter["body"],
    }


# --- reading --------------------------------------------------------------------------------


@method_v3("mail.message.get", "mail", "id*:int select:any")
def get(call: Call) -> dict[str, Any]:
    """One letter."""
    letter = boxes.letter_of(call, call.params["id"])
    if letter is None:
        raise absent(call.params["id"])
    return dto.item(call, MESSAGE, _printed(call, letter))


_LIST = "mailboxId:int searchQuery:string dateFrom:string dateTo:string isSeen:bool hasAttachments:bool folder:string"


@method_v3("mail.message.list", "mail", f"{_LIST} pagination:any")
def message_list(call: Call) -> dict[str, Any]:
    """The caller's letters, the newest first; without `folder` those of all folders but the bins."""
    limit, offset = dto.page_of(call, _MAXIMUM, _USUAL)
    first, last = (_bound(call, name) for name in ("dateFrom", "dateTo"))
    asked, query = call.params, str(call.params.get("searchQuery") or "").lower()
    found = [
        letter
        for letter in boxes.letters(call)
        if _in_folder(letter, asked.get("folder"))
        and asked.get("mailboxId") in (None, letter["mailboxId"])
        and asked.get("isSeen") in (None, letter["seen"])
        and asked.get("hasAttachments") in (None, bool(letter["files"]))
        and (first is None or letter["at"] >= first)
        and (last is None or letter["at"] <= last)
        and query in f"{letter['subject']} {letter['body']} {letter['from']} {' '.join(letter['to'])}".lower()
    ]
    return {"items": [_printed(call, letter) for letter in found[offset : offset + limit]]}


def _in_folder(letter: Row, folder: str | None) -> bool:
    if folder:
        return bool(letter["folder"].lower() == folder.lower())
    return letter["folder"] not in (boxes.SPAM, boxes.TRASH)


def _bound(call: Call, name: str) -> float | None:
    value = call.params.get(name)
    if value is None:
        return None
    moment = moment_of(value)
    if moment is None or "T" not in value:
        example = "2026-01-01T00:00:00+00:00"
        raise invalid((name, f"Parameter `{name}` must be in ISO 8601 format (DATE_ATOM), for example `{example}`"))
    return moment.timestamp()


@method_v3("mail.message.thread", "mail", "id*:int limit:int")
def thread(call: Call) -> list[Row]:
    """The letters of one conversation, the oldest first."""
    letter = boxes.letter_of(call, call.params["id"])
    if letter is None:
        raise absent(call.params["id"])
    found = [one for one in boxes.letters(call) if one["thread"] == letter["thread"]]
    rows = sorted(found, key=lambda one: (one["at"], one["id"]))[: call.params.get("limit") or None]
    names = ("id", "subject", "from", "to", "cc", "date", "body")
    printed = [{**_printed(call, one), "date": _when(call, one).strftime("%Y-%m-%d %H:%M:%S")} for one in rows]
    return [{name: one[name] for name in names} for one in printed]


# --- writing --------------------------------------------------------------------------------

_SEND = "from*:string to*:array subject*:string body*:string cc:array bcc:array"


def _send(call: Call, answers: Row | None = None) -> dict[str, Any]:
    given = {name: boxes.addresses(call.params.get(name) or [], name) for name in ("to", "cc", "bcc")}
    if not given["to"]:
        raise invalid(("to", "NO_RECIPIENTS"))
    texts = {name: call.params[name] for name in ("from", "subject", "body")}
    boxes.send(call, {**texts, **given, "answers": answers})
    return {"success": True, "to": given["to"]}


@method_v3("mail.message.send", "mail", _SEND, write=True)
def send(call: Call) -> dict[str, Any]:
    """Sends a letter; it leaves no trace in the CRM."""
    return _send(call)


@method_v3("mail.message.reply", "mail", f"replyToMessageId*:int {_SEND}", write=True)
def reply(call: Call) -> dict[str, Any]:
    """Answers a letter, in its conversation."""
    letter = boxes.letter_of(call, call.params["replyToMessageId"])
    if letter is None:
        raise invalid(("replyToMessageId", "MESSAGE_REPLY_FAILED"))
    return _send(call, letter)


@method_v3("mail.message.forward", "mail", f"forwardMessageId*:int {_SEND}", write=True)
def forward(call: Call) -> dict[str, Any]:
    """Sends a letter on to somebody else."""
    if boxes.letter_of(call, call.params["forwardMessageId"]) is None:
        raise invalid(("forwardMessageId", "MESSAGE_FORWARD_FAILED"))
    return _send(call)


@method_v3("mail.message.movetofolder", "mail", "messageIds*:array action*:string folder:string", write=True)
def move(call: Call) -> dict[str, Any]:
    """Moves letters of one folder to another one, to spam or to the bin."""
    action, folder = call.params["action"], call.params.get("folder")
    if action not in ("move", "spam", "delete"):
        raise invalid(("action", "The `action` parameter must be `move`, `spam`, or `delete`"))
    if action == "move" and not folder:
        raise invalid(("folder", "The `folder` parameter is required when `action=move`"))
    found = [boxes.letter_of(call, number) for number in call.params["messageIds"]]
    letters = [letter for letter in found if letter is not None]
    if not letters:
        raise invalid(("messageIds", "No accessible messages found"))
    if len({letter["mailboxId"] for letter in letters}) > 1:
        raise invalid(("messageIds", "All messages must belong to the same mailbox"))
    if len({letter["folder"] for letter in letters}) > 1:
        raise invalid(("messageIds", "Select emails from a single folder"))
    place = {"spam": boxes.SPAM, "delete": boxes.TRASH}.get(action, folder)
    for letter in letters:
        LETTERS.change(call, letter, {"folder": place})
    return {"success": True, "movedCount": len(letters), "action": action}


# --- what is made of a letter ---------------------------------------------------------------


def _letter(call: Call) -> Row:
    number = call.params["messageId"]
    if number <= 0:
        raise invalid(("messageId", "Mandatory field `messageId` is not specified"))
    letter = boxes.letter_of(call, number)
    if letter is None:
        raise invalid(("messageId", _GONE))
    return letter


def _made(call: Call, letter: Row, kind: str, method: str, params: dict[str, Any], failure: str) -> Any:
    """Runs a method of another section for a letter, which then is bound to what was made."""
    try:
        answer = call.portal.call(method, params, call.user, call.source)
    except V3Error:
        raise
    except RestError:
        raise invalid(("", failure)) from None
    number = int(answer["task"]["id"]) if isinstance(answer, dict) else int(answer)
    LETTERS.change(call, letter, {"bindings": [*letter["bindings"], {"type": kind, "id": number}]})
    return number


@method_v3(
    "mail.message.createtask", "mail", "messageId*:int title:string responsibleId:int description:string", write=True
)
def create_task(call: Call) -> dict[str, Any]:
    """Makes a task of a letter."""
    letter, asked = _letter(call), call.params
    fields = {
        "TITLE": asked.get("title") or letter["subject"],
        "DESCRIPTION": asked.get("description") or letter["body"],
    }
    fields["RESPONSIBLE_ID"] = asked.get("responsibleId") or call.user
    number = _made(call, letter, "TASKS_TASK", "tasks.task.add", {"fields": fields}, "Failed to create task")
    return {"success": True, "taskId": number, "messageId": letter["id"]}


@method_v3(
    "mail.message.createcalendarevent",
    "mail",
    "messageId*:int dateFrom*:string dateTo*:string name:string description:string",
    write=True,
)
def create_event(call: Call) -> dict[str, Any]:
    """Makes an event of the caller's calendar of a letter."""
    letter, asked = _letter(call), call.params
    for name in ("dateFrom", "dateTo"):
        try:
            datetime.strptime(asked[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=call.portal.clock.zone)
        except ValueError:
            raise invalid((name, "Invalid date format")) from None
    event = {"type": "user", "ownerId": call.user, "name": asked.get("name") or letter["subject"]}
    event |= {"from": asked["dateFrom"], "to": asked["dateTo"], "description": asked.get("description") or ""}
    number = _made(call, letter, "CALENDAR_EVENT", "calendar.event.add", event, "Failed to create calendar event")
    return {"success": True, "eventId": number, "messageId": letter["id"]}


@method_v3("mail.message.createchat", "mail", "messageId*:int", write=True)
def create_chat(call: Call) -> dict[str, Any]:
    """Opens a chat about a letter; a second call finds the first one's chat."""
    letter = _letter(call)
    known = next((one["id"] for one in letter["bindings"] if one["type"] == "IM_CHAT"), None)
    if known is None:
        params = {"TITLE": letter["subject"], "USERS": [call.user]}
        number = _made(call, letter, "IM_CHAT", "im.chat.add", params, "Failed to create chat")
    return {"success": True, "chatId": known or number, "messageId": letter["id"], "existing": known is not None}


@method_v3("mail.message.createfeedpost", "mail", "messageId*:int title:string", write=True)
def create_post(call: Call) -> dict[str, Any]:
    """Makes a message of the news feed, which the caller reads alone, of a letter."""
    letter = _letter(call)
    post = {"POST_TITLE": call.params.get("title") or letter["subject"], "POST_MESSAGE": letter["body"] or "-"}
    post["DEST"] = [f"U{call.user}"]
    number = _made(call, letter, "BLOG_POST", "log.blogpost.add", post, "Failed to create feed post")
    return {"success": True, "postId": number, "messageId": letter["id"]}


@method_v3("mail.message.createcrmactivity", "mail", "messageId*:int", write=True)
def create_activity(call: Call) -> bool:
    """Keeps a letter in the CRM: with the client of its address, else with a new lead."""
    letter = _letter(call)
    if any(one["type"] == "CRM_ACTIVITY" for one in letter["bindings"]):
        return True
    incoming = letter["folder"] != boxes.SENT
    address = letter["from"] if incoming else letter["to"][0]
    owner_type, owner = _client(call, address, letter)
    contact = {"VALUE": address, "ENTITY_TYPE_ID": owner_type, "ENTITY_ID": owner, "TYPE": "EMAIL"}
    at = _when(call, letter).isoformat()
    fields = {"OWNER_TYPE_ID": owner_type, "OWNER_ID": owner, "TYPE_ID": _EMAIL, "SUBJECT": letter["subject"]}
    fields |= {"DESCRIPTION": letter["body"], "DESCRIPTION_TYPE": 3, "DIRECTION": _INCOMING if incoming else _OUTGOING}
    fields |= {"COMPLETED": "N", "RESPONSIBLE_ID": call.user, "COMMUNICATIONS": [contact]}
    fields |= {"START_TIME": at, "END_TIME": at}
    later = "Please try adding the email to the CRM a little later"
    _made(call, letter, "CRM_ACTIVITY", "crm.activity.add", {"fields": fields}, later)
    return True


def _client(call: Call, address: str, letter: Row) -> tuple[int, int]:
    asked = {"type": "EMAIL", "values": [address]}
    found = call.portal.call("crm.duplicate.findbycomm", asked, call.user, call.source)
    for name, kind in (("CONTACT", 3), ("COMPANY", 4), ("LEAD", 1)):
        numbers = found.get(name) if isinstance(found, dict) else None
        if numbers:
            return kind, int(numbers[0])
    fields = {"TITLE": letter["subject"], "EMAIL": [{"VALUE": address, "VALUE_TYPE": "WORK"}], "SOURCE_ID": "EMAIL"}
    return 1, int(call.portal.call("crm.lead.add", {"fields": fields}, call.user, call.source))


@method_v3("mail.message.removecrmactivity", "mail", "messageId*:int", write=True)
def remove_activity(call: Call) -> bool:
    """Takes a letter out of the CRM."""
    letter = _letter(call)
    for one in letter["bindings"]:
        if one["type"] == "CRM_ACTIVITY":
            call.portal.call("crm.activity.delete", {"id": one["id"]}, call.user, call.source)
    LETTERS.change(call, letter, {"bindings": [one for one in letter["bindings"] if one["type"] != "CRM_ACTIVITY"]})
    return True
