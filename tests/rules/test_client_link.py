"""Whose deal it is: one that fits is linked, several are asked about, nobody is created for a form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules.business_calendar import Calendar
from rules.client_link import Candidate, ClientFacts, Given, Named, OwnContact, decide
from rules.decision import Comment, Create, CreateTodo, Ref, SetFields
from rules.limits import Limits
from tests.rules.small_portal import DEFAULTS, at

CALENDAR = Calendar.from_settings({"time_zone": "Europe/Moscow", "work_time_end": "18", "week_holidays": ["SA", "SU"]})
DEAL = Ref("deal", 501)
GIVEN = Given(phones=("+79990000001",), emails=("a@romashka.ru",), inn="7707083893")
FACTS = ClientFacts(DEAL, 11, CALENDAR, GIVEN, by_form=True)
ROMASHKA, LUTIK = Named(100, "Ромашка"), Named(101, "Лютик")
OLGA, BORIS = Named(200, "Ольга"), Named(201, "Борис")
FRESH, OLD = OwnContact(300, "Оля", None, True), OwnContact(302, "Оля", None, False)


def decided(facts: ClientFacts) -> Any:
    return decide(facts, Limits(DEFAULTS), at("2026-04-06 11:00"))


@pytest.mark.parametrize(
    ("candidates", "fields"),
    [
        pytest.param([Candidate(ROMASHKA)], {"company_id": 100}, id="a company"),
        pytest.param([Candidate(ROMASHKA, OLGA)], {"company_id": 100, "contact_ids": (200,)}, id="a contact of it"),
        pytest.param(
            [Candidate(ROMASHKA), Candidate(ROMASHKA, OLGA)],
            {"company_id": 100, "contact_ids": (200,)},
            id="both, the same client",
        ),
        pytest.param(
            [Candidate(ROMASHKA, BORIS), Candidate(ROMASHKA, OLGA)],
            {"company_id": 100, "contact_ids": (200,)},
            id="two contacts of one company: the older",
        ),
        pytest.param(
            [Candidate(ROMASHKA), Candidate(None, OLGA)],
            {"company_id": 100, "contact_ids": (200,)},
            id="a company and a contact without one",
        ),
        pytest.param(
            [Candidate(ROMASHKA), Candidate(None, OLGA), Candidate(None, BORIS)],
            {"company_id": 100},
            id="a company, and contacts nobody can tell apart",
        ),
        pytest.param([Candidate(None, OLGA)], {"contact_ids": (200,)}, id="a contact without a company"),
        pytest.param([Candidate(ROMASHKA), Candidate(LUTIK)], None, id="two companies"),
        pytest.param([Candidate(ROMASHKA, OLGA), Candidate(LUTIK, OLGA)], None, id="contacts of two companies"),
        pytest.param([Candidate(None, OLGA), Candidate(None, BORIS)], None, id="two contacts"),
    ],
)
def test_who_fits(candidates: list[Candidate], fields: dict[str, Any] | None) -> None:
    decision = decided(replace(FACTS, candidates=tuple(candidates)))
    if fields is not None:
        comment, change = decision.commands
        assert isinstance(comment, Comment)
        assert change == SetFields(DEAL, fields)
        return
    [todo] = decision.commands
    assert isinstance(todo, CreateTodo)
    assert (todo.key, todo.responsible, todo.deadline) == ("client_choice:501", 11, at("2026-04-06 18:00"))
    for one in candidates:
        assert (one.company or one.contact).title in todo.title.ru  # type: ignore[union-attr]


def test_what_stood_in_the_deal_stays_behind_the_known_contact() -> None:
    decision = decided(replace(FACTS, contacts=(FRESH,), candidates=(Candidate(ROMASHKA, OLGA),)))
    comment, change = decision.commands
    assert change.fields["contact_ids"] == (200, 300)
    assert "дубль" in comment.text.ru and "Оля" in comment.text.ru and "double" in comment.text.en


def test_very_many_candidates_are_not_all_named() -> None:
    many = tuple(Candidate(Named(number, f"Компания {number}")) for number in range(1, 9))
    [todo] = decided(replace(FACTS, candidates=many)).commands
    assert "Компания 5" in todo.title.ru and "Компания 6" not in todo.title.ru and "(+3)" in todo.title.ru


def test_the_company_of_the_deals_contact_comes_first() -> None:
    contacts = (FRESH, OwnContact(200, "Ольга", 100, False), OwnContact(201, "Борис", 101, False))
    decision = decided(replace(FACTS, contacts=contacts, candidates=(Candidate(LUTIK),)))
    assert decision.commands == (SetFields(DEAL, {"company_id": 100}),)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (replace(FACTS, given=None), "not_ours"),
        (replace(FACTS, given=Given()), "nothing_given"),
        (replace(FACTS, by_form=False), "unknown"),
        (replace(FACTS, contacts=(OLD,)), "unknown"),
        (replace(FACTS, given=Given(inn="7701234567")), "unknown"),
        (FACTS, "created"),
        (replace(FACTS, contacts=(FRESH,)), "created"),
        (replace(FACTS, made_company=900), "linked"),
    ],
)
def test_when_nobody_fits(facts: ClientFacts, outcome: str) -> None:
    assert decided(facts).outcome == outcome


def test_a_new_client_has_one_name_whatever_deal_he_comes_with() -> None:
    contact, company = decided(FACTS).commands
    assert isinstance(contact, Create) and isinstance(company, Create)
    assert (contact.key, company.key) == ("client_contact:inn:7707083893", "client:inn:7707083893")
    assert contact.fields["communications"] == ("phone:+79990000001", "email:a@romashka.ru")
    other = decided(replace(FACTS, deal=Ref("deal", 502)))
    assert [command.key for command in other.commands] == [contact.key, company.key]
    mistyped = replace(FACTS, given=replace(GIVEN, inn="7701234567"))
    assert [command.key for command in decided(mistyped).commands][1] == "client:phone:+79990000001"


@pytest.mark.parametrize(
    ("given", "contacts", "title"),
    [
        (replace(GIVEN, company_name="Пион"), (FRESH,), "Пион"),
        (GIVEN, (FRESH,), "Оля"),
        (GIVEN, (), "+79990000001"),
        (Given(inn="7707083893"), (), "7707083893"),
    ],
)
def test_what_a_new_company_is_called(given: Given, contacts: tuple[OwnContact, ...], title: str) -> None:
    commands = decided(replace(FACTS, given=given, contacts=contacts)).commands
    assert commands[-1].fields["title"] == title
    assert [command.entity for command in commands] == (
        ["company"] if contacts or not given.phones else ["contact", "company"]
    )


def test_the_new_cards_are_linked_when_they_are_there() -> None:
    decision = decided(replace(FACTS, made_company=900, made_contact=901))
    assert decision.commands == (
        SetFields(Ref("contact", 901), {"company_ids": (900,)}),
        SetFields(DEAL, {"company_id": 900, "contact_ids": (901,)}),
    )
    own = decided(replace(FACTS, contacts=(FRESH,), made_company=900))
    assert own.commands[0] == SetFields(Ref("contact", 300), {"company_ids": (900,)})
    assert decided(replace(FACTS, made_company=900)).commands == (SetFields(DEAL, {"company_id": 900}),)
