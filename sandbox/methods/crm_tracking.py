"""Where clients came from: `crm.tracking.trace.*`; and the fields of phones and e-mails, `crm.multifield.fields`.

Sources: api-reference/crm/tracking, api-reference/crm/auxiliary/multifield.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import items
from sandbox.crm.declarations import SYSTEM
from sandbox.crm.records import described, parse
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS crm_traces (id INTEGER PRIMARY KEY AUTOINCREMENT, trace TEXT NOT NULL,"
    " entities TEXT NOT NULL, createdBy INTEGER NOT NULL)"
)
_TYPES = {SYSTEM[number].code: number for number in (4, 3, 2, 1, 7)}
_MULTIFIELD = parse(
    """
ID          int ro     | ID
TYPE_ID     string ro  | Тип поля
VALUE       string     | Значение
VALUE_TYPE  string     | Тип значения
"""
)


def _refused(text: str) -> RestError:
    return RestError("ERROR_CORE", text)


def _entity(call: Call, given: Any) -> tuple[str, int]:
    """A card that a trace is bound to; refused when there is none or it may not be changed."""
    fields = {key.upper(): value for key, value in given.items()} if isinstance(given, dict) else {}
    code = str(fields.get("TYPE") or "").upper()
    if code not in _TYPES:
        raise _refused(f"Wrong TYPE in parameter `ENTITIES`. Allowed types: {','.join(_TYPES)}")
    if not str(fields.get("ID") or "").isdigit() or not int(fields["ID"]):
        raise _refused("Wrong ID in parameter `ENTITIES`.")
    number = int(fields["ID"])
    try:
        items.owned(call, schema_of(call.portal).entity(_TYPES[code]), number)
    except RestError:
        raise _refused(f"You have no access to entity `{code}` with ID `{number}`.") from None
    return code, number


@method("crm.tracking.trace.add", "crm", write=True)
def add(call: Call) -> int:
    """Keeps the trace of a visitor, with the cards it led to; returns its id."""
    if not call.get("TRACE"):
        raise _refused("Parameter `TRACE` required.")
    try:
        trace = json.loads(str(call.get("TRACE")))
    except ValueError:
        raise _refused("Can not parse JSON in parameter `TRACE`.") from None
    bound = [_entity(call, entry) for entry in call.listing("ENTITIES")]
    row = {"trace": json.dumps(trace), "entities": json.dumps(bound), "createdBy": call.user}
    return call.portal.store.insert("crm_traces", row)


@method("crm.tracking.trace.delete", "crm", write=True)
def delete(call: Call) -> None:
    """Forgets a trace; the answer is null also when there was none."""
    if not str(call.get("id") or "").isdigit():
        raise _refused("Parameter `id` required.")
    call.portal.store.execute("DELETE FROM crm_traces WHERE id = ?", (int(call.get("id")),))


@method("crm.multifield.fields", "crm")
def multifield_fields(call: Call) -> dict[str, Any]:
    """The fields of a phone, an e-mail or a messenger."""
    return {name: described(field) for name, field in _MULTIFIELD.items()}
