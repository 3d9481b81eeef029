"""The portal's event log: who registered, was changed, signed in (api-reference/event-log)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents

ENTRIES = Documents("eventlog")


def note(call: Call, kind: str, item: Any, *, module: str = "main", severity: str = "SECURITY", **told: Any) -> None:
    """Writes a line: `kind` is its type (`USER_EDIT`), `item` the object, `told` what else is known."""
    line = {"at": int(call.portal.clock.timestamp()), "severity": severity, "kind": kind, "module": module}
    description = json.dumps(told, ensure_ascii=False) if told else ""
    ENTRIES.add(call, {**line, "item": str(item), "user": call.user, "description": description})
