"""Every documented error is provoked and comes with the documented code and status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.coverage import vendor
from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.stage import Stage


def documented_refusals() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each method and each of its errors: `code`, `statuses` (none when they are left open), `text`."""
    for name in documented.implemented():
        for refusal in documented.methods()[name]["refusals"]:
            yield name, refusal


PROVOKED = [
    pytest.param(name, refusal, id=f"{name}:{refusal['code']}")
    for name, refusal in documented_refusals()
    if str(refusal["code"]) in declared.refusals_of(name)
]


@pytest.mark.parametrize(("method", "refusal"), PROVOKED)
def test_refusal(stage: Stage, method: str, refusal: dict[str, Any]) -> None:
    code = str(refusal["code"])
    answer = stage.play(method, declared.call_of(method), declared.refusals_of(method)[code])
    assert answer.code == code, f"{answer.status} {answer.body}"
    assert answer.status in (refusal["statuses"] or range(400, 600))


def test_every_error_is_provoked_or_given_up() -> None:
    left = []
    for name, refusal in documented_refusals():
        code, given_up = str(refusal["code"]), vendor.differences("refusals").get(name, {})
        if (code in declared.refusals_of(name)) == (code in given_up):
            left.append(f"{name}:{code} {refusal['text']}")
    assert not left, "neither provoked nor given up with a reason, or both"


def test_declarations_are_of_documented_errors() -> None:
    for name in documented.implemented():
        codes = {str(refusal["code"]) for refusal in documented.methods()[name]["refusals"]}
        assert set(declared.refusals_of(name)) | set(vendor.differences("refusals").get(name, {})) <= codes, name
