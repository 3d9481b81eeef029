"""Companies of an HR system linked to the portal, their people and the jobs of exchanging them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError

Row = dict[str, Any]
COMPANIES = Documents("hcm_company")
# People belong to a company, employments to a person, values to an employment.
PEOPLE = Documents("hcm_person", "company")
EMPLOYEES = Documents("hcm_employee", "person")
JOBS = Documents("hcm_job", "company")
IN_PROGRESS, DONE, CANCELED = "IN_PROGRESS", "DONE", "CANCELED"
FAILED = "Operation failed"


def failed(code: str | int = 0, text: str = FAILED) -> RestError:
    """A refusal of this section, which comes with status 200."""
    return RestError(code, text, 200)


def guard(call: Call, *, admin: bool = True) -> None:
    """Only applications, and in all methods but one only administrators."""
    call.require_app()
    if admin and not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Access denied! Access denied.", 403)


def when(call: Call, seconds: int) -> str:
    """A moment as REST prints it."""
    return datetime.fromtimestamp(seconds, call.portal.clock.zone).isoformat()


def company_of(call: Call, code: Any) -> Row | None:
    """A company by its code in the HR system."""
    return next((row for row in COMPANIES.all(call) if row["code"] == str(code or "")), None)


def printed(call: Call, row: Row) -> Row:
    """A company."""
    shown = {"id": row["id"], "company": row["code"], "crmCompanyId": row["crm"], "title": row["title"]}
    names = ("field", "title", "type", "ttl")
    fields = [{name: one[name] for name in names} for one in row["fields"]]
    return {**shown, "data": row["data"], "createdAt": when(call, row["at"]), "fields": fields}


def persons(call: Call, user: int) -> dict[int, str]:
    """The codes of a user as a person of companies, by the companies' numbers."""
    return {row["company"]: row["code"] for row in PEOPLE.all(call) if row["userId"] == user}


def put_employee(call: Call, company: Row, given: Row) -> None:
    """Adds or changes an employment and the person it is of."""
    now = int(call.portal.clock.timestamp())
    known = next((one for one in PEOPLE.of(call, company["id"]) if one["code"] == str(given["person"])), None)
    name = " ".join(str(given["data"].get(n) or "") for n in ("lastName", "firstName", "patronymicName")).split()
    changes: Row = {"title": " ".join(name), "updatedAt": now}
    if given.get("userId"):
        changes["userId"] = int(given["userId"])
    if known is None:
        known = PEOPLE.add(call, {"code": str(given["person"]), "userId": None, "at": now, **changes}, company["id"])
    else:
        known = PEOPLE.change(call, known, changes)
    own = next((one for one in EMPLOYEES.of(call, known["id"]) if one["code"] == str(given["employee"])), None)
    if own is None:
        EMPLOYEES.add(
            call, {"code": str(given["employee"]), "data": given["data"], "at": now, "values": {}}, known["id"]
        )
    else:
        EMPLOYEES.change(call, own, {"data": given["data"]})


def employee_of(call: Call, company: Row, code: Any) -> Row | None:
    """An employment of a company by its code."""
    people = PEOPLE.of(call, company["id"])
    every = (one for person in people for one in EMPLOYEES.of(call, person["id"]))
    return next((one for one in every if one["code"] == str(code)), None)


def update_job(call: Call, given: Any) -> None:
    """Moves a job on; a finished one stays as it is."""
    job = dict(given) if isinstance(given, dict) else {}
    told = job.get("fields")
    fields: Row = told if isinstance(told, dict) else {}
    row, status = JOBS.get(call, job.get("id")), fields.get("status")
    if row is None or status not in (IN_PROGRESS, DONE, CANCELED) or row["status"] in (DONE, CANCELED):
        raise failed()
    JOBS.change(call, row, {"status": status, **{n: fields[n] for n in ("total", "sent", "data") if n in fields}})
