"""REST 3.0 for the families: refusals, declared parameters and the table of its methods (api-reference/rest-v3.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, Method

_PREFIX = "BITRIX_REST_V3_EXCEPTION_"


class V3Error(RestError):
    """A refusal `{"error": {"code", "message", "validation"}}`; `code` comes with its prefix."""

    def body(self) -> dict[str, object]:
        """The JSON body of the refusal, without the `time` block."""
        return {"error": {"code": self.code, "message": self.description, **self.extra}}


def refusal(kind: str, text: str, status: int = 400, **extra: object) -> V3Error:
    """A refusal of the common kind (`ACCESSDENIED` for `BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION`)."""
    return V3Error(f"{_PREFIX}{kind}EXCEPTION", text, status, **extra)


def _validation(kind: str, text: str, problems: tuple[tuple[str, str], ...]) -> V3Error:
    told = [{"message": message, "field": field} for field, message in problems]
    return refusal(kind, text, validation=told)


def invalid(*problems: tuple[str, str]) -> V3Error:
    """The request does not fit its method: (field, message) each."""
    return _validation("VALIDATION_REQUESTVALIDATION", "Error during request object validation", problems)


def invalid_object(*problems: tuple[str, str]) -> V3Error:
    """The object in `fields` is not complete: (field, message) each."""
    return _validation("VALIDATION_DTOVALIDATION", "Error during object validation", problems)


def absent(number: object) -> V3Error:
    """There is no such object."""
    return refusal("ENTITYNOTFOUND", f"Record with ID = `{number}` not found")


def denied(status: int = 403) -> V3Error:
    """The user may not do it (pages differ in the status)."""
    return refusal("ACCESSDENIED", "Access denied", status)


def unread(kind: str, what: str, value: object) -> V3Error:
    """A `filter`, `order`, `select` or `pagination` that makes no sense."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return refusal(f"INVALID{kind}", f"Unable to recognize the {what} `{text}`")


# --- parameters -----------------------------------------------------------------------------


def moment_of(value: object) -> datetime | None:
    """The moment that an ISO 8601 text means (a date alone is its midnight); None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


FITS: dict[str, Callable[[Any], bool]] = {
    "int": _number,
    "float": lambda value: _number(value) or isinstance(value, float),
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping) or value == [],
    "DateTime": lambda value: moment_of(value) is not None,
    "any": lambda value: True,
}


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a method and the JSON type it must have."""

    name: str
    type: str
    required: bool

    def problem(self, value: Any) -> str:
        """What is wrong with a value; "" for one that fits."""
        if value is None or (value == "" and self.required):
            return f"Required field `{self.name}` is not specified" if self.required else ""
        if FITS[self.type](value):
            return ""
        return f"Field `{self.name}` requires data type `{self.type}` for this request"


def params_of(text: str) -> tuple[Param, ...]:
    """Reads `id*:int select:array`; the star marks what is required."""
    pairs = (word.partition(":") for word in text.split())
    return tuple(Param(name.rstrip("*"), kind or "any", name.endswith("*")) for name, _, kind in pairs)


def check(params: tuple[Param, ...], given: Mapping[str, Any]) -> None:
    """Refuses parameters that are missing or of another type."""
    problems = [(one.name, one.problem(given.get(one.name))) for one in params]
    told = [(field, text) for field, text in problems if text]
    if told:
        raise invalid(*told)


# --- the table of methods -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MethodV3(Method):
    """A method of REST 3.0; `params` are checked before it runs."""

    params: tuple[Param, ...] = ()


METHODS_V3: dict[str, MethodV3] = {}


def method_v3(
    name: str, scope: str, takes: str = "", *, write: bool = False, cost: float = 0.01, partial: str = ""
) -> Callable[[Function], Function]:
    """Registers a function as the REST 3.0 method `name`; `takes` declares its parameters.

    Its return value is the `result` of the answer as it is printed.
    """
    params = params_of(takes)

    def register(function: Function) -> Function:
        def checked(call: Call) -> Any:
            check(params, call.params)
            return function(call)

        METHODS_V3[name.lower()] = MethodV3(name, checked, scope, write, cost, partial=partial, params=params)
        return function

    return register
