"""Employees: `user.*`, `profile`, and what fixtures need to create them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.crm.schema import schema_of
from sandbox.kernel import eventlog, outsiders
from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events, method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.kernel.store import Store
from sandbox.social import groups

events("user", "ONUSERADD")

SCOPE = "user|user_basic|user_brief"
# user-scope.md: user_brief shows no contact details.
CONTACTS = ("EMAIL", "PERSONAL_MOBILE", "PERSONAL_PHONE", "WORK_PHONE", "UF_PHONE_INNER")
_COLUMNS = {
    "NAME": "name",
    "LAST_NAME": "last_name",
    "SECOND_NAME": "second_name",
    "EMAIL": "email",
    "WORK_POSITION": "work_position",
    "TIME_ZONE": "time_zone",
}
_TEXTS = {
    "ID": "ID",
    "XML_ID": "External code",
    "ACTIVE": "Active",
    "NAME": "First name",
    "LAST_NAME": "Last name",
    "SECOND_NAME": "Middle name",
    "TITLE": "Title",
    "EMAIL": "E-mail",
    "LAST_LOGIN": "Last sign-in",
    "DATE_REGISTER": "Registered on",
    "PERSONAL_GENDER": "Gender",
    "PERSONAL_PROFESSION": "Profession",
    "PERSONAL_WWW": "Home page",
    "PERSONAL_BIRTHDAY": "Birthday",
    "PERSONAL_PHOTO": "Photo",
    "PERSONAL_PHONE": "Personal phone",
    "PERSONAL_MOBILE": "Mobile phone",
    "PERSONAL_CITY": "City",
    "PERSONAL_STREET": "Street",
    "PERSONAL_STATE": "State / Region",
    "PERSONAL_ZIP": "Zip code",
    "PERSONAL_COUNTRY": "Country",
    "PERSONAL_MAILBOX": "P.O. Box",
    "PERSONAL_FAX": "Fax",
    "PERSONAL_PAGER": "Pager",
    "PERSONAL_ICQ": "ICQ",
    "PERSONAL_NOTES": "Notes",
    "WORK_PHONE": "Work phone",
    "WORK_COMPANY": "Company",
    "WORK_POSITION": "Position",
    "WORK_DEPARTMENT": "Department",
    "WORK_CITY": "Work city",
    "WORK_WWW": "Company website",
    **{
        f"WORK_{name}": f"WORK_{name}"
        for name in ("STREET", "STATE", "ZIP", "COUNTRY", "MAILBOX", "FAX", "PAGER", "NOTES", "LOGO", "PROFILE")
    },
    "UF_DEPARTMENT": "Departments",
    "UF_EMPLOYMENT_DATE": "Hired on",
    "UF_PHONE_INNER": "Extension number",
    "UF_SKILLS": "Skills",
    "UF_INTERESTS": "Interests",
    "UF_DISTRICT": "District",
    "UF_TIMEMAN": "Time tracking",
    "UF_WEB_SITES": "Other websites",
    "UF_SKYPE": "Skype",
    "UF_SKYPE_LINK": "Skype chat link",
    "UF_ZOOM": "Zoom",
    "UF_LINKEDIN": "LinkedIn",
    "UF_TWITTER": "Twitter",
    "UF_XING": "Xing",
    **{name: name for name in ("TIME_ZONE", "IS_ONLINE", "TIMESTAMP_X", "LAST_ACTIVITY_DATE", "USER_TYPE")},
}


# Lists of users print these dates as PHP prints an object without public fields (user-get.md).
_DATES = {"TIMESTAMP_X": EmptyObject(), "LAST_ACTIVITY_DATE": EmptyObject()}


def add_user(
    store: Store,
    id: int | None = None,
    *,
    name: str,
    last_name: str = "",
    email: str = "",
    is_admin: bool = False,
    active: bool = True,
    departments: list[int] | None = None,
    work_position: str = "",
    second_name: str = "",
    time_zone: str = "",
    date_register: str = "",
    **extra: Any,
) -> int:
    """Adds an employee (or replaces the one with this id) and returns the id.

    `extra` are further fields by their REST names (`PERSONAL_MOBILE`, `UF_PHONE_INNER`, ...).
    """
    row = {
        "id": id,
        "name": name,
        "last_name": last_name,
        "second_name": second_name,
        "email": email,
        "active": int(active),
        "is_admin": int(is_admin),
        "departments": json.dumps(departments or [1]),
        "work_position": work_position,
        "time_zone": time_zone,
        "date_register": date_register,
        "last_login": "",
        "extra": json.dumps(extra, ensure_ascii=False),
    }
    if id is not None:
        store.execute("DELETE FROM users WHERE id = ?", (id,))
    return store.insert("users", row)


def printed(row: sqlite3.Row) -> dict[str, Any]:
    """A user as REST prints it."""
    return {
        "ID": str(row["id"]),
        "XML_ID": "",
        "ACTIVE": bool(row["active"]),
        "NAME": row["name"] or "",
        "LAST_NAME": row["last_name"] or "",
        "SECOND_NAME": row["second_name"] or "",
        "EMAIL": row["email"] or "",
        "LAST_LOGIN": row["last_login"] or "",
        "DATE_REGISTER": row["date_register"] or "",
        "TIME_ZONE": row["time_zone"] or "",
        "IS_ONLINE": "N",
        "TIMESTAMP_X": "",
        "LAST_ACTIVITY_DATE": "",
        "PERSONAL_GENDER": "",
        "PERSONAL_BIRTHDAY": "",
        "PERSONAL_MOBILE": "",
        "WORK_PHONE": "",
        "WORK_POSITION": row["work_position"] or "",
        "UF_EMPLOYMENT_DATE": "",
        "UF_DEPARTMENT": json.loads(row["departments"]),
        "USER_TYPE": "employee",
        **json.loads(row["extra"]),
    }


def _visible(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    scope = call.scope
    if scope is None or "user" in scope or "user_basic" in scope:
        return row
    return {name: value for name, value in row.items() if name not in CONTACTS}


def _all(call: Call) -> list[dict[str, Any]]:
    return [_visible(call, printed(row)) for row in call.portal.store.rows("SELECT * FROM users ORDER BY id")]


def _own_filter(call: Call) -> dict[str, Any]:
    """FILTER, and the field names that clients put beside it (`user.get?ID=1`)."""
    beside = {k: v for k, v in call.params.items() if k.lstrip("!=<>@%").upper() in _TEXTS}
    return {**beside, **call.mapping("FILTER")}


def _listed(call: Call, rows: list[dict[str, Any]]) -> Page:
    page = paged(call, ordered(rows, str(call.get("sort") or "ID"), str(call.get("order") or "ASC")))
    own: dict[str, Any] = {
        f.name: [] if f.multiple else None for f in schema_of(call.portal).user_fields.get("USER", [])
    }
    page.rows = [{**own, **row, **_DATES} for row in page.rows]
    select = [str(name).upper() for name in call.listing("select")]
    if select and "*" not in select:
        page.rows = [
            {k: v for k, v in row.items() if k in select or ("UF_*" in select and k[:3] == "UF_")} for row in page.rows
        ]
    return page


@method("user.get", SCOPE)
def user_get(call: Call) -> Page:
    """user-get.md"""
    wanted = _own_filter(call)
    words = str(wanted.pop("NAME_SEARCH", "") or "").lower().split()
    rows = [row for row in _all(call) if matches(row, wanted) and _has_words(row, words)]
    return _listed(call, rows)


@method("user.search", SCOPE)
def user_search(call: Call) -> Page:
    """user-search.md: FIND looks into all named fields, other fields match by their beginning."""
    wanted = {k.upper(): v for k, v in _own_filter(call).items()}
    words = str(wanted.pop("FIND", call.get("FIND")) or "").lower().split()
    exact = {k: v for k, v in wanted.items() if k not in ("NAME", "LAST_NAME", "WORK_POSITION")}
    begins = {f"=%{k}": f"{v}%" for k, v in wanted.items() if k in ("NAME", "LAST_NAME", "WORK_POSITION")}
    rows = [row for row in _all(call) if matches(row, {**exact, **begins}) and _has_words(row, words)]
    return _listed(call, rows)


def _has_words(row: dict[str, Any], words: list[str]) -> bool:
    text = " ".join(str(row.get(name, "")) for name in ("NAME", "LAST_NAME", "SECOND_NAME", "WORK_POSITION")).lower()
    return all(word in text for word in words)


def _row(call: Call, user: int) -> sqlite3.Row:
    row = call.portal.store.one("SELECT * FROM users WHERE id = ?", (user,))
    if row is None:
        raise RestError("ERROR_CORE", "User not found", 400)
    return row


@method("user.current", SCOPE)
def user_current(call: Call) -> dict[str, Any]:
    """user-current.md"""
    return _visible(call, printed(_row(call, call.user)))


@method("user.fields", SCOPE)
def user_fields(call: Call) -> dict[str, str]:
    """user-fields.md"""
    return {**_TEXTS, **{field.name: field.name for field in schema_of(call.portal).user_fields.get("USER", [])}}


@method("user.admin")
def user_admin(call: Call) -> bool:
    """user-admin.md"""
    return call.portal.is_admin(call.user)


@method("profile")
def profile(call: Call) -> dict[str, Any]:
    """profile.md"""
    row = _row(call, call.user)
    return {
        "ID": str(row["id"]),
        "ADMIN": call.portal.is_admin(call.user),
        "NAME": row["name"] or "",
        "LAST_NAME": row["last_name"] or "",
        "PERSONAL_GENDER": "",
        "TIME_ZONE": row["time_zone"] or "",
    }


def _given(call: Call) -> dict[str, Any]:
    """Fields of add and update, which come at the top of the parameters or in `fields`."""
    return {str(key).upper(): value for key, value in {**call.params, **call.mapping("fields")}.items()}


def _extra(given: Mapping[str, Any]) -> dict[str, Any]:
    own = {*_COLUMNS, "ID", "ACTIVE", "UF_DEPARTMENT"}
    return {k: v for k, v in given.items() if k not in own and k.startswith(("PERSONAL_", "WORK_", "UF_", "XML_ID"))}


def _departments(value: Any) -> list[int]:
    return [int(one) for one in (value if isinstance(value, list) else [value])]


def _groups(value: Any) -> list[int]:
    """The groups that people from outside come with, to work in."""
    if value in (None, "", [], {}):
        raise RestError("ERROR_GROUPID", "Group code not specified", 400)
    given = list(value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value])
    if not all(str(group).isdigit() and int(group) for group in given):
        raise RestError("ERROR_NO_GROUP", "Group is specified incorrectly", 400)
    return [int(group) for group in given]


def _let_outside(call: Call, user: int, wanted: list[int]) -> None:
    """Someone from outside the company: without a department, a member of the wanted groups; methods
    for employees refuse such people."""
    store = call.portal.store
    sql = "UPDATE users SET departments = '[]', extra = json_set(extra, '$.USER_TYPE', 'extranet') WHERE id = ?"
    store.execute(sql, (user,))
    outsiders.let_outside(call, user)
    for number in wanted:
        group = groups.get(store, number)
        if group is not None:
            groups.put(call, group, user, groups.MEMBER, call.user)


@method("user.add", "user", write=True)
def user_add(call: Call) -> int:
    """user-add.md: invites an employee; e-mail and a department are required, administrators only."""
    call.require_admin()
    given = _given(call)
    if not given.get("EMAIL"):
        raise RestError("ERROR_ARGUMENT", "no_email", 400)
    if call.portal.store.value("SELECT 1 FROM users WHERE email = ?", (given["EMAIL"],)):
        raise RestError("ERROR_CORE", "user_exist", 400)
    outside = str(given.get("EXTRANET") or "").upper() == "Y"
    wanted = _groups(given.get("SONET_GROUP_ID")) if outside else []
    named: dict[str, Any] = {column: str(given.get(name) or "") for name, column in _COLUMNS.items()}
    user = add_user(
        call.portal.store,
        call.forced_id,
        departments=_departments(given.get("UF_DEPARTMENT") or 1),
        date_register=call.portal.clock.iso(),
        **named,
        **_extra(given),
    )
    if outside:
        _let_outside(call, user, wanted)
    eventlog.note(call, "USER_REGISTER", user)
    call.portal.emit("ONUSERADD", printed(_row(call, user)), call)
    return user


@method("user.update", "user", write=True)
def user_update(call: Call) -> bool:
    """user-update.md: administrators only."""
    call.require_admin()
    user = call.integer("ID")
    row, given = _row(call, user), _given(call)
    values: dict[str, Any] = {column: given[name] for name, column in _COLUMNS.items() if name in given}
    if "ACTIVE" in given:
        values["active"] = int(str(given["ACTIVE"]).lower() in ("y", "1", "true"))
    if "UF_DEPARTMENT" in given:
        values["departments"] = json.dumps(_departments(given["UF_DEPARTMENT"]))
    values["extra"] = json.dumps({**json.loads(row["extra"]), **_extra(given)}, ensure_ascii=False)
    marks = ", ".join(f"{column} = ?" for column in values)
    call.portal.store.execute(f"UPDATE users SET {marks} WHERE id = ?", (*values.values(), user))
    eventlog.note(call, "USER_EDIT", user, fields=sorted(given))
    return True
