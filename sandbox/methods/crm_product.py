"""Products by their older names: `crm.product.*`, `crm.product.property.*`, `crm.productrow.*`
(api-reference/crm/outdated/products)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import rows as product_rows
from sandbox.crm.declarations import entity_type_of
from sandbox.crm.schema import schema_of
from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.methods.catalog_prices import PRICE
from sandbox.methods.catalog_property import ENUM, PROPERTY
from sandbox.methods.catalog_structure import PRODUCTS
from sandbox.plain.table import Row
from sandbox.shop.old import Old, described, serve_old
from sandbox.shop.products import FAMILIES, PRODUCT, printed, properties_of, read

_NAMES = {
    "ID": "id",
    "CATALOG_ID": "iblockId",
    "NAME": "name",
    "CODE": "code",
    "DESCRIPTION": "detailText",
    "DESCRIPTION_TYPE": "detailTextType",
    "ACTIVE": "active",
    "SECTION_ID": "iblockSectionId",
    "SORT": "sort",
    "VAT_ID": "vatId",
    "VAT_INCLUDED": "vatIncluded",
    "MEASURE": "measure",
    "XML_ID": "xmlId",
    "PREVIEW_PICTURE": "previewPicture",
    "DETAIL_PICTURE": "detailPicture",
    "DATE_CREATE": "dateCreate",
    "TIMESTAMP_X": "timestampX",
    "MODIFIED_BY": "modifiedBy",
    "CREATED_BY": "createdBy",
}
_OLD = Old("crm.product", PRODUCT, _NAMES, fixed={"iblockId": PRODUCTS})
_FAMILY = FAMILIES[0]
_PRICE = {"PRICE": "double", "CURRENCY_ID": "string"}
serve_old(_OLD, "delete")


def _price_of(call: Call, product: int) -> Row | None:
    found = PRICE.where(call.portal, productId=product, catalogGroupId=1)
    return found[0] if found else None


def _shown(call: Call, row: Row) -> dict[str, Any]:
    """A product with its base price and its properties."""
    price = _price_of(call, row["id"])
    shown = {
        **_OLD.shown(call, row),
        "PRICE": None if price is None else f"{price['price']:.2f}",
        "CURRENCY_ID": None if price is None else price["currency"],
    }
    full = printed(call, _FAMILY, row)
    return shown | {f"PROPERTY_{number}": full[f"property{number}"] for number in properties_of(call, row["iblockId"])}


def _set_price(call: Call, product: int, fields: dict[str, Any]) -> None:
    if "PRICE" not in fields and "CURRENCY_ID" not in fields:
        return
    before = _price_of(call, product)
    currency = fields.get("CURRENCY_ID") or (before or {}).get("currency") or schema_of(call.portal).base_currency
    values: Row = {"currency": str(currency)}
    if not empty(fields.get("PRICE")):
        values["price"] = float(fields["PRICE"])
    if before is not None:
        PRICE.change(call, before, values)
    elif "price" in values:
        PRICE.insert(call, {**values, "productId": product, "catalogGroupId": 1})


def _upper(call: Call) -> dict[str, Any]:
    if not isinstance(call.get("fields"), dict | list):
        raise _OLD.wrong
    return {str(key).upper(): value for key, value in call.mapping("fields").items()}


def _values(call: Call, fields: dict[str, Any], before: Row | None) -> Row:
    """The stored values, `PROPERTY_25` among them."""
    sent = {column: fields[name] for name, column in _NAMES.items() if name in fields and name != "ID"}
    sent |= {f"property{name[9:]}": value for name, value in fields.items() if name.startswith("PROPERTY_")}
    if before is None:
        sent.setdefault("iblockId", PRODUCTS)
    return read(call, _FAMILY, sent, before)


@method("crm.product.add", "crm", write=True, cost=0.05)
def add(call: Call) -> int:
    """Adds a product with its price; returns its id."""
    _OLD.require_admin(call)
    fields = _upper(call)
    if empty(fields.get("NAME")):
        raise RestError("", "The field 'NAME' is required.")
    row = PRODUCT.insert(call, {**_values(call, fields, None), "type": 1})
    _set_price(call, row["id"], fields)
    return int(row["id"])


@method("crm.product.update", "crm", write=True, cost=0.05)
def update(call: Call) -> bool:
    """Changes a product and its price."""
    _OLD.require_admin(call)
    before, fields = _OLD.found(call), _upper(call)
    PRODUCT.change(call, before, _values(call, fields, before))
    _set_price(call, before["id"], fields)
    return True


@method("crm.product.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One product."""
    return _shown(call, _OLD.found(call))


