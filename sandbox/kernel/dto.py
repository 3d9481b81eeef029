"""Objects of REST 3.0: their fields, and what `select`, `filter`, `order` and `pagination` do with them."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.v3 import FITS, V3Error, invalid, method_v3, moment_of, refusal, unread

Row = Mapping[str, Any]
OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "in", "between")
LIMIT = 50
MAXIMUM = 1000
_DESCRIBED = ("name", "type", "title", "description", "validationRules", "requiredGroups")
_MARKS = ("filterable", "sortable", "editable", "multiple", "elementType")


@dataclass(frozen=True, slots=True)
class Prop:
    """A field of an object. A moment is of the type `DateTime` and described as `object`."""

    name: str
    type: str
    filterable: bool = False
    sortable: bool = False
    editable: bool = False
    required: bool = False
    related: bool = False

    def describe(self) -> dict[str, Any]:
        """The whole description of `*.field.get`."""
        kind = "object" if self.type == "DateTime" else self.type
        said: list[Any] = [self.name, kind, self.name, None, [], None]
        marks: list[Any] = [self.filterable, self.sortable, self.editable, False, None]
        return dict(zip((*_DESCRIBED, *_MARKS), said + marks, strict=True))


def props_of(text: str) -> dict[str, Prop]:
    """Reads a declaration, `name type flags` a line; flags: f filterable, s sortable, e editable,
    r required, o an object of its own (printed only when it is selected)."""
    props = {}
    for line in filter(str.strip, text.splitlines()):
        name, kind, *flags = line.split()
        marks = flags[0] if flags else ""
        props[name] = Prop(name, kind, "f" in marks, "s" in marks, "e" in marks, "r" in marks, "o" in marks)
    return props


@dataclass(frozen=True, slots=True)
class Dto:
    """A kind of object: `name` stands in messages, `related` are the objects that fields hold."""

    name: str
    props: dict[str, Prop]
    related: dict[str, Dto] = field(default_factory=dict)

    def unknown(self, name: str) -> V3Error:
        """The refusal of a field that the object does not have."""
        return refusal("UNKNOWNDTOPROPERTY", f"Unknown field `{name}` for entity `{self.name}`")

    @property
    def plain(self) -> list[str]:
        """The fields that are printed when none are selected."""
        return [name for name, prop in self.props.items() if not prop.related]


# --- select ---------------------------------------------------------------------------------


def selected(call: Call, dto: Dto, default: Sequence[str] | None = None, *, strict: bool = False) -> dict[str, Any]:
    """What `select` asks for: name -> None for a whole field, or the same of a related object.

    Unknown own fields are left out (refused where the page is `strict`), those of related objects refused.
    Paths into related objects alone come on top of the usual fields (tasks-task-get-rest-v3.md).
    """
    asked = call.params.get("select")
    if asked is None or asked == []:
        return dict.fromkeys(dto.plain if default is None else default)
    if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
        raise unread("SELECT", "select expression", asked)
    chosen: dict[str, Any] = {}
    for name in asked:
        _choose(dto, name, chosen, strict=strict)
    if chosen and all(inner is not None for inner in chosen.values()) and all("." in name for name in asked):
        return {**dict.fromkeys(dto.plain if default is None else default), **chosen}
    return chosen


def _choose(dto: Dto, path: str, chosen: dict[str, Any], strict: bool) -> None:
    name, _, rest = path.partition(".")
    if name not in dto.props:
        if strict or rest:
            raise dto.unknown(name)
        return
    other = dto.related.get(name)
    if other is None or not rest:
        chosen[name] = dict.fromkeys(other.plain) if other is not None else None
        return
    inner = chosen.get(name)
    chosen[name] = inner if isinstance(inner, dict) else {}
    _choose(other, rest, chosen[name], strict=True)


def picked(row: Row | None, chosen: Mapping[str, Any]) -> dict[str, Any] | None:
    """A row with the selected fields only."""
    if row is None:
        return None
    return {name: _inner(row.get(name), inner) for name, inner in chosen.items()}


def _inner(value: Any, chosen: Mapping[str, Any] | None) -> Any:
    if chosen is None:
        return value
    return [picked(one, chosen) for one in value] if isinstance(value, list) else picked(value, chosen)


# --- filter ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator value`."""

    prop: Prop
    operator: str
    value: Any

    def holds(self, row: Row) -> bool:
        """Whether a row passes."""
        have, wanted = _key(row.get(self.prop.name)), self.value
        if self.operator in ("=", "!="):
            return bool(have == _key(wanted)) == (self.operator == "=")
        if self.operator == "in":
            return have in [_key(one) for one in wanted]
        if have is None:
            return False
        if self.operator == "between":
            return bool(_key(wanted[0]) <= have <= _key(wanted[1]))
        return bool(_COMPARE[self.operator](have, _key(wanted)))


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all (or one, when `any`) must hold."""

    parts: tuple[Condition | Group, ...]
    any: bool = False

    def holds(self, row: Row) -> bool:
        """Whether a row passes."""
        results = (part.holds(row) for part in self.parts)
        return any(results) if self.any else all(results)

    def conditions(self) -> Iterable[Condition]:
        """All conditions, however deep."""
        for part in self.parts:
            yield from part.conditions() if isinstance(part, Group) else (part,)


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">": op.gt,
    ">=": op.ge,
    "<": op.lt,
    "<=": op.le,
}


def _key(value: Any) -> Any:
    """Moments compare as moments, whatever their time zone."""
    moment = moment_of(value) if isinstance(value, str) and len(value) >= 10 and value[4:5] == "-" else None
    return moment.timestamp() if moment is not None else value


def filter_of(call: Call, dto: Dto) -> Group:
    """The conditions of `filter`; a wrong one is refused as rest-v3.md says."""
    asked = call.params.get("filter")
    if asked is None:
        return Group(())
    if not isinstance(asked, list):
        raise unread("FILTER", "filter expression", asked)
    return Group(tuple(_part(dto, one) for one in asked))


def _part(dto: Dto, part: Any) -> Condition | Group:
    if isinstance(part, Mapping):
        inner, logic = part.get("conditions"), str(part.get("logic", "and")).lower()
        if not isinstance(inner, list) or logic not in ("and", "or"):
            raise unread("FILTER", "filter expression", part)
        return Group(tuple(_part(dto, one) for one in inner), logic == "or")
    if not isinstance(part, list) or len(part) not in (2, 3) or not isinstance(part[0], str):
        raise unread("FILTER", "filter expression", part)
    name, value = part[0], part[-1]
    operator = part[1] if len(part) == 3 else "in" if isinstance(value, list) else "="
    return _condition(dto, name, operator, value)


def _condition(dto: Dto, name: str, operator: Any, value: Any) -> Condition:
    prop = dto.props.get(name)
    if prop is None:
        raise dto.unknown(name)
    if operator not in OPERATORS:
        raise refusal("UNKNOWNFILTEROPERATOR", f"Unknown filter operator `{operator}`")
    if not prop.filterable:
        text = f"In DTO `{dto.name}`, the `{name}` field requires the `Filterable` attribute for such a request"
        raise invalid((name, text))
    values = value if operator in ("in", "between") else [value]
    if not isinstance(values, list) or (operator == "between" and len(values) != 2):
        raise unread("FILTER", "filter expression", [name, operator, value])
    if not all(FITS[prop.type](one) or (one is None and operator in ("=", "!=")) for one in values):
        raise invalid((name, f"Field `{name}` requires data type `{prop.type}` for this request"))
    return Condition(prop, operator, value)


def to_sql(node: Condition | Group, columns: Mapping[str, str]) -> tuple[str, list[Any]]:
    """A filter as SQL over the columns that hold its fields."""
    if isinstance(node, Condition):
        column = columns[node.prop.name]
        if node.operator == "in":
            return f"{column} IN ({', '.join('?' * len(node.value))})", list(node.value)
        if node.operator == "between":
            return f"{column} BETWEEN ? AND ?", list(node.value)
        return f"{column} {'IS NOT' if node.operator == '!=' else 'IS' if node.operator == '=' else node.operator} ?", [
            node.value
        ]
    parts = [to_sql(part, columns) for part in node.parts]
    sql = (" OR " if node.any else " AND ").join(part[0] for part in parts)
    return f"({sql or '1'})", [arg for part in parts for arg in part[1]]


# --- order and pages ------------------------------------------------------------------------


def order_of(call: Call, dto: Dto) -> dict[str, bool]:
    """The asked order: field -> whether it goes down."""
    asked = call.params.get("order")
    if asked in (None, []):
        return {}
    if not isinstance(asked, Mapping):
        raise unread("ORDER", "sorting parameter", asked)
    for name, way in asked.items():
        prop = dto.props.get(name)
        if prop is None or not prop.sortable or str(way).upper() not in ("ASC", "DESC"):
            raise unread("ORDER", "sorting parameter", {name: way})
    return {name: str(way).upper() == "DESC" for name, way in asked.items()}


def page_of(call: Call, maximum: int = MAXIMUM, usual: int = LIMIT) -> tuple[int, int]:
    """Limit and offset of `pagination`; `usual` is the limit of a call that names none."""
    asked = call.params.get("pagination")
    if asked in (None, []):
        return usual, 0
    wrong = unread("PAGINATION", "pagination parameter", asked)
    if not isinstance(asked, Mapping):
        raise wrong
    given = {name: _count(asked[name], wrong) for name in ("page", "limit", "offset") if asked.get(name) is not None}
    if given.get("limit") == 0:
        raise wrong
    limit = min(given.get("limit", usual), maximum)
    return limit, (given["page"] - 1) * limit if given.get("page") else given.get("offset", 0)


def _count(value: Any, wrong: V3Error) -> int:
    """A whole number that is not negative, also as text."""
    if isinstance(value, bool) or not str(value).isdigit():
        raise wrong
    return int(value)


def in_order(rows: Iterable[Row], order: Mapping[str, bool]) -> list[Row]:
    """Rows in the asked order (the first field weighs most); empty values come first."""
    found = list(rows)
    for name, down in reversed(list(order.items())):
        found.sort(key=lambda row: _rank(row.get(name)), reverse=down)
    return found


def _rank(value: Any) -> tuple[int, Any]:
    key = _key(value)
    return (0, 0) if key is None else (1, key) if isinstance(key, int | float) else (2, str(key))


def page(call: Call, dto: Dto, rows: Iterable[Row], default: Sequence[str] | None = None) -> dict[str, Any]:
    """The answer of a list method over rows in memory: filtered, ordered, cut to a page."""
    chosen, wanted, order = selected(call, dto, default), filter_of(call, dto), order_of(call, dto)
    limit, offset = page_of(call)
    found = in_order((row for row in rows if wanted.holds(row)), order)
    return {"items": [picked(row, chosen) for row in found[offset : offset + limit]]}


def item(call: Call, dto: Dto, row: Row, default: Sequence[str] | None = None) -> dict[str, Any]:
    """The answer of a get method."""
    return {"item": picked(row, selected(call, dto, default))}


# --- descriptions ---------------------------------------------------------------------------

_FIELD = Dto("DtoFieldDto", props_of("\n".join(f"{name} string" for name in (*_DESCRIBED, *_MARKS))))


# The objects that have been described, for the OpenAPI document: a family's stem -> its object.
DESCRIBED: dict[str, Dto] = {}


def describe(prefix: str, scope: str, dto: Dto, *, guard: Callable[[Call], None] | None = None) -> None:
    """Registers `PREFIX.field.list` and `PREFIX.field.get`; `guard` refuses those who may not see them."""

    DESCRIBED[prefix] = dto

    @method_v3(f"{prefix}.field.list", scope, "select:any")
    def field_list(call: Call) -> dict[str, Any]:
        if guard is not None:
            guard(call)
        chosen = _description(call)
        return {"items": [picked(prop.describe(), chosen) for prop in dto.props.values()]}

    @method_v3(f"{prefix}.field.get", scope, "name*:string select:any")
    def field_get(call: Call) -> dict[str, Any]:
        if guard is not None:
            guard(call)
        prop = dto.props.get(call.params["name"])
        if prop is None:
            text = f"Field `{call.params['name']}` not found"
            raise V3Error("BITRIX_REST_V3_REALISATION_EXCEPTION_FIELDNOTFOUNDEXCEPTION", text, 400)
        return {"item": picked(prop.describe(), _description(call))}


def _description(call: Call) -> dict[str, Any]:
    for name in call.params.get("select") or ():
        if isinstance(name, str) and name not in _FIELD.props:
            raise _FIELD.unknown(name)
    return selected(call, _FIELD)
