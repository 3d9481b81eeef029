"""Behaviour that can be switched: required fields on stages, known bugs, plans."""

from __future__ import annotations

import pytest

from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_automation.conftest import App


def deal(sandbox: Sandbox, **fields: object) -> int:
    return int(sandbox.rest("crm.item.add", {"entityTypeId": 2, "fields": {"title": "D", **fields}})["item"]["id"])


def move(sandbox: Sandbox, number: int, stage: str, **fields: object) -> None:
    sandbox.rest("crm.item.update", {"entityTypeId": 2, "id": number, "fields": {"stageId": stage, **fields}})


def stage(sandbox: Sandbox, number: int) -> str:
    return str(sandbox.rest("crm.deal.get", {"id": number})["STAGE_ID"])


def test_a_field_required_on_a_stage_refuses_the_move(sandbox: Sandbox) -> None:
    body = {"entityTypeId": 2, "categoryId": 0, "field": "comments", "from": "PREPARATION"}
    assert "EXECUTING" in sandbox.control("require", body)["stages"]
    assert "LOSE" not in sandbox.control("require", body)["stages"]
    number = deal(sandbox)
    with pytest.raises(Refused) as refused:
        move(sandbox, number, "PREPARATION")
    assert (refused.value.status, refused.value.code) == (400, "CRM_FIELD_ERROR_REQUIRED")
    assert refused.value.body["error_description"].endswith("обязательно для заполнения")
    with pytest.raises(Refused) as refused:
        sandbox.rest("crm.deal.update", {"id": number, "fields": {"STAGE_ID": "PREPARATION"}})
    assert (refused.value.status, refused.value.code) == (400, "")
    sandbox.rest("crm.item.update", {"entityTypeId": 2, "id": number, "fields": {"title": "other"}})
    assert stage(sandbox, number) == "NEW"
    move(sandbox, number, "PREPARATION", comments="filled")
    assert stage(sandbox, number) == "PREPARATION"
    move(sandbox, number, "LOSE", comments="")
    assert stage(sandbox, number) == "LOSE"


def test_who_is_not_asked_for_required_fields(app: App) -> None:
    sandbox = app.sandbox
    sandbox.control("require", {"entityTypeId": 2, "field": "COMMENTS", "stages": ["PREPARATION"]})
    number = deal(sandbox)
    params = {"entityTypeId": 2, "id": number, "fields": {"stageId": "PREPARATION"}}
    sandbox.control("act", {"as": "robot", "method": "crm.item.update", "params": params})
    assert stage(sandbox, number) == "PREPARATION"
    sandbox.control("behaviour", {"required_on_stage_off": True})
    other = deal(sandbox)
    move(sandbox, other, "PREPARATION")
    sandbox.control("behaviour", {"required_on_stage_off": False})
    sandbox.control("require", {"entityTypeId": 2, "field": "COMMENTS", "stages": []})
    move(sandbox, deal(sandbox), "PREPARATION")


def test_new_cards(sandbox: Sandbox) -> None:
    sandbox.control("require", {"entityTypeId": 2, "field": "comments", "stages": ["NEW"]})
    with pytest.raises(Refused):
        deal(sandbox)
    assert deal(sandbox, stageId="PREPARATION") and deal(sandbox, comments="filled")
    mandatory = {"USER_TYPE_ID": "string", "FIELD_NAME": "NEEDED", "MANDATORY": "Y"}
    sandbox.rest("crm.deal.userfield.add", {"fields": mandatory})
    assert deal(sandbox, comments="filled")
    sandbox.control("behaviour", {"mandatory_on_add": True})
    with pytest.raises(Refused):
        deal(sandbox, comments="filled")
    assert deal(sandbox, comments="filled", ufCrmNeeded="x")


def test_known_bugs(sandbox: Sandbox) -> None:
    company = sandbox.rest("crm.company.add", {"fields": {"TITLE": "C"}})
    number = deal(sandbox, companyId=company)
    clear = {"entityTypeId": 2, "id": number, "fields": {"companyId": 0}}
    future = {"entityTypeId": 2, "filter": {">createdTime": "2030-01-01T00:00:00+03:00"}}
    with pytest.raises(Refused):
        sandbox.control("behaviour", {"no_such_bug": True})
    sandbox.control("behaviour", {"company_not_cleared": True, "atom_dates_do_not_filter": True})
    sandbox.rest("crm.item.update", clear)
    assert sandbox.rest("crm.deal.get", {"id": number})["COMPANY_ID"] == str(company)
    sandbox.rest("crm.company.update", {"id": company, "fields": {"COMMENTS": "kept"}})
    emptied = {"comments": "", "title": "D"}
    sandbox.rest("crm.item.update", {"entityTypeId": 4, "id": company, "fields": emptied})
    shown = sandbox.rest("crm.company.get", {"id": company})
    assert (shown["COMMENTS"], shown["TITLE"]) == ("kept", "D")
    assert sandbox.rest("crm.item.list", future)["items"]
    assert not sandbox.rest("crm.item.list", {"entityTypeId": 2, "filter": {">createdTime": "2030-01-01"}})["items"]
    sandbox.rest("crm.deal.update", {"id": number, "fields": {"COMPANY_ID": 0}})
    assert sandbox.rest("crm.deal.get", {"id": number})["COMPANY_ID"] == "0"
    sandbox.control("behaviour", {"company_not_cleared": False, "atom_dates_do_not_filter": False})
    sandbox.rest("crm.deal.update", {"id": number, "fields": {"COMPANY_ID": company}})
    sandbox.rest("crm.item.update", clear)
    assert sandbox.rest("crm.deal.get", {"id": number})["COMPANY_ID"] == "0"
    assert not sandbox.rest("crm.item.list", future)["items"]
