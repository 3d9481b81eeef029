"""A portal in memory that speaks through the gateway's transport, and counts what it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from b24app.portal.answers import Answer, read_answer
from b24app.portal.transport import AnswerLost, NotSent, Transport

ENDPOINT = "https://portal.example/rest/"
TIME = {"finish": 1_775_000_000.0, "operating": 0, "operating_reset_at": 1_775_000_600}
Fault = Callable[[str, Mapping[str, Any]], Answer | Exception | None]


def refusal(code: str, status: int = 400, **more: Any) -> Answer:
    """An answer that refuses the whole request."""
    return read_answer(status, {"error": code, "error_description": "said the portal", **more})


class FakePortal:
    """`rows` are the ids of one list (`thing.list`); `thing.add` appends one; `user.get` pages by offset.

    `faults` are asked before (`before`) and after (`after`) each HTTP request and may answer it;
    `command_errors` maps a method to codes that refuse its next commands inside a batch.
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.users: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.commands: list[str] = []
        self.bodies: list[Mapping[str, Any]] = []
        self.slept: list[float] = []
        self.before: Fault = lambda method, params: None
        self.after: Fault = lambda method, params: None
        self.command_errors: dict[str, list[Any]] = {}
        self.unmentioned: set[str] = set()
        self.on_request: Callable[[], None] = lambda: None

    def transport(self) -> Transport:
        """A transport that comes here."""
        return _InMemory(self)

    def answer(self, method: str, params: Mapping[str, Any]) -> Answer:
        """Serves one HTTP request."""
        self.requests.append(method)
        self.bodies.append(params)
        self.on_request()
        early = self.before(method, params)
        if early is not None:
            return _raised(early)
        if method == "batch":
            body = {"result": self._batch(params), "time": TIME}
        else:
            body = {**self._run(method, params), "time": TIME}
        late = self.after(method, params)
        return _raised(late) if late is not None else read_answer(200, body)

    def _batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        maps: dict[str, dict[str, Any]] = {
            name: {} for name in ("result", "result_error", "result_total", "result_next", "result_time")
        }
        assert len(params["cmd"]) <= 50
        for key, text in params["cmd"].items():
            method, _, query = text.partition("?")
            if key in self.unmentioned:
                self.unmentioned.discard(key)
                continue
            codes = self.command_errors.get(method)
            if codes:
                code = codes.pop(0)
                if code is not None:
                    maps["result_error"][key] = code if isinstance(code, dict) else {"error": code}
                    continue
            values = {
                name: _resolved(value, maps["result"]) for name, value in parse_qsl(query, keep_blank_values=True)
            }
            body = self._run(method, _nested(values))
            maps["result"][key] = body["result"]
            if "total" in body:
                maps["result_total"][key] = body["total"]
        return {name: found or [] for name, found in maps.items()}

    def _run(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.commands.append(method)
        if method == "thing.add":
            self.ids.append(len(self.ids) + 1)
            return {"result": self.ids[-1]}
        if method == "thing.list":
            return self._list(params)
        if method == "user.get":
            start = int(params.get("start", 0))
            return {"result": self.users[start : start + 50], "total": len(self.users)}
        return {"result": dict(params)}

    def _list(self, params: Mapping[str, Any]) -> dict[str, Any]:
        bounds = params.get("filter") or {}
        low, high = int(bounds.get(">id") or 0), int(bounds.get("<=id") or 10**12)
        found = sorted(number for number in self.ids if low < number <= high)
        total = len(found)
        if (params.get("order") or {}).get("id") == "DESC":
            found.reverse()
        body: dict[str, Any] = {"result": {"items": [{"id": number} for number in found[:50]]}}
        return body if int(params.get("start", 0)) == -1 else {**body, "total": total}


class _InMemory(Transport):
    def __init__(self, portal: FakePortal) -> None:
        super().__init__()
        self._portal = portal

    def post(self, endpoint: str, method: str, params: Mapping[str, Any], token: str | None) -> Answer:
        return self._portal.answer(method, params)


def _raised(found: Answer | Exception) -> Answer:
    if isinstance(found, Exception):
        raise found
    return found


def lost(method: str, params: Mapping[str, Any]) -> Exception:
    """A fault: the answer never arrives."""
    return AnswerLost("connection dropped")


def not_sent(method: str, params: Mapping[str, Any]) -> Exception:
    """A fault: no connection."""
    return NotSent("refused")


def times(count: int, fault: Fault) -> Fault:
    """The fault for the first requests only."""
    left = [count]

    def limited(method: str, params: Mapping[str, Any]) -> Answer | Exception | None:
        left[0] -= 1
        return fault(method, params) if left[0] >= 0 else None

    return limited


def _resolved(text: str, results: Mapping[str, Any]) -> str:
    match = re.fullmatch(r"\$result((?:\[[^]]+\])+)", text)
    if match is None:
        return text
    node: Any = results
    for step in re.findall(r"\[([^]]+)\]", match[1]):
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and int(step) < len(node):
            node = node[int(step)]
        else:
            node = None
    return "" if node is None else str(node)


def _nested(values: Mapping[str, str]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for key, value in values.items():
        head, *steps = re.findall(r"[^\[\]]+", key)
        node, name = root, head
        for step in steps:
            node, name = node.setdefault(name, {}), step
        node[name] = value
    return root
