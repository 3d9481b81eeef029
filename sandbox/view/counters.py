"""The numbers beside the bell and the chats: what an employee has not read."""

from __future__ import annotations

from sandbox.kernel.portal import Portal


def notifications(portal: Portal, user: int) -> int:
    """Unread notifications."""
    return int(portal.store.value("SELECT count(*) FROM notifications WHERE user = ? AND read = 0", (user,)) or 0)


def assignments(portal: Portal, user: int) -> int:
    """Open tasks of business processes."""
    sql = (
        "SELECT count(*) FROM bp_task_users AS u JOIN bp_tasks AS t ON t.id = u.task AND t.status = 0"
        " WHERE u.user = ? AND u.status = 0"
    )
    return int(portal.store.value(sql, (user,)) or 0)


def messages(portal: Portal, user: int) -> int:
    """Unread messages of others in the employee's chats."""
    sql = (
        "SELECT count(*) FROM im_messages AS m JOIN im_members AS u ON u.chat = m.chat AND u.user = ?"
        " WHERE m.id > u.lastRead AND m.author NOT IN (0, ?)"
    )
    return int(portal.store.value(sql, (user, user)) or 0)
