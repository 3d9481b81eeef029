"""Decisions, journal entries and errors as the command line tells them: JSON documents and Russian lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from b24app.engine.error_inbox import Item
from b24app.engine.explain import Explanation
from b24app.engine.journal import Entry
from b24app.engine.sweeps import SweepReport
from b24app.engine.undo import Undone
from b24app.engine.values import decode_all, plain
from rules.decision import Ref, Text

JOURNAL_STATES = {
    "planned": "отправляется",
    "done": "сделано",
    "refused": "портал отказал",
    "unknown": "ответ потерян",
    "undone": "отменено",
}
ERROR_STATES = {
    "open": "ошибка осталась",
    "retried": "проверяется снова",
    "skipped": "пропущено",
    "resolved": "решено",
}


def explanation_data(entry: Explanation) -> dict[str, Any]:
    """A decision: rule, version, object, moments, outcome, reason in both languages, facts."""
    return {
        "rule": entry.rule,
        "version": entry.version,
        **_object(entry.subject),
        "at": entry.at,
        "last_at": entry.last_at,
        "outcome": entry.outcome,
        "acts": entry.acts,
        **asdict(entry.reason),
        "facts": entry.facts,
        "next_at": entry.next_at,
        "trouble": asdict(entry.trouble) if entry.trouble else None,
    }


def explained_lines(entries: Sequence[Explanation], zone: ZoneInfo) -> Iterator[str]:
    """Decisions that want something, wait or refuse; of the others only how many there are."""
    for entry in entries:
        if entry.is_telling:
            yield from explanation_lines(entry, zone)
    rest = sum(not entry.is_telling for entry in entries)
    if rest:
        yield f"Ещё решений, по которым делать нечего: {rest} (все показывает --json)"


def explanation_lines(entry: Explanation, zone: ZoneInfo) -> Iterator[str]:
    """What was decided, why, on which facts, and when it will be looked at again."""
    yield f"{entry.subject}  {entry.rule}, версия {entry.version}: {entry.outcome}"
    yield f"  {entry.reason.ru}"
    yield f"  Решено {_moment(entry.at, zone)}, проверено {_moment(entry.last_at, zone)}"
    if entry.facts:
        yield f"  Факты: {_pairs(entry.facts)}"
    if entry.next_at is not None:
        yield f"  Следующая проверка: {_moment(entry.next_at, zone)}"
    if entry.trouble is not None:
        yield f"  В списке ошибок: {entry.trouble.ru}"


def journal_data(entry: Entry) -> dict[str, Any]:
    """An automatic change; amounts, dates and moments as text."""
    data = {name: getattr(entry, name) for name in Entry.__slots__}
    return data | {"before": plain(decode_all(entry.before)), "after": plain(decode_all(entry.after))}


def journal_line(entry: Entry, zone: ZoneInfo) -> str:
    """An automatic change in one line."""
    what = f"{entry.kind} {entry.entity}:{entry.item_id or entry.key}"
    before, after = plain(decode_all(entry.before)), plain(decode_all(entry.after))
    changes = "; ".join(f"{name}: {_shown(before.get(name))} → {_shown(value)}" for name, value in after.items())
    state = JOURNAL_STATES.get(entry.state, entry.state) + (f": {entry.error}" if entry.error else "")
    return f"{entry.id}  {_moment(entry.at, zone)}  {entry.rule}  {what}  {changes}  [{state}]"


def undone_data(result: Undone) -> dict[str, Any]:
    """What became of one entry of the journal."""
    return {"id": result.id, "undone": result.undone, **asdict(result.text)}


def error_data(item: Item) -> dict[str, Any]:
    """An entry of the error inbox."""
    return {
        "id": item.id,
        "kind": item.kind,
        "state": item.state,
        **_object(item.ref),
        "count": item.count,
        "first_at": item.first_at,
        "last_at": item.last_at,
        **asdict(item.text),
        "payload": item.payload,
    }


def error_line(item: Item, zone: ZoneInfo) -> str:
    """An entry of the error inbox in one line."""
    where = f"{item.ref}  " if item.ref else ""
    times = f" (раз: {item.count})" if item.count > 1 else ""
    return f"{item.id}  {_moment(item.last_at, zone)}  {where}{item.text.ru}{times}"


def sweep_lines(report: SweepReport) -> Iterator[str]:
    """What a sweep did, or would do and on which objects."""
    done = "отправил бы команд" if report.dry_run else "отправлено команд"
    yield (
        f"{report.name}: объектов {report.subjects}, решений {report.decisions}, {done} {report.commands}, "
        f"ошибок {report.errors}"
    )
    for outcome, count in sorted(report.outcomes.items()):
        yield f"  {outcome}: {count}"
    for change in report.sample:
        yield f"  {change['subject']} → {change['kind']} {change['target']}: {_pairs(change['after'])}. {change['ru']}"


def nothing_decided(ref: Ref) -> Text:
    """Said when there is no decision about an object."""
    return Text(f"Решений о {ref} ещё не было.", f"Nothing has been decided about {ref} yet.")


def _object(ref: Ref | None) -> dict[str, Any]:
    return {"entity": ref.entity if ref else None, "item_id": ref.id if ref else None}


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%d.%m.%Y %H:%M")


def _pairs(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} = {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, Mapping):
        return f"({_pairs(value)})"
    if isinstance(value, list):
        return ", ".join(_shown(inner) for inner in value) or "—"
    return value.isoformat() if isinstance(value, date) else str(value)
