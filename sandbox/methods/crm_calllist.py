"""Call lists: `crm.calllist.*` (api-reference/crm/call-list)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.crm import access, listing
from sandbox.crm.query import Operand
from sandbox.crm.schema import COMPANY, CONTACT, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_call_lists (id INTEGER PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL,
        createdBy INTEGER NOT NULL, webformId INTEGER, entityTypeId INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS crm_call_list_items (listId INTEGER NOT NULL, entityId INTEGER NOT NULL,
        status TEXT NOT NULL, PRIMARY KEY (listId, entityId)) WITHOUT ROWID;
    """
)
_TYPES = {"CONTACT": CONTACT, "COMPANY": COMPANY}
_NAMES = {number: name for name, number in _TYPES.items()}
# The forms a new portal comes with (feedback, contact data, call back, ...).
_WEBFORMS = range(1, 7)
_FIRST_STATUS = "IN_WORK"
_COLUMNS = {
    "ID": Operand("id", "int"),
    "DATE_CREATE": Operand("created", "datetime"),
    "CREATED_BY_ID": Operand("createdBy", "int"),
    "WEBFORM_ID": Operand("webformId", "int"),
    "ENTITY_TYPE_ID": Operand("entityTypeId", "int"),
}


def _need(call: Call, name: str) -> Any:
    value = call.get(name)
    if value in (None, ""):
        raise RestError("ERROR_ARGUMENT", f"{name} is not found", 400)
    return value


def _entities(value: Any) -> list[int]:
    """The ids of ENTITIES; 0 stands for what is no number."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise RestError("ENTITIES_ERROR", "Entities is not array", 400)
    return list(dict.fromkeys(int(one) if str(one).isdigit() else 0 for one in value))


def _responsibles(call: Call, entity_type_id: int, ids: list[int]) -> dict[int, int]:
    """Who is responsible for each of the cards that exist."""
    marks = ", ".join("?" * len(ids))
    rows = call.portal.store.rows(f'SELECT id, "assignedById" FROM crm_{entity_type_id} WHERE id IN ({marks})', ids)
    return {row[0]: row[1] for row in rows}


def _permitted(call: Call, entity_type_id: int, responsibles: dict[int, int]) -> bool:
    """Whether the caller may see at least one of the cards."""
    entity = schema_of(call.portal).entity(entity_type_id)
    return not responsibles or any(access.allowed(call, entity, user) for user in responsibles.values())


def _webform(call: Call) -> int | None:
    value = call.get("WEBFORM_ID")
    if value in (None, "", 0, "0"):
        return None
    if not str(value).isdigit() or int(value) not in _WEBFORMS:
        raise RestError("WEBFORM_ERROR", "Incorrect webform id", 400)
    return int(value)


@method("crm.calllist.add", "crm", write=True)
def add(call: Call) -> int:
    """Makes a call list of contacts or companies; returns its id."""
    kind, given = str(_need(call, "ENTITY_TYPE")).upper(), _need(call, "ENTITIES")
    ids = _entities(given)
    if kind not in _TYPES:
        raise RestError("ENTITY_TYPE_ERROR", "Incorrect entity type", 400)
    found = _responsibles(call, _TYPES[kind], ids)
    if not ids or len(found) < len(ids):
        raise RestError("ENTITY_ERROR", "Incorrect entities id", 400)
    if not _permitted(call, _TYPES[kind], found):
        raise RestError("ACCESS_ERROR", "You don't have access to these entities", 403)
    row: dict[str, Any] = {
        "created": int(call.portal.clock.timestamp()),
        "createdBy": call.user,
        "webformId": _webform(call),
        "entityTypeId": _TYPES[kind],
    }
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = call.portal.store.insert("crm_call_lists", row)
    _put(call, number, ids)
    return number


def _put(call: Call, number: int, ids: list[int]) -> None:
    """Makes these the participants of a list; those who stay keep their status."""
    store = call.portal.store
    marks = ", ".join("?" * len(ids))
    store.execute(f"DELETE FROM crm_call_list_items WHERE listId = ? AND entityId NOT IN ({marks})", (number, *ids))
    rows = [(number, entity, _FIRST_STATUS) for entity in ids]
    store.executemany("INSERT OR IGNORE INTO crm_call_list_items VALUES (?, ?, ?)", rows)


def _row(call: Call, number: Any) -> Any:
    return call.portal.store.one("SELECT * FROM crm_call_lists WHERE id = ?", (str(number),))


def _participants(call: Call, row: Any) -> dict[int, int]:
    items = call.portal.store.rows("SELECT entityId FROM crm_call_list_items WHERE listId = ?", (row["id"],))
    return _responsibles(call, row["entityTypeId"], [item[0] for item in items])


def _printed(call: Call, row: Any) -> dict[str, Any]:
    created = datetime.fromtimestamp(row["created"], call.portal.clock.zone)
    return {
        "ID": str(row["id"]),
        "DATE_CREATE": f"{created:%Y-%m-%d %H:%M:%S}",
        "CREATED_BY_ID": str(row["createdBy"]),
        "WEBFORM_ID": None if row["webformId"] is None else str(row["webformId"]),
        "ENTITY_TYPE_ID": str(row["entityTypeId"]),
    }


@method("crm.calllist.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """A call list without its participants."""
    row = _row(call, _need(call, "ID"))
    if row is None or not _permitted(call, row["entityTypeId"], _participants(call, row)):
        raise RestError("LIST_ID_ERROR", "Incorrect list id", 400)
    return {**_printed(call, row), "ENTITY_TYPE": _NAMES[row["entityTypeId"]]}


class _Lists(listing.Source):
    """Call lists by their five fields; any other is refused as the portal's ORM does."""

    def resolve(self, name: str) -> Operand | None:
        """The operand of a field."""
        found = _COLUMNS.get(name.upper())
        if found is None:
            raise _unknown(name)
        return found


