"""What is left of video calls, with what the assistant wrote about them: `call.followup.*` (telephony/follow-up)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.dto import Prop
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare
from sandbox.kernel.v3 import V3Error, invalid, method_v3, moment_of, refusal, unread

declare(
    "CREATE TABLE IF NOT EXISTS video_calls (id INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL,"
    " initiator INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER, uuid TEXT NOT NULL, version INTEGER NOT NULL,"
    " participants TEXT NOT NULL, tracks TEXT NOT NULL, outcomes TEXT NOT NULL, written INTEGER)"
)

# name, type, description
_FIELDS = (
    ("callId", "int", "Идентификатор звонка. Есть всегда."),
    ("callType", "int", "Тип звонка: 1 — мгновенный, 2 — постоянная конференция, 3 — большая комната."),
    ("initiatorId", "int", "Кто начал звонок."),
    ("startDate", "string", "Начало звонка, ISO 8601 UTC."),
    ("endDate", "string", "Конец звонка, ISO 8601 UTC; null, пока звонок идёт."),
    ("durationSeconds", "int", "Длительность звонка в секундах."),
    ("uuid", "string", "UUID сессии звонка."),
    ("language", "string", "Язык расшифровки; null без расшифровки."),
    ("version", "int", "Наибольшая версия схемы среди блоков звонка."),
    ("participants", "array", "Участники звонка."),
    ("outcomes", "array", "Какие блоки есть: transcription, overview, summary, insights, evaluation."),
    ("createdAt", "string", "Когда записан последний блок, ISO 8601 UTC."),
    ("tracks", "array", "Записи звонка с адресами для скачивания."),
    ("transcription", "object", "Расшифровка звонка по репликам."),
    ("overview", "object", "Обзор встречи: тема, повестка, договорённости, задачи."),
    ("summary", "object", "Краткое содержание по темам."),
    ("insights", "object", "Разбор участников и встречи, рекомендации."),
    ("evaluation", "object", "Оценка эффективности встречи."),
)
_NAMES = tuple(field[0] for field in _FIELDS)
_BASIC = _NAMES[:6]
_BLOCKS = ("transcription", "overview", "summary", "insights", "evaluation")
_INSIDE = {
    "transcription": "language segments",
    "overview": "topic detailedTakeaways meetingType agenda agreements actionItems meetings",
    "insights": "speakerEvaluationAvailable speakerAnalysis meetingStrengths meetingWeaknesses speechStyleInfluence"
    " engagementLevel areasOfResponsibility finalRecommendations",
    "evaluation": "efficiencyValue calendar criteria",
}
_PATHS = frozenset([*_NAMES, *(f"{block}.{name}" for block, names in _INSIDE.items() for name in names.split())])
_HEAVY = ("transcription", "overview", "insights")
_MENTION = re.compile(r"\[USER=(\d+)\](.*?)\[/USER\]", re.DOTALL)
_FORMATS = {"bb": r"[USER=\1]\2[/USER]", "html": r'<a href="/company/personal/user/\1/">\2</a>', "none": r"\2"}
_USUAL, _MOST, _MOST_HEAVY = 50, 200, 20

Row = Mapping[str, Any]


@method("sandbox.call.add", write=True)
def add(call: Call) -> int:
    """A video call has taken place; not for REST clients.

    `{"participants": [{"userId", "talkedSeconds"}], "start", "seconds", "type", "outcomes": {block: object},
    "tracks": [...]}`; without `seconds` it goes on. Returns the call's id.
    """
    call.require_inside()
    now = int(call.portal.clock.timestamp())
    start, seconds, outcomes = moment_of(call.get("start")), call.get("seconds"), call.mapping("outcomes")
    begun = int(start.timestamp()) if start is not None else now
    row = {
        "type": int(call.get("type") or 1),
        "initiator": call.user,
        "start": begun,
        "end": None if seconds is None else begun + int(seconds),
        "uuid": str(uuid.uuid4()),
        "version": 3 if outcomes else 0,
        "participants": json.dumps(call.listing("participants"), ensure_ascii=False),
        "tracks": json.dumps(call.listing("tracks"), ensure_ascii=False),
        "outcomes": json.dumps(outcomes, ensure_ascii=False),
        "written": now if outcomes else None,
    }
    return call.portal.store.insert("video_calls", row)


def _utc(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _mentions(value: Any, pattern: str) -> Any:
    """The texts of a block with mentions of people in the asked form."""
    if isinstance(value, str):
        return _MENTION.sub(pattern, value)
    if isinstance(value, Mapping):
        return {key: _mentions(one, pattern) for key, one in value.items()}
    return [_mentions(one, pattern) for one in value] if isinstance(value, list) else value


def _people(call: Call, row: Row) -> list[dict[str, Any]]:
    people = []
    for given in json.loads(row["participants"]):
        user = call.portal.store.one("SELECT * FROM users WHERE id = ?", (given["userId"],))
        name = " ".join(part for part in (user["name"], user["last_name"]) if part) if user else ""
        shown = {"userId": given["userId"], "talkedSeconds": int(given.get("talkedSeconds") or 0), "name": name}
        people.append({**shown, "avatar": "", "workPosition": (user["work_position"] or "") if user else ""})
    return people


def _whole(call: Call, row: Row) -> dict[str, Any]:
    """A call with everything there is about it."""
    outcomes, pattern = json.loads(row["outcomes"]), _FORMATS[str(call.params.get("mentionFormat") or "bb")]
    return {
        "callId": row["id"],
        "callType": row["type"],
        "initiatorId": row["initiator"],
        "startDate": _utc(row["start"]),
        "endDate": _utc(row["end"]),
        "durationSeconds": None if row["end"] is None else row["end"] - row["start"],
        "uuid": row["uuid"],
        "language": (outcomes.get("transcription") or {}).get("language"),
        "version": row["version"],
        "participants": _people(call, row),
        "outcomes": [name for name in _BLOCKS if name in outcomes],
        "createdAt": _utc(row["written"]),
        "tracks": json.loads(row["tracks"]),
        **{name: _mentions(outcomes.get(name), pattern) for name in _BLOCKS},
    }


def _error(code: str, text: str, status: int = 400) -> V3Error:
    return V3Error(code, text, status)


def _asked(call: Call, usual: tuple[str, ...]) -> list[str]:
    """The paths of `select`; `usual` without it, what is basic for an empty one."""
    select = call.params.get("select")
    if select is None:
        return list(usual)
    if not isinstance(select, list) or not all(isinstance(path, str) and path in _PATHS for path in select):
        raise _error("invalid_select_field", "Invalid field in select")
    return list(dict.fromkeys(["callId", *select])) if select else list(_BASIC)


def _picked(whole: Row, paths: list[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for path in paths:
        name, _, inner = path.partition(".")
        if not inner or whole[name] is None:
            chosen[name] = whole[name]
        elif not isinstance(chosen.get(name), dict) or inner not in chosen[name]:
            chosen.setdefault(name, {})[inner] = whole[name].get(inner)
    return chosen


def _check_mentions(call: Call) -> None:
    if str(call.params.get("mentionFormat") or "bb") not in _FORMATS:
        raise invalid(("mentionFormat", "The value is not one of: bb, html, none"))


def _sees(call: Call, row: Row) -> bool:
    people = [one["userId"] for one in json.loads(row["participants"])]
    return call.portal.is_admin(call.user) or call.user in (row["initiator"], *people)


@method_v3("call.followup.get", "call", "callId*:int select:any mentionFormat:any")
def get(call: Call) -> dict[str, Any]:
    """call-followup-get.md"""
    _check_mentions(call)
    paths = _asked(call, _NAMES)
    row = call.portal.store.one("SELECT * FROM video_calls WHERE id = ?", (call.params["callId"],))
    if row is None and call.portal.is_admin(call.user):
        raise refusal("ENTITYNOTFOUND", "Call not found")
    if row is None or not _sees(call, dict(row)):
        raise _error("access_denied", "No access to Follow-up data", 403)
    return {"item": _picked(_whole(call, dict(row)), paths)}


def _period(call: Call) -> tuple[int, int]:
    """The seconds between which calls must begin."""
    dates = (call.params.get("filter") or {}).get("startDate")
    dates = dates if isinstance(dates, Mapping) else {}
    first, last = moment_of(dates.get("from")), moment_of(dates.get("to"))
    if first is None or last is None:
        raise _error("invalid_date_range", "Incorrect date range: both from and to are required")
    if first > last:
        raise _error("invalid_date_range", "Incorrect date range: from must not be later than to")
    return int(first.timestamp()), int(last.timestamp())


def _participant(call: Call) -> int | None:
    """Whose calls are meant: an administrator may ask for anybody's, others get their own."""
    wanted = (call.params.get("filter") or {}).get("participantId")
    if wanted is not None and (isinstance(wanted, bool) or not isinstance(wanted, int)):
        raise invalid(("filter.participantId", "Field `participantId` requires data type `int` for this request"))
    return wanted if call.portal.is_admin(call.user) else call.user


