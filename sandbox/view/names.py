"""What things are called: people, objects, funnels, stages, fields; remembered while one page is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.crm.schema import schema_of
from sandbox.kernel.errors import RestError
from sandbox.view.employee import Employee, Row
from sandbox.view.kinds import CONTACT, SYSTEM, Kind, smart_process

T = TypeVar("T")
HIDDEN = "Скрыто"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a funnel; `tone` is process, success or failure."""

    id: str
    name: str
    color: str
    tone: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel (category) of a kind."""

    id: int
    name: str
    default: bool


class Names:
    """Looks names up through the employee's eyes, each of them once."""

    def __init__(self, employee: Employee) -> None:
        self.employee = employee
        self._known: dict[Any, Any] = {}

    def _once(self, key: Any, find: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = find()
        found: T = self._known[key]
        return found

    def kinds(self) -> list[Kind]:
        """Every kind of object, the portal's own first, then smart processes."""
        return self._once("kinds", self._find_kinds)

    def _find_kinds(self) -> list[Kind]:
        known = schema_of(self.employee.portal).all_types()
        types = self.employee.structure("crm.type.list")
        smart = [smart_process(int(row["entityTypeId"]), str(row["title"])) for row in types]
        return [*(kind for kind in SYSTEM if kind.id in known), *smart]

    def kind(self, entity_type_id: int) -> Kind:
        """A kind by its number; NOT_FOUND when the portal has no such kind."""
        for kind in self.kinds():
            if kind.id == entity_type_id:
                return kind
        raise RestError("NOT_FOUND", "Такого раздела на портале нет", 404)

    def user(self, number: Any) -> str:
        """An employee's name; "" for nobody (0, empty)."""
        if not number or not str(number).isdigit() or int(number) == 0:
            return ""
        return self._once(("user", int(number)), lambda: self._find_user(int(number)))

    def _find_user(self, number: int) -> str:
        rows = self.employee.glance("user.get", {"FILTER": {"ID": number}})
        return full_name(rows[0]) if rows else f"Сотрудник {number}"

    def users(self) -> list[Row]:
        """The employees who work here, by name: `id`, `name`, `post`."""
        return self._once("users", self._find_users)

    def _find_users(self) -> list[Row]:
        rows = self.employee.structure("user.get", {"FILTER": {"ACTIVE": True}})
        people = [
            {"id": int(row["ID"]), "name": full_name(row), "post": row.get("WORK_POSITION") or ""} for row in rows
        ]
        return sorted(people, key=lambda person: person["name"])

    def title(self, entity_type_id: int, number: int) -> str:
        """The title of an object; one the employee may not see is hidden."""
        return self._once(("title", entity_type_id, number), lambda: self._find_title(entity_type_id, number))

    def _find_title(self, entity_type_id: int, number: int) -> str:
        chosen = ["id", "name", "lastName"] if entity_type_id == CONTACT else ["id", "title"]
        asked = {"entityTypeId": entity_type_id, "filter": {"id": number}, "select": chosen, "start": -1}
        rows = self.employee.glance("crm.item.list", asked)
        return title_of(rows[0]) if rows else HIDDEN

    def funnels(self, kind: Kind) -> list[Funnel]:
        """The funnels of a kind, [] where it has none."""
        if not kind.has_funnels:
            return []
        return self._once(("funnels", kind.id), lambda: self._find_funnels(kind))

    def _find_funnels(self, kind: Kind) -> list[Funnel]:
        rows = self.employee.structure("crm.category.list", {"entityTypeId": kind.id})
        return [Funnel(int(row["id"]), str(row["name"]), str(row.get("isDefault")) in ("Y", "True")) for row in rows]

    def stages(self, kind: Kind, funnel: int) -> list[Stage]:
        """The stages of a funnel in their order, [] where the kind has none."""
        if not kind.has_stages:
            return []
        return self._once(("stages", kind.id, funnel), lambda: self._find_stages(kind.dictionary(funnel)))

    def _find_stages(self, dictionary: str) -> list[Stage]:
        asked = {"filter": {"ENTITY_ID": dictionary}, "order": {"SORT": "ASC"}}
        return [_stage(row) for row in self.employee.structure("crm.status.list", asked)]

    def directory(self, dictionary: str) -> dict[str, str]:
        """The elements of a directory (sources, types of companies): code -> name."""
        return self._once(("directory", dictionary), lambda: self._find_directory(dictionary))

    def _find_directory(self, dictionary: str) -> dict[str, str]:
        return {stage.id: stage.name for stage in self._find_stages(dictionary)}

    def fields(self, kind: Kind) -> dict[str, Row]:
        """The fields of a kind as crm.item.fields describes them."""
        return self._once(("fields", kind.id), lambda: self._find_fields(kind))

    def _find_fields(self, kind: Kind) -> dict[str, Row]:
        # Also for those who may not see such cards: their names stand beside fields of others.
        answer = self.employee.portal.call("crm.item.fields", {"entityTypeId": kind.id})
        found: dict[str, Row] = answer["fields"]
        return found


def _stage(row: Row) -> Stage:
    tone = {"S": "success", "F": "failure"}.get(str(row.get("SEMANTICS")), "process")
    return Stage(str(row["STATUS_ID"]), str(row["NAME"]), str(row.get("COLOR") or "#9fb0c3"), tone)


def full_name(row: Row) -> str:
    """The name of a row of user.get."""
    parts = (str(row.get(key) or "").strip() for key in ("NAME", "LAST_NAME"))
    return " ".join(part for part in parts if part) or str(row.get("EMAIL") or f"Сотрудник {row.get('ID')}")


def title_of(row: Row) -> str:
    """What an object is called on screens: its title, or a person's name, or its number."""
    title = str(row.get("title") or "").strip()
    if title:
        return title
    person = " ".join(str(row[key]) for key in ("name", "lastName") if row.get(key))
    return person or f"№ {row.get('id')}"
