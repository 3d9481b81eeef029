"""What is declared is about what exists."""

from __future__ import annotations

import re

from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.declared import HERE
from tests.sandbox_payloads.stage import RECORDS


def test_calls_are_of_documented_methods() -> None:
    named = {*declared.section("calls"), *declared.section("refusals")}
    named |= {change["call"] for change in declared.records().values() if "call" in change}
    assert named <= set(documented.methods())


def test_places_name_records() -> None:
    for path in HERE.glob("*/*.yaml"):
        named = set(re.findall(r"(?<![\w\"'/])<([a-z]\w*)[.>]", path.read_text("utf-8")))
        assert named <= RECORDS, path.name
