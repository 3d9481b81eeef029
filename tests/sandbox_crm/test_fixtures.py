"""Named data sets: the same every time, silent, and true to the shape of the business."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox import fixtures
from sandbox.fixtures import names
from sandbox.kernel.errors import RestError
from tests.sandbox_crm.conftest import Desk


def fresh(name: str, manifest: Any = None) -> Desk:
    desk = Desk()
    fixtures.load(desk.portal, name, manifest)
    assert desk.events == []
    return desk


def test_f0_has_the_people_and_clients_of_the_scenarios(desk: Desk) -> None:
    titles = [(c["id"], c["title"], c["assignedById"]) for c in desk.call("crm.item.list", entityTypeId=4)]
    assert titles == [(100, "Ромашка", 11), (101, "Лютик", 12), (102, "Василёк", 13)]
    users = {u["ID"]: u["ACTIVE"] for u in desk.call("user.get")}
    assert users == {"1": True, "10": True, "11": True, "12": True, "13": False, "20": True, "21": True, "30": True}
    heads = {d["ID"]: d["UF_HEAD"] for d in desk.call("department.get")}
    assert (heads["1"], heads["5"]) == ("30", "10")
    chat = dict(desk.portal.store.rows("SELECT * FROM openline_chats")[0])
    assert (chat["chatId"], chat["entityTypeId"], chat["entityId"]) == (900, 4, 100)
    assert desk.call("calendar.settings.get")["work_time_end"] == "18"


def test_f3_is_classic_with_a_common_mailbox() -> None:
    desk = fresh("F3")
    assert desk.call("crm.settings.mode.get") == 1
    assert desk.portal.store.setting("mail.common_box") == "sales@vso.ru"


def test_an_unknown_fixture_is_refused() -> None:
    for name in ("nonsense", "scale:1", "scale:a,b"):
        with pytest.raises(RestError):
            fresh(name)


def test_scale_is_deterministic_and_has_history() -> None:
    desk = fresh("scale:20,500")
    assert desk.page("crm.item.list", entityTypeId=2).total == 500
    assert desk.page("crm.item.list", entityTypeId=4).total == 20
    won = desk.call("crm.item.list", entityTypeId=2, filter={"stageId": "WON"})[0]
    assert (won["closed"], won["stageSemanticId"]) == ("Y", "S")
    history = desk.call("crm.stagehistory.list", entityTypeId=2, filter={"OWNER_ID": won["id"]})
    assert [r["TYPE_ID"] for r in history] == [1, 2, 2, 2, 2, 3]
    assert history[-1]["STAGE_ID"] == "WON"
    times = [r["CREATED_TIME"] for r in desk.call("crm.stagehistory.list", entityTypeId=2)]
    assert times == sorted(times)
    number = desk.add(2, title="Новая")
    assert number == 501
    assert desk.call("crm.duplicate.findbycomm", type="PHONE", values=[names.phone(3)]) == {"CONTACT": [4]}
    indexes = desk.portal.store.value("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'crm_2'")
    assert indexes == Desk().portal.store.value(
        "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'crm_2'"
    )


def build_presets(desk: Desk) -> dict[str, dict[str, Any]]:
    """What an app would make on the portal, and its manifest."""
    manifest: dict[str, dict[str, Any]] = {}
    for funnel, stages in {
        "contract": ("new", "negotiation", "signed:S", "lost:F"),
        "active": ("new", "stock_check", "ordered", "packing", "shipped", "paid:S", "cancelled:F"),
    }.items():
        category = desk.call("crm.category.add", entityTypeId=2, fields={"name": funnel})["category"]["id"]
        manifest[f"funnel.{funnel}"] = {"kind": "funnel", "entityTypeId": 2, "id": category}
        _stages(desk, manifest, f"DEAL_STAGE_{category}", f"C{category}:", f"stage.{funnel}", stages)
    flags = {"isStagesEnabled": "Y", "isCategoriesEnabled": "Y", "isClientEnabled": "Y"}
    relations = {"parent": [{"entityTypeId": 2, "isChildrenListEnabled": "true"}]}
    made = desk.call("crm.type.add", fields={"title": "Дебиторка", **flags, "relations": relations})["type"]
    number = made["entityTypeId"]
    manifest["spa.debt"] = {"kind": "smart_process", "entityTypeId": number, "id": made["id"]}
    category = desk.call("crm.category.list", entityTypeId=number)[0]["id"]
    states = ("waiting", "overdue", "promised", "claim", "court", "paid:S", "written_off:F")
    _stages(desk, manifest, f"DYNAMIC_{number}_STAGE_{category}", f"DT{number}_{category}:", "stage.debt", states)
    for name, kind in {
        "amount": "money",
        "due_date": "date",
        "outstanding": "money",
        "deferral_days": "integer",
    }.items():
        _field(desk, manifest, f"CRM_{made['id']}", f"UF_CRM_{made['id']}_{name.upper()}", f"debt.{name}", kind)
    _field(desk, manifest, "CRM_COMPANY", "UF_CRM_DEFERRAL_DAYS", "company.deferral_days", "integer")
    return manifest


def _stages(
    desk: Desk, manifest: dict[str, Any], dictionary: str, prefix: str, logical: str, stages: tuple[str, ...]
) -> None:
    for status in desk.call("crm.status.list", filter={"ENTITY_ID": dictionary}):
        desk.call("crm.status.delete", id=status["ID"], params={"FORCED": "Y"})
    for sort, stage in enumerate(stages, 1):
        name, _, semantics = stage.partition(":")
        fields = {"ENTITY_ID": dictionary, "STATUS_ID": name.upper(), "NAME": name, "SORT": sort * 10}
        desk.call("crm.status.add", fields={**fields, "SEMANTICS": semantics})
        manifest[f"{logical}.{name}"] = {"kind": "stage", "id": prefix + name.upper()}


def _field(desk: Desk, manifest: dict[str, Any], entity: str, code: str, logical: str, kind: str) -> None:
    field = {"entityId": entity, "fieldName": code, "userTypeId": kind}
    desk.call("userfieldconfig.add", moduleId="crm", field=field)
    manifest[logical] = {"kind": "field", "code": code}


def test_the_demo_business_lives() -> None:
    desk = fresh("demo")
    assert desk.page("crm.item.list", entityTypeId=4).total == 300
    inn = desk.call("crm.requisite.list", filter={"ENTITY_ID": 1001})[0]["RQ_INN"]
    assert re.fullmatch(r"\d{10}", inn)
    past = desk.page("crm.item.list", entityTypeId=2).total or 0
    manifest = build_presets(desk)
    desk.codes()
    fixtures.load(desk.portal, "demo-business", manifest)
    assert desk.events == []
    total = desk.page("crm.item.list", entityTypeId=2).total or 0
    assert (past, 1900 <= total <= 2300) == (900, True)
    debt = manifest["spa.debt"]["entityTypeId"]
    states = {
        name: desk.page("crm.item.list", entityTypeId=debt, filter={"stageId": manifest[name]["id"]}).total
        for name in manifest
        if name.startswith("stage.debt.")
    }
    assert all((states[f"stage.debt.{name}"] or 0) > 3 for name in ("waiting", "overdue", "paid", "claim"))
    one = desk.call("crm.item.list", entityTypeId=debt, useOriginalUfNames="Y")[0]
    assert one["parentId2"]
    assert one[manifest["debt.amount"]["code"]].endswith("|RUB")
    shipped = desk.call("crm.item.list", entityTypeId=2, filter={"stageId": manifest["stage.active.shipped"]["id"]})
    unpaid = {deal["id"] for deal in shipped}
    known = {
        row["parentId2"] for row in desk.call("crm.item.list", entityTypeId=debt, filter={"@parentId2": [*unpaid]})
    }
    assert known == unpaid, "what is shipped and not paid stands in the register"
    history = desk.call("crm.stagehistory.list", entityTypeId=2, filter={"OWNER_ID": shipped[0]["id"]})
    assert len(history) == 5
    assert history[-1]["CREATED_TIME"] == shipped[0]["movedTime"]
    deferral = manifest["company.deferral_days"]["code"]
    company = desk.item(4, 1001, useOriginalUfNames="Y")
    assert company[deferral] in (7, 10, 14, 21)
    with pytest.raises(RestError):
        fixtures.load(desk.portal, "demo-business", {})


def test_taxpayer_numbers_have_a_valid_check_digit() -> None:
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    for index in range(0, 300, 17):
        digits = [int(d) for d in names.inn(index)]
        assert sum(d * w for d, w in zip(digits, weights, strict=False)) % 11 % 10 == digits[9]
    assert len({names.company(index) for index in range(300)}) == 300
