"""Stores and what lies in them: `catalog.store`, `catalog.storeproduct`."""

from __future__ import annotations

import json

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.plain import files
from sandbox.plain.columns import columns
from sandbox.plain.table import READ, WRITE, Row, Table
from sandbox.plain.verbs import serve


def _keep_picture(call: Call, values: Row, before: Row | None) -> None:
    if isinstance(values.get("imageId"), str):
        entry = files.upload(call.portal.store, json.loads(values["imageId"]))
        values["imageId"] = json.dumps(entry) if entry else None
    if values.get("xmlId") == "":
        values["xmlId"] = None


def _show_picture(call: Call, row: Row, printed: Row) -> None:
    if printed["imageId"]:
        printed["imageId"] = {"id": printed["imageId"]["id"], "url": files.address(printed["imageId"])}


def _without_documents(call: Call, row: Row) -> None:
    sql = "SELECT 1 FROM plain_catalog_document_element WHERE storeFrom = ? OR storeTo = ?"
    if call.portal.store.one(sql, (row["id"], row["id"])):
        raise RestError(0, "There are documents of this store")


STORE = serve(
    Table(
        "catalog.store",
        "store",
        "stores",
        columns(
            "active:char *address:string code:string dateCreate:datetime dateModify:datetime description:string"
            " email:string gpsN:double gpsS:double -id:integer imageId:file issuingCenter:char modifiedBy:integer"
            " phone:string schedule:string sort:integer title:string userId:integer xmlId:string"
        ),
        absent=(201100000000, "Store does not exist"),
        rights={"update": (("read", READ), ("store", WRITE))},
        defaults={"active": "Y", "sort": 100, "issuingCenter": "N", "title": "", "description": "", "code": ""},
        stamps={"dateModify": "now", "modifiedBy": "user"},
        births={"dateCreate": "now", "userId": "user"},
        check=_keep_picture,
        shown=_show_picture,
        before_delete=_without_documents,
        seeds=(
            {
                "id": 1,
                "title": "Основной склад",
                "address": "Москва, Складская ул., 1",
                "userId": 1,
                "modifiedBy": 1,
                "dateCreate": 1693385021,
                "dateModify": 1693385021,
            },
        ),
    )
)

STORE_PRODUCT = serve(
    Table(
        "catalog.storeproduct",
        "storeProduct",
        "storeProducts",
        columns("-amount:double -id:integer -productId:integer -quantityReserved:double -storeId:integer"),
        absent=("", "Store product does not exist"),
    ),
    "list",
    "get",
    "getFields",
)


def move(call: Call, product: int, store: int | None, amount: float) -> None:
    """Puts an amount of a product into a store, or takes it out (below zero)."""
    if store is None:
        return
    rows = STORE_PRODUCT.where(call.portal, productId=product, storeId=store)
    if rows:
        STORE_PRODUCT.change(call, rows[0], {"amount": (rows[0]["amount"] or 0) + amount})
    else:
        STORE_PRODUCT.insert(call, {"productId": product, "storeId": store, "amount": amount})
