"""What an application asks about itself and keeps on the portal: `app.*`, `user.option.*`."""

from __future__ import annotations

import json
from typing import Any

from sandbox.kernel.apps import STATUS, App, find_app
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import METHODS, events, method
from sandbox.kernel.store import declare

events("", "ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL", "ONAPPPAYMENT", "ONAPPMETHODCONFIRM")
# user 0 stands for the application's own options.
declare(
    "CREATE TABLE IF NOT EXISTS app_options (app TEXT NOT NULL, user INTEGER NOT NULL, name TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (app, user, name))"
)
_LICENSES = {"standard": ("ru_std", "std"), "enterprise": ("ru_ent250", "ent"), "box": ("ru_selfhosted", "selfhosted")}


def calling_app(call: Call, error: RestError) -> App:
    """The application that calls; the error of the vendor's page when there is none."""
    app = find_app(call.portal, call.app) if call.app else None
    if app is None:
        raise error
    return app


@method("app.info")
def app_info(call: Call) -> dict[str, Any]:
    """app-info.md; a webhook is told its permissions and the licence, as official SDKs read them."""
    if call.app is None:
        named = {part for entry in METHODS.values() for part in entry.scope.split("|") if part}
        return {"SCOPE": sorted(named), "LICENSE": _LICENSES[call.portal.plan][0]}
    app = calling_app(call, RestError("ACCESS_DENIED", "Access denied! Application context required"))
    license_name, family = _LICENSES[call.portal.plan]
    return {
        "ID": app.id,
        "CODE": app.client_id,
        "VERSION": int(app.version.split(".")[0]) if app.version[:1].isdigit() else 1,
        "STATUS": STATUS,
        "INSTALLED": app.installed,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": "ru",
        "LICENSE": license_name,
        "LICENSE_TYPE": license_name.removeprefix("ru_"),
        "LICENSE_FAMILY": family,
    }


# What the official SDK's own tests meet; the pages of the other options say AccessException.
_DENIED = RestError("ACCESS_DENIED", "Access denied! Application context required", 403)


def _context(call: Call, error: RestError | None = None) -> str:
    return calling_app(call, error or RestError("AccessException", "Application context required")).client_id


def _read(call: Call, app: str, user: int) -> Any:
    name = call.get("option")
    rows = call.portal.store.rows("SELECT name, value FROM app_options WHERE app = ? AND user = ?", (app, user))
    options = {row["name"]: json.loads(row["value"]) for row in rows}
    return options.get(str(name), "") if name else options


def _write(call: Call, app: str, user: int) -> bool:
    options = call.mapping("options")
    if not options:
        raise RestError("ArgumentNullException", "options is empty")
    for name, value in options.items():
        call.portal.store.execute(
            "INSERT OR REPLACE INTO app_options VALUES (?, ?, ?, ?)",
            (app, user, name, json.dumps(value, ensure_ascii=False)),
        )
    return True


@method("app.option.get")
def app_option_get(call: Call) -> Any:
    """app-option-get.md: one option, or all of them without a name."""
    return _read(call, _context(call, _DENIED), 0)


@method("app.option.set", write=True)
def app_option_set(call: Call) -> bool:
    """app-option-set.md: administrators only."""
    app = _context(call)
    if not call.portal.is_admin(call.user):
        raise RestError("AccessException", "Administrator authorization required")
    return _write(call, app, 0)


@method("user.option.get")
def user_option_get(call: Call) -> Any:
    """user-option-get.md"""
    return _read(call, _context(call), call.user)


@method("user.option.set", write=True)
def user_option_set(call: Call) -> bool:
    """user-option-set.md"""
    return _write(call, _context(call), call.user)
