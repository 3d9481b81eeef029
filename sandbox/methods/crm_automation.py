"""Triggers of CRM automation: `crm.automation.trigger` and `crm.automation.trigger.*`."""

from __future__ import annotations

import re
from typing import Any

from sandbox.automation import triggers
from sandbox.crm import access, items
from sandbox.crm.schema import COMPANY, CONTACT, DEAL, LEAD, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_CODE = re.compile(r"^[a-z0-9._-]+$")
_TARGET = re.compile(r"^(.+)_(\d+)$")


def _refused(text: str) -> RestError:
    return RestError("", text)


def _context(call: Call) -> str:
    """The calling application, for an administrator with access to CRM."""
    schema = schema_of(call.portal)
    if not call.portal.is_admin(call.user) and all(
        access.mode_of(call, schema.entity(number)) == "none" for number in (LEAD, DEAL, CONTACT, COMPANY)
    ):
        raise _refused("Access denied.")
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required", 400)
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Access denied! Admin permissions required", 400)
    return call.app


def _code(call: Call) -> str:
    code = str(call.get("CODE") or "")
    if not code:
        raise _refused("Empty trigger code!")
    if not _CODE.match(code):
        raise _refused("Wrong trigger code!")
    return code


@method("crm.automation.trigger.add", "crm", write=True)
def trigger_add(call: Call) -> bool:
    """crm-automation-trigger-add.md: the code of an existing trigger renames it."""
    app, code, name = _context(call), _code(call), str(call.get("NAME") or "")
    if not name:
        raise _refused("Empty trigger name!")
    call.portal.store.execute(
        "INSERT INTO triggers (app, code, name) VALUES (?, ?, ?) ON CONFLICT (app, code) DO UPDATE SET name = ?",
        (app, code, name, name),
    )
    return True


@method("crm.automation.trigger.list", "crm")
def trigger_list(call: Call) -> list[dict[str, str]]:
    """crm-automation-trigger-list.md: those of the calling application."""
    rows = call.portal.store.rows("SELECT name, code FROM triggers WHERE app = ? ORDER BY id", (_context(call),))
    return [{"NAME": row["name"], "CODE": row["code"]} for row in rows]


@method("crm.automation.trigger.delete", "crm", write=True)
def trigger_delete(call: Call) -> bool:
    """crm-automation-trigger-delete.md"""
    app, code = _context(call), _code(call)
    deleted = call.portal.store.execute("DELETE FROM triggers WHERE app = ? AND code = ?", (app, code))
    if not deleted.rowcount:
        raise _refused("Trigger not found")
    return True


def _number(call: Call, name: str) -> int:
    text = str(call.get(name) if call.get(name) is not None else "")
    return int(text) if text.isdigit() else 0


@method("crm.automation.trigger.execute", "crm", write=True)
def trigger_execute(call: Call) -> bool:
    """crm-automation-trigger-execute.md: true also when the trigger stands on no stage."""
    app, code = _context(call), _code(call)
    if not call.portal.store.value("SELECT 1 FROM triggers WHERE app = ? AND code = ?", (app, code)):
        raise _refused(f"Trigger with code {code} is not registered.")
    owner_type, owner = _number(call, "OWNER_TYPE_ID"), _number(call, "OWNER_ID")
    if not triggers.has_automation(call.portal, owner_type):
        raise _refused("Incorrect parameter OWNER_TYPE_ID.")
    if owner <= 0:
        raise _refused("Incorrect parameter OWNER_ID.")
    triggers.fire(call.portal, "app", app, code, owner_type, owner)
    return True


def _target(call: Call) -> tuple[int, int]:
    """(object type, id) of `target`."""
    target = str(call.get("target") or "")
    if not target:
        raise _refused("Target is not set.")
    match = _TARGET.match(target)
    if match is None:
        raise _refused("Incorrect target format.")
    number = triggers.type_of_name(call.portal, match.group(1).upper())
    if number is None:
        raise _refused("Target is not found.")
    return number, int(match.group(2))


@method("crm.automation.trigger", "crm", write=True)
def trigger(call: Call) -> bool:
    """crm-automation-trigger.md: the trigger "incoming webhook" of the card's funnel."""
    entity_type_id, item_id = _target(call)
    entity = schema_of(call.portal).entity(entity_type_id)
    row = items.stored(call.portal.store, entity, item_id)
    if row is None or not access.allowed(call, entity, row["assignedById"]):
        raise RestError("ACCESS_DENIED", "Access denied! There are no permissions to update the entity.", 400)
    return triggers.fire(call.portal, "webhook", "", _word(call.get("code")), entity_type_id, item_id) or True


def _word(value: Any) -> str:
    return "" if value is None else str(value)
