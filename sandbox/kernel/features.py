"""What the portal's plan has: `feature.get` tells two of it, other refusals follow from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal

_SETTING = "features"
_ALL = ("standard", "enterprise", "box")
# Feature -> the plans that have it. The first two are the codes of feature-get.md; source keys
# (`auth_connector`) come with the higher plans only (offline-events.md).
PLANS = {
    "rest_offline_extended": _ALL,
    "rest_auth_connector": ("enterprise", "box"),
    "rest": _ALL,
    "robots": _ALL,
    "workflows": _ALL,
    "smart_processes": _ALL,
    "merging": _ALL,
    "documents": _ALL,
    "document_roles": _ALL,
    "invoice_payments": _ALL,
    "more_workplaces": _ALL,
}


def has(portal: Portal, name: str) -> bool:
    """Whether the portal has a feature: as it was switched, else as its plan says."""
    switched = portal.store.setting(_SETTING)
    if switched and name in switched:
        return bool(switched[name])
    return portal.plan in PLANS.get(name, ())


def taken(portal: Portal, name: str) -> bool:
    """Whether a feature was switched off by hand, whatever the plan says."""
    return (portal.store.setting(_SETTING) or {}).get(name) is False


def switch(portal: Portal, changes: Mapping[str, Any]) -> dict[str, bool]:
    """Gives and takes features, null goes back to the plan; returns all of them."""
    unknown = set(changes) - set(PLANS)
    if unknown:
        raise RestError("UNKNOWN_FEATURE", f"{', '.join(sorted(unknown))}: known are {', '.join(PLANS)}")
    kept = {**(portal.store.setting(_SETTING) or {}), **changes}
    portal.store.set_setting(_SETTING, {name: bool(value) for name, value in kept.items() if value is not None})
    return {name: has(portal, name) for name in PLANS}


def require(portal: Portal, name: str, code: str, text: str) -> None:
    """Refuses what the plan does not have."""
    if not has(portal, name):
        raise RestError(code, text, 400)
