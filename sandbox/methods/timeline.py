"""Timeline records: `crm.timeline.comment.*`, `crm.timeline.logmessage.*`, `crm.timeline.bindings.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import bindings, moments
from sandbox.crm.reading import offset
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import events, method
from sandbox.kernel.store import declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_timeline (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
        created INTEGER NOT NULL, authorId INTEGER NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL DEFAULT '',
        iconCode TEXT NOT NULL DEFAULT '');
    CREATE TABLE IF NOT EXISTS crm_timeline_bindings (recordId INTEGER NOT NULL, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, PRIMARY KEY (recordId, entityTypeId, entityId)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS crm_timeline_bindings_card ON crm_timeline_bindings (entityTypeId, entityId);
    """
)
events("crm", "ONCRMTIMELINECOMMENTADD", "ONCRMTIMELINECOMMENTUPDATE", "ONCRMTIMELINECOMMENTDELETE")

COMMENT, LOG = "comment", "log"
_LOG_PAGE = 10


def _record(call: Call, kind: str, card: tuple[int, int], values: dict[str, Any]) -> int:
    """Writes a record into a card's timeline."""
    schema, store = schema_of(call.portal), call.portal.store
    if not bindings.exists(schema, store, *card):
        raise RestError("OWNER_NOT_FOUND", "Владелец элемента не найден", 400)
    now = int(call.portal.clock.timestamp())
    row = {"kind": kind, "created": now, "authorId": call.user, **values}
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = store.insert("crm_timeline", row)
    store.execute("INSERT INTO crm_timeline_bindings VALUES (?, ?, ?)", (number, *card))
    if not call.notes.get("silent"):
        bindings.touched(schema, store, *card, call.user, now)
    return number


def _found(call: Call, kind: str, number: int, refusal: RestError) -> Any:
    row = call.portal.store.one("SELECT * FROM crm_timeline WHERE id = ? AND kind = ?", (number, kind))
    if row is None:
        raise refusal
    return row


def _cards(call: Call, number: int) -> list[Any]:
    return call.portal.store.rows("SELECT * FROM crm_timeline_bindings WHERE recordId = ?", (number,))


def _remove(call: Call, number: int) -> None:
    call.portal.store.execute("DELETE FROM crm_timeline WHERE id = ?", (number,))
    call.portal.store.execute("DELETE FROM crm_timeline_bindings WHERE recordId = ?", (number,))


@method("crm.timeline.comment.add", "crm", write=True, cost=0.05)
def comment_add(call: Call) -> int:
    """Adds a comment; only the lower-case key `fields` is taken (crm-timeline-comment-add.md)."""
    if "fields" not in call.params:
        raise missing("fields")
    fields = call.mapping("fields")
    for name in ("ENTITY_ID", "ENTITY_TYPE"):
        if not fields.get(name):
            raise missing(name)
    if not str(fields.get("COMMENT") or "").strip():
        raise RestError("INVALID_ARG_VALUE", "Пустой комментарий", 400)
    card = (bindings.type_of_name(str(fields["ENTITY_TYPE"])), int(fields["ENTITY_ID"]))
    author = {"authorId": int(fields["AUTHOR_ID"])} if fields.get("AUTHOR_ID") else {}
    number = _record(call, COMMENT, card, {"text": str(fields["COMMENT"]), **author})
    call.portal.emit("ONCRMTIMELINECOMMENTADD", {"ID": number}, call)
    return number


def _comment(call: Call, code: str = "NOT_FOUND") -> Any:
    return _found(call, COMMENT, call.integer("id"), RestError(code, "Not found.", 400))


def _shown(call: Call, row: Any, card: Any) -> dict[str, Any]:
    return {
        "ID": str(row["id"]),
        "ENTITY_ID": str(card["entityId"]),
        "ENTITY_TYPE": bindings.name_of_type(card["entityTypeId"]),
        "CREATED": moments.iso(row["created"], call.portal.clock.zone),
        "COMMENT": row["text"],
        "AUTHOR_ID": str(row["authorId"]),
        # PHP prints an empty map as an empty list.
        "FILES": [],
    }


@method("crm.timeline.comment.get", "crm")
def comment_get(call: Call) -> dict[str, Any]:
    """One comment."""
    row = _comment(call, "")
    return _shown(call, row, _cards(call, row["id"])[0])


@method("crm.timeline.comment.list", "crm")
def comment_list(call: Call) -> Page:
    """The comments of one card."""
    conditions = {key.upper(): value for key, value in call.mapping("filter").items()}
    for name in ("ENTITY_ID", "ENTITY_TYPE"):
        if not conditions.get(name):
            raise RestError("", f"Filter field {name} is not set.", 400)
    card = (bindings.type_of_name(str(conditions["ENTITY_TYPE"])), int(conditions["ENTITY_ID"]))
    rows, total, start = _of_card(call, COMMENT, card, call.mapping("order"), 50)
    owner = {"entityTypeId": card[0], "entityId": card[1]}
    names = [str(name).upper() for name in call.listing("select")]
    shown = [_shown(call, row, owner) for row in rows]
    if names and "*" not in names:
        shown = [{name: row[name] for name in names if name in row} for row in shown]
    return Page(shown, total, start)


