"""Rights of telephony (settings/telephony rights): administrators hold all, others what they were given.

`statistic` shows the statistics, `lines` manages numbers, `users` the settings of employees,
`call` lets one call out; without a word said everybody may call, and nothing else.
"""

from __future__ import annotations

from typing import Any, Literal

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

Right = Literal["statistic", "lines", "users", "call"]
RIGHTS: tuple[Right, ...] = ("statistic", "lines", "users", "call")
_SETTING = "telephony.rights"


def holds(call: Call, right: Right) -> bool:
    """Whether the caller has a right."""
    if call.source not in ("rest", "act") or call.portal.is_admin(call.user):
        return True
    given: dict[str, Any] = call.portal.store.setting(_SETTING, {})
    return right in given.get(str(call.user), ["call"])


def require(call: Call, right: Right, text: str = "Access denied!") -> None:
    """Refuses a caller without a right."""
    if not holds(call, right):
        raise RestError("ACCESS_DENIED", text, 403)


@method("sandbox.telephony.rights", write=True)
def give(call: Call) -> bool:
    """Gives `user` exactly these `rights`; not for REST clients."""
    call.require_inside()
    wanted = [str(right) for right in call.listing("rights")]
    if not set(wanted) <= set(RIGHTS):
        raise RestError("INVALID_ARG_VALUE", f"rights are some of {', '.join(RIGHTS)}")
    known = call.portal.store.setting(_SETTING, {})
    call.portal.store.set_setting(_SETTING, {**known, str(call.integer("user")): wanted})
    return True
