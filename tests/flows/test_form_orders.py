"""Orders from CRM forms: their funnel and their client. All is delivered twice, the second time writes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conditions import Condition, answers_lost, doubled, dropped
from tests.flows.edges import set_limit
from tests.flows.office import COMPANY, DEAL

pytestmark = pytest.mark.flow

CONTACT = 3
FIRST = "stage.active.new"
KNOWN = "8 (999) 000-00-01"


def put_contact(play: Condition, number: int, phone: str | None = None, email: str | None = None, **fields: Any) -> int:
    """A contact that was there before, or that a form has just made."""
    entries = [("PHONE", phone), ("EMAIL", email)]
    fm = {f"n{n}": {"typeId": kind, "valueType": "WORK", "value": one} for n, (kind, one) in enumerate(entries) if one}
    values = {"name": f"Контакт {number}", "assignedById": 11, "fm": fm, **fields}
    params = {"entityTypeId": CONTACT, "fields": values}
    play.world.fixture({"method": "crm.item.add", "as": 11, "params": params, "id": number})
    return number


def fill_in(play: Condition, stage: str = FIRST, form: int | None = 12, **fields: Any) -> int:
    """A client fills in a form: the portal makes the deal."""
    funnel = ".".join(["funnel", stage.split(".")[1]])
    names = play.world.name
    values = {
        "title": "Заявка с сайта",
        "categoryId": names(funnel)["id"],
        "stageId": names(stage)["id"],
        "assignedById": 11,
        **({"webformId": form} if form else {}),
        **{play.office.code("deal", name) if name.startswith("client_") else name: one for name, one in fields.items()},
    }
    return int(play.world.act("crm.item.add", {"entityTypeId": DEAL, "fields": values}, 11)["result"]["item"]["id"])


def deal(play: Condition, number: int) -> dict[str, Any]:
    row: dict[str, Any] = play.world.rest("crm.item.get", {"entityTypeId": DEAL, "id": number})["item"]
    return row


def client(play: Condition, number: int) -> tuple[int, list[int]]:
    """The company and the contacts of a deal."""
    row = deal(play, number)
    return row["companyId"], row["contactIds"]


def stage(play: Condition, number: int) -> str:
    return str(play.office.see("deal", deal(play, number))["stage"])


def count(play: Condition, entity_type: int) -> int:
    return len(play.world.rest("crm.item.list", {"entityTypeId": entity_type, "select": ["id"]})["items"])


def comments(play: Condition, number: int) -> list[str]:
    where = {"ENTITY_TYPE": "deal", "ENTITY_ID": number}
    return [row["COMMENT"] for row in play.world.rest("crm.timeline.comment.list", {"filter": where})]


@pytest.mark.parametrize("trouble", [None, doubled, dropped, answers_lost], ids=lambda one: one and one.__name__)
def test_ap_05_an_order_in_the_wrong_funnel_is_moved_once(play: Condition, trouble: Any) -> None:
    set_limit(play, "forms.orders", "12")
    play.trouble = trouble or play.trouble
    number = fill_in(play, "stage.contract.new", contactIds=[200], companyId=100)
    other = fill_in(play, "stage.contract.new", form=7, contactIds=[200], companyId=100)
    play.goes_on()
    assert (stage(play, number), stage(play, other)) == (FIRST, "stage.contract.new")
    assert len(comments(play, number)) == 1
    fields = {
        name: play.world.name(f"{kind}.contract{rest}")["id"]
        for name, kind, rest in (("categoryId", "funnel", ""), ("stageId", "stage", ".negotiation"))
    }
    play.office.update(DEAL, number, fields)
    play.goes_on()
    assert stage(play, number) == "stage.contract.negotiation"
    assert len(comments(play, number)) == 1


@pytest.mark.parametrize("change", ["moved", "edited"])
def test_ap_05_what_a_person_has_touched_stays(play: Condition, change: str) -> None:
    set_limit(play, "forms.orders", "7, 12")
    number = fill_in(play, "stage.contract.new", contactIds=[200], companyId=100)
    if change == "moved":
        play.office.move_deal(number, "stage.contract.negotiation", as_=11)
    else:
        play.office.update(DEAL, number, {"opportunity": 500}, as_=12)
    play.goes_on()
    assert stage(play, number) == f"stage.contract.{'negotiation' if change == 'moved' else 'new'}"
    assert comments(play, number) == []


def test_an_order_on_a_later_stage_of_its_funnel_comes_to_the_first(play: Condition) -> None:
    set_limit(play, "forms.orders", "12")
    number = fill_in(play, "stage.active.packing", contactIds=[200], companyId=100)
    play.goes_on()
    assert stage(play, number) == FIRST


def test_a0_23_the_forms_contact_has_a_known_phone(play: Condition) -> None:
    before = count(play, COMPANY)
    number = fill_in(play, contactIds=[put_contact(play, 300, KNOWN)])
    play.goes_on()
    assert client(play, number) == (100, [200, 300])
    assert count(play, COMPANY) == before
    [comment] = comments(play, number)
    assert "Ромашка" in comment and "Контакт 300" in comment


@pytest.mark.parametrize(
    "given",
    [
        {"client_phone": KNOWN},
        {"client_phone": "+7 (495) 000-00-00 доб. 5; 8-999-000-00-01"},
        {"client_email": " A@Romashka.RU "},
        {"client_inn": "ИНН 7701 234 567"},
        {"client_phone": KNOWN, "client_inn": "7701234567", "client_email": "a@romashka.ru"},
    ],
    ids=lambda given: "+".join(given),
)
def test_a0_23_the_client_is_known_by_what_the_form_asked(play: Condition, given: dict[str, str]) -> None:
    before = (count(play, COMPANY), count(play, CONTACT))
    number = fill_in(play, **given)
    play.goes_on()
    company, contacts = client(play, number)
    assert company == 100
    assert contacts == ([] if list(given) == ["client_inn"] else [200])
    assert (count(play, COMPANY), count(play, CONTACT)) == before


def test_a0_23_a_phone_of_two_companies_is_a_question(play: Condition) -> None:
    put_contact(play, 301, "+7 999 000-00-01", companyIds=[101])
    before = count(play, COMPANY)
    number = fill_in(play, contactIds=[put_contact(play, 300, KNOWN)])
    play.goes_on()
    assert client(play, number) == (0, [300])
    [todo] = play.office.todos(number)
    assert "Ромашка" in todo["SUBJECT"] and "Лютик" in todo["SUBJECT"]
    assert int(todo["RESPONSIBLE_ID"]) == 11
    assert count(play, COMPANY) == before
    play.office.update(DEAL, number, {"companyId": 101})
    play.goes_on()
    assert (client(play, number)[0], len(play.office.todos(number))) == (101, 1)


@pytest.mark.parametrize("trouble", [None, doubled, answers_lost], ids=lambda one: one and one.__name__)
def test_an_unknown_client_of_a_form_is_created_once(play: Condition, trouble: Any) -> None:
    play.trouble = trouble or play.trouble
    before = (count(play, COMPANY), count(play, CONTACT))
    given = {"client_phone": "8 (912) 345-67-89", "client_company": "Пион", "client_inn": "7707083893"}
    number, second = fill_in(play, **given), fill_in(play, **given)
    play.goes_on()
    assert (count(play, COMPANY), count(play, CONTACT)) == (before[0] + 1, before[1] + 1)
    company, [contact] = client(play, number)
    assert client(play, second) == (company, [contact])
    assert play.office.company(company)["title"] == "Пион"
    card = play.world.rest("crm.item.get", {"entityTypeId": CONTACT, "id": contact})["item"]
    assert (card["companyIds"], card["phone"]) == ([company], "+79123456789")
    play.world.at("2026-04-07T11:00:00")
    later = fill_in(play, client_phone="+79123456789")
    play.goes_on()
    assert client(play, later) == (company, [contact])


def test_an_unknown_client_typed_into_a_deal_is_created_as_well(play: Condition) -> None:
    number = fill_in(play, form=None, client_phone="8 (912) 345-67-89", client_company="Пион")
    contact_only = fill_in(play, form=None, contactIds=[put_contact(play, 300, "8 (912) 345-67-90")])
    play.goes_on()
    company, contacts = client(play, number)
    assert (play.office.company(company)["title"], len(contacts)) == ("Пион", 1)
    assert client(play, contact_only) == (0, [300]), "an employee's own contact makes no company"


def test_the_new_contact_of_a_form_gets_a_company_of_its_own(play: Condition) -> None:
    number = fill_in(play, contactIds=[put_contact(play, 300, "8 (912) 345-67-89", lastName="Пионов")])
    play.goes_on()
    company, contacts = client(play, number)
    assert (contacts, play.office.company(company)["title"]) == ([300], "Контакт 300 Пионов")


def test_the_primary_company_of_the_contact_decides(play: Condition) -> None:
    both = put_contact(play, 300, KNOWN, companyIds=[101, 100])
    number = fill_in(play, contactIds=[both])
    by_hand = fill_in(play, "stage.contract.new", form=None, contactIds=[201])
    play.goes_on()
    assert (client(play, number)[0], client(play, by_hand)[0]) == (101, 101)


def test_what_is_not_the_apps_business_is_left_alone(play: Condition) -> None:
    before = count(play, COMPANY)
    unknown = put_contact(play, 300, "8 (912) 345-67-89")
    by_hand = fill_in(play, form=None, contactIds=[unknown])
    person = fill_in(play, contactIds=[put_contact(play, 302, "+79123456780", createdTime="2026-01-10T10:00:00+03:00")])
    nothing = fill_in(play)
    play.office.put_deal(700, FIRST, company=None, contactIds=[200], createdTime="2026-03-01T10:00:00+03:00")
    play.office.update(DEAL, 700, {"title": "Старая"})
    play.goes_on()
    assert [client(play, one)[0] for one in (by_hand, person, nothing, 700)] == [0, 0, 0, 0]
    assert count(play, COMPANY) == before
    set_limit(play, "clients.link", "off")
    off = fill_in(play, contactIds=[200])
    play.goes_on()
    assert client(play, off)[0] == 0


def test_the_portals_own_company_is_nobodys_client(play: Condition) -> None:
    play.world.fixture(
        {
            "method": "crm.item.update",
            "as": 1,
            "params": {"entityTypeId": COMPANY, "id": 100, "fields": {"isMyCompany": "Y"}},
        }
    )
    number = fill_in(play, client_inn="7701234567")
    play.goes_on()
    assert client(play, number)[0] != 100


def test_many_orders_cost_few_requests(play: Condition) -> None:
    orders = [fill_in(play, contactIds=[put_contact(play, number, KNOWN)]) for number in range(400, 415)]
    play.world.flush()
    first, before = play.world.last_call(), play.world.hits()
    play.world.settle()
    assert play.world.hits() - before <= 60
    methods = [call["method"] for call in play.world.control(f"calls?since={first}") if call["app"]]
    assert methods.count("crm.duplicate.findbycomm") == 2
    assert {client(play, one)[0] for one in orders} == {100}
    assert count(play, COMPANY) == 3
