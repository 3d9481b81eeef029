"""What the chat window lists: `im.recent.*`, `im.search.last.*`, `im.counters.get`, `im.revision.get`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call, Page
from sandbox.kernel.registry import method
from sandbox.messenger import chats, people, printing
from sandbox.messenger.chats import Chat
from sandbox.messenger.dialogs import find, limit, named, no_access, no_dialog, truth, whole


def _mine(call: Call) -> list[tuple[Chat, Any]]:
    """The caller's chats that are not hidden: the pinned first, then by the newest message."""
    rows = call.portal.store.rows(
        "SELECT u.*, ifnull((SELECT max(m.id) FROM im_messages AS m WHERE m.chat = u.chat), 0) AS newest"
        " FROM im_members AS u WHERE u.user = ? AND u.hidden = 0 ORDER BY u.pinned DESC, newest DESC, u.chat DESC",
        (call.user,),
    )
    return [(chat, row) for row in rows if (chat := chats.get(call.portal.store, row["chat"])) is not None]


def _wanted(call: Call, chat: Chat) -> bool:
    skipped = {"private": "SKIP_DIALOG", "chat": "SKIP_CHAT", "open": "SKIP_CHAT", "lines": "SKIP_OPENLINES"}
    if truth(call.get("ONLY_OPENLINES")) and chat.type != "lines":
        return False
    return not truth(call.get(skipped.get(chat.type, "")))


def _item(call: Call, chat: Chat, member: Any) -> dict[str, Any]:
    """An entry of the list: a dialogue carries its `user`, a chat its `chat`."""
    portal, store = call.portal, call.portal.store
    newest = chats.last(store, chat.id)
    dialog = printing.dialog_id(chat, call.user)
    personal = chat.type == "private"
    number = int(dialog) if personal else (newest.author if newest else 0)
    person = people.find(store, number)
    full = printing.dialog(portal, chat, call.user)
    names = ("text_field_enabled", "background_id", "mute_list")
    moment = portal.clock.iso_at(newest.at if newest else chat.created)
    return {
        "id": int(dialog) if personal else dialog,
        "chat_id": chat.id,
        "type": "user" if personal else "chat",
        "avatar": {"url": chat.avatar, "color": person.color or people.colour(number) if person else chat.color},
        "title": printing.title(portal, chat, call.user),
        "message": _last(call, newest),
        "counter": chats.unread(store, chat.id, call.user),
        "last_id": member["lastRead"],
        "pinned": bool(member["pinned"]),
        "unread": bool(member["unread"]),
        "has_reminder": False,
        "date_update": moment,
        "date_last_activity": moment,
        "chat": {name: full[name] for name in names} if personal else {**full, "contains_collaber": False},
        "user": people.printed(portal, person) if person else {"id": 0},
        "options": [],
    }


def _last(call: Call, newest: chats.Message | None) -> dict[str, Any]:
    return {
        "id": newest.id if newest else 0,
        "text": newest.text if newest else "",
        "file": bool(newest and newest.params.get("FILE_ID")),
        "author_id": newest.author if newest else 0,
        "attach": bool(newest and newest.params.get("ATTACH")),
        "sticker": None,
        "date": call.portal.clock.iso_at(newest.at) if newest else None,
        "status": "received",
        "uuid": None if newest is None or newest.system else newest.uuid,
    }


@method("im.recent.get", "im")
def get(call: Call) -> list[dict[str, Any]]:
    """The caller's recent dialogues; LAST_UPDATE leaves the older out."""
    since = call.get("LAST_UPDATE") or call.get("LAST_SYNC_DATE")
    items = [_item(call, chat, row) for chat, row in _mine(call) if _wanted(call, chat)]
    if since:
        moment = datetime.fromisoformat(str(since)).timestamp()
        items = [item for item in items if datetime.fromisoformat(item["date_update"]).timestamp() >= moment]
    return items


@method("im.recent.list", "im", partial="no roles of the neural network are listed")
def listing(call: Call) -> Page:
    """The same, page by page (LIMIT, OFFSET or LAST_MESSAGE_DATE)."""
    found = [pair for pair in _mine(call) if _wanted(call, pair[0])]
    if truth(call.get("UNREAD_ONLY")):
        store = call.portal.store
        found = [(c, row) for c, row in found if row["unread"] or chats.unread(store, c.id, call.user)]
    if call.get("LAST_MESSAGE_DATE"):
        moment = datetime.fromisoformat(str(call.get("LAST_MESSAGE_DATE"))).timestamp()
        found = [(c, row) for c, row in found if (m := chats.last(call.portal.store, c.id)) and m.at < moment]
    size, first = limit(call, 50, 200), whole(call.get("OFFSET"))
    more = len(found) > first + size
    shown: Any = {
        "items": [_item(call, chat, row) for chat, row in found[first : first + size]],
        "hasMorePages": more,
        "hasMore": more,
        "copilot": {"chats": None, "messages": None, "roles": [], "recommendedRoles": []},
        "messagesAutoDeleteConfigs": [],
    }
    return Page(shown, -1)  # im-recent-list.md prints this total


