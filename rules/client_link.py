"""Whose deal it is: a client known by phone, e-mail or taxpayer's number is linked, an unknown one is created,
and where several fit a person chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rules.business_calendar import Calendar
from rules.contact_data import Communication, is_true_inn
from rules.decision import Command, Comment, Create, CreateTodo, Decision, Ref, SetFields, Text
from rules.limits import Limits
from rules.wording import joined, sentence

SHOWN = 5
"""candidates that are named in a to-do"""


@dataclass(frozen=True, slots=True)
class Named:
    """A card and what people call it."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody known who has what was given: a company, a contact, or both; a contact's company is its
    primary one (E.33)."""

    company: Named | None
    contact: Named | None = None


@dataclass(frozen=True, slots=True)
class OwnContact:
    """A contact that stands in the deal. `is_fresh`: it came into being together with the deal."""

    id: int
    name: str
    company_id: int | None
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of the client: by the deal's contacts and by the fields that a form fills."""

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    inn: str | None = None
    company_name: str = ""

    @property
    def identity(self) -> str | None:
        """The name under which one client is created once, however many deals he sends."""
        if self.inn and is_true_inn(self.inn):
            return f"inn:{self.inn}"
        return next((f"phone:{one}" for one in self.phones), next((f"email:{one}" for one in self.emails), None))

    @property
    def things(self) -> tuple[tuple[str, str], ...]:
        """What a client can be known by: kind and value, in the forms of `rules.contact_data`."""
        kinds = {"inn": (self.inn,) if self.inn else (), "phone": self.phones, "email": self.emails}
        return tuple((kind, value) for kind, values in kinds.items() for value in values)

    @property
    def communications(self) -> tuple[Communication, ...]:
        """The phones and e-mails, to be written into a card."""
        phones = (Communication("phone", value) for value in self.phones)
        return (*phones, *(Communication("email", value) for value in self.emails))

    @property
    def keys(self) -> tuple[str, str]:
        """The business keys of the company and of the contact."""
        return f"client:{self.identity}", f"client_contact:{self.identity}"


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """A deal without a company. `given` is None for a deal that is none of the app's business: old, closed, with
    a company, in another funnel. `by_form`: a form has filled it, or somebody in its place. `made_company` and
    `made_contact` were created by the app for this client."""

    deal: Ref
    responsible: int
    calendar: Calendar
    given: Given | None
    by_form: bool = False
    contacts: tuple[OwnContact, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    made_company: int | None = None
    made_contact: int | None = None


def decide(facts: ClientFacts, limits: Limits, now: datetime) -> Decision:
    """Links the only client that fits; creates one from the fields of a form when nobody does; asks when several do."""
    if facts.given is None:
        return Decision("not_ours", Text("Компания есть или сделка не новая.", "It has a company, or is not new."))
    own = next((contact.company_id for contact in facts.contacts if contact.company_id), None)
    if own is not None:
        reason = Text("Компания контакта сделки.", "The company of the deal's contact.")
        return Decision("linked", reason, (SetFields(facts.deal, {"company_id": own}),))
    if facts.given.identity is None and facts.given.inn is None:
        return Decision("nothing_given", Text("Нет телефона, почты и ИНН.", "No phone, no e-mail, no INN."))
    if not facts.candidates:
        return _unknown(facts, facts.given)
    company, contact = _only(facts.candidates)
    if company is None and contact is None:
        return _several(facts, now)
    return _known(facts, company, contact)


def _only(candidates: Iterable[Candidate]) -> tuple[Named | None, Named | None]:
    """The one company with its contact, or the one contact without a company; nothing when several fit."""
    companies = {one.company.id: one.company for one in candidates if one.company}
    if len(companies) > 1:
        return None, None
    loose = {one.contact.id: one.contact for one in candidates if one.contact and not one.company}
    if companies:
        inside = {one.contact.id: one.contact for one in candidates if one.contact and one.company}
        people = inside or (loose if len(loose) == 1 else {})
        return next(iter(companies.values())), people[min(people)] if people else None
    return None, next(iter(loose.values())) if len(loose) == 1 else None


def _known(facts: ClientFacts, company: Named | None, contact: Named | None) -> Decision:
    """The known contact stands first; what a form or a person has put into the deal stays behind it."""
    fields: dict[str, object] = {"company_id": company.id} if company else {}
    if contact:
        fields["contact_ids"] = (contact.id, *(own.id for own in facts.contacts if own.id != contact.id))
    who = ", ".join(one.title for one in (company, contact) if one)
    text = sentence("Клиент узнан по контактным данным: {who}.", "The client is known: {who}.", who=who)
    doubles = [own.name for own in facts.contacts if contact and own.is_fresh and own.id != contact.id]
    if doubles:
        twin = sentence("Похоже, дубль контакта: {names}.", "A double, it seems: {names}.", names=", ".join(doubles))
        text = joined((text, twin), " ")
    comment = Comment(f"client_link:{facts.deal.id}", facts.deal, text)
    return Decision("linked", text, (comment, SetFields(facts.deal, fields)))


def _several(facts: ClientFacts, now: datetime) -> Decision:
    names = dict.fromkeys(_called(one) for one in facts.candidates)
    shown, more = list(names)[:SHOWN], max(0, len(names) - SHOWN)
    who = "; ".join(shown) + (f" (+{more})" if more else "")
    todo = CreateTodo(
        key=f"client_choice:{facts.deal.id}",
        target=facts.deal,
        title=sentence("Выберите клиента: {who}", "Choose the client: {who}", who=who),
        responsible=facts.responsible,
        deadline=facts.calendar.closest_end_of_work(now),
    )
    return Decision("several", Text("Подходят несколько клиентов.", "Several clients fit."), (todo,))


def _called(one: Candidate) -> str:
    return ", ".join(card.title for card in (one.company, one.contact) if card)


def _unknown(facts: ClientFacts, given: Given) -> Decision:
    """A client is created from what a form has filled, or somebody in its place; not from a contact that an employee
    has put into his deal: he knows better what he wants."""
    old = [contact for contact in facts.contacts if not contact.is_fresh]
    if not facts.by_form or old or given.identity is None:
        return Decision("unknown", Text("Такого клиента нет в CRM.", "There is no such client in the CRM."))
    if facts.made_company is None:
        text = Text("Клиент новый: создаём карточки.", "The client is new: the cards are created.")
        return Decision("created", text, tuple(_new_cards(facts, given)))
    return Decision("linked", Text("Карточки нового клиента.", "The cards of a new client."), tuple(_new_links(facts)))


def _new_cards(facts: ClientFacts, given: Given) -> Iterable[Command]:
    """The contact first: a company that exists tells that its contact was asked for already."""
    company_key, contact_key = given.keys
    called = next((contact.name for contact in facts.contacts if contact.name), "")
    reached = next(iter(given.communications), None)
    if not facts.contacts and reached is not None:
        fields = {"name": reached.value, "communications": tuple(map(str, given.communications))}
        yield Create("contact", contact_key, {**fields, "assigned_by_id": facts.responsible})
    title = given.company_name or called or (reached.value if reached else given.inn)
    yield Create("company", company_key, {"title": title, "assigned_by_id": facts.responsible})


def _new_links(facts: ClientFacts) -> Iterable[Command]:
    people = tuple(contact.id for contact in facts.contacts)
    if not people and facts.made_contact is not None:
        people = (facts.made_contact,)
    for id in people:
        yield SetFields(Ref("contact", id), {"company_ids": (facts.made_company,)})
    linked = {"company_id": facts.made_company}
    yield SetFields(facts.deal, {**linked, "contact_ids": people} if people else linked)
