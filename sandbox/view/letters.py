"""Messages to clients from a card, through the senders of applications (api-reference/messageservice)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from sandbox.crm import messages
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Method
from sandbox.view.employee import Employee, Row
from sandbox.view.kinds import Kind
from sandbox.view.screen import Screen


@dataclass(frozen=True, slots=True)
class Letter:
    """What may be written from a card: senders as (code, name), and the phones of its client."""

    senders: list[tuple[str, str]]
    phones: list[str]


def letter_of(employee: Employee, kind: Kind, row: Row) -> Letter | None:
    """The form of a message, None while no application sends any."""
    rows = employee.portal.store.rows(
        "SELECT s.code, s.name FROM message_senders AS s JOIN apps AS a ON a.client_id = s.app AND a.installed = 1"
        " ORDER BY s.id"
    )
    if not rows:
        return None
    own = [str(one["value"]) for one in row.get("fm") or [] if one["typeId"] == "PHONE"]
    found = own or [messages.phone_of(employee.portal, (kind.id, int(row["id"])))]
    senders = [(str(one["code"]), str(one["name"] or one["code"])) for one in rows]
    return Letter(senders, [phone for phone in found if phone])


async def send(screen: Screen) -> web.Response:
    """Sends a message to the client of a card; the application behind the sender is told."""
    kind, form = screen.kind(), await screen.form()
    card = (kind.id, screen.number("id"))
    screen.employee.ask("crm.item.get", {"entityTypeId": card[0], "id": card[1]})
    text, phone = form.get("text", "").strip(), form.get("to", "").strip()
    if not text or not phone:
        raise RestError("REQUIRED", "Укажите номер и текст сообщения")
    letter = messages.Text(code=form.get("sender", ""), to=phone, body=text, cards=[card])
    call = Call(screen.portal, "crm.message.send", {}, screen.employee.id, source="act")
    screen.portal.run(call, Method(call.method, lambda c: messages.send(c, letter), "", write=True, cost=0.0))
    return screen.back(text="Сообщение отправлено")
