"""Every method answers its documented call with the documented keys and types."""

from __future__ import annotations

import pytest

from sandbox.coverage import vendor
from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.shapes import differences, lasting
from tests.sandbox_payloads.stage import Stage

ANSWERED = [name for name in documented.implemented() if documented.methods()[name]["answers"]]


@pytest.mark.parametrize("method", ANSWERED)
def test_answer(stage: Stage, method: str) -> None:
    answer = stage.play(method, declared.call_of(method))
    assert answer.status == 200, f"{answer.status} {answer.body}"
    # Pages print several samples; the call is the first one's, but any of them may be met.
    found = min(
        (differences(lasting(sample), answer.body) for sample in documented.methods()[method]["answers"]), key=len
    )
    known = vendor.differences("answers").get(method, {})
    news = {path: what for path, what in found.items() if path not in known}
    assert not news, f"differs from {documented.methods()[method]['page']}"
    assert not known.keys() - found.keys(), "no longer differs, take it out of differences.toml"
