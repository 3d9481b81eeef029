"""Invoices by their oldest methods: `crm.invoice.*`, `.status.*`, `.recurring.*`, `.userfield.*`
(api-reference/crm/outdated/invoice)."""

from __future__ import annotations

import secrets

from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Function, method
from sandbox.plain.table import Row, Table
from sandbox.shop.invoices import INVOICE, INVOICE_EVENT, RECURRING, STATUS, USER_FIELD
from sandbox.shop.old import Old, serve_old

_WHOLE = ("INVOICE_PROPERTIES", "PRODUCT_ROWS")
_BY_CLOCK = "no invoice is made by the clock: only crm.invoice.recurring.expose makes one"
_UNUSED = "the fields are kept, invoices have no values of them"


def _names(table: Table, *without: str) -> dict[str, str]:
    return {"ID": "id", **{c.name: c.name for c in table.columns if c.name not in without}}


INVOICES = serve_old(Old("crm.invoice", INVOICE, _names(INVOICE)), "get", "add", "delete", "fields")
serve_old(Old("crm.invoice", INVOICE, _names(INVOICE, *_WHOLE)), "list")


@method("crm.invoice.update", "crm", write=True, cost=0.05)
def update(call: Call) -> int:
    """Changes an invoice; a new status sends an event of its own. Returns the id."""
    INVOICES.require_admin(call)
    before = INVOICES.found(call)
    row = INVOICE.change(call, before, INVOICES.values(call, before))
    if row["STATUS_ID"] != before["STATUS_ID"]:
        call.portal.emit(f"{INVOICE_EVENT}SETSTATUS", {"FIELDS": {"ID": row["id"]}}, call)
    return int(row["id"])


@method("crm.invoice.getexternallink", "crm")
def external_link(call: Call) -> str:
    """The address where a client sees an invoice."""
    return f"http://{call.portal.domain}/pub/invoice/{INVOICES.found(call)['id']}/{secrets.token_hex(6)}/"


STATUSES = serve_old(Old("crm.invoice.status", STATUS, _names(STATUS)), "list", "get", "update", "fields")


@method("crm.invoice.status.add", "crm", write=True)
def status_add(call: Call) -> int:
    """Adds a status; without a code it gets a free letter."""
    STATUSES.require_admin(call)
    values = STATUSES.values(call, None)
    if empty(values.get("NAME")):
        raise RestError("", "The field 'NAME' is required.")
    if empty(values.get("STATUS_ID")):
        taken = {row["STATUS_ID"] for row in STATUS.where(call.portal)}
        values["STATUS_ID"] = next(letter for letter in "ABCEFGHIJKLMOQRTUVWXYZ" if letter not in taken)
    return int(STATUS.insert(call, {**values, "ENTITY_ID": "INVOICE_STATUS"})["id"])


@method("crm.invoice.status.delete", "crm", write=True)
def status_delete(call: Call) -> bool:
    """Deletes a status that is none of the portal's own."""
    STATUSES.require_admin(call)
    row = STATUSES.found(call)
    if row["SYSTEM"] == "Y":
        raise RestError("", "CRM System Status can not be deleted.")
    STATUS.remove(call, row)
    return True


# --- repetition ---------------------------------------------------------------------------------

RECURRINGS = serve_old(Old("crm.invoice.recurring", RECURRING, _names(RECURRING)), "list", "get", "fields")


def _announce(call: Call, row: Row, what: str, **more: int) -> None:
    template = {} if what == "DELETE" else {"RECURRING_INVOICE_ID": row["INVOICE_ID"]}
    call.portal.emit(f"{INVOICE_EVENT}RECURRING{what}", {"FIELDS": {"ID": row["id"], **template, **more}}, call)


@method("crm.invoice.recurring.add", "crm", write=True, partial=_BY_CLOCK)
def recurring_add(call: Call) -> int:
    """Adds an order of repetition to a template; returns its id."""
    RECURRINGS.require_admin(call)
    values = RECURRINGS.values(call, None)
    template = INVOICE.get(call.portal, values.get("INVOICE_ID"))
    if template is None or template["IS_RECURRING"] != "Y":
        raise RestError("", "Invoice template is not found.")
    row = RECURRING.insert(call, {**values, "NEXT_EXECUTION": values.get("START_DATE")})
    _announce(call, row, "ADD")
    return int(row["id"])


