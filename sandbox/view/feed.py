"""The timeline of a card: what is to be done, and what has happened, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from markupsafe import Markup

from sandbox.view.employee import Employee, Row
from sandbox.view.kinds import Kind
from sandbox.view.looks import Look, look_of
from sandbox.view.markup import formatted
from sandbox.view.moments import moment
from sandbox.view.names import Names

MOST = 40
# The provider of activities that stand for tasks; completing the task completes them.
TASK = "CRM_TASKS_TASK"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the timeline; `late` is a to-do whose deadline has passed. `finish` is where a
    to-do is completed, `href` leads to the task behind it, `look` is what its application drew."""

    kind: Literal["todo", "activity", "comment", "stage", "note"]
    id: int
    at: str
    when: str
    who: str
    title: str
    text: Markup
    deadline: str = ""
    late: bool = False
    finish: str = ""
    href: str = ""
    look: Look | None = None


class Feed:
    """The timeline of one object."""

    def __init__(self, employee: Employee, names: Names, kind: Kind, number: int) -> None:
        self.employee = employee
        self.names = names
        self.kind = kind
        self.number = number
        self.portal = employee.portal

    def planned(self) -> list[Entry]:
        """What is to be done, the nearest deadline first."""
        entries = [self._activity(row, "todo") for row in self._activities("N")]
        return sorted(entries, key=lambda entry: entry.at)

    def past(self) -> list[Entry]:
        """What has happened, newest first."""
        entries = [self._activity(row, "activity") for row in self._activities("Y")]
        entries += [self._comment(row) for row in self._comments()]
        entries += [self._move(row) for row in self._moves()]
        entries += [self._note(row) for row in self._notes()]
        return sorted(entries, key=lambda entry: _instant(entry.at), reverse=True)[:MOST]

    def _activities(self, completed: str) -> list[Row]:
        wanted = {"OWNER_TYPE_ID": self.kind.id, "OWNER_ID": self.number, "COMPLETED": completed}
        return self.employee.glance("crm.activity.list", {"filter": wanted, "order": {"ID": "DESC"}})

    def _comments(self) -> list[Row]:
        wanted = {"ENTITY_ID": self.number, "ENTITY_TYPE": self.kind.owner}
        return self.employee.glance("crm.timeline.comment.list", {"filter": wanted, "order": {"ID": "DESC"}})

    def _notes(self) -> list[Row]:
        """Entries that applications wrote into the log of the card."""
        asked = {"entityTypeId": self.kind.id, "entityId": self.number, "order": {"id": "DESC"}}
        return self.employee.glance("crm.timeline.logmessage.list", asked)

    def _moves(self) -> list[Row]:
        if not self.kind.has_stages:
            return []
        asked = {"entityTypeId": self.kind.id, "filter": {"OWNER_ID": self.number}, "order": {"ID": "DESC"}}
        return self.employee.glance("crm.stagehistory.list", asked)

    def _activity(self, row: Row, kind: Literal["todo", "activity"]) -> Entry:
        deadline = str(row.get("DEADLINE") or "")
        late = kind == "todo" and bool(deadline) and _instant(deadline) < self.portal.now().timestamp()
        task = row.get("ASSOCIATED_ENTITY_ID") if row.get("PROVIDER_ID") == TASK else None
        when = str((deadline if kind == "todo" else row.get("LAST_UPDATED")) or row.get("CREATED") or "")
        return Entry(
            kind,
            int(row["ID"]),
            when,
            self._print(when),
            self.names.user(row.get("RESPONSIBLE_ID") or 0),
            str(row.get("SUBJECT") or "Дело"),
            formatted(row.get("DESCRIPTION"), self.portal.domain),
            self._print(deadline),
            late,
            f"/task/{task}/complete" if task else f"/activity/{row['ID']}/complete",
            f"/task/{task}" if task else "",
            look_of(self.portal, int(row["ID"])),
        )

    def _comment(self, row: Row) -> Entry:
        at = str(row.get("CREATED") or "")
        text = formatted(row.get("COMMENT"), self.portal.domain)
        return Entry("comment", int(row["ID"]), at, self._print(at), self.names.user(row["AUTHOR_ID"]), "", text)

    def _move(self, row: Row) -> Entry:
        at, code = str(row.get("CREATED_TIME") or ""), row.get("STAGE_ID") or row.get("STATUS_ID")
        stages = self.names.stages(self.kind, int(row.get("CATEGORY_ID") or 0))
        name = next((stage.name for stage in stages if stage.id == code), str(code))
        return Entry("stage", int(row["ID"]), at, self._print(at), "", name, Markup(""))

    def _note(self, row: Row) -> Entry:
        at, title = str(row.get("created") or ""), str(row.get("title") or "")
        text = formatted(row.get("text"), self.portal.domain)
        return Entry("note", int(row["id"]), at, self._print(at), self.names.user(row.get("authorId")), title, text)

    def _print(self, at: str) -> str:
        return moment(at, self.portal.clock.zone) if at else ""


def _instant(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return 0.0
