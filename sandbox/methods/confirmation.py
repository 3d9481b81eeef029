"""Methods that an application may call only once the administrator has agreed (scopes/confirmation.md)."""

from __future__ import annotations

from sandbox.kernel.call import Call
from sandbox.kernel.errors import KeptRefusal, RestError
from sandbox.kernel.portal import Happening
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

# `state`: W waiting, Y allowed, N denied. The decision holds for the tokens of one user of an application.
declare(
    "CREATE TABLE IF NOT EXISTS method_confirmations (app TEXT NOT NULL, user INTEGER NOT NULL, method TEXT NOT NULL,"
    " state TEXT NOT NULL, PRIMARY KEY (app, user, method))"
)
_KEY = "app = ? AND user = ? AND method = ?"


def require_confirmation(call: Call) -> None:
    """Refuses an application whose call the administrator has not allowed yet, or has denied."""
    if call.app is None or call.source != "rest":
        return
    key = (call.app, call.user, call.method.lower())
    state = call.portal.store.value(f"SELECT state FROM method_confirmations WHERE {_KEY}", key)
    if state == "Y":
        return
    if state == "N":
        raise RestError("METHOD_CONFIRM_DENIED", "Method call denied", 403)
    call.portal.store.execute("INSERT OR IGNORE INTO method_confirmations VALUES (?, ?, ?, 'W')", key)
    raise KeptRefusal("METHOD_CONFIRM_WAITING", "Waiting for confirmation", 401)


@method("sandbox.app.confirm", write=True)
def confirm(call: Call) -> bool:
    """The administrator's decision about `method` of `client_id` for `user`: `allow` (yes unless it is false).

    Says whether such a call was waiting; not for REST clients.
    """
    call.require_inside()
    store, allowed = call.portal.store, bool(call.get("allow", True))
    key = (str(call.need("client_id")), call.integer("user", 1), str(call.need("method")).lower())
    changed = store.execute(
        f"UPDATE method_confirmations SET state = ? WHERE {_KEY}", ("Y" if allowed else "N", *key)
    ).rowcount
    sql = "SELECT access FROM tokens WHERE app = ? AND user = ? ORDER BY expires DESC LIMIT 1"
    data = {
        "TOKEN": store.value(sql, key[:2]) or "",
        "METHOD": key[2],
        "CONFIRMED": "1" if allowed else "0",
        "LANGUAGE_ID": "ru",
    }
    if changed:
        call.portal.happen(Happening("ONAPPMETHODCONFIRM", data, None, app=key[0]))
    return bool(changed)
