"""A CRM without leads (crm/leads/index.md): a lead that is created becomes a contact, a company and a deal at once."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, links, multifields, rows
from sandbox.crm.drafts import Draft
from sandbox.crm.schema import COMPANY, CONTACT, DEAL, LEAD, Entity, schema_of
from sandbox.kernel.call import Call

_SIMPLE = 2
_SHARED = ("assignedById", "sourceId", "sourceDescription", "opened")
_OF_CONTACT = ("name", "lastName", "secondName", "honorific", "birthdate", "post")
_OF_DEAL = ("title", "opportunity", "isManualOpportunity", "currencyId", "comments", "originatorId", "originId")
_UTM = ("utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm")


def is_simple(call: Call) -> bool:
    """Whether this portal works without leads (crm.settings.mode.get)."""
    return int(call.portal.store.setting("crm.mode", 1)) == _SIMPLE


@items.on_create
def convert(call: Call, entity: Entity, number: int) -> None:
    """Makes the cards of a lead that was just created, and closes it as a successful one."""
    if entity.id != LEAD or call.notes.get("silent") or not is_simple(call):
        return
    store, schema = call.portal.store, schema_of(call.portal)
    lead = items.stored(store, entity, number) or {}
    contact, company = lead.get("contactId"), lead.get("companyId")
    entries = multifields.of(store, LEAD, [number]).get(number, [])
    phones: list[Any] = [[{"typeId": e.kind, "valueType": e.value_type, "value": e.value} for e in entries]]
    forced, call.forced_id = call.forced_id, None
    if not company and lead.get("companyTitle"):
        firm = schema.entity(COMPANY)
        columns = {"title": lead["companyTitle"], "leadId": number, **_some(lead, _SHARED, firm)}
        company = items.create(call, firm, Draft(columns=columns))
    if not contact and (lead.get("name") or lead.get("lastName") or entries):
        person = schema.entity(CONTACT)
        columns = {**_some(lead, (*_SHARED, *_OF_CONTACT, *_UTM), person), "leadId": number}
        draft = Draft(columns=columns, companies=[company] if company else None, multifields=phones if entries else [])
        contact = items.create(call, person, draft)
    deals = schema.entity(DEAL)
    columns = {**_some(lead, (*_SHARED, *_OF_DEAL, *_UTM), deals), "leadId": number, "companyId": company}
    deal = items.create(call, deals, Draft(columns=columns, contacts=[contact] if contact else None))
    kept = [{name: row[name] for name in rows.COLUMNS} for row in rows.of(store, LEAD, number)]
    rows.replace(store, DEAL, deal, kept)
    _close(call, entity, number, contact, company)
    call.forced_id = forced


def _some(lead: dict[str, Any], names: tuple[str, ...], entity: Entity) -> dict[str, Any]:
    """The named values of a lead that the other kind of cards has a place for."""
    return {name: lead[name] for name in names if lead.get(name) is not None and name in entity.columns}


def _close(call: Call, entity: Entity, number: int, contact: int | None, company: int | None) -> None:
    """The lead ends in its successful stage, linked to what came of it."""
    success = next((stage.code for stage in entity.stages(0) if stage.semantics == "S"), None)
    if contact:
        links.set_contacts(call.portal.store, LEAD, number, [contact])
    items.change(call, entity, number, Draft(columns={"stageId": success, "companyId": company}))
