"""Employees in chats: `im.user.*`, `im.department.*`, `im.search.*.list`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.outsiders import is_outside
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people, printing
from sandbox.messenger.dialogs import limit, truth, whole
from sandbox.messenger.people import Person
from sandbox.social import groups

_STATUSES = ("online", "dnd", "away", "break")
_SHORTEST = 2
_SHORTEST_CHAT = 3


def _ids(value: Any) -> list[int] | None:
    """ID as an array, a JSON text of one or a single number; None for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, int):
        value = [value]
    if not isinstance(value, list) or not value:
        return None
    return [number for number in map(whole, value) if number] or None


def _require_intranet(call: Call) -> None:
    """Departments are shown to employees only."""
    me = people.find(call.portal.store, call.user)
    if me is None or me.kind != "user" or is_outside(call):
        raise RestError("ACCESS_ERROR", "Only intranet users have access to this method.", 403)


def _sees(call: Call, person: Person) -> bool:
    """People from outside see those with whom they are in a group, employees see everybody."""
    return not is_outside(call) or call.user == person.id or groups.together(call.portal.store, call.user, person.id)


@method("im.user.get", "im")
def user_get(call: Call) -> dict[str, Any]:
    """One person; the caller without ID."""
    number = call.user if call.get("ID") in (None, "") else whole(call.get("ID"))
    if not number:
        raise RestError("ID_EMPTY", "User ID can't be empty")
    person = people.find(call.portal.store, number)
    if person is None:
        raise RestError("USER_NOT_EXISTS", "User is not exists")
    if not _sees(call, person):
        raise RestError("ACCESS_DENIED", "You can request only users who consist of your extranet group")
    return people.printed(call.portal, person)


@method("im.user.list.get", "im")
def user_list(call: Call) -> dict[str, Any] | list[Any]:
    """Many people by id; RESULT_TYPE=array gives a list."""
    wanted = _ids(call.get("ID"))
    if wanted is None:
        raise RestError("INVALID_FORMAT", "A wrong format for the ID field is passed")
    known = people.of(call.portal.store, wanted)
    shown = {str(n): people.printed(call.portal, known[n]) if n in known else None for n in wanted}
    if call.get("RESULT_TYPE") == "array":
        return [person for person in shown.values() if person]
    return shown


@method("im.user.status.get", "im")
def status_get(call: Call) -> str:
    """The caller's status."""
    return people.status_of(call.portal.store, call.user)[0]


@method("im.user.status.set", "im", write=True)
def status_set(call: Call) -> bool:
    """Sets the caller's status."""
    status = str(call.get("STATUS") or "")
    if status not in _STATUSES:
        raise RestError("STATUS_ERROR", "Status is not available")
    _presence(call, status, people.status_of(call.portal.store, call.user)[1])
    return True


def _presence(call: Call, status: str, idle: str | None) -> None:
    call.portal.store.execute("INSERT OR REPLACE INTO im_presence VALUES (?, ?, ?)", (call.user, status, idle))


@method("im.user.status.idle.start", "im", write=True)
def idle_start(call: Call) -> bool:
    """The caller has been away for AGO minutes."""
    since = call.portal.now() - timedelta(minutes=whole(call.get("AGO")) or 10)
    _presence(call, people.status_of(call.portal.store, call.user)[0], since.isoformat(timespec="seconds"))
    return True


@method("im.user.status.idle.end", "im", write=True)
def idle_end(call: Call) -> bool:
    """The caller is back."""
    _presence(call, people.status_of(call.portal.store, call.user)[0], None)
    return True


def _department(call: Call, row: Any) -> dict[str, Any]:
    shown = {
        "id": row["id"],
        "name": row["name"],
        "full_name": _full_name(call, row),
        "manager_user_id": row["head"] or 0,
    }
    if truth(call.get("USER_DATA")):
        head = people.find(call.portal.store, row["head"] or 0)
        shown["manager_user_data"] = people.printed(call.portal, head) if head else None
    return shown


def _full_name(call: Call, row: Any) -> str:
    names = [row["name"]]
    while row["parent"]:
        row = call.portal.store.one("SELECT * FROM departments WHERE id = ?", (row["parent"],))
        if row is None:
            break
        names.append(row["name"])
    return " / ".join(names)


@method("im.department.get", "im")
def department_get(call: Call) -> list[dict[str, Any]]:
    """Departments by id."""
    _require_intranet(call)
    wanted = _ids(call.get("ID"))
    if wanted is None:
        raise RestError("INVALID_FORMAT", "A wrong format for the ID field is passed")
    rows = call.portal.store.rows("SELECT * FROM departments ORDER BY id")
    return [_department(call, row) for row in rows if row["id"] in wanted]


