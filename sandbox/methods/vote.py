"""Polls in chats: `vote.*` (api-reference/vote)."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.kernel import downloads
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.documents import Document, Documents
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people
from sandbox.messenger.dialogs import whole

_VOTES = Documents("vote", "message")
_MOST_ENTITIES = 50
_FEWEST, _MOST = 2, 10


def _refused(text: str, code: int = 400) -> RestError:
    return RestError(str(code), text, code)


@method("vote.Integration.Im.send", "vote", write=True)
def send(call: Call) -> dict[str, int]:
    """Makes a poll and sends it to a chat."""
    data = call.mapping("IM_MESSAGE_VOTE_DATA")
    questions = _several(data.get("QUESTIONS"))
    if not questions:
        raise _refused("Please enter a question and answer options")
    if len(questions) > 1:
        raise _refused("Maximum number of questions: 1")
    answers = [str(answer.get("MESSAGE") or "") for answer in _several(questions[0].get("ANSWERS"))]
    if not str(questions[0].get("QUESTION") or "").strip() or not all(answers):
        raise _refused("Please enter a question and answer options")
    if len(answers) < _FEWEST:
        raise _refused("Minimum number of answers: 2")
    if len(answers) > _MOST:
        raise _refused("Maximum number of answers: 10")
    chat = chats.get(call.portal.store, whole(call.get("chatId")))
    if chat is None or not chats.is_member(call.portal.store, chat.id, call.user):
        raise _refused("Insufficient rights to create a survey", 403)
    return _sent(call, chat, data, questions[0], answers)


def _sent(call: Call, chat: chats.Chat, data: Document, question: Document, answers: list[str]) -> dict[str, int]:
    template = str(call.get("templateId") or "")
    for known in _VOTES.all(call):
        if template and known["template"] == template:
            return {"messageId": known["message"], "voteId": known["id"]}
    message = chats.post(call, chat, call.user, str(question["QUESTION"]), params={"COMPONENT_ID": "VoteMessage"})
    body = {
        "question": str(question["QUESTION"]),
        "fieldType": str(question.get("FIELD_TYPE") or 0),
        "answers": answers,
        "anonymity": whole(data.get("ANONYMITY")),
        "options": whole(data.get("OPTIONS")),
        "author": call.user,
        "template": template,
        "finished": False,
        "ballots": {},
        "at": call.portal.clock.iso(),
    }
    return {"messageId": message, "voteId": int(_VOTES.add(call, body, message)["id"])}


def _several(value: Any) -> list[Document]:
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


def _sign(call: Call, number: int) -> str:
    return f"{number}.{hashlib.sha256(f'{call.portal.member_id}:{number}'.encode()).hexdigest()}"


def _attached(call: Call, status: int = 400) -> Document:
    """The poll of attachId, of an entity, or of a signed id; for those who see its chat. `status` is
    that of the refusal of the others."""
    number = whole(call.get("attachId"))
    signed = str(call.get("signedAttachId") or "")
    if signed and _sign(call, whole(signed.partition(".")[0])) == signed:
        number = whole(signed.partition(".")[0])
    found = _VOTES.get(call, number) if number else None
    if not number and str(call.get("entityType") or "").endswith("ImMessageConnector"):
        found = _of_message(call, whole(call.get("entityId")))
    if found is None:
        raise RestError("ATTACH_NOT_FOUND", "Attach not found")
    if not _readable(call, found):
        raise RestError("ATTACH_READ_ACCESS_DENIED", "Attach read access denied", status)
    return found


def _of_message(call: Call, message: int) -> Document | None:
    return next(iter(_VOTES.of(call, message)), None) if message else None


def _readable(call: Call, vote: Document) -> bool:
    message = chats.message_of(call.portal.store, vote["message"])
    return message is not None and chats.is_member(call.portal.store, message.chat, call.user)


def _answer_id(vote: Document, place: int) -> int:
    """Answers are numbered through all polls."""
    return int(vote["id"]) * 100 + place + 1


def _answers(vote: Document, common: Document, counted: list[int]) -> dict[str, Document]:
    number = str(vote["id"])
    field = f"bx_vote_event[{number}][BALLOT][{number}]"
    total = sum(counted)
    shown = {}
    for place, text in enumerate(vote["answers"]):
        key = str(_answer_id(vote, place))
        percent = round(counted[place] * 100 / total) if total else 0
        shown[key] = {
            "ID": key,
            **common,
            "QUESTION_ID": number,
            "C_SORT": str((place + 1) * 10),
            "IMAGE_ID": None,
            "MESSAGE": text,
            "MESSAGE_TYPE": "text",
            "COUNTER": str(counted[place]),
            "FIELD_TYPE": vote["fieldType"],
            "FIELD_WIDTH": "0",
            "FIELD_HEIGHT": "0",
            "FIELD_PARAM": None,
            "COLOR": "",
            "REACTION": "",
            "~FIELD_NAME": field,
            "FIELD_NAME": field,
            "MESSAGE_FIELD_NAME": f"bx_vote_event[{number}][MESSAGE][{number}][{key}]",
            "~PERCENT": percent,
            "PERCENT": percent,
        }
    return shown


def _question(vote: Document) -> Document:
    number = str(vote["id"])
    common = {"ACTIVE": "Y", "TIMESTAMP_X": vote["at"]}
    counted = [
        sum(1 for ballot in vote["ballots"].values() if _answer_id(vote, place) in ballot)
        for place in range(len(vote["answers"]))
    ]
    return {
        "ID": number,
        **common,
        "VOTE_ID": number,
        "C_SORT": "10",
        "COUNTER": str(len(vote["ballots"])),
        "QUESTION": vote["question"],
        "QUESTION_TYPE": "text",
        "IMAGE_ID": None,
        "DIAGRAM": "Y",
        "DIAGRAM_TYPE": "histogram",
        "REQUIRED": "N",
        "FIELD_TYPE": vote["fieldType"],
        "FIELD_NAME": f"bx_vote_event[{number}][BALLOT][{number}]",
        "IMAGE": None,
        "ANSWERS": _answers(vote, common, counted),
    }


def _printed(call: Call, vote: Document) -> Document:
    number = str(vote["id"])
    mine = vote["ballots"].get(str(call.user), [])
    event = {"EVENT_ID": number, "EVENT_QUESTION_ID": number, "ID": number, "MESSAGE": ""}
    signed = _sign(call, vote["id"])
    page = "/bitrix/services/main/ajax.php?action=vote.AttachedVote.download&SITE_ID=s1&signedAttachId="
    return {
        "ID": vote["id"],
        "VOTE_ID": vote["id"],
        "COUNTER": len(vote["ballots"]),
        "QUESTIONS": {number: _question(vote)},
        "ANONYMITY": vote["anonymity"],
        "OPTIONS": vote["options"],
        "userAnswerMap": {number: {str(a): {**event, "ANSWER_ID": str(a)} for a in mine}} if mine else [],
        "canEdit": vote["author"] == call.user,
        "canVote": not mine and not vote["finished"],
        "canRevote": bool(vote["options"]),
        "isVoted": bool(mine),
        "signedAttachId": signed,
        "resultUrl": f"/vote-result/{signed[-16:]}",
        "downloadUrl": page + signed,
        "entityId": vote["message"],
        "isFinished": vote["finished"],
    }


@method("vote.AttachedVote.get", "vote")
def get(call: Call) -> dict[str, Any]:
    """A poll."""
    return {"attach": _printed(call, _attached(call))}


@method("vote.AttachedVote.getMany", "vote")
def get_many(call: Call) -> dict[str, Any]:
    """The polls of many messages."""
    numbers = [whole(number) for number in (call.listing("entityIds") or call.listing("entityId"))]
    if len(numbers) > _MOST_ENTITIES:
        raise RestError("", "Too many entity ids")
    items = []
    for number in numbers:
        found = _of_message(call, number)
        if found is None:
            raise RestError("", f"Attach with entityId {number} not found")
        if not _readable(call, found):
            raise RestError("", f"Attach with entityId {number} read access denied")
        items.append(_printed(call, found))
    return {"items": items}


def _voters(call: Call, vote: Document, answer: int) -> list[dict[str, Any]]:
    if vote["anonymity"]:
        return []
    users = [int(user) for user, ballot in vote["ballots"].items() if answer in ballot]
    known = people.of(call.portal.store, users)
    return [
        {"ID": user, "NAME": known[user].name, "IMAGE": "", "WORK_POSITION": known[user].position}
        for user in users
        if user in known
    ]


@method("vote.AttachedVote.getWithVoted", "vote")
def get_with_voted(call: Call) -> dict[str, Any]:
    """A poll with those who voted, answer by answer."""
    vote = _attached(call)
    size = whole(call.get("pageSize")) or 10
    voted = {}
    for place in range(len(vote["answers"])):
        found = _voters(call, vote, _answer_id(vote, place))[:size]
        if found:
            voted[str(_answer_id(vote, place))] = found
    return {"attach": _printed(call, vote), "voted": voted}


@method("vote.AttachedVote.getAnswerVoted", "vote")
def get_answer_voted(call: Call) -> Page:
    """Those who voted for an answer."""
    found = _voters(call, _attached(call), whole(call.get("answerId")))
    pages = call.mapping("pageNavigation")
    size, number = whole(pages.get("size")) or 10, whole(pages.get("page")) or 1
    return Page(found[(number - 1) * size : number * size], len(found), (number - 1) * size, "items", size)


def _recounted(call: Call, vote: Document, touched: list[int]) -> dict[str, Any]:
    """A poll after a change of votes: what was counted anew is printed as numbers."""
    shown = _printed(call, vote)
    question = shown["QUESTIONS"][str(vote["id"])]
    question["COUNTER"] = int(question["COUNTER"])
    for number in touched:
        question["ANSWERS"][str(number)]["COUNTER"] = int(question["ANSWERS"][str(number)]["COUNTER"])
    return {"attach": shown}


@method("vote.AttachedVote.vote", "vote", write=True)
def cast(call: Call) -> dict[str, Any] | list[Any]:
    """Votes: `ballot` holds the ids of the answers under the question's id; a ballot without it changes nothing."""
    vote, user = _attached(call, 403), str(call.user)
    ballot = call.mapping("ballot")
    if str(vote["id"]) not in ballot:
        return []
    if vote["finished"]:
        raise _refused("The poll is inactive.", 403)
    if user in vote["ballots"] and not vote["options"]:
        raise _refused("Failed to save the voting")
    known = {_answer_id(vote, place) for place in range(len(vote["answers"]))}
    chosen = sorted({number for number in _numbers(ballot[str(vote["id"])]) if number in known})
    if not chosen or (vote["fieldType"] == "0" and len(chosen) > 1):
        raise _refused("Failed to save the voting")
    return _recounted(call, _VOTES.change(call, vote, {"ballots": {**vote["ballots"], user: chosen}}), chosen)