def _of_card(
    call: Call, kind: str, card: tuple[int, int], order: dict[str, Any], size: int
) -> tuple[list[Any], int, int]:
    columns = {"ID": "id", "CREATED": "created", "AUTHOR_ID": "authorId"}
    parts = [
        f"{columns[key.upper()]} {'DESC' if str(value).upper() == 'DESC' else 'ASC'}"
        for key, value in order.items()
        if key.upper() in columns
    ]
    base = (
        "FROM crm_timeline WHERE kind = ? AND id IN"
        " (SELECT recordId FROM crm_timeline_bindings WHERE entityTypeId = ? AND entityId = ?)"
    )
    start = max(offset(call), 0)
    sql = f"SELECT * {base} ORDER BY {', '.join([*parts, 'id DESC'])} LIMIT {size} OFFSET {start}"
    total = call.portal.store.value(f"SELECT count(*) {base}", (kind, *card))
    return call.portal.store.rows(sql, (kind, *card)), int(total), start


@method("crm.timeline.comment.update", "crm", write=True)
def comment_update(call: Call) -> int:
    """Changes the text of a comment."""
    row, fields = _comment(call), call.mapping("fields")
    call.portal.store.execute("UPDATE crm_timeline SET text = ? WHERE id = ?", (str(fields.get("COMMENT")), row["id"]))
    call.portal.emit("ONCRMTIMELINECOMMENTUPDATE", {"ID": row["id"]}, call)
    return int(row["id"])


@method("crm.timeline.comment.delete", "crm", write=True)
def comment_delete(call: Call) -> None:
    """Deletes a comment; the answer is null."""
    row = _comment(call)
    _remove(call, row["id"])
    call.portal.emit("ONCRMTIMELINECOMMENTDELETE", {"ID": row["id"]}, call)


def _message(call: Call, row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "created": moments.iso(row["created"], call.portal.clock.zone),
        "authorId": row["authorId"],
        "title": row["title"],
        "text": row["text"],
        "iconCode": row["iconCode"],
    }


@method("crm.timeline.logmessage.add", "crm", write=True, cost=0.05)
def log_add(call: Call) -> dict[str, Any]:
    """Adds a log record: `fields{entityTypeId, entityId, title, text, iconCode}`."""
    fields = call.mapping("fields")
    for name in ("entityTypeId", "entityId", "title", "text", "iconCode"):
        if not fields.get(name):
            raise missing(name)
    card = (int(fields["entityTypeId"]), int(fields["entityId"]))
    values = {name: str(fields[name]) for name in ("title", "text", "iconCode")}
    number = _record(call, LOG, card, values)
    return {"logMessage": _message(call, _log(call, number))}


def _log(call: Call, number: int) -> Any:
    refusal = RestError("NOT_FOUND", f"Timeline logmessage not found for id {number}", 400)
    return _found(call, LOG, number, refusal)


@method("crm.timeline.logmessage.get", "crm")
def log_get(call: Call) -> dict[str, Any]:
    """One log record."""
    return {"logMessage": _message(call, _log(call, call.integer("id")))}


@method("crm.timeline.logmessage.list", "crm")
def log_list(call: Call) -> Page:
    """The log records of a card, ten a page, the newest first."""
    card = (call.integer("entityTypeId"), call.integer("entityId"))
    rows, total, start = _of_card(call, LOG, card, call.mapping("order"), _LOG_PAGE)
    return Page([_message(call, row) for row in rows], total, start, size=_LOG_PAGE)


@method("crm.timeline.logmessage.delete", "crm", write=True)
def log_delete(call: Call) -> bool:
    """Deletes a log record."""
    _remove(call, _log(call, call.integer("id"))["id"])
    return True


def _binding(call: Call) -> tuple[int, int, int]:
    fields = call.mapping("fields")
    for name in ("OWNER_ID", "ENTITY_ID", "ENTITY_TYPE"):
        if not fields.get(name):
            raise RestError("", f"{name} is not defined or invalid.", 400)
    number = int(fields["OWNER_ID"])
    if call.portal.store.one("SELECT 1 FROM crm_timeline WHERE id = ?", (number,)) is None:
        raise RestError("", "Not found.", 400)
    return number, bindings.type_of_name(str(fields["ENTITY_TYPE"])), int(fields["ENTITY_ID"])


@method("crm.timeline.bindings.bind", "crm", write=True)
def bind(call: Call) -> bool:
    """Shows a record in one more card."""
    call.portal.store.execute("INSERT OR IGNORE INTO crm_timeline_bindings VALUES (?, ?, ?)", _binding(call))
    return True


@method("crm.timeline.bindings.unbind", "crm", write=True)
def unbind(call: Call) -> bool:
    """Takes a record away from a card."""
    call.portal.store.execute(
        "DELETE FROM crm_timeline_bindings WHERE recordId = ? AND entityTypeId = ? AND entityId = ?", _binding(call)
    )
    return True


@method("crm.timeline.bindings.list", "crm")
def bindings_list(call: Call) -> Page:
    """The cards a record is shown in."""
    number = {key.upper(): value for key, value in call.mapping("filter").items()}.get("OWNER_ID")
    if not number:
        raise RestError("", "OWNER_ID is not defined or invalid.", 400)
    rows = [
        {
            "OWNER_ID": str(row["recordId"]),
            "ENTITY_ID": str(row["entityId"]),
            "ENTITY_TYPE": bindings.name_of_type(row["entityTypeId"]),
        }
        for row in _cards(call, int(number))
    ]
    return Page(rows, len(rows))
