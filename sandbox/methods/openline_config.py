"""Open lines: `imopenlines.config.*`, `imopenlines.revision.get` (api-reference/imopenlines/openlines)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening
from sandbox.kernel.registry import events, method
from sandbox.kernel.rows import matches, ordered
from sandbox.messenger import people
from sandbox.openlines import lines
from sandbox.openlines.lines import Line

events("imconnector", "ONIMCONNECTORLINEDELETE")
_PARAMS = ("select", "filter", "order", "limit", "offset")
_OPTIONS = ("QUEUE", "CONFIG_QUEUE", "CHECK_PERMISSION")
_ACTIONS = ("LINES_VIEW", "LINES_MODIFY", "CONNECTORS_MODIFY", "SESSION_VIEW", "HISTORY_VIEW", "JOIN", "VOTE_HEAD")
_FIELDS = ("ID", *lines.DEFAULTS)
_LIMIT = 50
_MOST = 200


def _number(call: Call) -> int:
    value = str(call.get("CONFIG_ID") or "")
    if not value.isdigit() or int(value) <= 0:
        raise RestError("CONFIG_ID_EMPTY", "Config ID can't be empty")
    return int(value)


def _require_right(call: Call) -> None:
    if not call.portal.is_admin(call.user):
        raise RestError("CONFIG_WRONG_USER_PERMISSION", "Permission denied", 403)


@method("imopenlines.config.add", "imopenlines", write=True)
def add(call: Call) -> int:
    """Makes a line; the answer is its number."""
    _require_right(call)
    return lines.add(call, call.mapping("PARAMS"))


@method("imopenlines.config.update", "imopenlines", write=True)
def update(call: Call) -> bool:
    """Changes a line."""
    number = _number(call)
    _require_right(call)
    line = lines.get(call.portal.store, number)
    if line is None:
        return False
    lines.change(call, line, {name.upper(): value for name, value in call.mapping("PARAMS").items()})
    return True


@method("imopenlines.config.delete", "imopenlines", write=True)
def delete(call: Call) -> bool:
    """Removes a line; applications with connectors are told."""
    number = _number(call)
    _require_right(call)
    store = call.portal.store
    if lines.get(store, number) is None:
        return False
    apps = store.rows(
        "SELECT DISTINCT c.app FROM im_connectors AS c JOIN im_connector_lines AS l ON l.connector = c.id"
        " WHERE l.line = ?",
        (number,),
    )
    store.execute("DELETE FROM openlines WHERE id = ?", (number,))
    store.execute("DELETE FROM im_connector_lines WHERE line = ?", (number,))
    for row in apps:
        call.portal.happen(Happening("ONIMCONNECTORLINEDELETE", number, call.user, app=row["app"]))  # type: ignore[arg-type]
    return True


@method("imopenlines.config.get", "imopenlines")
def get(call: Call) -> dict[str, Any] | bool:
    """A line with its queue (WITH_QUEUE, SHOW_OFFLINE)."""
    line = lines.get(call.portal.store, _number(call))
    if line is None:
        return False
    shown: dict[str, Any] = {"ID": str(line.id), **line.data}
    if str(call.get("WITH_QUEUE") or "Y").upper() == "N":
        return shown
    users = lines.operators(call.portal.store, line)
    texts = [str(user) for user in users]
    named = _named(call, users)
    shown["QUEUE"] = texts
    shown["QUEUE_FULL"] = {
        str(user): {"ID": str(line.id * 1000 + i), "SORT": str(i), "USER_ID": str(user), "DEPARTMENT_ID": "0"}
        | dict(named[str(user)], USER_AVATAR_ID="0")
        for i, user in enumerate(users)
    }
    shown["QUEUE_USERS_FIELDS"] = {user: dict(named[user], USER_AVATAR_ID="0") for user in texts}
    shown["QUEUE_ONLINE"] = "Y" if users else "N"
    return shown


def _named(call: Call, users: list[int]) -> dict[str, dict[str, Any]]:
    known = people.of(call.portal.store, users)
    return {
        str(user): {
            "USER_NAME": known[user].name,
            "USER_WORK_POSITION": known[user].position or None,
            "USER_AVATAR": "",
            "USER_AVATAR_ID": None,
        }
        for user in users
    }


def _wrong(text: str) -> RestError:
    return RestError("INVALID_FORMAT", text)


def _checked(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    """PARAMS and OPTIONS after the checks of imopenlines-config-list-get.md."""
    params, options = call.mapping("PARAMS"), call.mapping("OPTIONS")
    for name, given, known in (("PARAMS", params, _PARAMS), ("OPTIONS", options, _OPTIONS)):
        unknown = [key for key in given if key not in known]
        if unknown:
            raise _wrong(f"Unsupported {name} fields are passed: {', '.join(unknown)}")
    if "select" in params and not isinstance(params["select"], (list, Mapping)):
        raise _wrong("A wrong format for the PARAMS field 'select' is passed")
    for name in ("order", "filter"):
        value = params.get(name)
        if value not in (None, [], "") and not isinstance(value, Mapping):
            raise _wrong(f"A wrong format for the PARAMS field '{name}' is passed")
    for name in ("limit", "offset"):
        if not str(params.get(name) or 0).isdigit():
            raise _wrong(f"A non-negative integer is expected in the PARAMS field '{name}'")
    for name in ("QUEUE", "CONFIG_QUEUE"):
        if isinstance(options.get(name), (list, Mapping)):
            raise _wrong(f"A wrong format for the OPTIONS field '{name}' is passed")
    action = options.get("CHECK_PERMISSION")
    if action and str(action).upper() not in _ACTIONS:
        raise _wrong("An unknown value for the OPTIONS field 'CHECK_PERMISSION' is passed")
    _check_names(params)
    return params, options


def _check_names(params: Mapping[str, Any]) -> None:
    select = params.get("select") or []
    chosen = select.values() if isinstance(select, Mapping) else select
    named = {
        "select": [str(name) for name in chosen],
        "order": list(params.get("order") or {}),
        "filter": [str(key).lstrip("=!<>%@?") for key in params.get("filter") or {}],
    }
    for part, names in named.items():
        for name in names:
            if not name:
                raise _wrong(f"A wrong field name is passed in the PARAMS field '{part}'")
            if name != "*" and name not in _FIELDS:
                raise _wrong(f"An unknown field '{name}' is passed in the PARAMS field '{part}'")
    for direction in (params.get("order") or {}).values():
        if str(direction).upper() not in ("ASC", "DESC"):
            raise _wrong("A wrong sorting direction is passed in the PARAMS field 'order'")


@method("imopenlines.config.list.get", "imopenlines")
def listing(call: Call) -> list[dict[str, Any]]:
    """Lines by `PARAMS{select, filter, order, limit, offset}`; OPTIONS add the queues."""
    params, options = _checked(call)
    found: list[tuple[dict[str, Any], Line]] = []
    for line in lines.every(call.portal.store):
        row = {"ID": str(line.id), **line.data}
        if matches(row, params.get("filter") or {}):
            found.append((row, line))
    rows = [row for row, _ in found]
    for name, direction in reversed(list((params.get("order") or {"ID": "ASC"}).items())):
        rows = ordered(rows, str(name), str(direction))
    offset, limit = int(params.get("offset") or 0), min(int(params.get("limit") or _LIMIT), _MOST)
    by_id = {row["ID"]: line for row, line in found}
    return [_selected(call, row, by_id[row["ID"]], params, options) for row in rows[offset : offset + limit]]


def _selected(
    call: Call, row: dict[str, Any], line: Line, params: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    select = params.get("select") or []
    names = [str(name) for name in (select.values() if isinstance(select, Mapping) else select)]
    shown = row if not names or "*" in names else {name: row[name] for name in _FIELDS if name in names}
    shown = dict(shown)
    if str(options.get("QUEUE") or "").upper() == "Y":
        users = lines.operators(call.portal.store, line)
        shown["QUEUE"], shown["QUEUE_USERS_FIELDS"] = users, _named(call, users)
    if str(options.get("CONFIG_QUEUE") or "").upper() == "Y":
        shown["CONFIG_QUEUE"] = line.queue
    return shown


@method("imopenlines.config.path.get", "imopenlines")
def path(call: Call) -> dict[str, str]:
    """The address of the page of open lines."""
    return {"SERVER_ADDRESS": f"http://{call.portal.domain}", "PUBLIC_PATH": "/contact_center/"}


@method("imopenlines.revision.get", "imopenlines")
def revision(call: Call) -> dict[str, int]:
    """The revisions of the API of open lines."""
    return {"rest": 2, "web": 1, "mobile": 1}
