"""The bell: `im.notify.get`, `read`, `history.search`, answers to notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import people
from sandbox.messenger.dialogs import limit, needs_numbers, truth, whole

_SHORTEST = 3
# im-notify-get.md: 1 asks for a decision, 2 is personal, 4 is of the system.
_KINDS = {"personal": 2, "system": 4}
_SCHEMA = {
    "im": ("Чат", {"message": "Личное сообщение", "chat": "Сообщение в чате", "mention": "Упоминание"}),
    "rest": ("Приложения", {"rest_notify": "Уведомления приложений"}),
    "tasks": ("Задачи", {"task_add": "Новая задача", "task_update": "Изменение задачи"}),
    "crm": ("CRM", {"changeAssignedBy": "Смена ответственного"}),
}


def _printed(call: Call, row: Any) -> dict[str, Any]:
    tag, sub_tag = row["tag"], row["sub_tag"]
    app = row["app"] or 0
    return {
        "id": row["id"],
        "chat_id": _bell(call),
        "author_id": row["author"],
        "date": row["at"],
        "notify_type": _KINDS[row["kind"]],
        "notify_module": "rest",
        "notify_event": "rest_notify",
        "notify_tag": f"MP|{app}|{tag}" if tag else "",
        "notify_sub_tag": f"MP|{app}|{sub_tag}" if sub_tag else "",
        "notify_title": "",
        "setting_name": "rest|rest_notify",
        "text": row["message"],
        "notify_read": "Y" if row["read"] else "N",
        "params": None,
    }


def _bell(call: Call) -> int:
    """The number of the chat that holds a user's notifications."""
    return 900_000 + call.user


def _authors(call: Call, rows: list[Any]) -> list[dict[str, Any]]:
    known = people.of(call.portal.store, {row["author"] for row in rows})
    return [people.printed(call.portal, person) for _, person in sorted(known.items())]


def _mine(call: Call) -> list[Any]:
    return call.portal.store.rows("SELECT * FROM notifications WHERE user = ? ORDER BY at DESC, id DESC", (call.user,))


def _page(call: Call, rows: list[Any]) -> list[Any]:
    needs_numbers(call, LAST_ID="Last notification ID can't be string")
    last = whole(call.get("LAST_ID"))
    return [row for row in rows if not last or row["id"] < last][: limit(call, 50, 50)]


@method("im.notify.get", "im")
def get(call: Call) -> dict[str, Any]:
    """The caller's notifications; the next part by LAST_ID and LAST_TYPE."""
    if (call.get("LAST_ID") in (None, "")) != (call.get("LAST_TYPE") in (None, "")):
        raise RestError("LAST_ID_AND_LAST_TYPE", "Parameters LAST_ID and LAST_TYPE should be used together.")
    rows = _mine(call)
    page = _page(call, rows)
    return {
        "total_count": len(rows),
        "total_unread_count": sum(1 for row in rows if not row["read"]),
        "chat_id": _bell(call),
        "notifications": [_printed(call, row) for row in page],
        "users": _authors(call, page),
    }


