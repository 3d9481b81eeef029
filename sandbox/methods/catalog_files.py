"""Files of products: `catalog.productImage.*`, `catalog.product.download` and its three twins."""

from __future__ import annotations

import json
import mimetypes
import re
from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel import downloads
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import Function, method
from sandbox.methods.catalog_property import PROPERTY
from sandbox.plain import files
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, fields_of, serve
from sandbox.shop.products import FAMILIES, PRODUCT, Family, find

TYPES = ("DETAIL_PICTURE", "PREVIEW_PICTURE", "MORE_PHOTO")
_LONGEST_NAME = 255


def _show(call: Call, row: Row, printed: Row) -> None:
    entry = {"id": row["fileId"], "name": row["name"]}
    printed["productId"] = int(row["productId"])
    printed["detailUrl"] = files.address(entry)
    token = f"catalog%7C{row['fileId']}"
    printed["downloadUrl"] = f"http://{call.portal.domain}/rest/download.json?sessid=&token={token}"


IMAGE = serve(
    Table(
        "catalog.productImage",
        "productImage",
        "productImages",
        columns(
            "-createTime:datetime -detailUrl:string -downloadUrl:string -id:integer -name:string *productId:string"
            " type:string"
        ),
        absent=(0, "Image does not exist"),
        births={"createTime": "now"},
        defaults={"type": "MORE_PHOTO"},
        shown=_show,
        hidden=columns("fileId:integer"),
    ),
    "getFields",
)


def _product(call: Call, number: Any) -> Row:
    row = PRODUCT.get(call.portal, number)
    if row is None:
        raise RestError(0, "Product was not found")
    return row


def _image(call: Call) -> Row:
    product = _product(call, call.integer("productId"))
    rows = IMAGE.where(call.portal, id=call.integer("id"), productId=str(product["id"]))
    if not rows:
        raise IMAGE.refuse()
    return rows[0]


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_NAME:
        raise RestError(0, "File name is too long")
    if re.search(r'[\\/:*?"<>|]', name):
        raise RestError(0, "File name contains invalid characters")
    if not (mimetypes.guess_type(name)[0] or "").startswith("image/"):
        raise RestError(0, "Invalid file type")


@method("catalog.productImage.list", "catalog")
def image_list(call: Call) -> Page:
    """The images of one product."""
    allow(call, IMAGE, "list")
    product = _product(call, call.integer("productId"))
    rows = [IMAGE.printed(call, row) for row in IMAGE.where(call.portal, productId=str(product["id"]))]
    chosen = [str(name) for name in call.listing("select")]
    if chosen and "*" not in chosen:
        rows = [{name: row[name] for name in chosen if name in row} for row in rows]
    return Page(rows, len(rows), 0, IMAGE.many)


@method("catalog.productImage.get", "catalog")
def image_get(call: Call) -> dict[str, Any]:
    """One image."""
    allow(call, IMAGE, "get")
    return {IMAGE.one: IMAGE.printed(call, _image(call))}


@method("catalog.productImage.add", "catalog", write=True, cost=0.05)
def image_add(call: Call) -> dict[str, Any]:
    """Adds an image: `fileContent` is its name and its base64."""
    allow(call, IMAGE, "add")
    fields = fields_of(call)
    if empty(fields.get("productId")):
        raise RestError(0, "Required fields: productId")
    product = _product(call, fields["productId"])
    sent = call.listing("fileContent")
    if not sent:
        raise missing("fileContent")
    if len(sent) < 2 or not sent[0]:
        raise RestError(0, "File name is not specified")
    _check_name(str(sent[0]))
    kind = str(fields.get("type") or "MORE_PHOTO")
    if kind == "MORE_PHOTO" and not PROPERTY.where(call.portal, code=kind, iblockId=product["iblockId"]):
        raise RestError(0, "Image product property does not exist. Create MORE_PHOTO property")
    entry = files.keep(call.portal.store, str(sent[0]), files.decoded(str(sent[1])))
    values = {"productId": str(product["id"]), "type": kind, "name": entry["name"], "fileId": entry["id"]}
    return {IMAGE.one: IMAGE.printed(call, IMAGE.insert(call, values))}


@method("catalog.productImage.delete", "catalog", write=True, cost=0.05)
def image_delete(call: Call) -> bool:
    """Deletes an image."""
    allow(call, IMAGE, "delete")
    IMAGE.remove(call, _image(call))
    return True


def _download(family: Family) -> Function:
    def downloaded(call: Call) -> Attachment:
        """The content of a product's file."""
        allow(call, PRODUCT, "get")
        fields = call.mapping("fields")
        lacking = [name for name in ("fileId", "productId", "fieldName") if empty(fields.get(name))]
        if lacking:
            raise RestError(0, f"Required fields: {', '.join(lacking)}")
        row, name = find(call, family, fields["productId"]), str(fields["fieldName"])
        if name not in ("detailPicture", "previewPicture"):
            raise RestError(0, "Property does not exist or is not a file")
        entry = json.loads(row[name] or "{}")
        found = files.content(call.portal.store, fields["fileId"])
        if found is None or str(entry.get("id")) != str(fields["fileId"]):
            raise RestError(0, "File does not exist")
        return Attachment(found[0], found[1], mimetypes.guess_type(found[0])[0] or "application/octet-stream")

    return downloaded


for _family in FAMILIES:
    method(f"{_family.stem}.download", "catalog", batch=False)(_download(_family))


@downloads.served("catalog")
def served(call: Call, token: str) -> Attachment:
    """The content of an image by the token of its `downloadUrl`."""
    number = token.rpartition("|")[2]
    row = IMAGE.where(call.portal, fileId=int(number)) if number.isdigit() else []
    found = files.content(call.portal.store, number) if row else None
    if found is None:
        raise downloads.not_found()
    return Attachment(found[0], found[1], mimetypes.guess_type(found[0])[0] or "application/octet-stream")
