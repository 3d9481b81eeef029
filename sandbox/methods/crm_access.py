"""Rights to CRM items and the mode of the CRM: commands of the control side, since no REST method sets them."""

from __future__ import annotations

from sandbox.crm.access import Mode, set_mode
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_MODES: dict[str, Mode] = {"all": "all", "own": "own", "none": "none", "still": "still"}


@method("sandbox.crm.access", write=True)
def access(call: Call) -> bool:
    """Gives `user` the right to `all`, `own` or `none` of the items of `entityTypeId`, or to all of them
    without moving them (`still`); not for REST clients."""
    call.require_inside()
    mode = _MODES.get(str(call.need("mode")))
    if mode is None:
        raise RestError("INVALID_ARG_VALUE", "mode is one of all, own, none, still")
    set_mode(call.portal, call.integer("user"), call.integer("entityTypeId"), mode)
    return True


@method("sandbox.crm.mode", write=True)
def mode(call: Call) -> int:
    """Switches the CRM: `mode` 1 is classic with leads, 2 is simple without them; not for REST clients."""
    call.require_inside()
    wanted = call.integer("mode")
    if wanted not in (1, 2):
        raise RestError("INVALID_ARG_VALUE", "mode is one of 1, 2")
    call.portal.store.set_setting("crm.mode", wanted)
    return wanted
