"""A card comes to a stage: the robots placed there run, as one process of the stage."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sandbox.automation import placing
from sandbox.automation.documents import document_of
from sandbox.automation.placing import PlacedRobot
from sandbox.kernel import behaviour, features
from sandbox.kernel.portal import Portal, StageEntry
from sandbox.workflow import activities, process
from sandbox.workflow.bpt import Node

# Imported for what it registers.
_ = activities

# Processes of stages belong to no template that REST lists.
STAGE_TEMPLATE = 0


def entered(portal: Portal, entry: StageEntry) -> None:
    """Runs the robots of the stage in their order; what still waits on the stage left is given up."""
    document = document_of(entry.entity_type_id, entry.item_id)
    leave(portal, document)
    placed = placing.robots_on(portal, entry.entity_type_id, entry.stage_id)
    if placed and features.has(portal, "robots"):
        name = f"Роботы стадии {entry.stage_id}"
        process.start(portal, process.Start(STAGE_TEMPLATE, name, tree(placed), document))


def leave(portal: Portal, document: list[str]) -> None:
    """A card that left a stage gets none of the robots whose delay was not over.

    Robots that have been called already may still answer, unless the portal is told to end them too
    (behaviour `robots_end_on_leave`)."""
    rows = portal.store.rows(
        "SELECT id, memory FROM workflows WHERE template_id = ? AND document = ? AND status = 'running'",
        (STAGE_TEMPLATE, json.dumps(document, ensure_ascii=False)),
    )
    for row in rows:
        if behaviour.on(portal, "robots_end_on_leave"):
            process.terminate(portal, row["id"])
        else:
            _drop_delays(portal, row["id"])


def _drop_delays(portal: Portal, number: str) -> None:
    portal.store.execute("DELETE FROM timers WHERE kind = 'activity' AND ref LIKE ?", (f"{number}|%",))
    waiting = "SELECT 1 FROM robot_runs WHERE process = ? AND state = 'waiting'"
    if portal.store.value(waiting, (number,)) is None:
        process.terminate(portal, number)


def tree(placed: list[PlacedRobot]) -> Node:
    """The process of a stage: every robot for itself, except those that follow the one above."""
    branches: list[list[PlacedRobot]] = []
    for one in placed:
        if one.settings.after_previous and branches:
            branches[-1].append(one)
        else:
            branches.append([one])
    sequences = tuple(
        Node("SequenceActivity", f"S{i}", children=tuple(step for one in branch for step in _steps(one)))
        for i, branch in enumerate(branches)
    )
    return Node("SequentialWorkflowActivity", "Template", children=(Node("ParallelActivity", "P", {}, sequences),))


def _steps(one: PlacedRobot) -> list[Node]:
    steps = []
    if one.settings.delay:
        pause = {"TimeoutDuration": one.settings.delay, "TimeoutDurationType": "s"}
        steps.append(Node("DelayActivity", f"{one.activity_name}_delay", pause))
    values: dict[str, Any] = {
        "Code": one.code,
        "App": one.app,
        "Values": one.properties,
        "Conditions": [asdict(rule) for rule in one.settings.conditions],
        "UseSubscription": one.settings.use_subscription,
        "Timeout": one.settings.timeout,
    }
    return [*steps, Node("StageRobot", one.activity_name, values)]
