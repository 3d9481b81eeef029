"""Who takes part in chats: employees, chat bots, and clients who write through a connector."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.kernel.portal import Portal
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS im_guests (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " lastName TEXT NOT NULL DEFAULT '', connector TEXT NOT NULL DEFAULT '', externalId TEXT NOT NULL DEFAULT '',"
    " phone TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '', color TEXT NOT NULL DEFAULT '',"
    " position TEXT NOT NULL DEFAULT '')"
)
declare("CREATE INDEX IF NOT EXISTS im_guests_external ON im_guests (connector, externalId)")
declare("CREATE TABLE IF NOT EXISTS im_presence (user INTEGER PRIMARY KEY, status TEXT NOT NULL, idle TEXT)")

# Ids of employees grow from 1; those who are no employees get theirs from here, so that the two never meet.
FIRST_GUEST = 500_001
COLORS = {
    "RED": "#df532d",
    "GREEN": "#64a513",
    "MINT": "#4ba984",
    "LIGHT_BLUE": "#4ba5c3",
    "DARK_BLUE": "#3e99ce",
    "PURPLE": "#8474c8",
    "AQUA": "#1eb4aa",
    "PINK": "#f76187",
    "LIME": "#58cc47",
    "BROWN": "#ab7761",
    "AZURE": "#29619b",
    "KHAKI": "#728f7a",
    "SAND": "#ba9c7b",
    "MARENGO": "#556574",
    "GRAY": "#909090",
    "GRAPHITE": "#5e5f5e",
}
_PALETTE = tuple(COLORS.values())
Kind = Literal["user", "bot", "connector"]


@dataclass(frozen=True, slots=True)
class Person:
    """A participant; `kind` is `user` for an employee, `connector` for a client of an open line."""

    id: int
    kind: Kind
    first: str
    last: str
    position: str = ""
    active: bool = True
    departments: Sequence[int] = ()
    color: str = ""
    phone: str = ""
    email: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first} {self.last}".strip()

    @property
    def extranet(self) -> bool:
        """Whether the person is from outside the company: a client, or a user of the extranet."""
        return self.kind == "connector" or self.extra.get("USER_TYPE") == "extranet"


def colour(number: int) -> str:
    """The colour that a chat or a person without a chosen one has."""
    return _PALETTE[number % len(_PALETTE)]


def find(store: Store, number: int) -> Person | None:
    """The participant with this id; 0 is nobody."""
    return of(store, [number]).get(number)


def of(store: Store, numbers: Iterable[int]) -> dict[int, Person]:
    """Many participants at once; unknown ids are left out."""
    wanted = sorted(set(numbers))
    marks = ", ".join("?" * len(wanted))
    found: dict[int, Person] = {}
    for row in store.rows(f"SELECT * FROM users WHERE id IN ({marks})", wanted):
        found[row["id"]] = Person(
            row["id"],
            "user",
            row["name"] or "",
            row["last_name"] or "",
            row["work_position"] or "",
            bool(row["active"]),
            json.loads(row["departments"]),
            email=row["email"] or "",
            extra=json.loads(row["extra"]),
        )
    for row in store.rows(f"SELECT * FROM im_guests WHERE id IN ({marks})", wanted):
        found[row["id"]] = Person(
            row["id"],
            row["kind"],
            row["name"],
            row["lastName"],
            row["position"],
            color=row["color"],
            phone=row["phone"],
            email=row["email"],
        )
    return found


def add_guest(store: Store, kind: Kind, name: str, last_name: str = "", **columns: str) -> int:
    """Adds a client or a bot and returns the id; `columns` are further columns of `im_guests`."""
    number = int(store.value("SELECT max(id) FROM im_guests") or FIRST_GUEST - 1) + 1
    store.insert("im_guests", {"id": number, "kind": kind, "name": name, "lastName": last_name, **columns})
    return number


def status_of(store: Store, user: int) -> tuple[str, str | None]:
    """A user's chosen status and since when the user is idle (ISO), None when not."""
    row = store.one("SELECT status, idle FROM im_presence WHERE user = ?", (user,))
    return (row["status"], row["idle"]) if row else ("online", None)


def printed(portal: Portal, person: Person) -> dict[str, Any]:
    """A participant as `im.user.get` prints it (im-user-get.md)."""
    status, idle = status_of(portal.store, person.id)
    extra, employee = person.extra, person.kind == "user"
    phones = {
        name: extra[key]
        for key, name in (
            ("WORK_PHONE", "work_phone"),
            ("PERSONAL_MOBILE", "personal_mobile"),
            ("PERSONAL_PHONE", "personal_phone"),
            ("UF_PHONE_INNER", "inner_phone"),
        )
        if extra.get(key)
    }
    return {
        "id": person.id,
        "active": person.active,
        "name": person.name,
        "first_name": person.first,
        "last_name": person.last,
        "work_position": person.position,
        "color": person.color or colour(person.id),
        "avatar": "",
        "avatar_hr": "",
        "gender": str(extra.get("PERSONAL_GENDER") or "M"),
        "birthday": "",
        "extranet": person.extranet,
        "network": False,
        "bot": person.kind == "bot",
        "connector": person.kind == "connector",
        "external_auth_id": {"user": "default", "bot": "bot", "connector": "imconnector"}[person.kind],
        "status": status,
        "idle": idle or False,
        "last_activity_date": portal.clock.iso(),
        "mobile_last_date": False,
        "desktop_last_date": False,
        "absent": False,
        "departments": list(person.departments),
        "phones": phones or False,
        "bot_data": None,
        "type": "user" if employee else person.kind,
        "website": "",
        "email": person.email,
        "services": None,
        "profile": f"/company/personal/user/{person.id}/" if employee else "",
    }
