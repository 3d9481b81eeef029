"""The file of a template (`.bpt`): a PHP serialization of its parts, usually compressed.

The sandbox also reads the same map as JSON, which is easier to write by hand.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TYPE, NAME, PROPERTIES, CHILDREN = "Type", "Name", "Properties", "Children"


class BadTemplate(ValueError):
    """The file is no template."""


@dataclass(frozen=True, slots=True)
class Node:
    """One activity of a template with everything below it."""

    type: str
    name: str
    properties: dict[str, Any] = field(default_factory=dict)
    children: tuple[Node, ...] = ()
    active: bool = True

    def printed(self) -> dict[str, Any]:
        """The activity as the file and `bizproc.workflow.template.list` spell it."""
        return {
            TYPE: self.type,
            NAME: self.name,
            "Activated": "Y" if self.active else "N",
            PROPERTIES: self.properties,
            CHILDREN: [child.printed() for child in self.children],
        }


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """What a file holds: the tree of activities, and the declared parameters, variables and constants."""

    root: Node
    parameters: dict[str, Any]
    variables: dict[str, Any]
    constants: dict[str, Any]


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value or ())


def _mapping(value: Any) -> dict[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def node(given: Any, path: str = "A") -> Node:
    """Reads one activity; one without a name gets that of its place in the tree."""
    if not isinstance(given, dict) or not given.get(TYPE):
        raise BadTemplate("an activity has no type")
    children = _values(given.get(CHILDREN))
    return Node(
        type=str(given[TYPE]),
        name=str(given.get(NAME) or path),
        properties=_mapping(given.get(PROPERTIES)),
        children=tuple(node(child, f"{path}_{i + 1}") for i, child in enumerate(children)),
        active=str(given.get("Activated") or "Y") != "N",
    )


def read(data: bytes) -> TemplateFile:
    """Reads a file; BadTemplate when it is none."""
    try:
        parts = _parse(data)
    except (ValueError, IndexError, KeyError, RecursionError) as error:
        raise BadTemplate(str(error)) from None
    if not isinstance(parts, dict):
        raise BadTemplate("the file holds no map")
    tree = _values(parts.get("TEMPLATE"))
    if not tree:
        raise BadTemplate("the file holds no activities")
    return TemplateFile(
        root=node(tree[0], "Template"),
        parameters=_mapping(parts.get("PARAMETERS")),
        variables=_mapping(parts.get("VARIABLES")),
        constants=_mapping(parts.get("CONSTANTS")),
    )


def _parse(data: bytes) -> Any:
    with contextlib.suppress(zlib.error):  # else it is not compressed
        data = zlib.decompress(data)
    if data.lstrip()[:1] in (b"{", b"["):
        return json.loads(data)
    return _Php(data).value()


class _Php:
    """Reads PHP's serialization of arrays and plain values; objects are refused."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _until(self, mark: bytes) -> bytes:
        end = self._data.index(mark, self._at)
        found = self._data[self._at : end]
        self._at = end + len(mark)
        return found

    def value(self) -> Any:
        """The value at the present place."""
        kind = self._data[self._at : self._at + 1]
        self._at += 2
        if kind == b"N":
            return None
        readers: dict[bytes, Callable[[], Any]] = {
            b"b": lambda: self._until(b";") == b"1",
            b"i": lambda: int(self._until(b";")),
            b"d": lambda: float(self._until(b";")),
            b"s": self._string,
            b"a": self._array,
        }
        if kind not in readers:
            raise BadTemplate(f"{kind!r} cannot be read at {self._at}")
        return readers[kind]()

    def _string(self) -> str:
        length = int(self._until(b":"))
        text = self._data[self._at + 1 : self._at + 1 + length]
        self._at += length + 3
        return text.decode("utf-8", "replace")

    def _array(self) -> Any:
        count = int(self._until(b":"))
        self._at += 1
        found = {self.value(): self.value() for _ in range(count)}
        self._at += 1
        return list(found.values()) if list(found) == list(range(len(found))) else found
