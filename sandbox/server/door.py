"""The portal's port. Plain requests of REST are read and answered here, everything else by aiohttp.

A portal under load gets thousands of small `POST /rest/...`, one after another on connections that stay open. They
need little of HTTP: a head, a body of known length, an answer at once. aiohttp, which serves the pages and whatever
is not as plain (parts, pieces, compressed bodies, connections to be closed), spends several times as much on one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import cast

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict

from sandbox.server.requests import Plain

log = logging.getLogger("sandbox.door")

HOLD_BYTES = 1 << 20
TARGET_LENGTH = 8000
_END = b"\r\n\r\n"
_BEGINNINGS = (b"POST /rest/", b"GET /rest/")
# A request with one of these is not plain.
_DEMANDING = ("Transfer-Encoding", "Content-Encoding", "Expect", "Upgrade")


Handler = Callable[[Plain], Awaitable[web.StreamResponse]]


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
        if self._task is None:
            self._next()

    def _next(self) -> None:
        data, self._held = self._held, b""
        if not data:
            return
        request, needed = read(data)
        if request is not None:
            self._held = data[needed:]
            request.transport = self._transport
            self._task = asyncio.get_running_loop().create_task(self._answer(request))
        elif len(data) < needed <= HOLD_BYTES:
            self._held = data
        else:
            self._plain = False
            self._other.data_received(data)

    async def _answer(self, request: Plain) -> None:
        try:
            answer = await self._handler(request)
            text = printed(answer)
        except Exception:  # as aiohttp does: the client is told, the portal lives on
            log.exception("%s failed", request.raw_path)
            text = printed(web.Response(status=500, text="500 Internal Server Error"))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(text)
        self._task = None
        self._next()


def read(data: bytes) -> tuple[Plain | None, int]:
    """A plain request at the beginning of what has come, and the bytes it takes.

    Without a request: how many bytes it needs if more are to come, 0 if it is not plain.
    """
    if not data.startswith(_BEGINNINGS):
        return None, 0
    end = data.find(_END)
    if end < 0:
        return None, 0
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    headers = _headers(lines)
    if headers is None or version != "HTTP/1.1" or not _plain(target):
        return None, 0
    length = headers.get("Content-Length", "0")
    if not length.isdigit() or headers.get("Content-Type", "").startswith("multipart/"):
        return None, 0
    begun = end + len(_END)
    needed = begun + int(length)
    if len(data) < needed:
        return None, needed
    return Plain(method, target, headers, data[begun:needed]), needed


def _plain(target: str) -> bool:
    """A path with a slash at its end may have a route of its own (see `OAuth.routes`)."""
    return len(target) <= TARGET_LENGTH and target.isascii() and not target.partition("?")[0].endswith("/")


def _headers(lines: list[str]) -> CIMultiDict[str] | None:
    """The headers; None when one of them asks for more than a plain answer."""
    headers: CIMultiDict[str] = CIMultiDict()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            return None
        headers.add(name, value.strip())
    stays = headers.get("Connection", "keep-alive").lower() == "keep-alive"
    return headers if stays and not any(name in headers for name in _DEMANDING) else None


def printed(answer: web.StreamResponse) -> bytes:
    """An answer as it goes over the wire."""
    content = answer.body or b"" if isinstance(answer, web.Response) else None
    if not isinstance(content, bytes | bytearray):
        raise TypeError("answers of REST are whole")
    head = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
    head += [f"{name}: {value}" for name, value in answer.headers.items() if name != "Content-Length"]
    head += [f"Content-Length: {len(content)}", _signature(int(time.time())), "\r\n"]
    return "\r\n".join(head).encode() + content


@lru_cache(maxsize=64)
def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


@lru_cache(maxsize=2)
def _signature(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\nServer: {SERVER_SOFTWARE}"
