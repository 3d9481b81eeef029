"""Death at any step: whatever was being done, doing it again ends in the same state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from b24app.engine import existing
from b24app.portal.batch import Call, Outcome
from b24app.store.database import Database
from b24app.store.models import LeaseRow
from tests.engine.ground import Ground
from tests.engine.test_drain import shipped_deal


class Killed(BaseException):
    """Nobody catches this, as nobody catches SIGKILL."""


class Death:
    """Counts the steps that leave a trace (transactions and requests) and kills at the chosen one:
    even numbers before the step, odd ones after it."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> Any:
        return self._moment()

    @contextmanager
    def _moment(self) -> Iterator[None]:
        self._count()
        yield
        self._count()

    def _count(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


def mortal(ground: Ground, death: Death) -> None:
    """Every transaction and every request of the engine is a step."""
    session = ground.database.session
    batch = ground.gateway.batch

    @contextmanager
    def dying_session(_: Database) -> Iterator[Any]:
        with death.step(), session() as opened:
            yield opened

    def dying_batch(calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        with death.step():
            return batch(calls, interactive=interactive)

    ground.database.session = dying_session.__get__(ground.database)  # type: ignore[method-assign]
    ground.gateway.batch = dying_batch  # type: ignore[method-assign]


def immortal(ground: Ground) -> None:
    """A new process; the dead one's leases are free at once, as `lease` finds out by its number."""
    del ground.database.session
    with ground.database.session() as session:
        session.execute(update(LeaseRow).values(holder=""))
    ground.restart()


def outcome(ground: Ground) -> dict[str, Any]:
    """Everything that counts in the end."""
    debts = [(row["company_id"], row["deal_id"], row["stage"], row["outstanding"]) for row in ground.rows("debt")]
    company = ground.row("company", 100)
    tasks = [(task["title"], task["status"], sorted(task["ufCrmTask"])) for task in ground.tasks()]
    told = [len(ground.sandbox.control(f"notifications/{user}")) for user in (1, 10, 11)]
    return {
        "debts": debts,
        "company": (company["type"], company["debt_in_period"], company["debt_overdue"]),
        "tasks": tasks,
        "told": told,
    }


# Steps of one settling of an overdue shipment; every nineteenth is enough for every day, and all of them
# were run when this was written (the numbers mean the order of transactions and requests, not lines).
@pytest.mark.parametrize("at", range(1, 400, 19))
def test_death_at_any_step_changes_nothing_in_the_end(ground: Ground, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr(existing, "DOUBT", timedelta(milliseconds=50))
    shipped_deal(ground)
    ground.at("2026-04-20T12:00:00")
    death = Death(at)
    mortal(ground, death)
    with suppress(Killed):
        ground.settle()
    immortal(ground)
    report = ground.settle()
    assert report.left == 0
    found = outcome(ground)
    assert len(found["debts"]) == 1 and len(found["tasks"]) == 1, found
    assert found["company"][0] == "type.debtor", found
    assert max(found["told"]) <= 1, found
    before = ground.last_call()
    ground.event(2, 501)
    ground.settle()
    assert ground.writes(before) == []
