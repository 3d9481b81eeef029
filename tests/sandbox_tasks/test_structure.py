"""The company's structure and the event log in REST 3.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import V3, refused, result

REQUEST = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
ANNA, BORIS = 2, 3


@pytest.fixture
def sales(v3: V3) -> int:
    """A department below the first one, headed by Anna."""
    body = {"type": "DEPARTMENT", "name": "Продажи", "parentId": 1, "userIds": {"MEMBER_HEAD": [ANNA]}}
    return int(result(v3("humanresources.node.add", body))["id"])


def test_a_department_is_one_in_both_versions(v3: V3, sandbox: Sandbox, sales: int) -> None:
    (row,) = sandbox.rest("department.get", {"ID": sales})
    assert (row["NAME"], row["PARENT"], row["UF_HEAD"]) == ("Продажи", "1", str(ANNA))
    item = result(v3("humanresources.node.get", {"id": sales}))["item"]
    assert (item["accessCode"], item["userCount"], item["members"][0]["role"]) == (f"DR{sales}", 1, "MEMBER_HEAD")
    assert refused(v3("humanresources.node.get", {"id": 999}))[1] == "ENTITYNOTFOUNDEXCEPTION"
    assert refused(v3("humanresources.node.get", {"id": 1, "select": ["x"]}))[1] == "UNKNOWNDTOPROPERTYEXCEPTION"


def test_the_tree(v3: V3, sales: int) -> None:
    team = {"type": "TEAM", "name": "Проект", "parentId": sales, "colorName": "blue"}
    number = result(v3("humanresources.node.add", team))["id"]
    assert result(v3("humanresources.node.count")) == {"departments": 2, "teams": 1}
    assert [row["id"] for row in result(v3("humanresources.node.children", {"id": sales}))["items"]] == [number]
    found = result(v3("humanresources.node.search", {"type": "TEAM", "name": "про", "parentId": 1}))["items"]
    assert [row["name"] for row in found] == ["Проект"]
    listed = result(v3("humanresources.node.list", {"type": "DEPARTMENT", "select": ["id"]}))["items"]
    assert listed == [{"id": 1}, {"id": sales}]
    assert result(v3("humanresources.node.edit", {"id": sales, "name": "Сбыт"}))["name"] == "Сбыт"
    assert refused(v3("humanresources.node.edit", {"id": sales})) == (400, REQUEST, ["name"])
    assert refused(v3("humanresources.node.move", {"id": 1, "parentId": sales}))[:2] == (403, "ACCESSDENIEDEXCEPTION")
    assert result(v3("humanresources.node.move", {"id": number, "parentId": 1}))["parentId"] == 1


@pytest.mark.parametrize(
    ("method", "body", "refusal"),
    [
        ("node.add", {"type": "DEPARTMENT", "parentId": 1}, (400, REQUEST, ["name"])),
        ("node.add", {"type": "X", "name": "x", "parentId": 1}, (400, REQUEST, ["type"])),
        ("node.list", {}, (400, REQUEST, ["type"])),
        ("node.list", {"type": "TEAM", "pagination": {"limit": "abc"}}, (400, "INVALIDPAGINATIONEXCEPTION", [])),
        ("node.member.add", {"nodeId": 1, "userIds": [2]}, (400, REQUEST, ["role"])),
        ("node.member.add", {"nodeId": 1, "userIds": [], "role": "MEMBER_HEAD"}, (400, REQUEST, ["userIds"])),
        ("node.member.set", {"nodeId": 1, "userIds": {"MEMBER_OWNER": [2]}}, (400, REQUEST, ["userIds"])),
        ("node.member.move", {"nodeId": 28, "userIds": [2]}, (400, "ENTITYNOTFOUNDEXCEPTION", [])),
        ("node.communication.edit", {"nodeId": 1}, (400, REQUEST, ["communicationType"])),
        ("employee.search", {}, (400, REQUEST, ["name"])),
        ("employee.subordinates", {"id": 0}, (400, REQUEST, ["id"])),
    ],
)
def test_refusals(v3: V3, method: str, body: dict[str, Any], refusal: tuple[int, str, list[str]]) -> None:
    assert refused(v3(f"humanresources.{method}", body)) == refusal


def test_members(v3: V3, sales: int) -> None:
    def roles() -> dict[int, str]:
        members = result(v3("humanresources.node.get", {"id": sales}))["item"]["members"]
        return {row["userId"]: row["role"] for row in members}

    add = {"nodeId": sales, "userIds": [BORIS], "role": "MEMBER_DEPUTY_HEAD"}
    assert result(v3("humanresources.node.member.add", add)) == {"success": True}
    assert roles() == {ANNA: "MEMBER_HEAD", BORIS: "MEMBER_DEPUTY_HEAD"}
    assert result(v3("humanresources.node.member.set", {"nodeId": sales, "userIds": {"MEMBER_HEAD": [BORIS]}}))
    assert roles() == {BORIS: "MEMBER_HEAD"}
    removed = result(v3("humanresources.node.member.remove", {"nodeId": sales, "userIds": [BORIS, ANNA]}))
    assert removed == {"removed": [BORIS], "failed": [{"userId": ANNA, "reason": "Not found in this node"}]}
    result(v3("humanresources.node.member.move", {"nodeId": sales, "userIds": [BORIS]}))
    assert roles() == {BORIS: "MEMBER_EMPLOYEE"}
    assert refused(v3("humanresources.node.member.add", add, ANNA))[:2] == (403, "ACCESSDENIEDEXCEPTION")


def test_employees(v3: V3, sales: int) -> None:
    assert result(v3("humanresources.employee.count"))["total"] == 3
    several = result(v3("humanresources.employee.multidepartment"))
    assert [(row["userId"], len(row["departments"])) for row in several["employees"]] == [(ANNA, 2)]
    (row,) = result(v3("humanresources.employee.search", {"name": "анна", "nodeId": sales, "select": ["userId"]}))[
        "items"
    ]
    assert row == {"userId": ANNA}
    result(v3("humanresources.node.member.add", {"nodeId": sales, "userIds": [BORIS], "role": "MEMBER_EMPLOYEE"}))
    found = result(v3("humanresources.employee.subordinates", {"id": ANNA}))
    assert found["departments"] == [{"nodeId": sales, "name": "Продажи", "role": "HEAD", "subordinatesCount": 1}]


def test_chats(v3: V3, sales: int) -> None:
    edit = {"nodeId": sales, "communicationType": "CHAT", "ids": [7, 8]}
    assert result(v3("humanresources.node.communication.edit", edit)) == {"success": True}
    result(v3("humanresources.node.communication.edit", {**edit, "ids": [], "removeIds": [7]}))
    bound = result(v3("humanresources.node.communication.list", {"id": sales}))
    assert ([one["dialogId"] for one in bound["chats"]], bound["channels"]) == (["chat8"], [])


def test_the_event_log(v3: V3, sandbox: Sandbox) -> None:
    before = result(v3("main.eventlog.list", {"order": {"id": "DESC"}, "pagination": {"limit": 1}}))["items"][0]
    sandbox.rest("user.update", {"ID": ANNA, "ACTIVE": False})
    cursor = {"field": "id", "order": "ASC", "value": before["id"], "limit": 10}
    (row,) = result(v3("main.eventlog.tail", {"cursor": cursor, "select": ["id", "auditTypeId", "itemId"]}))["items"]
    assert row == {"id": before["id"] + 1, "auditTypeId": "USER_EDIT", "itemId": str(ANNA)}
    assert result(v3("main.eventlog.get", {"id": row["id"]}))["item"]["userId"] == 1
    mine = [["auditTypeId", "USER_EDIT"]]
    assert len(result(v3("main.eventlog.list", {"filter": mine}))["items"]) == 1
    signed = result(v3("main.eventlog.list", {"filter": [["auditTypeId", "USER_AUTHORIZE"]]}))["items"]
    assert [row["moduleId"] for row in signed] == ["rest"]
    assert refused(v3("main.eventlog.tail", {"filter": [["id", 1]]}))[1] == "INVALIDFILTEREXCEPTION"
    assert refused(v3("main.eventlog.tail", {"cursor": {"limit": "x"}}))[1] == "INVALIDPAGINATIONEXCEPTION"
    assert refused(v3("main.eventlog.get", {"id": 999}))[1] == "ENTITYNOTFOUNDEXCEPTION"
    for method in ("list", "tail", "field.list"):
        assert refused(v3(f"main.eventlog.{method}", {}, BORIS))[:2] == (403, "ACCESSDENIEDEXCEPTION")
