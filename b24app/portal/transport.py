"""One HTTP request to a portal and its answer, whatever form the answer takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from b24app.portal.answers import Answer, read_answer
from b24app.portal.encoding import json_body

# A portal ends a request after 60 seconds, the automation it started included (limits.md); we wait
# a little longer, so that its own answer wins over our time-out.
CONNECT_SECONDS = 5.0
READ_SECONDS = 65.0
USER_AGENT = "b24app/0.1 (automation companion)"
_REDIRECTS = (301, 302, 307, 308)


class NotSent(Exception):
    """The request never left this machine; repeating it is safe."""


class AnswerLost(Exception):
    """The request left and no readable answer came; what it did is unknown."""


class Moved(Exception):
    """The portal lives at another address now; `endpoint` is where the call must be repeated."""

    def __init__(self, endpoint: str) -> None:
        super().__init__("the portal has moved")
        self.endpoint = endpoint


class Transport:
    """Sends JSON over kept-alive connections; redirects are not followed and cookies not kept.

    A forked process (a worker's job) opens connections of its own: two processes that read from
    one connection would get each other's answers.
    """

    def __init__(
        self,
        session: requests.Session | None = None,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._session = session or new_session()
        self._owner = os.getpid()
        self._timeouts = (connect_seconds, read_seconds)

    def post(self, endpoint: str, method: str, params: Mapping[str, Any], token: str | None) -> Answer:
        """Posts one call to `{endpoint}{method}` and reads the envelope, an error's too.

        Raises NotSent, AnswerLost or Moved. The token travels in the body and so stays out of
        the logs of every server on the way.
        """
        body = json_body({**params, "auth": token} if token else params)
        try:
            response = self._own_session().post(
                endpoint + method, data=body, timeout=self._timeouts, allow_redirects=False
            )
            content = response.content
        except requests.RequestException as error:
            raise failure_of(error) from None
        if response.status_code in _REDIRECTS:
            raise Moved(_new_endpoint(endpoint, method, response.headers.get("Location", "")))
        return _parse(response.status_code, content)

    def _own_session(self) -> requests.Session:
        if self._owner != os.getpid():
            self._session, self._owner = new_session(), os.getpid()
        return self._session


def new_session(connections: int = 16) -> requests.Session:
    """A session fit for several threads: connections are shared, cookies refused."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "application/json"})
    return session


def failure_of(error: requests.RequestException) -> NotSent | AnswerLost:
    """Whether a request that failed can have arrived; without its address or body, which may hold secrets."""
    # The exception's own text holds the address only, but its chain may hold the request: not kept.
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError):
        return NotSent("no connection to the portal")
    if isinstance(error, requests.exceptions.ProxyError):
        return NotSent("no connection to the proxy")
    # Other failures of the encryption may come after the request has been sent.
    if isinstance(cause, SSLError) and isinstance(cause.args[0], SSLCertVerificationError):
        return NotSent("the portal's certificate is not trusted")
    return AnswerLost(type(error).__name__)


def _parse(status: int, content: bytes) -> Answer:
    try:
        body = json.loads(content, parse_float=Decimal)
    except ValueError:
        body = None
    if isinstance(body, dict) and ("result" in body or "error" in body):
        return read_answer(status, body)
    if status == 503:
        # Said by a proxy before the portal: nothing was executed.
        return Answer(status, code="QUERY_LIMIT_EXCEEDED", description="HTTP 503 without an envelope")
    if status == 429:
        return Answer(status, code="OPERATION_TIME_LIMIT", description="HTTP 429 without an envelope")
    raise AnswerLost(f"HTTP {status} without an envelope")


def _new_endpoint(endpoint: str, method: str, location: str) -> str:
    """The same path at the host of `Location` (settings/how-to-call-rest-api/change-domen.md).

    A redirect to any other path is no new address: a page to sign in, a notice of works. Nor is one from
    a public host into a private network.
    """
    old, new = urlsplit(endpoint + method), urlsplit(urljoin(endpoint, location))
    if old.scheme == "https" and new.scheme != "https":
        raise NotSent("the portal redirects to an address without encryption")
    if new.path != old.path or new.username is not None or not new.hostname:
        raise NotSent("the portal redirects to a page that is not its REST")
    if _is_inner(new.hostname) and not _is_inner(old.hostname or ""):
        raise NotSent("the portal redirects into a private network")
    return f"{new.scheme}://{new.netloc}{urlsplit(endpoint).path}"


def _is_inner(host: str) -> bool:
    """Whether a host's name alone says that it is not in the public network."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
