"""Deals that repeat: `crm.deal.recurring.*` (api-reference/crm/deals/recurring-deals)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import access, items, recurring
from sandbox.crm.records import Row, refused
from sandbox.crm.recurring import SETTINGS
from sandbox.crm.schema import DEAL, Entity, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events, method

_EVENTS = ("ADD", "UPDATE", "DELETE", "EXPOSE")
events("crm", *(f"ONCRMDEALRECURRING{what}" for what in _EVENTS))
_BY_CLOCK = "no deal is made by the clock: only crm.deal.recurring.expose makes one"
# crm-deal-recurring-list.md prints these in small letters; clients know them in capitals, so both are here.
_SMALL = ("ID", "DEAL_ID", "BASED_ID", "CATEGORY_ID")


def _deals(call: Call) -> Entity:
    return schema_of(call.portal).entity(DEAL)


def _number(call: Call) -> int:
    text = str(call.get("id") or "")
    if not text.isdigit() or not int(text):
        raise refused("id is not defined or invalid.")
    return int(text)


def _need(call: Call) -> Row:
    row = SETTINGS.find(call.portal.store, _number(call))
    if row is None:
        raise refused("Recurring deal is not found.")
    if access.mode_of(call, _deals(call)) == "none":
        raise refused("Access denied.")
    return row


def _fields(call: Call) -> dict[str, Any]:
    if not isinstance(call.get("fields"), (dict, list)):
        raise refused("Parameter 'fields' must be array.")
    return {key.upper(): value for key, value in call.mapping("fields").items()}


def _announce(call: Call, row: Row, what: str, **more: int) -> None:
    fields = {"ID": row["ID"], **({} if what == "DELETE" else {"RECURRING_DEAL_ID": row["DEAL_ID"]}), **more}
    call.portal.emit(f"ONCRMDEALRECURRING{what}", {"FIELDS": fields}, call)


def _printed(call: Call, row: Row) -> Row:
    return {**SETTINGS.printed(call.portal, row), "PARAMS": json.loads(row["PARAMS"])}


@method("crm.deal.recurring.add", "crm", write=True, cost=0.1, partial=_BY_CLOCK)
def add(call: Call) -> int:
    """Makes a template of a deal with the order of its repetition; returns the id of that order."""
    fields = _fields(call)
    base = str(fields.get("DEAL_ID") or "")
    store, entity = call.portal.store, _deals(call)
    if not base.isdigit() or items.stored(store, entity, int(base)) is None:
        raise refused("Deal id is empty.")
    try:
        items.owned(call, entity, int(base))
    except RestError:
        raise refused("Access denied.") from None
    if store.value(f"SELECT 1 FROM {SETTINGS.name} WHERE ? IN (DEAL_ID, BASED_ID)", (int(base),)):
        raise refused("Deal already has recurring settings.")
    made = recurring.template(call, int(base))
    row = recurring.completed(call, SETTINGS.read(call, fields, creating=True), fields)
    number = SETTINGS.insert(call, {**row, **made})
    _announce(call, {"ID": number, "DEAL_ID": made["DEAL_ID"]}, "ADD")
    return number


@method("crm.deal.recurring.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One order of repetition."""
    return _printed(call, _need(call))


@method("crm.deal.recurring.list", "crm")
def listing(call: Call) -> Page:
    """A page of orders of repetition."""
    for name in ("order", "filter"):
        if call.get(name) not in (None, "") and not isinstance(call.get(name), (dict, list)):
            raise refused(f"Parameter '{name}' must be array.")
    if access.mode_of(call, _deals(call)) == "none":
        raise refused("Access denied.")
    page = SETTINGS.page(call)
    for row in page.rows:
        if "PARAMS" in row:
            row["PARAMS"] = json.loads(row["PARAMS"])
        row.update({name.lower(): row[name] for name in _SMALL if name in row})
    return page


@method("crm.deal.recurring.update", "crm", write=True, cost=0.05)
def update(call: Call) -> bool:
    """Changes an order of repetition; its next date is counted anew."""
    row = _need(call)
    fields = _fields(call)
    changes = recurring.completed(call, SETTINGS.read(call, fields, creating=False), fields, row)
    if SETTINGS.change(call, row, changes):
        _announce(call, row, "UPDATE")
    return True


@method("crm.deal.recurring.expose", "crm", write=True, cost=0.1)
def expose(call: Call) -> int:
    """Makes a deal of a template now; its id alone, as the official SDK's tests want it."""
    row = _need(call)
    number = recurring.expose(call, row)
    _announce(call, row, "EXPOSE", DEAL_ID=number)
    return number


@method("crm.deal.recurring.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> bool:
    """Deletes an order of repetition whose template is gone."""
    row = _need(call)
    if items.stored(call.portal.store, _deals(call), row["DEAL_ID"]) is not None:
        raise refused("Deleting is impossible. Connected recurring deal exists.")
    SETTINGS.delete(call.portal.store, row["ID"])
    _announce(call, row, "DELETE")
    return True


@method("crm.deal.recurring.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of an order of repetition."""
    if access.mode_of(call, _deals(call)) == "none":
        raise refused("Access denied.")
    described = SETTINGS.describe(call.portal)
    described["PARAMS"]["definition"] = recurring.definition()
    return described
