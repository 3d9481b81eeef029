"""Comments, log entries, notes, pins, pictures, content blocks: the timeline of a card."""

from __future__ import annotations

import base64
from typing import Any

from tests.sandbox_activities.conftest import COMPANY, DEAL, Desk, data_of

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAIAAABvFaqvAAABhWlDQ1BJQ0M"
BLOCKS = {"blocks": {"one": {"type": "text", "properties": {"value": "Привет", "bold": "true"}}}}
OWNER = {"entityTypeId": COMPANY, "entityId": 100}


def comment(desk: Desk, **fields: Any) -> int:
    given = {"ENTITY_ID": 100, "ENTITY_TYPE": "company", "COMMENT": "Отгружено", **fields}
    return int(desk.call("crm.timeline.comment.add", fields=given))


def log(desk: Desk, by_app: bool = False) -> int:
    fields = {**OWNER, "title": "Долг", "text": "Закрыт", "iconCode": "info"}
    call = desk.app if by_app else desk.call
    return int(call("crm.timeline.logmessage.add", fields=fields)["logMessage"]["id"])


def test_a_comment_with_files_and_its_events(desk: Desk) -> None:
    desk.listen("onCrmTimelineCommentAdd", "onCrmTimelineCommentUpdate", "onCrmTimelineCommentDelete")
    text = base64.b64encode(b"abc").decode()
    number = comment(desk, FILES=[["1.gif", text], {"fileData": ["2.txt", text]}])
    files = desk.call("crm.timeline.comment.get", id=number)["FILES"]
    first = next(iter(files.values()))
    assert (first["name"], first["type"], first["size"], first["authorId"]) == ("1.gif", "image", 3, 1)
    assert set(first) >= {"id", "date", "image", "authorName", "urlPreview", "urlShow", "urlDownload"}
    assert len(files) == 2
    assert desk.sandbox.http.get(first["urlDownload"], timeout=30).content == b"abc"
    assert desk.call("crm.timeline.comment.update", id=number, fields={"COMMENT": "Иначе"}) == number
    assert desk.refused("crm.timeline.comment.update", id=number, fields={"COMMENT": " "})[0] == "INVALID_ARG_VALUE"
    other = desk.refused("crm.timeline.comment.update", id=number, fields={"COMMENT": "x"}, ownerTypeId=2, ownerId=1)
    assert other[0] == "OWNER_NOT_FOUND"
    assert desk.call("crm.timeline.comment.delete", id=number) is None
    assert desk.refused("crm.timeline.comment.get", id=number) == ("", "Not found.", 400)
    assert desk.refused("crm.timeline.comment.get") == ("", "ID is not defined or invalid.", 400)
    forms = desk.heard(3)
    assert {form["event"] for form in forms} == {
        "ONCRMTIMELINECOMMENTADD",
        "ONCRMTIMELINECOMMENTUPDATE",
        "ONCRMTIMELINECOMMENTDELETE",
    }
    assert [data_of(form) for form in forms] == [{"ID": str(number)}] * 3


def test_a_comment_in_two_cards(desk: Desk) -> None:
    number, deal = comment(desk), desk.add(DEAL, title="Сделка")
    bound = {"OWNER_ID": number, "ENTITY_ID": deal, "ENTITY_TYPE": "deal"}
    assert desk.call("crm.timeline.bindings.bind", fields=bound) is True
    assert desk.call("crm.timeline.bindings.bind", fields=bound) is False
    listed = desk.body("crm.timeline.bindings.list", filter={"OWNER_ID": number})
    assert (listed["total"], {row["ENTITY_TYPE"] for row in listed["result"]}) == (2, {"company", "deal"})
    assert desk.refused("crm.timeline.comment.delete", id=number)[0] == "MULTIPLE_BINDINGS"
    assert desk.call("crm.timeline.comment.delete", id=number, ownerTypeId=DEAL, ownerId=deal) is None
    assert desk.call("crm.timeline.comment.get", id=number)["ENTITY_TYPE"] == "company"
    assert desk.refused("crm.timeline.bindings.unbind", fields=bound) == ("", "Not found.", 400)
    assert desk.refused("crm.timeline.bindings.bind", fields={})[1] == "OWNER_ID is not defined or invalid."
    wrong = desk.refused("crm.timeline.bindings.bind", fields={**bound, "ENTITY_TYPE": "nonsense"})
    assert wrong[1] == "ENTITY_TYPE is not defined or invalid."
    assert list(desk.call("crm.timeline.bindings.fields")) == ["OWNER_ID", "ENTITY_ID", "ENTITY_TYPE"]


