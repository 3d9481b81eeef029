"""Running business processes: `bizproc.workflow.start`, `.instances`, `.terminate`, `.kill`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.automation import documents
from sandbox.crm import items
from sandbox.crm.schema import schema_of
from sandbox.kernel import features
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, access_denied
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.workflow import process, templates

_FIELDS = (
    "ID",
    "MODIFIED",
    "OWNED_UNTIL",
    "MODULE_ID",
    "ENTITY",
    "DOCUMENT_ID",
    "STARTED",
    "STARTED_BY",
    "TEMPLATE_ID",
)
_DEFAULT = ("ID", "MODIFIED", "OWNED_UNTIL")


def _document(call: Call) -> list[str]:
    """DOCUMENT_ID as three words; a card that is not there is no document."""
    given = [str(part) for part in call.listing("DOCUMENT_ID")]
    if len(given) != 3 or not all(given):
        raise RestError("", "Wrong DOCUMENT_ID!")
    if documents.type_of(given) is None:
        raise RestError("", "Incorrect document type!")
    found = documents.item_of(given)
    if found is not None and not _exists(call, *found):
        raise RestError("", "Wrong DOCUMENT_ID!")
    return given


def _exists(call: Call, entity_type_id: int, item_id: int) -> bool:
    try:
        entity = schema_of(call.portal).entity(entity_type_id)
    except RestError:
        return False
    return items.stored(call.portal.store, entity, item_id) is not None


def _suits(template: Any, document: list[str]) -> bool:
    """Whether a template was made for documents of this type; the list or folder that an element
    belongs to is not in its id, so only module and entity count there."""
    kind = documents.type_of(document) or ["", "", ""]
    made_for = [template["module"], template["entity"], template["document_type"]]
    return made_for[:2] == kind[:2] and kind[2] in ("", made_for[2])


@method(
    "bizproc.workflow.start",
    "bizproc",
    write=True,
    cost=0.1,
    partial="only the common activities of templates; documents of lists and the drive have no fields",
)
def start(call: Call) -> str:
    """bizproc-workflow-start.md: paid plans only."""
    call.require_admin()
    if not features.has(call.portal, "workflows"):
        raise access_denied()
    number = str(call.get("TEMPLATE_ID") or "")
    if not number:
        raise RestError("ERROR_WRONG_WORKFLOW_ID", "Empty TEMPLATE_ID")
    template = templates.template(call.portal, int(number)) if number.isdigit() else None
    if template is None:
        raise RestError("ERROR_WRONG_WORKFLOW_ID", "Template not found")
    document = _document(call)
    if not _suits(template, document):
        raise RestError("", "Template type and DOCUMENT_ID mismatch!")
    return templates.start(call.portal, template, document, call.user, call.mapping("PARAMETERS"))


def _printed(row: Any) -> dict[str, Any]:
    module, entity, document = json.loads(row["document"])
    return {
        "ID": row["id"],
        "MODIFIED": row["modified"],
        "OWNED_UNTIL": None,
        "MODULE_ID": module,
        "ENTITY": entity,
        "DOCUMENT_ID": document,
        "STARTED": row["started"],
        "STARTED_BY": str(row["started_by"]),
        "TEMPLATE_ID": str(row["template_id"]),
    }


def selected(rows: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    """The rows with the named fields only."""
    return [{name: row[name] for name in names if name in row} for row in rows]


def sorted_by(rows: list[dict[str, Any]], order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows in an order of several fields, the first named counts most."""
    for name, direction in reversed(list(order.items())):
        rows = ordered(rows, str(name), str(direction))
    return rows


def _instances(call: Call) -> Page:
    call.require_admin()
    rows = call.portal.store.rows("SELECT * FROM workflows WHERE status = 'running' ORDER BY started, id")
    printed = [_printed(row) for row in rows]
    found = sorted_by(
        [row for row in printed if matches(row, call.mapping("FILTER"))], call.mapping("ORDER") or {"MODIFIED": "desc"}
    )
    names = [str(name).upper() for name in call.listing("SELECT")] or list(_DEFAULT)
    return paged(call, selected(found, [name for name in _FIELDS if name in names]))


@method("bizproc.workflow.instances", "bizproc")
def instances(call: Call) -> Page:
    """bizproc-workflow-instances.md: those that run."""
    return _instances(call)


@method("bizproc.workflow.instance.list", "bizproc")
def instance_list(call: Call) -> Page:
    """The older name of `bizproc.workflow.instances`."""
    return _instances(call)


def _number(call: Call) -> str:
    call.require_admin()
    number = str(call.get("ID") or "")
    if not number:
        raise RestError("ERROR_WRONG_WORKFLOW_ID", "Empty workflow instance ID")
    return number


@method("bizproc.workflow.terminate", "bizproc", write=True)
def terminate(call: Call) -> bool:
    """bizproc-workflow-terminate.md: the data stay."""
    process.terminate(call.portal, _number(call), str(call.get("STATUS") or ""))
    return True


@method("bizproc.workflow.kill", "bizproc", write=True)
def kill(call: Call) -> bool:
    """bizproc-workflow-kill.md: the data go too."""
    process.kill(call.portal, _number(call))
    return True
