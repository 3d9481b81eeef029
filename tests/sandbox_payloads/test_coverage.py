"""The report on coverage is current, and the list of differences is about what exists."""

from __future__ import annotations

from sandbox.coverage import vendor
from sandbox.coverage.report import report


def test_report_is_current() -> None:
    committed = (vendor.HERE.parent / "COVERAGE.md").read_text("utf-8")
    assert committed == report(), "write it anew: python -m sandbox.coverage"


def test_differences_are_of_documented_names() -> None:
    methods = {one.key for one in vendor.methods()}
    events = {one.name.upper() for one in vendor.events()}
    assert set(vendor.differences("answers")) | set(vendor.differences("refusals")) <= methods
    assert set(vendor.differences("events")) <= events