def test_records_go_with_their_card(desk: Desk) -> None:
    deal, other = desk.add(DEAL, title="1"), desk.add(DEAL, title="2")
    alone, shared = (comment(desk, ENTITY_TYPE="deal", ENTITY_ID=deal) for _ in range(2))
    desk.call("crm.timeline.bindings.bind", fields={"OWNER_ID": shared, "ENTITY_ID": other, "ENTITY_TYPE": "deal"})
    desk.call("crm.item.delete", entityTypeId=DEAL, id=deal)
    assert desk.refused("crm.timeline.comment.get", id=alone)[1] == "Not found."
    assert desk.call("crm.timeline.comment.get", id=shared)["ENTITY_ID"] == str(other)


def test_rights_to_the_card_are_rights_to_its_timeline(desk: Desk) -> None:
    number, entry = comment(desk), log(desk)
    closed = {"user": 12, "entityTypeId": COMPANY, "mode": "own"}
    desk.sandbox.control("act", {"method": "sandbox.crm.access", "params": closed})
    assert desk.refused("crm.timeline.comment.get", user=12, id=number) == ("", "Access denied.", 400)
    where = {"ENTITY_ID": 100, "ENTITY_TYPE": "company"}
    assert desk.refused("crm.timeline.comment.list", user=12, filter=where) == ("", "Access denied.", 400)
    assert desk.refused("crm.timeline.logmessage.get", user=12, id=entry)[0] == "ACCESS_DENIED"
    assert desk.refused("crm.timeline.comment.add", user=12, fields={**where, "COMMENT": "x"})[0] == "ACCESS_DENIED"
    deadline = {"ownerTypeId": COMPANY, "ownerId": 100, "deadline": "2026-04-14"}
    desk.call("crm.activity.todo.add", **deadline)
    assert desk.call("crm.activity.list", user=12) == []
    assert len(desk.call("crm.activity.list", user=11)) == 1


def test_log_entries_belong_to_their_writer(desk: Desk) -> None:
    own, foreign = log(desk, by_app=True), log(desk)
    shown = desk.call("crm.timeline.logmessage.get", id=own)["logMessage"]
    assert set(shown) == {"id", "created", "authorId", "title", "text", "iconCode"}
    assert desk.app_refused("crm.timeline.logmessage.delete", id=foreign)[0] == "REMOVING_DISABLED"
    assert desk.app("crm.timeline.logmessage.delete", id=own) is True
    gone = desk.refused("crm.timeline.logmessage.get", id=own)
    assert gone == ("NOT_FOUND", f"Timeline logmessage not found for id {own}", 400)
    assert desk.refused("crm.timeline.logmessage.list")[0] == 100
    for _ in range(10):
        log(desk)
    page = desk.body("crm.timeline.logmessage.list", **OWNER)
    assert (page["total"], page["next"], len(page["result"])) == (11, 10, 10)
    first = desk.call("crm.timeline.logmessage.list", **OWNER, order={"id": "asc"})[0]
    assert first["id"] == foreign


