"""What REST 3.0 tells about itself: `rest.documentation.openapi`, `rest.scope.list` (api-reference/rest-v3.md)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.dto import DESCRIBED, Dto
from sandbox.kernel.registry import METHODS
from sandbox.kernel.v3 import METHODS_V3, MethodV3, Param, method_v3

_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "DateTime": "string", "any": "string"}


def _schema(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES.get(param.type, param.type)}
    if param.type == "DateTime":
        schema["format"] = "date-time"
    if param.type == "array":
        schema["items"] = {}
    return schema


def _operation(entry: MethodV3) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "object", "properties": {one.name: _schema(one) for one in entry.params}}
    required = [one.name for one in entry.params if one.required]
    if required:
        body["required"] = required
    return {
        "tags": [entry.name.partition(".")[0]],
        "summary": entry.name,
        "operationId": entry.name,
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "OK"}, "400": {"description": "Error"}},
    }


def _schema_name(stem: str) -> str:
    """`tasks.task.result` -> `TasksTaskResult`: objects of several modules share their own names."""
    return "".join(part.capitalize() for part in stem.split("."))


def _object(dto: Dto) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _schema(Param(name, p.type, False)) for name, p in dto.props.items()},
    }


def _document() -> dict[str, Any]:
    entries = [entry for entry in METHODS_V3.values() if entry.name != "documentation"]
    tags = sorted({entry.name.partition(".")[0] for entry in entries})
    return {
        "openapi": "3.0.0",
        "info": {"title": "Bitrix24 REST V3 API", "version": "1.0.0"},
        "tags": [{"name": tag, "description": f"{tag} module methods"} for tag in tags],
        "paths": {f"/{entry.name}": {"post": _operation(entry)} for entry in entries},
        "components": {"schemas": {_schema_name(stem): _object(dto) for stem, dto in sorted(DESCRIBED.items())}},
    }


@method_v3("rest.documentation.openapi", "")
def openapi(call: Call) -> dict[str, Any]:
    """The methods that are there right now; the answer is the bare document."""
    return _document()


@method_v3("documentation", "")
def documentation(call: Call) -> dict[str, Any]:
    """The short name of `rest.documentation.openapi`."""
    return _document()


@method_v3("rest.scope.list", "", partial="the page does not show the form of the answer")
def scope_list(call: Call) -> dict[str, Any]:
    """Which methods each scope opens, in all modules and both versions."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in [*METHODS.values(), *METHODS_V3.values()]:
        for scope in filter(None, entry.scope.split("|")):
            found[scope].add(entry.name)
    return {scope: sorted(found[scope]) for scope in sorted(found)}
