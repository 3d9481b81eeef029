"""REST 3.0, `/rest/api/...`: JSON requests, one form of answers, idempotency keys (api-reference/rest-v3.md)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sandbox.kernel import eventlog
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Method
from sandbox.kernel.store import declare
from sandbox.kernel.v3 import METHODS_V3, V3Error, refusal
from sandbox.server import batch_v3
from sandbox.server.access import Caller
from sandbox.server.answer import Answer, Reply, json_reply
from sandbox.server.batch import LIMIT
from sandbox.server.requests import Http, RestRequest, bearer, target
from sandbox.server.rest import TOO_LONG, Outcome, Rest

if TYPE_CHECKING:
    from sandbox.server.desk import Desk

declare(
    "CREATE TABLE IF NOT EXISTS idempotency (caller TEXT, method TEXT, key TEXT, at REAL, request TEXT, answer TEXT,"
    " PRIMARY KEY (caller, method, key)) WITHOUT ROWID"
)
DAY_SECONDS = 86400.0
KEY = "Idempotency-Key"
# Methods whose answer is their own document, without `result` and `time`.
BARE = frozenset({"rest.documentation.openapi", "documentation"})


class RestV3(Rest):
    """Answers `/rest/api/...` under the same limits, faults and logs as the version before it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._noted: set[tuple[str, int, int]] = set()
        desk.portal.store.on_restore.append(self._noted.clear)

    async def read(self, http: Http) -> RestRequest:
        """The request; parameters come from a JSON body only."""
        path = http.raw_path.partition("?")[0]
        request = target(path.replace("/rest/api/", "/rest/", 1))
        params = await _body(http)
        if isinstance(params, dict):
            token = params.pop("auth", None)
            request.token = token if isinstance(token, str) and token else None
        request.token = request.token or bearer(http)
        request.params = {"commands": params} if isinstance(params, list) else params
        request.key = http.headers.get(KEY)
        return request

    def entry(self, method: str) -> Method | None:
        """The method of this version."""
        return METHODS_V3.get(method)

    def run(self, call: Call) -> Any:
        """Runs one command; refusals of code shared with the older version take this version's form."""
        entry = METHODS_V3.get(call.method)
        if entry is None:
            raise refusal("METHODNOTFOUND", f"Method `{call.method}` not found", 404)
        if not entry.allowed(call.scope):
            raise refusal("INSUFFICIENTSCOPE", "The request requires higher privileges than provided by the token", 403)
        try:
            return self.desk.portal.run(call, entry)
        except V3Error:
            raise
        except RestError as error:
            raise V3Error(str(error.code), error.description, error.status) from error

    def respond(self, caller: Caller, request: RestRequest, hit: int) -> Answer:
        """One command, or the stored answer of an earlier call with the same key."""
        self._note(caller)
        entry = METHODS_V3.get(request.method)
        if request.key is None or entry is None or not entry.write:
            outcome = self.command(caller, self.call(caller, request.method, request.params), hit)
            return json_reply(_envelope(request.method, outcome), outcome.status)
        key = _valid(request.key)
        stored = self._stored(caller, request, key)
        if stored is not None:
            headers = {KEY: key, "Idempotent-Replayed": "true"}
            return json_reply(json.loads(stored), 200, headers)
        outcome = self.command(caller, self.call(caller, request.method, request.params), hit)
        answer = json_reply(_envelope(request.method, outcome), outcome.status, {KEY: key})
        if outcome.error is None:
            self._keep(caller, request, key, answer.body.decode())
        return answer

    def _note(self, caller: Caller) -> None:
        """The event log tells who has used REST, once an hour."""
        mark = (caller.key, caller.user, int(self.desk.portal.clock.timestamp() // 3600))
        if mark not in self._noted:
            self._noted.add(mark)
            call = Call(self.desk.portal, "", {}, caller.user, caller.app)
            eventlog.note(call, "USER_AUTHORIZE", caller.user, module="rest", method="rest", userId=caller.user)

    def _stored(self, caller: Caller, request: RestRequest, key: str) -> str | None:
        store, now = self.desk.portal.store, self.desk.portal.clock.timestamp()
        row = store.one(
            "SELECT * FROM idempotency WHERE caller = ? AND method = ? AND key = ? AND at > ?",
            (_who(caller), request.method, key, now - DAY_SECONDS),
        )
        if row is None:
            return None
        if row["request"] != _digest(request):
            raise refusal("IDEMPOTENCYKEYREUSED", "The idempotency key was used with a different request", 422)
        return str(row["answer"])

    def _keep(self, caller: Caller, request: RestRequest, key: str, answer: str) -> None:
        row = (_who(caller), request.method, key, self.desk.portal.clock.timestamp(), _digest(request), answer)
        self.desk.portal.store.execute("INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)", row)

    async def answer_batch(self, caller: Caller, params: dict[str, Any], hit: int) -> Reply:
        """`[{"method", "query"}]`: the results in the same order.

        The page documents no place for the error of one command: the first refusal ends the batch
        and is its answer; what ran before stays done.
        """
        results: list[Any] = []
        outcome: Outcome | None = None
        context: dict[str, Any] = {}
        commands = batch_v3.commands(params.get("commands", params))
        if len(commands) > LIMIT:
            raise TOO_LONG
        for i, command in enumerate(commands):
            query = batch_v3.substituted(command.query, context)
            outcome = self.command(caller, self.call(caller, command.method, query), hit, str(i))
            if outcome.error is not None:
                break
            batch_v3.remember(context, command, outcome.value)
            results.append(outcome.value)
        await self.work(len(results))
        if outcome is not None and outcome.error is not None:
            return json_reply(outcome.envelope(), outcome.status)
        return json_reply({"result": results, "time": outcome.time if outcome else {}})


async def _body(http: Http) -> dict[str, Any] | list[Any]:
    text = (await http.read()).decode("utf-8", "replace") if http.can_read_body else ""
    if not text.strip():
        return {}
    wrong = refusal("INVALIDJSON", "The request body is not valid JSON")
    if http.content_type != "application/json":
        raise wrong
    try:
        body = json.loads(text)
    except ValueError:
        raise wrong from None
    if not isinstance(body, dict | list):
        raise wrong
    return body


def _envelope(method: str, outcome: Outcome) -> dict[str, Any]:
    if method in BARE and outcome.error is None:
        document: dict[str, Any] = outcome.value
        return document
    return outcome.envelope()


def _valid(key: str) -> str:
    if 1 <= len(key) <= 255 and all(" " <= letter <= "~" for letter in key):
        return key
    raise refusal("INVALIDIDEMPOTENCYKEY", "The idempotency key must be 1 to 255 printable ASCII characters")


def _who(caller: Caller) -> str:
    return f"{caller.key}/{caller.user}"


def _digest(request: RestRequest) -> str:
    return hashlib.sha256(json.dumps(request.params, sort_keys=True).encode()).hexdigest()
