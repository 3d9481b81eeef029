"""Rights finer than "administrator or not": words granted to employees by the control side."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal

# What an employee may without being granted anything: work with documents of cards.
USUAL = ("documents",)
# The trade catalogue, its elements, prices, sections and stores; the online shop; documents of the generator.
WORDS = ("catalog", "read", "element", "product", "block", "section", "price", "store", "shop", "documents")
_SETTING = "plain.rights"


def grant(portal: Portal, user: int, words: list[str]) -> None:
    """Sets exactly what an employee may."""
    everyone = dict(portal.store.setting(_SETTING) or {})
    portal.store.set_setting(_SETTING, {**everyone, str(user): words})


def may(call: Call, word: str) -> bool:
    """Whether the caller may do this; administrators and the portal itself may everything."""
    if call.source not in ("rest", "act") or call.portal.is_admin(call.user):
        return True
    granted = (call.portal.store.setting(_SETTING) or {}).get(str(call.user), USUAL)
    return word in granted


def require(call: Call, *needed: tuple[str, int | str]) -> None:
    """Refuses a caller with the code that stands beside the first right that is lacking."""
    for word, code in needed:
        if not may(call, word):
            raise RestError(code, "Access Denied")
