"""The kinds of CRM objects an employee sees: their words, their addresses, their stages."""

from __future__ import annotations

from dataclasses import dataclass

LEAD, DEAL, CONTACT, COMPANY, QUOTE, INVOICE = 1, 2, 3, 4, 7, 31


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: `code` is what placements and the timeline call it (`DEAL`,
    `DYNAMIC_128`), `slug` and `plural` are its words in our addresses, empty for smart processes."""

    id: int
    one: str
    many: str
    code: str
    slug: str = ""
    plural: str = ""

    def card(self, number: int | str) -> str:
        """The address of an object's card."""
        return f"/{self.slug}/{number}" if self.slug else f"/item/{self.id}/{number}"

    @property
    def list(self) -> str:
        """The address of the list of objects."""
        return f"/{self.plural}" if self.plural else f"/list/{self.id}"

    @property
    def add(self) -> str:
        """The address of the form of a new object."""
        return f"/new/{self.id}"

    @property
    def owner(self) -> str:
        """How crm.timeline.* names the kind (crm-timeline-comment-add.md)."""
        return self.code.lower()

    @property
    def has_stages(self) -> bool:
        """Whether objects of this kind go along stages."""
        return self.id not in (CONTACT, COMPANY)

    @property
    def has_funnels(self) -> bool:
        """Whether the stages lie in funnels; leads and quotes have one line of stages."""
        return self.has_stages and self.id not in (LEAD, QUOTE)

    def dictionary(self, funnel: int) -> str:
        """The directory of the stages of a funnel (crm/status/index.md)."""
        if self.id == LEAD:
            return "STATUS"
        if self.id == QUOTE:
            return "QUOTE_STATUS"
        if self.id == DEAL:
            return f"DEAL_STAGE_{funnel}" if funnel else "DEAL_STAGE"
        return f"{self.code}_STAGE_{funnel}"

    @property
    def in_crm(self) -> bool:
        """Whether a real portal's addresses call the kind by its word: `/crm/deal/...`."""
        return bool(self.slug) and self.id != INVOICE

    @property
    def has_money(self) -> bool:
        """Whether objects of the kind carry an amount and product rows."""
        return self.id not in (CONTACT, COMPANY)

    def placement(self, where: str) -> str:
        """The placement code of a spot on the kind's pages: `CRM_DEAL_DETAIL_TAB`."""
        return f"CRM_{self.code}_{where}"

    def link_to(self, other: Kind) -> str:
        """The field by which objects of this kind name one of the other kind."""
        named = {COMPANY: "companyId", CONTACT: "contactId", LEAD: "leadId", QUOTE: "quoteId"}
        return named.get(other.id, f"parentId{other.id}")


SYSTEM = (
    Kind(COMPANY, "Компания", "Компании", "COMPANY", "company", "companies"),
    Kind(CONTACT, "Контакт", "Контакты", "CONTACT", "contact", "contacts"),
    Kind(LEAD, "Лид", "Лиды", "LEAD", "lead", "leads"),
    Kind(DEAL, "Сделка", "Сделки", "DEAL", "deal", "deals"),
    Kind(QUOTE, "Предложение", "Предложения", "QUOTE", "quote", "quotes"),
    Kind(INVOICE, "Счёт", "Счета", "SMART_INVOICE", "invoice", "invoices"),
)


def smart_process(entity_type_id: int, title: str) -> Kind:
    """The kind of a smart process; people call both one and many by its title."""
    return Kind(entity_type_id, title, title, f"DYNAMIC_{entity_type_id}")
