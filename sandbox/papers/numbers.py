"""Numbers of documents, as a numerator gives them out."""

from __future__ import annotations

import json

from sandbox.kernel.call import Call
from sandbox.papers.tables import GENERATOR, NUMERATOR, settings_of
from sandbox.plain.table import Row


def _next(row: Row) -> int:
    settings = settings_of(json.loads(row["settings"] or "{}"))[GENERATOR]
    return int(settings["start"]) if row["last"] is None else int(row["last"]) + int(settings["step"])


def coming(call: Call, numerator: int) -> str:
    """The number that the next document would get."""
    row = NUMERATOR.get(call.portal, numerator)
    if row is None:
        return ""
    settings = settings_of(json.loads(row["settings"] or "{}"))[GENERATOR]
    today = call.portal.now()
    text = str(_next(row)).rjust(settings["length"], settings["padString"][:1])
    parts = {"NUMBER": text, "YEAR": f"{today:%Y}", "MONTH": f"{today:%m}", "DAY": f"{today:%d}"}
    printed = str(row["template"])
    for name, value in parts.items():
        printed = printed.replace(f"{{{name}}}", value)
    return printed


def take(call: Call, numerator: int) -> str:
    """Gives out the next number."""
    number, row = coming(call, numerator), NUMERATOR.get(call.portal, numerator)
    if row is not None:
        call.portal.store.execute(f'UPDATE "{NUMERATOR.sql}" SET last = ? WHERE id = ?', (_next(row), numerator))
    return number
