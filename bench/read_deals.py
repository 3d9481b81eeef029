"""Reading every deal of a large portal: requests, seconds and memory, beside fast-bitrix24 and b24pysdk.

    python bench/read_deals.py [--deals 100000] [--runs 3] [--deletions 300] [--data DIR]
                               [--latency-ms N] [--command-ms N]

Each reader runs in a process of its own against the same sandbox portal without rate limits, in turns.
Then each reads once more while deals are being deleted; lost are deals that existed all the time and
did not come. The least possible number of requests is a 2,500th of the rows.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.harness.sandbox import Sandbox  # noqa: E402

METHOD = "crm.item.list"
PARAMS: dict[str, Any] = {
    "entityTypeId": 2,
    "select": ["id", "title", "stageId", "companyId", "opportunity", "assignedById", "createdTime"],
}
ROWS_OF_A_REQUEST = 2500
# The pause between two deletions of ten deals, so that they fall all over the reading.
DELETION_SECONDS = 0.05


Rows = Iterable[Mapping[str, Any]]


def prepare_ours(endpoint: str) -> Callable[[], Rows]:
    """The gateway's keyset reading, streamed."""
    from b24app.portal.budget import Unlimited
    from b24app.portal.credentials import FixedAccess
    from b24app.portal.gateway import Gateway
    from b24app.portal.line import Line
    from b24app.portal.operating import Operating

    gateway = Gateway(Line(FixedAccess(endpoint), Unlimited(), Operating(None, "bench")))
    return lambda: gateway.scan(METHOD, PARAMS)


def prepare_fast_bitrix24(endpoint: str) -> Callable[[], Rows]:
    """get_all: offsets, up to fifty batches in flight, one list in no order."""
    from fast_bitrix24 import Bitrix

    client = Bitrix(endpoint, verbose=False, request_pool_size=100_000, requests_per_second=100_000.0)
    return lambda: client.get_all(METHOD, PARAMS)  # type: ignore[no-any-return]


def prepare_b24pysdk(endpoint: str) -> Callable[[], Rows]:
    """as_list_fast: one chain of pages, batch after batch, streamed."""
    from b24pysdk import BitrixWebhook, Client
    from b24pysdk.api.callers.call_method import _MethodCaller

    parts = urlsplit(endpoint)
    # The SDK speaks https only; the sandbox has no certificate.
    _MethodCaller._base_url = f"http://{parts.netloc}/rest"  # type: ignore[assignment]
    webhook = BitrixWebhook(domain=parts.netloc, webhook_token=parts.path.removeprefix("/rest/").strip("/"))
    request = Client(webhook).crm.item.list(entity_type_id=2, select=PARAMS["select"])
    return lambda: request.as_list_fast().result  # type: ignore[no-any-return]


# What has to be imported is imported before the clock starts.
READERS: dict[str, Callable[[str], Callable[[], Rows]]] = {
    "b24app": prepare_ours,
    "fast-bitrix24": prepare_fast_bitrix24,
    "b24pysdk": prepare_b24pysdk,
}


@dataclass(frozen=True)
class Reading:
    """What one reader process reports; `memory` is its peak in megabytes."""

    rows: int
    ordered: bool
    seconds: float
    cpu: float
    memory: float
    ids: tuple[int, ...]
    requests: int = 0


def report(name: str, endpoint: str) -> None:
    """Inside the reader process: reads everything and prints the figures, then the ids."""
    start = READERS[name](endpoint)
    print("ready", flush=True)
    sys.stdin.readline()
    ids = array("I")
    started, cpu = time.perf_counter(), time.process_time()
    for row in start():
        ids.append(int(row["id"]))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    ordered = all(ids[i] < ids[i + 1] for i in range(len(ids) - 1))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": len(ids), "ordered": ordered, "seconds": seconds, "cpu": cpu, "memory": memory}))
    print(json.dumps(ids.tolist()))


