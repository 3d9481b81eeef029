"""The facts about messages that robots asked for: the company's wishes, and what waits for it."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Reader
from facts.calendar import read_calendar
from rules.wanted_messages import WantedFacts


def load_wanted_messages(reader: Reader, ids: Collection[int]) -> dict[int, WantedFacts]:
    """The facts of the companies that exist."""
    messages, calendar = reader.messages(ids), read_calendar(reader)
    return {
        id: WantedFacts(
            company_id=id,
            title=row.get("title") or f"#{id}",
            is_ours=bool(row.get("is_my_company")),
            opted_out=bool(row.get("no_auto_messages")),
            messages=tuple(messages.get(id, ())),
            calendar=calendar,
        )
        for id, row in reader.by_ids("company", ids).items()
    }
