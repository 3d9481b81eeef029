"""Parts of a card beside its fields: product rows, phones and addresses, chats of open lines."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from sandbox.crm import chats as card_chats
from sandbox.crm.schema import schema_of
from sandbox.kernel.errors import RestError
from sandbox.openlines import talks
from sandbox.view.employee import Employee, Row
from sandbox.view.kinds import COMPANY, CONTACT, Kind
from sandbox.view.moments import money, number
from sandbox.view.screen import Screen

POINTS = {"PHONE": "Телефон", "EMAIL": "E-mail", "WEB": "Сайт", "IM": "Мессенджер"}
TYPES = {
    "WORK": "рабочий",
    "MOBILE": "мобильный",
    "HOME": "домашний",
    "MAILING": "для рассылок",
    "OTHER": "другой",
    "TELEGRAM": "Telegram",
    "VIBER": "Viber",
}


@dataclass(frozen=True, slots=True)
class Product:
    """A product row in words."""

    id: int
    name: str
    price: str
    quantity: str
    discount: str
    total: str


@dataclass(frozen=True, slots=True)
class Products:
    """The product rows of an object and what they come to."""

    rows: list[Product]
    total: str


@dataclass(frozen=True, slots=True)
class Point:
    """A phone, an e-mail, a site of an object; `href` opens it, "" when it cannot be opened."""

    id: int
    kind: str
    note: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class ChatLink:
    """A conversation of an open line bound to the card."""

    href: str
    title: str
    text: str


# --- product rows -------------------------------------------------------------------------------


def _letter(employee: Employee, kind: Kind) -> str:
    return schema_of(employee.portal).entity(kind.id).declaration.letter


def products_of(employee: Employee, kind: Kind, row: Row) -> Products | None:
    """The product rows of an object, None for kinds without them."""
    if not kind.has_money or "opportunity" not in row:
        return None
    wanted = {"=ownerType": _letter(employee, kind), "=ownerId": row["id"]}
    found = employee.part("crm.item.productrow.list", {"filter": wanted}).rows
    currency = row.get("currencyId")
    return Products([_product(one, currency) for one in found], money(sum(_line(one) for one in found), currency))


def _line(row: Row) -> float:
    return float(row.get("price") or 0) * float(row.get("quantity") or 0)


def _product(row: Row, currency: object) -> Product:
    discount = float(row.get("discountSum") or 0)
    return Product(
        int(row["id"]),
        str(row.get("productName") or f"Товар {row.get('productId')}"),
        money(row.get("price") or 0, currency),
        f"{number(row.get('quantity') or 0)} {row.get('measureName') or ''}".strip(),
        money(discount, currency) if discount else "",
        money(_line(row), currency),
    )


async def add_product(screen: Screen) -> web.Response:
    """Adds a product row to an object; its amount follows."""
    kind, form = screen.kind(), await screen.form()
    fields: Row = {"ownerType": _letter(screen.employee, kind), "ownerId": screen.number("id"), "productId": 0}
    fields["productName"] = form.get("name", "").strip()
    fields |= {name: form.get(name, "") for name in ("price", "quantity")}
    screen.employee.ask("crm.item.productrow.add", {"fields": fields})
    return screen.back(text="Товар добавлен")


async def delete_product(screen: Screen) -> web.Response:
    """Takes a product row away."""
    screen.employee.ask("crm.item.productrow.delete", {"id": screen.number("id")})
    return screen.back(text="Товар убран")


# --- phones and addresses -----------------------------------------------------------------------


def points_of(row: Row) -> list[Point] | None:
    """The ways to reach a client, None for kinds that have none."""
    if "fm" not in row:
        return None
    return [_point(one) for one in row["fm"] or []]


def _point(row: Row) -> Point:
    kind, value = str(row["typeId"]), str(row["value"])
    prefix = {"PHONE": "tel:", "EMAIL": "mailto:"}.get(kind, "")
    href = f"{prefix}{value}" if prefix else value if value.startswith(("http://", "https://")) else ""
    note = str(row.get("valueType") or "")
    return Point(int(row["id"]), POINTS.get(kind, kind), TYPES.get(note, note.lower()), value, href)


async def change_point(screen: Screen) -> web.Response:
    """Adds a phone or an address, or deletes one (`point` is its number)."""
    kind, form = screen.kind(), await screen.form()
    if form.get("point"):
        entry: Row = {form["point"]: {"value": "", "delete": "Y"}}
    elif form.get("value", "").strip():
        typed = {"typeId": form.get("kind"), "valueType": form.get("type"), "value": form["value"].strip()}
        entry = {"n0": typed}
    else:
        raise RestError("REQUIRED", "Укажите телефон или адрес")
    asked = {"entityTypeId": kind.id, "id": screen.number("id"), "fields": {"fm": entry}}
    screen.employee.ask("crm.item.update", asked)
    return screen.back(text="Удалено" if form.get("point") else "Сохранено")


# --- requisites ---------------------------------------------------------------------------------

_SHOWN = {"RQ_INN": "ИНН", "RQ_KPP": "КПП", "RQ_OGRN": "ОГРН", "RQ_COMPANY_NAME": "Название", "RQ_DIRECTOR": "Директор"}


@dataclass(frozen=True, slots=True)
class Requisite:
    """Details of a client: a title and (label, value) pairs."""

    id: int
    name: str
    details: list[tuple[str, str]]


def requisites_of(employee: Employee, kind: Kind, number: int) -> list[Requisite] | None:
    """The requisites of a company or a contact, None for other kinds."""
    if kind.id not in (COMPANY, CONTACT):
        return None
    asked = {"filter": {"ENTITY_TYPE_ID": kind.id, "ENTITY_ID": number}, "select": ["*", "UF_*"]}
    return [_requisite(row) for row in employee.glance("crm.requisite.list", asked)]


def _requisite(row: Row) -> Requisite:
    details = [(label, str(row[name])) for name, label in _SHOWN.items() if row.get(name)]
    return Requisite(int(row["ID"]), str(row.get("NAME") or "Реквизиты"), details)


async def add_requisite(screen: Screen) -> web.Response:
    """Adds requisites with a tax number, by the portal's first template."""
    kind, form = screen.kind(), await screen.form()
    presets = screen.employee.structure("crm.requisite.preset.list", {"order": {"ID": "ASC"}})
    fields = {
        "ENTITY_TYPE_ID": kind.id,
        "ENTITY_ID": screen.number("id"),
        "PRESET_ID": int(presets[0]["ID"]) if presets else 1,
        "NAME": form.get("name", "").strip() or "Реквизиты",
        "RQ_INN": form.get("inn", "").strip(),
    }
    screen.employee.ask("crm.requisite.add", {"fields": fields})
    return screen.back(text="Реквизиты добавлены")


# --- chats --------------------------------------------------------------------------------------


def chats_of(employee: Employee, kind: Kind, number: int) -> list[ChatLink]:
    """The conversations bound to a card, the newest first."""
    rows = card_chats.of_card(employee.portal.store, kind.id, number, active_only=False)
    found = [talk for row in rows if (talk := talks.talk(employee.portal, int(row["chatId"])))]
    return [
        ChatLink(f"/online/?IM_DIALOG=chat{talk.chat}", f"{talk.client_name} · {talk.connector_name}", talk.text)
        for talk in found
    ]
