"""The exchange with an HR system."""

from __future__ import annotations

from typing import Any

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import Refusal


def test_the_exchange(sandbox: Sandbox, refusal: Refusal) -> None:
    sandbox.control("install", {"client_id": "local.h", "client_secret": "s", "scope": ["humanresources.hcmlink"]})
    token = sandbox.control("open", {"client_id": "local.h"})["fields"]["AUTH_ID"]
    company = sandbox.rest("crm.company.add", {"fields": {"TITLE": "ООО Ромашка"}})

    def call(name: str, **params: Any) -> Any:
        return sandbox.raw(f"humanresources.hcmlink.{name}", params, token=token).json()

    assert refusal("humanresources.hcmlink.company.list") == (403, "WRONG_AUTH_TYPE")
    fields = {"company": "hr-1", "title": "Ромашка", "fields": [{"field": "number", "title": "Табельный номер"}]}
    assert call("company.add", fields=fields)["error"] == 0
    assert call("company.add", fields={**fields, "crmCompanyId": 999})["error"] == 510
    number = call("company.add", fields={**fields, "crmCompanyId": company})["result"]
    (row,) = call("company.list")["result"]
    assert (row["id"], row["crmCompanyId"], row["fields"][0]["type"]) == (number, company, "STRING")
    employee = {"employee": "e-1", "person": "p-1", "userId": 1, "data": {"firstName": "Анна"}}
    assert call("employee.set", company="hr-1", data=[])["error"] == ""
    taken = call("employee.set", company="hr-1", data=[employee, {"employee": "e-2"}])["result"]
    assert (taken["status"], len(taken["errors"])) == ("error", 1)
    (person,) = call("employee.list", company="hr-1")["result"]
    assert (person["title"], person["userId"], person["employees"][0]["employee"]) == ("Анна", 1, "e-1")
    assert call("company.user.list")["result"][0]["person"] == "p-1"
    value = {"field": "number", "employee": "e-1", "value": "77"}
    assert call("field.value.set", company="hr-1", data=[value])["result"] == {"status": "ok", "errors": []}
    wrong = call("field.value.set", company="hr-1", data=[{**value, "field": "x"}])["result"]
    assert wrong["status"] == "error"
    assert call("job.status.get", id=1)["result"] == {"alive": True}
    assert call("job.update", id=1, fields={"status": "DONE"})["result"] is True
    assert call("job.update", id=1, fields={"status": "DONE"})["error"] == 0
    assert call("company.delete", id=number)["result"] is True
    assert call("employee.list", company="hr-1")["error"] == 510
