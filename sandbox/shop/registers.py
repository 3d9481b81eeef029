"""The shop's registers: payer types, statuses of orders and shipments, pay systems, delivery services."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table

SYSTEM_STATUSES = ("N", "F", "DN", "DF")
_LONGEST_NAME = 255
_SYSTEM_TYPES = ("CRM_CONTACT", "CRM_COMPANY")


def new_xml_id() -> str:
    """An external code as the shop gives it to what comes without one."""
    return f"bx_{secrets.token_hex(7)[:13]}"


def coded(call: Call, values: Row, before: Row | None) -> None:
    """A new row without an external code gets one."""
    if before is None and not values.get("xmlId"):
        values["xmlId"] = new_xml_id()


def _person_rules(call: Call, values: Row, before: Row | None) -> None:
    own = (before or {}).get("id")
    if len(str(values.get("name") or "")) > _LONGEST_NAME:
        raise RestError(200750000001 if before is None else 200750000002, "person type name is too long")
    code = values.get("code")
    if code and any(row["id"] != own for row in PERSON_TYPE.where(call.portal, code=code)):
        raise RestError(200750000005 if before is None else 200750000007, "person type code exists")


def _free_person(call: Call, row: Row) -> None:
    if row["code"] in _SYSTEM_TYPES:
        raise RestError(200750000003, "person type code is protected")
    if call.portal.store.value("SELECT 1 FROM sale_orders WHERE personTypeId = ?", (row["id"],)):
        raise RestError(200750000008, f"The payer type with ID={row['id']} is used in orders")


PERSON_TYPE = Table(
    "sale.persontype",
    "personType",
    "personTypes",
    columns("active:string code:string -id:integer *name:string sort:string xmlId:string"),
    absent=(200740400001, "person type is not exists"),
    defaults={"active": "Y", "sort": "150"},
    check=_person_rules,
    before_delete=_free_person,
    seeds=(
        {"id": 1, "name": "Посетитель сайта", "sort": "90"},
        {"id": 3, "name": "Физическое лицо", "code": "CRM_CONTACT", "sort": "100"},
        {"id": 4, "name": "Юридическое лицо", "code": "CRM_COMPANY", "sort": "110"},
    ),
)


def _status_rules(call: Call, values: Row, before: Row | None) -> None:
    kind = values.get("type")
    if kind is not None and kind not in ("O", "D"):
        raise RestError(201350000003, "Status type is wrong")
    if before is None:
        if len(values["id"]) > 2:
            raise RestError(201350000005, "Status id is too long")
        if STATUS.get(call.portal, values["id"]):
            raise RestError(201350000001, "Duplicate entry for key [id]")
    elif kind not in (None, before["type"]):
        _change_type(call, before)


def _change_type(call: Call, before: Row) -> None:
    if before["id"] in SYSTEM_STATUSES:
        raise RestError(201350000006, "Type of a system status cannot be changed")
    table, code = ("sale_orders", 201350000007) if before["type"] == "O" else ("plain_sale_shipment", 201350000008)
    if call.portal.store.value(f"SELECT 1 FROM {table} WHERE statusId = ?", (before["id"],)):
        raise RestError(code, "Status is in use")


def _free_status(call: Call, row: Row) -> None:
    if row["id"] in SYSTEM_STATUSES:
        raise RestError(201350000002, "System status cannot be deleted")


STATUS = Table(
    "sale.status",
    "status",
    "statuses",
    columns("color:string *=id:string notify:string sort:integer *type:char xmlId:string"),
    absent=(201340400001, "status is not exists"),
    required_on_update=("type",),
    empties={"id": (201350000004, "Status id is empty"), "type": (201350000003, "Status type is empty")},
    defaults={"notify": "Y", "sort": 100, "color": ""},
    check=_status_rules,
    before_delete=_free_status,
    seeds=(
        {"id": "N", "type": "O", "sort": 10, "color": "#BEEDF1"},
        {"id": "P", "type": "O", "sort": 150, "color": "#D4F3C9"},
        {"id": "F", "type": "O", "sort": 200, "color": "#A7E39F"},
        {"id": "D", "type": "O", "sort": 300, "color": "#FFB2B2"},
        {"id": "DN", "type": "D", "sort": 300, "color": "#BEEDF1"},
        {"id": "DD", "type": "D", "sort": 350, "color": "#D4F3C9"},
        {"id": "DF", "type": "D", "sort": 400, "color": "#A7E39F"},
    ),
)

_NAMES = {
    "ru": {"N": "Принят, ожидается оплата", "P": "Оплачен, формируется к отправке", "F": "Выполнен", "D": "Отменён"}
    | {"DN": "Ожидает обработки", "DD": "Передан в доставку", "DF": "Отгружен"},
    "en": {"N": "Accepted, awaiting payment", "P": "Paid, being prepared", "F": "Completed", "D": "Cancelled"}
    | {"DN": "Waiting", "DD": "Handed over", "DF": "Shipped"},
}
LANGUAGES = {"ru": "Русский", "en": "English", "de": "Deutsch", "la": "Español", "fr": "Français", "pl": "Polski"}


def _named(portal: Portal) -> Sequence[Row]:
    return [
        {"statusId": status, "lid": lang, "name": name, "description": ""}
        for lang, names in _NAMES.items()
        for status, name in names.items()
    ]


def _lang_rules(call: Call, values: Row, before: Row | None) -> None:
    if values["lid"] not in LANGUAGES:
        raise RestError(201750000004, "language is unknown")
    if STATUS_LANG.where(call.portal, statusId=values["statusId"], lid=values["lid"]):
        raise RestError(201750000003, "Duplicate entry for key [statusId, lid]")


STATUS_LANG = Table(
    "sale.statusLang",
    "statusLang",
    "statusLangs",
    columns("description:string *=lid:string *name:string *=statusId:string"),
    absent=(201740400001, "status lang is not exists"),
    denied={"deleteByFilter": 200040300010},
    check=_lang_rules,
    seeds=_named,
    hidden=columns("-id:integer"),
)

PAY_SYSTEM = Table(
    "sale.paysystem",
    "paySystem",
    "paySystems",
    columns(
        "NAME:string PSA_NAME:string DESCRIPTION:string ACTION_FILE:string RESULT_FILE:string NEW_WINDOW:string"
        " PS_MODE:string HAVE_PAYMENT:string HAVE_ACTION:string HAVE_RESULT:string HAVE_PREPAY:string"
        " HAVE_PRICE:string HAVE_RESULT_RECEIVE:string ENCODING:string ACTIVE:string ALLOW_EDIT_PAYMENT:string"
        " IS_CASH:string AUTO_CHANGE_1C:string CAN_PRINT_CHECK:string ENTITY_REGISTRY_TYPE:string XML_ID:string"
        " PERSON_TYPE_ID:integer SORT:integer TARIFF:string"
    ),
    scope="pay_system",
    defaults={
        **dict.fromkeys(("HAVE_PAYMENT", "HAVE_ACTION", "HAVE_RESULT", "HAVE_PREPAY", "HAVE_PRICE"), "N"),
        **dict.fromkeys(("NEW_WINDOW", "IS_CASH", "AUTO_CHANGE_1C", "CAN_PRINT_CHECK"), "N"),
        **dict.fromkeys(("HAVE_RESULT_RECEIVE", "ACTIVE", "ALLOW_EDIT_PAYMENT"), "Y"),
        "ENTITY_REGISTRY_TYPE": "ORDER",
        "SORT": 100,
        "DESCRIPTION": "",
        "settings": "{}",
    },
    seeds=(
        {"id": 1, "NAME": "Банковский перевод (компания)", "ACTION_FILE": "bill", "PERSON_TYPE_ID": 4},
        {"id": 6, "NAME": "Наличные", "ACTION_FILE": "cash", "IS_CASH": "Y", "PERSON_TYPE_ID": 3},
    ),
    hidden=columns("-id:integer settings:map app:string handler:string LOGOTYPE:integer"),
)

DELIVERY = Table(
    "sale.delivery",
    "delivery",
    "deliveries",
    columns(
        "NAME:string ACTIVE:string DESCRIPTION:string CURRENCY:string PARENT_ID:integer SORT:integer LOGOTYPE:integer"
    ),
    scope="delivery",
    defaults={"ACTIVE": "Y", "CURRENCY": "RUB", "SORT": 500, "DESCRIPTION": "", "config": "[]"},
    seeds=(
        {"id": 1, "NAME": "Без доставки"},
        {"id": 2, "NAME": "Доставка курьером"},
        {"id": 3, "NAME": "Самовывоз"},
    ),
    hidden=columns("-id:integer config:list handlerId:integer profile:string"),
)


def pay_system_name(portal: Portal, number: int | None) -> str:
    """How a pay system is called; "" for none."""
    row = PAY_SYSTEM.get(portal, number)
    return str(row["NAME"]) if row else ""
