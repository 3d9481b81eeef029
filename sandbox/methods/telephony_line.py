"""External lines of telephony applications: `telephony.externalLine.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm.values import empty, flag
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.telephony import lines
from sandbox.telephony.calls import refused


def _app(call: Call) -> str:
    if call.app is None:
        raise RestError("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
    return call.app


def _number(call: Call) -> str:
    number = str(call.get("NUMBER") or "").strip()
    if not number:
        raise refused("NUMBER should not be empty")
    return number


def _line(call: Call) -> dict[str, Any]:
    """The line of the calling application that NUMBER names."""
    app, number = _app(call), _number(call)
    row = lines.find(call.portal.store, app, number)
    if row is None:
        raise refused(f"Could not find line with number {number}")
    return row


@method("telephony.externalLine.add", "telephony", write=True)
def add(call: Call) -> dict[str, int]:
    """Adds a line under a number the application has not used yet."""
    app, number = _app(call), _number(call)
    if lines.find(call.portal.store, app, number) is not None:
        raise refused("Line already exists")
    automatic = call.get("CRM_AUTO_CREATE")
    row = {
        "app": app,
        "number": number,
        "name": str(call.get("NAME") or ""),
        "autoCreate": "Y" if automatic in (None, "") else flag(automatic),
    }
    return {"ID": call.portal.store.insert("phone_lines", row)}


@method("telephony.externalLine.get", "telephony")
def get(call: Call) -> list[dict[str, str]]:
    """The lines of the calling application."""
    rows = call.portal.store.rows("SELECT * FROM phone_lines WHERE app = ? ORDER BY id", (_app(call),))
    return [{"NUMBER": row["number"], "NAME": row["name"], "CRM_AUTO_CREATE": row["autoCreate"]} for row in rows]


@method("telephony.externalLine.update", "telephony", write=True)
def update(call: Call) -> dict[str, str]:
    """Changes the name of a line, or whether outgoing calls through it make clients."""
    _app(call)
    _number(call)
    values: dict[str, Any] = {}
    if not empty(call.get("NAME")):
        values["name"] = str(call.get("NAME"))
    if call.get("CRM_AUTO_CREATE") not in (None, ""):
        values["autoCreate"] = flag(call.get("CRM_AUTO_CREATE"))
    if not values:
        raise refused("There are no fields to update")
    number = _line(call)["id"]
    sets = ", ".join(f"{name} = ?" for name in values)
    call.portal.store.execute(f"UPDATE phone_lines SET {sets} WHERE id = ?", (*values.values(), number))
    return {"ID": str(number)}


@method("telephony.externalLine.delete", "telephony", write=True)
def delete(call: Call) -> list[Any]:
    """Deletes a line; the answer is an empty list."""
    call.portal.store.execute("DELETE FROM phone_lines WHERE id = ?", (_line(call)["id"],))
    return []