@method("crm.product.list", "crm")
def listing(call: Call) -> Page:
    """A page of products; prices and properties can be filtered too."""
    PRODUCT.fill(call.portal)
    wanted = {key.upper(): value for key, value in call.mapping("filter").items()}
    shown = [_shown(call, row) for row in PRODUCT.where(call.portal)]
    kept = [row for row in shown if matches(row, wanted)]
    for name, direction in reversed(list(call.mapping("order").items())):
        kept = ordered(kept, name, str(direction))
    chosen = [str(name).upper() for name in call.listing("select")]
    own = [name for name in shown[0] if not name.startswith("PROPERTY_")] if shown else []
    if not chosen or "*" in chosen:
        properties = "PROPERTY_*" in chosen
        kept = [{name: value for name, value in row.items() if name in own or properties} for row in kept]
    else:
        kept = [{name: value for name, value in row.items() if name in chosen} for row in kept]
    return paged(call, kept)


@method("crm.product.fields", "crm")
def fields_of(call: Call) -> dict[str, Any]:
    """The fields of a product, its properties among them."""
    flags = {"isRequired": False, "isReadOnly": False, "isImmutable": False, "isMultiple": False, "isDynamic": False}
    own: dict[str, Any] = described(_OLD)
    own |= {name: {"type": kind, **flags, "title": name} for name, kind in _PRICE.items()}
    for number, row in properties_of(call, PRODUCTS).items():
        several = {"isMultiple": row["multiple"] == "Y", "isDynamic": True, "isRequired": row["isRequired"] == "Y"}
        kind = {"type": "product_property", "propertyType": row["propertyType"], "userType": row["userType"] or ""}
        own[f"PROPERTY_{number}"] = {**flags, **several, **kind, "title": row["name"]}
    return own


# --- properties ---------------------------------------------------------------------------------

_PROPERTY = serve_old(
    Old(
        "crm.product.property",
        PROPERTY,
        {
            "ID": "id",
            "IBLOCK_ID": "iblockId",
            "NAME": "name",
            "ACTIVE": "active",
            "SORT": "sort",
            "CODE": "code",
            "DEFAULT_VALUE": "defaultValue",
            "PROPERTY_TYPE": "propertyType",
            "ROW_COUNT": "rowCount",
            "COL_COUNT": "colCount",
            "MULTIPLE": "multiple",
            "XML_ID": "xmlId",
            "FILE_TYPE": "fileType",
            "LINK_IBLOCK_ID": "linkIblockId",
            "IS_REQUIRED": "isRequired",
            "USER_TYPE": "userType",
            "USER_TYPE_SETTINGS": "userTypeSettings",
        },
        fixed={"iblockId": PRODUCTS},
    ),
    "list",
    "add",
    "update",
    "delete",
    "fields",
)
_KINDS = (
    ("S", "", "Строка"),
    ("N", "", "Число"),
    ("L", "", "Список"),
    ("F", "", "Файл"),
    ("S", "HTML", "HTML/текст"),
    ("S", "Date", "Дата"),
    ("S", "DateTime", "Дата/Время"),
    ("S", "Money", "Деньги"),
    ("E", "", "Привязка к элементам"),
)


