"""What of the portal's behaviour can be switched: the bugs it is known for, and what the documentation leaves open.

Switches are settings of the portal: they survive a restart and are part of snapshots.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal

# Errors reported against the documentation; `--bugs all` turns these on.
BUGS = {
    "company_not_cleared": "crm.item.update clears no field of a company nor the company of a card (b24-rest-docs#145)",
    "atom_dates_do_not_filter": "crm.item.list passes date filters in ATOM format by (b24-rest-docs#215)",
    "offline_min_timeout_ignored": "onOfflineEvent comes oftener than minTimeout says (b24-rest-docs#228)",
}
SWITCHES = {
    **BUGS,
    "robots_end_on_leave": "a card that leaves a stage ends the robots that wait there for an answer",
    "required_on_stage_off": "required fields refuse no move to a stage",
    "mandatory_on_add": "a new card without a mandatory user field is refused",
}
_SETTING = "behaviour"


def on(portal: Portal, name: str) -> bool:
    """Whether a switch is on."""
    return bool((portal.store.setting(_SETTING) or {}).get(name))


def turn(portal: Portal, changes: dict[str, Any]) -> dict[str, bool]:
    """Turns switches on and off and returns all of them; an unknown name is refused."""
    unknown = set(changes) - set(SWITCHES)
    if unknown:
        raise RestError("UNKNOWN_SWITCH", f"{', '.join(sorted(unknown))}: known are {', '.join(SWITCHES)}")
    known = portal.store.setting(_SETTING) or {}
    portal.store.set_setting(_SETTING, {**known, **{name: bool(value) for name, value in changes.items()}})
    return {name: on(portal, name) for name in SWITCHES}


def with_bugs(portal: Portal, names: Iterable[str]) -> None:
    """Turns on the bugs named on the command line; `all` means every one."""
    wanted = [name for one in names for name in (BUGS if one == "all" else (one,))]
    turn(portal, dict.fromkeys(wanted, True))
