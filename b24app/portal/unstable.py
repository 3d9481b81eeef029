"""Lists without a stable order of ids, read by fast-bitrix24 over our own line.

Users, departments, dictionaries, telephony statistics and list elements cannot be walked by id, so
they are read by offsets, all pages in parallel, which is what fast-bitrix24 is for. It keeps the
plan of the reading; every request it makes goes through our budget, tokens and repetitions, and its
result is sorted and checked, because a row that is added or deleted meanwhile shifts the pages.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from fast_bitrix24.srh import ServerRequestHandler
from fast_bitrix24.user_request import GetAllUserRequest

from b24app.errors import PortalRefused, PortalUnavailable
from b24app.portal.batch import IN_FLIGHT, SIZE, Batches, Command, Done
from b24app.portal.encoding import form_pairs
from b24app.portal.line import Line

TRIES = 4


def list_unstable(
    line: Line, batches: Batches, method: str, params: Mapping[str, Any], id_name: str = "ID"
) -> list[dict[str, Any]]:
    """Every row, sorted by `id_name`; PortalUnavailable when the list never stands still.

    A list whose rows have no such field is returned as the portal ordered it.
    """
    for attempt in range(TRIES):
        if attempt:
            line.sleep(0.5 * attempt)
        rows, total = _read(line, batches, method, params)
        distinct = _distinct(rows, id_name)
        if total is None or len(distinct) == total:
            return sorted(distinct, key=lambda row: _order(row.get(id_name)))
    raise PortalUnavailable(f"{method} changes faster than it can be read", method=method)


def _read(
    line: Line, batches: Batches, method: str, params: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int | None]:
    # A loop and a thread of its own: the caller may have a running loop, and the library's own
    # wrapper would then give back a task instead of rows.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _listed(line, batches, method, params)).result()


async def _listed(
    line: Line, batches: Batches, method: str, params: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int | None]:
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        client = SimpleNamespace(srh=_OverLine(line, batches, pool), batch_size=SIZE, verbose=False)
        request = _Pages(client, method, _flat(params))
        rows = await request.run()
    if not isinstance(rows, list):
        raise PortalRefused(f"{method} answered without a list of rows", method=method)
    return rows, request.total


class _Pages(GetAllUserRequest):  # type: ignore[misc]
    """Pages as the caller ordered them: an order by ID that the method may not know is not added,
    and rows are not thrown into a set, which would lose their order and merge equal ones."""

    def add_order_parameter(self) -> None:
        """Adds none."""

    def dedup_results(self) -> None:
        """Leaves the rows alone; we check them ourselves."""


class _OverLine(ServerRequestHandler):  # type: ignore[misc]
    """Answers the library's requests from our line; its own session, limits and retries stay unused."""

    def __init__(self, line: Line, batches: Batches, pool: ThreadPoolExecutor) -> None:
        # The parent's constructor would make a session and limits of its own.
        self._line = line
        self._batches = batches
        self._pool = pool
        self.mcr_cur_limit = IN_FLIGHT
        self.concurrent_requests = 0

    async def single_request(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One request in a thread, so that several may be under way."""
        loop = asyncio.get_running_loop()
        self.concurrent_requests += 1
        try:
            work = self._batch if method == "batch" else self._single
            return await loop.run_in_executor(self._pool, work, method, dict(params or {}))
        finally:
            self.concurrent_requests -= 1

    def _single(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self._line.stats.add(commands=1)
        answer = self._line.request(method, params)
        return {"result": answer.result, "total": answer.total, "next": answer.next}

    def _batch(self, _method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        texts: Mapping[str, str] = params["cmd"]
        commands = [Command(text.partition("?")[0], text) for text in texts.values()]
        results = {}
        for key, outcome in zip(texts, self._batches.run_commands(commands), strict=True):
            if not isinstance(outcome, Done):
                raise outcome.error
            results[key] = outcome.result
        return {"result": {"result": results, "result_error": {}}}


def _flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with texts for leaves: the library prints True as `True` and None as `None`.
    It takes no order and no start; the result is sorted anyway."""
    return {key: _texts(value) for key, value in params.items() if key.upper() not in ("START", "ORDER")}


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _texts(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(child) for child in value]
    return form_pairs({"": value})[0][1]


def _distinct(rows: list[dict[str, Any]], id_name: str) -> list[dict[str, Any]]:
    """Rows without repetitions by id; a row that came twice means that another one slipped away."""
    if not all(isinstance(row, Mapping) and id_name in row for row in rows):
        return rows
    counts = Counter(str(row[id_name]) for row in rows)
    if len(counts) == len(rows):
        return rows
    return list({str(row[id_name]): row for row in rows}.values())


def _order(value: Any) -> tuple[int, int, str]:
    """Numbers by size before texts."""
    text = str(value)
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