@method("crm.product.property.get", "crm")
def property_get(call: Call) -> dict[str, Any]:
    """One property with the values of a list."""
    row = _PROPERTY.found(call)
    values = {
        str(entry["id"]): {
            "ID": str(entry["id"]),
            "VALUE": entry["value"],
            "XML_ID": entry["xmlId"],
            "SORT": str(entry["sort"]),
            "DEF": entry["def"],
        }
        for entry in ENUM.where(call.portal, propertyId=row["id"])
    }
    return {**_PROPERTY.shown(call, row), "VALUES": values or None}


@method("crm.product.property.types", "crm")
def property_types(call: Call) -> list[dict[str, str]]:
    """The types that a property may have."""
    return [{"PROPERTY_TYPE": kind, "USER_TYPE": user, "DESCRIPTION": name} for kind, user, name in _KINDS]


def _flat(names: dict[str, tuple[str, bool]]) -> dict[str, Any]:
    flags = {"isReadOnly": False, "isImmutable": False, "isMultiple": False, "isDynamic": False}
    return {n: {"type": kind, "isRequired": needed, **flags, "title": n} for n, (kind, needed) in names.items()}


@method("crm.product.property.settings.fields", "crm")
def property_settings(call: Call) -> dict[str, Any]:
    """The settings of a property of a user type."""
    user = str(call.get("userType") or "")
    if (str(call.get("propertyType") or ""), user) not in {(kind, own) for kind, own, _ in _KINDS}:
        raise RestError("", "Property type is not found.")
    return _flat({"height": ("integer", False)} if user == "HTML" else {})


@method("crm.product.property.enumeration.fields", "crm")
def property_enumeration(call: Call) -> dict[str, Any]:
    """The fields of a value of a list property."""
    return _flat(
        {
            "ID": ("integer", False),
            "VALUE": ("string", True),
            "XML_ID": ("string", True),
            "SORT": ("integer", False),
            "DEF": ("char", False),
        }
    )


# --- rows ---------------------------------------------------------------------------------------


def _snake(name: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name)


@method("crm.productrow.list", "crm")
def row_list(call: Call) -> Page:
    """The product rows of one card: the filter must hold OWNER_TYPE and OWNER_ID."""
    wanted = {key.lstrip("=").upper(): value for key, value in call.mapping("filter").items()}
    kind, number = entity_type_of(str(wanted.get("OWNER_TYPE") or "")), wanted.get("OWNER_ID")
    if kind is None or not str(number or "").isdigit():
        raise RestError("", "The filter must contain OWNER_TYPE and OWNER_ID.")
    letter = schema_of(call.portal).entity(kind).declaration.letter
    found = [product_rows.printed(row, letter) for row in product_rows.of(call.portal.store, kind, int(number or 0))]
    rows = [{_snake(name): None if value is None else str(value) for name, value in row.items()} for row in found]
    return paged(call, rows)


@method("crm.productrow.fields", "crm")
def row_fields(call: Call) -> dict[str, Any]:
    """The fields of a product row."""
    whole = ("ID", "OWNER_ID", "PRODUCT_ID", "DISCOUNT_TYPE_ID", "MEASURE_CODE", "SORT")
    doubles = ("PRICE", "PRICE_EXCLUSIVE", "PRICE_NETTO", "PRICE_BRUTTO", "QUANTITY", "DISCOUNT_RATE", "DISCOUNT_SUM")
    texts = ("OWNER_TYPE", "PRODUCT_NAME", "MEASURE_NAME")
    kinds = {
        **dict.fromkeys(whole, "integer"),
        **dict.fromkeys(texts, "string"),
        **dict.fromkeys((*doubles, "TAX_RATE"), "double"),
        **dict.fromkeys(("TAX_INCLUDED", "CUSTOMIZED"), "char"),
    }
    return _flat({name: (kind, name in ("OWNER_ID", "OWNER_TYPE")) for name, kind in kinds.items()})
