"""Provisioning as a whole: one run at a time for a portal, and the binding kept in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from b24app.engine.lease import held
from b24app.engine.noticing import forget
from b24app.provision.apply import Progress, Report, apply_plan
from b24app.provision.binding import load_binding, save_binding
from b24app.provision.drift import Finding, drift, without_lost
from b24app.provision.plan import Plan
from b24app.provision.ports import Portal
from b24app.provision.survey import survey
from b24app.store.database import Database
from config.preset import Preset

LEASE = "provision"
PATIENCE = 180.0
"""seconds to wait for another run: funnels have no unique key, two runs at once could make two"""
FIELDS = "userfieldconfig.list"
NO_FIELD = ("type.", "funnel.", "spa.", "stage.")


def carry_out(
    gateway: Portal, database: Database, portal_id: int, plan: Plan, on_progress: Progress | None = None
) -> Report:
    """Applies a plan and stores the binding, alone; waits for a run that is under way."""
    with held(database, portal_id, LEASE, PATIENCE):
        # Another run may have bound objects while this one was waiting.
        known = {**plan.binding, **load_binding(database, portal_id)}
        report = apply_plan(gateway, replace(plan, binding=known), on_progress)
        save_binding(database, portal_id, report.binding)
        return report


def check_drift(
    gateway: Portal, database: Database, portal_id: int, presets: Iterable[Preset], patience: float = PATIENCE
) -> tuple[Finding, ...]:
    """Looks for drift and unbinds what is gone, so that behaviours which need it pause."""
    with held(database, portal_id, LEASE, patience):
        binding = load_binding(database, portal_id)
        seen = survey(gateway, audit=False)
        findings = drift(seen, binding, presets)
        if FIELDS in seen.refused:
            # What the portal did not tell of is not gone.
            findings = tuple(one for one in findings if one.name.startswith(NO_FIELD))
        remaining = without_lost(binding, findings)
        if remaining != binding:
            lost = [one.name for one in findings if one.is_loss and one.name.startswith("spa.")]
            with database.session() as session:
                for name in lost:
                    forget(session, portal_id, name.removeprefix("spa."), int(binding[name]["entityTypeId"]))
            save_binding(database, portal_id, remaining)
        return findings
