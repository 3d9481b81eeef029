"""Rows of items printed as crm.item.* and as crm.deal.* print them, with statements kept ready."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.crm import links, multifields, values
from sandbox.crm.fields import Field
from sandbox.crm.schema import COMPANY, CONTACT, Entity
from sandbox.kernel.store import Store

Item = dict[str, Any]
Step = tuple[str, int, values.Printer | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled selection: the columns to read and how each is printed.

    `id` is always the first column. `steps` are (name, column position, printer); a position of
    -1 prints null. `linked` are fields that other tables hold.
    """

    columns: str
    steps: tuple[Step, ...]
    linked: frozenset[str]
    entity_type_id: int | None
    multifields: bool


def plan(entity: Entity, select: Sequence[str], zone: ZoneInfo, *, original: bool = False, full: bool = False) -> Plan:
    """The plan of a selection in crm.item.*; `full` adds `fm` (get, add, update and select ["*"])."""
    key = ("item", tuple(select), original, full, zone.key)
    found: Plan | None = entity.compiled.get(key)
    if found is None:
        found = entity.compiled[key] = _compile(entity, select, zone, original, full)
    return found


def _compile(entity: Entity, select: Sequence[str], zone: ZoneInfo, original: bool, full: bool) -> Plan:
    spelled = entity.spelled(original)
    star = not select or "*" in select
    names = list(spelled) if star else [_known(entity, spelled, name) for name in select]
    columns, linked = ['"id"'], set()
    steps: list[Step] = []
    for name in dict.fromkeys(name for name in names if name):
        field = spelled[name]
        if field.storage == "link":
            linked.add(field.name)
        if field.storage in ("link", "none"):
            steps.append((name, -1, None))
            continue
        columns.append(f'"{field.column}"')
        steps.append((name, len(columns) - 1, values.item_printer(field, zone)))
    return Plan(
        ", ".join(columns),
        tuple(steps),
        frozenset(linked),
        entity.id if star else None,
        full and entity.has_multifields,
    )


def _known(entity: Entity, spelled: dict[str, Field], name: str) -> str:
    """The field a selection means; upper-case system names are understood, unknown ones give ""."""
    if name in spelled:
        return name
    field = entity.upper.get(name)
    return field.name if field else ""


def items(store: Store, entity: Entity, chosen: Plan, rows: Iterable[Any]) -> list[Item]:
    """Prints rows that were read by a plan's columns."""
    found = list(rows)
    printed = [
        {name: (row[at] if show is None else show(row[at])) if at >= 0 else None for name, at, show in chosen.steps}
        for row in found
    ]
    if chosen.linked or chosen.multifields:
        _attach(store, entity, chosen, [row[0] for row in found], printed)
    if chosen.entity_type_id is not None:
        for item in printed:
            item["entityTypeId"] = chosen.entity_type_id
    return printed


def _attach(store: Store, entity: Entity, chosen: Plan, ids: list[int], printed: list[Item]) -> None:
    if "contactIds" in chosen.linked:
        contacts = links.contacts_of(store, entity.id, ids)
        for item_id, item in zip(ids, printed, strict=True):
            item["contactIds"] = contacts.get(item_id, [])
    if "companyIds" in chosen.linked:
        companies = links.companies_of(store, ids)
        for item_id, item in zip(ids, printed, strict=True):
            item["companyIds"] = companies.get(item_id, [])
    flat = chosen.linked - {"contactIds", "companyIds"}
    if flat or chosen.multifields:
        found = multifields.of(store, entity.id, ids)
        for item_id, item in zip(ids, printed, strict=True):
            entries = found.get(item_id, [])
            if chosen.multifields:
                item["fm"] = [entry.item() for entry in entries]
            for name in flat:
                item[name] = multifields.flat(entries, name)


def old_plan(entity: Entity, select: Sequence[str], zone: ZoneInfo) -> Plan:
    """The plan of a selection in the old methods: `*` is every system field, `UF_*` every user field."""
    key = ("old", tuple(select), zone.key)
    found: Plan | None = entity.compiled.get(key)
    if found is None:
        found = entity.compiled[key] = _compile_old(entity, select, zone)
    return found


def _compile_old(entity: Entity, select: Sequence[str], zone: ZoneInfo) -> Plan:
    wanted = [name.upper() for name in select]
    names = [
        name
        for name, field in entity.old.items()
        if not wanted
        or name in wanted
        or ("UF_*" in wanted and field.user_field)
        or ("*" in wanted and not field.user_field)
    ]
    if wanted and "ID" not in names:
        names.insert(0, "ID")
    columns = ['"id"']
    steps: list[Step] = []
    for name in names:
        field = entity.old[name]
        if field.storage in ("link", "none"):
            steps.append((name, -1, None))
            continue
        columns.append(f'"{field.column}"')
        steps.append((name, len(columns) - 1, values.old_printer(field, zone)))
    kinds = frozenset(kind for kind in multifields.KINDS if kind in wanted)
    return Plan(", ".join(columns), tuple(steps), kinds, None, False)


def old_items(
    store: Store, entity: Entity, chosen: Plan, rows: Iterable[Any], *, all_kinds: bool = False
) -> list[Item]:
    """Prints rows as the old methods do; phones and e-mails come where they exist and were asked for."""
    found = list(rows)
    printed = [
        {name: (row[at] if show is None else show(row[at])) if at >= 0 else None for name, at, show in chosen.steps}
        for row in found
    ]
    if entity.id in (1, CONTACT, COMPANY) and (chosen.linked or all_kinds):
        ids = [row[0] for row in found]
        entries = multifields.of(store, entity.id, ids)
        for item_id, item in zip(ids, printed, strict=True):
            for entry in entries.get(item_id, []):
                if all_kinds or entry.kind in chosen.linked:
                    item[entry.kind] = [*(item.get(entry.kind) or []), entry.old()]
    return printed
