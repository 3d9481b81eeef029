"""Links of items to contacts, and of contacts to companies; the first link is the primary one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.crm.schema import COMPANY
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store


def _marks(values: Sequence[int]) -> str:
    return ", ".join("?" * len(values))


def contacts_of(store: Store, entity_type_id: int, ids: Sequence[int]) -> dict[int, list[int]]:
    """Contacts of many items at once, the primary first. A company's are the contacts linked to it."""
    if not ids:
        return {}
    if entity_type_id == COMPANY:
        sql = (
            "SELECT companyId, contactId FROM crm_company_links"
            f" WHERE companyId IN ({_marks(ids)}) ORDER BY companyId, sort, contactId"
        )
        rows = store.rows(sql, tuple(ids))
    else:
        sql = (
            "SELECT entityId, contactId FROM crm_contact_links"
            f" WHERE entityTypeId = ? AND entityId IN ({_marks(ids)})"
            " ORDER BY entityId, isPrimary DESC, sort, contactId"
        )
        rows = store.rows(sql, (entity_type_id, *ids))
    return _grouped(rows)


def companies_of(store: Store, contact_ids: Sequence[int]) -> dict[int, list[int]]:
    """Companies of many contacts at once, the primary first."""
    if not contact_ids:
        return {}
    sql = (
        f"SELECT contactId, companyId FROM crm_company_links WHERE contactId IN ({_marks(contact_ids)})"
        " ORDER BY contactId, isPrimary DESC, sort, companyId"
    )
    return _grouped(store.rows(sql, tuple(contact_ids)))


def _grouped(rows: Iterable[Any]) -> dict[int, list[int]]:
    result: dict[int, list[int]] = {}
    for row in rows:
        result.setdefault(row[0], []).append(row[1])
    return result


def ids_in(value: Any) -> list[int]:
    """A list of ids as clients send it (a list, a form's map, one number), without zeros and repeats."""
    if value in (None, "", False):
        return []
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        value = [value]
    try:
        return list(dict.fromkeys(int(v) for v in value if v not in (None, "", 0, "0")))
    except (TypeError, ValueError):
        raise RestError(100, "Expected iterable value for multiple field, but got `string` instead") from None


def set_contacts(store: Store, entity_type_id: int, item_id: int, contacts: Sequence[int]) -> None:
    """Replaces an item's contacts; the first one becomes primary. A company's go to its contacts' links."""
    if entity_type_id == COMPANY:
        _set_company_contacts(store, item_id, contacts)
        return
    store.execute("DELETE FROM crm_contact_links WHERE entityTypeId = ? AND entityId = ?", (entity_type_id, item_id))
    store.executemany(
        "INSERT INTO crm_contact_links (entityTypeId, entityId, contactId, sort, isPrimary) VALUES (?, ?, ?, ?, ?)",
        [(entity_type_id, item_id, c, i * 10, "Y" if i == 1 else "N") for i, c in enumerate(contacts, 1)],
    )


def _set_company_contacts(store: Store, company_id: int, contacts: Sequence[int]) -> None:
    before = contacts_of(store, COMPANY, [company_id]).get(company_id, [])
    for contact in before:
        if contact not in contacts:
            kept = [c for c in companies_of(store, [contact]).get(contact, []) if c != company_id]
            set_companies(store, contact, kept)
    for contact in contacts:
        if contact not in before:
            set_companies(store, contact, [*companies_of(store, [contact]).get(contact, []), company_id])


def set_companies(store: Store, contact_id: int, companies: Sequence[int]) -> None:
    """Replaces a contact's companies; the first becomes primary and the contact's `companyId`."""
    store.execute("DELETE FROM crm_company_links WHERE contactId = ?", (contact_id,))
    store.executemany(
        "INSERT INTO crm_company_links (contactId, companyId, sort, isPrimary) VALUES (?, ?, ?, ?)",
        [(contact_id, c, i * 10, "Y" if i == 1 else "N") for i, c in enumerate(companies, 1)],
    )
    store.execute('UPDATE crm_3 SET "companyId" = ? WHERE id = ?', (companies[0] if companies else None, contact_id))
