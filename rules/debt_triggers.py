"""What the portal's automation is told about debts: that one is overdue, that one is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.debt_record import CLOSED, OVERDUE, PAID
from rules.decision import Decision, FireTrigger, Ref, Text
from rules.limits import Limits
from rules.wording import sentence

OVERDUE_TRIGGER = "debt_overdue"
PAID_TRIGGER = "debt_paid"
_TOLD = {OVERDUE: OVERDUE_TRIGGER, PAID: PAID_TRIGGER}


@dataclass(frozen=True, slots=True)
class StagedRecord:
    """A record of the register, where it stands since when, and the other records of its deal."""

    ref: Ref
    stage: str
    since: datetime
    deal: Ref | None = None
    siblings: tuple[str, ...] = ()
    """their stages"""


def decide(record: StagedRecord, limits: Limits, now: datetime) -> Decision:
    """One signal for every time that a record comes to «Просрочено» or «Оплачено», by whoever moved it.

    What happened long ago is not told: when the app is installed, or its database was lost, the cards of
    old debts must not start to move. A deal is told that its debt is paid when nothing of it is open.
    """
    trigger = _TOLD.get(record.stage)
    if trigger is None:
        return Decision("quiet", Text("О такой стадии триггеры не сообщают.", "No trigger tells of this stage."))
    if not is_fresh(record.since, limits, now):
        hours = limits.integer("trigger.fresh_hours")
        return Decision("old", sentence("Было больше {hours} ч назад.", "That was over {hours} h ago.", hours=hours))
    targets = [record.ref]
    if record.deal is not None and (trigger == OVERDUE_TRIGGER or not _open(record)):
        targets.insert(0, record.deal)
    moment = f"{record.since:%Y%m%d%H%M%S}"
    commands = tuple(
        FireTrigger(f"{trigger}:{record.ref}:{moment}:{target.entity}", target, trigger) for target in targets
    )
    told = Text("просрочен", "overdue") if trigger == OVERDUE_TRIGGER else Text("погашен", "paid")
    reason = sentence("Долг {told}: сообщено автоматизации.", "The debt is {told}: automation was told.", told=told)
    return Decision("told", reason, commands)


def is_fresh(since: datetime, limits: Limits, now: datetime) -> bool:
    """Whether it happened so lately that automation is told."""
    return now - since <= timedelta(hours=limits.integer("trigger.fresh_hours"))


def _open(record: StagedRecord) -> bool:
    """Whether something of the record's deal is still owed."""
    return any(stage not in CLOSED for stage in record.siblings)
