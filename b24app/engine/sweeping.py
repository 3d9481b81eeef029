"""A sweep at work: entity by entity, window by window, resumable after every window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from b24app.declare import Handler, Row, Sweep
from b24app.engine import cursors
from b24app.engine.agenda import Look
from b24app.engine.context import Context
from b24app.engine.decide import decide
from b24app.engine.history import catch_up
from b24app.engine.lease import Lease
from b24app.engine.making import Maker
from b24app.engine.planning import Planner
from b24app.engine.rows import Rows, Window
from b24app.engine.sweeps import CURSOR, SAMPLE, WINDOW, SweepReport
from b24app.engine.values import plain
from b24app.engine.work import Totals, Work, reader_of
from b24app.portal.batch import Call, Done


class Sweeping:
    """One run of a sweep. `step` does one window under a lease, while `unfinished`."""

    def __init__(self, context: Context, sweep: Sweep, dry_run: bool) -> None:
        self._context = context
        self._sweep = sweep
        self._dry_run = dry_run
        self._handlers = [handler for handler in context.handlers if handler.name in sweep.handlers]
        self._entities = sorted({handler.subject for handler in self._handlers})
        self._place = self._resume()
        self._last: int | None = None
        self.report = SweepReport(sweep.name, dry_run)
        self.totals = Totals()

    @property
    def unfinished(self) -> bool:
        """Whether there is a window left."""
        return bool(self._place["entities"])

    def step(self, lease: Lease) -> None:
        """Looks at every subject of one window."""
        entity, after = self._place["entities"][0], int(self._place["after"])
        last = self._last_id(entity)
        upto = min(after + WINDOW, last)
        rows = list(self._context.items.by_filter(entity, {">id": after, "<=id": upto})) if upto > after else []
        window = Window(entity, after + 1, upto, len(rows))
        if self._dry_run:
            self._preview(entity, rows, window)
        else:
            self._look(lease, entity, rows, window)
        self._advance(entity, upto, last)

    def _look(self, lease: Lease, entity: str, rows: Sequence[Row], window: Window) -> None:
        context = self._context
        work = Work(context, lease, context.gateway.now(), window)
        work.found(entity, rows, window)
        catch_up(context)
        for handler in self._of(entity):
            work.look(handler.name, [row["id"] for row in rows], "sweep")
        work.run()
        with context.database.session() as session:
            lease.check(session)
            work.remember(session)
        self.report.subjects += len(rows)
        self.totals.add(work.totals)
        self.report.decisions += work.totals.decisions
        self.report.commands += work.totals.commands
        self.report.errors = len(self.totals.troubles)

    def _preview(self, entity: str, rows: Sequence[Row], window: Window) -> None:
        context = self._context
        reader = reader_of(context, context.gateway.now(), Rows(context.items, window))
        reader.rows.put(entity, rows)
        maker = Maker(context.items, context.names, context.language)
        planner = Planner(context.database, context.portal_id, reader, maker, None)
        looks = [Look(handler, tuple(row["id"] for row in rows), "sweep") for handler in self._of(entity)]
        verdict = decide(looks, reader)
        actions = planner.plan(verdict.decided).actions
        report = self.report
        report.subjects += len(rows)
        report.decisions += len(verdict.decided)
        report.commands += len(actions)
        report.errors += len(verdict.failed)
        outcomes = Counter(f"{one.handler.name}: {one.decision.outcome}" for one in verdict.decided)
        report.outcomes = dict(Counter(report.outcomes) + outcomes)
        for action in actions[: max(0, SAMPLE - len(report.sample))]:
            part = action.parts[0]
            report.sample.append(
                {
                    "rule": part.decided.handler.name,
                    "subject": str(part.decided.subject),
                    "kind": part.kind,
                    "target": str(action.target) if action.target else action.key,
                    "before": plain(part.before),
                    "after": plain(action.wanted),
                    "ru": part.decided.decision.reason.ru,
                    "en": part.decided.decision.reason.en,
                }
            )

    def _of(self, entity: str) -> list[Handler]:
        return [handler for handler in self._handlers if handler.subject == entity]

    def _last_id(self, entity: str) -> int:
        """The highest id there is now; what is created later has events of its own."""
        if self._last is None:
            kind = self._context.names.entity_type_id(entity)
            params = {"entityTypeId": kind, "select": ["id"], "order": {"id": "DESC"}, "start": -1}
            (outcome,) = self._context.gateway.batch([Call("crm.item.list", params)])
            if not isinstance(outcome, Done):
                raise outcome.error
            items = outcome.result["items"] if outcome.result else []
            self._last = int(items[0]["id"]) if items else 0
        return self._last

    def _resume(self) -> dict[str, Any]:
        start: dict[str, Any] = {"entities": self._entities, "after": 0}
        if self._dry_run:
            return start
        with self._context.database.session() as session:
            cursor = cursors.get(session, self._context.portal_id, self._cursor) or {}
        started = {"at": self._context.gateway.now().isoformat(), **start}
        run = cursor.get("run") or started
        # Handlers may have changed since the run was interrupted.
        entities = [entity for entity in run["entities"] if entity in self._entities]
        return {**run, "entities": entities} if entities else started

    def _advance(self, entity: str, upto: int, last: int) -> None:
        if upto >= last:
            self._place["entities"] = [other for other in self._place["entities"] if other != entity]
            self._place["after"], self._last = 0, None
        else:
            self._place["after"] = upto
        if not self._dry_run:
            with self._context.database.session() as session:
                self._save(session)

    def _save(self, session: Session) -> None:
        began = self._place["at"]
        value = {"last": began, "run": dict(self._place)} if self.unfinished else {"last": began}
        cursors.save(session, self._context.portal_id, {self._cursor: value})

    @property
    def _cursor(self) -> str:
        return f"{CURSOR}{self._sweep.name}"
