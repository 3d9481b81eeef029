"""Templates of business processes: `bizproc.workflow.template.*`."""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.automation import documents
from sandbox.kernel.apps import find_app
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, paged
from sandbox.methods.bizproc_workflow import selected, sorted_by
from sandbox.workflow import templates
from sandbox.workflow.bpt import BadTemplate, read

_FIELDS = ("NAME", "DESCRIPTION", "TEMPLATE_DATA", "AUTO_EXECUTE")


def _invalid(text: str) -> RestError:
    return RestError("ERROR_TEMPLATE_VALIDATION_FAILURE", text)


def _context(call: Call) -> str:
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Application context required", 400)
    call.require_admin(400)
    return call.app


def _document_type(call: Call) -> list[str]:
    given = [str(part) for part in call.listing("DOCUMENT_TYPE")]
    if len(given) != 3 or not documents.is_type(given):
        raise _invalid("Incorrect field DOCUMENT_TYPE!")
    return given


def _content(value: Any) -> bytes:
    """A file as the call carries it: `[name, base64]`, `{"fileData": [...]}` or the base64 text."""
    if isinstance(value, Mapping):
        value = value.get("fileData") or list(value.values())
    if isinstance(value, list):
        value = value[-1] if value else ""
    try:
        return base64.b64decode(str(value or ""), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the given fields fill; refuses wrong ones in the documented order."""
    found: dict[str, Any] = {}
    if "NAME" in given:
        found["name"] = str(given["NAME"] or "").strip()
        if not found["name"]:
            raise _invalid("Empty template name!")
    if "DESCRIPTION" in given:
        found["description"] = str(given["DESCRIPTION"] or "")
    if "AUTO_EXECUTE" in given:
        if str(given["AUTO_EXECUTE"] or "0") not in ("0", "1", "2", "3"):
            raise _invalid("Incorrect field AUTO_EXECUTE!")
        found["auto_execute"] = int(given["AUTO_EXECUTE"] or 0)
    if "TEMPLATE_DATA" in given:
        try:
            found |= templates.file_columns(read(_content(given["TEMPLATE_DATA"])))
        except BadTemplate:
            raise _invalid("Incorrect field TEMPLATE_DATA!") from None
    return found


@method("bizproc.workflow.template.add", "bizproc", write=True)
def add(call: Call) -> int:
    """bizproc-workflow-template-add.md"""
    app = _context(call)
    module, entity, kind = _document_type(call)
    named = {name: call.get(name) for name in _FIELDS}
    row = {
        "app": app,
        "module": module,
        "entity": entity,
        "document_type": kind,
        **_columns(named),
        "modified": call.portal.clock.iso(),
        "user": call.user,
        "system_code": f"rest_app_{_app_number(call, app)}",
    }
    number = call.portal.store.insert("bp_templates", row)
    templates.watch(call.portal)
    return number


def _app_number(call: Call, app: str) -> int:
    found = find_app(call.portal, app)
    return found.id if found else 0


def _own(call: Call, refusal: RestError) -> sqlite3.Row:
    """The template of `ID`, which the calling application must have added."""
    app, number = _context(call), str(call.get("ID") or "")
    row = templates.template(call.portal, int(number)) if number.isdigit() else None
    if row is None:
        raise RestError("ERROR_TEMPLATE_NOT_FOUND", "Workflow template not found.")
    if row["app"] != app:
        raise refusal
    return row


@method("bizproc.workflow.template.update", "bizproc", write=True)
def update(call: Call) -> int:
    """bizproc-workflow-template-update.md: running processes keep the template they started with."""
    _context(call)
    given = {str(name).upper(): value for name, value in call.mapping("FIELDS").items()}
    given = {name: value for name, value in given.items() if name in _FIELDS}
    if not given:
        raise _invalid("No fields to update.")
    text = "You can update ONLY templates created by current application"
    row = _own(call, RestError("ERROR_TEMPLATE_NOT_OWNER", text))
    columns = {**_columns(given), "modified": call.portal.clock.iso(), "user": call.user}
    sets = ", ".join(f"{name} = ?" for name in columns)
    call.portal.store.execute(f"UPDATE bp_templates SET {sets} WHERE id = ?", (*columns.values(), row["id"]))
    templates.watch(call.portal)
    return int(row["id"])


@method("bizproc.workflow.template.delete", "bizproc", write=True)
def delete(call: Call) -> None:
    """bizproc-workflow-template-delete.md: only those of the calling application; answers null."""
    row = _own(call, RestError("ERROR_TEMPLATE_NOT_FOUND", "Workflow template not found."))
    call.portal.store.execute("DELETE FROM bp_templates WHERE id = ?", (row["id"],))
    templates.watch(call.portal)


def _printed(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "ID": str(row["id"]),
        "MODULE_ID": row["module"],
        "ENTITY": row["entity"],
        "DOCUMENT_TYPE": row["document_type"],
        "AUTO_EXECUTE": str(row["auto_execute"]),
        "NAME": row["name"],
        "DESCRIPTION": row["description"],
        "TEMPLATE": [json.loads(row["tree"])],
        "PARAMETERS": json.loads(row["parameters"]) or [],
        "VARIABLES": json.loads(row["variables"]) or [],
        "CONSTANTS": json.loads(row["constants"]) or [],
        "MODIFIED": row["modified"],
        "IS_MODIFIED": "N",
        "USER_ID": str(row["user"]),
        "SYSTEM_CODE": row["system_code"],
    }


@method("bizproc.workflow.template.list", "bizproc")
def template_list(call: Call) -> Page:
    """bizproc-workflow-template-list.md: those of all applications."""
    call.require_admin(400)
    printed = [_printed(row) for row in call.portal.store.rows("SELECT * FROM bp_templates ORDER BY id")]
    found = [row for row in printed if matches(row, call.mapping("FILTER"))]
    names = [str(name).upper() for name in call.listing("SELECT")] or ["ID"]
    return paged(call, selected(sorted_by(found, call.mapping("ORDER") or {"ID": "ASC"}), names))
