"""Real sockets: which failures mean that nothing was sent, and which that nobody knows."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from b24app.portal.transport import AnswerLost, Moved, NotSent, Transport

GOOD = json.dumps({"result": 1}).encode()


def http(status: str, body: bytes = GOOD, extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


class Server:
    """Reads one request per connection and lets `behave` do the rest."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}/rest/"
        self.behave: Callable[[socket.socket], None] = lambda peer: peer.sendall(http("200 OK"))
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                self.requests.append(peer.recv(65536))
                self.behave(peer)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.socket.close()


def post(server: Server, seconds: float = 5.0) -> object:
    return Transport(read_seconds=seconds).post(server.address, "m", {"a": 1}, "secret-token").result


def test_a_good_answer(server: Server) -> None:
    assert post(server) == 1
    assert server.requests[0].startswith(b"POST /rest/m HTTP/1.1")


def test_a_connection_closed_after_the_request_is_a_lost_answer(server: Server) -> None:
    server.behave = lambda peer: None
    with pytest.raises(AnswerLost):
        post(server)
    assert len(server.requests) == 1


def test_half_an_answer_is_a_lost_answer(server: Server) -> None:
    server.behave = lambda peer: peer.sendall(http("200 OK")[:-3])
    with pytest.raises(AnswerLost):
        post(server)


def test_an_answer_that_takes_too_long_is_lost(server: Server) -> None:
    waiting = threading.Event()
    server.behave = lambda peer: bool(waiting.wait(5)) and None
    with pytest.raises(AnswerLost):
        post(server, seconds=0.2)
    waiting.set()


def test_a_closed_port_means_nothing_was_sent(server: Server) -> None:
    server.socket.close()
    with pytest.raises(NotSent):
        Transport().post("http://127.0.0.1:9/rest/", "m", {}, None)


def test_an_unknown_host_means_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    with pytest.raises(NotSent):
        Transport().post("http://portal.invalid/rest/", "m", {}, None)


def test_a_portal_without_encryption_where_it_is_expected_is_no_write(server: Server) -> None:
    with pytest.raises((NotSent, AnswerLost)):
        Transport(read_seconds=1).post(server.address.replace("http:", "https:"), "m", {}, None)


def test_no_exception_quotes_the_request(server: Server) -> None:
    server.behave = lambda peer: None
    with pytest.raises(AnswerLost) as caught:
        post(server)
    assert "secret-token" not in repr(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_redirect_is_told_and_not_followed(server: Server) -> None:
    server.behave = lambda peer: peer.sendall(http("302 Found", b"", "Location: https://new.example/rest/m\r\n"))
    with pytest.raises(Moved) as caught:
        post(server)
    assert caught.value.endpoint == "https://new.example/rest/"


def test_cookies_are_not_kept(server: Server) -> None:
    server.behave = lambda peer: peer.sendall(http("200 OK", extra="Set-Cookie: a=b; Path=/\r\nConnection: close\r\n"))
    transport = Transport()
    for _ in range(2):
        transport.post(server.address, "m", {}, None)
    assert b"Cookie" not in server.requests[1]


def test_a_forked_process_opens_its_own_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    session = requests.Session()
    transport = Transport(session)
    assert transport._own_session() is session
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert transport._own_session() is not session