def _employees(call: Call) -> list[Person]:
    rows = call.portal.store.rows("SELECT id FROM users WHERE active = 1 ORDER BY id")
    known = people.of(call.portal.store, [row["id"] for row in rows])
    return [known[number] for number in sorted(known)]


def _listed(call: Call, found: list[Person]) -> list[Any]:
    if truth(call.get("USER_DATA")):
        return [people.printed(call.portal, person) for person in found]
    return [person.id for person in found]


def _wanted_departments(call: Call) -> list[int]:
    wanted = _ids(call.get("ID"))
    if wanted is None:
        raise RestError("ID_EMPTY", "Department ID can't be empty")
    return wanted


@method("im.department.employees.get", "im")
def employees_get(call: Call) -> dict[str, list[Any]]:
    """The employees of departments."""
    _require_intranet(call)
    everybody = _employees(call)
    return {
        str(number): _listed(call, [person for person in everybody if number in person.departments])
        for number in _wanted_departments(call)
    }


@method("im.department.managers.get", "im")
def managers_get(call: Call) -> dict[str, list[Any]]:
    """The heads of departments."""
    _require_intranet(call)
    store = call.portal.store
    shown = {}
    for number in _wanted_departments(call):
        head = people.find(store, int(store.value("SELECT head FROM departments WHERE id = ?", (number,)) or 0))
        shown[str(number)] = _listed(call, [head] if head else [])
    return shown


@method("im.department.colleagues.list", "im")
def colleagues(call: Call) -> Page:
    """Those of the caller's departments; for a head also the departments below."""
    _require_intranet(call)
    me = people.find(call.portal.store, call.user)
    own = set(me.departments) if me else set()
    rows = call.portal.store.rows("SELECT id, parent, head FROM departments ORDER BY id")
    led = {row["id"] for row in rows if row["head"] == call.user}
    while True:
        below = {row["id"] for row in rows if row["parent"] in led} - led
        if not below:
            break
        led |= below
    wanted = own | led
    found = [person for person in _employees(call) if person.id != call.user and wanted & set(person.departments)]
    return _page(call, _listed(call, found), 10)


def _page(call: Call, rows: list[Any], default: int) -> Page:
    size, first = limit(call, default, 50), whole(call.get("OFFSET"))
    return Page(rows[first : first + size], len(rows), first, size=size)


def _phrase(call: Call, shortest: int, *names: str) -> str:
    text = next((str(call.get(name)) for name in names if call.get(name)), "").strip().lower()
    if len(text) < shortest:
        raise RestError("FIND_SHORT", "Too short a search phrase.")
    return text


@method("im.search.user.list", "im")
def search_users(call: Call) -> Page:
    """Employees by name, position or department."""
    text = _phrase(call, _SHORTEST, "FIND")
    names = {row["id"]: row["name"] for row in call.portal.store.rows("SELECT id, name FROM departments")}
    found = []
    for person in _employees(call):
        words = [person.first, person.last, person.position, *(names.get(n, "") for n in person.departments)]
        if any(word.lower().startswith(text) for part in (*words, person.name) for word in (part, *part.split())):
            found.append(person)
    page = _page(call, found, 10)
    shown: Any = {str(person.id): people.printed(call.portal, person) for person in page.rows}
    page.rows = shown  # an object by id, as the page prints it
    return page


@method("im.search.department.list", "im")
def search_departments(call: Call) -> Page:
    """Departments by their full name."""
    text = _phrase(call, _SHORTEST_CHAT, "FIND")
    rows = call.portal.store.rows("SELECT * FROM departments ORDER BY id")
    found = [row for row in rows if any(word.startswith(text) for word in _full_name(call, row).lower().split())]
    page = _page(call, found, 10)
    page.rows = [_department(call, row) for row in page.rows]
    return page


@method("im.search.chat.list", "im")
def search_chats(call: Call) -> Page:
    """The caller's chats and the open ones, by title or by a member's name."""
    text = _phrase(call, _SHORTEST_CHAT, "FIND", "FIND_LINES")
    lines = not call.get("FIND")
    kinds = ("lines",) if lines else ("chat", "open")
    store = call.portal.store
    rows = store.rows(
        "SELECT id FROM im_chats WHERE type = 'open' OR id IN (SELECT chat FROM im_members WHERE user = ?)"
        " ORDER BY id DESC",
        (call.user,),
    )
    found = []
    for row in rows:
        chat = chats.get(store, row["id"])
        if chat is not None and chat.type in kinds and _matches(call, chat, text):
            found.append(chat)
    page = _page(call, found, 10)
    page.rows = [printing.dialog(call.portal, chat, call.user) for chat in page.rows]
    return page


def _matches(call: Call, chat: chats.Chat, text: str) -> bool:
    if text in chat.title.lower():
        return True
    known = people.of(call.portal.store, chats.members(call.portal.store, chat.id))
    return any(text in person.name.lower() for person in known.values())
