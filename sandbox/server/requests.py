"""Reading an HTTP request of a REST client: which method, whose credentials, which parameters."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from sandbox.kernel.errors import RestError
from sandbox.server.forms import nest, parse_query

# What SDKs add to every query for their own bookkeeping.
SDK_MARKS = ("bx24_request_id", "bx24_sdk_ver", "bx24_sdk_type")
SUFFIXES = (".json", ".xml")


class Plain:
    """A request that has come whole: the part of aiohttp's request that REST asks for."""

    __slots__ = ("_body", "headers", "method", "raw_path", "transport")

    def __init__(self, method: str, raw_path: str, headers: CIMultiDictProxy[str], body: bytes) -> None:
        self.method = method
        self.raw_path = raw_path
        self.headers = headers
        self.transport: asyncio.Transport | None = None
        self._body = body

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.raw_path.partition("?")[0]

    @property
    def host(self) -> str:
        """Whom the client believes to speak to."""
        return self.headers.get("Host", "")

    @property
    def content_type(self) -> str:
        """The type of the body without its parameters."""
        kind = self.headers.get("Content-Type")
        return kind.partition(";")[0].strip().lower() if kind else "application/octet-stream"

    @property
    def can_read_body(self) -> bool:
        """Whether there is a body."""
        return bool(self._body)

    async def read(self) -> bytes:
        """The body."""
        return self._body

    async def post(self) -> CIMultiDict[Any]:
        """The parts of a body of several; a plain request has none."""
        return CIMultiDict()


Http = web.Request | Plain


@dataclass(slots=True)
class RestRequest:
    """A REST request as it was meant; `user` and `secret` are of a webhook, `token` of an app;
    `key` is the idempotency key of REST 3.0."""

    method: str
    params: dict[str, Any] = field(default_factory=dict)
    user: int | None = None
    secret: str = ""
    token: str | None = None
    key: str | None = None


def target(path: str) -> RestRequest:
    """`/rest/1/secret/crm.deal.list.json` or `/rest/crm.deal.list`; doubled slashes are one."""
    method, user, secret = _target(path)
    return RestRequest(method, user=user, secret=secret)


@lru_cache(maxsize=4096)
def _target(path: str) -> tuple[str, int | None, str]:
    """The method, the webhook's user and its secret."""
    parts = [unquote(part) for part in path.split("/") if part]
    parts = parts[parts.index("rest") + 1 :]
    user, secret = None, ""
    if len(parts) >= 2 and parts[0].isdigit():
        user, secret = int(parts[0]), parts[1]
        parts = parts[2:]
    name = "/".join(parts).lower()
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name, user, secret


async def read(http: Http) -> RestRequest:
    """The whole request: parameters of the query and of the body (the body wins) and the token."""
    path, _, query = http.raw_path.partition("?")
    request = target(path)
    params = parse_query(query)
    if http.can_read_body:
        params.update(await body_params(http))
    for mark in SDK_MARKS:
        params.pop(mark, None)
    token = params.pop("auth", None)
    if not isinstance(token, str) or not token:
        token = bearer(http)
    request.token, request.params = token, params
    return request


def bearer(http: Http) -> str | None:
    """The token of the Authorization header."""
    kind, _, token = http.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


async def body_params(http: Http) -> dict[str, Any]:
    """The parameters of a JSON, form or multipart body; another type is read as a form."""
    kind = http.content_type
    if kind.startswith("multipart/"):
        return nest([(key, _text(value)) for key, value in (await http.post()).items()])
    text = (await http.read()).decode("utf-8", "replace")
    if kind == "application/json" or text[:1] in "{[":
        return _json(text)
    return parse_query(text)


def _json(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        body = json.loads(text)
    except ValueError:
        raise RestError("INVALID_REQUEST", "The request body is not valid JSON", 400) from None
    if isinstance(body, list):  # positional parameters: settings/how-to-call-rest-api/data-encoding.md
        return {str(i): value for i, value in enumerate(body)}
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> Any:
    return [value.filename, value.file.read()] if isinstance(value, web.FileField) else value
