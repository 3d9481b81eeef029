"""Badges on cards and boards: activities of our own look that carry a registered badge while they are open.

The portal shows a badge as long as an activity with its code is not completed
(api-reference/crm/timeline/activities/configurable/badges/index.md). The activity holds our key in `originId`;
which objects carry a badge is remembered by keys, and read from the portal once when nothing is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Any

from b24app.engine import keys
from b24app.engine.ports import PortalGateway, PortalNames
from b24app.portal.batch import Call
from b24app.portal.chains import Chain, Listing
from b24app.portal.names import ORIGINATOR
from b24app.store.database import Database
from b24app.store.upsert import chunks
from rules.decision import HideBadge, Ref, ShowBadge

BADGE = "badge"
"""their kind in the table of keys"""
PROVIDER = "CONFIGURABLE_REST_APP"
PREFIX = "b24app_"
"""of the codes of our badges on the portal: codes are common to all applications"""
COLLECTED = "badges:collected"
"""the key that tells that the portal was asked for badges made before this database"""
ADD, UPDATE = "crm.activity.configurable.add", "crm.activity.configurable.update"
OWNERS = 50


def is_ours(activity: Mapping[str, Any]) -> bool:
    """Whether an activity only carries a badge of ours; nobody has planned anything with it."""
    return activity.get("PROVIDER_ID") == PROVIDER and activity.get("ORIGINATOR_ID") == ORIGINATOR


def digest(command: ShowBadge, language: str) -> str:
    """What tells one look of a badge's activity from another."""
    content = [command.badge, command.responsible, _layout(command, language)]
    return sha256(dumps(content, ensure_ascii=False).encode()).hexdigest()[:32]


def add_call(command: ShowBadge, names: PortalNames, language: str) -> Call:
    """The command that puts the badge on its object."""
    params = {
        "ownerTypeId": names.entity_type_id(command.target.entity),
        "ownerId": command.target.id,
        "fields": {**_fields(command), "completed": "N", "originatorId": ORIGINATOR, "originId": command.key},
        "layout": _layout(command, language),
    }
    return Call(ADD, params, write=True)


def renew_call(command: ShowBadge, activity: int, language: str) -> Call:
    """The command that brings what it shows up to date."""
    return Call(UPDATE, {"id": activity, "fields": _fields(command), "layout": _layout(command, language)}, write=True)


def hide_call(activity: int) -> Call:
    """The command that takes the badge away; the activity stays in the history as completed."""
    return Call(UPDATE, {"id": activity, "fields": {"completed": "Y"}}, write=True)


def find(
    gateway: PortalGateway, names: PortalNames, commands: Iterable[ShowBadge | HideBadge]
) -> dict[tuple[str, type], int]:
    """The open activities of the commands' keys: fifty objects to a reading command."""
    wanted = list(commands)
    owners: dict[str, set[int]] = defaultdict(set)
    for command in wanted:
        owners[command.target.entity].add(command.target.id)
    filters = [
        {"OWNER_TYPE_ID": names.entity_type_id(entity), "@OWNER_ID": part}
        for entity, ids in owners.items()
        for part in chunks(sorted(ids), OWNERS)
    ]
    open_ones = _open(gateway, filters)
    return {(one.key, type(one)): open_ones[one.key] for one in wanted if one.key in open_ones}


@dataclass(frozen=True)
class Badges:
    """Which objects of one portal carry a badge."""

    database: Database
    portal_id: int
    gateway: PortalGateway

    def shown(self, badge: str, entity: str, ids: Collection[int]) -> frozenset[int]:
        """Those of the objects on which the badge is, or may be: an answer may have been lost."""
        wanted = {key_of(badge, Ref(entity, id)): id for id in ids}
        with self.database.session() as session:
            known = keys.load(session, self.portal_id, [COLLECTED, *wanted])
        if COLLECTED not in known:
            self._collect()
            with self.database.session() as session:
                known = keys.load(session, self.portal_id, wanted)
        there = (keys.DONE, keys.RESERVED)
        return frozenset(id for key, id in wanted.items() if key in known and known[key].state in there)

    def _collect(self) -> None:
        """A database that is new or was lost learns what there is on the portal."""
        things: list[tuple[str, str, int | None]] = [(key, BADGE, id) for key, id in _open(self.gateway, [{}]).items()]
        with self.database.session() as session:
            known = keys.load(session, self.portal_id, [key for key, _, _ in things])
            keys.record(session, self.portal_id, [one for one in things if one[0] not in known])
            keys.record(session, self.portal_id, [(COLLECTED, BADGE, None)])


def key_of(badge: str, target: Ref) -> str:
    """The business key of a badge on an object."""
    return f"badge:{badge}:{target}"


def _open(gateway: PortalGateway, filters: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Our activities that are not completed, by key."""
    select = ["ID", "PROVIDER_ID", "ORIGINATOR_ID", "ORIGIN_ID"]
    mine = {"PROVIDER_ID": PROVIDER, "ORIGINATOR_ID": ORIGINATOR, "COMPLETED": "N"}
    listings = (
        Listing("crm.activity.list", {"filter": {**one, **mine}, "select": select}, "ID", "") for one in filters
    )
    pages = gateway.read_chains([Chain(listing) for listing in listings])
    return {str(row.get("ORIGIN_ID")): int(row["ID"]) for rows in pages for row in rows if is_ours(row)}


def _fields(command: ShowBadge) -> dict[str, Any]:
    return {"badgeCode": PREFIX + command.badge, "responsibleId": command.responsible}


def _layout(command: ShowBadge, language: str) -> dict[str, Any]:
    """How the activity looks in the card (activities/configurable/structure/layout.md)."""
    blocks: dict[str, Any] = {
        f"line{number}": {
            "type": "withTitle",
            "properties": {
                "title": title.in_language(language),
                "inline": True,
                "block": {"type": "text", "properties": {"value": value.in_language(language)}},
            },
        }
        for number, (title, value) in enumerate(command.lines, 1)
    }
    card = {"type": "redirect", "uri": f"/crm/{command.link.entity}/details/{command.link.id}/"}
    blocks["link"] = {"type": "link", "properties": {"text": command.link_title.in_language(language), "action": card}}
    return {
        "icon": {"code": "info"},
        "header": {"title": command.title.in_language(language)},
        "body": {"logo": {"code": "document"}, "blocks": blocks},
    }
