"""What a portal tells about itself: time, scopes, methods, features, access codes."""

from __future__ import annotations

from typing import Any

from sandbox.kernel import features
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import METHODS, method
from sandbox.kernel.v3 import METHODS_V3

# scopes/permissions.md
_SCOPES = (  # noqa: SIM905 - a list of fifty one-word lines would hide the rest
    "ai_admin appform baas biconnector bizproc booking calendar calendarmobile call cashbox catalog catalogmobile"
    " configuration.import contact_center crm delivery department disk documentgenerator entity forum humanresources"
    " humanresources.hcmlink iblock im im.import imbot imconnector imopenlines intranet landing landing_cloud lists log"
    " mailservice main messageservice mobile notifications pay_system placement pull pull_channel rating rest rpa sale"
    " salescenter sign.b2e smile socialnetwork sonet_group task tasks tasks_extended tasksmobile telephony timeman user"
    " user.userfield user_basic user_brief userconsent userfieldconfig vote"
).split()


def _true(value: Any) -> bool:
    return str(value).lower() in ("1", "true", "y")


def all_scopes() -> list[str]:
    """Every permission there is: those of the vendor's list, and those that methods here need."""
    entries = [*METHODS.values(), *METHODS_V3.values()]
    named = {part for entry in entries for part in entry.scope.split("|") if part}
    return sorted({*named, *_SCOPES})


@method("server.time")
def server_time(call: Call) -> str:
    """server-time.md"""
    return call.portal.clock.iso()


@method("scope")
def scope(call: Call) -> list[str]:
    """scope.md: the caller's permissions; `full` prints all there are."""
    if call.scope is not None and not _true(call.get("full")):
        return sorted(call.scope)
    return all_scopes()


@method("methods")
def methods(call: Call) -> list[str]:
    """methods.md: what the caller may call; `scope` limits it to one permission, `full` prints all."""
    entries = METHODS.values()
    if call.get("scope") is not None:
        wanted = str(call.get("scope"))
        return sorted(e.name for e in entries if e.scope == wanted or wanted in e.scope.split("|"))
    return [*sorted(e.name for e in entries if _true(call.get("full")) or e.allowed(call.scope)), "batch"]


@method("method.get")
def method_get(call: Call) -> dict[str, bool]:
    """method-get.md"""
    name = str(call.get("name") or "").lower()
    entry = METHODS.get(name)
    exists = entry is not None or name == "batch"
    return {"isExisting": exists, "isAvailable": exists and (entry is None or entry.allowed(call.scope))}


@method("feature.get")
def feature_get(call: Call) -> dict[str, str]:
    """feature-get.md: source keys (`auth_connector`) come with the higher plans only."""
    code = call.get("CODE")
    if not code:
        raise RestError("CODE_EMPTY", "CODE can't be empty")
    known = str(code).lower() in ("rest_offline_extended", "rest_auth_connector")
    return {"value": "Y" if known and features.has(call.portal, str(code).lower()) else "N"}


@method("user.access")
def user_access(call: Call) -> bool:
    """user-access.md: whether the caller has one of the access codes; an administrator always has."""
    own = {"AU", "G2", f"U{call.user}"}
    return call.portal.is_admin(call.user) or any(str(code) in own for code in call.listing("ACCESS"))


@method("access.name")
def access_name(call: Call) -> dict[str, Any] | bool:
    """access-name.md: unknown codes are left out."""
    codes = [str(code) for code in call.listing("ACCESS")]
    if not codes:
        return False
    known = {"AU": "All authorized users", "G1": "Administrators", "G2": "All visitors"}
    found = {code: {"provider": "", "name": known[code], "provider_id": "other"} for code in codes if code in known}
    for code in codes:
        if code.startswith("U") and code[1:].isdigit():
            row = call.portal.store.one("SELECT name, last_name FROM users WHERE id = ?", (int(code[1:]),))
            if row is not None:
                name = f"{row['name']} {row['last_name'] or ''}".strip()
                found[code] = {"provider": "User", "name": name, "provider_id": "user"}
    return found
