"""What counts as a client who got in touch, and which deals hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from facts.client_contact import load_contacts_of_companies, load_contacts_of_deals
from rules.client_contact import Incoming, decide
from rules.decision import Ref
from tests.rules.small_portal import SmallPortal, at


@pytest.fixture
def portal() -> SmallPortal:
    portal = SmallPortal(at("2026-04-06 10:00"))
    portal.company()
    for id, values in (
        (1, {}),
        (2, {"category": "funnel.contract", "stage": "stage.contract.new"}),
        (3, {"closed": True}),
        (4, {"company_id": None}),
    ):
        portal.deal(id, **{"contact_ids": [200], "closed": False, **values})
    return portal.at("2026-04-07 11:00")


def told(portal: SmallPortal, facts: Any) -> list[str]:
    commands: Any = decide(facts, portal.limits, portal.now).commands
    return [one.key for one in commands]


def test_each_open_deal_of_the_client_hears_of_it(portal: SmallPortal) -> None:
    portal.heard = {Ref("company", 100): [Incoming(7, at("2026-04-07 10:59"))]}
    (facts,) = load_contacts_of_companies(portal, [100]).values()
    assert told(portal, facts) == ["client_contacted:7:deal:1", "client_contacted:7:deal:2"]
    by_deal = load_contacts_of_deals(portal, [1, 2, 3, 4])
    assert [told(portal, by_deal[id]) for id in (1, 2, 3, 4)] == [
        ["client_contacted:7:deal:1"],
        ["client_contacted:7:deal:2"],
        [],
        [],
    ]


def test_only_the_newest_and_nothing_old(portal: SmallPortal) -> None:
    portal.heard = {
        Ref("deal", 1): [Incoming(5, at("2026-04-06 12:00"))],
        Ref("contact", 200): [Incoming(6, at("2026-04-06 13:00"))],
    }
    facts = load_contacts_of_deals(portal, [1])[1]
    assert told(portal, facts) == ["client_contacted:6:deal:1"]
    assert told(portal.at("2026-04-08 13:00"), facts) == ["client_contacted:6:deal:1"]
    assert told(portal.at("2026-04-08 13:01"), facts) == []


def test_a_conversation_that_goes_on_is_told_once_a_day(portal: SmallPortal) -> None:
    began = Incoming(5, at("2026-04-06 12:00"))
    again = Incoming(5, at("2026-04-07 10:00"), at("2026-04-07 10:00").date())
    portal.heard = {Ref("deal", 1): [began, again]}
    assert told(portal, load_contacts_of_deals(portal, [1])[1]) == ["client_contacted:5:2026-04-07:deal:1"]
    portal.heard = {Ref("deal", 1): [began, again, Incoming(6, at("2026-04-07 10:30"))]}
    assert told(portal, load_contacts_of_deals(portal, [1])[1]) == ["client_contacted:6:deal:1"]


def test_what_a_deal_was_made_for_is_no_news_to_it(portal: SmallPortal) -> None:
    portal.heard = {Ref("company", 100): [Incoming(7, at("2026-04-06 09:59"))]}
    assert told(portal, load_contacts_of_companies(portal, [100])[100]) == []
