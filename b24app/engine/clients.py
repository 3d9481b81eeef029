"""Who stands behind a phone, an e-mail or a taxpayer's number: the portal's own searches, in batches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from b24app.engine.context import Context
from b24app.portal.batch import Call, Done
from b24app.portal.chains import Chain, Listing
from b24app.store.upsert import chunks
from rules.contact_data import Communication, email_spellings, inn, phone_spellings
from rules.decision import Ref

FIND, REQUISITES, ITEMS = "crm.duplicate.findbycomm", "crm.requisite.list", "crm.item.list"
SOUGHT = ("contact", "company")
PAGE = 50
_SPELLINGS = {"phone": phone_spellings, "email": email_spellings}


@dataclass(frozen=True)
class Clients:
    """Searches of one portal."""

    context: Context

    def holders(self, kind: str, values: Collection[str]) -> dict[str, list[Ref]]:
        """The contacts and companies that hold a value, as far as the portal finds them; every asked value
        is in the answer. `inn` is looked up in requisites, the rest with the spellings people use. Contacts
        and companies are asked for apart: twenty hits among the first would hide the second."""
        wanted = sorted(set(values))
        if kind == "inn":
            return self._by_inn(wanted)
        calls = [
            Call(FIND, {"type": kind.upper(), "values": list(_SPELLINGS[kind](value)), "entity_type": entity.upper()})
            for value in wanted
            for entity in SOUGHT
        ]
        answers = iter(self._results(calls))
        return {value: [ref for entity in SOUGHT for ref in _found(next(answers), entity)] for value in wanted}

    def communications(self, entity: str, ids: Collection[int]) -> dict[int, list[Communication]]:
        """The phones and e-mails of contacts or companies, as they were typed. Only a whole row shows them
        (api-reference/crm/universal/crm-item-list.md, `fm`)."""
        kind = self.context.names.entity_type_id(entity)
        filters = ({"@id": part} for part in chunks(sorted(set(ids)), PAGE))
        params = ({"entityTypeId": kind, "filter": one, "select": ["*"]} for one in filters)
        rows = self._read([Listing(ITEMS, one) for one in params])
        return {int(row["id"]): _communications(row.get("fm")) for row in rows}

    def _by_inn(self, values: Collection[str]) -> dict[str, list[Ref]]:
        kinds = {self.context.names.entity_type_id(entity): entity for entity in SOUGHT}
        select = ["ID", "ENTITY_TYPE_ID", "ENTITY_ID", "RQ_INN"]
        filters = [{"@RQ_INN": part, "@ENTITY_TYPE_ID": list(kinds)} for part in chunks(values, PAGE)]
        rows = self._read([Listing(REQUISITES, {"filter": one, "select": select}, "ID", "") for one in filters])
        found: dict[str, list[Ref]] = {value: [] for value in values}
        for row in rows:
            owner = Ref(kinds[int(row["ENTITY_TYPE_ID"])], int(row["ENTITY_ID"]))
            holders = found.get(inn(row.get("RQ_INN")) or "", [])
            if owner not in holders:
                holders.append(owner)
        return found

    def _read(self, listings: Iterable[Listing]) -> list[dict[str, Any]]:
        chains = [Chain(listing) for listing in listings]
        return [row for rows in self.context.gateway.read_chains(chains) for row in rows]

    def _results(self, calls: list[Call]) -> list[Any]:
        results = []
        for outcome in self.context.gateway.batch(calls) if calls else ():
            if not isinstance(outcome, Done):
                raise outcome.error
            results.append(outcome.result)
        return results


def _found(result: Any, entity: str) -> list[Ref]:
    """PHP prints an empty map as an empty list."""
    ids = result.get(entity.upper(), []) if isinstance(result, Mapping) else []
    return [Ref(entity, int(id)) for id in ids]


def _communications(entries: Any) -> list[Communication]:
    values = entries.values() if isinstance(entries, Mapping) else entries or ()
    return [Communication(str(one["typeId"]).lower(), str(one["value"])) for one in values]
