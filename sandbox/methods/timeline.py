"""Comments in the timeline, the cards of its records: `crm.timeline.comment.*`, `crm.timeline.bindings.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import attachments, bindings, moments, timeline
from sandbox.crm.records import descriptions
from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import events, method

events("crm", "ONCRMTIMELINECOMMENTADD", "ONCRMTIMELINECOMMENTUPDATE", "ONCRMTIMELINECOMMENTDELETE")

_COMMENT = descriptions(
    """
    ID integer ro | ID
    CREATED datetime ro | Дата добавления
    ENTITY_ID integer req imm | ID элемента, к которому привязан комментарий
    ENTITY_TYPE string req imm | Тип элемента, к которому привязан комментарий
    AUTHOR_ID integer imm | Автор
    COMMENT string | Текст комментария
    FILES attached_diskfile multi | Список файлов
    """
)
_BINDING = descriptions(
    """
    OWNER_ID integer req imm | ID записи таймлайна
    ENTITY_ID integer req imm | ID элемента
    ENTITY_TYPE string req imm | Тип элемента
    """
)


def _refused(text: str) -> RestError:
    return RestError("", text, 400)


def _fields(call: Call) -> dict[str, Any]:
    """Only the lower-case key `fields` is taken (crm-timeline-comment-add.md)."""
    if "fields" not in call.params:
        raise missing("fields")
    return call.mapping("fields")


def _text(fields: dict[str, Any]) -> str:
    text = str(fields.get("COMMENT") or "")
    if not text.strip():
        raise RestError("INVALID_ARG_VALUE", "Пустой комментарий", 400)
    return text


@method("crm.timeline.comment.add", "crm", write=True, cost=0.05)
def comment_add(call: Call) -> int:
    """Adds a comment with its files."""
    fields = _fields(call)
    for name in ("ENTITY_ID", "ENTITY_TYPE"):
        if not fields.get(name):
            raise missing(name)
    text, card = _text(fields), (bindings.type_of_name(str(fields["ENTITY_TYPE"])), _whole(fields["ENTITY_ID"]))
    author = {"authorId": int(fields["AUTHOR_ID"])} if fields.get("AUTHOR_ID") else {}
    number = timeline.record(call, timeline.COMMENT, card, {"text": text, **author})
    attachments.attach(call, "comment", number, fields.get("FILES"))
    call.portal.emit("ONCRMTIMELINECOMMENTADD", {"ID": number}, call)
    return number


def _whole(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _permitted(call: Call, number: int) -> bool:
    cards = timeline.cards(call.portal.store, number)
    return not cards or any(bindings.permitted(call, card) for card in cards)


def _comment(call: Call) -> Any:
    """The comment that `id` names, and which belongs to the named owner, if one is."""
    number = call.integer("id")
    row = timeline.find(call.portal.store, number, timeline.COMMENT)
    if row is None:
        raise RestError("NOT_FOUND", "Not found.", 400)
    owner = _owner(call)
    if owner is not None and owner not in timeline.cards(call.portal.store, number):
        raise timeline.owner_not_found()
    if not _permitted(call, number):
        raise timeline.denied()
    return row


def _owner(call: Call) -> tuple[int, int] | None:
    if not call.get("ownerTypeId") or not call.get("ownerId"):
        return None
    return call.integer("ownerTypeId"), call.integer("ownerId")


def _shown(call: Call, row: Any, card: tuple[int, int]) -> dict[str, Any]:
    return {
        "ID": str(row["id"]),
        "ENTITY_ID": str(card[1]),
        "ENTITY_TYPE": bindings.name_of_type(card[0]),
        "CREATED": moments.iso(row["created"], call.portal.clock.zone),
        "COMMENT": row["text"],
        "AUTHOR_ID": str(row["authorId"]),
        "FILES": EmptyObject(attachments.of_comment(call, row["id"])),
    }


@method("crm.timeline.comment.get", "crm")
def comment_get(call: Call) -> dict[str, Any]:
    """One comment."""
    number = _whole(call.get("id"))
    if number <= 0:
        raise _refused("ID is not defined or invalid.")
    row = timeline.find(call.portal.store, number, timeline.COMMENT)
    if row is None:
        raise _refused("Not found.")
    if not _permitted(call, number):
        raise _refused("Access denied.")
    return _shown(call, row, next(iter(timeline.cards(call.portal.store, number)), (0, 0)))


@method("crm.timeline.comment.list", "crm")
def comment_list(call: Call) -> Page:
    """The comments of one card."""
    conditions = {key.lstrip("=@").upper(): value for key, value in call.mapping("filter").items()}
    for name in ("ENTITY_ID", "ENTITY_TYPE"):
        if not conditions.get(name):
            raise _refused(f"Filter field {name} is not set.")
    card = (bindings.type_of_name(str(conditions["ENTITY_TYPE"])), _whole(conditions["ENTITY_ID"]))
    if not bindings.permitted(call, card):
        raise _refused("Access denied.")
    rows, total, start = timeline.of_card(call, timeline.COMMENT, card, call.mapping("order"), 50)
    names = [str(name).upper() for name in call.listing("select")]
    shown = [_shown(call, row, card) for row in rows]
    if names and "*" not in names:
        shown = [{name: row[name] for name in names if name in row} for row in shown]
    return Page(shown, total, start)


@method("crm.timeline.comment.update", "crm", write=True)
def comment_update(call: Call) -> int:
    """Changes the text and the files of a comment."""
    row, fields = _comment(call), _fields(call)
    text = _text(fields) if "COMMENT" in fields else row["text"]
    call.portal.store.execute("UPDATE crm_timeline SET text = ? WHERE id = ?", (text, row["id"]))
    if "FILES" in fields:
        attachments.attach(call, "comment", row["id"], fields["FILES"])
    call.portal.emit("ONCRMTIMELINECOMMENTUPDATE", {"ID": row["id"]}, call)
    return int(row["id"])


@method("crm.timeline.comment.delete", "crm", write=True)
def comment_delete(call: Call) -> None:
    """Deletes a comment, or takes it away from the named card when it is shown in several; the answer is null."""
    row, owner = _comment(call), _owner(call)
    store = call.portal.store
    if len(timeline.cards(store, row["id"])) > 1:
        if owner is None:
            raise RestError("MULTIPLE_BINDINGS", "Элемент привязан к нескольким сущностям", 400)
        timeline.unbind(store, row["id"], owner)
        return
    timeline.remove(store, row["id"])
    call.portal.emit("ONCRMTIMELINECOMMENTDELETE", {"ID": row["id"]}, call)


@method("crm.timeline.comment.fields", "crm")
def comment_fields(call: Call) -> dict[str, Any]:
    """The fields of a comment."""
    return _COMMENT


def _binding(call: Call) -> tuple[int, tuple[int, int]]:
    """The record and the card that `fields` of bind and unbind name."""
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    for name in ("OWNER_ID", "ENTITY_ID"):
        if _whole(fields.get(name)) <= 0:
            raise _undefined(name)
    number = _whole(fields["OWNER_ID"])
    if timeline.find(call.portal.store, number) is None:
        raise _undefined("OWNER_ID")
    try:
        entity_type_id = bindings.type_of_name(str(fields.get("ENTITY_TYPE") or ""))
    except RestError:
        raise _undefined("ENTITY_TYPE") from None
    card = (entity_type_id, _whole(fields["ENTITY_ID"]))
    bindings.require(call, card, _undefined("ENTITY_ID"), _refused("Access denied."))
    return number, card


def _undefined(name: str) -> RestError:
    return _refused(f"{name} is not defined or invalid.")


@method("crm.timeline.bindings.bind", "crm", write=True)
def bind(call: Call) -> bool:
    """Shows a record in one more card."""
    return timeline.bind(call.portal.store, *_binding(call))


@method("crm.timeline.bindings.unbind", "crm", write=True)
def unbind(call: Call) -> bool:
    """Takes a record away from a card."""
    if not timeline.unbind(call.portal.store, *_binding(call)):
        raise _refused("Not found.")
    return True


@method("crm.timeline.bindings.list", "crm")
def bindings_list(call: Call) -> Page:
    """The cards a record is shown in."""
    filters = {key.lstrip("=").upper(): value for key, value in call.mapping("filter").items()}
    number = _whole(filters.get("OWNER_ID"))
    if number <= 0:
        raise _undefined("OWNER_ID")
    rows = [
        {"OWNER_ID": str(number), "ENTITY_ID": str(card[1]), "ENTITY_TYPE": bindings.name_of_type(card[0])}
        for card in timeline.cards(call.portal.store, number)
    ]
    return Page(rows, len(rows), size=max(len(rows), 1))


@method("crm.timeline.bindings.fields", "crm")
def bindings_fields(call: Call) -> dict[str, Any]:
    """The fields of a link between a record and a card."""
    return _BINDING
