"""Columns of a plain table: how they are declared, stored, printed and described."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.crm import moments
from sandbox.crm.query import Operand
from sandbox.crm.values import empty, number
from sandbox.kernel.errors import RestError

_KINDS = {
    "integer": "int",
    "int": "int",
    "user": "int",
    "double": "float",
    "float": "float",
    "datetime": "datetime",
    "date": "date",
    "string": "text",
    "text": "text",
    "char": "text",
}
_SQL = {"int": "INTEGER", "float": "REAL", "datetime": "INTEGER", "date": "TEXT", "text": "TEXT", "json": "TEXT"}


@dataclass(frozen=True, slots=True)
class Column:
    """A field as `getFields` describes it: its type, and whether a client must or may set it.

    An immutable field is set when the row is added and never again.
    """

    name: str
    type: str
    required: bool = False
    read_only: bool = False
    immutable: bool = False

    @property
    def kind(self) -> str:
        """How the value is kept: int, float, text, datetime (Unix seconds), date, json (anything else)."""
        return _KINDS.get(self.type, "json")

    @property
    def ddl(self) -> str:
        """The column in CREATE TABLE."""
        if self.name == "id":
            return '"id" INTEGER PRIMARY KEY AUTOINCREMENT' if self.kind == "int" else '"id" TEXT PRIMARY KEY'
        return f'"{self.name}" {_SQL[self.kind]}'

    @property
    def operand(self) -> Operand:
        """The column in a filter or an order."""
        return Operand(f'"{self.name}"', "text" if self.kind == "json" else self.kind)

    def described(self) -> dict[str, Any]:
        """The field as the modern `getFields` print it."""
        return {
            "isImmutable": self.immutable,
            "isReadOnly": self.read_only,
            "isRequired": self.required,
            "type": self.type,
        }

    def read(self, value: Any, zone: ZoneInfo, error: str | int = 0) -> Any:
        """What a client sent, as it is stored; a value of the wrong type is refused with this code."""
        try:
            return self._read(value, zone)
        except (TypeError, ValueError, OverflowError):
            raise RestError(error, f"Invalid value of field {self.name}") from None

    def _read(self, value: Any, zone: ZoneInfo) -> Any:
        kind = self.kind
        if kind == "json":
            return None if value is None else json.dumps(value, ensure_ascii=False)
        if isinstance(value, bool):
            return ("Y" if value else "N") if kind == "text" else int(value)
        if isinstance(value, Mapping | list):
            raise TypeError(value)
        if kind == "text":
            return None if value is None else str(value)
        if empty(value):
            return None
        if kind == "int":
            return int(float(value))
        if kind == "float":
            return float(value)
        return moments.day(value, zone) if kind == "date" else moments.seconds(value, zone)

    def shown(self, value: Any, zone: ZoneInfo) -> Any:
        """A stored value as the modern methods print it."""
        if value is None:
            return None
        kind = self.kind
        if kind == "float":
            return number(value)
        if kind == "datetime":
            return moments.iso(value, zone)
        if kind == "date":
            return moments.iso_date(value, zone)
        return json.loads(value) if kind == "json" else value


def columns(text: str) -> tuple[Column, ...]:
    """Columns from words `name:type`, marked `*` required, `-` read only, `=` immutable.

    `columns("-id:integer *name:string sort:integer")`
    """
    return tuple(_column(word) for word in text.split())


def _column(word: str) -> Column:
    bare = word.lstrip("*-=")
    marks = word[: len(word) - len(bare)]
    name, kind = bare.split(":")
    return Column(name, kind, "*" in marks, "-" in marks, "=" in marks)
