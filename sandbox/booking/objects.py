"""What bookings are made of: the kinds of rows, their parameters and the refusals (api-reference/booking)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import events

Row = dict[str, Any]
TYPES = Documents("booking_type")
RESOURCES = Documents("booking_resource")
SLOTS = Documents("booking_slot", "resourceId")
BOOKINGS = Documents("booking")
WAITING = Documents("booking_waiting")
CLIENT_TYPES = [{"code": "COMPANY", "module": "crm"}, {"code": "CONTACT", "module": "crm"}]

for _what in ("", "RESOURCE", "RESOURCETYPE", "WAITLISTITEM"):
    events("booking", *(f"ONBOOKING{_what}{verb}" for verb in ("ADD", "UPDATE", "DELETE")))


def tell(call: Call, what: str, number: int) -> None:
    """Sends an event of bookings (`ADD`, `RESOURCEUPDATE`, ...)."""
    call.portal.emit(f"ONBOOKING{what}", {"ID": number}, call)


def refused(code: int, text: str) -> RestError:
    """A refusal with one of the section's numbers."""
    return RestError(code, text, 400)


def fields_of(call: Call, name: str = "fields") -> Row:
    """The object parameter that must come."""
    given = call.get(name)
    if not isinstance(given, Mapping) or not given:
        raise missing(name)
    return dict(given)


def require(given: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuses an object without the named fields."""
    lacking = [name for name in names if given.get(name) is None or given[name] == ""]
    if lacking:
        raise refused(0, f"Required fields: {', '.join(lacking)}")


def rows_of(call: Call, name: str) -> list[Any]:
    """The list parameter that must come."""
    if call.get(name) is None:
        raise missing(name)
    return call.listing(name)


def found(call: Call, kind: Documents, name: str, code: int, text: str) -> Row:
    """The row that a required parameter names, or the method's refusal."""
    row = kind.get(call, call.integer(name))
    if row is None:
        raise refused(code, text)
    return row


# --- notifications of resources and of their types ------------------------------------------

# Name in a request, name in an answer, what it is at first.
_NUMBERS = (
    ("infoDelay", "infoNotificationDelay", 300),
    ("reminderDelay", "reminderNotificationDelay", -1),
    ("delayedDelay", "delayedNotificationDelay", 300),
    ("delayedCounterDelay", "delayedCounterDelay", 7200),
    ("confirmationDelay", "confirmationNotificationDelay", 86400),
    ("confirmationRepetitions", "confirmationNotificationRepetitions", 0),
    ("confirmationRepetitionsInterval", "confirmationNotificationRepetitionsInterval", 0),
    ("confirmationCounterDelay", "confirmationCounterDelay", 7200),
)
_KINDS = ("Info", "Confirmation", "Reminder", "Feedback", "Delayed")
_TEMPLATES = dict.fromkeys(_KINDS, ("inanimate", "animate")) | {"Reminder": ("base",)}
UNSAID: Row = {
    **{shown: first for _, shown, first in _NUMBERS},
    **{f"is{kind}NotificationOn": "Y" for kind in _KINDS},
    **{f"templateType{kind}": templates[0] for kind, templates in _TEMPLATES.items()},
}


def _odd(name: str) -> RestError:
    return refused(422, f"Invalid value of the field {name}")


def flag(given: Mapping[str, Any], name: str) -> Row:
    """A field of Y and N, if it came."""
    if name not in given:
        return {}
    if given[name] not in ("Y", "N"):
        raise _odd(name)
    return {name: given[name]}


def notifications(given: Mapping[str, Any]) -> Row:
    """The settings of notifications among the fields of a request."""
    row: Row = {}
    for name, shown, _ in _NUMBERS:
        value = given.get(name, given.get(shown))
        if value is None:
            continue
        if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
            raise _odd(name)
        row[shown] = int(value)
    for kind, templates in _TEMPLATES.items():
        row |= flag(given, f"is{kind}NotificationOn")
        name = f"templateType{kind}"
        if name in given:
            if given[name] not in templates:
                raise _odd(name)
            row[name] = given[name]
    return row


# --- lists ----------------------------------------------------------------------------------


def filter_and_order(call: Call) -> tuple[Row, Row]:
    """FILTER and ORDER of a list; anything but an object is refused."""
    result = []
    for name in ("filter", "order"):
        given = call.get(name)
        if given not in (None, "", []) and not isinstance(given, Mapping):
            text = f"Invalid value {{{given}}} to match with parameter {{{name}}}. Should be value of type array."
            raise RestError("", text, 400)
        result.append(dict(given or {}))
    return result[0], result[1]


def matching(rows: Iterable[Row], wanted: Mapping[str, Any], searched: str) -> list[Row]:
    """Rows by the equality of fields; `searchQuery` looks for a part of the field `searched`."""
    query = str(wanted.get("searchQuery") or "").lower()
    exact = {name: str(value) for name, value in wanted.items() if name != "searchQuery"}
    return [
        row
        for row in rows
        if query in str(row[searched]).lower() and all(str(row.get(name)) == value for name, value in exact.items())
    ]


def ordered(rows: list[Row], order: Mapping[str, Any], allowed: Iterable[str]) -> list[Row]:
    """Rows by the asked fields (in any letter case of the names)."""
    known = {name.lower(): name for name in allowed}
    for name, way in reversed(list(order.items())):
        if name.lower() in known:
            own = known[name.lower()]
            rows = sorted(rows, key=lambda row: (row[own] is None, row[own]), reverse=str(way).lower() == "desc")
    return rows
