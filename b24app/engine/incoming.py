"""What clients did lately: incoming calls, letters, messages and forms, by the card on which they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from b24app.engine import conversations, known
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
_SELECT = ["ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "SUBJECT", "CREATED", "SETTINGS", *conversations.FIELDS]


def read_incoming(context: Context, owners: Collection[Ref], since: datetime) -> dict[Ref, Sequence[Incoming]]:
    """The incoming activities of cards since a moment, without letters that nobody wrote; and conversations of before
    in which clients have written on another day."""
    moment = since.isoformat(timespec="seconds")
    places = [{}] if len(owners) > MANY else list(_places(context, owners))
    recent = [{"DIRECTION": INCOMING, ">=CREATED": moment, **place} for place in places]
    going_on = [{"PROVIDER_ID": conversations.PROVIDER, ">=LAST_UPDATED": moment, **place} for place in places]
    chains = [Chain(Listing(LIST, {"filter": one, "select": _SELECT}, "ID", "")) for one in (*recent, *going_on)]
    answers = context.gateway.read_chains(chains)
    found: dict[Ref, list[Incoming]] = defaultdict(list)
    for row in (row for rows in answers[: len(recent)] for row in rows):
        owner = _owner(context, row)
        if owner is not None and not is_automatic(row):
            found[owner].append(Incoming(int(row["ID"]), datetime.fromisoformat(str(row["CREATED"]))))
    wanted = set(owners)
    chats = [row for rows in answers[len(recent) :] for row in rows if _owner(context, row) in wanted]
    for owner, one in _written_again(context, chats, since):
        found[owner].append(one)
    return {ref: found[ref] for ref in owners if ref in found}


def _written_again(
    context: Context, chats: Sequence[Mapping[str, Any]], since: datetime
) -> Iterator[tuple[Ref, Incoming]]:
    """What a client wrote on a later day than that on which the conversation began, as of the first word of that day:
    one contact a day, however much is written then."""
    zone = ZoneInfo(context.time_zone)

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    began = {int(row["ID"]): day(datetime.fromisoformat(str(row["CREATED"]))) for row in chats}
    changed = {int(row["ID"]): day(datetime.fromisoformat(str(row["LAST_UPDATED"]))) for row in chats}
    later = {int(row["ID"]): row for row in chats if changed[int(row["ID"])] > began[int(row["ID"])]}
    for id, words in conversations.words_of_clients(context.gateway, list(later.values())).items():
        owner = _owner(context, later[id])
        last = max((day(word) for word in words if word >= since), default=began[id])
        if owner is not None and last > began[id]:
            yield owner, Incoming(id, min(word for word in words if day(word) == last), last)


def _owner(context: Context, row: Mapping[str, Any]) -> Ref | None:
    entity = context.names.entity_of(int(row["OWNER_TYPE_ID"]))
    return Ref(entity, int(row["OWNER_ID"])) if entity is not None else None


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