def _downwards(call: Call) -> bool:
    order = call.params.get("order")
    if order in (None, [], {}):
        return True
    way = str(order.get("startDate", "")).lower() if isinstance(order, Mapping) and len(order) == 1 else ""
    if way not in ("asc", "desc"):
        raise _error("invalid_order", "Incorrect parameter order")
    return way == "desc"


def _page(call: Call, heavy: bool) -> tuple[int, tuple[int, int] | None]:
    """How many calls are asked for, and after which one: (seconds, id)."""
    given, wrong = call.params.get("pagination") or {}, _error("invalid_pagination", "Incorrect parameter pagination")
    if not isinstance(given, Mapping):
        raise wrong
    limit, cursor = given.get("limit", _USUAL), given.get("afterCursor")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise wrong
    limit = min(limit, _MOST_HEAVY if heavy else _MOST)
    if cursor is None:
        return limit, None
    moment = moment_of(cursor.get("startDate")) if isinstance(cursor, Mapping) else None
    if moment is None or not isinstance(cursor.get("id"), int):
        raise wrong
    return limit, (int(moment.timestamp()), cursor["id"])


@method_v3("call.followup.list", "call", "filter*:object select:any order:any pagination:any mentionFormat:any")
def listing(call: Call) -> dict[str, Any]:
    """call-followup-list.md"""
    _check_mentions(call)
    period, user, paths, down = _period(call), _participant(call), _asked(call, _BASIC), _downwards(call)
    limit, after = _page(call, heavy=any(path.partition(".")[0] in _HEAVY for path in paths))
    where, args = "start BETWEEN ? AND ?", [*period]
    if user is not None:
        where += " AND EXISTS (SELECT 1 FROM json_each(participants) WHERE json_extract(value, '$.userId') = ?)"
        args.append(user)
    if after is not None:
        where += f" AND (start, id) {'<' if down else '>'} (?, ?)"
        args += after
    way = "DESC" if down else "ASC"
    sql = f"SELECT * FROM video_calls WHERE {where} ORDER BY start {way}, id {way} LIMIT {limit + 1}"
    rows = call.portal.store.rows(sql, args)
    last = rows[limit - 1] if len(rows) > limit else None
    moment = datetime.fromtimestamp(last["start"], UTC).isoformat(timespec="microseconds") if last else ""
    return {
        "items": [_picked(_whole(call, dict(row)), paths) for row in rows[:limit]],
        "hasMore": last is not None,
        "afterCursor": {"startDate": moment, "id": last["id"]} if last else None,
    }


