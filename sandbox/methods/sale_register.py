"""The shop's registers: `sale.persontype`, `.status`, `.statusLang`, `.businessValuePersonDomain`, `.tradePlatform`."""

from __future__ import annotations

from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, exact, fields_of, serve
from sandbox.shop.registers import LANGUAGES, PERSON_TYPE, STATUS, STATUS_LANG, new_xml_id

serve(PERSON_TYPE)
serve(STATUS)
serve(STATUS_LANG, "list", "add", "deleteByFilter", "getFields")


@method("sale.statusLang.getListLangs", "sale")
def languages(call: Call) -> Page:
    """The languages into which names of statuses are translated."""
    allow(call, STATUS_LANG, "list")
    rows = [{"active": "Y", "lid": lid, "name": name} for lid, name in sorted(LANGUAGES.items())]
    return Page(rows, len(rows), 0, "langs")


def _domain_rules(call: Call, values: Row, before: Row | None) -> None:
    if PERSON_TYPE.get(call.portal, values["personTypeId"]) is None:
        raise RestError(201240400002, "person type does not exist")
    if DOMAIN.where(call.portal, personTypeId=values["personTypeId"]):
        raise RestError(201450000001, "Duplicate entry for key [personTypeId]")
    if values["domain"] not in ("I", "E"):
        raise RestError(0, "domain is wrong")


DOMAIN = serve(
    Table(
        "sale.businessValuePersonDomain",
        "businessValuePersonDomain",
        "businessValuePersonDomains",
        columns("*=domain:char *=personTypeId:integer"),
        absent=(201440400003, "business value person domain does not exist"),
        check=_domain_rules,
        seeds=({"domain": "E", "personTypeId": 4},),
        hidden=columns("-id:integer"),
    ),
    "list",
    "add",
    "getFields",
)


@method("sale.businessValuePersonDomain.deleteByFilter", "sale", write=True, cost=0.05)
def domain_delete(call: Call) -> bool:
    """Deletes what `fields` describe; a missing field has a refusal of its own."""
    allow(call, DOMAIN, "deleteByFilter")
    fields = fields_of(call)
    for name, code in (("personTypeId", 201450000002), ("domain", 201450000003)):
        if empty(fields.get(name)):
            raise RestError(code, f"{name} is not defined")
    DOMAIN.remove(call, exact(call, DOMAIN))
    return True


TRADE_PLATFORM = serve(
    Table(
        "sale.tradePlatform",
        "tradePlatform",
        "tradePlatforms",
        columns(
            "catalogSectionTabClassName:string class:string code:string -id:integer active:string name:string"
            " description:string settings:string xmlId:string"
        ),
        open_to_read=True,
        defaults={"active": "Y", "catalogSectionTabClassName": "", "settings": "", "description": ""},
        seeds=(
            {"id": 2, "code": "smart_invoice", "name": "Счета", "class": "", "xmlId": "bx_smart_invoice"},
            {"id": 18, "code": "dynamic_2", "name": "Сделки", "class": "", "xmlId": "bx_dynamic_2"},
        ),
    ),
    "list",
    "getFields",
)

TRADE_BINDING = serve(
    Table(
        "sale.tradeBinding",
        "tradeBinding",
        "tradeBindings",
        columns(
            "*=externalOrderId:string -id:integer *=orderId:integer params:string *tradingPlatformId:string"
            " -tradingPlatformXmlId:string xmlId:string"
        ),
        open_to_read=True,
    ),
    "list",
    "getFields",
)


def bindings_of(call: Call, order: int) -> list[dict[str, Any]]:
    """Where an order came from."""
    return [TRADE_BINDING.printed(call, row) for row in TRADE_BINDING.where(call.portal, orderId=order)]


def bind(call: Call, order: int, platform: str) -> None:
    """Notes that an order came from a platform."""
    values = {"externalOrderId": str(order), "orderId": order, "tradingPlatformId": platform, "xmlId": new_xml_id()}
    TRADE_BINDING.insert(call, values)
