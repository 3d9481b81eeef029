"""The `getmanifest` of the old task families: what they tell about their own fields and methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# The parameters of a method by the kind of method; the families differ in nothing else.
_TASK = {"description": "taskId", "type": "integer"}
_ITEM = {"description": "itemId", "type": "integer"}
_STATIC = {"getmanifest": [], "getlist": [_TASK], "add": [_TASK]}


def manifest(
    alias: str, version: str, fields: Mapping[str, Sequence[str]], dates: Sequence[str], methods: str
) -> dict[str, Any]:
    """The answer of `getmanifest`: `fields` are the names by their use (writable, readable, ...)."""
    answer: dict[str, Any] = {
        "Manifest version": version,
        "Warning": "don't rely on format of this manifest, it can be changed without any notification",
        "REST: shortname alias to class": alias,
    }
    answer |= {f"REST: {use} {alias} data fields": list(names) for use, names in fields.items()}
    answer["REST: date fields"] = list(dates)
    answer["REST: available methods"] = {name: _described(name, fields) for name in methods.split()}
    return answer


def _described(name: str, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    params: list[dict[str, Any]] = list(_STATIC.get(name, [_TASK, _ITEM]))
    entry: dict[str, Any] = {"staticMethod": name in _STATIC}
    if name != "getmanifest":
        entry["mandatoryParamsCount"] = len(params) + (name in ("add", "update"))
    if name in ("add", "update"):
        params.append({"description": "arFields", "type": "array", "allowedKeys": list(fields["writable"])})
    if name == "getlist":
        params.append({"description": "arOrder", "type": "array", "allowedKeys": list(fields["sortable"])})
    entry["params"] = params
    if name in ("get", "getlist"):
        entry["allowedKeysInReturnValue"] = list(fields["readable"])
    if name == "getlist":
        entry["collectionInReturnValue"] = True
    return entry
