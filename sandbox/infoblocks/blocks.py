"""The lists themselves: the rows, who may do what, and which one a request means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.disk.rights import codes
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS list_blocks (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, code TEXT,"
    " name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', sort INTEGER NOT NULL DEFAULT 500, picture INTEGER,"
    " bizproc TEXT NOT NULL DEFAULT 'N', socnetGroup INTEGER, messages TEXT NOT NULL DEFAULT '{}',"
    " rights TEXT NOT NULL DEFAULT '{}', modified INTEGER NOT NULL)"
)
TYPES = ("lists", "bitrix_processes", "lists_socnet")
# lists-add.md: the levels from "no access" to "full access".
LEVELS = "DRESTUWX"
READ, ADD, MODIFY, FULL = "R", "E", "W", "X"
MESSAGES = {
    "ELEMENTS_NAME": "Элементы",
    "ELEMENT_NAME": "Элемент",
    "ELEMENT_ADD": "Добавить элемент",
    "ELEMENT_EDIT": "Изменить элемент",
    "ELEMENT_DELETE": "Удалить элемент",
    "SECTIONS_NAME": "Разделы",
    "SECTION_NAME": "Раздел",
    "SECTION_ADD": "Добавить раздел",
    "SECTION_EDIT": "Изменить раздел",
    "SECTION_DELETE": "Удалить раздел",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A list; `rights` are levels by access code (`U1`, `DR5`, `*`)."""

    id: int
    type: str
    code: str | None
    name: str
    description: str
    sort: int
    picture: int | None
    bizproc: str
    socnetGroup: int | None
    messages: dict[str, str]
    rights: dict[str, str]
    modified: int


def _block(row: Any) -> Block:
    values = dict(row)
    return Block(**{**values, "messages": json.loads(row["messages"]), "rights": json.loads(row["rights"])})


def get(store: Store, number: int) -> Block | None:
    """The list with this id."""
    row = store.one("SELECT * FROM list_blocks WHERE id = ?", (number,))
    return _block(row) if row else None


def every(store: Store) -> list[Block]:
    """All lists."""
    return [_block(row) for row in store.rows("SELECT * FROM list_blocks ORDER BY id")]


def missing(name: str) -> RestError:
    """A required parameter did not come."""
    return RestError("ERROR_REQUIRED_PARAMETERS_MISSING", f"Required parameter `{name}` is missing")


def denied() -> RestError:
    """The refusal for want of rights."""
    return RestError("ACCESS_DENIED", "Access denied")


def need(call: Call, *names: str) -> None:
    """Refuses a call without these parameters."""
    for name in names:
        if call.get(name) in (None, "", [], {}):
            raise missing(name)


def need_one(call: Call, *names: str) -> None:
    """Refuses a call without any of these parameters."""
    if all(call.get(name) in (None, "", 0, "0") for name in names):
        raise missing("/".join(names))


def find(call: Call) -> Block | None:
    """The list of IBLOCK_ID or IBLOCK_CODE (and of IBLOCK_TYPE_ID, when it is given)."""
    number, code = call.get("IBLOCK_ID"), call.get("IBLOCK_CODE")
    for block in every(call.portal.store):
        same = str(block.id) == str(number) if number not in (None, "", 0, "0") else block.code == str(code)
        if same and call.get("IBLOCK_TYPE_ID") in (None, "", block.type):
            return block
    return None


def named(call: Call, wanted: str) -> Block:
    """The list that a request means, for those whose level is high enough."""
    need(call, "IBLOCK_TYPE_ID")
    need_one(call, "IBLOCK_CODE", "IBLOCK_ID")
    block = find(call)
    if block is None:
        raise RestError("ERROR_IBLOCK_NOT_FOUND", "Iblock not found")
    if not may(call, block, wanted):
        raise denied()
    return block


def may(call: Call, block: Block, wanted: str) -> bool:
    """Whether the caller's level reaches `wanted`; administrators have the full one."""
    if call.portal.is_admin(call.user):
        return True
    given = [block.rights[code] for code in codes(call) if code in block.rights]
    level = max((LEVELS.index(letter) for letter in given), default=0)
    return level >= LEVELS.index(wanted)


def stamp(call: Call, moment: int) -> str:
    """A moment as a Russian portal prints it in lists: `27.10.2025 12:00:30`."""
    return datetime.fromtimestamp(moment, call.portal.clock.zone).strftime("%d.%m.%Y %H:%M:%S")


def printed(call: Call, block: Block) -> dict[str, Any]:
    """A list as lists.get prints it."""
    empty = dict.fromkeys(("LIST_PAGE_URL", "DETAIL_PAGE_URL", "SECTION_PAGE_URL", "CANONICAL_PAGE_URL"))
    rss = {"RSS_TTL": "24", "RSS_ACTIVE": "Y", "RSS_FILE_ACTIVE": "N", "RSS_FILE_LIMIT": None, "RSS_FILE_DAYS": None}
    names = {name: block.messages.get(name, MESSAGES[name]) for name in _NAMES}
    return {
        "ID": str(block.id),
        "TIMESTAMP_X": stamp(call, block.modified),
        "IBLOCK_TYPE_ID": block.type,
        "LID": "s1",
        "CODE": block.code,
        "API_CODE": None,
        "NAME": block.name,
        "ACTIVE": "Y",
        "SORT": str(block.sort),
        **empty,
        "PICTURE": str(block.picture) if block.picture else None,
        "DESCRIPTION": block.description,
        "DESCRIPTION_TYPE": "text",
        **rss,
        "RSS_YANDEX_ACTIVE": "N",
        "XML_ID": None,
        "TMP_ID": None,
        "INDEX_ELEMENT": "Y",
        "INDEX_SECTION": "N",
        "WORKFLOW": "N",
        "BIZPROC": block.bizproc,
        "SECTION_CHOOSER": "L",
        "LIST_MODE": None,
        "RIGHTS_MODE": "E",
        "SECTION_PROPERTY": None,
        "PROPERTY_INDEX": None,
        "VERSION": "1",
        "LAST_CONV_ELEMENT": "0",
        "SOCNET_GROUP_ID": str(block.socnetGroup) if block.socnetGroup else None,
        "EDIT_FILE_BEFORE": None,
        "EDIT_FILE_AFTER": None,
        **names,
        "REST_ON": "N",
        "FULLTEXT_INDEX": "N",
        "EXTERNAL_ID": None,
        "LANG_DIR": "/",
        "SERVER_NAME": None,
    }


_NAMES = ("SECTIONS_NAME", "SECTION_NAME", "ELEMENTS_NAME", "ELEMENT_NAME")
