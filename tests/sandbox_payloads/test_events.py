"""Every event the sandbox sends has the form keys of the documented one."""

from __future__ import annotations

import re

import pytest

from sandbox.coverage import vendor
from sandbox.kernel.registry import EVENTS, load_families
from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.stage import Stage

load_families()
SENT = [code for code, event in documented.everything()["events"].items() if code in EVENTS and event.get("form_flat")]
# api-reference/events/index.md: it comes only with events of long-term access, though samples of others print it.
LONG_TERM = ("ONAPPINSTALL", "ONOFFLINEEVENT")


@pytest.mark.parametrize("code", SENT)
def test_event(stage: Stage, code: str) -> None:
    known = vendor.differences("events").get(code, {})
    change = declared.events().get(code)
    if change is None:
        assert "event" in known, "nothing says what makes the portal send it"
        return
    if code != "ONAPPINSTALL":
        stage.must("event.bind", {"_only": {"event": code, "handler": stage.receiver.url("/event")}})
    form = stage.provoke(code, change)
    wanted = _numberless(documented.everything()["events"][code]["form_flat"])
    if code not in LONG_TERM:
        wanted -= {"auth[refresh_token]"}
    missing = {key for key in wanted - _numberless(form) if not _is_of_empty(key, form)}
    assert missing == known.keys()
    assert form["event"].upper() == code


def _numberless(form: dict[str, str]) -> set[str]:
    """The keys, numbers in them replaced: which bot or which message it was is no matter."""
    return {re.sub(r"\[\d+\]", "[#]", key) for key in form}


def _is_of_empty(key: str, form: dict[str, str]) -> bool:
    """Whether the key is an empty array, which a form prints as nothing or as an empty text."""
    return f"{key}[]" in form


def test_every_declared_event_is_documented() -> None:
    assert set(declared.events()) <= set(documented.everything()["events"])