def _unknown(name: str) -> RestError:
    where = r"\Bitrix\Crm\CallList\Internals\CallList"
    return RestError("100", f"Unknown field definition `{name}` ({name}) for {where} Entity.", 400)


@method("crm.calllist.list", "crm")
def lists(call: Call) -> list[dict[str, Any]]:
    """All call lists that pass the filter: the method has no pages."""
    names = [str(name).upper() for name in call.listing("SELECT")]
    for name in names:
        if name not in _COLUMNS and name != "*":
            raise _unknown(name)
    source = _Lists("crm_call_lists", _COLUMNS)
    found = listing.find(call, source, call.mapping("FILTER"), call.mapping("ORDER"), size=-1)
    shown = [_printed(call, row) for row in found.rows]
    return [{name: row[name] for name in names} for row in shown] if names and "*" not in names else shown


@method("crm.calllist.update", "crm", write=True)
def update(call: Call) -> bool:
    """Replaces the participants and the form of a call list."""
    number, kind, given = _need(call, "LIST_ID"), str(_need(call, "ENTITY_TYPE")).upper(), _need(call, "ENTITIES")
    if kind not in _TYPES:
        raise RestError("ENTITY_TYPE_ERROR", "EntityType is incorrect", 400)
    ids = _entities(given)
    entity = schema_of(call.portal).entity(_TYPES[kind])
    if entity.schema.access and access.mode_of(call, entity) == "none":
        raise RestError("ACCESS_ERROR", "Access Denied", 403)
    if not ids or len(_responsibles(call, entity.id, ids)) < len(ids):
        raise RestError("ENTITIES_ERROR", "Incorrect entities id", 400)
    row = _row(call, number)
    if row is None:
        raise RestError("LIST_ID_ERROR", "Incorrect list id or access denied", 400)
    if row["entityTypeId"] != entity.id:
        text = "Discrepancy between the type of call participants and incoming type"
        raise RestError("ENTITY_TYPE_ERROR", text, 400)
    form = _webform(call)
    call.portal.store.execute("UPDATE crm_call_lists SET webformId = ? WHERE id = ?", (form, row["id"]))
    _put(call, row["id"], ids)
    return True


def _statuses(call: Call) -> list[Any]:
    return schema_of(call.portal).statuses.get("CALL_LIST", [])


@method("crm.calllist.statuslist", "crm")
def statuses(call: Call) -> list[dict[str, Any]]:
    """How calls of a list can stand: the directory CALL_LIST."""
    return [{"ID": s.id, "NAME": s.name, "SORT": s.sort, "STATUS_ID": s.code} for s in _statuses(call)]


@method("crm.calllist.items.get", "crm")
def items(call: Call) -> list[dict[str, Any]]:
    """The participants of a call list; FILTER takes their STATUS."""
    given = str(_need(call, "LIST_ID"))
    if not given.isdigit() or int(given) < 1:
        raise RestError("LIST_ID_ERROR", "List id should be positive", 400)
    row = _row(call, given)
    if row is None:
        raise RestError("LIST_ID_ERROR", "Call list is not found", 400)
    if not _permitted(call, row["entityTypeId"], _participants(call, row)):
        raise RestError("ACCESS_ERROR", "You do not have access to the participants of this call list", 403)
    status = {str(k).lstrip("=").upper(): v for k, v in call.mapping("FILTER").items()}.get("STATUS")
    if status is not None and str(status) not in [known.code for known in _statuses(call)]:
        raise RestError("STATUS_ERROR", "Incorrect status", 400)
    found = call.portal.store.rows(
        "SELECT entityId, status FROM crm_call_list_items WHERE listId = ? ORDER BY entityId", (row["id"],)
    )
    return [
        {"ID": item["entityId"], "STATUS": item["status"], "ENTITY_TYPE": row["entityTypeId"]}
        for item in found
        if status is None or item["status"] == str(status)
    ]
