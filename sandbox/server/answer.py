"""The JSON that the portal prints: results as PHP prints them, the `time` block, errors."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson
from aiohttp import web

from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Page
from sandbox.kernel.clock import Clock

JSON = "application/json; charset=utf-8"
# A pattern finds two letters in a long text four times as fast as `in` does.
_EMPTY = re.compile(rb"\{\}")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _encode(body: Any) -> bytes:
    """JSON; keys that are numbers are the exception, and being ready for them doubles the work."""
    try:
        return orjson.dumps(body, _plain)
    except TypeError:
        return orjson.dumps(body, _plain, orjson.OPT_NON_STR_KEYS)


def dumps(body: Any) -> bytes:
    """JSON as PHP prints it: an empty map is `[]`.

    The search for `{}` in the finished text is the fast way; only a text that holds it is rebuilt.
    """
    text = _encode(body)
    return _encode(_php(body)) if _EMPTY.search(text) else text


def _php(value: Any) -> Any:
    if isinstance(value, Mapping):
        if not value:
            return value if isinstance(value, EmptyObject) else []
        return {key: _php(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_php(child) for child in value]
    return value


def php_array(items: dict[str, Any]) -> Any:
    """A PHP array with these keys: a JSON list when they are 0..n-1 in order, else an object."""
    if all(key == str(i) for i, key in enumerate(items)):
        return list(items.values())
    return items


@dataclass(slots=True)
class Reply:
    """An answer of REST before it is put into HTTP: a whole text and what is said of it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON

    def response(self) -> web.Response:
        """The same as aiohttp sends it."""
        return web.Response(
            body=self.body, status=self.status, headers={"Content-Type": self.content_type, **self.headers}
        )


Answer = Reply | web.StreamResponse


def json_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer of REST in JSON."""
    return Reply(dumps(body), status, headers or {})


def json_response(body: Any, status: int = 200) -> web.Response:
    """An HTTP answer with a JSON body."""
    return json_reply(body, status).response()


def result_of(value: Any) -> Any:
    """The `result` of a method's return value; a page is its rows, wrapped in its container."""
    if not isinstance(value, Page):
        return value
    return {value.container: value.rows} if value.container else value.rows


class Stopwatch:
    """Measures one request or command and prints its `time` block.

    Moments are the portal's clock; durations are real, because a frozen clock would show none.
    """

    __slots__ = ("_clock", "_real", "_start")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.timestamp()
        self._real = time.perf_counter()

    def block(self, operating: float, reset_in: float) -> dict[str, Any]:
        """The `time` block; `reset_in` is in how many seconds operating time is given back."""
        duration = time.perf_counter() - self._real
        finish = self._start + duration
        return {
            "start": self._start,
            "finish": finish,
            "duration": duration,
            "processing": duration,
            "date_start": self._clock.iso_at(self._start),
            "date_finish": self._clock.iso_at(finish),
            "operating_reset_at": int(finish + reset_in),
            "operating": operating,
        }
