"""Conditions of robots and triggers: rules about the fields of the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.kernel.errors import RestError

Joiner = Literal["AND", "OR"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison; `field` is named as in crm.item.* (`opportunity`) or as in the old methods
    (`OPPORTUNITY`), `joiner` ties it to the rule before it."""

    field: str
    operator: str
    value: Any = None
    joiner: Joiner = "AND"


def rules_of(given: Any) -> tuple[Rule, ...]:
    """Reads `[{"field", "operator", "value", "joiner"}, ...]`; an unknown operator is refused."""
    rules = []
    for one in given or ():
        if not isinstance(one, Mapping) or not one.get("field"):
            raise RestError("BAD_CONDITION", "A condition is {field, operator, value, joiner}")
        operator = str(one.get("operator") or "=")
        if operator not in OPERATORS:
            raise RestError("BAD_CONDITION", f"There is no operator {operator}")
        joiner: Joiner = "OR" if str(one.get("joiner") or "AND").upper() == "OR" else "AND"
        rules.append(Rule(str(one["field"]), operator, one.get("value"), joiner))
    return tuple(rules)


def _text(value: Any) -> str:
    """A value for comparison; employees are written both `5` and `user_5`."""
    if isinstance(value, bool):
        return "y" if value else "n"
    return "" if value is None else str(value).strip().lower().removeprefix("user_")


def _values(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def _empty(have: Any) -> bool:
    return all(one in (None, "", False) for one in _values(have))


def _order(have: Any, wanted: Any) -> int | None:
    """-1, 0, 1 as numbers, or as texts when one is no number; None when there is nothing to compare."""
    left, right = _text(have), _text(wanted)
    if not left or not right:
        return None
    try:
        a, b = float(left), float(right)
    except ValueError:
        return (left > right) - (left < right)
    return (a > b) - (a < b)


def _same(have: Any, wanted: Any) -> bool:
    return any(_order(one, wanted) == 0 or _text(one) == _text(wanted) for one in _values(have))


def _ordered(passes: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    def check(have: Any, wanted: Any) -> bool:
        found = _order(_values(have)[0] if _values(have) else None, wanted)
        return found is not None and passes(found)

    return check


def _in(have: Any, wanted: Any) -> bool:
    return any(_same(have, one) for one in _values(wanted))


def _contains(have: Any, wanted: Any) -> bool:
    return any(_text(wanted) in _text(one) for one in _values(have))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _same,
    "!=": lambda have, wanted: not _same(have, wanted),
    ">": _ordered(lambda sign: sign > 0),
    ">=": _ordered(lambda sign: sign >= 0),
    "<": _ordered(lambda sign: sign < 0),
    "<=": _ordered(lambda sign: sign <= 0),
    "in": _in,
    "!in": lambda have, wanted: not _in(have, wanted),
    "contain": _contains,
    "!contain": lambda have, wanted: not _contains(have, wanted),
    "empty": lambda have, _: _empty(have),
    "!empty": lambda have, _: not _empty(have),
}


def holds(rules: tuple[Rule, ...], value_of: Callable[[str], Any]) -> bool:
    """Whether the rules hold, read from left to right; no rules hold always."""
    result = True
    for number, rule in enumerate(rules):
        one = OPERATORS[rule.operator](value_of(rule.field), rule.value)
        result = result or one if rule.joiner == "OR" and number else result and one
    return result
