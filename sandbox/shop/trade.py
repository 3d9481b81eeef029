"""Where orders come from: the platforms of trade, and which order came from which."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.plain.columns import columns
from sandbox.plain.table import READ, Table
from sandbox.shop.registers import new_xml_id

# Who may view the catalogue may look here too.
_RIGHTS = dict.fromkeys(("list", "getFields"), (("read", READ),))

PLATFORM = Table(
    "sale.tradePlatform",
    "tradePlatform",
    "tradePlatforms",
    columns(
        "catalogSectionTabClassName:string class:string code:string -id:integer active:string name:string"
        " description:string settings:string xmlId:string"
    ),
    rights=_RIGHTS,
    defaults={"active": "Y", "catalogSectionTabClassName": "", "settings": "", "description": ""},
    seeds=(
        {"id": 31, "code": "smart_invoice", "name": "Счета", "class": "", "xmlId": "bx_smart_invoice"},
        {"id": 2, "code": "dynamic_2", "name": "Сделки", "class": "", "xmlId": "bx_dynamic_2"},
    ),
)

BINDING = Table(
    "sale.tradeBinding",
    "tradeBinding",
    "tradeBindings",
    columns(
        "*=externalOrderId:string -id:integer *=orderId:integer params:string *tradingPlatformId:string"
        " -tradingPlatformXmlId:string xmlId:string"
    ),
    rights=_RIGHTS,
)


def bindings_of(call: Call, order: int) -> list[dict[str, Any]]:
    """Where an order came from, as the order prints it."""
    return [BINDING.printed(call, row) for row in BINDING.where(call.portal, orderId=order)]


def bind(call: Call, order: int, platform: int) -> None:
    """Notes that an order came from a platform: those of cards have the number of the card's type."""
    known = PLATFORM.get(call.portal, platform)
    if known is not None:
        values = {"externalOrderId": str(order), "orderId": order, "tradingPlatformId": str(platform)}
        BINDING.insert(call, {**values, "tradingPlatformXmlId": known["xmlId"], "xmlId": new_xml_id()})
