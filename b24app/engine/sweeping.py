"""A sweep at work: stretch by stretch, resumable after every one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from b24app.declare import Row, Sweep
from b24app.engine import cursors
from b24app.engine.context import Context
from b24app.engine.history import catch_up
from b24app.engine.lease import Lease
from b24app.engine.rehearsal import Pretended, Rehearsal
from b24app.engine.rows import Rows, Window
from b24app.engine.stretch import Stretch, StretchReader, count, hub_of, last_id
from b24app.engine.sweeps import CURSOR, NARROWEST, NOISE, ROWS, WINDOW, SweepReport
from b24app.engine.work import Totals, Work, rows_of
from b24app.errors import PortalBusy, PortalRefused

ONLY = "only:"
"""the step for the subjects of a narrowed sweep"""
REST = "rest:"
"""the step for objects that are linked to nothing of the hub"""

Found = Mapping[str, Sequence[Row]]
"""rows to look at, by entity"""


class Sweeping:
    """One run of a sweep. `step` does one stretch under a lease, while `unfinished`."""

    def __init__(self, context: Context, sweep: Sweep, dry_run: bool) -> None:
        self._context = context
        self._sweep = sweep
        self._dry_run = dry_run
        self._handlers = [handler for handler in context.handlers if handler.name in sweep.handlers]
        hub, satellites = hub_of(self._handlers)
        self._reader = StretchReader(context, hub, satellites) if hub else None
        others = {handler.subject for handler in self._handlers} - satellites - {hub}
        self._steps = [*([hub] if hub else []), *(f"{REST}{entity}" for entity in sorted(satellites)), *sorted(others)]
        if sweep.only is not None:
            self._steps = [f"{ONLY}{entity}" for entity in sorted({handler.subject for handler in self._handlers})]
        self._place = self._resume()
        self._last: int | None = None
        self._counts: dict[str, int] = {}
        self.report = SweepReport(sweep.name, dry_run)
        self.totals = Totals()
        self._pretended = Pretended()

    @property
    def unfinished(self) -> bool:
        """Whether there is anything left."""
        return bool(self._place["steps"])

    def step(self, lease: Lease) -> None:
        """Looks at everything of one stretch. A stretch that used up what the portal allows to a method
        is narrower the next time, so that it fits some day."""
        try:
            self._step(lease)
        except PortalBusy:
            self._place["width"] = max(NARROWEST, self._place["width"] // 2)
            self._save()
            raise

    def _step(self, lease: Lease) -> None:
        name = self._place["steps"][0]
        if name.startswith(ONLY):
            self._some(lease, name.removeprefix(ONLY))
        elif name.startswith(REST):
            self._rest(lease, name.removeprefix(REST))
        elif self._reader is not None and name == self._reader.hub:
            self._stretch(lease, self._reader)
        else:
            self._plain(lease, name)

    def _stretch(self, lease: Lease, reader: StretchReader) -> None:
        after, upto = self._bounds(reader.hub)
        read = reader.read(after, upto)
        ids = frozenset(row["id"] for row in read.hub)
        window = Window(reader.hub, after + 1, upto, ids, reader.satellites)
        rows = rows_of(self._context, window)
        self._put(rows, reader, read)
        for entity, found in read.whole.items():
            self._place["read"][entity] = self._place["read"].get(entity, 0) + len(found)
        self._look(lease, {reader.hub: read.hub, **read.whole}, rows)
        reader.narrow |= window.asked
        self._advance(upto)

    def _put(self, rows: Rows, reader: StretchReader, read: Stretch) -> None:
        rows.put(reader.hub, read.hub)
        for entity, found in read.whole.items():
            rows.put(entity, found)
        for (entity, conditions), found in read.narrow.items():
            rows.put_answer(entity, conditions, found)

    def _rest(self, lease: Lease, entity: str) -> None:
        """Objects that no stretch held. They are asked for as those without a link; where the portal
        does not understand that (the numbers tell), everything is read once more by id."""
        if entity not in self._counts:
            left = [step.removeprefix(REST) for step in self._place["steps"] if step.startswith(REST)]
            self._counts = count(self._context, left)
        missing = self._counts[entity] - self._place["read"].get(entity, 0)
        found = self._unlinked(entity) if missing > 0 else []
        if missing - len(found) > NOISE:
            self._plain(lease, entity)
            return
        if found:
            self._history_and_look(lease, {entity: found})
        self._advance(None)

    def _unlinked(self, entity: str) -> list[Row]:
        link = f"{self._steps[0]}_id"
        try:
            return [row for row in self._context.items.by_filter(entity, {link: None}) if not row.get(link)]
        except PortalRefused:
            return []

    def _some(self, lease: Lease, entity: str) -> None:
        """The subjects of a narrowed sweep: few enough for one stretch."""
        where = self._sweep.only(self._context.limits) if self._sweep.only is not None else None
        found = list(self._context.items.by_filter(entity, where)) if where is not None else []
        if found:
            self._history_and_look(lease, {entity: found})
        self._advance(None)

    def _plain(self, lease: Lease, entity: str) -> None:
        after, upto = self._bounds(entity)
        found = list(self._context.items.by_filter(entity, {">id": after, "<=id": upto})) if upto > after else []
        window = Window(entity, after + 1, upto, frozenset(row["id"] for row in found))
        self._history_and_look(lease, {entity: found}, window)
        self._advance(upto)

    def _history_and_look(self, lease: Lease, found: Found, window: Window | None = None) -> None:
        catch_up(self._context)
        rows = rows_of(self._context, window)
        for entity, members in found.items():
            rows.put(entity, members)
        self._look(lease, found, rows)

    def _look(self, lease: Lease, found: Found, rows: Rows) -> None:
        count = sum(len(members) for members in found.values())
        width = self._place["width"]
        self._place["width"] = max(1, min(WINDOW, width * 2, width * ROWS // max(1, count)))
        self.report.subjects += count
        if self._dry_run:
            self._preview(found, rows)
            return
        context = self._context
        work = Work(context, lease, context.gateway.now(), rows)
        for entity, members in found.items():
            work.found(entity, members)
        for handler in self._handlers:
            work.look(handler.name, [row["id"] for row in found.get(handler.subject, ())], "sweep")
        work.run()
        with context.database.session() as session:
            lease.check(session)
            work.remember(session)
        self.totals.add(work.totals)
        self.report.decisions += work.totals.decisions
        self.report.commands += work.totals.commands
        self.report.errors = len(self.totals.troubles)

    def _preview(self, found: Found, rows: Rows) -> None:
        rehearsal = Rehearsal(self._context, rows, self._pretended)
        for handler in self._handlers:
            rehearsal.look(handler.name, [row["id"] for row in found.get(handler.subject, ())])
        rehearsal.run(self.report)

    def _bounds(self, entity: str) -> tuple[int, int]:
        """The stretch of ids that is next."""
        if self._last is None:
            self._last = last_id(self._context, entity)
        after = int(self._place["after"])
        return after, max(after, min(after + self._place["width"], self._last))

    def _resume(self) -> dict[str, Any]:
        start: dict[str, Any] = {"steps": list(self._steps), "after": 0, "read": {}, "width": WINDOW}
        if self._dry_run:
            return start
        with self._context.database.session() as session:
            cursor = cursors.get(session, self._context.portal_id, self._cursor) or {}
        begun = {"at": self._context.gateway.now().isoformat(), **start}
        run = cursor.get("run") or begun
        # Handlers may have changed since the run was interrupted.
        return {**begun, **run} if set(run["steps"]) <= set(self._steps) else begun

    def _advance(self, upto: int | None) -> None:
        """Notes how far the run has come; None ends the step."""
        if upto is None or self._last is None or upto >= self._last:
            self._place["steps"] = self._place["steps"][1:]
            self._place["after"], self._last = 0, None
        else:
            self._place["after"] = upto
        self._save()

    def _save(self) -> None:
        if self._dry_run:
            return
        began = self._place["at"]
        value = {"last": began, "run": dict(self._place)} if self.unfinished else {"last": began}
        with self._context.database.session() as session:
            cursors.save(session, self._context.portal_id, {self._cursor: value})

    @property
    def _cursor(self) -> str:
        return f"{CURSOR}{self._sweep.name}"
