"""A running sandbox with three employees, and callers of both versions of REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Refused, Sandbox

START = "2026-04-06T11:00:00+03:00"


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[Sandbox, int]]:
    with Sandbox("--rate", "off", "--now", START) as sandbox:
        for name in ("Анна", "Борис"):
            sandbox.rest("user.add", {"NAME": name, "EMAIL": f"{ord(name[0])}@example.com", "UF_DEPARTMENT": [1]})
        yield sandbox, sandbox.control("snapshot", {})["id"]


@pytest.fixture
def sandbox(_shared: tuple[Sandbox, int]) -> Sandbox:
    """The shared process, put back to its first state: 1 is the administrator, 2 and 3 are employees."""
    sandbox, pristine = _shared
    sandbox.control("restore", {"id": pristine})
    return sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


V3 = Callable[..., requests.Response]


@pytest.fixture
def v3(sandbox: Sandbox) -> V3:
    """Calls a method of REST 3.0 by a webhook; returns the whole HTTP answer."""

    def call(method: str, body: Any = None, user: int = 1, **options: Any) -> requests.Response:
        secret = "secret" if user == 1 else f"secret{user}"
        url = f"{sandbox.url}/rest/api/{user}/{secret}/{method}"
        return sandbox.http.post(url, json=body if body is not None else {}, timeout=60, **options)

    return call


Refusal = Callable[..., tuple[int, Any]]


@pytest.fixture
def refusal(sandbox: Sandbox) -> Refusal:
    """The status and the code that a call of the older REST is refused with."""

    def call(method: str, params: dict[str, Any] | None = None, user: int = 1) -> tuple[int, Any]:
        with pytest.raises(Refused) as refused:
            sandbox.rest(method, params, user)
        return refused.value.status, refused.value.code

    return call


def result(answer: requests.Response) -> Any:
    """The `result` of an answer of REST 3.0 that must not be a refusal."""
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def refused(answer: requests.Response) -> tuple[int, str, list[str]]:
    """Status, code without its prefix and the refused fields of an answer of REST 3.0."""
    error = answer.json()["error"]
    code = error["code"].removeprefix("BITRIX_REST_V3_EXCEPTION_")
    return answer.status_code, code, [one["field"] for one in error.get("validation", ())]