def _moment(call: Call, name: str) -> datetime | None:
    value = call.get(name)
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise RestError("SEARCH_DATE_ERROR", f"Incorrect {name}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=call.portal.clock.zone)


@method("im.notify.history.search", "im")
def history(call: Call) -> dict[str, Any]:
    """Notifications by text, type, date and author."""
    text = str(call.get("SEARCH_TEXT") or "").lower()
    others = ("SEARCH_TYPE", "SEARCH_TYPES", "SEARCH_DATE", "SEARCH_DATE_FROM", "SEARCH_AUTHORS")
    if len(text) < _SHORTEST and not any(call.get(name) for name in others):
        raise RestError("SEARCH_TEXT_ERROR", "SEARCH_TEXT can't be less than 3 symbols")
    found = [row for row in _mine(call) if text in row["message"].lower() and _chosen(call, row)]
    page = _page(call, found)
    return {
        "chat_id": _bell(call),
        "total_results": len(found),
        "notifications": [_printed(call, row) for row in page],
        "users": _authors(call, page),
    }


def _chosen(call: Call, row: Any) -> bool:
    kinds = [str(kind) for kind in (call.get("SEARCH_TYPE"), *call.listing("SEARCH_TYPES")) if kind]
    if kinds and not {"rest", "rest|rest_notify"} & set(kinds):
        return False
    writers = [whole(user) for user in call.listing("SEARCH_AUTHORS")]
    if writers and row["author"] not in writers:
        return False
    at = datetime.fromisoformat(row["at"])
    day, low, high = (_moment(call, name) for name in ("SEARCH_DATE", "SEARCH_DATE_FROM", "SEARCH_DATE_TO"))
    if day is not None and at.astimezone(day.tzinfo).date() != day.date():
        return False
    return (low is None or at >= low) and (high is None or at <= high)


@method("im.notify.read", "im", write=True)
def read(call: Call) -> bool:
    """Marks ID and what is newer (only ID with ONLY_CURRENT=Y), or everything without ID."""
    number, now = whole(call.get("ID")), int(truth(call.get("ACTION"), True))
    sign = "=" if truth(call.get("ONLY_CURRENT")) else ">="
    where, args = (f" AND id {sign} ?", [number]) if number else ("", [])
    call.portal.store.execute(f"UPDATE notifications SET read = ? WHERE user = ?{where}", (now, call.user, *args))
    return True


@method("im.notify.read.list", "im", write=True)
def read_list(call: Call) -> bool:
    """Marks the given ones; a number below one ends the list."""
    value = call.get("IDS")
    if not isinstance(value, (list, dict)) or not value:
        raise RestError("PARAMS_ERROR", "No IDS param or it is not an array")
    now = int(truth(call.get("ACTION"), True))
    for number in map(whole, call.listing("IDS")):
        if not number:
            break
        call.portal.store.execute(
            "UPDATE notifications SET read = ? WHERE user = ? AND id = ?", (now, call.user, number)
        )
    return True


@method("im.notify.schema.get", "im")
def schema(call: Call) -> dict[str, Any]:
    """The kinds of notifications by module."""
    return {
        module: {
            "NAME": name,
            "MODULE_ID": module,
            "LIST": [{"ID": f"{module}|{code}", "NAME": title} for code, title in kinds.items()],
        }
        for module, (name, kinds) in _SCHEMA.items()
    }


def _own(call: Call) -> Any:
    number = whole(call.get("NOTIFY_ID")) or whole(call.get("ID"))
    if not number:
        raise RestError("ID_ERROR", "Notification ID can't be empty")
    row = call.portal.store.one("SELECT * FROM notifications WHERE id = ? AND user = ?", (number, call.user))
    if row is None:
        raise RestError("ID_ERROR", "Notification not found")
    return row


@method("im.notify.answer", "im", write=True)
def answer(call: Call) -> dict[str, list[str]]:
    """A quick answer to a notification; its author gets it as a notification."""
    row, text = _own(call), str(call.get("ANSWER_TEXT") or "").strip()
    if not text:
        raise RestError("ANSWER_TEXT_ERROR", "ANSWER_TEXT can't be empty")
    if row["author"]:
        told = {"USER_ID": row["author"], "MESSAGE": f"{text} (ответ на «{row['message']}»)"}
        call.portal.call("im.notify.personal.add", told, user=call.user)
    return {"result_message": ["Ваш ответ успешно отправлен."]}


@method("im.notify.confirm", "im", write=True)
def confirm(call: Call) -> dict[str, list[str]]:
    """Presses a button of a notification, which goes away."""
    row, value = _own(call), str(call.get("NOTIFY_VALUE") or "")
    if not value:
        raise RestError("NOTIFY_VALUE_ERROR", "Notification Value can't be empty")
    call.portal.store.execute("DELETE FROM notifications WHERE id = ?", (row["id"],))
    return {"result_message": ["Принято" if truth(value) else "Отклонено"]}
