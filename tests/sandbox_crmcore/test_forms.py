"""Forms of cards, digital workplaces, deals that repeat."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_crmcore.conftest import App, refusal

SECTION: dict[str, Any] = {"name": "main", "title": "О сделке", "type": "section", "elements": [{"name": "TITLE"}]}


def _form(verb: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return f"crm.item.details.configuration.{verb}", {"entityTypeId": 2, **more}


def test_a_personal_form_is_one_persons(portal: Sandbox) -> None:
    assert portal.rest(*_form("get"), user=11) is None
    assert portal.rest(*_form("set", data=[SECTION]), user=11) is True
    expected = [{**SECTION, "elements": [{"name": "TITLE", "optionFlags": "0"}]}]
    assert portal.rest(*_form("get"), user=11) == expected
    assert portal.rest(*_form("get"), user=12) is None
    assert portal.rest(*_form("get", userId=11)) == expected
    assert portal.rest("crm.deal.details.configuration.get", {"userId": 11}) == expected
    assert refusal(portal, *_form("get", userId=11), user=12) == ("", "Access denied.", 400)
    assert portal.rest(*_form("reset"), user=11) is True
    assert portal.rest(*_form("get"), user=11) is None


def test_the_common_form_is_for_administrators(portal: Sandbox) -> None:
    assert refusal(portal, *_form("set", scope="C", data=[SECTION]), user=11)[1] == "Access denied."
    portal.rest(*_form("set", data=[SECTION]), user=11)
    portal.rest(*_form("set", scope="C", data=[SECTION]))
    assert refusal(portal, *_form("forceCommonScopeForAll"), user=11)[1] == "Access denied."
    assert portal.rest(*_form("forceCommonScopeForAll")) is True
    assert portal.rest(*_form("get"), user=11) is None
    assert portal.rest(*_form("get", scope="C"), user=11) is not None


def test_every_funnel_has_its_form(portal: Sandbox) -> None:
    extras = {"dealCategoryId": 7}
    portal.rest(*_form("set", data=[SECTION], extras=extras))
    assert portal.rest(*_form("get")) is None
    assert portal.rest(*_form("get", extras=extras)) is not None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("x", "Parameter 'data' must be array."),
        ([], "There are no data to write."),
        ({"a": SECTION}, "The data must be indexed array."),
        ([{**SECTION, "type": "x"}], "Section at index 0 have type x. The expected type is 'section'."),
        ([{**SECTION, "title": ""}], "Section at index 0 does not have title."),
        ([SECTION, {**SECTION, "elements": [{}]}], "Element at index 0 in section at index 1 does not have name."),
    ],
)
def test_a_wrong_form_is_refused_in_words(portal: Sandbox, data: Any, text: str) -> None:
    assert refusal(portal, *_form("set", data=data)) == ("", text, 400)


def test_a_form_of_nothing(portal: Sandbox) -> None:
    method = "crm.item.details.configuration.get"
    assert refusal(portal, method, {})[1] == "Parameter 'entityTypeId' is not defined"
    assert "is not supported in current context" in refusal(portal, method, {"entityTypeId": 999})[1]


def test_a_workplace_holds_smart_processes(portal: Sandbox) -> None:
    kind = portal.rest("crm.type.add", {"fields": {"title": "Объект"}})["type"]
    fields = {"title": "Стройка", "typeIds": [kind["id"], 999]}
    place = portal.rest("crm.automatedsolution.add", {"fields": fields})["automatedSolution"]
    assert place["typeIds"] == [kind["id"]]
    got = portal.rest("crm.type.get", {"id": kind["id"]})["type"]
    assert got["customSectionId"] == place["id"]
    assert got["customSections"] == [{"id": place["id"], "title": "Стройка", "isSelected": True}]
    assert refusal(portal, "crm.automatedsolution.delete", {"id": place["id"]})[0] == "HAS_BOUND_TYPES"
    portal.rest("crm.type.update", {"id": kind["id"], "fields": {"customSectionId": 0}})
    listed = portal.rest("crm.automatedsolution.list", {"filter": {"id": place["id"]}})
    assert listed["automatedSolutions"] == [{"id": place["id"], "title": "Стройка", "typeIds": []}]
    assert portal.rest("crm.automatedsolution.delete", {"id": place["id"]}) is None
    assert refusal(portal, "crm.automatedsolution.get", {"id": place["id"]})[0] == "NOT_FOUND"


def test_workplaces_are_for_administrators(portal: Sandbox) -> None:
    assert refusal(portal, "crm.automatedsolution.list", {}, 11)[0] == "ACCESS_DENIED"
    assert refusal(portal, "crm.automatedsolution.add", {"fields": {"title": " "}})[0] == "BX_EMPTY_REQUIRED"


MONTHLY = {"MODE": "multiple", "MULTIPLE_TYPE": "month", "MULTIPLE_INTERVAL": 1, "OFFSET_BEGINDATE_VALUE": 1}


def test_a_deal_repeats_from_its_template(app: App, portal: Sandbox) -> None:
    app.bind(*(f"onCrmDealRecurring{what}" for what in ("Add", "Update", "Expose", "Delete")))
    deal = portal.rest("crm.deal.add", {"fields": {"TITLE": "Аренда", "COMPANY_ID": 100, "CONTACT_IDS": [200]}})
    portal.rest("crm.deal.productrows.set", {"id": deal, "rows": [{"PRODUCT_NAME": "Аренда", "PRICE": 10}]})
    fields = {"DEAL_ID": deal, "START_DATE": "2020-01-31", "IS_LIMIT": "T", "LIMIT_REPEAT": 1, "PARAMS": MONTHLY}
    number = app.rest("crm.deal.recurring.add", {"fields": fields})
    assert refusal(portal, "crm.deal.recurring.add", {"fields": fields})[1] == "Deal already has recurring settings."
    got = portal.rest("crm.deal.recurring.get", {"id": number})
    template = got["DEAL_ID"]
    assert got["BASED_ID"] == str(deal) and template != str(deal) and got["NEXT_EXECUTION"]
    assert portal.rest("crm.deal.get", {"id": template})["IS_RECURRING"] == "Y"
    made = app.rest("crm.deal.recurring.expose", {"id": number})
    copy = portal.rest("crm.deal.get", {"id": made})
    assert (copy["TITLE"], copy["COMPANY_ID"], copy["IS_RECURRING"], copy["OPPORTUNITY"]) == (
        *("Аренда", "100", "N"),
        "10.00",
    )
    got = portal.rest("crm.deal.recurring.get", {"id": number})
    assert (got["COUNTER_REPEAT"], got["NEXT_EXECUTION"]) == ("1", "") and got["LAST_EXECUTION"]
    app.rest("crm.deal.recurring.update", {"id": number, "fields": {"LIMIT_REPEAT": 2}})
    assert portal.rest("crm.deal.recurring.get", {"id": number})["NEXT_EXECUTION"]
    with pytest.raises(Refused, match="Connected recurring deal exists"):
        app.rest("crm.deal.recurring.delete", {"id": number})
    portal.rest("crm.deal.delete", {"id": template})
    app.rest("crm.deal.recurring.delete", {"id": number})
    named = {"ID": str(number), "RECURRING_DEAL_ID": template}
    assert sorted(app.heard()) == sorted(
        [
            ("ONCRMDEALRECURRINGADD", named),
            ("ONCRMDEALRECURRINGUPDATE", named),
            ("ONCRMDEALRECURRINGEXPOSE", {**named, "DEAL_ID": str(made)}),
            ("ONCRMDEALRECURRINGDELETE", {"ID": str(number)}),
        ]
    )


def test_orders_of_repetition_are_listed(portal: Sandbox) -> None:
    deal = portal.rest("crm.deal.add", {"fields": {"TITLE": "Разово"}})
    fields = {"DEAL_ID": deal, "START_DATE": "2031-05-10", "PARAMS": {"MODE": "single"}}
    number = portal.rest("crm.deal.recurring.add", {"fields": fields})
    rows = portal.rest("crm.deal.recurring.list", {"filter": {"ID": number}})
    assert [(row["ID"], row["id"], row["PARAMS"]["MODE"]) for row in rows] == [(str(number), str(number), "single")]
    assert rows[0]["NEXT_EXECUTION"].startswith("2031-05-10")
    assert refusal(portal, "crm.deal.recurring.list", {"filter": "x"})[1] == "Parameter 'filter' must be array."
    assert refusal(portal, "crm.deal.recurring.get", {"id": 999999})[1] == "Recurring deal is not found."
    assert "definition" in portal.rest("crm.deal.recurring.fields")["PARAMS"]


def test_funnels_by_the_frozen_methods(portal: Sandbox) -> None:
    number = portal.rest("crm.dealcategory.add", {"fields": {"NAME": "Опт", "SORT": 700}})
    assert portal.rest("crm.dealcategory.update", {"id": number, "fields": {"NAME": "Розница"}}) is True
    got = portal.rest("crm.dealcategory.get", {"id": number})
    assert (got["NAME"], got["SORT"], got["IS_LOCKED"]) == ("Розница", "700", "N") and got["CREATED_DATE"]
    assert portal.rest("crm.dealcategory.list", {"filter": {"ID": number}}) == [got]
    assert portal.rest("crm.dealcategory.status", {"id": number}) == f"DEAL_STAGE_{number}"
    assert portal.rest("crm.dealcategory.stage.list", {"id": number})[0]["STATUS_ID"] == f"C{number}:NEW"
    assert portal.rest("crm.dealcategory.default.set", {"name": "Основная"}) is True
    assert portal.rest("crm.dealcategory.default.get")["NAME"] == "Основная"
    assert portal.rest("crm.dealcategory.delete", {"id": number}) is True
    assert refusal(portal, "crm.dealcategory.get", {"id": number}) == ("", "Not found", 400)
