"""A handler of an application: listens on a free port and keeps every form it is sent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Received:
    """One request: its path with query, and the flat form."""

    path: str
    query: dict[str, str]
    form: dict[str, str]


@dataclass
class Receiver:
    """An HTTP server that answers every POST with `status`; use it as a context manager."""

    status: int = 200
    answer: str = ""
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Receiver:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                url = urlsplit(self.path)
                query = dict(parse_qsl(url.query, keep_blank_values=True))
                outer.received.append(Received(url.path, query, dict(parse_qsl(text, keep_blank_values=True))))
                body = outer.answer.encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def url(self, path: str = "/") -> str:
        """The address of a path of this server."""
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def wait(self, count: int, seconds: float = 60.0) -> list[Received]:
        """What was received once there are at least `count` requests."""
        end = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.received) >= count, f"{len(self.received)} of {count} requests came"
        return list(self.received)
