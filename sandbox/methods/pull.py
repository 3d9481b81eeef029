"""Push & Pull of applications: `pull.application.*` (settings/interactivity/push-and-pull)."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

from sandbox.kernel.apps import find_app
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger.dialogs import whole

_HOURS = 12
_COMMAND = re.compile(r"[A-Za-z0-9_:|.\-]+")
_MODULE = re.compile(r"[a-z0-9._]+")


def _application(call: Call, text: str) -> str:
    if call.app is None:
        raise RestError("WRONG_AUTH_TYPE", text, 403)
    return call.app


def _channel(call: Call, kind: str, owner: str) -> dict[str, str]:
    key = hashlib.sha256(f"{call.portal.member_id}{kind}{owner}".encode()).hexdigest()[:32]
    now = call.portal.now().replace(microsecond=0)
    return {
        "id": key,
        "start": now.isoformat(),
        "end": (now + timedelta(hours=_HOURS)).isoformat(),
        "type": kind,
    }


@method("pull.application.config.get", "pull", partial="there is no push server behind the addresses")
def config(call: Call) -> dict[str, Any]:
    """Where the push server of the portal is, and the application's channels there."""
    app = _application(call, "Get access to application config available only for application authorization.")
    host, stamp = call.portal.domain, int(call.portal.clock.timestamp())
    private = _channel(call, "private", f"{app}:{call.user}")
    public = hashlib.sha256(private["id"].encode()).hexdigest()[:32]
    addresses = {
        "long_polling": f"http://{host}/sub/",
        "long_pooling_secure": f"http://{host}/sub/",
        "websocket_enabled": True,
        "websocket": f"ws://{host}/subws/",
        "websocket_secure": f"ws://{host}/subws/",
        "publish_enabled": True,
        "publish": f"http://{host}/pub/",
        "publish_secure": f"http://{host}/pub/",
    }
    server = {"version": 4, "server_enabled": True, "mode": "personal", "hostname": host}
    own = {name: private[name] for name in ("start", "end")}
    return {
        "server": {**server, **addresses, "config_timestamp": stamp},
        "api": {"revision_web": 19, "revision_mobile": 3},
        "channels": {"shared": _channel(call, "shared", app), "private": {**private, "public_id": public}},
        "exp": stamp + _HOURS * 3600,
        "publicChannels": {
            str(call.user): {"user_id": call.user, "public_id": public, "signature": public[::-1], **own}
        },
    }


@method("pull.application.event.add", "pull", write=True, partial="events are checked, nobody listens to them")
def event_add(call: Call) -> bool:
    """Sends an event to the channel of the application, or of some users."""
    _application(call, "Get access to application config available only for application authorization.")
    users = [whole(user) for user in call.listing("USER_ID")]
    if users and users != [call.user] and not call.portal.is_admin(call.user):
        raise RestError("USER_ID_ACCESS_ERROR", "Only admin can send notifications to other channels")
    module, command, params = call.get("MODULE_ID"), call.get("COMMAND"), call.get("PARAMS")
    if module is not None and not (isinstance(module, str) and _MODULE.fullmatch(module)):
        raise RestError("MODULE_ID_ERROR", "Module ID format error")
    if not (isinstance(command, str) and _COMMAND.fullmatch(command)):
        raise RestError("COMMAND_ERROR", "Command format error")
    if params is not None and not isinstance(params, (dict, list)):
        raise RestError("PARAMS_ERROR", "Params format error")
    return True


@method("pull.application.push.add", "pull", write=True, partial="pushes are checked, there are no devices")
def push_add(call: Call) -> bool:
    """Sends a push notification to users' devices; for administrators."""
    client = _application(call, "Send push notifications available only for application authorization.")
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_ERROR", "You do not have access to send push notifications")
    if not str(call.get("TEXT") or "").strip():
        raise RestError("TEXT_ERROR", "Text can't be empty")
    app = find_app(call.portal, client)
    if app is None or not (app.title or app.client_id):
        raise RestError("EMPTY_APP_NAME", "For send push-notification application name can't be empty")
    return True
