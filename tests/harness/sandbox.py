"""Starts the sandbox as a process of its own and speaks to it over HTTP, as an outsider would."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


class Refused(AssertionError):
    """The portal answered a REST call with an error; `code`, `status` and `body` tell which."""

    def __init__(self, method: str, status: int, body: Any) -> None:
        super().__init__(f"{method}: HTTP {status} {body}")
        self.status = status
        self.body = body
        self.code = body.get("error") if isinstance(body, dict) else None


class Sandbox:
    """One sandbox process on a free port.

    `options` are further command line words (`"--rate", "off"`). Use it as a context manager or
    call `start()` and `stop()`; only the process it started is stopped.
    """

    def __init__(
        self,
        *options: str,
        fixture: str | None = None,
        data: str | Path = ":memory:",
        patience: float = START_SECONDS,
    ) -> None:
        self.options = list(options)
        self.patience = patience
        self.fixture = fixture
        self.data = str(data)
        self.url = ""
        self.ready: dict[str, Any] = {}
        self.http = requests.Session()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Sandbox:
        """Starts the process and waits for its `ready` line."""
        words = [sys.executable, "-m", "sandbox", "--port", "0", "--data", self.data, *self.options]
        if self.fixture:
            words += ["--fixture", self.fixture]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        self.ready = self._wait_ready()
        self.url = str(self.ready["portal"]).rstrip("/")
        return self

    def _wait_ready(self) -> dict[str, Any]:
        process = self.process
        assert process is not None and process.stdout is not None
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            readable, _, _ = select.select([process.stdout], [], [], 0.2)
            line = process.stdout.readline() if readable else ""
            if line.startswith("{"):
                ready: dict[str, Any] = json.loads(line)
                return ready
            if process.poll() is not None:
                raise RuntimeError(f"sandbox ended with code {process.returncode}")
        self.stop()
        raise RuntimeError("sandbox did not become ready")

    def rest(self, method: str, params: dict[str, Any] | None = None, user: int = 1, **options: Any) -> Any:
        """Calls a method by the user's webhook; returns `result`, raises `Refused` on an error."""
        answer = self.raw(method, params, user, **options)
        body = answer.json()
        if answer.status_code >= 400 or "error" in body:
            raise Refused(method, answer.status_code, body)
        return body["result"]

    def raw(
        self, method: str, params: dict[str, Any] | None = None, user: int = 1, **options: Any
    ) -> requests.Response:
        """The whole HTTP answer of a webhook call; `token="..."` calls as an application instead."""
        token = options.pop("token", None)
        body = dict(params or {})
        if token is not None:
            url = f"{self.url}/rest/{method}"
            body["auth"] = token
        else:
            secret = "secret" if user == 1 else f"secret{user}"
            url = f"{self.url}/rest/{user}/{secret}/{method}"
        return self.http.post(url, json=body, timeout=60, allow_redirects=False, **options)

    def control(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        """Calls the control side: GET without a body, POST with one (`method` overrides)."""
        verb = method or ("GET" if body is None else "POST")
        answer = self.http.request(verb, f"{self.url}/sandbox/{path.lstrip('/')}", json=body, timeout=120)
        if answer.status_code >= 400:
            raise Refused(f"{verb} /sandbox/{path}", answer.status_code, answer.json())
        return answer.json()

    def stop(self) -> None:
        """Ends the process that `start` made."""
        self.http.close()
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
