"""Reading a whole list by id: several ranges of ids at a time, in order, with bounded memory.

The first request reads the lowest and the highest page. What lies between is cut into ranges of
as many ids as one batch of chained pages is likely to read (2,500 rows); a few batches are in
flight at once. How densely ids are used is learnt from every batch. A range that held more rows
than expected leaves a rest, which goes into the next batch; rows are handed out strictly in order.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from b24app.portal.batch import IN_FLIGHT, SIZE, Done, Lost, Refused
from b24app.portal.chains import PAGE, Chain, Chains, Listing, Stalls, Stretch

# Finished batches that may wait for an earlier one before no further batch is started.
WAITING = 4
# Above this, ids count as dense: a range is then never longer than what one batch reads for sure.
DENSE = 0.98

Rows = list[dict[str, Any]]


def scan(chains: Chains, listing: Listing) -> Iterator[dict[str, Any]]:
    """Every row of the list whose id existed when the reading began, ordered by id."""
    lowest, highest = _ends(chains, listing)
    yield from lowest
    if len(lowest) < PAGE:
        return
    first, last = listing.id_of(lowest[0]), listing.id_of(lowest[-1])
    highest = [row for row in highest if listing.id_of(row) > last]
    if highest:
        ranges = _Ranges(listing, last, listing.id_of(highest[0]) - 1, (PAGE - 1) / (last - first))
        yield from _between(chains, ranges)
    yield from highest


def _ends(chains: Chains, listing: Listing) -> tuple[Rows, Rows]:
    """The lowest and the highest page, both in growing order."""
    commands = [listing.pages()(0, -1), listing.pages(down=True)(0, -1)]
    pages: list[Rows] = []
    for outcome in chains.batches.run_commands(commands):
        match outcome:
            case Done():
                pages.append(listing.rows(outcome))
            case Refused(error) | Lost(error):
                raise error
    return sorted(pages[0], key=listing.id_of), sorted(pages[1], key=listing.id_of)


def _between(chains: Chains, ranges: _Ranges) -> Iterator[dict[str, Any]]:
    stalls = Stalls(chains.batches)
    running: set[Future[list[Stretch]]] = set()
    pool = ThreadPoolExecutor(IN_FLIGHT)
    try:
        while not ranges.finished:
            while len(running) < IN_FLIGHT and ranges.may_start(idle=not running):
                running.add(pool.submit(_read, chains, ranges.next_batch()))
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                stretches = future.result()
                ranges.take(stretches)
                stalls.after(stretches)
            yield from ranges.emit()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read(chains: Chains, batch: list[Chain]) -> list[Stretch]:
    return chains.read_once(batch)


class _Ranges:
    """Which ids were read, which are being read, and which are still to be read.

    A range is (after, upto]: ids above `after` up to and including `upto`.
    """

    def __init__(self, listing: Listing, after: int, upto: int, density: float) -> None:
        self._listing = listing
        self._cursor = after
        self._end = upto
        self._density = density
        self._gaps = [(after, upto)] if upto > after else []
        self._read: dict[int, tuple[int, Rows]] = {}

    @property
    def finished(self) -> bool:
        """Whether everything was handed out."""
        return self._cursor >= self._end

    def may_start(self, *, idle: bool) -> bool:
        """Whether there is something to read, and room to keep what is read ahead."""
        return bool(self._gaps) and (idle or len(self._read) < WAITING)

    def next_batch(self) -> list[Chain]:
        """Chains for the lowest unread ids that one batch can probably read."""
        batch: list[Chain] = []
        pages = SIZE
        while self._gaps and pages:
            after, upto = self._gaps.pop(0)
            fits = after + math.floor(pages * PAGE / self._density + 0.5)
            if upto > fits:
                self._gaps.insert(0, (fits, upto))
                upto = fits
            needed = min(pages, math.ceil((upto - after) * self._density / PAGE))
            batch.append(Chain(self._listing, after, upto, needed))
            pages -= needed
        return batch

    def take(self, stretches: list[Stretch]) -> None:
        """Puts away what a batch read; its rests become gaps again."""
        found = covered = 0
        for stretch in stretches:
            after, reached = stretch.chain.after, stretch.reached
            if reached > after:
                self._read[after] = (reached, stretch.rows)
            if not stretch.complete:
                insort(self._gaps, (reached, stretch.chain.upto or self._end))
            found, covered = found + len(stretch.rows), covered + reached - after
        if covered:
            self._learn(found / covered)

    def emit(self) -> Iterator[dict[str, Any]]:
        """The rows that follow without a gap on those handed out before."""
        while self._cursor in self._read:
            self._cursor, rows = self._read.pop(self._cursor)
            yield from rows

    def _learn(self, density: float) -> None:
        # The mean of old and new: a hole makes ranges at most twice as long each time, so that a
        # dense part behind it is not met with ranges that are far too long.
        mean = (self._density + density) / 2
        self._density = 1.0 if mean > DENSE else mean
