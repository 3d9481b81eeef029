"""Batch: reading the commands and putting earlier results into later ones.

settings/how-to-call-rest-api/batch.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.server.forms import parse_query

LIMIT = 50
_REFERENCE = re.compile(r"\$result((?:\[[^\[\]]*\])+)")
_STEP = re.compile(r"\[([^\[\]]*)\]")


@dataclass(slots=True)
class Command:
    """One command of a batch under its key; references are not yet resolved.

    `refers` is False for those that surely name no earlier result.
    """

    key: str
    method: str
    params: dict[str, Any]
    refers: bool = True


def commands(params: Mapping[str, Any]) -> list[Command]:
    """The commands of `cmd`, an object or a list of `method?query` texts (or method and params)."""
    cmd = next((value for key, value in params.items() if key.lower() == "cmd"), None)
    if isinstance(cmd, Mapping):
        return [_command(str(key), value) for key, value in cmd.items()]
    if isinstance(cmd, list):
        return [_command(str(i), value) for i, value in enumerate(cmd)]
    return []


def _command(key: str, value: Any) -> Command:
    if isinstance(value, str):
        return _written(key, value)
    if isinstance(value, Mapping):
        inner = value.get("params")
        return Command(key, str(value.get("method", "")).lower(), dict(inner) if isinstance(inner, Mapping) else {})
    if isinstance(value, list):
        inner = value[1] if len(value) > 1 else None
        return Command(key, str(value[0]).lower() if value else "", dict(inner) if isinstance(inner, Mapping) else {})
    return _written(key, str(value))


def _written(key: str, text: str) -> Command:
    method, _, query = text.partition("?")
    return Command(key, method.strip("/").lower(), parse_query(query), "$" in query or "%24" in query)


def halts(params: Mapping[str, Any]) -> bool:
    """Whether the batch stops at the first failure."""
    value = next((value for key, value in params.items() if key.lower() == "halt"), False)
    return str(value).strip().lower() in ("1", "true", "y")


def resolve(value: Any, results: Mapping[str, Any]) -> Any:
    """Replaces `$result[id][field]` in every text of the parameters.

    A text that is one reference and nothing else becomes the value itself (a list stays a list);
    inside a longer text the value is printed. What cannot be found is empty.
    """
    if isinstance(value, str):
        return _resolve_text(value, results) if "$result" in value else value
    if isinstance(value, dict):
        return {_key(key, results): resolve(child, results) for key, child in value.items()}
    if isinstance(value, list):
        return [resolve(child, results) for child in value]
    return value


def _key(key: str, results: Mapping[str, Any]) -> str:
    return str(_resolve_text(key, results)) if "$result" in key else key


def _resolve_text(text: str, results: Mapping[str, Any]) -> Any:
    whole = _REFERENCE.fullmatch(text.strip())
    if whole:
        found = _find(whole.group(1), results)
        return "" if found is None else found
    return _REFERENCE.sub(lambda match: _printed(_find(match.group(1), results)), text)


def _find(path: str, results: Mapping[str, Any]) -> Any:
    node: Any = results
    for step in _STEP.findall(path):
        name = step.strip("'\"")
        if isinstance(node, Mapping):
            node = node.get(name)
        elif isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node


def _printed(value: Any) -> str:
    if value is None or isinstance(value, Mapping | list):
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)
