"""Orders of the shop with what belongs to them: positions, payments, shipments and the ties between these."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events
from sandbox.plain.columns import columns
from sandbox.plain.table import READ, Row, Table
from sandbox.shop.registers import DELIVERY, PAY_SYSTEM, PERSON_TYPE, STATUS, coded

events(
    "sale",
    *("ONSALEORDERSAVED", "ONORDERENTITYSAVED", "ONSALEBEFOREORDERDELETE", "ONORDERDELETED"),
    *("ONPAYMENTENTITYSAVED", "ONPAYMENTDELETED", "ONSHIPMENTENTITYSAVED", "ONSHIPMENTDELETED"),
    *("ONPROPERTYVALUEENTITYSAVED", "ONPROPERTYVALUEDELETED"),
)


# The table of shipment positions, declared in ties.py, which needs this module.
_ITEMS = "plain_sale_shipmentitem"


def tell(call: Call, code: str, number: int, **more: Any) -> None:
    """Sends one of the shop's events."""
    call.portal.emit(code, {"FIELDS": {"ID": number, **more}}, call)


def now_of(call: Call) -> int:
    """The present moment in Unix seconds."""
    return int(call.portal.clock.timestamp())


# --- orders -----------------------------------------------------------------------------------


def _order_rules(call: Call, values: Row, before: Row | None) -> None:
    """What an order names must exist; its marks are dated."""
    if values.get("personTypeId") and PERSON_TYPE.get(call.portal, values["personTypeId"]) is None:
        raise RestError(0, "person type does not exist")
    status = values.get("statusId")
    if status and not STATUS.where(call.portal, id=status, type="O"):
        raise RestError(0, "status does not exist")
    old = before or {}
    for name, date, author in (
        ("statusId", "dateStatus", "empStatusId"),
        ("canceled", "dateCanceled", "empCanceledId"),
        ("marked", "dateMarked", "empMarkedId"),
    ):
        if name in values and values[name] != old.get(name, "N" if name != "statusId" else None):
            values[date] = now_of(call)
            values.setdefault(author, call.user)
    if before is not None:
        values["version"] = (before["version"] or 0) + 1


def _order_saved(call: Call, row: Row, what: str) -> None:
    if not row["accountNumber"]:
        sql = f'UPDATE "{ORDER.sql}" SET accountNumber = ? WHERE id = ?'
        call.portal.store.execute(sql, (str(row["id"]), row["id"]))
    tell(call, "ONSALEORDERSAVED", row["id"], XML_ID=row["xmlId"] or "", ACTION="save")
    tell(call, "ONORDERENTITYSAVED", row["id"])


def _order_leaves(call: Call, row: Row) -> None:
    if any(payment["paid"] == "Y" for payment in PAYMENT.where(call.portal, orderId=row["id"])):
        raise RestError("SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE", "The order has active payments")
    tell(call, "ONSALEBEFOREORDERDELETE", row["id"], XML_ID=row["xmlId"] or "", ACTION="delete")
    tell(call, "ONORDERDELETED", row["id"])
    store = call.portal.store
    for shipment in SHIPMENT.where(call.portal, orderId=row["id"]):
        store.execute(f'DELETE FROM "{_ITEMS}" WHERE orderDeliveryId = ?', (shipment["id"],))
    for table in (BASKET, PAYMENT, SHIPMENT):
        store.execute(f'DELETE FROM "{table.sql}" WHERE orderId = ?', (row["id"],))


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


ORDER = Table(
    "sale.order",
    "order",
    "orders",
    columns(
        "-accountNumber:string additionalInfo:string affiliateId:integer canceled:char comments:string"
        " companyId:integer *=currency:string -dateCanceled:datetime dateInsert:datetime -dateLock:datetime"
        " -dateMarked:datetime -dateStatus:datetime -dateUpdate:datetime -deducted:char discountValue:double"
        " empCanceledId:integer empMarkedId:integer empStatusId:integer externalOrder:char -id:integer id1c:string"
        " *=lid:string lockedBy:char marked:char orderTopic:string -payed:char *=personTypeId:integer"
        " -personTypeXmlId:string price:double reasonCanceled:string reasonMarked:string recountFlag:char"
        " recurringId:char responsibleId:integer statusId:char -statusXmlId:string -taxValue:double updated1c:char"
        " userDescription:string =userId:integer -version:integer version1c:string xmlId:string"
    ),
    absent=(200540400001, "order is not exists"),
    defaults={
        **dict.fromkeys(("canceled", "deducted", "externalOrder", "marked", "payed", "updated1c"), "N"),
        **_texts("additionalInfo", "comments", "id1c", "lockedBy", "orderTopic", "personTypeXmlId", "reasonCanceled"),
        **_texts("reasonMarked", "recurringId", "statusXmlId", "userDescription", "version1c", "xmlId"),
        "lid": "s1",
        "recountFlag": "Y",
        "statusId": "N",
        "price": 0,
        "discountValue": 0,
        "version": 0,
    },
    stamps={"dateUpdate": "now"},
    births={"dateInsert": "now", "responsibleId": "user", "userId": "user"},
    check=_order_rules,
    saved=_order_saved,
    before_delete=_order_leaves,
    # The card that the order was made for, when a payment of a deal or an invoice made it.
    hidden=columns("ownerTypeId:integer ownerId:integer"),
    kept_in="sale_orders",
    indexed=("ownerTypeId, ownerId",),
)


