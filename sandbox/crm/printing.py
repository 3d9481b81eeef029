"""Rows of items printed as crm.item.* and as crm.deal.* print them, with statements kept ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.crm import links, multifields, values
from sandbox.crm.fields import Field
from sandbox.crm.schema import COMPANY, CONTACT, Entity
from sandbox.kernel.store import Store

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled selection: the columns to read and how each is printed.

    There is a column for every name of `held`, then `id`. `blank` is an item without values: all names in their
    order, those included that other tables hold (`linked`) or nothing does. `shown` are the names whose values are
    printed otherwise than they lie.
    """

    columns: str
    held: tuple[str, ...]
    blank: Item
    shown: tuple[tuple[str, values.Printer], ...]
    linked: frozenset[str]
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
    fields = {name: spelled[name] for name in names if name}
    many = full and entity.has_multifields
    return Plan(
        _columns(fields),
        _held(fields),
        {**dict.fromkeys(fields), **({"fm": None} if many else {}), **({"entityTypeId": entity.id} if star else {})},
        _shown({name: values.item_printer(field, zone) for name, field in fields.items() if _own(field)}),
        frozenset(field.name for field in fields.values() if field.storage == "link"),
        many,
    )


def _own(field: Field) -> bool:
    """Whether the item's own table holds the field."""
    return field.storage not in ("link", "none")


def _held(fields: Mapping[str, Field]) -> tuple[str, ...]:
    return tuple(name for name, field in fields.items() if _own(field))


def _columns(fields: Mapping[str, Field]) -> str:
    return ", ".join([*(f'"{fields[name].column}"' for name in _held(fields)), '"id"'])


def id_of(row: Sequence[Any]) -> int:
    """The id of a row that was read by a plan's columns."""
    number: int = row[-1]
    return number


def _shown(printers: Mapping[str, values.Printer | None]) -> tuple[tuple[str, values.Printer], ...]:
    return tuple((name, printer) for name, printer in printers.items() if printer is not None)


def _known(entity: Entity, spelled: dict[str, Field], name: str) -> str:
    """The field a selection means; upper-case system names are understood, unknown ones give ""."""
    if name in spelled:
        return name
    field = entity.upper.get(name)
    return field.name if field else ""


def items(store: Store, entity: Entity, chosen: Plan, rows: Iterable[Any]) -> list[Item]:
    """Prints rows that were read by a plan's columns."""
    found = list(rows)
    printed = _print(chosen, found)
    if chosen.linked or chosen.multifields:
        _attach(store, entity, chosen, [id_of(row) for row in found], printed)
    return printed


def _print(chosen: Plan, rows: Iterable[Any]) -> list[Item]:
    """Rows as maps. This is the hottest place of the portal: maps are made whole, then the few others mended."""
    blank, held, shown, printed = chosen.blank, chosen.held, chosen.shown, []
    for row in rows:
        item = blank.copy()
        item.update(zip(held, row, strict=False))
        for name, show in shown:
            item[name] = show(item[name])
        printed.append(item)
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
    fields = {name: entity.old[name] for name in names}
    return Plan(
        _columns(fields),
        _held(fields),
        dict.fromkeys(fields),
        _shown({name: _old_printer(field, zone) for name, field in fields.items() if _own(field)}),
        frozenset(kind for kind in multifields.KINDS if kind in wanted),
        False,
    )


def _old_printer(field: Field, zone: ZoneInfo) -> values.Printer | None:
    """None for what is a text or nothing as it lies."""
    return None if field.storage in ("text", "flag") and not field.zero else values.old_printer(field, zone)


def old_items(
    store: Store, entity: Entity, chosen: Plan, rows: Iterable[Any], *, all_kinds: bool = False
) -> list[Item]:
    """Prints rows as the old methods do; phones and e-mails come where they exist and were asked for."""
    found = list(rows)
    printed = _print(chosen, found)
    if entity.id in (1, CONTACT, COMPANY) and (chosen.linked or all_kinds):
        ids = [id_of(row) for row in found]
        entries = multifields.of(store, entity.id, ids)
        for item_id, item in zip(ids, printed, strict=True):
            for entry in entries.get(item_id, []):
                if all_kinds or entry.kind in chosen.linked:
                    item[entry.kind] = [*(item.get(entry.kind) or []), entry.old()]
    return printed
