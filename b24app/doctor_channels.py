"""Can clients be reached? What stands in the way of each channel of `messages.channels`, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from b24app.errors import AppError
from b24app.portal.batch import Call, Done
from rules.decision import Text
from rules.wording import joined

if TYPE_CHECKING:
    from b24app.installed import InstalledPortal

OK, DEGRADED = "ok", "degraded"
SCOPE = "imopenlines"
_NOT_USED = Text("Не используется: нет в messages.channels", "Not used: not in messages.channels")


def open_lines(portal: InstalledPortal) -> tuple[str, Text]:
    """Chats of WhatsApp and others live in open lines: one has to work, with a connector that clients use."""
    if not _uses(portal, "openline"):
        return OK, _NOT_USED
    if SCOPE not in portal.row.scope:
        return DEGRADED, Text(
            "Нет права imopenlines: в чаты не написать. Добавьте его в настройках приложения и переустановите его",
            "The permission imopenlines is missing, so chats cannot be written to: add it to the app and reinstall it",
        )
    try:
        rows = portal.gateway.call("imopenlines.config.list.get", {"PARAMS": {"select": ["ID", "LINE_NAME", "ACTIVE"]}})
    except AppError as error:
        return DEGRADED, _refused("imopenlines.config.list.get", error)
    lines = [row for row in rows or () if row.get("ACTIVE") == "Y"]
    if not lines:
        return DEGRADED, Text(
            "Нет действующей открытой линии: включите её и подключите WhatsApp (CRM → Контакт-центр)",
            "No open line works: switch one on and connect WhatsApp (CRM → Contact centre)",
        )
    names = ", ".join(f"«{row.get('LINE_NAME')}»" for row in lines)
    return OK, joined([Text(f"Открытые линии: {names}.", f"Open lines: {names}."), _connectors(portal, lines)], " ")


def messengers(portal: InstalledPortal) -> tuple[str, Text]:
    """The messengers an administrator has connected answer, and their number is in order."""
    state = portal.messengers.state()
    begun = [needed for vendor, needed in state.items() if needed and portal.messengers.has_begun(vendor)]
    troubles = [_missing(", ".join(needed)) for needed in begun]
    channels = portal.messengers.channels()
    troubles += [trouble for channel in channels if (trouble := channel.trouble()) is not None]
    if troubles:
        return DEGRADED, joined(troubles, "; ")
    if not channels:
        return OK, Text("Мессенджеры не подключены", "No messenger is connected")
    shown = ", ".join(channel.code for channel in channels)
    return OK, Text(f"Подключены и отвечают: {shown}", f"Connected, and they answer: {shown}")


def email(portal: InstalledPortal) -> tuple[str, Text]:
    """Letters go out in the name of the responsible employee, from the address of the profile."""
    if not _uses(portal, "email"):
        return OK, _NOT_USED
    try:
        people = portal.gateway.list_all("user.get", {"FILTER": {"ACTIVE": True, "USER_TYPE": "employee"}})
    except AppError as error:
        return DEGRADED, _refused("user.get", error)
    without = sum(1 for row in people if not row.get("EMAIL"))
    if people and without == len(people):
        return DEGRADED, Text(
            "Ни у одного сотрудника нет e-mail: подключите почтовый ящик к CRM или заполните профили",
            "No employee has an e-mail address: connect a mailbox to the CRM or fill in the profiles",
        )
    return OK, Text(
        f"Письма уходят от имени ответственных; сотрудников без e-mail: {without}",
        f"Letters go out in the name of responsible employees; employees without e-mail: {without}",
    )


def _uses(portal: InstalledPortal, channel: str) -> bool:
    limits = portal.limits
    wanted = limits.text("messages.channels") if "messages.channels" in limits else ""
    return channel in [word.strip() for word in wanted.split(",")]


def _connectors(portal: InstalledPortal, lines: list[Mapping[str, Any]]) -> Text:
    """Which connectors are switched on; only administrators may ask, and a refusal is no fault."""
    try:
        known = portal.gateway.call("imconnector.list")
        asked = [(code, int(row["ID"])) for code in known for row in lines]
        answers = portal.gateway.batch([Call("imconnector.status", {"CONNECTOR": c, "LINE": id}) for c, id in asked])
    except AppError as error:
        return Text(f"О коннекторах портал не сказал: {error.text.ru}", f"Connectors are not told: {error.text.en}")
    working = {
        code
        for (code, _), answer in zip(asked, answers, strict=True)
        if isinstance(answer, Done) and answer.result.get("STATUS")
    }
    names = sorted(str(known[code]) for code in working)
    shown = ", ".join(names)
    if not names:
        return Text("Коннекторов со статусом «работает» не видно.", "No connector reports that it works.")
    return Text(f"Коннекторы: {shown}.", f"Connectors: {shown}.")


def _missing(names: str) -> Text:
    return Text(f"Мессенджер подключён не до конца: {names}", f"A messenger still needs: {names}")


def _refused(method: str, error: AppError) -> Text:
    return Text(f"Портал не ответил на {method}: {error.text.ru}", f"{method} was not answered: {error.text.en}")
