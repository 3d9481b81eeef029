"""The declarations of this folder: how to make each documented call, and what is known to differ.

`calls/*.yaml` hold, for one family each (`refusals/*.yaml` the same section, where it is long):

    records:                       # what calls need: created when a call names them
      company: {call: crm.company.add, fields.TITLE: Romashka}
    calls:                         # the documented example with these places changed
      crm.company.get: {id: <company>}
    refusals:                      # the same call, changed again, must be refused with the code
      crm.company.get:
        "": {id: 999999}
    events:                        # the call that makes the portal send the event
      ONCRMCOMPANYADD: {call: crm.company.add}
      ONAPPUPDATE: {control: update, client_id: local.replay, version: 2}
    steps: [...]                   # nothing of its own: a place for anchors of calls made before several

A change is `path: value`, where a path leads through objects by dots. Names that begin with an
underscore are not parameters:
`_only` the whole parameters, instead of the documented example; `_drop` paths to leave out;
`_as` who calls: `app` (an administrator in an application, the usual), `other` (in another
application), `webhook`, each with `:USER` (also a record: `app:<outsider>`), or `nobody`;
`_first` calls made before it.
`<record>` stands for the `result` of creating a record, `<record.path>` for a place in it;
`control: NAME` instead of `call: METHOD` asks the control side of the sandbox.
`<handler>` is an address that answers, `<long>` a text too long for what is attached to messages.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

HERE = Path(__file__).parent
Change = dict[str, Any]


@cache
def section(name: str) -> dict[str, Any]:
    """A section of all files, in one; what is about one method may stand in several of them."""
    found: dict[str, Any] = {}
    for path in sorted([*HERE.glob("calls/*.yaml"), *HERE.glob("refusals/*.yaml")]):
        for key, change in (yaml.safe_load(path.read_text("utf-8")).get(name) or {}).items():
            known = found.setdefault(key, {})
            twice = known.keys() & change.keys()
            assert not twice, f"{path.name} declares {key} again: {', '.join(map(str, twice))}"
            known |= change
    return found


def records() -> dict[str, Change]:
    """How records are created, by their name; `call` is the method."""
    return section("records")


def call_of(method: str) -> Change:
    """The changes that make the documented example of a method work here."""
    return section("calls").get(method) or {}


@cache
def links_of(method: str) -> Change:
    """The records that parameters name, in the families whose prefix the method has."""
    found: Change = {}
    for prefix, links in sorted(section("links").items()):
        if method.startswith(prefix):
            found |= links
    return found


def refusals_of(method: str) -> dict[str, Change]:
    """How to provoke the documented errors of a method, by code."""
    return {str(code): change or {} for code, change in (section("refusals").get(method) or {}).items()}


def events() -> dict[str, Change]:
    """The call that makes the portal send an event, by the event's code."""
    return section("events")
