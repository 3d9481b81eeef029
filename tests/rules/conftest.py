"""A portal in memory on a Monday morning."""

from __future__ import annotations

import pytest

from tests.rules.small_portal import SmallPortal, at


@pytest.fixture
def portal() -> SmallPortal:
    """Company 100 without a debt, a prospect so far."""
    portal = SmallPortal(at("2026-04-06 10:00"))
    portal.company(type="type.prospect")
    return portal
