"""Walking lists by id: pages linked to each other inside one batch.

A list is read with `start=-1`, ordered by id, each page asking for ids greater than the last one of
the page before (`$result[...]`), so rows that are deleted meanwhile move nothing
(settings/performance/huge-data.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from b24app.errors import PortalBusy, PortalRefused, PortalUnavailable
from b24app.portal.batch import IN_FLIGHT, ROUNDS, SIZE, Batches, Command, Done, Outcome, Raw, Refused
from b24app.portal.encoding import command_text, query_text
from b24app.portal.line import BACKGROUND

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """A list method with its parameters. `container` is the key of the rows in `result` (empty when
    `result` is the rows), `id_name` the id's spelling in rows, filter and order."""

    method: str
    params: Mapping[str, Any]
    id_name: str = "id"
    container: str = "items"

    def pages(self, upto: int | None = None, *, down: bool = False) -> Callable[[int | str, int], Command]:
        """Makes commands for pages no further than `upto`: `(after, start)` is the id (or a reference
        to one) behind which the page begins, and -1, or 0 to have the rows counted.

        What all pages have in common is encoded once; a scan makes thousands of them.
        """
        bound = {} if upto is None else {f"<={self.id_name}": upto}
        params = {
            **self.params,
            "filter": {**self.params.get("filter", {}), **bound},
            "order": {self.id_name: "DESC" if down else "ASC"},
        }
        common = command_text(self.method, params)

        def page(after: int | str, start: int) -> Command:
            own: dict[str, Any] = {"filter": {f">{self.id_name}": after}} if after else {}
            return Command(self.method, f"{common}&{query_text({**own, 'start': start})}")

        return page

    def reference(self, key: str) -> str:
        """How a later command of the batch names the last id of a full page."""
        container = f"[{self.container}]" if self.container else ""
        return f"$result[{key}]{container}[{PAGE - 1}][{self.id_name}]"

    def rows(self, outcome: Done) -> list[dict[str, Any]]:
        """The rows of a page; an answer of another shape is refused, never taken for an empty page."""
        rows = outcome.result
        if self.container and isinstance(rows, Mapping):
            rows = rows.get(self.container)
        elif self.container and rows == []:
            return []
        if not isinstance(rows, list):
            raise PortalRefused(f"{self.method} answered without a list of rows", method=self.method)
        return rows

    def id_of(self, row: Mapping[str, Any]) -> int:
        """A row's id as a number."""
        return int(row[self.id_name])


@dataclass(frozen=True, slots=True)
class Chain:
    """A stretch of a list: ids above `after` up to `upto` (None: no limit), at most `pages` pages."""

    listing: Listing
    after: int = 0
    upto: int | None = None
    pages: int = 1
    count: bool = False
    """whether the first page also asks for the total"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a request brought of a chain: ordered rows, and up to which id the list is known now."""

    chain: Chain
    rows: list[dict[str, Any]]
    reached: int
    complete: bool
    total: int | None = None
    wait: float = 0.0
    """seconds the portal wants to be left alone before the rest is read"""

    @property
    def rest(self) -> Chain:
        """The part that is still to be read, with as many pages as the total promises and one that
        shows the end, else twice as many as before."""
        pages = self.chain.pages * 2 if self.total is None else (self.total - len(self.rows)) // PAGE + 1
        return replace(self.chain, after=self.reached, pages=min(SIZE, max(1, pages)), count=False)


