"""Requests to delivery services: `sale.delivery.request.*` (api-reference/sale/delivery/delivery-request).

A portal makes a request when an employee orders a delivery; here every shipment with a tracking number
has one, whose id that number is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.crm.values import empty
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.shop import upper
from sandbox.shop.orders import SHIPMENT
from sandbox.shop.registers import DELIVERY

_SCOPE = "delivery"
_SEMANTICS = ("success", "process")
_GAP = "nobody orders a delivery here: a shipment's trackingNumber is the id of its request"

REQUEST = Table(
    "sale.delivery.request",
    "request",
    "requests",
    columns(
        "-id:integer deliveryId:integer externalId:string STATUS:map PROPERTIES:list shipmentId:integer gone:string",
    ),
)


def _request(call: Call) -> Row:
    """The request that a call names by its delivery and its own id at the service."""
    upper.admin(call)
    if empty(call.get("DELIVERY_ID")):
        raise RestError("DELIVERY_ID_NOT_SPECIFIED", "Delivery service id has not been specified")
    delivery = call.get("DELIVERY_ID")
    if DELIVERY.get(call.portal, delivery) is None:
        raise RestError("DELIVERY_NOT_FOUND", "Delivery service has not been found")
    if empty(call.get("REQUEST_ID")):
        raise RestError("REQUEST_ID_NOT_SPECIFIED", "Request id has not been specified")
    row = _known(call, int(delivery), str(call.get("REQUEST_ID")))
    if row is None or row["gone"] == "Y":
        raise RestError("REQUEST_NOT_FOUND", "Delivery request has not been found")
    return row


def _known(call: Call, delivery: int, number: str) -> Row | None:
    """The request with this id; the first word of the service about a shipment makes it."""
    rows = REQUEST.where(call.portal, deliveryId=delivery, externalId=number)
    shipments = [] if rows else SHIPMENT.where(call.portal, deliveryId=delivery, trackingNumber=number)
    if shipments:
        made = {"deliveryId": delivery, "externalId": number, "shipmentId": shipments[0]["id"]}
        return REQUEST.insert(call, made)
    return rows[0] if rows else None


def _status(given: Any) -> None:
    if not isinstance(given, Mapping):
        raise RestError("STATUS_UNEXPECTED_FORMAT", "Status has unexpected format")
    if empty(given.get("TEXT")):
        raise RestError("STATUS_TEXT_NOT_SPECIFIED", "Status text has not been specified")
    if empty(given.get("SEMANTIC")):
        raise RestError("STATUS_SEMANTIC_NOT_SPECIFIED", "Status semantic has not been specified")


def _properties(given: Any) -> None:
    if not isinstance(given, list | Mapping):
        raise RestError("PROPERTIES_UNEXPECTED_FORMAT", "Properties have unexpected format")
    for entry in given.values() if isinstance(given, Mapping) else given:
        if not isinstance(entry, Mapping) or "NAME" not in entry or "VALUE" not in entry:
            raise RestError("PROPERTY_VALUE_UNEXPECTED_FORMAT", "Property value has unexpected format")
        tags = entry.get("TAGS", [])
        if not isinstance(tags, list):
            raise RestError("PROPERTY_VALUE_TAGS_UNEXPECTED_FORMAT", "Tags have unexpected format")
        if not all(isinstance(tag, str) for tag in tags):
            raise RestError("PROPERTY_VALUE_TAG_UNEXPECTED_FORMAT", "Tag has unexpected format")


@method("sale.delivery.request.update", _SCOPE, write=True, partial=_GAP)
def update(call: Call) -> bool:
    """Tells the state of a request."""
    row, given = _request(call), upper.params(call)
    values: dict[str, Any] = {}
    if "STATUS" in given:
        _status(given["STATUS"])
        values["STATUS"] = given["STATUS"]
    if "PROPERTIES" in given:
        _properties(given["PROPERTIES"])
        values["PROPERTIES"] = given["PROPERTIES"]
    for name, code in (
        ("FINALIZE", "UNEXPECTED_REQUEST_FINALIZE_INDICATOR_VALUE"),
        ("OVERWRITE_PROPERTIES", "UNEXPECTED_OVERWRITE_PROPERTIES_VALUE"),
    ):
        if given.get(name, "N") not in ("Y", "N"):
            raise RestError(code, f"Unexpected {name} value")
    if not values and given.get("FINALIZE") != "Y":
        raise RestError("EMPTY_UPDATE_PAYLOAD", "Update payload is empty")
    REQUEST.change(call, row, upper.stored(call, REQUEST, values))
    return True


@method("sale.delivery.request.delete", _SCOPE, write=True, partial=_GAP)
def delete(call: Call) -> bool:
    """Forgets a request."""
    REQUEST.change(call, _request(call), {"gone": "Y"})
    return True


@method("sale.delivery.request.sendmessage", _SCOPE, write=True, partial=_GAP)
def send_message(call: Call) -> bool:
    """Notes a message of the service to the manager or the recipient."""
    row = _request(call)
    if empty(call.get("ADDRESSEE")):
        raise RestError("ADDRESSEE_IS_NOT_SPECIFIED", "Addressee has not been specified")
    if call.get("ADDRESSEE") not in ("MANAGER", "RECIPIENT"):
        raise RestError("ADDRESSEE_UNEXPECTED_VALUE", "Unexpected addressee")
    message = call.mapping("MESSAGE")
    if empty(message.get("SUBJECT")) and empty(message.get("BODY")):
        raise RestError("MESSAGE_NOT_SPECIFIED", "Message has not been specified")
    status = message.get("STATUS")
    if isinstance(status, Mapping):
        if empty(status.get("MESSAGE")):
            raise RestError("MESSAGE_STATUS_NOT_SPECIFIED", "Message status has not been specified")
        if empty(status.get("SEMANTIC")):
            raise RestError("MESSAGE_STATUS_SEMANTIC_NOT_SPECIFIED", "Message status semantic has not been specified")
        if status["SEMANTIC"] not in _SEMANTICS:
            raise RestError("UNEXPECTED_MESSAGE_STATUS_SEMANTIC", "Unexpected message status semantic")
    if SHIPMENT.get(call.portal, row["shipmentId"]) is None:
        raise RestError("REQUEST_SHIPMENT_NOT_FOUND", "Shipments of the request have not been found")
    return True
