"""PHP's form notation: `a[b][0]=x` to nested values, and nested values back to such keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

Pairs = Iterable[tuple[str, Any]]


def parse_query(text: str) -> dict[str, Any]:
    """Reads an url-encoded text (query string, form body, batch command) into a nested map."""
    if not text:
        return {}
    if "%" in text or "+" in text:
        return nest(parse_qsl(text, keep_blank_values=True, max_num_fields=200_000))
    pairs = [part.partition("=") for part in text.split("&")]
    if "[" in text:
        return nest((name, value) for name, _, value in pairs)
    return {name: value for name, _, value in pairs if name}


def nest(pairs: Pairs) -> dict[str, Any]:
    """Builds the nested map of PHP-style keys; maps with the keys 0..n-1 become lists."""
    root: dict[str, Any] = {}
    nested = False
    for key, value in pairs:
        cut = key.find("[")
        if cut <= 0:
            if key:
                root[key] = value
            continue
        nested = True
        _put(root, [key[:cut], *_brackets(key[cut:])], value)
    return {key: _listed(value) for key, value in root.items()} if nested else root


def _brackets(tail: str) -> list[str]:
    """`[b][0][]` -> `["b", "0", ""]`; what follows a broken bracket is dropped, as PHP does."""
    parts = []
    while tail.startswith("["):
        end = tail.find("]")
        if end < 0:
            break
        parts.append(tail[1:end])
        tail = tail[end + 1 :]
    return parts


def _put(root: dict[str, Any], path: list[str], value: Any) -> None:
    node = root
    for i, part in enumerate(path):
        name = part if part or i == 0 else _next_index(node)
        if i == len(path) - 1:
            node[name] = value
            return
        child = node.get(name)
        if not isinstance(child, dict):
            child = node[name] = {}
        node = child


def _next_index(node: dict[str, Any]) -> str:
    numbers = [int(key) for key in node if key.isdigit()]
    return str(max(numbers) + 1 if numbers else 0)


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    items = {key: _listed(child) for key, child in value.items()}
    if items and all(key == str(i) for i, key in enumerate(items)):
        return list(items.values())
    return items


def flatten(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested values as form pairs: None and empty maps or lists leave no key, true is 1, false 0."""
    return [pair for key, child in value.items() for pair in _flat(str(key), child)]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _flat(f"{prefix}[{key}]", child)
    elif isinstance(value, list | tuple):
        for i, child in enumerate(value):
            yield from _flat(f"{prefix}[{i}]", child)
    elif value is not None:
        yield prefix, ("1" if value else "0") if isinstance(value, bool) else str(value)


def encode(value: Mapping[str, Any]) -> str:
    """Nested values as an `application/x-www-form-urlencoded` text."""
    return urlencode(flatten(value))
