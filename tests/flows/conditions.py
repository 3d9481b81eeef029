"""How the product catches up with what people did: quietly, under faults, killed, with a wiped queue server."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.flows.office import Office
from tests.harness.world import World

WRITING_METHODS = (
    "crm.item.add",
    "crm.item.update",
    "tasks.task.add",
    "tasks.task.complete",
    "tasks.task.renew",
    "tasks.task.update",
    "crm.activity.todo.add",
    "crm.activity.configurable.add",
    "crm.activity.configurable.update",
    "im.notify.personal.add",
    "crm.timeline.comment.add",
)


@dataclass
class Condition:
    """A stage on which every step is followed by the product's work under one kind of trouble."""

    world: World
    office: Office
    trouble: Callable[[World], None]
    replays: bool = False

    def goes_on(self) -> None:
        """The product catches up; then the same is delivered again and must change nothing."""
        self.trouble(self.world)
        report = self.world.settle()
        assert report.left == 0, report
        if self.replays:
            before = self.world.last_call()
            self.world.replay_events()
            self.world.settle()
            writes = self.world.writes_since(before)
            assert writes == [], writes


def quiet(world: World) -> None:
    """Nothing wrong."""
    world.settle()


def busy(world: World) -> None:
    """Three of ten requests are refused with 503."""
    with world.faults(match={}, kind="503", probability=0.3, times=1_000_000):
        world.settle()


def doubled(world: World) -> None:
    """Every event comes twice, in any order."""
    world.control("delivery", {"duplicate": 1, "shuffle": True})
    world.settle()


def dropped(world: World) -> None:
    """No event ever arrives."""
    world.control("delivery", {"drop": 1.0})
    world.settle()


def answers_lost(world: World) -> None:
    """After each kind of write the answer is lost once."""
    world.flush()
    for method in WRITING_METHODS:
        world.control("faults", {"match": {"method": method}, "kind": "drop_after_apply", "times": 1})
    world.settle()
    world.control("faults", verb="DELETE")


class Killed:
    """The worker is killed ten times in a scenario, each time after another number of requests."""

    def __init__(self) -> None:
        self._left = KILLS

    def __call__(self, world: World) -> None:
        world.flush()
        for _ in range(min(KILLS_A_STEP, self._left)):
            self._left -= 1
            worker = world.start_settling()
            enough = world.hits() + DICE.randint(1, 12)
            while worker.is_alive() and world.hits() < enough:
                # Asking costs the portal as much as the worker's own requests.
                time.sleep(0.02)
            worker.kill()
            worker.join()


KILLS, KILLS_A_STEP = 10, 5
DICE = random.Random(20260406)


def queue_wiped(world: World) -> None:
    """The queue server loses everything before and while the product works."""
    world.flush()
    world.wipe_queue_server()
    world.settle()
    world.wipe_queue_server()


TROUBLES: dict[str, Callable[[World], None]] = {
    "busy": busy,
    "doubled and shuffled": doubled,
    "dropped": dropped,
    "answers lost": answers_lost,
    "queue server wiped": queue_wiped,
}