def _described(name: str, kind: str, text: str) -> dict[str, Any]:
    return {**Prop(name, kind).describe(), "description": text}


def _parts(call: Call) -> list[str]:
    """The parts of a description that `select` names; all of them without it."""
    known, select = list(_described("", "", "")), call.params.get("select")
    if select in (None, []):
        return known
    if not isinstance(select, list) or not all(isinstance(part, str) for part in select):
        raise unread("SELECT", "select expression", select)
    for part in select:
        if part not in known:
            raise refusal("UNKNOWNDTOPROPERTY", f"Unknown field `{part}` for object `DtoFieldDto`")
    return select


@method_v3("call.followup.field.list", "call", "select:any")
def field_list(call: Call) -> dict[str, Any]:
    """call-followup-field-list.md"""
    parts = _parts(call)
    described = [_described(*field) for field in _FIELDS]
    return {"items": [{part: one[part] for part in parts} for one in described]}


@method_v3("call.followup.field.get", "call", "name*:string select:any")
def field_get(call: Call) -> dict[str, Any]:
    """call-followup-field-get.md"""
    parts, name = _parts(call), call.params["name"]
    found = next((field for field in _FIELDS if field[0] == name), None)
    if found is None:
        raise V3Error("BITRIX_REST_V3_REALISATION_EXCEPTION_FIELDNOTFOUNDEXCEPTION", f"Field `{name}` not found", 400)
    described = _described(*found)
    return {"item": {part: described[part] for part in parts}}
