"""What a documented body says about types, and where an answer does not agree with it.

A shape is learned from the documented bodies alone: the JSON types seen at a place, the keys of an
object and whether every sample has them, the shape of the elements of an array. Keys that hold a
portal's own data (numbers, user fields, properties) are one shape under `*`, and none is required.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

OWN_DATA = re.compile(
    r"^-?\d+$|^n\d+$|^UF_(?!DEPARTMENT|CRM_TASK|MAIL|TASK)|^uf[A-Z]\w*_?\d|^PROPERTY_\d+|^property\d+|^parentId\d+|^PARENT_ID_\d+"
    r"|^(DEAL|SMART_INVOICE|DYNAMIC_\d+|T\w+)_STAGE_\d+|^C[LO]?_\d+|^[0-9a-f]{13,}$|^UA_|^[UDG]\d+$|^group\d+$|^(tasks?_|chat|upload|field|reg|sip)\d+$",
)
ANY_KEY = "*"


# Texts by language: which languages there are is the portal's own affair.
_LANGUAGE = re.compile(r"^[a-z]{2}$")
_BLOCKS = re.compile(r"layout\.body\.blocks$")
_BY_LANGUAGE = re.compile(r"(LABEL|Label|MESSAGE|Message|LANG)$")


def own_data(key: str, path: str) -> bool:
    """Whether a key is data of the portal: `path` is where the object stands."""
    if OWN_DATA.match(key) or _BLOCKS.search(path):
        return True
    return bool(_BY_LANGUAGE.search(path) and _LANGUAGE.match(key))


@dataclass
class Shape:
    """The types seen at one place and what lies below."""

    types: set[str] = field(default_factory=set)
    keys: dict[str, Shape] = field(default_factory=dict)
    required: set[str] | None = None
    items: Shape | None = None

    def learn(self, value: Any, name: str = "") -> Shape:
        """Takes one documented value in; `name` is the key it stood under."""
        self.types.add(type_of(value))
        if isinstance(value, dict):
            named = {key for key in value if not own_data(key, name)}
            self.required = named if self.required is None else self.required & named
            for key, below in value.items():
                self.keys.setdefault(key if key in named else ANY_KEY, Shape()).learn(below, key)
        elif isinstance(value, list):
            for element in value:
                self.items = (self.items or Shape()).learn(element)
        return self


def type_of(value: Any) -> str:
    """The JSON type; an array or object without content is `empty`, for PHP prints both as []."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    if not value:
        return "empty"
    return "array" if isinstance(value, list) else "object"


def differences(documented: Any, given: Any) -> dict[str, str]:
    """Where an answer differs: `path -> what`.

    Additional keys are no difference, nor is a value where the documentation prints null. What a
    record may lack (a single value, the content of a list in it) may be null or empty, but the
    records themselves may not.
    """
    found: dict[str, str] = {}
    _compare(Shape().learn(documented), given, "", found)
    return found


def _compare(shape: Shape, given: Any, path: str, found: dict[str, str], in_record: bool = False) -> None:
    kind = type_of(given)
    known = shape.types - {"null"}
    if not known:
        return
    if kind in ("array", "object") and known == {"empty"}:
        return
    if kind not in shape.types and not _lacking(kind, known, in_record):
        found.setdefault(path, f"{'|'.join(sorted(shape.types))} documented, {kind} given")
    elif kind == "object":
        _compare_keys(shape, given, path, found)
    elif kind == "array" and shape.items is not None:
        for element in given:
            _compare(shape.items, element, f"{path}[]", found)


def _lacking(kind: str, known: set[str], in_record: bool) -> bool:
    """Whether it is a value that this record does not have."""
    if not known & {"array", "object"}:
        return kind == "null"
    return kind in ("null", "empty") and in_record


def _is_record(path: str, keys: dict[str, Any]) -> bool:
    """Whether an object is one record, and not what holds the records of an answer."""
    return "[]" in path or path.count(".") > 0 or not keys.keys().isdisjoint(("id", "ID"))


def _compare_keys(shape: Shape, given: dict[str, Any], path: str, found: dict[str, str]) -> None:
    for key in (shape.required or set()) - set(given):
        found.setdefault(f"{path}.{key}".lstrip("."), "missing")
    record = _is_record(path, shape.keys)
    for key, value in given.items():
        name = key if key in shape.keys else ANY_KEY if own_data(key, path) else None
        if name in shape.keys:
            _compare(shape.keys[name], value, f"{path}.{name}".lstrip("."), found, record)


def lasting(sample: dict[str, Any]) -> dict[str, Any]:
    """The sample without `next`, which depends on how many rows the vendor's portal had, and
    without the `time` that some pages print inside the result by mistake."""
    result = sample.get("result")
    if isinstance(result, dict) and isinstance(result.get("time"), dict) and "start" in result["time"]:
        sample = {**sample, "result": {key: value for key, value in result.items() if key != "time"}}
    return {key: value for key, value in sample.items() if key != "next"}
