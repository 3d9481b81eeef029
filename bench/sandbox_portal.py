"""How quick the sandbox portal is, and what a large portal in it costs.

    python bench/sandbox_portal.py [--companies 200000] [--deals 1000000] [--seconds 5]

Simple calls (`crm.item.get`) and full batches of fifty gets are asked for at the same time, by another process on
the same machine, over kept-alive connections, which take them in turn: five of the first, one of the second; then
only one of both, for the processor time of each in the portal's process (it says more than the rate where others
use the machine too). Then: seconds to start from a snapshot, to take one and to go back to it, and the memory of
the process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import uvloop

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.harness.sandbox import Sandbox  # noqa: E402

UNLIMITED = ("--rate", "off", "--operating", "off")
COMMANDS, CALLS_A_BATCH = 50, 5
PREPARED = 6000
"""requests that the load has ready before it begins"""
AIM = (1500, 300)
"""calls and batches a second"""
PATIENCE = 600.0
"""seconds the making of a large portal may take"""
Job = tuple[str, bytes]
"""`calls` or `batches`, and the request"""


def get_request(number: int) -> bytes:
    """One simple call."""
    return _request("crm.item.get", json.dumps({"entityTypeId": 2, "id": number}))


def batch_request(number: int) -> bytes:
    """A full batch of gets."""
    cmd = {f"c{i}": f"crm.item.get?{quote(f'entityTypeId=2&id={number + i}', safe='=&')}" for i in range(COMMANDS)}
    return _request("batch", json.dumps({"halt": 0, "cmd": cmd}))


def _request(method: str, body: str) -> bytes:
    head = (
        f"POST /rest/1/secret/{method} HTTP/1.1\r\nHost: portal\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


class Asking(asyncio.Protocol):
    """One connection: asks for the next of the jobs that all share as soon as its last answer is whole.

    Requests are made beforehand and answers only counted: the load shares two cores with the portal.
    """

    def __init__(self, jobs: Iterator[Job], done: dict[str, int], over: asyncio.Event) -> None:
        self._jobs, self._done, self._over = jobs, done, over
        self._kind, self._pieces, self._missing = "", list[bytes](), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Collects an answer; the length is in its head, which comes in one piece."""
        if not self._pieces:
            head, _, _ = data.partition(b"\r\n\r\n")
            self._missing = len(head) + 4 + int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        self._pieces.append(data)
        self._missing -= len(data)
        if not self._missing:
            self._answered(b"".join(self._pieces))

    def _answered(self, answer: bytes) -> None:
        whole = answer.count(b'"opportunity"') == (1 if self._kind == "calls" else COMMANDS)
        self._done["refused"] += not (answer.startswith(b"HTTP/1.1 200") and whole)
        self._done[self._kind] += 1
        self._pieces.clear()
        if self._over.is_set():
            self._transport.close()
        else:
            self._ask()

    def _ask(self) -> None:
        self._kind, request = next(self._jobs)
        self._transport.write(request)


def jobs(args: argparse.Namespace) -> list[Job]:
    """What is asked for in turn, spread over the deals: five calls and a batch, or one of them only."""
    kinds = [kind for kind in ["calls"] * CALLS_A_BATCH + ["batches"] if args.only in (None, kind)]
    numbers = (args.first + i * 7919 % (args.deals - COMMANDS) for i in count())
    made = {"calls": get_request, "batches": batch_request}
    return [(kind, made[kind](next(numbers))) for kind in kinds * (PREPARED // len(kinds))]


async def load(args: argparse.Namespace) -> dict[str, int]:
    """Asks until the time is over; how many were answered."""
    done, over, prepared = {"calls": 0, "batches": 0, "refused": 0}, asyncio.Event(), cycle(jobs(args))
    loop = asyncio.get_running_loop()
    for _ in range(args.connections):
        await loop.create_connection(lambda: Asking(prepared, done, over), "127.0.0.1", args.load)
    await asyncio.sleep(args.seconds)
    over.set()
    return done


def memory(pid: int) -> dict[str, int]:
    """Resident memory now and at its highest, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"memory_mb": found["VmRSS"], "peak_mb": found["VmHWM"]}


def processor_seconds(pid: int) -> float:
    """The time the one thread of a process has worked so far, its calls of the system included."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def timed(sandbox: Sandbox, command: str, body: dict[str, Any]) -> tuple[Any, float]:
    """A control call and its seconds."""
    started = time.monotonic()
    return sandbox.control(command, body), round(time.monotonic() - started, 1)


def loaded(sandbox: Sandbox, pid: int, args: argparse.Namespace) -> dict[str, Any]:
    """The rates of both together, and the milliseconds of the processor that one of each takes."""
    first = sandbox.rest("crm.item.list", {"entityTypeId": 2, "order": {"id": "ASC"}, "select": ["id"]})
    words = ["--load", str(urlsplit(sandbox.url).port), "--first", str(first["items"][0]["id"])]
    words += ["--deals", str(args.deals), "--seconds", str(args.seconds), "--connections", str(args.connections)]
    together = _asked(pid, words)
    calls, batches = _asked(pid, [*words, "--only", "calls"]), _asked(pid, [*words, "--only", "batches"])
    call, batch = calls["worked"] / calls["calls"], batches["worked"] / batches["batches"]
    return {
        "calls_per_second": round(together["calls"] / args.seconds),
        "batches_per_second": round(together["batches"] / args.seconds),
        "refused": sum(load["refused"] for load in (together, calls, batches)),
        "processor_ms_a_call": round(call * 1000, 3),
        "processor_ms_a_batch": round(batch * 1000, 3),
        "processor_seconds_a_second_of_the_aim": round(sum(n * t for n, t in zip(AIM, (call, batch), strict=True)), 2),
    }


def _asked(pid: int, words: list[str]) -> dict[str, float]:
    """What the load, a process of its own, counted; `worked` are seconds of the portal's processor."""
    before = processor_seconds(pid)
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, check=True, cwd=ROOT)
    return {**json.loads(done.stdout), "worked": processor_seconds(pid) - before}


def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All figures of a portal of this size."""
    fixture = f"scale:{args.companies},{args.deals}"
    started = time.monotonic()
    with Sandbox(*UNLIMITED, data=folder / "made", fixture=fixture, patience=PATIENCE) as sandbox:
        figures: dict[str, Any] = {"made_seconds": round(time.monotonic() - started, 1)}
        kept, figures["snapshot_seconds"] = timed(sandbox, "snapshot", {})
        _, figures["restore_seconds"] = timed(sandbox, "restore", {"id": kept["id"]})
        started = time.monotonic()
        with Sandbox(*UNLIMITED, "--snapshot", kept["file"], data=folder / "copy", patience=PATIENCE) as second:
            figures["start_from_snapshot_seconds"] = round(time.monotonic() - started, 1)
            pid = second.process.pid if second.process else 0
            figures |= loaded(second, pid, args) | memory(pid)
    return figures


def main() -> None:
    """Measures and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=200_000)
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=24, help="kept alive")
    parser.add_argument("--load", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=("calls", "batches"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.load:
        print(json.dumps(uvloop.run(load(args))))
        return
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(args, Path(name)), indent=1))


if __name__ == "__main__":
    main()
