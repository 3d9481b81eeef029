"""A worker process of the gateway's tests: calls a portal from several threads and prints what became of it."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from redis import Redis

from b24app.errors import AppError
from b24app.portal.budget import budget_for
from b24app.portal.credentials import FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.operating import Operating
from tests.gateway.installed import Place


def main(task: dict[str, Any]) -> None:
    """Says `ready`, waits for a line, makes the calls, prints the counts."""
    gateway = _gateway(task)
    if task.get("warm"):
        gateway.line.credentials.current()
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(task["calls"]) as pool:
        errors = [error for error in pool.map(lambda _: _call(gateway), range(task["calls"])) if error]
    print(json.dumps({"errors": errors, "busy": gateway.stats.busy, "requests": gateway.stats.requests}), flush=True)


def _gateway(task: dict[str, Any]) -> Gateway:
    if "database_url" in task:
        return Place(task["database_url"], task["redis_url"], task["origin"]).gateway()
    budget = budget_for(Redis.from_url(task["redis_url"]), "shared", "standard")
    return Gateway(Line(FixedAccess(task["endpoint"]), budget, Operating(None, "p")))


def _call(gateway: Gateway) -> str:
    try:
        gateway.call("server.time")
    except AppError as error:
        return repr(error)
    return ""


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