def order_of(call: Call, number: Any, refusal: RestError) -> Row:
    """An order by its id."""
    row = ORDER.get(call.portal, number)
    if row is None:
        raise refusal
    return row


def recount(call: Call, order: int) -> None:
    """The order's price follows its positions and shipments; one without positions keeps its price."""
    items = BASKET.where(call.portal, orderId=order)
    if not items:
        return
    goods = sum((item["price"] or 0) * (item["quantity"] or 0) for item in items)
    shipping = sum(row["priceDelivery"] or 0 for row in SHIPMENT.where(call.portal, orderId=order))
    sql = f'UPDATE "{ORDER.sql}" SET price = ?, dateUpdate = ? WHERE id = ?'
    call.portal.store.execute(sql, (round(goods + shipping, 2), now_of(call), order))


# --- positions --------------------------------------------------------------------------------


def _position_rules(call: Call, values: Row, before: Row | None) -> None:
    order = order_of(call, {**(before or {}), **values}["orderId"], RestError(200140400009, "Order not found"))
    if values.get("currency", order["currency"]) != order["currency"]:
        raise RestError(200140400011, "Currency must be the currency of the order")
    if before is None:
        values.setdefault("currency", order["currency"])
    if "price" in values and values["price"] is not None:
        base = values.get("basePrice", (before or {}).get("basePrice"))
        if base is None:
            values["basePrice"] = base = values["price"]
        values.setdefault("discountPrice", base - values["price"])
        if before is not None:
            values["customPrice"] = "Y"
    coded(call, values, before)


def _position_saved(call: Call, row: Row, what: str) -> None:
    recount(call, row["orderId"])


def _position_shown(call: Call, row: Row, printed: Row) -> None:
    properties = [BASKET_PROPERTY.printed(call, p) for p in BASKET_PROPERTY.where(call.portal, basketId=row["id"])]
    printed |= {"properties": properties, "reservations": []}


BASKET = Table(
    "sale.basketitem",
    "basketItem",
    "basketItems",
    columns(
        "basePrice:double canBuy:string =catalogXmlId:string *=currency:string customPrice:string"
        " -dateInsert:datetime -dateUpdate:datetime =dimensions:string discountPrice:double -id:integer"
        " measureCode:string measureName:string name:string *=orderId:integer price:double *=productId:integer"
        " productXmlId:string *quantity:double sort:integer type:integer vatIncluded:string vatRate:double"
        " weight:double xmlId:string"
    ),
    absent=(200140400001, "basket item is not exists"),
    denied=dict.fromkeys(("add", "update", "delete"), 200040300010),
    defaults={
        **{"canBuy": "Y", "customPrice": "N", "vatIncluded": "N", "sort": 100, "weight": 0, "quantity": 1},
        **{"catalogXmlId": "", "productXmlId": "", "measureCode": "796", "measureName": "шт", "name": ""},
        **{"basePrice": 0, "price": 0, "discountPrice": 0, "productId": 0},
        "dimensions": 'a:3:{s:5:"WIDTH";N;s:6:"HEIGHT";N;s:6:"LENGTH";N;}',
    },
    stamps={"dateUpdate": "now"},
    births={"dateInsert": "now"},
    check=_position_rules,
    shown=_position_shown,
    saved=_position_saved,
)


def _basket_property_rules(call: Call, values: Row, before: Row | None) -> None:
    coded(call, values, before)


BASKET_PROPERTY = Table(
    "sale.basketproperties",
    "basketProperty",
    "basketProperties",
    columns(
        "*=basketId:integer *code:string -id:integer *name:string sort:integer *value:string xmlId:string",
    ),
    absent=(200240400003, "basket property is not exists"),
    denied={"add": READ, "update": 20004030001, "delete": READ},
    defaults={"sort": 100},
    check=_basket_property_rules,
)


