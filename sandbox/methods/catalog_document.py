"""Documents of the store: `catalog.document.*`, their products and contractors (api-reference/catalog/document)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.crm.schema import COMPANY, CONTACT, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method
from sandbox.kernel.rows import paged
from sandbox.methods.catalog_store import STORE, move
from sandbox.methods.catalog_structure import DOCUMENT_TYPES
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, serve

_NOT_FOUND = "Document not found"


def _refused(text: str) -> RestError:
    return RestError("0", text)


def _document_rules(call: Call, values: Row, before: Row | None) -> None:
    if before is None:
        if values.get("docType") not in DOCUMENT_TYPES:
            raise _refused("DOC_TYPE isn't available")
        if not values.get("title"):
            values["title"] = DOCUMENT_TYPES[values["docType"]]
    elif before["status"] == "Y":
        raise _refused("Unable to edit conducted document")


def _drop_elements(call: Call, row: Row) -> None:
    if row["status"] == "Y":
        raise _refused(f"Cannot delete document #{row['id']} because it is processed")
    for element in ELEMENT.where(call.portal, docId=row["id"]):
        call.portal.store.execute(f'DELETE FROM "{ELEMENT.sql}" WHERE id = ?', (element["id"],))


DOCUMENT = serve(
    Table(
        "catalog.document",
        "document",
        "documents",
        columns(
            "commentary:char =createdBy:integer *=currency:char =dateCreate:datetime dateDocument:datetime"
            " dateModify:datetime -dateStatus:datetime docNumber:string *=docType:char -id:integer modifiedBy:integer"
            " *responsibleId:integer siteId:char -status:char statusBy:integer title:string total:double"
        ),
        error="0",
        absent=("0", _NOT_FOUND),
        denials="Insufficient permissions to save the document",
        denied=dict.fromkeys(("list", "getFields", "add", "update", "delete"), "0"),
        defaults={"status": "N", "siteId": "s1"},
        stamps={"dateModify": "now", "modifiedBy": "user"},
        births={"dateCreate": "now", "dateStatus": "now", "createdBy": "user"},
        check=_document_rules,
        before_delete=_drop_elements,
        hidden=columns("userFields:map"),
    ),
    "list",
    "add",
    "update",
    "delete",
    "getFields",
)


def _element_rules(call: Call, values: Row, before: Row | None) -> None:
    _open_document(call, values.get("docId") or (before or {})["docId"])
    for name in ("storeFrom", "storeTo"):
        if values.get(name) and STORE.get(call.portal, values[name]) is None:
            raise RestError("0", "Store does not exist")


def _open_document(call: Call, number: int) -> None:
    document = DOCUMENT.get(call.portal, number)
    if document is None:
        raise RestError("ERROR_DOCUMENT_STATUS", _NOT_FOUND)
    if document["status"] == "Y":
        raise RestError("ERROR_DOCUMENT_STATUS", "Conducted document")


def _sum_up(call: Call, row: Row, what: str = "") -> None:
    """The document's total follows its elements."""
    rows = ELEMENT.where(call.portal, docId=row["docId"])
    total = sum((entry["amount"] or 0) * (entry["purchasingPrice"] or 0) for entry in rows)
    sql = f'UPDATE "{DOCUMENT.sql}" SET total = ? WHERE id = ?'
    call.portal.store.execute(sql, (total, row["docId"]))


ELEMENT = serve(
    Table(
        "catalog.document.element",
        "documentElement",
        "documentElements",
        columns(
            "amount:double *=docId:integer *=elementId:integer -id:integer purchasingPrice:double"
            " storeFrom:integer storeTo:integer"
        ),
        error="0",
        absent=("ERROR_DOCUMENT_STATUS", _NOT_FOUND),
        denials="Access denied",
        denied=dict.fromkeys(("list", "getFields", "add", "update", "delete"), "ERROR_DOCUMENT_RIGHTS"),
        check=_element_rules,
        saved=_sum_up,
        before_delete=lambda call, row: _open_document(call, row["docId"]),
    ),
    "list",
    "add",
    "update",
    "delete",
    "getFields",
)


def _may(call: Call, text: str = "Insufficient permissions to save the document") -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise _refused(text)


@method("catalog.document.mode.status", "catalog")
def mode_status(call: Call) -> str:
    """Whether the accounting of stores is on."""
    _may(call, "Access denied")
    return str(call.portal.store.setting("catalog.store_accounting", "Y"))


def _outdated(table: Table) -> Callable[[Call], Any]:
    def described(call: Call) -> list[dict[str, Any]]:
        """The fields as the outdated method prints them: one map in a list."""
        allow(call, table, "getFields")
        extra = {"isMultiple": False, "isDynamic": False}
        return [{c.name: {**c.described(), **extra, "title": c.name.upper()} for c in table.columns}]

    return described


method("catalog.document.fields", "catalog")(_outdated(DOCUMENT))
method("catalog.document.element.fields", "catalog")(_outdated(ELEMENT))


def _conduct(call: Call, number: int) -> None:
    document = DOCUMENT.need(call, number)
    if document["status"] == "Y":
        raise _refused("Document conducting error: Document has been conducted already")
    elements = ELEMENT.where(call.portal, docId=number)
    if not elements:
        raise _refused("Document conducting error: There are no products in the document")
    _apply(call, elements, 1)
    _set_status(call, number, "Y")


def _cancel(call: Call, number: int) -> None:
    document = DOCUMENT.get(call.portal, number)
    if document is None:
        raise _refused(f"Error canceling the document: {_NOT_FOUND}")
    if document["status"] != "Y":
        raise _refused("Error cancelling document conduct: Document has not been conducted yet")
    _apply(call, ELEMENT.where(call.portal, docId=number), -1)
    _set_status(call, number, "N")


