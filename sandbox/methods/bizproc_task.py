"""Tasks of business processes: `bizproc.task.list`, `.complete`, `.delegate`."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from sandbox.automation import documents
from sandbox.crm import items
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, access_denied
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, paged
from sandbox.methods.bizproc_workflow import selected, sorted_by
from sandbox.workflow import assignments
from sandbox.workflow.assignments import ANSWERS, NOBODY, OPEN, SUBORDINATES, Refused

_DEFAULT = ("ENTITY", "DOCUMENT_ID", "ID", "WORKFLOW_ID", "DOCUMENT_NAME", "NAME", "DOCUMENT_URL")
_FIELDS = (
    *_DEFAULT,
    "DESCRIPTION",
    "MODIFIED",
    "WORKFLOW_STARTED",
    "WORKFLOW_STARTED_BY",
    "OVERDUE_DATE",
    "WORKFLOW_TEMPLATE_ID",
    "WORKFLOW_TEMPLATE_NAME",
    "WORKFLOW_STATE",
    "STATUS",
    "USER_ID",
    "USER_STATUS",
    "MODULE_ID",
    "ACTIVITY",
    "ACTIVITY_NAME",
    "PARAMETERS",
)
# In the cloud the tasks of a process can be read this long after its end (bizproc-task-list.md).
_KEPT = timedelta(days=1)
_SLUGS = {1: "lead", 2: "deal", 3: "contact", 4: "company", 7: "quote"}
_SQL = (
    "SELECT t.*, u.user, u.status AS user_status, w.document, w.started, w.started_by, w.template_id, w.template_name,"
    " w.title, w.status AS process_status, w.modified AS process_modified FROM bp_task_users u"
    " JOIN bp_tasks t ON t.id = u.task JOIN workflows w ON w.id = t.process"
)


def _names(call: Call) -> list[str]:
    given = call.get("SELECT")
    names = [str(name).upper() for name in call.listing("SELECT")]
    if given not in (None, "", []) and (isinstance(given, str) or not set(names) <= {*_FIELDS, "*"}):
        raise RestError("ERROR_SELECT_VALIDATION_FAILURE", "Invalid data in SELECT parameter")
    return list(_FIELDS) if "*" in names else names or list(_DEFAULT)


def _whose(call: Call, wanted: dict[str, Any]) -> set[int] | None:
    """Whose tasks are asked for, None for everybody's: administrators see all, others their own
    and those of their subordinates."""
    given = next((value for name, value in wanted.items() if name.upper().lstrip("=!<>@%") == "USER_ID"), None)
    if call.portal.is_admin(call.user):
        return None
    if given is None:
        return {call.user}
    asked = {int(one) for one in (given if isinstance(given, list) else [given]) if str(one).isdigit()}
    if not asked <= {call.user, *assignments.subordinates(call.portal, call.user)}:
        raise access_denied(400)
    return asked


@method("bizproc.task.list", "bizproc")
def task_list(call: Call) -> Page:
    """bizproc-task-list.md: one row for every employee of a task."""
    names, wanted = _names(call), call.mapping("FILTER")
    whose = _whose(call, wanted)
    rows = [row for row in call.portal.store.rows(f"{_SQL} ORDER BY t.id DESC, u.user") if _visible(call, row)]
    printed = [_printed(call, row) for row in rows if whose is None or row["user"] in whose]
    found = sorted_by([row for row in printed if matches(row, wanted)], call.mapping("ORDER"))
    return paged(call, selected(found, names))


def _visible(call: Call, row: sqlite3.Row) -> bool:
    if row["process_status"] == "running" or call.portal.plan == "box":
        return True
    return call.portal.now() - datetime.fromisoformat(row["process_modified"]) <= _KEPT


def _printed(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    module, entity, document = json.loads(row["document"])
    title, url = _shown(call, [module, entity, document])
    return {
        "ENTITY": entity,
        "DOCUMENT_ID": document,
        "ID": str(row["id"]),
        "WORKFLOW_ID": row["process"],
        "DOCUMENT_NAME": title,
        "DESCRIPTION": row["description"],
        "NAME": row["name"],
        "MODIFIED": row["modified"],
        "WORKFLOW_STARTED": row["started"],
        "WORKFLOW_STARTED_BY": str(row["started_by"]),
        "OVERDUE_DATE": row["overdue"],
        "WORKFLOW_TEMPLATE_ID": str(row["template_id"]),
        "WORKFLOW_TEMPLATE_NAME": row["template_name"],
        "WORKFLOW_STATE": row["title"],
        "STATUS": str(row["status"]),
        "USER_ID": str(row["user"]),
        "USER_STATUS": str(row["user_status"]),
        "MODULE_ID": module,
        "ACTIVITY": row["activity"],
        "ACTIVITY_NAME": row["activity_name"],
        "PARAMETERS": json.loads(row["parameters"]),
        "DOCUMENT_URL": url,
    }


def _shown(call: Call, document: list[str]) -> tuple[str, str]:
    """(title, address) of a document."""
    found = documents.item_of(document)
    if found is None:
        return document[2], f"/bizproc/processes/?livefeed=y&element_id={document[2]}"
    number, item_id = found
    slug = _SLUGS.get(number)
    url = f"/crm/{slug}/details/{item_id}/" if slug else f"/crm/type/{number}/details/{item_id}/"
    try:
        row = items.stored(call.portal.store, schema_of(call.portal).entity(number), item_id)
    except RestError:
        row = None
    named = row.get("title") or f"{row.get('name') or ''} {row.get('lastName') or ''}".strip() if row else ""
    return str(named or document[2]), url


def _invalid(text: str) -> RestError:
    return RestError("ERROR_TASK_VALIDATION", text)


@method("bizproc.task.complete", "bizproc", write=True)
def complete(call: Call) -> bool:
    """bizproc-task-complete.md: one's own tasks only."""
    number, word = str(call.get("TASK_ID") or ""), str(call.get("STATUS") or "").lower()
    if not number.isdigit():
        raise _invalid("empty TASK_ID")
    if not any(word in answers for answers in ANSWERS.values()):
        raise _invalid("incorrect STATUS")
    row = assignments.task(call.portal, int(number))
    part = assignments.own(call.portal, int(number), call.user)
    if row is None or part is None:
        raise RestError("ERROR_TASK_NOT_FOUND", "Task not found")
    if row["status"] != OPEN or part["status"] != OPEN:
        raise RestError("ERROR_TASK_COMPLETED", "Task already completed")
    answers = ANSWERS.get(row["activity"])
    if answers is None:
        raise RestError("ERROR_TASK_TYPE", "Incorrect task type")
    if word not in answers:
        raise _invalid("incorrect STATUS")
    comment = str(call.get("COMMENT") or "")
    try:
        assignments.complete(call.portal, row, call.user, answers[word], comment, call.mapping("FIELDS"))
    except Refused as refusal:
        raise RestError("ERROR_TASK_EXECUTION", str(refusal)) from None
    return True


