"""What is put on records: `crm.timeline.note.*`, `crm.timeline.item.*`, `crm.*.layout.blocks.*`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from sandbox.crm import activities, bindings, layouts, moments, timeline
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_timeline_notes (itemType INTEGER NOT NULL, itemId INTEGER NOT NULL,
        text TEXT NOT NULL, createdBy INTEGER NOT NULL, created INTEGER NOT NULL, updatedBy INTEGER NOT NULL,
        updated INTEGER NOT NULL, PRIMARY KEY (itemType, itemId)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS crm_content_blocks (kind TEXT NOT NULL, itemId INTEGER NOT NULL, app TEXT NOT NULL,
        layout TEXT NOT NULL, PRIMARY KEY (kind, itemId, app));
    CREATE TRIGGER IF NOT EXISTS crm_records_noted AFTER DELETE ON crm_timeline BEGIN
        DELETE FROM crm_timeline_notes WHERE itemType = 1 AND itemId = old.id;
        DELETE FROM crm_content_blocks WHERE kind = 'timeline' AND itemId = old.id;
    END;
    CREATE TRIGGER IF NOT EXISTS crm_activities_noted AFTER DELETE ON crm_activities BEGIN
        DELETE FROM crm_timeline_notes WHERE itemType = 2 AND itemId = old.id;
        DELETE FROM crm_content_blocks WHERE kind = 'activity' AND itemId = old.id;
    END;
    """
)
_HISTORY, _ACTIVITY = 1, 2
_MOST_PINNED = 3
Kind = Literal["activity", "timeline"]


def _absent(text: str = "Element not found") -> RestError:
    return RestError("NOT_FOUND", text, 400)


def _noted(call: Call) -> tuple[int, int]:
    """The record or the activity of a card that a note is about."""
    card = call.integer("ownerTypeId"), call.integer("ownerId")
    kind, number = call.integer("itemType"), call.integer("itemId")
    bindings.require(call, card, _absent(), timeline.denied())
    store = call.portal.store
    shown = timeline.cards(store, number) if kind == _HISTORY else activities.cards_of(store, number)
    if kind not in (_HISTORY, _ACTIVITY) or card not in shown:
        raise _absent()
    return kind, number


def _note(call: Call, key: tuple[int, int]) -> Any:
    return call.portal.store.one("SELECT * FROM crm_timeline_notes WHERE itemType = ? AND itemId = ?", key)


@method("crm.timeline.note.save", "crm", write=True)
def note_save(call: Call) -> bool:
    """Writes the note of a record, instead of the one it has."""
    text, key = str(call.need("text")), _noted(call)
    now, before = int(call.portal.clock.timestamp()), _note(call, key)
    born = (before["createdBy"], before["created"]) if before is not None else (call.user, now)
    call.portal.store.execute(
        "INSERT OR REPLACE INTO crm_timeline_notes VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, text, *born, call.user, now)
    )
    return True


@method("crm.timeline.note.get", "crm")
def note_get(call: Call) -> dict[str, Any]:
    """The note of a record."""
    row = _note(call, _noted(call))
    if row is None:
        raise _absent()
    zone = call.portal.clock.zone
    return {
        "text": row["text"],
        "createdById": row["createdBy"],
        "createdTime": moments.iso(row["created"], zone),
        "updatedById": row["updatedBy"],
        "updatedTime": moments.iso(row["updated"], zone),
    }


@method("crm.timeline.note.delete", "crm", write=True)
def note_delete(call: Call) -> bool:
    """Deletes the note of a record."""
    key = _noted(call)
    deleted = call.portal.store.execute("DELETE FROM crm_timeline_notes WHERE itemType = ? AND itemId = ?", key)
    if not deleted.rowcount:
        raise _absent()
    return True


def _pinnable(call: Call) -> tuple[int, tuple[int, int]]:
    number, card = call.integer("id"), (call.integer("ownerTypeId"), call.integer("ownerId"))
    bindings.require(call, card, timeline.owner_not_found(), timeline.denied())
    if card not in timeline.cards(call.portal.store, number):
        raise _absent("Not found.")
    return number, card


def _unchanged() -> RestError:
    return RestError("CAN_NOT_CHANGE_PINNED", "Не удалось выполнить операцию", 400)