class Chains:
    """Reads chains over batches."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def read_once(self, chains: Sequence[Chain], *, interactive: bool = False) -> list[Stretch]:
        """One request: every chain as far as its pages go (together at most fifty pages).

        A page refused for the portal's limits ends its chain early; any other refusal is raised.
        """
        self.batches.admit({chain.listing.method for chain in chains}, interactive=interactive)
        keyed: dict[str, Command] = {}
        for number, chain in enumerate(chains):
            keyed.update(_commands(number, chain))
        raw = self.batches.exchange(keyed, interactive=interactive)
        return [_collect(chain, number, raw) for number, chain in enumerate(chains)]

    def read_all(self, chains: Sequence[Chain], *, interactive: bool = False) -> list[list[dict[str, Any]]]:
        """The complete rows of every chain, in as few requests as their lengths allow."""
        rows: list[list[dict[str, Any]]] = [[] for _ in chains]
        pending = list(enumerate(chains))
        stalls = Stalls(self.batches)
        while pending:
            read = list(self._read_round(pending, interactive))
            for number, stretch in read:
                rows[number] += stretch.rows
            stalls.after([stretch for _, stretch in read])
            pending = [(number, stretch.rest) for number, stretch in read if not stretch.complete]
        return rows

    def _read_round(self, pending: Sequence[tuple[int, Chain]], interactive: bool) -> Iterator[tuple[int, Stretch]]:
        packs = list(_packed(pending))
        if len(packs) == 1:
            yield from _numbered(packs[0], self.read_once([chain for _, chain in packs[0]], interactive=interactive))
            return
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            read = pool.map(lambda pack: self.read_once([chain for _, chain in pack], interactive=interactive), packs)
            for pack, stretches in zip(packs, read, strict=True):
                yield from _numbered(pack, stretches)


class Stalls:
    """Waits when the portal asks for it, and gives up when reading makes no progress any more."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self._count = 0

    def after(self, stretches: Sequence[Stretch]) -> None:
        """Looks at what a round brought; PortalUnavailable after several rounds without anything."""
        if any(stretch.rows or stretch.complete for stretch in stretches):
            self._count = 0
        else:
            self._count += 1
        if self._count > ROUNDS:
            raise PortalUnavailable("The portal keeps refusing to read a list")
        wait = max((stretch.wait for stretch in stretches), default=0.0)
        if wait or self._count:
            self.batches.rest(max(wait, 0.5 * self._count))


def _numbered(pack: Sequence[tuple[int, Chain]], stretches: Sequence[Stretch]) -> Iterator[tuple[int, Stretch]]:
    return ((number, stretch) for (number, _), stretch in zip(pack, stretches, strict=True))


def _packed(pending: Sequence[tuple[int, Chain]]) -> Iterator[list[tuple[int, Chain]]]:
    """Groups of chains whose pages fit into one batch."""
    pack: list[tuple[int, Chain]] = []
    used = 0
    for number, chain in pending:
        if used + chain.pages > SIZE:
            yield pack
            pack, used = [], 0
        pack.append((number, chain))
        used += chain.pages
    if pack:
        yield pack


def _commands(number: int, chain: Chain) -> dict[str, Command]:
    listing = chain.listing
    page_after = listing.pages(chain.upto)
    commands = {f"p{number}x0": page_after(chain.after, 0 if chain.count else -1)}
    for page in range(1, chain.pages):
        commands[f"p{number}x{page}"] = page_after(listing.reference(f"p{number}x{page - 1}"), -1)
    return commands


def _collect(chain: Chain, number: int, raw: Raw) -> Stretch:
    """Takes pages while they are full and in order; what follows a page that is not full was asked
    without a last id and is not looked at."""
    rows: list[dict[str, Any]] = []
    last, total = chain.after, None
    for page in range(chain.pages):
        outcome = raw[f"p{number}x{page}"]
        if not isinstance(outcome, Done):
            return Stretch(chain, rows, last, complete=False, total=total, wait=_wait_after(outcome))
        found = chain.listing.rows(outcome)
        total = outcome.total if page == 0 and chain.count else total
        last = _checked_last(chain, found, last)
        rows += found
        if len(found) < PAGE or last == chain.upto:
            return Stretch(chain, rows, last if chain.upto is None else chain.upto, complete=True, total=total)
    return Stretch(chain, rows, last, complete=False, total=total)


def _wait_after(outcome: Outcome | None) -> float:
    """Seconds to wait before a page is asked for again; raises what waiting cannot cure."""
    if not isinstance(outcome, Refused):
        return 0.0
    error = outcome.error
    if isinstance(error, PortalBusy) and error.retry_after <= BACKGROUND.pause:
        return error.retry_after
    if isinstance(error, PortalUnavailable):
        return 0.0
    raise error


def _checked_last(chain: Chain, rows: Sequence[Mapping[str, Any]], last: int) -> int:
    """The last id of a page, after making sure that ids only grow and stay within the stretch."""
    for row in rows:
        found = chain.listing.id_of(row)
        if found <= last or (chain.upto is not None and found > chain.upto):
            raise PortalRefused(f"{chain.listing.method} does not keep the order of ids", method=chain.listing.method)
        last = found
    return last
