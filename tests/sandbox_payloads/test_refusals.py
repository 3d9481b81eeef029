"""Every documented error is provoked and comes with the documented code and status."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.coverage import vendor
from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.stage import Stage

REFUSALS = [
    pytest.param(name, refusal, id=f"{name}:{refusal['code']}")
    for name in documented.implemented()
    for refusal in documented.methods()[name]["refusals"]
]


@pytest.mark.parametrize(("method", "refusal"), REFUSALS)
def test_refusal(stage: Stage, method: str, refusal: dict[str, Any]) -> None:
    code = str(refusal["code"])
    ways, given_up = declared.refusals_of(method), vendor.differences("refusals").get(method, {})
    assert code in ways or code in given_up, f"nothing says how to provoke it: {refusal['text']}"
    if code in given_up:
        assert code not in ways, "declared and given up at once"
        return
    answer = stage.play(method, declared.call_of(method), ways[code])
    assert answer.code == code, f"{answer.status} {answer.body}"
    assert answer.status == (refusal["status"] or answer.status)
    assert answer.status >= 400 or refusal["status"] == 200


def test_declarations_are_of_documented_errors() -> None:
    for name in documented.implemented():
        codes = {str(refusal["code"]) for refusal in documented.methods()[name]["refusals"]}
        assert set(declared.refusals_of(name)) | set(vendor.differences("refusals").get(name, {})) <= codes, name
