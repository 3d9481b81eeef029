"""The portal's port. Plain requests of REST are read and answered here, everything else by aiohttp.

A portal under load gets thousands of small `POST /rest/...`, one after another on connections that stay open. They
need little of HTTP: a head, a body of known length, an answer at once. aiohttp, which serves the pages and whatever
is not as plain (parts, pieces, compressed bodies, connections to be closed), spends several times as much on one.
"""

from __future__ import annotations

import asyncio
import logging
import time
import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict, CIMultiDictProxy

from sandbox.server.answer import Answer, Reply
from sandbox.server.requests import Plain

log = logging.getLogger("sandbox.door")

HOLD_BYTES = 1 << 20
HEAD_BYTES = 16_384
TARGET_LENGTH = 8000
_END = b"\r\n\r\n"
_BEGINNINGS = (b"POST /rest/", b"GET /rest/")
# A request with one of these is not plain.
_DEMANDING = ("Transfer-Encoding", "Content-Encoding", "Expect", "Upgrade")


Handler = Callable[[Plain], Coroutine[Any, Any, Answer]]


class Door(asyncio.Protocol):
    """One connection: plain requests, until the first other one leaves it to aiohttp for good."""

    def __init__(self, handler: Handler, other: asyncio.Protocol) -> None:
        self._handler = handler
        self._other = other
        self._plain = True
        self._held = b""
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Both look after the connection; aiohttp closes it when the portal stops."""
        self._transport = cast(asyncio.Transport, transport)
        self._other.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that is still made goes nowhere, as what was asked for is done all the same."""
        self._transport = None
        self._other.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._other.pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._other.resume_writing()

    def eof_received(self) -> bool | None:
        """The client says no more."""
        return self._other.eof_received()

    def data_received(self, data: bytes) -> None:
        """Answers a plain request; what comes before its answer is ready waits."""
        if not self._plain:
            self._other.data_received(data)
            return
        self._held = self._held + data if self._held else data
        self._serve()

    def _serve(self) -> None:
        while self._held and self._plain and self._task is None:
            data = self._held
            request, needed = read(data)
            if request is not None:
                self._held = data[needed:]
                request.transport = self._transport
                self._begin(request)
            elif len(data) < needed <= HOLD_BYTES:
                return
            else:
                self._plain, self._held = False, b""
                self._other.data_received(data)

    def _begin(self, request: Plain) -> None:
        """Nearly every answer is ready at once; only one that has to wait is worth a task."""
        answering = self._answer(request)
        try:
            waits_for = answering.send(None)
        except StopIteration:
            return
        self._task = asyncio.get_running_loop().create_task(_go_on(answering, waits_for))
        self._task.add_done_callback(self._done)

    def _done(self, _: asyncio.Task[None]) -> None:
        self._task = None
        self._serve()

    async def _answer(self, request: Plain) -> None:
        try:
            text = printed(await self._handler(request))
        except Exception:  # as aiohttp does: the client is told, the portal lives on
            log.exception("%s failed", request.raw_path)
            text = printed(web.Response(status=500, text="500 Internal Server Error"))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(text)


async def _go_on(begun: Coroutine[Any, Any, None], waits_for: Any) -> None:
    """The rest of a coroutine that has been begun outside a task and waits."""
    await _relayed(begun, waits_for)


@types.coroutine
def _relayed(begun: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    while True:
        try:
            try:
                heard = yield waits_for
            except BaseException as problem:  # noqa: BLE001 - handed on to whom it is meant for
                waits_for = begun.throw(problem)
            else:
                waits_for = begun.send(heard)
        except StopIteration:
            return


def read(data: bytes) -> tuple[Plain | None, int]:
    """A plain request at the beginning of what has come, and the bytes it takes.

    Without a request: how many bytes it needs if more are to come, 0 if it is not plain.
    """
    end = data.find(_END)
    if not 0 < end <= HEAD_BYTES or not data.startswith(_BEGINNINGS):
        return None, 0
    head = _head(data[:end])
    if head is None:
        return None, 0
    begun = end + len(_END)
    needed = begun + head.length
    if len(data) < needed:
        return None, needed
    return Plain(head.method, head.target, head.headers, data[begun:needed]), needed


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a plain request; `length` is that of the body."""

    method: str
    target: str
    headers: CIMultiDictProxy[str]
    length: int


@lru_cache(maxsize=512)
def _head(text: bytes) -> Head | None:
    """The head, None when it asks for more than a plain answer; a client sends the same one again and again."""
    first, *lines = text.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    headers = _headers(lines)
    if headers is None or version != "HTTP/1.1" or not _plain(target):
        return None
    length = headers.get("Content-Length", "0")
    if not length.isdigit() or headers.get("Content-Type", "").startswith("multipart/"):
        return None
    return Head(method, target, headers, int(length))


def _plain(target: str) -> bool:
    """A path with a slash at its end may have a route of its own (see `OAuth.routes`)."""
    return len(target) <= TARGET_LENGTH and target.isascii() and not target.partition("?")[0].endswith("/")


def _headers(lines: list[str]) -> CIMultiDictProxy[str] | None:
    """The headers; None when one of them asks for more than a plain answer."""
    headers: CIMultiDict[str] = CIMultiDict()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            return None
        headers.add(name, value.strip())
    stays = headers.get("Connection", "keep-alive").lower() == "keep-alive"
    plain = stays and not any(name in headers for name in _DEMANDING)
    return CIMultiDictProxy(headers) if plain else None


def printed(answer: Answer) -> bytes:
    """An answer as it goes over the wire."""
    if isinstance(answer, Reply):
        content, headers = answer.body, (("Content-Type", answer.content_type), *answer.headers.items())
    else:
        content = _content(answer)
        headers = tuple(pair for pair in answer.headers.items() if pair[0] != "Content-Length")
    length = b"Content-Length: %d\r\n" % len(content)
    return b"".join((_beginning(answer.status, headers), length, _signature(int(time.time())), content))


def _content(answer: web.StreamResponse) -> bytes:
    content = answer.body or b"" if isinstance(answer, web.Response) else None
    if not isinstance(content, bytes | bytearray):
        raise TypeError("answers of REST are whole")
    return bytes(content)


@lru_cache(maxsize=64)
def _beginning(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return "\r\n".join([f"HTTP/1.1 {status} {reason}", *map(": ".join, headers), ""]).encode()


@lru_cache(maxsize=2)
def _signature(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}\r\n\r\n".encode()