def _user(call: Call, name: str) -> sqlite3.Row:
    number = str(call.get(name) or "")
    row = call.portal.store.one("SELECT * FROM users WHERE id = ?", (int(number),)) if number.isdigit() else None
    if row is None:
        raise RestError("ERROR_INVALID_USER_ID", f"Invalid {name}")
    return row


def _not_allowed(text: str) -> RestError:
    return RestError("ERROR_DELEGATION_NOT_ALLOWED", text)


@method("bizproc.task.delegate", "bizproc", write=True)
def delegate(call: Call) -> bool:
    """bizproc-task-delegate.md: all of the tasks or, with the reasons joined, none."""
    given = [str(number) for number in call.listing("TASK_IDS")]
    if not given or not all(number.isdigit() for number in given):
        raise _invalid("Invalid TASK_IDS")
    source, target = _user(call, "FROM_USER_ID"), _user(call, "TO_USER_ID")
    if not json.loads(target["departments"]):
        raise _not_allowed("Task delegation is only available for intranet users")
    if source["id"] != call.user and not call.portal.is_admin(call.user):
        raise _not_allowed("User is not responsible for the task")
    numbers = [int(number) for number in given]
    refusals = [text for number in numbers if (text := _refusal(call, number, source["id"], target["id"]))]
    if refusals:
        raise _not_allowed(";".join(dict.fromkeys(refusals)))
    for number in numbers:
        assignments.delegate(call.portal, number, source["id"], target["id"])
    return True


def _refusal(call: Call, number: int, source: int, target: int) -> str:
    """Why a task cannot be delegated, "" when it can."""
    row = assignments.task(call.portal, number)
    part = assignments.own(call.portal, number, source)
    if row is None or part is None or part["status"] != OPEN or row["status"] != OPEN:
        return "User is not responsible for the task"
    name = row["name"]
    if row["delegation"] == NOBODY:
        return f"Задание «{name}» нельзя делегировать"
    free = row["delegation"] != SUBORDINATES or call.portal.is_admin(call.user)
    if not free and target not in assignments.subordinates(call.portal, source):
        return f"Задание «{name}» можно делегировать только подчинённым"
    return ""
