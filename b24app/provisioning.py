"""Provisioning as the installation page shows it: preset cards, plan lines, progress kept in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Select, select

from b24app.store.database import Database
from b24app.store.models import CursorRow, utcnow
from b24app.store.upsert import insert_missing, upsert
from b24app.web.services import PlanLine, PresetCard, Progress
from config.preset import known_presets, load_preset
from rules.decision import Text

CURSOR = "install.progress"
_UNTITLED = Text("", "")
STALE = timedelta(minutes=3)
"""a run that has been silent for so long died with its worker; the button starts another"""


def preset_cards() -> list[PresetCard]:
    """The presets of the product."""
    presets = [load_preset(code) for code in known_presets()]
    return [PresetCard(preset.code, preset.title, preset.description) for preset in presets]


def plan_lines(plan: Any) -> list[PlanLine]:
    """A plan's steps, what exists, and remarks."""
    lines = []
    for step in plan.steps:
        if step.action == "remember":
            continue
        attention = step.needs_consent and not plan.is_allowed(step)
        note = step.text if attention or step.action != "create" else None
        action: Literal["create", "attention"] = "attention" if attention else "create"
        lines.append(PlanLine(action, step.kind, step.title, note, step.name if attention else ""))
    return lines + [PlanLine("attention", "note", _UNTITLED, note) for note in plan.notes]


class ProgressBook:
    """The progress of provisioning of each portal, as rows that every process can read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, portal_id: int) -> bool:
        """Notes that a run begins; False while another one is alive."""
        with self._database.session() as session:
            # Two administrators may press the button at once: the row is there before it is locked.
            idle = {"portal_id": portal_id, "name": CURSOR, "value": _value(Progress("idle"))}
            insert_missing(session, CursorRow, [idle], ["portal_id", "name"])
            row = session.scalars(_row(portal_id).with_for_update()).one()
            fresh = utcnow().timestamp() - row.value["at"] < STALE.total_seconds()
            if row.value["state"] == "running" and fresh:
                return False
            row.value = _value(Progress("running"))
            return True

    def write(self, portal_id: int, progress: Progress) -> None:
        """Replaces the progress."""
        with self._database.session() as session:
            value = {"portal_id": portal_id, "name": CURSOR, "value": _value(progress)}
            upsert(session, CursorRow, [value], ["portal_id", "name"])

    def read(self, portal_id: int) -> Progress:
        """The progress now."""
        with self._database.session() as session:
            row = session.scalar(_row(portal_id))
            if row is None:
                return Progress("idle")
            value = row.value
        return Progress(value["state"], value["done"], value["total"], Text(value["ru"], value["en"]))


def _row(portal_id: int) -> Select[CursorRow]:
    return select(CursorRow).where(CursorRow.portal_id == portal_id, CursorRow.name == CURSOR)


def _value(progress: Progress) -> dict[str, Any]:
    text = progress.text
    return {
        "state": progress.state,
        "done": progress.done,
        "total": progress.total,
        "ru": text.ru,
        "en": text.en,
        "at": utcnow().timestamp(),
    }