# --- payments ---------------------------------------------------------------------------------


def _payment_rules(call: Call, values: Row, before: Row | None) -> None:
    if values.get("paySystemId") and PAY_SYSTEM.get(call.portal, values["paySystemId"]) is None:
        raise RestError(0, "pay system does not exist")
    if "responsibleId" in values:
        values |= {"dateResponsibleId": now_of(call), "empResponsibleId": call.user}
    if values.get("marked", "N") != (before or {}).get("marked", "N"):
        values |= {"dateMarked": now_of(call), "empMarkedId": call.user}
    coded(call, values, before)


def _payment_shown(call: Call, row: Row, printed: Row) -> None:
    system = PAY_SYSTEM.get(call.portal, row["paySystemId"]) or {}
    printed["paySystemName"] = system.get("NAME") or ""
    printed["paySystemIsCash"] = system.get("IS_CASH") or "N"
    printed["paySystemXmlId"] = system.get("XML_ID") or ""
    if str(row["psInvoiceId"] or "").isdigit():
        printed["psInvoiceId"] = int(row["psInvoiceId"])
    printed["priceCod"] = f"{row['priceCod'] or 0:g}"


def _payment_saved(call: Call, row: Row, what: str) -> None:
    tell(call, "ONPAYMENTENTITYSAVED", row["id"])


PAYMENT = Table(
    "sale.payment",
    "payment",
    "payments",
    columns(
        "-accountNumber:string comments:string companyId:integer -currency:string dateBill:datetime"
        " -dateMarked:datetime datePaid:datetime datePayBefore:datetime -dateResponsibleId:datetime"
        " empMarkedId:integer empPaidId:integer empResponsibleId:integer empReturnId:integer externalPayment:char"
        " -id:integer id1c:string isReturn:char marked:char *=orderId:integer paid:char payReturnComment:string"
        " payReturnDate:datetime payReturnNum:string *paySystemId:integer -paySystemIsCash:char"
        " -paySystemName:string -paySystemXmlId:string payVoucherDate:datetime payVoucherNum:string priceCod:double"
        " psCurrency:string psInvoiceId:string psResponseDate:datetime psStatus:char psStatusCode:string"
        " psStatusDescription:string psStatusMessage:string psSum:double reasonMarked:string responsibleId:integer"
        " sum:double updated1c:char version1c:string xmlId:string"
    ),
    absent=(200640400001, "payment is not exists"),
    defaults={
        **dict.fromkeys(("externalPayment", "isReturn", "marked", "paid", "updated1c"), "N"),
        **_texts("comments", "id1c", "payReturnComment", "payReturnNum", "payVoucherNum", "psCurrency", "psStatus"),
        **_texts("psStatusCode", "psStatusDescription", "psStatusMessage", "reasonMarked", "version1c"),
        "sum": 0,
        "priceCod": 0,
    },
    births={"dateBill": "now"},
    check=_payment_rules,
    shown=_payment_shown,
    saved=_payment_saved,
    hidden=columns("ownerTypeId:integer ownerId:integer"),
    kept_in="sale_payments",
    indexed=("orderId", "ownerTypeId, ownerId"),
)


# --- shipments --------------------------------------------------------------------------------


def _shipment_rules(call: Call, values: Row, before: Row | None) -> None:
    order = order_of(call, {**(before or {}), **values}["orderId"], RestError(0, "Unable to load order"))
    delivery = values.get("deliveryId")
    if delivery is not None and DELIVERY.get(call.portal, delivery) is None:
        raise RestError("SALE_SHIPMENT_WRONG_DELIVERY_SERVICE", "Delivery service not found")
    if values.get("statusId") and not STATUS.where(call.portal, id=values["statusId"], type="D"):
        raise RestError("BX_INVALID_VALUE", "Status of the shipment is wrong")
    _date_marks(call, values, before or {})
    if "basePriceDelivery" in values and not values.get("priceDelivery"):
        values["priceDelivery"] = values["basePriceDelivery"]
    if before is None:
        count = len(SHIPMENT.where(call.portal, orderId=order["id"]))
        values |= {"currency": order["currency"], "accountNumber": f"{order['id']}/{count + 2}"}
    coded(call, values, before)


