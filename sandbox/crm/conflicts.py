"""When cards cannot be merged by themselves: fields filled with different values (duplicates/index.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.crm.fields import Field
from sandbox.crm.schema import Entity

Row = dict[str, Any]
# The place of a card in its funnel and the dates that follow from it are not compared.
_OWN = frozenset({"id", "stageId", "previousStageId", "begindate", "closedate", "opened", "closed", "accountNumber"})
_MERGED = ("crm_multifield", "boolean", "char")


def _compared(entity: Entity) -> list[Field]:
    """The fields that people fill: links of many, flags and phones are joined, not compared."""
    found = {field.column: field for field in entity.fields.values() if field.column}
    return [
        field
        for field in found.values()
        if not (field.name in _OWN or field.read_only or field.multiple or field.type in _MERGED or field.off)
    ]


def conflicts(entity: Entity, rows: Sequence[Row]) -> list[str]:
    """The names of the fields that hold more than one value in these cards."""
    names = []
    for field in _compared(entity):
        values = {str(row[field.column]) for row in rows if row.get(field.column) not in (None, "", 0, "0")}
        if len(values) > 1:
            names.append(field.name)
    return names
