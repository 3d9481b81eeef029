"""The REST side of the portal: one HTTP request in, one envelope out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.kernel import features
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import METHODS, Method
from sandbox.server import access, batch, xml
from sandbox.server.answer import Answer, Reply, Stopwatch, json_reply, php_array, result_of
from sandbox.server.downloads import attachment
from sandbox.server.requests import Http, RestRequest, read

if TYPE_CHECKING:
    from sandbox.server.desk import Desk

log = logging.getLogger("sandbox.rest")

QUERY_LIMIT = RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)
OPERATION_TIME = RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)
TOO_LONG = RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded", 400)
NOT_IN_BATCH = RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
COMMERCIAL = RestError("ACCESS_DENIED", "REST API is available only on commercial plans", 403)
INTERNAL = RestError("INTERNAL_SERVER_ERROR", "Internal server error", 500)
# What a method trips over when parameters have another form than it reads: "other errors (e.g., fatal
# errors)" of the vendor's pages, code 0 and status 400 (sale-payment-add.md and many others).
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)

CORS = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


@dataclass(slots=True)
class Outcome:
    """What became of one command: a value or an error, and its `time` block."""

    value: Any
    error: RestError | None
    time: dict[str, Any]

    def envelope(self) -> dict[str, Any]:
        """The body of a single call."""
        if self.error is not None:
            return {**self.error.body(), "time": self.time}
        body: dict[str, Any] = {"result": result_of(self.value)}
        if isinstance(self.value, Page):
            if self.value.next is not None:
                body["next"] = self.value.next
            if self.value.counted:
                body["total"] = self.value.total or 0
        body["time"] = self.time
        return body

    @property
    def status(self) -> int:
        """The HTTP status of a single call."""
        return self.error.status if self.error else 200


class Rest:
    """Answers `/rest/...`: limits, authorization, single calls and batches."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def handle(self, http: web.Request) -> web.StreamResponse:
        """The handler of the requests that aiohttp reads."""
        answer = await self.reply(http)
        return answer.response() if isinstance(answer, Reply) else answer

    async def reply(self, http: Http) -> Answer:
        """The answer of every REST request, injected faults included.

        Pages of applications call from a browser frame of another origin, hence the CORS headers.
        """
        desk = self.desk
        if http.method == "OPTIONS":
            return web.Response(status=204, headers=CORS | PREFLIGHT)
        row = desk.journal.arrive(http.method, http.raw_path.partition("?")[0])
        taken = desk.bucket is None or desk.bucket.take()
        try:
            if desk.options.latency_ms:
                await asyncio.sleep(desk.options.latency_ms / 1000)
            answer = await self._answer(http, row[0], taken)
        except RestError as error:
            answer = self._refuse(error)
        if xml.wanted(http.path):
            answer = xml.as_xml(answer)
        if isinstance(answer, Reply):
            answer.headers = {**answer.headers, **CORS}
        else:
            answer.headers.update(CORS)
        desk.journal.answered(row, answer.status, not taken)
        return answer

    async def _answer(self, http: Http, hit: int, taken: bool) -> Answer:
        request = await self.read(http)
        if not taken:
            return self._refused_whole(request, QUERY_LIMIT, hit)
        moved = self.desk.moved(http)
        if moved is not None:
            return moved
        faults = self.desk.faults
        if not faults.active:
            return await self._serve(request, hit)
        return await faults.around(http, request, hit, self._serve)

    async def _serve(self, request: RestRequest, hit: int) -> Answer:
        try:
            caller = self._caller(request)
        except RestError as error:
            return self._refused_whole(request, error, hit)
        if request.method == "batch":
            return await self.answer_batch(caller, request.params, hit)
        answer = self.respond(caller, request, hit)
        await self.work(1)
        return answer

    async def read(self, http: Http) -> RestRequest:
        """The request as this version of REST reads it."""
        return await read(http)

    def entry(self, method: str) -> Method | None:
        """The method of this version of REST."""
        return METHODS.get(method)

    def run(self, call: Call) -> Any:
        """Runs one command on the portal."""
        return self.desk.portal.run(call)

    def respond(self, caller: access.Caller, request: RestRequest, hit: int) -> Answer:
        """Runs a single command and prints what became of it."""
        outcome = self.command(caller, self.call(caller, request.method, request.params), hit)
        if isinstance(outcome.value, Attachment):
            return attachment(outcome.value)
        return json_reply(outcome.envelope(), outcome.status)

    def _caller(self, request: RestRequest) -> access.Caller:
        if not features.has(self.desk.portal, "rest"):
            raise COMMERCIAL
        if request.user is not None:
            return access.by_webhook(self.desk.portal, request.user, request.secret)
        return access.by_token(self.desk.portal, request.token)

    def _refused_whole(self, request: RestRequest, error: RestError, hit: int) -> Reply:
        self.log_call(request.method, request.params, access.Caller(request.user or 0), hit, None, error, 0.0)
        return self._refuse(error)

    def _refuse(self, error: RestError) -> Reply:
        return json_reply(error.body(), error.status)

    async def work(self, count: int) -> None:
        """Waits as long as `count` commands work."""
        if self.desk.options.command_ms and count:
            await asyncio.sleep(count * self.desk.options.command_ms / 1000)

    # --- one command ------------------------------------------------------------------------

    def call(self, caller: access.Caller, method: str, params: dict[str, Any]) -> Call:
        """A command as the method will see it."""
        call = Call(self.desk.portal, method, params, caller.user, caller.app, scope=caller.scope)
        call.auth_connector = params.get("auth_connector")
        return call

    def command(self, caller: access.Caller, call: Call, hit: int, key: str | None = None) -> Outcome:
        """Runs one command, alone or under `key` in a batch: checked, run, charged and logged."""
        who, operating = caller.key, self.desk.operating
        watch = Stopwatch(self.desk.portal.clock)
        value, error = None, self._prior_refusal(who, call, key)
        cost = 0.0
        if error is None:
            cost = self._cost(call.method)
            value, error = self._attempt(call)
        charged_to = "batch" if key is not None and operating.mode == "batch" else call.method
        spent = operating.charge(who, charged_to, cost)
        self.log_call(call.method, call.params, caller, hit, key, error, spent)
        return Outcome(value, error, watch.block(spent, operating.reset_in(who, charged_to)))

    def _attempt(self, call: Call) -> tuple[Any, RestError | None]:
        """The value of a command, or why there is none."""
        try:
            return self.run(call), None
        except RestError as refusal:
            return None, refusal
        except UNREADABLE as problem:
            log.warning("%s cannot read its parameters", call.method, exc_info=True)
            return None, RestError(0, f"Invalid parameters: {problem}", 400)
        except Exception:  # whatever breaks inside a method, a portal answers 500 and lives on
            log.exception("%s failed", call.method)
            return None, INTERNAL

    def _prior_refusal(self, who: str, call: Call, key: str | None) -> RestError | None:
        if self.desk.faults.active and key is not None:
            injected = self.desk.faults.command(call.method, call.params)
            if injected is not None:
                return injected
        by_batch = key is not None and self.desk.operating.mode == "batch"
        if not by_batch and self.desk.operating.blocked(who, call.method):
            return OPERATION_TIME
        return None

    def _cost(self, method: str) -> float:
        options = self.desk.options
        if options.operating_cost is not None:
            return options.operating_cost
        entry = self.entry(method)
        return (entry.cost if entry else 0.0) + options.command_ms / 1000

    def log_call(
        self,
        method: str,
        params: dict[str, Any],
        caller: access.Caller,
        hit: int,
        key: str | None,
        error: RestError | None,
        operating: float,
    ) -> None:
        """Appends a row to the call log: `http` is the number of the HTTP hit, `batch` the
        command's key inside a batch."""
        entry = self.entry(method)
        self.desk.journal.calls.add(
            self.desk.portal.clock.timestamp(),
            entry.name if entry else method,
            params,
            caller.app,
            caller.user,
            key,
            hit,
            error.status if error else 200,
            error.code if error else None,
            bool(entry and entry.write),
            operating,
        )

    # --- batch ------------------------------------------------------------------------------

    async def answer_batch(self, caller: access.Caller, params: dict[str, Any], hit: int) -> Reply:
        """Runs the commands of a batch and prints their results by key."""
        operating = self.desk.operating
        watch = Stopwatch(self.desk.portal.clock)
        if operating.mode == "batch" and operating.blocked(caller.key, "batch"):
            self.log_call("batch", params, caller, hit, None, OPERATION_TIME, operating.spent(caller.key, "batch"))
            return self._refuse(OPERATION_TIME)
        maps, ran = self._run_batch(caller, params, hit)
        await self.work(ran)
        pause = self.desk.pace.pause()
        if pause:
            await asyncio.sleep(pause)
        spent = operating.spent(caller.key, "batch")
        block = watch.block(spent, operating.reset_in(caller.key, "batch"))
        return json_reply({"result": {name: php_array(items) for name, items in maps.items()}, "time": block})

    def _run_batch(
        self, caller: access.Caller, params: dict[str, Any], hit: int
    ) -> tuple[dict[str, dict[str, Any]], int]:
        maps: dict[str, dict[str, Any]] = {
            name: {} for name in ("result", "result_error", "result_total", "result_next", "result_time")
        }
        halt, ran = batch.halts(params), 0
        commands = batch.commands(params)
        ready = {c.key: self.call(caller, c.method, c.params) for c in commands[: batch.LIMIT] if not c.refers}
        self._read_ahead(ready.values())
        for i, command in enumerate(commands):
            if i >= batch.LIMIT:
                maps["result_error"][command.key] = TOO_LONG.body()
                continue
            call = ready.get(command.key)
            if call is None:
                call = self.call(caller, command.method, batch.resolve(command.params, maps["result"]))
            outcome = self._batch_command(caller, call, command.key, hit)
            ran += 1
            _collect(maps, command.key, outcome)
            if halt and outcome.error is not None:
                break
        self.desk.portal.ahead.clear()
        return maps, ran

    def _read_ahead(self, calls: Iterable[Call]) -> None:
        """Lets methods that can read for many commands at once do so; each command still checks and answers
        for itself, and what cannot be read here is refused there."""
        alike: dict[str, list[Call]] = {}
        for call in calls:
            alike.setdefault(call.method, []).append(call)
        for method, group in alike.items():
            entry = METHODS.get(method)
            if entry is not None and entry.ahead is not None and len(group) > 1:
                with contextlib.suppress(RestError, *UNREADABLE):
                    entry.ahead(group)

    def _batch_command(self, caller: access.Caller, call: Call, key: str, hit: int) -> Outcome:
        entry = METHODS.get(call.method)
        if call.method == "batch" or (entry is not None and not entry.batch):
            self.log_call(call.method, call.params, caller, hit, key, NOT_IN_BATCH, 0.0)
            return Outcome(None, NOT_IN_BATCH, {})
        return self.command(caller, call, hit, key)


def _collect(maps: dict[str, dict[str, Any]], key: str, outcome: Outcome) -> None:
    if outcome.error is not None:
        maps["result_error"][key] = outcome.error.body()
        return
    maps["result"][key] = result_of(outcome.value)
    if isinstance(outcome.value, Page):
        if outcome.value.counted:
            maps["result_total"][key] = outcome.value.total or 0
        if outcome.value.next is not None:
            maps["result_next"][key] = outcome.value.next
    maps["result_time"][key] = outcome.time
