"""Processes of states: the document is in one state at a time, and events move it to the next one."""

from __future__ import annotations

from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.workflow import process as running
from sandbox.workflow.activities import activity, sequence
from sandbox.workflow.bpt import Node
from sandbox.workflow.process import Memory, Process


class Moved(Exception):
    """An activity sent the process to another state; what was left of the present one is given up."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


@activity("StateMachineWorkflowActivity")
def machine(process: Process, one: Node, memory: Memory) -> bool:
    """Runs the present state; a state without events is the last one."""
    first = one.children[0].name if one.children else ""
    memory.setdefault("state", str(one.properties.get("InitialStateName") or first))
    while True:
        state = next((child for child in one.children if child.name == memory["state"]), None)
        if state is None:
            return True
        process.title = str(state.properties.get("Title") or process.title)
        try:
            return _in_state(process, state)
        except Moved as moved:
            _leave(process, state)
            memory["state"] = moved.target


def _in_state(process: Process, state: Node) -> bool:
    """Whether the process ends here: the state was entered and nothing is listened for."""
    parts = {child.type.lower(): child for child in state.children}
    entered = parts.get("stateinitializationactivity")
    if entered is not None and not process.execute(entered):
        return False
    events = [child for child in state.children if child.type.lower() == "eventdrivenactivity"]
    for event in events:
        process.execute(event)
    return not events


def _leave(process: Process, state: Node) -> None:
    for child in state.children:
        if child.type.lower() == "statefinalizationactivity":
            process.execute(child)
    process.forget(state)


@activity("StateInitializationActivity", "StateFinalizationActivity", "EventDrivenActivity")
def part(process: Process, one: Node, memory: Memory) -> bool:
    """What is done on entering, on leaving, and after an event (which is the first activity inside)."""
    return sequence(process, one, memory)


@activity("SetStateActivity")
def set_state(process: Process, one: Node, memory: Memory) -> bool:
    """Sends the process to another state."""
    raise Moved(str(process.setting(one, "TargetStateName", "")))


@activity("HandleExternalEventActivity")
def command(process: Process, one: Node, memory: Memory) -> bool:
    """Waits until an employee presses the button of this name."""
    return bool(memory.get("pressed"))


def press(portal: Portal, workflow: str, name: str) -> None:
    """An employee presses a button of a process; 404 when it has none with this name now."""
    row = portal.store.one("SELECT tree FROM workflows WHERE id = ? AND status = 'running'", (workflow,))
    if row is None or f'"{name}"' not in row["tree"]:
        raise RestError("NOT_FOUND", f"Process {workflow} has no button {name}", 404)
    running.resume(portal, workflow, name, {"pressed": True})