@method("crm.timeline.item.pin", "crm", write=True)
def pin(call: Call) -> None:
    """Keeps a record at the top of a card, three at most; the answer is null."""
    number, card = _pinnable(call)
    store = call.portal.store
    rows = store.rows("SELECT recordId FROM crm_timeline_pins WHERE entityTypeId = ? AND entityId = ?", card)
    if number in [row[0] for row in rows]:
        raise _unchanged()
    if len(rows) >= _MOST_PINNED:
        raise RestError(0, "В избранное можно добавить только три события", 400)
    store.execute("INSERT INTO crm_timeline_pins VALUES (?, ?, ?)", (number, *card))


@method("crm.timeline.item.unpin", "crm", write=True)
def unpin(call: Call) -> None:
    """Lets a record go from the top of a card; the answer is null."""
    number, card = _pinnable(call)
    deleted = call.portal.store.execute(
        "DELETE FROM crm_timeline_pins WHERE recordId = ? AND entityTypeId = ? AND entityId = ?", (number, *card)
    )
    if not deleted.rowcount:
        raise _unchanged()


def _furnished(call: Call, kind: Kind) -> tuple[str, int]:
    """The calling application and the record or activity whose blocks are meant."""
    if call.app is None:
        text = "The method can only be called in the context of a REST application"
        raise RestError("ERROR_WRONG_CONTEXT", text, 400)
    card, number = (call.integer("entityTypeId"), call.integer("entityId")), call.integer(f"{kind}Id")
    if card[0] not in schema_of(call.portal).all_types():
        raise timeline.owner_not_found()
    bindings.require(call, card, timeline.owner_not_found(), timeline.denied())
    store = call.portal.store
    shown = timeline.cards(store, number) if kind == "timeline" else activities.cards_of(store, number)
    if card not in shown:
        raise _absent("Not found.")
    return call.app, number


def _check_suits(call: Call, kind: Kind, number: int) -> None:
    """Blocks are not for configurable activities, nor for log entries."""
    store = call.portal.store
    if kind == "activity":
        row = activities.get(store, number)
        if row is not None and row["providerId"] == activities.CONFIGURABLE:
            raise RestError("UNSUITABLE_ACTIVITY_TYPE_ERROR", "Тип дела не подходит для набора блоков", 400)
    elif timeline.find(store, number, timeline.COMMENT) is None:
        raise RestError("UNSUITABLE_TIMELINE_ITEM", "Тип записи не подходит для набора блоков", 400)


def _set(kind: Kind) -> Callable[[Call], Any]:
    def blocks_set(call: Call) -> dict[str, bool]:
        """Puts the application's set of content blocks on a record, instead of the one it has there."""
        app, number = _furnished(call, kind)
        _check_suits(call, kind, number)
        layout = json.dumps(layouts.read_blocks(call.get("layout")), ensure_ascii=False)
        sql = "INSERT OR REPLACE INTO crm_content_blocks VALUES (?, ?, ?, ?)"
        call.portal.store.execute(sql, (kind, number, app, layout))
        return {"success": True}

    return blocks_set


def _get(kind: Kind) -> Callable[[Call], Any]:
    def blocks_get(call: Call) -> dict[str, Any]:
        """The set of content blocks that the application has put on a record."""
        app, number = _furnished(call, kind)
        sql = "SELECT layout FROM crm_content_blocks WHERE kind = ? AND itemId = ? AND app = ?"
        found = call.portal.store.value(sql, (kind, number, app))
        return {"layout": json.loads(found) if found is not None else None}

    return blocks_get


def _delete(kind: Kind) -> Callable[[Call], Any]:
    def blocks_delete(call: Call) -> dict[str, bool]:
        """Takes the application's set of content blocks off a record."""
        app, number = _furnished(call, kind)
        sql = "DELETE FROM crm_content_blocks WHERE kind = ? AND itemId = ? AND app = ?"
        if not call.portal.store.execute(sql, (kind, number, app)).rowcount and kind == "timeline":
            raise _absent("Not found.")
        return {"success": True}

    return blocks_delete


_KINDS: tuple[Kind, ...] = ("activity", "timeline")
for _kind in _KINDS:
    method(f"crm.{_kind}.layout.blocks.set", "crm", write=True)(_set(_kind))
    method(f"crm.{_kind}.layout.blocks.get", "crm")(_get(_kind))
    method(f"crm.{_kind}.layout.blocks.delete", "crm", write=True)(_delete(_kind))
