"""Links to files: what `DOWNLOAD_URL` and `uploadUrl` of methods carry and what answers them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import mimetypes
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.kernel.call import Attachment, Call
from sandbox.kernel.errors import RestError

Serve = Callable[[Call, str], Attachment]
Take = Callable[[Call, str], Any]
# Which family answers a token: the word before its `|`.
FAMILIES: dict[str, Serve] = {}
TAKERS: dict[str, Take] = {}


def served(family: str) -> Callable[[Serve], Serve]:
    """Registers what gives the file of a token `family|rest`."""

    def register(function: Serve) -> Serve:
        FAMILIES[family] = function
        return function

    return register


def taken(family: str) -> Callable[[Take], Take]:
    """Registers what takes a file sent to the `uploadUrl` of a token `family|rest`; returns the `result`."""

    def register(function: Take) -> Take:
        TAKERS[family] = function
        return function

    return register


def sent(call: Call) -> tuple[str, bytes] | None:
    """The name and the bytes of the file in the field `file` of multipart/form-data."""
    file = call.get("file")
    if not isinstance(file, list) or len(file) != 2 or not isinstance(file[1], bytes):
        return None
    return str(file[0]), file[1]


def not_found() -> RestError:
    """The refusal of a token without a file."""
    return RestError("ERROR_FILE_NOT_FOUND", "File not found", 404)


def _mark(call: Call, content: str) -> str:
    key = call.portal.member_id.encode()
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()[:32]


def signed(call: Call, family: str, content: str) -> str:
    """A token that only this portal can have made: `disk|BASE64`."""
    text = f"{content}&_={_mark(call, family + content)}"
    return f"{family}|{base64.urlsafe_b64encode(text.encode()).decode()}"


def opened(call: Call, family: str, token: str) -> str:
    """The content of a token; one that was changed or is of another family is refused."""
    kind, _, rest = token.partition("|")
    try:
        content, _, mark = base64.urlsafe_b64decode(rest.encode()).decode().rpartition("&_=")
    except ValueError:
        raise not_found() from None
    if kind != family or not content or not hmac.compare_digest(mark, _mark(call, family + content)):
        raise not_found()
    return content


def address(call: Call, action: str, token: str) -> str:
    """The address with which the caller can fetch or send a file: a webhook's address, or a user's token in `auth`."""
    base = f"http://{call.portal.domain}/rest"
    if call.app is None:
        secret = "secret" if call.user == 1 else f"secret{call.user}"
        return f"{base}/{call.user}/{secret}/{action}.json?{urlencode({'token': token}, quote_via=quote)}"
    sql = "SELECT access FROM tokens WHERE app = ? AND user = ? ORDER BY expires DESC LIMIT 1"
    auth = call.portal.store.value(sql, (call.app, call.user)) or ""
    return f"{base}/{action}.json?{urlencode({'auth': auth, 'token': token}, quote_via=quote)}"


def attachment(name: str, content: bytes) -> Attachment:
    """A file as an answer, of the type its name tells."""
    return Attachment(name, content, mimetypes.guess_type(name)[0] or "application/octet-stream")