def read(box: Sandbox, name: str, deletions: list[int]) -> Reading:
    """Runs a reader; deals are deleted one after another while it reads."""
    words = [sys.executable, __file__, "--reader", name, "--endpoint", f"{box.url}/rest/1/secret/"]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdout.readline()
    before = _hits(box)
    deleter = threading.Thread(target=_delete, args=(box, deletions))
    worker.stdin.write("go\n")
    worker.stdin.flush()
    deleter.start()
    figures, ids = (json.loads(line) for line in worker.communicate()[0].splitlines())
    deleter.join()
    return Reading(**figures, ids=tuple(ids), requests=_hits(box) - before - len(list(_parts(deletions))))


def _hits(box: Sandbox) -> int:
    return int(box.control("hits?since=1000000000")["last"])


def _delete(box: Sandbox, numbers: list[int]) -> None:
    for part in _parts(numbers):
        time.sleep(DELETION_SECONDS)
        box.rest("batch", {"cmd": [f"crm.item.delete?entityTypeId=2&id={number}" for number in part]})


def _parts(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), 10):
        yield numbers[start : start + 10]


def measure(box: Sandbox, deals: int, runs: int, deletions: int) -> None:
    """Prints the table."""
    least = -(-deals // ROWS_OF_A_REQUEST)
    print(f"{deals} deals, at least {least} requests, median of {runs} runs, no limits\n")
    print(f"{'reader':<15}{'rows':>8}{'requests':>10}{'seconds':>9}{'CPU s':>7}{'memory MB':>11}  in order")
    readings: dict[str, list[Reading]] = {name: [] for name in READERS}
    for _ in range(runs):
        for name in READERS:
            readings[name].append(read(box, name, []))
    for name, found in readings.items():
        middle = sorted(found, key=lambda reading: reading.seconds)[len(found) // 2]
        memory = statistics.median(reading.memory for reading in found)
        order = "yes" if all(reading.ordered for reading in found) else "no"
        figures = f"{middle.rows:>8}{middle.requests:>10}{middle.seconds:>9.2f}{middle.cpu:>7.2f}{memory:>11.0f}"
        print(f"{name:<15}{figures}  {order}")
    peers = [min(reading.seconds for reading in readings[name]) for name in READERS if name != "b24app"]
    ours = min(reading.seconds for reading in readings["b24app"])
    print(f"\nbest time of b24app / best time of the fastest peer: {ours / min(peers):.2f}")
    if deletions:
        measure_deletions(box, deletions)


def measure_deletions(box: Sandbox, deletions: int) -> None:
    """Reads once more with each reader while deals are deleted."""
    print(f"\nwhile {deletions} deals are being deleted:")
    for name in READERS:
        there = {int(row["id"]) for row in prepare_ours(f"{box.url}/rest/1/secret/")()}
        doomed = random.Random(name).sample(sorted(there), deletions)
        try:
            reading = read(box, name, doomed)
        except ValueError:
            print(f"{name:<15} failed")
            continue
        lost = len(there - set(doomed) - set(reading.ids))
        twice = reading.rows - len(set(reading.ids))
        order = "in order" if reading.ordered else "not in order"
        print(f"{name:<15}{reading.rows:>8} rows, {reading.requests} requests, lost {lost}, twice {twice}, {order}")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--deletions", type=int, default=300)
    parser.add_argument("--data", help="folder of a portal that is already filled")
    parser.add_argument("--latency-ms", default="0")
    parser.add_argument("--command-ms", default="0")
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--endpoint", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.reader:
        report(args.reader, args.endpoint)
        return
    options = ["--rate", "off", "--operating", "off", "--latency-ms", args.latency_ms, "--command-ms", args.command_ms]
    fixture = None if args.data else f"scale:{max(1, args.deals // 7)},{args.deals}"
    with Sandbox(*options, fixture=fixture, data=args.data or ":memory:") as box:
        measure(box, args.deals, args.runs, args.deletions)


if __name__ == "__main__":
    main()
