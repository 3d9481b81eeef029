"""Properties of orders and of shipments: the same rules under two names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.shop.registers import PERSON_TYPE

_COMMON = (
    "active:char code:string defaultValue:any description:string -id:integer isFiltered:char multiple:char"
    " *name:string *=personTypeId:integer *=propsGroupId:integer required:char settings:datatype sort:integer"
    " *=type:string userProps:char util:char xmlId:string"
)
# What a property of a type has beyond the common fields, and what its settings may hold.
SPECIFIC = {
    "STRING": columns(
        "isProfileName:char isPayer:char isEmail:char isPhone:char isZip:char isAddress:char",
    ),
    "LOCATION": columns("isLocation:char isLocation4tax:char inputFieldLocation:string"),
    "ADDRESS": columns("isAddressFrom:char isAddressTo:char"),
    **dict.fromkeys(("NUMBER", "Y/N", "ENUM", "FILE", "DATE"), ()),
}
SETTINGS = {
    "STRING": "minlength:integer maxlength:integer pattern:string multiline:string cols:integer rows:integer"
    " size:integer",
    "NUMBER": "min:integer max:integer step:integer",
    "ENUM": "multielement:string size:integer",
    "FILE": "maxsize:integer accept:string",
    "DATE": "time:string",
    "LOCATION": "size:integer",
}
_FLAGS = tuple(column for group in SPECIFIC.values() for column in group)

GROUP = Table(
    "sale.propertygroup",
    "propertyGroup",
    "propertyGroups",
    columns("-id:integer *name:string *personTypeId:integer sort:integer"),
    required_on_update=("name",),
    absent=(200940400001, "property group is not exists"),
    empties=dict.fromkeys(("name", "personTypeId"), (200950000006, "Required field is empty")),
    empties_on_update=dict.fromkeys(("name", "personTypeId"), (200950000008, "Required field is empty")),
    defaults={"sort": 100},
    seeds=(
        {"id": 5, "name": "Личные данные", "personTypeId": 3},
        {"id": 6, "name": "Данные для доставки", "personTypeId": 3},
        {"id": 7, "name": "Данные компании", "personTypeId": 4},
    ),
)


def _check_flags(row: Row) -> None:
    """Multiple properties are no filters, locations are single, a profile's name is required."""
    if row.get("multiple") == "Y" and row.get("isFiltered") != "N":
        raise RestError(200850000009 if empty(row.get("isFiltered")) else 200850000010, "Wrong isFiltered")
    if row["type"] == "LOCATION":
        for name, code in (("isLocation", 200850000011), ("isLocation4tax", 200850000013)):
            if row.get(name) == "Y" and row.get("multiple") != "N":
                raise RestError(code + (not empty(row.get("multiple"))), "Location must not be multiple")
    if row["type"] == "STRING" and row.get("isProfileName") == "Y" and row.get("required") != "Y":
        raise RestError(200850000015 + (not empty(row.get("required"))), "Profile name must be required")


def check_sent(fields: Row) -> None:
    """The rules that look at what was sent, before any default is filled in."""
    if "personTypeId" in fields and empty(fields["personTypeId"]):
        raise RestError(200850000005, "Person type is empty")
    if fields.get("type") not in (None, *SPECIFIC):
        raise RestError(0, "Property type is wrong")
    if fields.get("type"):
        _check_flags(fields)


def _rules(call: Call, values: Row, before: Row | None) -> None:
    row = {**(before or {}), **values}
    if PERSON_TYPE.get(call.portal, row["personTypeId"]) is None:
        raise RestError(200850000005, "person type does not exist")
    if GROUP.get(call.portal, row["propsGroupId"]) is None:
        raise RestError(200850000006 if before is None else 200850000003, "property group does not exist")


def _shown(call: Call, row: Row, printed: Row) -> None:
    settings = printed["settings"] or {}
    printed["settings"] = {name: str(value) for name, value in settings.items()} if isinstance(settings, dict) else []
    if printed["defaultValue"] is None:
        printed["defaultValue"] = ""


def _property_table(name: str, seeds: tuple[Row, ...]) -> Table:
    return Table(
        name,
        "property",
        "properties",
        (*columns(_COMMON), *_FLAGS),
        absent=(200840400001, "property is not exists"),
        defaults={
            **dict.fromkeys((column.name for column in _FLAGS), "N"),
            **dict.fromkeys(("isFiltered", "multiple", "required", "util"), "N"),
            **{"active": "Y", "userProps": "Y", "sort": 100, "description": "", "inputFieldLocation": "0"},
            "xmlId": "",
        },
        check=_rules,
        shown=_shown,
        seeds=seeds,
    )


def _seed(number: int, name: str, code: str, **more: Any) -> Row:
    return {"id": number, "name": name, "code": code, "type": "STRING", "personTypeId": 3, "propsGroupId": 5, **more}


PROPERTY = _property_table(
    "sale.property",
    (
        _seed(20, "Имя Фамилия", "FIO", isProfileName="Y", isPayer="Y", required="Y"),
        _seed(21, "E-mail", "EMAIL", isEmail="Y", required="Y"),
        _seed(22, "Телефон", "PHONE", isPhone="Y"),
        _seed(26, "Адрес доставки", "ADDRESS", isAddress="Y", propsGroupId=6),
        _seed(49, "Цвет", "COLOR", type="ENUM", propsGroupId=6),
    ),
)
SHIPMENT_PROPERTY = _property_table(
    "sale.shipmentproperty", (_seed(105, "Комментарий курьеру", "COURIER", propsGroupId=6),)
)


def fields_by_type(table: Table, kind: str) -> dict[str, Any]:
    """The fields of a property of a type, its settings among them."""
    fields = {column.name: column.described() for column in (*columns(_COMMON), *SPECIFIC[kind])}
    inner: dict[str, Any] = {column.name: column.described() for column in columns(SETTINGS.get(kind, ""))}
    fields["settings"]["fields"] = inner
    if table is SHIPMENT_PROPERTY:
        # sale-shipment-property-get-fields-by-type.md; the page of orders' properties says any.
        fields["defaultValue"]["type"] = "string"
    return fields


def values_table(name: str, owner: str, prop: str, event: Callable[[Call, Row, str], None] | None = None) -> Table:
    """The values of properties: `owner` is the column of the order or shipment, `prop` of the property."""
    return Table(
        name,
        "propertyValue",
        "propertyValues",
        columns(
            f"code:string -=id:integer name:string *={owner}:integer *{prop}:integer"
            f" -{prop[:-2]}XmlId:string *value:any"
        ),
        absent=(201040400001, "property value is not exists"),
        denied={"getFields": 200040300020},
        saved=event,
    )


def set_values(call: Call, table: Table, source: Table, owner: str, number: int, entries: list[Row]) -> list[Row]:
    """Sets values of an order's or a shipment's properties; returns all its values."""
    prop = next(c.name for c in table.columns if c.name.endswith("PropsId"))
    for entry in entries:
        declared = source.get(call.portal, entry.get(prop))
        if declared is None:
            continue
        found = table.where(call.portal, **{owner: number, prop: declared["id"]})
        value = json.dumps(entry.get("value"), ensure_ascii=False)
        named = {"name": declared["name"], "code": declared["code"], f"{prop[:-2]}XmlId": declared["xmlId"] or None}
        if found:
            table.change(call, found[0], {"value": value, **named})
        else:
            table.insert(call, {owner: number, prop: declared["id"], "value": value, **named})
    return table.where(call.portal, **{owner: number})
