"""Batches: any number of commands in requests of fifty, each command with an outcome of its own.

A command refused for the portal's limits was not executed and is sent again, alone. Reads whose
answer was lost are repeated; a write whose answer was lost is Lost, and whoever sent it looks at
the object before writing again. settings/how-to-call-rest-api/batch.md
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from b24app.errors import AppError, OutcomeUnknown, PortalBusy, PortalUnavailable
from b24app.portal.answers import Answer, Meaning, error_for, meaning_of, read_error
from b24app.portal.calls import Call, Done, Lost, Outcome, Refused
from b24app.portal.encoding import command_text
from b24app.portal.line import BACKGROUND, INTERACTIVE, Line, Patience, busy
from b24app.portal.operating import reset_in

__all__ = ["Batches", "Call", "Command", "Done", "Lost", "Outcome", "Raw", "Refused"]

SIZE = 50
IN_FLIGHT = 3
ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Command:
    """A call as a batch carries it: `text` is already encoded."""

    method: str
    text: str
    write: bool = False

    @classmethod
    def of(cls, call: Call) -> Command:
        """Encodes a call."""
        return cls(call.method, command_text(call.method, call.params), call.write)


# What one request made of its commands: an outcome, or None when the answer does not mention it.
Raw = Mapping[str, Outcome | None]
# A command's index, its outcome, and whether sending it once more may help.
_Sent = tuple[int, Outcome, bool]


class Batches:
    """Runs commands over a line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def run(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        """The outcome of every call, in their order. Never raises for a single command."""
        return self.run_commands([Command.of(call) for call in calls], interactive=interactive)

    def run_commands(self, commands: Sequence[Command], *, interactive: bool = False) -> list[Outcome]:
        """The same for commands that are already encoded."""
        patience = INTERACTIVE if interactive else BACKGROUND
        outcomes: dict[int, Outcome] = {}
        pending = list(range(len(commands)))
        for left in reversed(range(ROUNDS)):
            ready, paused = self._split_paused(commands, pending, patience)
            outcomes.update(paused)
            again: list[int] = []
            for index, outcome, answered in self._round(commands, ready, interactive):
                outcomes[index] = outcome
                if answered and left and _repeatable(outcome, commands[index], patience):
                    again.append(index)
            if not again:
                break
            pending = again
            self._pause_before([outcomes[index] for index in again])
        result = [outcomes[index] for index in range(len(commands))]
        self._count(result)
        return result

    def exchange(self, commands: Mapping[str, Command], *, interactive: bool = False) -> Raw:
        """One request with at most fifty commands under these keys; later ones may refer to earlier
        ones. Raises what the whole request ended with."""
        write = any(command.write for command in commands.values())
        body = {"halt": 0, "cmd": {key: command.text for key, command in commands.items()}}
        self._line.stats.add(commands=len(commands), writes=sum(command.write for command in commands.values()))
        answer = self._line.request("batch", body, write=write, interactive=interactive)
        maps = _maps(answer)
        return {key: self._outcome(key, command, maps) for key, command in commands.items()}

    def admit(self, methods: Collection[str], *, interactive: bool = False) -> None:
        """Waits until none of the methods is paused; PortalBusy when that is too long."""
        patience = INTERACTIVE if interactive else BACKGROUND
        for method in set(methods):
            self._line.wait_for(method, patience)

    def rest(self, seconds: float) -> None:
        """Sleeps, as the portal asked."""
        self._line.sleep(seconds)

    def _split_paused(
        self, commands: Sequence[Command], pending: Sequence[int], patience: Patience
    ) -> tuple[list[int], dict[int, Outcome]]:
        """Waits for short pauses of methods; commands whose pause is long are refused unsent."""
        pauses = self._line.operating.pauses({commands[index].method for index in pending})
        short = [seconds for seconds in pauses.values() if seconds <= patience.pause]
        if short:
            self._line.sleep(max(short))
        long = {method: seconds for method, seconds in pauses.items() if seconds > patience.pause}
        ready = [index for index in pending if commands[index].method not in long]
        methods = {index: commands[index].method for index in pending if commands[index].method in long}
        return ready, {index: Refused(busy(method, long[method])) for index, method in methods.items()}

    def _round(self, commands: Sequence[Command], indexes: Sequence[int], interactive: bool) -> Iterator[_Sent]:
        """Sends each command once. Requests that only read go a few at a time, writes in their order."""
        chunks = [indexes[start : start + SIZE] for start in range(0, len(indexes), SIZE)]
        writes = any(commands[index].write for index in indexes)
        if writes or len(chunks) < 2:
            for chunk in chunks:
                yield from self._chunk(commands, chunk, interactive)
            return
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for outcomes in pool.map(lambda chunk: self._chunk(commands, chunk, interactive), chunks):
                yield from outcomes

    def _chunk(self, commands: Sequence[Command], indexes: Sequence[int], interactive: bool) -> list[_Sent]:
        keyed = {f"c{index}": commands[index] for index in indexes}
        try:
            raw = self.exchange(keyed, interactive=interactive)
        except OutcomeUnknown as error:
            return [(index, _lost(commands[index], error), True) for index in indexes]
        except AppError as error:
            # The line has tried as often as is right. The earlier requests of this run have
            # outcomes, and raising would hide them.
            return [(index, Refused(error), False) for index in indexes]
        unmentioned = OutcomeUnknown("The portal's answer does not mention the command")
        return [(index, raw[f"c{index}"] or _lost(commands[index], unmentioned), True) for index in indexes]

    def _outcome(self, key: str, command: Command, maps: _Maps) -> Outcome | None:
        if key in maps.errors:
            return self._refusal(command, maps.errors[key])
        if key not in maps.results:
            return None
        self._line.operating.learn(command.method, maps.times.get(key) or {}, self._line.clock.timestamp())
        return Done(maps.results[key], _int(maps.totals.get(key)), _int(maps.nexts.get(key)))

    def _refusal(self, command: Command, body: Any) -> Outcome:
        code, description = read_error(body if isinstance(body, Mapping) else {"error": body})
        meaning = meaning_of(code)
        if meaning in (Meaning.RATE, Meaning.OPERATING):
            self._line.stats.add(busy=1)
        if meaning is Meaning.OPERATING:
            block = body.get("time") if isinstance(body, Mapping) else None
            seconds = reset_in(block if isinstance(block, Mapping) else {}, self._line.clock.timestamp())
            self._line.operating.pause(command.method, seconds)
            return Refused(busy(command.method, seconds, code))
        if meaning is Meaning.BROKEN and command.write:
            return Lost(OutcomeUnknown(f"The portal failed inside {command.method}", method=command.method))
        return Refused(error_for(code, description, command.method))

    def _pause_before(self, outcomes: Sequence[Outcome]) -> None:
        """A pause before the repetition; the pauses of methods are waited for by the round itself."""
        rates = [
            outcome.error.retry_after
            for outcome in outcomes
            if isinstance(outcome, Refused) and isinstance(outcome.error, PortalBusy)
        ]
        self._line.sleep(min([*rates, 1.0]))

    def _count(self, outcomes: Sequence[Outcome]) -> None:
        self._line.stats.add(
            refused=sum(isinstance(outcome, Refused) for outcome in outcomes),
            unknown=sum(isinstance(outcome, Lost) for outcome in outcomes),
        )


@dataclass(frozen=True, slots=True)
class _Maps:
    results: Mapping[str, Any]
    errors: Mapping[str, Any]
    totals: Mapping[str, Any]
    nexts: Mapping[str, Any]
    times: Mapping[str, Any]


def _maps(answer: Answer) -> _Maps:
    body = answer.result if isinstance(answer.result, Mapping) else {}
    names = ("result", "result_error", "result_total", "result_next", "result_time")
    return _Maps(*(_map(body.get(name)) for name in names))


def _map(value: Any) -> Mapping[str, Any]:
    """PHP prints an empty map as an empty list."""
    return value if isinstance(value, Mapping) else {}


def _lost(command: Command, error: OutcomeUnknown) -> Outcome:
    if command.write:
        return Lost(error)
    return Refused(PortalUnavailable(error.text, method=command.method))


def _repeatable(outcome: Outcome, command: Command, patience: Patience) -> bool:
    """Whether a command may be sent once more: the limits refused it, or it only reads and was lost."""
    if not isinstance(outcome, Refused):
        return False
    if isinstance(outcome.error, PortalBusy):
        return outcome.error.retry_after <= patience.pause
    return isinstance(outcome.error, PortalUnavailable) and not command.write


def _int(value: Any) -> int | None:
    return None if value is None else int(value)
