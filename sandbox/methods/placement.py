"""Places of the interface that applications occupy: `placement.*`."""

from __future__ import annotations

import json
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare
from sandbox.methods.event import check_handler

declare(
    "CREATE TABLE IF NOT EXISTS placements (id INTEGER PRIMARY KEY, app TEXT NOT NULL, placement TEXT NOT NULL,"
    " handler TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, group_name TEXT NOT NULL,"
    " lang_all TEXT NOT NULL, options TEXT NOT NULL, user INTEGER NOT NULL)"
)

# widgets/placements.md: the codes of the places by the permission they need beside `placement`.
_BY_SCOPE = {
    "": "LEFT_MENU REST_APP_URI PAGE_BACKGROUND_WORKER BI_ANALYTICS_MENU IM_SMILES_SELECTOR",
    "calendar": "CALENDAR_GRIDVIEW",
    "contact_center": "CONTACT_CENTER",
    "crm": "CRM_ANALYTICS_MENU CRM_ANALYTICS_TOOLBAR CRM_BANK_DETAIL_AUTOCOMPLETE CRM_DETAIL_SEARCH"
    " CRM_FUNNELS_TOOLBAR CRM_REQUISITE_AUTOCOMPLETE CRM_ACTIVITY_LIST_MENU",
    "im": "IM_SIDEBAR IM_TEXTAREA IM_NAVIGATION IM_CONTEXT_MENU IMMOBILE_CONTEXT_MENU",
    "sonet_group": "SONET_GROUP_DETAIL_TAB SONET_GROUP_ROBOT_DESIGNER_TOOLBAR SONET_GROUP_TOOLBAR",
    "task": "TASK_VIEW_TAB TASK_VIEW_SIDEBAR TASK_VIEW_TOP_PANEL TASK_LIST_CONTEXT_MENU TASK_USER_LIST_TOOLBAR"
    " TASK_GROUP_LIST_TOOLBAR TASK_ROBOT_DESIGNER_TOOLBAR",
    "telephony": "CALL_CARD TELEPHONY_ANALYTICS_MENU",
    "user": "USER_PROFILE_MENU USER_PROFILE_TOOLBAR",
}
_CARDS = ("LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE", "ORDER")
_SUFFIXES = (
    "DETAIL_TAB",
    "DETAIL_TOOLBAR",
    "DETAIL_ACTIVITY",
    "ACTIVITY_TIMELINE_MENU",
    "DOCUMENTGENERATOR_BUTTON",
    "LIST_MENU",
    "LIST_TOOLBAR",
    "ROBOT_DESIGNER_TOOLBAR",
)
# Suffixes that only cards with stages have.
_STAGED = ("ACTIVITY_TIMELINE_MENU", "ROBOT_DESIGNER_TOOLBAR")
_SINGLE = ("REST_APP_URI", "PAGE_BACKGROUND_WORKER")


def _card_places(cards: tuple[str, ...]) -> dict[str, str]:
    return {
        f"CRM_{card}_{suffix}": "crm"
        for suffix in _SUFFIXES
        for card in cards
        if suffix not in _STAGED or card not in ("CONTACT", "COMPANY", "ORDER")
    }


_PLACES = {code: scope for scope, codes in _BY_SCOPE.items() for code in codes.split()} | _card_places(_CARDS)


def _smart_types(portal: Portal) -> list[int]:
    return [row[0] for row in portal.store.rows("SELECT entityTypeId FROM crm_types ORDER BY entityTypeId")]


def _places(portal: Portal) -> dict[str, str]:
    return _PLACES | _card_places(tuple(f"DYNAMIC_{type_id}" for type_id in _smart_types(portal)))


def _permitted(call: Call, scope: str) -> bool:
    return not scope or call.scope is None or scope in call.scope


def _argument(call: Call, name: str) -> str:
    value = call.get(name)
    if value in (None, ""):
        raise RestError("ERROR_ARGUMENT", f"Argument '{name}' is null or empty", 400, argument=name)
    if not isinstance(value, str):
        text = f"The value of an argument '{name}' must be of type string"
        raise RestError("ERROR_ARGUMENT", text, 400, argument=name)
    return value


