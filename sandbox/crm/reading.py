"""Reading items: one, or a page by filter and order, in both spellings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sandbox.crm import access, printing
from sandbox.crm.fields import Field
from sandbox.crm.items import not_found
from sandbox.crm.query import PAGE, Builder, Operand, Where
from sandbox.crm.schema import COMPANY, CONTACT, Entity
from sandbox.kernel.call import Call, Page
from sandbox.kernel.portal import Portal

# No page begins further on: SQLite cannot count beyond 64 bits.
_FURTHEST = 2**53

# How whole items are printed: as crm.item.get does, the same with `useOriginalUfNames`, as crm.deal.get does.
Spelling = Literal["item", "original", "old"]


def one(call: Call, entity: Entity, item_id: int, spelling: Spelling = "item") -> printing.Item:
    """A whole item that the caller may see."""
    item: printing.Item | None = call.portal.ahead.take((entity.id, spelling), item_id)
    if item is None:
        item = _whole(call.portal, entity, [item_id], spelling).get(item_id)
    if item is None:
        raise not_found()
    if entity.schema.access:
        responsible = call.portal.store.value(f'SELECT "assignedById" FROM "{entity.table}" WHERE id = ?', (item_id,))
        if not access.allowed(call, entity, responsible):
            raise access.denied()
    return item


def ahead(portal: Portal, entity: Entity, ids: Iterable[int], spelling: Spelling) -> None:
    """Reads the items that commands of a batch will ask for by `one`, with one statement."""
    possible = [item_id for item_id in dict.fromkeys(ids) if 0 < item_id < _FURTHEST]
    portal.ahead.put((entity.id, spelling), _whole(portal, entity, possible, spelling))


def _whole(portal: Portal, entity: Entity, ids: Sequence[int], spelling: Spelling) -> dict[int, printing.Item]:
    store, zone = portal.store, portal.clock.zone
    if spelling == "old":
        chosen = printing.old_plan(entity, (), zone)
    else:
        chosen = printing.plan(entity, (), zone, original=spelling == "original", full=True)
    marks = ", ".join("?" * len(ids))
    rows = store.tuples(f'SELECT {chosen.columns} FROM "{entity.table}" WHERE id IN ({marks})', ids)
    if spelling == "old":
        printed = printing.old_items(store, entity, chosen, rows, all_kinds=True)
    else:
        printed = printing.items(store, entity, chosen, rows)
    return {printing.id_of(row): item for row, item in zip(rows, printed, strict=True)}


def operand(entity: Entity, field: Field) -> Operand | None:
    """How a field is compared in a filter; None for fields that cannot be."""
    if field.storage == "link":
        return _linked(entity, field)
    if field.storage == "none":
        return None
    column = f'"{field.column}"'
    if field.multiple:
        kind = "int" if field.type in ("user", "enumeration", "employee", "integer") else "text"
        return Operand(f"EXISTS (SELECT 1 FROM json_each({column}) WHERE {{}})", kind, among=True)
    if field.storage == "bool":
        return Operand(f"ifnull({column}, 0)", "bool")
    if field.storage == "json":
        return Operand(column, "text")
    return Operand(column, field.storage, empty_zero=field.reference)


def _linked(entity: Entity, field: Field) -> Operand | None:
    if field.name == "contactIds" and entity.id == COMPANY:
        source = f'SELECT contactId AS value FROM crm_company_links AS l WHERE l.companyId = "{entity.table}".id'
        return Operand(f"EXISTS (SELECT 1 FROM ({source}) WHERE {{}})", "int", among=True)
    if field.name == "contactIds":
        source = (
            "SELECT contactId AS value FROM crm_contact_links AS l"
            f' WHERE l.entityTypeId = {entity.id} AND l.entityId = "{entity.table}".id'
        )
        return Operand(f"EXISTS (SELECT 1 FROM ({source}) WHERE {{}})", "int", among=True)
    if field.name == "companyIds" and entity.id == CONTACT:
        source = f'SELECT companyId AS value FROM crm_company_links AS l WHERE l.contactId = "{entity.table}".id'
        return Operand(f"EXISTS (SELECT 1 FROM ({source}) WHERE {{}})", "int", among=True)
    if field.name in ("email", "phone"):
        return multifield(entity, field.name.upper())
    return None


def multifield(entity: Entity, kind: str) -> Operand:
    """A phone or an e-mail in a filter: any of the item's values."""
    source = (
        "SELECT value FROM crm_multifields AS m"
        f" WHERE m.entityTypeId = {entity.id} AND m.typeId = '{kind}' AND m.entityId = \"{entity.table}\".id"
    )
    return Operand(f"EXISTS (SELECT 1 FROM ({source}) WHERE {{}})", "text", among=True)


def item_operand(entity: Entity, name: str, original: bool) -> Operand | None:
    """A filter or order key of crm.item.list: the item spelling, or the upper-case name of a system field."""
    key = ("operand", name, original)
    if key not in entity.compiled:
        field = entity.spelled(original).get(name) or entity.upper.get(name)
        entity.compiled[key] = operand(entity, field) if field else None
    found: Operand | None = entity.compiled[key]
    return found


def restricted(call: Call, entity: Entity, where: Where) -> Where:
    """The condition narrowed to what the caller may see."""
    mode = access.mode_of(call, entity) if entity.schema.access else "all"
    if mode == "own":
        return Where(f'({where.sql}) AND "assignedById" = ?', [*where.args, call.user])
    return Where("0", []) if mode == "none" else where


def page(call: Call, entity: Entity, *, original: bool) -> Page:
    """A page of crm.item.list; `start=-1` skips the count."""
    chosen_names = call.listing("select")
    full = "*" in chosen_names
    chosen = printing.plan(entity, chosen_names, call.portal.clock.zone, original=original, full=full)
    builder = Builder(lambda name: item_operand(entity, name, original), call.portal.clock.zone)
    where = restricted(call, entity, builder.where(call.mapping("filter")))
    order = builder.order(call.mapping("order"), '"id"')
    rows, total, start = read(call, entity, chosen, where, order)
    return Page(printing.items(call.portal.store, entity, chosen, rows), total, start, "items")


def read(
    call: Call, entity: Entity, chosen: printing.Plan, where: Where, order: str
) -> tuple[list[Any], int | None, int]:
    """The rows of the asked page, the count of all (None with `start=-1`), and where the page begins."""
    start = offset(call)
    store = call.portal.store
    sql = f'SELECT {chosen.columns} FROM "{entity.table}" WHERE {where.sql} ORDER BY {order} LIMIT {PAGE}'
    rows = store.tuples(sql if start <= 0 else f"{sql} OFFSET {start}", where.args)
    if start < 0:
        return rows, None, 0
    if start == 0 and len(rows) < PAGE:
        return rows, len(rows), 0
    total = store.value(f'SELECT count(*) FROM "{entity.table}" WHERE {where.sql}', where.args)
    return rows, int(total), start


def offset(call: Call) -> int:
    """`start` of a list method; text that is no number is 0, as PHP reads it."""
    try:
        return min(int(call.get("start") or 0), _FURTHEST)
    except (TypeError, ValueError):
        return 0
