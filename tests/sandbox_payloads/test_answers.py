"""Every method answers its documented call with the documented keys and types."""

from __future__ import annotations

import pytest

from sandbox.coverage import vendor
from tests.sandbox_payloads import documented
from tests.sandbox_payloads.stage import Stage, answer_differences

ANSWERED = [name for name in documented.implemented() if documented.methods()[name]["answers"]]


@pytest.mark.parametrize("method", ANSWERED)
def test_answer(stage: Stage, method: str) -> None:
    found = answer_differences(stage, method)
    known = vendor.differences("answers").get(method, {})
    news = {path: what for path, what in found.items() if path not in known}
    assert not news, f"differs from {documented.methods()[method]['page']}"
    assert not known.keys() - found.keys(), "no longer differs, take it out of differences.toml"
