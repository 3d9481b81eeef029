"""A sandbox to replay the documentation on, and the replaying itself."""

from __future__ import annotations

import base64
import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.papers import docx
from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.conventions import conventional, number_of
from tests.sandbox_payloads.declared import Change
from tests.sandbox_payloads.shapes import differences, lasting

CLIENT, OTHER_CLIENT = "local.replay", "local.other"
STRANGER = 21
# Those who have opened the application before the first state; others open it when they call.
LASTING = (1, STRANGER)
CRM_TYPES = (1, 2, 3, 4, 7, 31)
_PLACE = re.compile(r"<(add:[\w.@]+|[a-z]\w*)((?:\.\w+)*)>")
# Every permission the documentation names, so that no call fails for want of one.
ALL_SCOPES = sorted(
    {scope for method in documented.methods().values() for scope in method["scope"]} - {"basic"} | {"sonet_group"}
)

# A template of documents.
DOCX = base64.b64encode(docx.sample("Title")).decode()
# A text that is longer than what may be attached to a message.
LONG = "x" * 100_000
RECORDS = {"handler", "docx", "long", *declared.records()}


@dataclass
class Answer:
    """What came back for a call."""

    status: int
    body: Any

    @property
    def code(self) -> str | None:
        """The error code, None for a success; REST 3.0 nests it, connectors tell it within a result."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        result = self.body.get("result") if isinstance(self.body, dict) else None
        if error is None and isinstance(result, dict) and result.get("result") is False:
            error = result.get("error")
        code = error.get("code") if isinstance(error, dict) else error
        return None if code is None else str(code)


@dataclass
class Stage:
    """One sandbox with an application, put back to its first state by `clear`."""

    sandbox: Sandbox
    receiver: Receiver
    first: int = 0
    tokens: dict[tuple[str, int], str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> Stage:
        """Installs the application and takes the rights from one employee."""
        self._install(CLIENT)
        for user in LASTING:
            self._token(CLIENT, user)
        for kind in CRM_TYPES:
            params = {"user": STRANGER, "entityTypeId": kind, "mode": "none"}
            self.sandbox.control("act", {"method": "sandbox.crm.access", "params": params, "as": "system"})
        self.first = self.sandbox.control("snapshot", {})["id"]
        return self

    def _install(self, client: str) -> None:
        wanted = {"client_id": client, "client_secret": "s3", "handler_url": self.receiver.url(), "scope": ALL_SCOPES}
        self.sandbox.control("install", wanted)

    def clear(self) -> None:
        """Forgets all that was done."""
        self.sandbox.control("delivery/flush", {})
        self.sandbox.control("restore", {"id": self.first})
        self.made.clear()
        self.tokens = {(CLIENT, user): self.tokens[CLIENT, user] for user in LASTING}
        self.receiver.received.clear()

    # --- calls ------------------------------------------------------------------------------

    def play(self, method: str, *changes: Change) -> Answer:
        """Makes the documented call with the changes in their order."""
        for change in self.changes(method, *changes):
            for step in change.get("_first", ()):
                self._make(step)
        who = next((change["_as"] for change in reversed(changes) if "_as" in change), "app")
        return self.send(method, self.parameters(method, *changes), self._filled(who))

    def changes(self, method: str, *changes: Change) -> list[Change]:
        """The changes, after those that go without saying."""
        return [conventional(method, {key: None for change in changes for key in change}), *changes]

    def parameters(self, method: str, *changes: Change) -> Any:
        """The documented example with the changes, records in their places."""
        params: Any = copy.deepcopy(documented.methods()[method]["example"]) or {}
        for change in self.changes(method, *changes):
            params = copy.deepcopy(change.get("_only", params))
            for path in change.get("_drop", ()):
                _drop(params, path.split("."))
            for path, value in change.items():
                if path != "call" and not path.startswith("_"):
                    _put(params, path.split("."), value)
        return self._filled(params, method.endswith("@3"))

    def send(self, method: str, params: Any, who: str = "app") -> Answer:
        """One HTTP request."""
        kind, _, user = who.partition(":")
        name, _, version = method.partition("@")
        number = int(user or 1)
        place = "rest/api" if version else "rest"
        body = params
        if kind == "webhook":
            place += f"/{number}/" + ("secret" if number == 1 else f"secret{number}")
        elif kind == "nobody":
            place += "/1/wrong"
        else:
            body = {**params, "auth": self._token(OTHER_CLIENT if kind == "other" else CLIENT, number)}
        answer = self.sandbox.http.post(f"{self.sandbox.url}/{place}/{name}", json=body, timeout=30)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return Answer(answer.status_code, answer.json() if is_json else {"result": answer.text})

    def _token(self, client: str, user: int) -> str:
        """The access of a user to an application; the other one is installed when it calls first."""
        if client == OTHER_CLIENT and all(known != client for known, _ in self.tokens):
            self._install(client)
        if (client, user) not in self.tokens:
            opened = self.sandbox.control("open", {"client_id": client, "as": user})
            self.tokens[client, user] = opened["fields"]["AUTH_ID"]
        return self.tokens[client, user]

    def must(self, method: str, change: Change) -> Any:
        """The `result` of a call that must succeed."""
        answer = self.play(method, declared.call_of(method), change)
        assert answer.status == 200 and answer.code is None, f"{method}: {answer.status} {answer.body}"
        return answer.body["result"]

    def provoke(self, code: str, change: Change) -> dict[str, str]:
        """The form of the last event with this code, after the declared call (or `control`)."""
        if "control" in change:
            self._control(change)
        else:
            self.must(change["call"], change)
        self.sandbox.control("delivery/flush", {})
        forms = [one.form for one in self.receiver.received if one.form.get("event", "").upper() == code]
        assert forms, f"{code} was not sent"
        return forms[-1]

    # --- records ----------------------------------------------------------------------------

    def record(self, name: str) -> Any:
        """The result of creating a record, created once for a test."""
        ready = {"handler": self.receiver.url("/handler"), "docx": DOCX, "long": LONG}
        if name in ready:
            return ready[name]
        if name.startswith("add:"):
            return number_of(self._make({"call": name[4:]}))
        return self._make(declared.records()[name])

    def _make(self, change: Change) -> Any:
        """The result of a step: of its call, or of the control side where it is `control`. The same
        step, also as a record, is made once for a test."""
        key = json.dumps(change, sort_keys=True)
        if key not in self.made:
            self.made[key] = self.must(change["call"], change) if "call" in change else self._control(change)
        return self.made[key]

    def _control(self, change: Change) -> Any:
        body = {key: value for key, value in change.items() if key != "control"}
        return self.sandbox.control(change["control"], self._filled(body))

    def _filled(self, value: Any, strict: bool = False) -> Any:
        """The value with records in their places; `strict` prints their numbers as numbers (REST
        3.0 takes nothing else)."""
        if isinstance(value, dict):
            return {self._filled(key): self._filled(below, strict) for key, below in value.items()}
        if isinstance(value, list):
            return [self._filled(below, strict) for below in value]
        if not isinstance(value, str):
            return value
        whole = _PLACE.fullmatch(value)
        if whole and _known(whole[1]):
            found = self._at(whole)
            return int(found) if strict and str(found).isdigit() else found
        return _PLACE.sub(lambda found: str(self._at(found)) if _known(found[1]) else found[0], value)

    def _at(self, place: re.Match[str]) -> Any:
        found = self.record(place[1])
        for key in place[2].split(".")[1:]:
            found = found[int(key)] if isinstance(found, list) else found[key]
        return found


def _known(name: str) -> bool:
    return name.startswith("add:") or name in RECORDS


def _put(params: Any, path: list[str], value: Any) -> None:
    for key in path[:-1]:
        params = params[int(key)] if isinstance(params, list) else params.setdefault(key, {})
    if isinstance(params, list):
        params[int(path[-1])] = value
    else:
        params[path[-1]] = value


def _drop(params: Any, path: list[str]) -> None:
    for key in path[:-1]:
        params = params[int(key)] if isinstance(params, list) else params.get(key, {})
    if isinstance(params, list):
        del params[int(path[-1])]
    else:
        params.pop(path[-1], None)


def answer_differences(stage: Stage, method: str) -> dict[str, str]:
    """Where the answer to the documented call differs, by path; `call` when there is no answer."""
    try:
        answer = stage.play(method, declared.call_of(method))
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        return {"call": f"not made: {error}"}
    if answer.status != 200 or answer.code is not None:
        answer.body.pop("time", None)
        return {"call": f"{answer.status} {answer.body} to {stage.parameters(method, declared.call_of(method))}"}
    # Pages print several samples; the call is the first one's, but any of them may be met.
    samples = map(lasting, documented.methods()[method]["answers"])
    return min((differences(sample, answer.body) for sample in samples), key=len, default={})
