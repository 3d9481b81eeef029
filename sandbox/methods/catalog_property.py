"""Properties of products: `catalog.productProperty*` (api-reference/catalog/product-property and its kin)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.catalog_structure import CATALOG, OFFERS, PRODUCTS, SKU_PROPERTY
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, fields_of, serve

# Which user types a type of property may have.
_USER_TYPES = {
    "S": ("", "directory", "HTML", "Date", "DateTime", "Money", "employee", "video", "map_yandex", "map_google"),
    "N": ("", "Sequence", "SASDCheckbox"),
    "L": ("",),
    "F": ("",),
    "G": ("", "SectionAuto"),
    "E": ("", "EList", "SKU", "EAutocomplete"),
}
_DIRECTORY = {"size": 1, "width": 0, "group": "N", "multiple": "N", "tableName": ""}
_DENIED = dict.fromkeys(("list", "get", "getFields", "add", "update", "delete"), "0")


def _refused(text: str) -> RestError:
    return RestError("0", text)


def _settle_type(values: Row, before: Row | None) -> None:
    """A new type of property drops the old user type; a directory's settings are complete."""
    if before is not None and values.get("propertyType") not in (None, before["propertyType"]):
        values.setdefault("userType", None)
        values.setdefault("userTypeSettings", None)
    given = values.get("userTypeSettings")
    if values.get("userType") == "directory" and str(given or "{").startswith("{"):
        values["userTypeSettings"] = json.dumps({**_DIRECTORY, **json.loads(given or "{}")}, ensure_ascii=False)


def _property_rules(call: Call, values: Row, before: Row | None) -> None:
    _settle_type(values, before)
    row = {**(before or {}), **values}
    if before is not None and CATALOG.get(call.portal, before["iblockId"]) is None:
        raise _refused("The specified property does not belong to a product catalog")
    if CATALOG.get(call.portal, row["iblockId"]) is None:
        raise _refused("The specified iblock is not a product catalog")
    if (row.get("userType") or "") not in _USER_TYPES.get(row["propertyType"], ()):
        raise _refused("Invalid property type specified")
    if not empty(row.get("code")) and str(row["code"])[0].isdigit():
        raise _refused("Property code cannot start with a digit")
    if isinstance(values.get("userTypeSettings"), str) and not values["userTypeSettings"].startswith(
        ("{", "[", "null")
    ):
        raise _refused("Invalid custom property type settings specified")


PROPERTY = serve(
    Table(
        "catalog.productProperty",
        "productProperty",
        "productProperties",
        columns(
            "active:char code:string colCount:integer defaultValue:string fileType:string filtrable:char hint:string"
            " *iblockId:integer -id:integer isRequired:char linkIblockId:integer listType:char multiple:char"
            " multipleCnt:integer *name:string *propertyType:char rowCount:integer searchable:char sort:integer"
            " -timestampX:datetime userType:string userTypeSettings:map withDescription:char xmlId:string"
        ),
        error="0",
        absent=("", "productProperty does not exist."),
        denied=_DENIED,
        defaults={
            "active": "Y",
            "colCount": 30,
            "filtrable": "N",
            "isRequired": "N",
            "listType": "L",
            "multiple": "N",
            "rowCount": 1,
            "searchable": "N",
            "sort": 500,
        },
        stamps={"timestampX": "now"},
        required_on_update=("iblockId",),
        check=_property_rules,
        also=("ONCRMPRODUCTPROPERTY",),
        seeds=(
            {
                "id": SKU_PROPERTY,
                "iblockId": OFFERS,
                "name": "Элемент каталога",
                "code": "CML2_LINK",
                "propertyType": "E",
                "userType": "SKU",
                "linkIblockId": PRODUCTS,
            },
            {"id": 98, "iblockId": PRODUCTS, "name": "Картинки", "code": "MORE_PHOTO", "propertyType": "F"}
            | {"multiple": "Y"},
            {"id": 258, "iblockId": PRODUCTS, "name": "Артикул", "code": "ARTICLE", "propertyType": "S"},
            {"id": 259, "iblockId": PRODUCTS, "name": "Метки", "code": "LABELS", "propertyType": "S", "multiple": "Y"},
            {"id": 261, "iblockId": OFFERS, "name": "Артикул", "code": "ARTICLE", "propertyType": "S"},
            {"id": 262, "iblockId": OFFERS, "name": "Метки", "code": "LABELS", "propertyType": "S", "multiple": "Y"},
            {"id": 263, "iblockId": PRODUCTS, "name": "Размер", "code": "SIZE", "propertyType": "L"},
        ),
    )
)


