"""The command line of the sandbox."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.kernel.behaviour import BUGS, SWITCHES
from sandbox.kernel.features import PLANS as PLANS_OF
from sandbox.kernel.portal import ACCESS_SECONDS

DEFAULT_BASE = 8054
_SWITCHES = (
    "While it runs, POST /sandbox/behaviour turns known bugs and open points of the documentation on and off"
    f" ({', '.join(SWITCHES)}); POST /sandbox/features gives and takes what the plan has ({', '.join(PLANS_OF)});"
    " POST /sandbox/require makes a field required on stages."
)
PLANS = ("standard", "enterprise", "box")


@dataclass(frozen=True, slots=True)
class Options:
    """What the sandbox was asked to be; milliseconds are added to every request or command."""

    port: int = DEFAULT_BASE + 1
    messenger_port: int | None = None
    data: str = ":memory:"
    fixture: str | None = None
    now: datetime | None = None
    plan: str = "standard"
    rate: str = "on"
    operating: str | None = None
    latency_ms: float = 0.0
    command_ms: float = 0.0
    operating_cost: float | None = None
    token_seconds: int = ACCESS_SECONDS
    bugs: tuple[str, ...] = ()
    snapshot: Path | None = None

    @property
    def database(self) -> str:
        """The SQLite path inside the data folder, or `:memory:`."""
        return self.data if self.data == ":memory:" else str(Path(self.data) / "portal.sqlite")

    @property
    def snapshots(self) -> Path | None:
        """Where copies of the state are kept; None in memory."""
        return None if self.data == ":memory:" else Path(self.data) / "snapshots"


def parse(words: Sequence[str] | None = None) -> Options:
    """Reads the command line; wrong usage ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A Bitrix24 portal on this machine.", epilog=_SWITCHES
    )
    parser.add_argument("--port-base", type=int, default=DEFAULT_BASE, help="portal on N+1, messenger on N+4")
    parser.add_argument("--port", type=int, help="port of the portal alone; 0 takes a free one")
    parser.add_argument("--messenger-port", type=int, help="port of the messenger; 0 takes a free one")
    parser.add_argument("--data", default=":memory:", help="folder of the state, or :memory:")
    parser.add_argument("--fixture", help="data of a new portal: empty, F0, F3, demo, sdk, scale:COMPANIES,DEALS")
    parser.add_argument("--snapshot", type=Path, metavar="FILE", help="a new portal starts as this copy of another")
    parser.add_argument("--now", type=datetime.fromisoformat, help="where the portal's clock starts")
    parser.add_argument("--plan", choices=PLANS, default="standard")
    parser.add_argument("--rate", choices=("on", "off"), default="on", help="off: no limit of request intensity")
    parser.add_argument("--operating", choices=("method", "batch", "off"), help="what the operating time is charged to")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every HTTP request")
    parser.add_argument("--command-ms", type=float, default=0.0, help="added for every command")
    parser.add_argument("--operating-cost", type=float, help="seconds charged for a command, whatever the method")
    parser.add_argument("--token-seconds", type=int, default=ACCESS_SECONDS, help="how long an access token lives")
    known = "; ".join(f"{name}: {text}" for name, text in BUGS.items())
    parser.add_argument(
        "--bugs",
        nargs="+",
        choices=("all", *BUGS),
        default=(),
        metavar="NAME",
        help=f"known bugs to have ({known}; all)",
    )
    args = parser.parse_args(words)
    alone = args.port is not None
    messenger = args.messenger_port if alone or args.messenger_port is not None else args.port_base + 4
    return Options(
        port=args.port if alone else args.port_base + 1,
        messenger_port=messenger,
        data=args.data,
        fixture=args.fixture,
        now=args.now,
        plan=args.plan,
        rate=args.rate,
        operating=args.operating,
        latency_ms=args.latency_ms,
        command_ms=args.command_ms,
        operating_cost=args.operating_cost,
        token_seconds=args.token_seconds,
        bugs=tuple(args.bugs),
        snapshot=args.snapshot,
    )