def test_icons_and_logos(desk: Desk) -> None:
    for kind in ("icon", "logo"):
        name = f"crm.timeline.{kind}"
        made = desk.call(f"{name}.add", code="own", fileContent=PIXEL)[kind]
        assert (made["code"], made["isSystem"], made["fileUri"][:12]) == ("own", False, "/upload/crm/")
        assert desk.call(f"{name}.get", code="own")[kind] == made
        assert desk.call(f"{name}.get", code="call")[kind] == {"code": "call", "isSystem": True, "fileUri": ""}
        listed = desk.body(f"{name}.list")
        assert (listed["total"], "next" in listed) == (len(listed["result"][f"{kind}s"]), False)
        assert desk.refused(f"{name}.add", user=11, code="x", fileContent=PIXEL) == (
            "ACCESS_DENIED",
            "Access denied",
            400,
        )
        assert desk.refused(f"{name}.add", code="x", fileContent="AAAA")[0] == "INVALID_ARG_VALUE"
        assert desk.call(f"{name}.delete", code="own") is True
        gone = desk.refused(f"{name}.delete", code="own")
        assert gone == ("NOT_FOUND", f"{kind.capitalize()} not found for code `own`", 400)


def test_notes_and_pins(desk: Desk) -> None:
    number = comment(desk)
    about = {"ownerTypeId": COMPANY, "ownerId": 100, "itemType": 1, "itemId": number}
    assert desk.refused("crm.timeline.note.get", **about) == ("NOT_FOUND", "Element not found", 400)
    assert desk.call("crm.timeline.note.save", **about, text="Важно") is True
    assert desk.call("crm.timeline.note.save", user=11, **about, text="Очень") is True
    note = desk.call("crm.timeline.note.get", **about)
    assert (note["text"], note["createdById"], note["updatedById"]) == ("Очень", 1, 11)
    assert desk.refused("crm.timeline.note.save", **about)[0] == 100
    assert desk.refused("crm.timeline.note.save", **{**about, "itemType": 2}, text="x")[0] == "NOT_FOUND"
    assert desk.call("crm.timeline.note.delete", **about) is True
    owner = {"ownerTypeId": COMPANY, "ownerId": 100}
    pinned = [number, *(comment(desk) for _ in range(3))]
    for one in pinned[:3]:
        assert desk.call("crm.timeline.item.pin", id=one, **owner) is None
    assert desk.refused("crm.timeline.item.pin", id=pinned[0], **owner)[0] == "CAN_NOT_CHANGE_PINNED"
    assert desk.refused("crm.timeline.item.pin", id=pinned[3], **owner)[0] == 0
    assert desk.call("crm.timeline.item.unpin", id=pinned[0], **owner) is None
    assert desk.refused("crm.timeline.item.pin", id=9999, **owner) == ("NOT_FOUND", "Not found.", 400)
    nowhere = {"ownerTypeId": COMPANY, "ownerId": 999}
    assert desk.refused("crm.timeline.item.unpin", id=number, **nowhere)[0] == "OWNER_NOT_FOUND"


def test_content_blocks_of_an_application(desk: Desk) -> None:
    where = {**OWNER, "timelineId": comment(desk)}
    name = "crm.timeline.layout.blocks"
    assert desk.refused(f"{name}.set", **where, layout=BLOCKS)[0] == "ERROR_WRONG_CONTEXT"
    assert desk.app(f"{name}.set", **where, layout=BLOCKS) == {"success": True}
    kept = desk.app(f"{name}.get", **where)["layout"]
    assert kept["blocks"]["one"]["properties"] == {"value": "Привет", "bold": True}
    assert desk.app_refused(f"{name}.set", **where, layout={})[0] == "FIELD_IS_REQUIRED"
    assert desk.app_refused(f"{name}.set", **{**where, "timelineId": log(desk)}, layout=BLOCKS)[0] == (
        "UNSUITABLE_TIMELINE_ITEM"
    )
    many = {"blocks": {f"b{i}": BLOCKS["blocks"]["one"] for i in range(21)}}
    assert desk.app_refused(f"{name}.set", **where, layout=many)[0] == "TOO_MANY_ITEMS"
    assert desk.app(f"{name}.delete", **where) == {"success": True}
    assert desk.app_refused(f"{name}.delete", **where)[0] == "NOT_FOUND"
    assert desk.app_refused(f"{name}.get", **{**where, "entityId": 999})[0] == "OWNER_NOT_FOUND"