def _enum_rules(call: Call, values: Row, before: Row | None) -> None:
    row = {**(before or {}), **values}
    owner = PROPERTY.get(call.portal, row["propertyId"])
    if owner is None:
        raise _refused("productPropertyEnum does not exist.")
    if owner["propertyType"] != "L":
        raise _refused("Only list properties are supported")
    for twin in ENUM.where(call.portal, propertyId=row["propertyId"]):
        if twin["id"] == row.get("id") or twin["xmlId"].lower() != str(row["xmlId"]).lower():
            continue
        if twin["xmlId"] == row["xmlId"]:
            raise _refused(f"A value with xmlId '{row['xmlId']}' already exists.")
        # The database compares without regard to case, the check before it does not.
        text = f'A record with the value "External code" equal to "{row["xmlId"]}" already exists in the database'
        raise RestError("BX_INVALID_VALUE", text)


ENUM = serve(
    Table(
        "catalog.productPropertyEnum",
        "productPropertyEnum",
        "productPropertyEnums",
        columns("def:char -id:integer *propertyId:integer sort:integer *value:string *xmlId:string"),
        error="0",
        absent=("0", "productPropertyEnum does not exist."),
        denied=_DENIED,
        defaults={"def": "N", "sort": 500},
        check=_enum_rules,
    )
)
_FEATURES = {
    ("iblock", "LIST_PAGE_SHOW"): "Показывать на странице списка элементов",
    ("iblock", "DETAIL_PAGE_SHOW"): "Показывать на детальной странице элемента",
    ("catalog", "IN_BASKET"): "Добавлять в корзину",
    ("catalog", "OFFER_TREE"): "Использовать для отбора торговых предложений",
}


def _feature_rules(call: Call, values: Row, before: Row | None) -> None:
    row = {**(before or {}), **values}
    if PROPERTY.get(call.portal, row["propertyId"]) is None:
        raise FEATURE.refuse()
    if (row["moduleId"], row["featureId"]) not in _FEATURES or row["isEnabled"] not in ("Y", "N"):
        raise _refused("Invalid property parameter set")
    key = {name: row[name] for name in ("propertyId", "moduleId", "featureId")}
    if any(twin["id"] != row.get("id") for twin in FEATURE.where(call.portal, **key)):
        entry = "-".join(str(value) for value in key.values())
        raise _refused(
            f"Mysql query error: (1062) Duplicate entry '{entry}' for key"
            " 'b_iblock_property_feature.ix_iblock_property_feature'"
        )


FEATURE = serve(
    Table(
        "catalog.productPropertyFeature",
        "productPropertyFeature",
        "productPropertyFeatures",
        columns("*featureId:string -id:integer *isEnabled:char *moduleId:string *propertyId:integer"),
        error="0",
        absent=("0", "productPropertyFeature does not exist."),
        denied=_DENIED,
        required_on_update=("moduleId", "featureId", "isEnabled"),
        check=_feature_rules,
    ),
    "list",
    "get",
    "add",
    "update",
    "getFields",
)


@method("catalog.productPropertyFeature.getAvailableFeaturesByProperty", "catalog")
def available_features(call: Call) -> dict[str, Any]:
    """What may be switched on for a property."""
    allow(call, FEATURE, "list")
    number = call.integer("propertyId")
    if PROPERTY.get(call.portal, number) is None:
        raise FEATURE.refuse()
    rows = [{"featureId": f, "featureName": name, "moduleId": m} for (m, f), name in _FEATURES.items()]
    return {"features": rows}


def _without_id(call: Call, row: Row, printed: Row) -> None:
    del printed["id"]


SECTION = serve(
    Table(
        "catalog.productPropertySection",
        "productPropertySection",
        "productPropertySections",
        columns(
            "-id:integer propertyId:integer smartFilter:char displayType:char displayExpanded:char filterHint:string"
        ),
        error="0",
        absent=("0", "productPropertySection does not exist."),
        denied=_DENIED,
        defaults={"smartFilter": "N", "displayType": "F", "displayExpanded": "N", "filterHint": ""},
        shown=_without_id,
    ),
    "list",
)


def _settings(call: Call) -> Row:
    """The settings of the named property in sections; they are there as soon as the property is."""
    number = call.integer("propertyId")
    if PROPERTY.get(call.portal, number) is None:
        raise SECTION.refuse()
    found = SECTION.where(call.portal, propertyId=number)
    return found[0] if found else SECTION.insert(call, {"propertyId": number})


@method("catalog.productPropertySection.get", "catalog")
def section_get(call: Call) -> dict[str, Any]:
    """How a property behaves in sections."""
    allow(call, SECTION, "get")
    return {SECTION.one: SECTION.printed(call, _settings(call))}


@method("catalog.productPropertySection.set", "catalog", write=True, cost=0.05)
def section_set(call: Call) -> dict[str, Any]:
    """Changes how a property behaves in sections; ids are printed as texts here."""
    allow(call, SECTION, "update")
    row, fields = _settings(call), fields_of(call)
    fields.pop("propertyId", None)
    changed = SECTION.change(call, row, SECTION.read(call, fields, row))
    owner = PROPERTY.need(call, row["propertyId"])
    ids = {"iblockId": str(owner["iblockId"]), "propertyId": str(owner["id"]), "sectionId": "0"}
    return {SECTION.one: {**SECTION.printed(call, changed), **ids}}
