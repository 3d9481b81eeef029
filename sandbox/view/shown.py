"""Values of fields as people read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.view.employee import Row
from sandbox.view.kinds import COMPANY, CONTACT, DEAL, LEAD, QUOTE, Kind
from sandbox.view.moments import day, moment, money, number, split_money
from sandbox.view.names import Names

EMPTY: tuple[Any, ...] = (None, "", [], {}, False)
_ENTITIES = {"crm_company": COMPANY, "crm_contact": CONTACT, "crm_deal": DEAL, "crm_lead": LEAD, "crm_quote": QUOTE}
_PREFIXES = {"CO": COMPANY, "C": CONTACT, "D": DEAL, "L": LEAD, "Q": QUOTE, "SI": 31}
# Numbers that are sums in the currency of the object.
_SUMS = frozenset({"opportunity", "taxValue", "revenue"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One printed value; with `href` it is a link."""

    text: str
    href: str = ""


class Printer:
    """Prints fields of objects of one kind."""

    def __init__(self, names: Names, kind: Kind) -> None:
        self.names = names
        self.kind = kind
        self.fields = names.fields(kind)
        self._by_type: dict[str, Callable[[Row, Any, Row], Shown]] = {
            "boolean": lambda field, value, row: Shown("Да" if str(value) in ("Y", "1", "True") else "Нет"),
            "date": lambda field, value, row: Shown(day(value)),
            "datetime": lambda field, value, row: Shown(moment(value, names.employee.portal.clock.zone)),
            "money": lambda field, value, row: Shown(money(*split_money(value))),
            "integer": lambda field, value, row: Shown(str(value)),
            "double": self._double,
            "user": lambda field, value, row: Shown(names.user(value)),
            "employee": lambda field, value, row: Shown(names.user(value)),
            "enumeration": self._enumeration,
            "crm_status": self._status,
            "crm_category": self._category,
            "crm_entity": self._entity,
            "crm": lambda field, value, row: self._element(str(value)),
            "url": lambda field, value, row: _url(str(value)),
            "file": lambda field, value, row: Shown(_file(value)),
        }

    def show(self, name: str, row: Row) -> list[Shown]:
        """The printed values of a field, none when it is empty."""
        value, field = row.get(name), {**self.fields.get(name, {}), "name": name}
        if _is_empty(value, field):
            return []
        values = value if isinstance(value, list) else [value]
        return [self._one(field, one, row) for one in values if one not in (None, "")]

    def _one(self, field: Row, value: Any, row: Row) -> Shown:
        kind = str(field.get("type"))
        if kind in _ENTITIES:
            return self._link(_ENTITIES[kind], int(value))
        printer = self._by_type.get(kind)
        return printer(field, value, row) if printer else Shown(str(value))

    def _double(self, field: Row, value: Any, row: Row) -> Shown:
        return Shown(money(value, row.get("currencyId")) if field["name"] in _SUMS else number(value))

    def _enumeration(self, field: Row, value: Any, row: Row) -> Shown:
        names = {str(item["ID"]): str(item["VALUE"]) for item in field.get("items") or []}
        return Shown(names.get(str(value), str(value)))

    def _status(self, field: Row, value: Any, row: Row) -> Shown:
        if field["name"] in ("stageId", "previousStageId"):
            stages = self.names.stages(self.kind, int(row.get("categoryId") or 0))
            return Shown(next((stage.name for stage in stages if stage.id == value), str(value)))
        return Shown(self.names.directory(str(field.get("statusType") or "")).get(str(value), str(value)))

    def _category(self, field: Row, value: Any, row: Row) -> Shown:
        return Shown(next((f.name for f in self.names.funnels(self.kind) if f.id == int(value)), str(value)))

    def _entity(self, field: Row, value: Any, row: Row) -> Shown:
        parent = (field.get("settings") or {}).get("parentEntityTypeId")
        return self._link(int(parent), int(value)) if parent else Shown(str(value))

    def _link(self, entity_type_id: int, number: int) -> Shown:
        known = next((kind for kind in self.names.kinds() if kind.id == entity_type_id), None)
        href = known.card(number) if known else ""
        return Shown(self.names.title(entity_type_id, number), href)

    def _element(self, code: str) -> Shown:
        return element(self.names, code)


def element(names: Names, code: str) -> Shown:
    """An object by its short code: `CO_100`, `D_501`, `Tb4_17` (the number of a smart process in hex)."""
    prefix, _, number = code.partition("_")
    entity_type_id = _PREFIXES.get(prefix)
    if entity_type_id is None and prefix[:1] == "T":
        entity_type_id = int(prefix[1:], 16) if _is_hex(prefix[1:]) else None
    kind = next((kind for kind in names.kinds() if kind.id == entity_type_id), None)
    if kind is None or not number.isdigit():
        return Shown(code)
    return Shown(f"{kind.one}: {names.title(kind.id, int(number))}", kind.card(number))


def _is_hex(text: str) -> bool:
    return bool(text) and all(ch in "0123456789abcdefABCDEF" for ch in text)


def _is_empty(value: Any, field: Row) -> bool:
    """An unset flag of the portal itself is noise; one that people made says «Нет»."""
    if field.get("type") == "boolean" and value not in (None, ""):
        return not field.get("isDynamic") and str(value) in ("N", "0", "False")
    if field.get("type") in ("double", "integer", "crm_category"):
        return value in (None, "") or (value == 0 and not field.get("isDynamic"))
    return value in EMPTY or value == 0


def _url(value: str) -> Shown:
    return Shown(value, value if value.startswith(("http://", "https://")) else "")


def _file(value: Any) -> str:
    return str(value.get("name") or f"Файл {value.get('id')}") if isinstance(value, dict) else "Файл"