def _apply(call: Call, elements: list[Row], sign: int) -> None:
    for row in elements:
        amount = (row["amount"] or 0) * sign
        move(call, row["elementId"], row["storeFrom"], -amount)
        move(call, row["elementId"], row["storeTo"], amount)


def _set_status(call: Call, number: int, status: str) -> None:
    now = int(call.portal.clock.timestamp())
    call.portal.store.execute(
        f'UPDATE "{DOCUMENT.sql}" SET status = ?, statusBy = ?, dateStatus = ?, dateModify = ? WHERE id = ?',
        (status, call.user, now, now, number),
    )


def _erase(call: Call, number: int) -> None:
    document = DOCUMENT.get(call.portal, number)
    if document is None:
        raise _refused(f'An error occurred while deleting document "{number}": {_NOT_FOUND}')
    DOCUMENT.remove(call, document)


def _of_one(act: Callable[[Call, int], None]) -> Callable[[Call], Any]:
    def acted(call: Call) -> bool:
        """Does it to one document."""
        _may(call)
        act(call, call.integer("id"))
        return True

    return acted


def _of_many(act: Callable[[Call, int], None]) -> Callable[[Call], Any]:
    def acted(call: Call) -> bool:
        """Does it to every named document; the first refusal undoes all."""
        _may(call)
        if call.get("documentIds") is None:
            raise missing("documentIds")
        for number in call.listing("documentIds"):
            act(call, int(number))
        return True

    return acted


for _names, _act in ((("conduct", "confirm"), _conduct), (("cancel", "unconfirm"), _cancel)):
    for _name in _names:
        method(f"catalog.document.{_name}", "catalog", write=True, cost=0.1)(_of_one(_act))
    method(f"catalog.document.{_names[0]}List", "catalog", write=True, cost=0.1)(_of_many(_act))
method("catalog.document.deleteList", "catalog", write=True, cost=0.1)(_of_many(_erase))


def _contractor_rules(call: Call, values: Row, before: Row | None) -> None:
    document = DOCUMENT.get(call.portal, values["documentId"])
    if document is None:
        raise _refused("Store document was not found")
    if document["docType"] != "A":
        raise _refused("Type of store document is wrong")
    if document["status"] == "Y":
        raise _refused("Unable to edit conducted document")
    if values["entityTypeId"] not in (CONTACT, COMPANY):
        raise _refused("Wrong entity type id")
    entity = schema_of(call.portal).entity(values["entityTypeId"])
    if call.portal.store.one(f'SELECT 1 FROM "{entity.table}" WHERE id = ?', (values["entityId"],)) is None:
        raise _refused("Wrong entity id")
    bound = CONTRACTOR.where(call.portal, documentId=values["documentId"], entityTypeId=values["entityTypeId"])
    if any(row["entityId"] == values["entityId"] for row in bound):
        raise _refused("This contractor has been already bound to this document")
    if bound and values["entityTypeId"] == COMPANY:
        raise _refused("This document already has a Company contractor")


CONTRACTOR = serve(
    Table(
        "catalog.documentcontractor",
        "documentContractor",
        "documentContractor",
        columns("*documentId:integer *entityId:integer *entityTypeId:integer -id:integer"),
        error="0",
        absent=("0", "Binding was not found"),
        denials="Access denied",
        denied=dict.fromkeys(("list", "getFields", "add", "delete"), "0"),
        check=_contractor_rules,
    ),
    "list",
    "add",
    "delete",
    "getFields",
)


def _custom(call: Call, entry: Any, select: list[str]) -> dict[str, Any]:
    """The user fields of a document's row, those that were asked for."""
    fields = json.loads(entry["userFields"] or "{}")
    known = {"documentId": entry["id"], "documentType": entry["docType"], **fields}
    return {name: known.get(name) for name in select} if select and "*" not in select else known


@method("catalog.userfield.document.list", "catalog")
def userfield_list(call: Call) -> Page:
    """The values of user fields of documents of one type."""
    _may(call, "Access Denied")
    select, wanted = [str(name) for name in call.listing("select")], call.mapping("filter")
    if "documentType" not in select:
        raise _refused("The documentType field is not specified in the select parameter")
    if not wanted.get("documentType"):
        raise _refused("The documentType field is not specified in the filter parameter")
    rows = DOCUMENT.where(call.portal, docType=wanted["documentType"])
    if wanted.get("documentId"):
        rows = [row for row in rows if str(row["id"]) == str(wanted["documentId"])]
    return paged(call, [_custom(call, row, select) for row in rows], "documents")


@method("catalog.userfield.document.update", "catalog", write=True, cost=0.05)
def userfield_update(call: Call) -> dict[str, Any]:
    """Sets user fields (`field` and a number) of a document."""
    _may(call, "Access Denied")
    fields = call.mapping("fields")
    row = DOCUMENT.get(call.portal, call.integer("documentId"))
    if row is None or row["docType"] != fields.get("documentType"):
        raise _refused("The specified document does not exist")
    sent = {name: value for name, value in fields.items() if name.startswith("field")}
    values = json.dumps({**json.loads(row["userFields"] or "{}"), **sent}, ensure_ascii=False)
    sql = f'UPDATE "{DOCUMENT.sql}" SET userFields = ? WHERE id = ?'
    call.portal.store.execute(sql, (values, row["id"]))
    return {"document": _custom(call, DOCUMENT.need(call, row["id"]), ["documentId", "documentType", *sent])}
