"""An authorization server that keeps its answer until it is told to give it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import requests


class SlowTokens:
    """Passes requests for tokens on to a sandbox; `answered` is set when the sandbox has answered, and the answer
    leaves after `released` is."""

    def __init__(self, behind: str) -> None:
        self.answered = threading.Event()
        self.released = threading.Event()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kind = {"Content-Type": self.headers["Content-Type"]}
                answer = requests.post(f"{behind}{self.path}", data=body, headers=kind, timeout=30)
                slow.answered.set()
                slow.released.wait(30)
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
