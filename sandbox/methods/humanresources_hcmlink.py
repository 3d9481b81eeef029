"""The exchange with an HR system: `humanresources.hcmlink.*` (api-reference/sign/hcm-link)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.registry import method
from sandbox.structure import hcmlink
from sandbox.structure.hcmlink import COMPANIES, EMPLOYEES, JOBS, PEOPLE, Row, failed, guard

SCOPE = "humanresources.hcmlink"
_USUAL, _MAXIMUM = 100, 1000
_NO_DATA = "Parameter 'data' must be a non empty array"


def _page(call: Call, rows: list[Row]) -> list[Row]:
    limit, offset = call.integer("limit", _USUAL), call.integer("offset", 0)
    if not 1 <= limit <= _MAXIMUM or offset < 0:
        raise failed()
    return rows[offset : offset + limit]


def _fields(given: Any) -> list[Row]:
    rows = [dict(one) for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if not rows or any(not one.get("field") or not one.get("title") for one in rows):
        raise failed()
    blank = {"type": "STRING", "entityType": "EMPLOYEE", "ttl": 86400}
    return [{**blank, **{name: one[name] for name in ("field", "title", *blank) if name in one}} for one in rows]


def _read(call: Call, given: Row) -> Row:
    row: Row = {}
    for name, own in (("company", "code"), ("title", "title")):
        if given.get(name):
            row[own] = str(given[name])
    if given.get("crmCompanyId"):
        number = str(given["crmCompanyId"])
        known = call.portal.store.value("SELECT id FROM crm_4 WHERE id = ?", (number,)) if number.isdigit() else None
        if known is None:
            raise failed(510)
        row["crm"] = int(known)
    if isinstance(given.get("data"), dict):
        row["data"] = given["data"]
    if "fields" in given:
        row["fields"] = _fields(given["fields"])
    return row


# --- companies ------------------------------------------------------------------------------


@method("humanresources.hcmlink.company.add", SCOPE, write=True, partial="the portal asks the HR system for nothing")
def company_add(call: Call) -> int:
    """Links a company; a job for the list of its employees is waiting from then on."""
    guard(call)
    given = call.mapping("fields")
    if not all(given.get(name) for name in ("company", "crmCompanyId", "title", "fields")):
        raise failed()
    row = {"data": {}, **_read(call, given), "at": int(call.portal.clock.timestamp())}
    number = int(COMPANIES.add(call, row)["id"])
    JOBS.add(call, {"status": hcmlink.IN_PROGRESS, "kind": "employees"}, number)
    return number


def _company(call: Call) -> Row:
    row = COMPANIES.get(call, call.get("id") or 0)
    if row is None:
        raise failed(510)
    return row


@method("humanresources.hcmlink.company.update", SCOPE, write=True)
def company_update(call: Call) -> bool:
    """Changes a linked company."""
    guard(call)
    row = _company(call)
    COMPANIES.change(call, row, _read(call, call.mapping("fields")))
    return True


@method("humanresources.hcmlink.company.delete", SCOPE, write=True)
def company_delete(call: Call) -> bool:
    """Takes a company away with its people."""
    guard(call)
    row = _company(call)
    for person in PEOPLE.of(call, row["id"]):
        EMPLOYEES.clear(call, person["id"])
    for kind in (PEOPLE, JOBS):
        kind.clear(call, row["id"])
    COMPANIES.remove(call, row["id"])
    return True


@method("humanresources.hcmlink.company.list", SCOPE)
def company_list(call: Call) -> list[Row]:
    """Linked companies; with `userId` those that the user is a person of."""
    guard(call)
    rows = COMPANIES.all(call)
    user = call.get("userId")
    if not user:
        return [hcmlink.printed(call, row) for row in _page(call, rows)]
    codes = hcmlink.persons(call, int(user))
    own = [row for row in rows if row["id"] in codes]
    return [{**hcmlink.printed(call, row), "person": codes[row["id"]]} for row in _page(call, own)]


@method("humanresources.hcmlink.company.user.list", SCOPE)
def company_user_list(call: Call) -> list[Row]:
    """The companies that the caller is a person of."""
    guard(call, admin=False)
    codes = hcmlink.persons(call, call.user)
    rows = _page(call, [row for row in COMPANIES.all(call) if row["id"] in codes])
    names = ("id", "company", "crmCompanyId", "title", "data")
    printed = [(row["id"], hcmlink.printed(call, row)) for row in rows]
    return [{**{name: row[name] for name in names}, "person": codes[number]} for number, row in printed]


# --- employees ------------------------------------------------------------------------------


@method("humanresources.hcmlink.employee.set", SCOPE, write=True)
def employee_set(call: Call) -> Row:
    """Takes in employees; what is wrong with some of them does not stop the others."""
    guard(call)
    company, rows = hcmlink.company_of(call, call.get("company")), call.listing("data")
    if not rows:
        raise failed("", _NO_DATA)
    if company is None:
        raise failed()
    if call.get("job") is not None:
        hcmlink.update_job(call, call.get("job"))
    errors = []
    for i, one in enumerate(rows):
        data = one.get("data") if isinstance(one, dict) else None
        if not isinstance(data, dict) or not any(data.values()) or not one.get("employee") or not one.get("person"):
            errors.append(f"Item #{i} should have not empty 'employee', 'person', 'data'")
            continue
        hcmlink.put_employee(call, company, one)
    return {"status": "error" if errors else "ok", "errors": errors}


@method("humanresources.hcmlink.employee.list", SCOPE)
def employee_list(call: Call) -> list[Row]:
    """The people of a company with their employments."""
    guard(call)
    company = hcmlink.company_of(call, call.get("company"))
    if company is None:
        raise failed(510)
    rows = PEOPLE.of(call, company["id"])
    since = call.get("updatedAt")
    if since:
        rows = [row for row in rows if hcmlink.when(call, row["updatedAt"]) > str(since)]
    return [_person(call, company, row) for row in _page(call, rows)]


def _person(call: Call, company: Row, row: Row) -> Row:
    employees = [
        {"id": one["id"], "employee": one["code"], "data": one["data"], "createdAt": hcmlink.when(call, one["at"])}
        for one in EMPLOYEES.of(call, row["id"])
    ]
    shown = {"id": row["id"], "company": company["code"], "person": row["code"], "employees": employees}
    shown |= {"userId": row["userId"], "title": row["title"], "createdAt": hcmlink.when(call, row["at"])}
    return {**shown, "updatedAt": hcmlink.when(call, row["updatedAt"])}


@method("humanresources.hcmlink.field.value.set", SCOPE, write=True)
def value_set(call: Call) -> Row:
    """Takes in values of fields."""
    guard(call)
    rows, code = call.listing("data"), str(call.get("company") or "")
    if not rows:
        raise failed("", _NO_DATA)
    found = [row for row in COMPANIES.all(call) if code in (row["code"], str(row["crm"]))]
    if not found:
        raise failed()
    if call.get("job") is not None:
        hcmlink.update_job(call, call.get("job"))
    errors = [error for i, one in enumerate(rows) if (error := _set_value(call, found[0], i, one))]
    return {"status": "error" if errors else "ok", "errors": errors}


def _set_value(call: Call, company: Row, place: int, one: Any) -> str:
    """Keeps one value; returns what is wrong with it."""
    given = one if isinstance(one, dict) else {}
    if all(field["field"] != given.get("field") for field in company["fields"]):
        return f"Item #{place} field '{given.get('field')}' not found for company '{company['code']}'"
    employee = hcmlink.employee_of(call, company, given.get("employee"))
    if employee is None:
        return f"Item #{place} employee '{given.get('employee')}' not found for company '{company['code']}'"
    EMPLOYEES.change(call, employee, {"values": {**employee["values"], str(given["field"]): given.get("value")}})
    return ""


# --- jobs -----------------------------------------------------------------------------------


@method("humanresources.hcmlink.job.status.get", SCOPE)
def job_status(call: Call) -> dict[str, bool]:
    """Whether a job still goes on."""
    guard(call)
    row = JOBS.get(call, call.get("id") or 0)
    if row is None:
        raise failed()
    return {"alive": row["status"] == hcmlink.IN_PROGRESS}


@method("humanresources.hcmlink.job.update", SCOPE, write=True)
def job_update(call: Call) -> bool:
    """Moves a job on."""
    guard(call)
    hcmlink.update_job(call, {"id": call.get("id"), "fields": call.mapping("fields")})
    return True