def _date_marks(call: Call, values: Row, old: Row) -> None:
    """Allowing and deducting are dated, with their author."""
    for name, date, author in (
        ("allowDelivery", "dateAllowDelivery", "empAllowDeliveryId"),
        ("deducted", "dateDeducted", "empDeductedId"),
    ):
        if name in values and values[name] != old.get(name, "N"):
            values |= {date: now_of(call), author: call.user}
    if values.get("responsibleId", old.get("responsibleId")) != old.get("responsibleId"):
        values |= {"dateResponsibleId": now_of(call), "empResponsibleId": call.user}


def _shipment_saved(call: Call, row: Row, what: str) -> None:
    everything = SHIPMENT.where(call.portal, orderId=row["orderId"])
    deducted = "Y" if all(shipment["deducted"] == "Y" for shipment in everything) else "N"
    call.portal.store.execute(f'UPDATE "{ORDER.sql}" SET deducted = ? WHERE id = ?', (deducted, row["orderId"]))
    recount(call, row["orderId"])
    tell(call, "ONSHIPMENTENTITYSAVED", row["id"])


def _shipment_leaves(call: Call, row: Row) -> None:
    if row["deducted"] == "Y":
        raise RestError(
            "SALE_SHIPMENT_EXIST_SHIPPED", "The shipment has already been shipped. Please cancel the shipment"
        )
    call.portal.store.execute(f'DELETE FROM "{_ITEMS}" WHERE orderDeliveryId = ?', (row["id"],))
    tell(call, "ONSHIPMENTDELETED", row["id"])


def _shipment_shown(call: Call, row: Row, printed: Row) -> None:
    delivery = DELIVERY.get(call.portal, row["deliveryId"]) or {}
    status = STATUS.get(call.portal, row["statusId"]) or {}
    printed |= {"deliveryName": delivery.get("NAME") or "", "statusXmlId": status.get("xmlId") or ""}


SHIPMENT = Table(
    "sale.shipment",
    "shipment",
    "shipments",
    columns(
        "-accountNumber:string *allowDelivery:char basePriceDelivery:double -canceled:char comments:string"
        " companyId:integer -currency:string -customPriceDelivery:char -dateAllowDelivery:datetime"
        " -dateCanceled:datetime -dateDeducted:datetime -dateInsert:datetime -dateMarked:datetime"
        " -dateResponsibleId:datetime *deducted:char deliveryDocDate:datetime deliveryDocNum:string"
        " *deliveryId:integer -deliveryName:string -deliveryXmlId:string -discountPrice:double"
        " -empAllowDeliveryId:integer -empCanceledId:integer -empDeductedId:integer -empMarkedId:integer"
        " -empResponsibleId:integer -externalDelivery:char -id:integer -id1c:string -marked:char *=orderId:integer"
        " priceDelivery:double -reasonMarked:string -reasonUndoDeducted:string responsibleId:integer statusId:char"
        " -statusXmlId:char -system:char -trackingDescription:string -trackingLastCheck:string"
        " trackingNumber:string -trackingStatus:string -updated1c:char -version1c:string xmlId:string"
    ),
    absent=(201140400001, "shipment is not exists"),
    defaults={
        **dict.fromkeys(("allowDelivery", "canceled", "customPriceDelivery", "deducted", "externalDelivery"), "N"),
        **dict.fromkeys(("marked", "system", "updated1c"), "N"),
        **_texts("comments", "deliveryDocNum", "deliveryXmlId", "id1c", "reasonMarked", "reasonUndoDeducted"),
        **_texts("trackingDescription", "trackingLastCheck", "trackingNumber", "trackingStatus", "version1c"),
        **{"statusId": "DN", "basePriceDelivery": 0, "priceDelivery": 0, "discountPrice": 0},
    },
    births={"dateInsert": "now"},
    check=_shipment_rules,
    shown=_shipment_shown,
    saved=_shipment_saved,
    before_delete=_shipment_leaves,
)


def clients_of(call: Call, order: Row) -> list[dict[str, Any]]:
    """The client of the card behind an order, as the order prints it."""
    if not order["ownerTypeId"]:
        return []
    table = f"crm_{int(order['ownerTypeId'])}"
    card = call.portal.store.one(f'SELECT "companyId", "contactId" FROM "{table}" WHERE id = ?', (order["ownerId"],))
    clients = []
    for kind, name in ((4, "companyId"), (3, "contactId")):
        if card is not None and card[name]:
            entry = {"entityId": card[name], "entityTypeId": kind, "id": order["id"] * 10 + kind, "isPrimary": "Y"}
            clients.append({**entry, "orderId": order["id"], "roleId": 0, "sort": 0})
    return clients
