"""The activities that a process consists of: order, choice, repetition, pauses, calls of applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.automation import registered, runs
from sandbox.automation.conditions import OPERATORS, Rule, holds, rules_of
from sandbox.workflow import process as running
from sandbox.workflow.bpt import Node
from sandbox.workflow.expressions import seconds
from sandbox.workflow.process import Activity, Ended, Memory, Process


def activity(*types: str) -> Callable[[Activity], Activity]:
    """Registers an activity: it is called until it returns true, with a memory of its own."""

    def register(function: Activity) -> Activity:
        for name in types:
            running.ACTIVITIES[name.lower()] = function
        return function

    return register


@activity("SequentialWorkflowActivity", "SequenceActivity", "EmptyBlockActivity", "IfElseBranchActivity")
def sequence(process: Process, one: Node, memory: Memory) -> bool:
    """One after another."""
    return all(process.execute(child) for child in one.children)


@activity("ParallelActivity")
def parallel(process: Process, one: Node, memory: Memory) -> bool:
    """All branches at once; done when each is."""
    done = [process.execute(child) for child in one.children]
    return all(done)


@activity("IfElseActivity")
def choice(process: Process, one: Node, memory: Memory) -> bool:
    """The first branch whose condition holds; which one is decided once."""
    if "branch" not in memory:
        found = (i for i, child in enumerate(one.children) if chosen(process, child))
        memory["branch"] = next(found, None)
    return memory["branch"] is None or process.execute(one.children[memory["branch"]])


@activity("WhileActivity")
def loop(process: Process, one: Node, memory: Memory) -> bool:
    """Repeats what is inside while the condition holds."""
    while memory.get("inside") or chosen(process, one):
        memory["inside"] = True
        if not sequence(process, one, memory):
            return False
        memory["inside"] = False
        for child in one.children:
            process.forget(child)
    return True


def chosen(process: Process, branch: Node) -> bool:
    """Whether the condition of a branch holds; one without a condition is taken."""
    properties = branch.properties
    if "truecondition" in properties:
        return True
    for name, source in (("fieldcondition", "Document"), ("propertyvariablecondition", "Variable")):
        if name in properties:
            return holds(_rules(properties[name]), lambda field, source=source: _value(process, source, field))  # type: ignore[misc]
    if "mixedcondition" in properties:
        return _mixed(process, properties["mixedcondition"])
    return True


def _value(process: Process, source: str, name: str) -> Any:
    """A variable's condition may also name a parameter of the template."""
    found = process.read(source, name)
    return process.read("Template", name) if found is None and source == "Variable" else found


def _rows(given: Any) -> list[Any]:
    return list(given.values()) if isinstance(given, Mapping) else list(given or ())


def _rules(given: Any) -> tuple[Rule, ...]:
    """`[[field, operator, value, joiner], ...]` as the designer stores them; joiner 1 is OR."""
    found = []
    for row in _rows(given):
        field, operator, value, joiner = (*_rows(row), None, None, None)[:4]
        name = str(operator) if str(operator) in OPERATORS else "="
        found.append(Rule(str(field), name, value, "OR" if str(joiner) == "1" else "AND"))
    return tuple(found)


def _mixed(process: Process, given: Any) -> bool:
    """Rules that name their source: `{object, field, operator, value, joiner}`."""
    rules: list[Rule] = []
    sources: dict[str, tuple[str, str]] = {}
    for row in _rows(given):
        field = f"{row.get('object', 'Document')}:{row.get('field')}"
        sources[field] = (str(row.get("object", "Document")), str(row.get("field")))
        rules += rules_of([{**row, "field": field, "joiner": "OR" if str(row.get("joiner")) == "1" else "AND"}])
    return holds(tuple(rules), lambda name: process.read(*sources[name]))


@activity("DelayActivity")
def delay(process: Process, one: Node, memory: Memory) -> bool:
    """A pause of `TimeoutDuration` in units of `TimeoutDurationType`, or until the moment `TimeoutTime`."""
    if not memory.get("waits"):
        memory["waits"] = True
        until = process.setting(one, "TimeoutTime")
        length = _until(process, str(until)) if until else 0
        length = length or seconds(
            process.setting(one, "TimeoutDuration", 0), one.properties.get("TimeoutDurationType")
        )
        if length <= 0:
            return True
        running.wait(process, one, length)
    return bool(memory.get("due"))


def _until(process: Process, moment: str) -> int:
    """Seconds until a moment; one without a zone is the portal's."""
    until = datetime.fromisoformat(moment)
    if until.tzinfo is None:
        until = until.replace(tzinfo=process.portal.clock.zone)
    return int((until - process.portal.now()).total_seconds())


@activity("TerminateActivity")
def terminate(process: Process, one: Node, memory: Memory) -> bool:
    """Ends the whole process."""
    process.title = str(process.setting(one, "StateTitle", process.title))
    process.status = "terminated"
    raise Ended


@activity("SetVariableActivity")
def set_variable(process: Process, one: Node, memory: Memory) -> bool:
    """Gives values to variables."""
    process.variables.update(process.compute(one.properties.get("VariableValue") or {}))
    return True


@activity("SetStateTitleActivity")
def set_state_title(process: Process, one: Node, memory: Memory) -> bool:
    """What is shown as the state of the process."""
    process.title = str(process.setting(one, "TargetStateTitle", ""))
    return True


@activity("LogActivity")
def write_log(process: Process, one: Node, memory: Memory) -> bool:
    """Writes a line into the log of the process."""
    process.note(str(process.setting(one, "Text", "")))
    return True


@activity("rest")
def application(process: Process, one: Node, memory: Memory) -> bool:
    """An action or robot of an application; one that is gone is passed by."""
    robot = registered.by_activity_type(process.portal, one.type)
    if robot is None:
        process.note(f"{one.type}: no application has this action")
        return True
    values = {prop.id: one.properties[prop.id] for prop in robot.properties if prop.id in one.properties}
    order = runs.Order(
        code=robot.code,
        app=robot.app,
        document=process.document,
        properties=process.compute(values),
        subscription=str(one.properties.get("UseSubscription") or ""),
        timeout=seconds(one.properties.get("TimeoutDuration"), one.properties.get("TimeoutDurationType")),
        process=process.id,
        activity=one.name,
    )
    return call(process, order, memory)


@activity("StageRobot")
def stage_robot(process: Process, one: Node, memory: Memory) -> bool:
    """A robot that stands on a stage: its conditions are looked at when its turn has come."""
    given = one.properties
    if "run" not in memory and not holds(rules_of(given.get("Conditions")), process.field):
        return True
    order = runs.Order(
        code=given["Code"],
        app=given["App"],
        document=process.document,
        properties=process.compute(given["Values"]),
        subscription=given["UseSubscription"],
        timeout=given["Timeout"],
        process=process.id,
        activity=one.name,
    )
    return call(process, order, memory)


def call(process: Process, order: runs.Order, memory: Memory) -> bool:
    """Calls a robot once; true when nobody waits for its answer (any more)."""
    if "run" not in memory:
        memory["run"] = runs.start(process.portal, order)
        return runs.state_of(process.portal, memory["run"]) != "waiting"
    return bool(memory.get("answered"))