def _mark(call: Call, **columns: int) -> bool:
    chat = named(call)
    sets = ", ".join(f"{name} = ?" for name in columns)
    done = call.portal.store.execute(
        f"UPDATE im_members SET {sets} WHERE chat = ? AND user = ?", (*columns.values(), chat.id, call.user)
    )
    return done.rowcount > 0


@method("im.recent.hide", "im", write=True)
def hide(call: Call) -> bool:
    """Takes a dialogue off the list until somebody writes."""
    if not _mark(call, hidden=1):
        raise no_dialog()
    return True


@method("im.recent.pin", "im", write=True)
def pin(call: Call) -> bool:
    """Pins a dialogue to the top, or unpins it."""
    if not _mark(call, pinned=int(truth(call.get("PIN"), True)), hidden=0):
        raise no_access("You don't have permission to pin this chat", 400)
    return True


@method("im.recent.unread", "im", write=True)
def unread(call: Call) -> bool:
    """Marks a dialogue as unread, or as read."""
    on = truth(call.get("ACTION"), True)
    if not _mark(call, unread=int(on)):
        raise no_dialog()
    if not on:
        chat = named(call)
        newest = chats.last(call.portal.store, chat.id)
        if newest is not None:
            _mark(call, lastRead=newest.id)
    return True


def _searches(call: Call) -> list[str]:
    found: list[str] = call.portal.store.setting(f"im.search.{call.user}", [])
    return found


@method("im.search.last.add", "im", write=True)
def search_add(call: Call) -> bool:
    """Remembers a dialogue that was looked for."""
    chat = named(call)
    dialog = printing.dialog_id(chat, call.user)
    rest = [known for known in _searches(call) if known != dialog]
    call.portal.store.set_setting(f"im.search.{call.user}", [dialog, *rest])
    return True


@method("im.search.last.delete", "im", write=True)
def search_delete(call: Call) -> bool:
    """Forgets it."""
    dialog = printing.dialog_id(named(call), call.user)
    rest = [known for known in _searches(call) if known != dialog]
    call.portal.store.set_setting(f"im.search.{call.user}", rest)
    return True


@method("im.search.last.get", "im")
def search_get(call: Call) -> list[dict[str, Any]]:
    """What was looked for, the newest first."""
    shown = []
    for dialog in _searches(call):
        chat = find(call, dialog, make=False)
        if chat is None or not _wanted(call, chat):
            continue
        item: dict[str, Any] = {
            "id": int(dialog) if dialog.isdigit() else dialog,
            "type": "user" if chat.type == "private" else "chat",
            "avatar": {"url": chat.avatar, "color": chat.color},
            "title": printing.title(call.portal, chat, call.user),
        }
        person = people.find(call.portal.store, int(dialog)) if dialog.isdigit() else None
        if person is not None:
            item["user"] = people.printed(call.portal, person)
        else:
            item["chat"] = printing.short(call.portal, chat)
        shown.append(item)
    return shown


@method("im.counters.get", "im")
def counters(call: Call) -> dict[str, Any]:
    """The caller's unread messages and notifications, chat by chat."""
    shown: dict[str, Any] = {"CHAT": {}, "CHAT_MUTED": {}, "CHAT_UNREAD": [], "LINES": {}, "DIALOG": {}}
    shown["DIALOG_UNREAD"] = []
    for chat, row in _mine(call):
        count = chats.unread(call.portal.store, chat.id, call.user)
        kind = {"private": "DIALOG", "lines": "LINES"}.get(chat.type, "CHAT")
        key = printing.dialog_id(chat, call.user).removeprefix("chat")
        if row["unread"]:
            shown["DIALOG_UNREAD" if kind == "DIALOG" else "CHAT_UNREAD"].append(int(key))
        if count:
            shown["CHAT_MUTED" if row["muted"] else kind][key] = count
    sums = {kind: sum(shown[kind].values()) for kind in ("CHAT", "LINES", "DIALOG")}
    notices = call.portal.store.value("SELECT count(*) FROM notifications WHERE user = ? AND read = 0", (call.user,))
    sums |= {"NOTIFY": int(notices), "MESSENGER": sums["CHAT"] + sums["DIALOG"]}
    return {"TYPE": {"ALL": sums["CHAT"] + sums["LINES"] + sums["DIALOG"] + int(notices), **sums}, **shown}


@method("im.revision.get", "im")
def revision(call: Call) -> dict[str, int]:
    """The revisions of the messenger's API."""
    return {"rest": 32, "web": 130, "mobile": 22, "desktop": 6, "im_revision_mobile": 22}
