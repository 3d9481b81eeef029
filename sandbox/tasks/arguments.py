"""Parameters of the old `task.*` methods: named or by their place, and the refusals of wrong ones.

The old methods pass parameters on in the order of the documentation, so `[12, {...}]` works as
`{"TASKID": 12, "FIELDS": {...}}` does (api-reference/tasks/checklist-item/task-checklist-item-add.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.crm import tasks
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.tasks import access

Row = dict[str, Any]


def failed(text: str, number: int = 8, name: str = "ACTION_FAILED_TO_BE_PROCESSED") -> RestError:
    """A refusal `TASKS_ERROR_EXCEPTION_#8; text; 8/TE/NAME`."""
    return RestError("ERROR_CORE", f"TASKS_ERROR_EXCEPTION_#{number}; {text}; {number}/TE/{name}<br>", 400)


def forbidden(text: str = "Action is not allowed") -> RestError:
    """The caller has no right to do it."""
    return failed(text, 4, "ACTION_NOT_ALLOWED")


def lost() -> RestError:
    """There is no such item in the task."""
    return failed("Check listitem not found or not accessible", 512, "ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE")


def _wrong(text: str) -> RestError:
    return failed(text, 256, "WRONG_ARGUMENTS")


class Arguments:
    """The parameters of one call, by the names that the vendor gives them."""

    def __init__(self, call: Call, kind: str, *names: str) -> None:
        self.call = call
        self.names = names
        self.title = f"ctask{kind}::{call.method.rpartition('.')[2]}()"

    def raw(self, name: str) -> Any:
        """A parameter by its name, or by its place."""
        found = self.call.get(name)
        return self.call.params.get(str(self.names.index(name))) if found is None else found

    def number(self, name: str, called: str) -> int:
        """A whole number; refused when it did not come or is none."""
        place, value = self.names.index(name), self.raw(name)
        if value is None and place:
            raise _wrong(f"Param #{place} ({called}) expected by method {self.title}, but not given.")
        if isinstance(value, bool) or not str(value if value is not None else "").lstrip("-").isdigit():
            text = f"Param #{place} ({called}) for method {self.title} expected to be of type"
            raise _wrong(f'{text} "integer", but given something else.')
        if int(value) <= 0:
            raise RestError("ERROR_CORE", "TASKS_ERROR_ASSERT_EXCEPTION<br>", 400)
        return int(value)

    def fields(self, name: str, called: str) -> dict[str, Any]:
        """A map; refused when it did not come or is empty."""
        value = self.raw(name)
        if not isinstance(value, Mapping) or not value:
            place = self.names.index(name)
            raise _wrong(f"Param #{place} ({called}) expected by method {self.title}, but not given.")
        return {str(key).upper(): child for key, child in value.items()}

    def mapping(self, name: str, called: str, allowed: frozenset[str]) -> dict[str, Any]:
        """A map that may be absent and names only what is allowed (order, filter)."""
        value = self.raw(name)
        given = {str(k).upper(): v for k, v in value.items()} if isinstance(value, Mapping) else {}
        for key in given:
            if key.lstrip("!<>=%") not in allowed:
                place = self.names.index(name)
                raise _wrong(f'Param #{place} ({called}) for method {self.title} must not contain key "{key}".')
        return given

    def task(self, name: str = "TASKID", refusal: RestError | None = None) -> Row:
        """The task, when the caller sees it."""
        row = tasks.get(self.call, self.number(name, "taskId"))
        if row is None or not access.reads(self.call, row):
            raise refusal or failed("Action failed")
        return row
