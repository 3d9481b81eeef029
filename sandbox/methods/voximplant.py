"""The portal's own telephony: `voximplant.statistic.get`, calls it makes itself, voices, links."""

from __future__ import annotations

from typing import Any

from sandbox.crm import listing, moments
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.telephony import calls, filters, lines, rights

_COLUMNS = {
    "ID": ("id", "int"),
    "PORTAL_USER_ID": ("user", "int"),
    "PORTAL_NUMBER": ("portalNumber", "text"),
    "PHONE_NUMBER": ("phone", "text"),
    "CALL_ID": ("callId", "text"),
    "EXTERNAL_CALL_ID": ("externalCallId", "text"),
    "CALL_CATEGORY": ("category", "text"),
    "CALL_LOG": ("log", "text"),
    "CALL_DURATION": ("duration", "int"),
    "CALL_START_DATE": ("start", "datetime"),
    "CALL_RECORD_URL": ("recordUrl", "text"),
    "CALL_VOTE": ("vote", "int"),
    "COST": ("cost", "float"),
    "COST_CURRENCY": ("currency", "text"),
    "CALL_FAILED_CODE": ("code", "text"),
    "CALL_FAILED_REASON": ("reason", "text"),
    "CRM_ENTITY_TYPE": ("crmType", "text"),
    "CRM_ENTITY_ID": ("crmId", "int"),
    "CRM_ACTIVITY_ID": ("activityId", "int"),
    "REST_APP_ID": ("restAppId", "int"),
    "REST_APP_NAME": ("restAppName", "text"),
    "TRANSCRIPT_ID": ("transcriptId", "int"),
    "SESSION_ID": ("sessionId", "int"),
    "REDIAL_ATTEMPT": ("redial", "int"),
    "COMMENT": ("comment", "text"),
    "RECORD_DURATION": ("recordDuration", "int"),
    "CALL_TYPE": ("type", "int"),
}
_SOURCE = listing.Source("phone_statistics", listing.operands(_COLUMNS), lenient=True, any_case=True)
# Country and language -> what people call it, which voices it has, and who makes them.
_LANGUAGES: tuple[tuple[str, str, str, str], ...] = (
    ("ruinternal", "Русский", "fm", "по умолчанию"),
    ("rurussian", "Русский", "fm", "Amazon"),
    ("auenglish", "Австралийский английский", "f", "Amazon"),
    ("brportuguese", "Бразильский португальский", "f", "Amazon"),
    ("caenglish", "Канадский английский", "f", "по умолчанию"),
    ("cafrench", "Канадский французский", "fm", "Amazon"),
    ("chchinese", "Китайский", "fm", "по умолчанию"),
    ("eurcatalan", "Каталанский", "f", "по умолчанию"),
    ("eurczech", "Чешский", "f", "по умолчанию"),
    ("eurdanish", "Датский", "f", "по умолчанию"),
    ("eurdutch", "Нидерландский", "f", "по умолчанию"),
    ("eurfinnish", "Финский", "f", "по умолчанию"),
    ("eurfrench", "Французский", "fm", "Amazon"),
    ("eurgerman", "Немецкий", "fm", "по умолчанию"),
    ("euritalian", "Итальянский", "fm", "по умолчанию"),
    ("eurnorwegian", "Норвежский", "f", "по умолчанию"),
    ("eurpolish", "Польский", "f", "по умолчанию"),
    ("eurportuguese", "Португальский", "fm", "по умолчанию"),
    ("eurspanish", "Испанский", "fm", "по умолчанию"),
    ("eurturkish", "Турецкий", "fm", "по умолчанию"),
    ("hkchinese", "Гонконгский кантонский", "f", "по умолчанию"),
    ("huhungarian", "Венгерский", "f", "по умолчанию"),
    ("jpjapanese", "Японский", "fm", "по умолчанию"),
    ("krkorean", "Корейский", "fm", "по умолчанию"),
    ("usinternal", "Английский", "fm", "по умолчанию"),
    ("swswedish", "Шведский", "f", "по умолчанию"),
    ("twchinese", "Тайваньский китайский", "f", "по умолчанию"),
    ("ukenglish", "Английский", "fm", "Amazon"),
    ("usenglish", "Американский английский", "fm", "по умолчанию"),
    ("usspanish", "Американский испанский", "fm", "Amazon"),
)
_SEXES = {"f": ("female", "женский"), "m": ("male", "мужской")}
_VOICES = {
    f"{code}{_SEXES[sex][0]}": f"{name} ({_SEXES[sex][1]}) ({maker})"
    for code, name, sexes, maker in _LANGUAGES
    for sex in sexes
}
# How many automatic calls a portal may make in a month; the setting `telephony.infocalls` overrides it.
_INFOCALLS = 1000


