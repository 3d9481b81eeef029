"""Two weeks of the demo business over HTTP; `make year` lives the whole year."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.year.check import faults_of
from tests.year.simulate import orders_of, simulate
from tests.year.tables import summary, write

pytestmark = pytest.mark.flow
DAYS, COMPANIES = 10, 40


def test_two_weeks_without_a_fault(tmp_path: Path) -> None:
    year, did = simulate(DAYS, COMPANIES, tmp_path / "world")
    faults = faults_of(year.business, year.happenings, orders_of(year), did)
    write(tmp_path / "tables", did, year.loads, faults)
    assert faults == []
    shown = summary(did, year.loads)
    assert sum(one.kind == "message" for one in did) > 20, shown
    assert {one.how for one in did if one.kind == "message"} == {"openline", "email"}, shown
