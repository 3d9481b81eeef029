"""What an employee does: moves, edits, adds, pays, completes; each is a portal method in his name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.kernel.apps import is_active
from sandbox.kernel.errors import RestError
from sandbox.view.editing import value_of
from sandbox.view.kinds import Kind
from sandbox.view.screen import COOKIE, Screen

YEAR_SECONDS = 365 * 24 * 3600


def _update(screen: Screen, kind: Kind, fields: dict[str, Any]) -> None:
    screen.employee.ask("crm.item.update", {"entityTypeId": kind.id, "id": screen.number("id"), "fields": fields})


async def become(screen: Screen) -> web.Response:
    """Takes another employee's seat."""
    user = (await screen.form()).get("user", "")
    if not user.isdigit() or not is_active(screen.portal, int(user)):
        return screen.back("/", "Этот сотрудник здесь больше не работает", bad=True)
    response = screen.back()
    response.set_cookie(COOKIE, user, max_age=YEAR_SECONDS, samesite="Lax")
    return response


async def move(screen: Screen) -> web.Response:
    """Moves an object to a stage (`stageId`), or to a funnel (`categoryId`)."""
    kind, form = screen.kind(), await screen.form()
    wanted = {name: form[name] for name in ("stageId", "categoryId") if form.get(name)}
    _update(screen, kind, wanted)
    return screen.back(text="Стадия изменена")


async def edit(screen: Screen) -> web.Response:
    """Writes one field (`name`) of an object."""
    kind, form = screen.kind(), await screen.form()
    name = form.get("name", "")
    field = screen.names.fields(kind).get(name)
    if field is None:
        raise RestError("NOT_FOUND", "Такого поля нет", 404)
    _update(screen, kind, {name: value_of(field, await screen.http.post())})
    return screen.back(text=f"Сохранено: {field.get('title') or name}")


async def add(screen: Screen) -> web.Response:
    """Adds an object."""
    kind = screen.kind()
    fields = {name: value for name, value in (await screen.form()).items() if value}
    fields.setdefault("assignedById", str(screen.employee.id))
    item = screen.employee.ask("crm.item.add", {"entityTypeId": kind.id, "fields": fields})["item"]
    return screen.back(kind.card(item["id"]), "Добавлено")


async def delete(screen: Screen) -> web.Response:
    """Deletes an object."""
    kind = screen.kind()
    screen.employee.ask("crm.item.delete", {"entityTypeId": kind.id, "id": screen.number("id")})
    return screen.back(kind.list, "Удалено")


async def comment(screen: Screen) -> web.Response:
    """Writes a comment into an object's timeline."""
    text = (await screen.form()).get("text", "").strip()
    fields = {"ENTITY_ID": screen.number("id"), "ENTITY_TYPE": screen.kind().owner, "COMMENT": text}
    screen.employee.ask("crm.timeline.comment.add", {"fields": fields})
    return screen.back(text="Комментарий добавлен")


async def plan(screen: Screen) -> web.Response:
    """Adds a to-do to an object; its deadline is typed in the portal's time."""
    form = await screen.form()
    asked = {
        "ownerTypeId": screen.kind().id,
        "ownerId": screen.number("id"),
        "title": form.get("title", "").strip(),
        "description": form.get("title", "").strip(),
        "deadline": _deadline(screen, form.get("deadline", "")),
        "responsibleId": screen.employee.id,
    }
    screen.employee.ask("crm.activity.todo.add", asked)
    return screen.back(text="Дело запланировано")


def _deadline(screen: Screen, text: str) -> str:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise RestError("DEADLINE", "Укажите срок дела") from None
    return typed.replace(tzinfo=screen.portal.clock.zone).isoformat()


async def complete_activity(screen: Screen) -> web.Response:
    """Completes a to-do."""
    asked = {"id": screen.number("id"), "fields": {"COMPLETED": "Y"}}
    screen.employee.ask("crm.activity.update", asked)
    return screen.back(text="Дело завершено")


async def pay(screen: Screen) -> web.Response:
    """Adds a payment document of a sum, paid at once unless only the document is wanted."""
    form = await screen.form()
    asked = {"entityTypeId": screen.kind().id, "entityId": screen.number("id"), "sum": form.get("sum", "")}
    number = screen.employee.ask("crm.item.payment.add", asked)
    if form.get("paid") == "Y":
        screen.employee.ask("crm.item.payment.pay", {"id": number})
        return screen.back(text="Оплата внесена")
    return screen.back(text="Платёж добавлен")


async def settle_payment(screen: Screen) -> web.Response:
    """Pays a payment document, or takes the payment back."""
    unpay = (await screen.form()).get("back") == "Y"
    screen.employee.ask(f"crm.item.payment.{'unpay' if unpay else 'pay'}", {"id": screen.number("id")})
    return screen.back(text="Оплата отменена" if unpay else "Оплата внесена")


async def add_task(screen: Screen) -> web.Response:
    """Gives a task; its deadline is typed in the portal's time."""
    form = await screen.form()
    fields = {"TITLE": form.get("title", "").strip(), "RESPONSIBLE_ID": form.get("responsible") or screen.employee.id}
    if form.get("deadline"):
        fields["DEADLINE"] = _deadline(screen, form["deadline"])
    task = screen.employee.ask("tasks.task.add", {"fields": fields})["task"]
    return screen.back(f"/task/{task['id']}", "Задача поставлена")


async def complete_task(screen: Screen) -> web.Response:
    """Completes a task."""
    screen.employee.ask("tasks.task.complete", {"taskId": screen.number("id")})
    return screen.back(text="Задача завершена")


async def read_notifications(screen: Screen) -> web.Response:
    """Marks all notifications read."""
    screen.employee.ask("im.notify.read.all")
    return screen.back()