def _numbers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in _numbers(inner)]
    return [whole(value)]


@method("vote.AttachedVote.recall", "vote", write=True)
def recall(call: Call) -> dict[str, Any]:
    """Takes the caller's vote back."""
    vote = _attached(call)
    rest = {user: ballot for user, ballot in vote["ballots"].items() if user != str(call.user)}
    taken = vote["ballots"].get(str(call.user), [])
    return _recounted(call, _VOTES.change(call, vote, {"ballots": rest}), taken)


def _finished(call: Call, finished: bool) -> list[Any]:
    _VOTES.change(call, _attached(call), {"finished": finished})
    return []


@method("vote.AttachedVote.stop", "vote", write=True)
def stop(call: Call) -> list[Any]:
    """Ends a poll."""
    return _finished(call, True)


@method("vote.AttachedVote.resume", "vote", write=True)
def resume(call: Call) -> list[Any]:
    """Opens an ended poll."""
    return _finished(call, False)


@method("vote.AttachedVote.download", "vote", batch=False)
def download(call: Call) -> Attachment:
    """The results as a table."""
    vote = _attached(call)
    lines = [vote["question"]]
    for place, text in enumerate(vote["answers"]):
        answer = _answer_id(vote, place)
        count = sum(1 for ballot in vote["ballots"].values() if answer in ballot)
        names = ", ".join(person["NAME"] for person in _voters(call, vote, answer))
        lines.append(";".join((text, str(count), names)))
    return downloads.attachment(f"vote{vote['id']}.csv", "\n".join(lines).encode("utf-8-sig"))
