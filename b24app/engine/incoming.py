"""What clients did lately: incoming calls, letters, messages and forms, by the card on which they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from b24app.engine import known
from b24app.engine.context import Context
from b24app.portal.chains import Chain, Listing
from b24app.store.upsert import chunks
from rules.automatic_mail import is_automatic_mail
from rules.client_contact import Incoming
from rules.decision import Ref

LIST = "crm.activity.list"
PAGE = 50
MANY = 20 * PAGE
"""so many cards are not asked for by their ids any more: everything that came in lately is less"""
INCOMING, MAIL = "1", "4"
"""DIRECTION and TYPE_ID (api-reference/crm/auxiliary/enum/index.md)"""
_SELECT = ["ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "SUBJECT", "CREATED", "SETTINGS"]


def read_incoming(context: Context, owners: Collection[Ref], since: datetime) -> dict[Ref, Sequence[Incoming]]:
    """The incoming activities of cards since a moment, without letters that nobody wrote."""
    recent = {"DIRECTION": INCOMING, ">=CREATED": since.isoformat(timespec="seconds")}
    filters = [recent] if len(owners) > MANY else [{**recent, **place} for place in _places(context, owners)]
    chains = [Chain(Listing(LIST, {"filter": one, "select": _SELECT}, "ID", "")) for one in filters]
    found: dict[Ref, list[Incoming]] = defaultdict(list)
    for row in (row for rows in context.gateway.read_chains(chains) for row in rows):
        entity = context.names.entity_of(int(row["OWNER_TYPE_ID"]))
        if entity is not None and not is_automatic(row):
            moment = datetime.fromisoformat(str(row["CREATED"]))
            found[Ref(entity, int(row["OWNER_ID"]))].append(Incoming(int(row["ID"]), moment))
    return {ref: found[ref] for ref in owners if ref in found}


def _places(context: Context, owners: Collection[Ref]) -> Iterator[dict[str, Any]]:
    for entity, ids in known.by_entity(owners).items():
        kind = context.names.entity_type_id(entity)
        yield from ({"OWNER_TYPE_ID": kind, "@OWNER_ID": part} for part in chunks(sorted(ids), PAGE))


def is_automatic(row: Mapping[str, Any]) -> bool:
    """Whether an activity is a letter that nobody wrote."""
    if str(row.get("TYPE_ID")) != MAIL:
        return False
    settings = row.get("SETTINGS")
    meta = settings.get("EMAIL_META") if isinstance(settings, Mapping) else None
    sender = str(meta.get("from") or "") if isinstance(meta, Mapping) else ""
    return is_automatic_mail(str(row.get("SUBJECT") or ""), sender)