@method("voximplant.statistic.get", "telephony", cost=0.05)
def statistic(call: Call) -> Page:
    """A page of the statistics of calls."""
    rights.require(call, "statistic")
    found = filters.find(call, _SOURCE)
    return Page([_printed(call, row) for row in found.rows], found.total, found.start)


def _printed(call: Call, row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, (column, kind) in _COLUMNS.items():
        value = row[column]
        if kind == "datetime":
            shown[name] = moments.iso(value, call.portal.clock.zone)
        elif kind == "float":
            shown[name] = f"{value:.4f}"
        else:
            shown[name] = None if value is None else str(value)
    kind = shown.pop("CALL_TYPE")
    return {**shown, "TRANSCRIPT_PENDING": "N", "RECORD_FILE_ID": row["recordFile"], "CALL_TYPE": kind}


@method("voximplant.tts.voices.get", "telephony")
def voices(call: Call) -> dict[str, str]:
    """The voices that texts are spoken with."""
    return _VOICES


@method("voximplant.url.get", "telephony")
def urls(call: Call) -> dict[str, str]:
    """The pages of telephony."""
    portal = f"http://{call.portal.domain}"
    return {
        "detail_statistics": f"{portal}/telephony/detail.php",
        "buy_connector": f"{portal}/settings/license_phone_sip.php",
        "edit_config": f"{portal}/telephony/edit.php?ID=#CONFIG_ID#",
        "lines": f"{portal}/telephony/lines.php",
    }


def _number(call: Call) -> str:
    try:
        return calls.number_of(call.get("TO_NUMBER"))
    except RestError:
        raise calls.refused("Phone number is not correct") from None


def _made(call: Call, kind: str, type_id: int) -> dict[str, Any]:
    """Makes a call of the portal itself, answered at once, and puts it into the statistics."""
    now = int(call.portal.clock.timestamp())
    line = str(call.get("FROM_LINE"))
    row = calls.begin(call, calls.Plan(_number(call), type_id, call.user, now, line))
    call_id = calls.new_id(kind, now)
    call.portal.store.execute("UPDATE phone_calls SET callId = ? WHERE id = ?", (call_id, row["id"]))
    calls.announce(call, {**row, "callId": call_id})
    calls.finish(call, {**row, "callId": call_id}, calls.Ending(call.user, 10, calls.ANSWERED), None)
    return {"RESULT": True, "CALL_ID": call_id}


@method("voximplant.callback.start", "telephony", write=True, cost=0.2)
def callback(call: Call) -> dict[str, Any]:
    """Connects an employee with a client."""
    rights.require(call, "call", "Access denied")
    line = str(call.get("FROM_LINE") or "")
    if line not in lines.outgoing(call.portal.store):
        raise calls.refused(f"Could not find line {line}")
    return _made(call, "callback", calls.CALLBACK)


def _infocall(call: Call) -> dict[str, Any]:
    rights.require(call, "call", "Access denied")
    line, store = str(call.get("FROM_LINE") or ""), call.portal.store
    if line == "LINK_BASE_NUMBER":
        raise calls.refused("Making infocall using LINK_BASE_NUMBER is not allowed")
    if line not in lines.outgoing(store):
        raise calls.refused(f"Could not find config for number {line}")
    first = call.portal.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    sql = "SELECT count(*) FROM phone_statistics WHERE type = ? AND start >= ?"
    made = store.value(sql, (calls.INFOCALL, int(first.timestamp())))
    if made >= int(store.setting("telephony.infocalls", _INFOCALLS)):
        raise calls.refused("Infocall limit for this month is exceeded")
    return _made(call, "infocall", calls.INFOCALL)


@method("voximplant.infocall.startwithtext", "telephony|call", write=True, cost=0.2)
def infocall_text(call: Call) -> dict[str, Any]:
    """Calls a number and speaks a text."""
    return _infocall(call)


@method("voximplant.infocall.startwithsound", "telephony|call", write=True, cost=0.2)
def infocall_sound(call: Call) -> dict[str, Any]:
    """Calls a number and plays a file."""
    return _infocall(call)
