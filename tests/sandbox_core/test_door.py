"""The portal's port: plain requests of REST and all others on the same connections, however they come."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.harness.sandbox import Sandbox

BODY = b'{"FILTER": {"ID": 1}, "select": ["ID"]}'


def post(path: str, body: bytes = BODY, *headers: str) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: portal", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


PLAIN = post("/rest/1/secret/user.get")


class Wire:
    """A connection, and what came over it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.socket = socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port or 0), timeout=60)
        self.file = self.socket.makefile("rb")

    def answer(self) -> tuple[int, dict[str, str], object]:
        """The next answer: its status, its headers and the JSON in it."""
        status = int(self.file.readline().split()[1])
        lines = iter(lambda: self.file.readline().decode().strip(), "")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = self.file.read(int(headers["content-length"]))
        return status, headers, json.loads(body) if body else None

    def close(self) -> None:
        """Hangs up."""
        self.file.close()
        self.socket.close()


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    wire = Wire(sandbox)
    yield wire
    wire.close()


def result(answer: tuple[int, dict[str, str], object]) -> object:
    """The `result` of a good answer."""
    status, _, body = answer
    assert status == 200 and isinstance(body, dict)
    return body["result"]


def test_plain_and_other_answers_have_the_same_headers(wire: Wire) -> None:
    wire.socket.sendall(PLAIN)
    plain = wire.answer()
    wire.socket.sendall(post("/rest/1/secret/user.get", BODY, "Connection: Keep-Alive", "Expect: 100-continue"))
    assert wire.file.readline().startswith(b"HTTP/1.1 100") and wire.file.readline() == b"\r\n"
    other = wire.answer()
    assert result(plain) == result(other) == [{"ID": "1"}]
    varying = {"date", "content-length"}
    assert plain[1].keys() == other[1].keys()
    assert all(plain[1][name] == other[1][name] for name in plain[1].keys() - varying)


@pytest.mark.parametrize("cut", [20, len(PLAIN) - len(BODY), len(PLAIN) - 5])
def test_a_request_in_two_pieces(wire: Wire, cut: int) -> None:
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.socket.sendall(PLAIN[:cut])
    wire.socket.sendall(PLAIN[cut:])
    assert result(wire.answer()) == [{"ID": "1"}]


def test_requests_that_do_not_wait_are_answered_in_order(wire: Wire) -> None:
    query = b"GET /rest/1/secret/user.get?ID=1&select[]=ID HTTP/1.1\r\nHost: portal\r\n\r\n"
    state = b"GET /sandbox/state HTTP/1.1\r\nHost: portal\r\n\r\n"
    wrong = post("/rest/1/secret/no.such.method")
    wire.socket.sendall(PLAIN + query + wrong + state + PLAIN)
    assert [result(wire.answer()) for _ in range(2)] == [[{"ID": "1"}]] * 2
    assert wire.answer()[0] == 404
    status, _, body = wire.answer()
    assert status == 200 and isinstance(body, dict) and "member_id" in body
    assert result(wire.answer()) == [{"ID": "1"}]


def test_a_connection_to_be_closed_is(wire: Wire) -> None:
    wire.socket.sendall(post("/rest/1/secret/user.get", BODY, "Connection: close"))
    assert result(wire.answer()) == [{"ID": "1"}]
    assert wire.file.read() == b""