def _refuse_mode(call: Call, code: str) -> None:
    """What only one placement may do; these refusals come with HTTP status 200."""
    if code == "PAGE_BACKGROUND_WORKER":
        if not call.mapping("OPTIONS").get("errorHandlerUrl"):
            raise RestError("EMPTY_ERROR_HANDLER_URL", "OPTIONS[errorHandlerUrl] is required", 200)
    elif call.get("USER_ID"):
        raise RestError("ERROR_PLACEMENT_USER_MODE", "User mode is not available", 200)


@method("placement.bind", "placement", write=True)
def placement_bind(call: Call) -> bool:
    """placement-bind.md: administrators only."""
    app = call.require_app()
    call.require_admin()
    code = _argument(call, "PLACEMENT").upper()
    handler = check_handler(_argument(call, "HANDLER"))
    scope = _places(call.portal).get(code)
    if scope is None or not _permitted(call, scope):
        raise RestError("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    _refuse_mode(call, code)
    taken = call.portal.store.rows("SELECT handler FROM placements WHERE app = ? AND placement = ?", (app, code))
    if taken and code in _SINGLE:
        raise RestError("ERROR_PLACEMENT_MAX_COUNT", "Placement max count", 200)
    if handler in [row["handler"] for row in taken]:
        raise RestError("ERROR_CORE", "Unable to set placement handler: Handler already binded")
    call.portal.store.insert("placements", _row(call, app, code, handler))
    return True


def _row(call: Call, app: str, code: str, handler: str) -> dict[str, Any]:
    title = {"TITLE": call.get("TITLE") or "", "DESCRIPTION": call.get("DESCRIPTION") or ""}
    title["GROUP_NAME"] = call.get("GROUP_NAME") or ""
    languages = call.mapping("LANG_ALL") or {"ru": title}
    return {
        "app": app,
        "placement": code,
        "handler": handler,
        "title": title["TITLE"],
        "description": title["DESCRIPTION"],
        "group_name": title["GROUP_NAME"],
        "lang_all": json.dumps(languages, ensure_ascii=False),
        "options": json.dumps(call.mapping("OPTIONS"), ensure_ascii=False),
        "user": int(call.get("USER_ID") or 0),
    }


@method("placement.get", "placement")
def placement_get(call: Call) -> list[dict[str, Any]]:
    """placement-get.md: administrators only."""
    app = call.require_app()
    call.require_admin()
    rows = call.portal.store.rows("SELECT * FROM placements WHERE app = ? ORDER BY id", (app,))
    return [
        {
            "placement": row["placement"],
            "userId": row["user"],
            "handler": row["handler"],
            "options": json.loads(row["options"]),
            "title": row["title"],
            "description": row["description"],
            "langAll": json.loads(row["lang_all"]),
        }
        for row in rows
    ]


@method("placement.unbind", "placement", write=True)
def placement_unbind(call: Call) -> dict[str, int]:
    """placement-unbind.md: the count grows by one for each record found and for each one removed."""
    wanted: dict[str, Any] = {"app": call.require_app()}
    call.require_admin()
    wanted["placement"] = _argument(call, "PLACEMENT").upper()
    if call.get("HANDLER"):
        wanted["handler"] = str(call.get("HANDLER"))
    if call.get("USER_ID"):
        wanted["user"] = int(call.get("USER_ID"))
    where = " AND ".join(f"{name} = ?" for name in wanted)
    deleted = call.portal.store.execute(f"DELETE FROM placements WHERE {where}", list(wanted.values()))
    return {"count": 2 * deleted.rowcount}


@method("placement.list", "placement")
def placement_list(call: Call) -> list[str]:
    """placement-list.md: those of the application's permissions; SCOPE picks one, FULL prints all."""
    call.require_app()
    wanted, places = call.get("SCOPE"), _places(call.portal)
    if wanted:
        return [code for code, scope in places.items() if scope == str(wanted)]
    full = str(call.get("FULL") or "").lower() in ("1", "true", "y")
    return [code for code, scope in places.items() if full or _permitted(call, scope)]


def visible(portal: Portal, user: int) -> list[dict[str, Any]]:
    """What of the installed applications a user's interface shows, in order of binding."""
    rows = portal.store.rows(
        "SELECT p.*, a.title AS app_title FROM placements p JOIN apps a ON a.client_id = p.app"
        " WHERE a.installed = 1 AND p.user IN (0, ?) ORDER BY p.id",
        (user,),
    )
    parsed = ("lang_all", "options")
    return [{**dict(row), **{name: json.loads(row[name]) for name in parsed}} for row in rows]
