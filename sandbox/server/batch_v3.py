"""Batch of REST 3.0: reading the calls and putting earlier results into later ones.

api-reference/rest-v3.md, "Batch call"; the markers are those of the official JavaScript library
(`tools/batch-ref-v3`), which the page mentions without describing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.v3 import unread


@dataclass(frozen=True, slots=True)
class Command:
    """One call of a batch. `alias` is what later calls know its result by: `as`, or its number."""

    alias: str
    method: str
    query: dict[str, Any]


def commands(params: Any) -> list[Command]:
    """The calls of the body: an array, or an object with the keys of one, which PHP reads the same."""
    if isinstance(params, Mapping):
        params = list(params.values()) if all(key.isdigit() for key in params) else None
    if not isinstance(params, list) or not params:
        raise unread("SELECT", "select expression", "cmd")
    return [_command(i, entry) for i, entry in enumerate(params)]


def _command(number: int, entry: Any) -> Command:
    if not isinstance(entry, Mapping):
        raise unread("SELECT", "select expression", entry)
    query = entry.get("query")
    alias = entry.get("as")
    return Command(
        str(number) if alias is None else str(alias),
        str(entry.get("method", "")).lower(),
        dict(query) if isinstance(query, Mapping) else {},
    )


def substituted(value: Any, context: Mapping[str, Any]) -> Any:
    """The parameters with `{"$ref": "alias.field"}` and `{"$refArray": "alias.field"}` replaced.

    Only results with `item` or `items` can be referred to; what is not there is null or an empty list.
    """
    if isinstance(value, Mapping):
        if set(value) == {"$ref"}:
            return _single(str(value["$ref"]), context)
        if set(value) == {"$refArray"}:
            return _collected(str(value["$refArray"]), context)
        return {key: substituted(child, context) for key, child in value.items()}
    if isinstance(value, list):
        return [substituted(child, context) for child in value]
    return value


def remember(context: dict[str, Any], command: Command, result: Any) -> None:
    """Lets later calls refer to this result."""
    if isinstance(result, Mapping) and ("item" in result or "items" in result):
        context[command.alias] = result


def _single(path: str, context: Mapping[str, Any]) -> Any:
    alias, *steps = path.split(".")
    result = context.get(alias)
    if result is None:
        return None
    return _walk(result, steps) if steps and steps[0] in result else _walk(result.get("item", result), steps)


def _collected(path: str, context: Mapping[str, Any]) -> list[Any]:
    alias, _, field = path.partition(".")
    if not field:
        raise unread("SELECT", "select expression", path)
    items = (context.get(alias) or {}).get("items") or []
    return [found for found in (_walk(item, field.split(".")) for item in items) if found is not None]


def _walk(node: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(node, Mapping):
            node = node.get(step)
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node
