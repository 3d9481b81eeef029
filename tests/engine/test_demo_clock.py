"""A demonstration begins in an hour in which clients are written to."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from b24app.cli.demo import working_moment

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-04-06T14:20", "2026-04-06T14:20"),
        ("2026-04-06T08:00", "2026-04-03T11:00"),
        ("2026-04-06T22:00", "2026-04-06T11:00"),
        ("2026-04-05T12:00", "2026-04-03T11:00"),
        ("2026-01-04T12:00", "2025-12-30T11:00"),
    ],
    ids=["at work", "early", "in the evening", "on a Sunday", "in the New Year's holidays"],
)
def test_the_demo_begins_in_working_hours(now, begins):
    moment = datetime.fromisoformat(now).replace(tzinfo=MOSCOW)
    assert working_moment(moment) == datetime.fromisoformat(begins).replace(tzinfo=MOSCOW)