@method("crm.invoice.recurring.update", "crm", write=True, partial=_BY_CLOCK)
def recurring_update(call: Call) -> bool:
    """Changes an order of repetition."""
    RECURRINGS.require_admin(call)
    before = RECURRINGS.found(call)
    _announce(call, RECURRING.change(call, before, RECURRINGS.values(call, before)), "UPDATE")
    return True


@method("crm.invoice.recurring.delete", "crm", write=True)
def recurring_delete(call: Call) -> bool:
    """Deletes an order of repetition."""
    RECURRINGS.require_admin(call)
    row = RECURRINGS.found(call)
    RECURRING.remove(call, row)
    _announce(call, row, "DELETE")
    return True


@method("crm.invoice.recurring.expose", "crm", write=True)
def recurring_expose(call: Call) -> dict[str, int]:
    """Makes an invoice from the template now."""
    RECURRINGS.require_admin(call)
    row = RECURRINGS.found(call)
    template = INVOICE.need(call, row["INVOICE_ID"])
    kept = {name: value for name, value in template.items() if name not in ("id", "ACCOUNT_NUMBER", "IS_RECURRING")}
    made = int(INVOICE.insert(call, {**kept, "STATUS_ID": "N"})["id"])
    today = call.portal.now().date().isoformat()
    RECURRING.change(call, row, {"COUNTER_REPEAT": row["COUNTER_REPEAT"] + 1, "LAST_EXECUTION": today})
    _announce(call, row, "EXPOSE", INVOICE_ID=made)
    return {"INVOICE_ID": made}


# --- user fields --------------------------------------------------------------------------------

USER_FIELDS = serve_old(Old("crm.invoice.userfield", USER_FIELD, _names(USER_FIELD)), "list", "get")


def _tell(call: Call, row: Row, what: str) -> None:
    data = {"ID": row["id"], "ENTITY_ID": row["ENTITY_ID"], "FIELD_NAME": row["FIELD_NAME"]}
    call.portal.emit(f"{INVOICE_EVENT}USERFIELD{what}", {"FIELDS": data}, call)


@method("crm.invoice.userfield.add", "crm", write=True, partial=_UNUSED)
def field_add(call: Call) -> int:
    """Adds a user field; its name begins with UF_CRM_."""
    USER_FIELDS.require_admin(call)
    values = USER_FIELDS.values(call, None)
    for name in ("FIELD_NAME", "USER_TYPE_ID"):
        if empty(values.get(name)):
            raise RestError("ERROR_CORE", f"The '{name}' field is not found.")
    name = str(values["FIELD_NAME"]).upper()
    values["FIELD_NAME"] = name if name.startswith("UF_CRM_") else f"UF_CRM_{name.removeprefix('UF_')}"
    if USER_FIELD.where(call.portal, FIELD_NAME=values["FIELD_NAME"]):
        raise RestError("ERROR_CORE", f"Field {values['FIELD_NAME']} already exists.")
    row = USER_FIELD.insert(call, values)
    _tell(call, row, "ADD")
    return int(row["id"])


def _changed(what: str) -> Function:
    def changed(call: Call) -> bool:
        """Changes or deletes a user field."""
        USER_FIELDS.require_admin(call)
        row = USER_FIELDS.found(call)
        if what == "DELETE":
            USER_FIELD.remove(call, row)
        else:
            values = USER_FIELDS.values(call, row)
            USER_FIELD.change(call, row, values)
            if "LIST" in values:
                _tell(call, row, "SETENUMVALUES")
        _tell(call, row, what)
        return True

    return changed


method("crm.invoice.userfield.update", "crm", write=True, partial=_UNUSED)(_changed("UPDATE"))
method("crm.invoice.userfield.delete", "crm", write=True)(_changed("DELETE"))
