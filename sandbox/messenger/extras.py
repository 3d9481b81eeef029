"""What is attached to messages: blocks, buttons, entries of the menu."""

from __future__ import annotations

import json
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError

_LIMIT = 60_000
# Bots of the first version and lines of other portals may attach 30 KB (imbot-message-add.md).
_LIMIT_OF_BOTS = 30 * 1024
_SIZES = {"ATTACH": "ATTACH_OVERSIZE", "KEYBOARD": "KEYBOARD_OVERSIZE", "MENU": "MENU_OVERSIZE"}
_WORDS = {"ATTACH": "attach", "KEYBOARD": "keyboard", "MENU": "menu"}


def extras(call: Call) -> dict[str, Any]:
    """ATTACH, KEYBOARD and MENU of a message, as values or as JSON texts; `N` takes one away."""
    params: dict[str, Any] = {}
    limit = _LIMIT_OF_BOTS if call.method.lower().startswith(("imbot.", "imopenlines.")) else _LIMIT
    for name in _SIZES:
        value = call.get(name)
        if value in (None, ""):
            continue
        if value == "N":
            params[name] = []
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(text) > limit:
            raise RestError(_SIZES[name], f"You have exceeded the maximum allowable size of {_WORDS[name]}")
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        if not isinstance(parsed, (dict, list)):
            raise RestError(f"{name}_ERROR", f"Incorrect {_WORDS[name]} params")
        params[name] = parsed
    return params
