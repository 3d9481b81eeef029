"""The facts about reminders: a company's debts, and what was written to it."""

from __future__ import annotations

from collections.abc import Collection

from b24app.declare import Reader
from facts.company import load_companies
from rules.reminders import ReminderFacts

REMINDING = "remind_about_debts"
"""the handler's name"""


def load_reminders(reader: Reader, ids: Collection[int]) -> dict[int, ReminderFacts]:
    """The facts of the companies that exist; what was read for their receivables is not read again."""
    companies = load_companies(reader, ids)
    messages = reader.messages(companies.keys())
    since = reader.switched_on(REMINDING)
    return {
        id: ReminderFacts(facts, tuple(messages.get(id, ())), reader.language, since) for id, facts in companies.items()
    }
