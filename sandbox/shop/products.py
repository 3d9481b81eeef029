"""Products, parents of variations, variations and services: their rows, properties and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.methods.catalog_prices import PRICE
from sandbox.methods.catalog_property import PROPERTY
from sandbox.methods.catalog_store import STORE_PRODUCT
from sandbox.methods.catalog_structure import CATALOG, NO_BLOCK, OFFERS, RATIO, SECTION, SKU_PROPERTY, VAT
from sandbox.plain import files
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table

SIMPLE, SKU, OFFER, EMPTY_SKU, SERVICE = 1, 3, 4, 6, 7
_PICTURES = ("detailPicture", "previewPicture")


def _rules(call: Call, values: Row, before: Row | None) -> None:
    """What the links of a product point to must exist."""
    portal = call.portal
    block = values.get("iblockId") or (before or {}).get("iblockId")
    if CATALOG.get(portal, block) is None:
        raise RestError(NO_BLOCK, "Information block does not exist")
    for table, name, text in ((SECTION, "iblockSectionId", "Section"), (VAT, "vatId", "VAT rate")):
        if values.get(name) and table.get(portal, values[name]) is None:
            raise RestError(0, f"{text} does not exist")
    currency = values.get("purchasingCurrency")
    if currency and not portal.store.value("SELECT 1 FROM crm_currencies WHERE currency = ?", (currency,)):
        raise RestError(0, "Currency of the purchasing price does not exist")
    for name in ("createdBy", "modifiedBy"):
        if values.get(name) and not portal.store.value("SELECT 1 FROM users WHERE id = ?", (values[name],)):
            raise RestError(0, f"User of {name} does not exist")
    own = (before or {}).get("id")
    if not empty(values.get("code")) and any(
        row["id"] != own for row in PRODUCT.where(portal, code=values["code"], iblockId=block)
    ):
        raise RestError(0, "Product with this code already exists")
    _keep_pictures(call, values)
    _derive(values, before)


def _keep_pictures(call: Call, values: Row) -> None:
    for name in _PICTURES:
        if isinstance(values.get(name), str):
            entry = files.upload(call.portal.store, json.loads(values[name]))
            values[name] = json.dumps(entry) if entry else None


def _derive(values: Row, before: Row | None) -> None:
    """A product can be bought when there is some of it, or when its amount does not matter."""
    row = {**(before or {}), **values}
    enough = (row.get("quantity") or 0) > 0 or row.get("canBuyZero") == "Y" or row.get("quantityTrace") == "N"
    values["available"] = "Y" if enough and row.get("type") != SERVICE else "N"
    for name in ("detailText", "previewText"):
        if values.get(name) == "":
            values[name] = None


def _complete(call: Call, row: Row, what: str) -> None:
    """A new product gets its external code and its ratio."""
    if what == "ADD":
        RATIO.insert(call, {"productId": row["id"]})
    if not row["xmlId"]:
        sql = f'UPDATE "{PRODUCT.sql}" SET xmlId = ? WHERE id = ?'
        call.portal.store.execute(sql, (str(row["id"]), row["id"]))


def _forget(call: Call, row: Row) -> None:
    for table in (PRICE, RATIO, STORE_PRODUCT):
        call.portal.store.execute(f'DELETE FROM "{table.sql}" WHERE productId = ?', (row["id"],))


PRODUCT = Table(
    "catalog.product",
    "product",
    "products",
    columns(
        "active:char -available:char -bundle:char canBuyZero:char code:string createdBy:integer"
        " dateActiveFrom:datetime dateActiveTo:datetime dateCreate:datetime detailPicture:file detailText:string"
        " detailTextType:string height:double *=iblockId:integer iblockSectionId:integer -id:integer length:double"
        " measure:integer modifiedBy:integer *name:string previewPicture:file previewText:string"
        " previewTextType:string purchasingCurrency:string purchasingPrice:double quantity:double"
        " quantityReserved:double quantityTrace:char sort:integer subscribe:char timestampX:datetime -type:integer"
        " vatId:integer vatIncluded:char weight:double width:double xmlId:string barcodeMulti:char"
        " recurSchemeLength:integer recurSchemeType:char trialPriceId:integer withoutOrder:char"
    ),
    absent=(0, "Product does not exist"),
    defaults={
        "active": "Y",
        "bundle": "N",
        "canBuyZero": "N",
        "quantityTrace": "N",
        "subscribe": "Y",
        "vatIncluded": "N",
        "detailTextType": "text",
        "previewTextType": "text",
        "sort": 500,
        "measure": 5,
        "barcodeMulti": "N",
        "withoutOrder": "N",
        "properties": "{}",
    },
    stamps={"timestampX": "now"},
    births={"dateCreate": "now", "createdBy": "user", "modifiedBy": "user"},
    check=_rules,
    saved=_complete,
    before_delete=_forget,
    event="CATALOG.PRODUCT.ON.",
    also=("ONCRMPRODUCT",),
    told=lambda row: {"TYPE": row["type"]},
    hidden=columns("properties:map parentId:integer"),
)

# Columns that are printed only when `select` names them.
_ASKED = ("barcodeMulti", "recurSchemeLength", "recurSchemeType", "trialPriceId", "withoutOrder")
# What a service has nothing of.
_GOODS = (
    *("canBuyZero", "height", "length", "measure", "purchasingCurrency", "purchasingPrice", "quantity"),
    *("quantityReserved", "quantityTrace", "subscribe", "weight", "width"),
)
NAMES = {
    "active": "Активность",
    "available": "Доступность к покупке",
    "bundle": "Наличие набора",
    "canBuyZero": "Разрешить покупку при отсутствии",
    "code": "Символьный код",
    "createdBy": "Кем создан",
    "dateActiveFrom": "Начало активности",
    "dateActiveTo": "Окончание активности",
    "dateCreate": "Дата создания",
    "detailPicture": "Детальная картинка",
    "detailText": "Детальное описание",
    "detailTextType": "Тип детального описания",
    "height": "Высота",
    "iblockId": "Инфоблок",
    "iblockSectionId": "Основной раздел",
    "id": "ID",
    "length": "Длина",
    "measure": "Единица измерения",
    "modifiedBy": "Кем изменён",
    "name": "Название",
    "previewPicture": "Картинка для анонса",
    "previewText": "Описание для анонса",
    "previewTextType": "Тип описания для анонса",
    "purchasingCurrency": "Валюта закупочной цены",
    "purchasingPrice": "Закупочная цена",
    "quantity": "Доступное количество",
    "quantityReserved": "Зарезервированное количество",
    "quantityTrace": "Количественный учёт",
    "sort": "Сортировка",
    "subscribe": "Подписка на товар",
    "timestampX": "Дата изменения",
    "type": "Тип товара",
    "vatId": "Ставка НДС",
    "vatIncluded": "НДС включён в цену",
    "weight": "Вес",
    "width": "Ширина",
    "xmlId": "Внешний код",
}


@dataclass(frozen=True)
class Family:
    """One of the four faces of a product.

    `changed` is the container of the answers of `add` and `update`, which differs for products.
    `types` are the types its methods find; a new row gets the first.
    """

    stem: str
    one: str
    many: str
    changed: str
    types: tuple[int, ...]
    without: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The fields that `get` prints."""
        return [c.name for c in PRODUCT.columns if c.name not in (*self.without, *_ASKED)]


