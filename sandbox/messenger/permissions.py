"""Who may do what in a chat: its settings (`permissions` of im-dialog-get.md).

Each of them names the lowest role that may: every `member`, a `manager` or the `owner`.
"""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import Store, declare
from sandbox.messenger import chats
from sandbox.messenger.chats import Chat

declare(
    "CREATE TABLE IF NOT EXISTS im_permissions (chat INTEGER NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,"
    " PRIMARY KEY (chat, name)) WITHOUT ROWID"
)
DEFAULTS: dict[str, str] = {
    "manage_users_add": "member",
    "manage_users_delete": "manager",
    "manage_ui": "member",
    "manage_settings": "owner",
    "manage_messages": "member",
    "can_post": "member",
}
_ROLES = ("guest", "member", "manager", "owner")


def of(store: Store, chat: int) -> dict[str, str]:
    """The settings of a chat."""
    rows = store.rows("SELECT name, role FROM im_permissions WHERE chat = ?", (chat,))
    return {**DEFAULTS, **{row["name"]: row["role"] for row in rows}}


def role(store: Store, chat: Chat, user: int) -> str:
    """What a user is in a chat."""
    if chat.owner == user:
        return "owner"
    if user in chats.managers(store, chat.id):
        return "manager"
    return "member" if chats.is_member(store, chat.id, user) else "guest"


def holds(call: Call, chat: Chat, name: str) -> bool:
    """Whether the caller's role in the chat is enough; in dialogues of two everything is allowed."""
    if chat.type == "private":
        return True
    needed = of(call.portal.store, chat.id)[name]
    return _ROLES.index(role(call.portal.store, chat, call.user)) >= _ROLES.index(needed)


@method("sandbox.im.permissions", write=True)
def change(call: Call) -> bool:
    """Sets `permissions` of the chat CHAT_ID, what its owner does in a window; not for REST clients."""
    call.require_inside()
    chat, given = call.integer("CHAT_ID"), call.mapping("permissions")
    if not set(given) <= set(DEFAULTS) or not set(given.values()) <= set(_ROLES[1:]):
        raise RestError("INVALID_ARG_VALUE", f"permissions are {', '.join(DEFAULTS)}: member, manager or owner")
    for name, wanted in given.items():
        call.portal.store.execute("INSERT OR REPLACE INTO im_permissions VALUES (?, ?, ?)", (chat, name, wanted))
    return True
