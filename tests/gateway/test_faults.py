"""A write under every fault of the sandbox: done, refused or unknown, and never done twice."""

from __future__ import annotations

import uuid

import pytest

from b24app.errors import OutcomeUnknown
from b24app.portal.gateway import Call, Done, Gateway, Lost, Outcome
from tests.harness.sandbox import Sandbox

# kind, what a single write ends with, how many objects there are then
FAULTS = [
    ("503", "done", 1),
    ("302", "done", 1),
    ("429", "done", 1),
    ("500", "unknown", 0),
    ("504_after_apply", "unknown", 1),
    ("drop_before", "unknown", 0),
    ("drop_after_apply", "unknown", 1),
    ("html", "unknown", 0),
    ("error200", "unknown", 0),
]


def company(title: str) -> dict[str, object]:
    return {"entityTypeId": 4, "fields": {"title": title}}


def strike(sandbox: Sandbox, kind: str, method: str) -> None:
    sandbox.control("faults", method="DELETE")
    body = {"match": {"method": method}, "kind": kind, "times": 1}
    sandbox.control("faults", {**body, "reset_after": 1} if kind == "429" else body)


def count(sandbox: Sandbox, title: str) -> int:
    sandbox.control("faults", method="DELETE")
    found = sandbox.rest("crm.item.list", {"entityTypeId": 4, "filter": {"=title": title}})
    return len(found["items"])


@pytest.mark.parametrize(("kind", "end", "objects"), FAULTS)
def test_a_single_write(sandbox: Sandbox, sandbox_gateway: Gateway, kind: str, end: str, objects: int) -> None:
    title = uuid.uuid4().hex
    strike(sandbox, kind, "crm.item.add")
    if end == "unknown":
        with pytest.raises(OutcomeUnknown):
            sandbox_gateway.call("crm.item.add", company(title), write=True)
    else:
        sandbox_gateway.call("crm.item.add", company(title), write=True)
    assert count(sandbox, title) == objects


@pytest.mark.parametrize(("kind", "end", "objects"), FAULTS)
def test_writes_in_a_batch(sandbox: Sandbox, sandbox_gateway: Gateway, kind: str, end: str, objects: int) -> None:
    titles = [uuid.uuid4().hex for _ in range(3)]
    strike(sandbox, kind, "crm.item.add" if kind in ("503", "429", "500") else "batch")
    outcomes = sandbox_gateway.batch([Call("crm.item.add", company(title), write=True) for title in titles])
    for title, outcome in zip(titles, outcomes, strict=True):
        assert count(sandbox, title) <= 1
        if isinstance(outcome, Done):
            assert count(sandbox, title) == 1
    assert _lost(outcomes) == (0 if end == "done" else 1 if kind == "500" else 3)


def _lost(outcomes: list[Outcome]) -> int:
    return sum(isinstance(outcome, Lost) for outcome in outcomes)