FAMILIES = (
    Family("catalog.product", "product", "products", "element", (SIMPLE, SKU, OFFER, EMPTY_SKU, SERVICE)),
    Family("catalog.product.sku", "sku", "units", "sku", (SKU, EMPTY_SKU), ("quantityReserved", "quantityTrace")),
    Family("catalog.product.offer", "offer", "offers", "offer", (OFFER,)),
    Family("catalog.product.service", "service", "services", "service", (SERVICE,), _GOODS),
)


def find(call: Call, family: Family, number: int) -> Row:
    """A row that the family's methods know."""
    row = PRODUCT.need(call, number)
    if row["type"] not in family.types:
        raise PRODUCT.refuse()
    return row


def properties_of(call: Call, block: int) -> dict[str, Row]:
    """The properties of an information block by their ids as texts; the link to the parent is none of them."""
    rows = PROPERTY.where(call.portal, iblockId=block)
    return {str(row["id"]): row for row in rows if row["id"] != SKU_PROPERTY}


def read(call: Call, family: Family, fields: Mapping[str, Any], before: Row | None) -> Row:
    """The stored values of what a client sent, its properties and the link to the parent among them."""
    allowed = {name: value for name, value in fields.items() if name not in family.without}
    if before is not None and fields.get("iblockId") and CATALOG.get(call.portal, fields["iblockId"]) is None:
        raise RestError(NO_BLOCK, "Information block does not exist")
    values = PRODUCT.read(call, allowed, before)
    block = values.get("iblockId") or (before or {}).get("iblockId")
    stored = json.loads((before or {}).get("properties") or "{}")
    known = properties_of(call, block) if block else {}
    for name, value in fields.items():
        number = name.removeprefix("property")
        if name.startswith("property") and number in known:
            stored[number] = _property_values(call, known[number], value)
    values["properties"] = json.dumps(stored, ensure_ascii=False)
    if "parentId" in fields and block == OFFERS:
        parent = fields["parentId"]
        values["parentId"] = int(parent["value"] if isinstance(parent, Mapping) else parent or 0) or None
    return values


