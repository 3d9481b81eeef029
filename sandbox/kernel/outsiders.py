"""People from outside the company (extranet): methods for employees refuse them."""

from __future__ import annotations

from sandbox.kernel.call import Call

_SETTING = "users.extranet"


def let_outside(call: Call, user: int) -> None:
    """Notes that a user is one of them."""
    store = call.portal.store
    store.set_setting(_SETTING, [*store.setting(_SETTING, []), user])


def is_outside(call: Call) -> bool:
    """Whether the caller is one of them, as `user.add` has noted."""
    outside = call.portal.store.setting(_SETTING)
    return bool(outside) and call.user in outside and call.source in ("rest", "act")