def _property_values(call: Call, declared: Row, value: Any) -> Any:
    """A value with the id that it keeps, or the list of them for a multiple property."""
    if declared["multiple"] != "Y":
        return _property_value(call, value)
    several = value.values() if isinstance(value, Mapping) and "value" not in value else value
    elements = several if isinstance(several, list) else list(several) if not isinstance(several, str) else [several]
    return [_property_value(call, element) for element in elements if not empty(element)]


def _property_value(call: Call, value: Any) -> dict[str, Any] | None:
    given = value if isinstance(value, Mapping) and "value" in value else {"value": value}
    if empty(given["value"]):
        return None
    number = given.get("valueId")
    if not number:
        number = int(call.portal.store.setting("catalog.value_id", 9700)) + 1
        call.portal.store.set_setting("catalog.value_id", number)
    return {"value": given["value"], "valueId": str(number)}


def printed(call: Call, family: Family, row: Row) -> dict[str, Any]:
    """A row with everything that can be asked of it."""
    shown = PRODUCT.printed(call, row)
    for name in _PICTURES:
        if shown[name]:
            shown[name] = picture(row["id"], name, shown[name])
    values = json.loads(row["properties"] or "{}")
    for number, declared in properties_of(call, row["iblockId"]).items():
        shown[f"property{number}"] = values.get(number, [] if declared["multiple"] == "Y" else None)
    if row["iblockId"] == OFFERS:
        parent = row["parentId"]
        shown["parentId"] = {"value": str(parent), "valueId": str(row["id"] + 8000)} if parent else None
    return shown


def picture(product: int, name: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """A file of a product with the address of `catalog.product.download`."""
    asked = {"fields[fieldName]": name, "fields[fileId]": entry["id"], "fields[productId]": product}
    url = f"/rest/catalog.product.download?{urlencode(asked)}"
    return {"id": str(entry["id"]), "url": url, "urlMachine": url}


def whole(call: Call, family: Family, row: Row) -> dict[str, Any]:
    """A row as `get`, `add` and `update` print it: purchasing prices are texts there."""
    shown = printed(call, family, row)
    hidden = {*family.without, *_ASKED}
    whole = {name: value for name, value in shown.items() if name not in hidden}
    if whole.get("purchasingPrice") is not None:
        whole["purchasingPrice"] = f"{whole['purchasingPrice']:.6f}"
    return whole
