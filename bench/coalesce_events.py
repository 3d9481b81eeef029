"""Ten thousand events about four thousand deals: how many requests the engine needs to settle them.

    python bench/coalesce_events.py [--companies 1500] [--deals 4000] [--events 10000]

Every deal is shipped before the events arrive, shuffled and repeated, so each of them gets a record in
the register and its company new totals. Printed beside it is the least a batch of fifty commands with
fifty rows each allows for what was read and written. A second delivery of the same events follows.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from b24app.store.database import Database  # noqa: E402
from b24app.store.models import Base, InboxRow  # noqa: E402
from tests.engine.ground import DEAL, PORTAL, Ground, provision  # noqa: E402
from tests.harness.sandbox import Sandbox  # noqa: E402

COMMANDS, ROWS = 50, 50
BEGIN, SHIPPED = "2026-04-06T09:00:00+03:00", "2026-04-06T11:00:00"


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=1500)
    parser.add_argument("--deals", type=int, default=4000)
    parser.add_argument("--events", type=int, default=10_000)
    args = parser.parse_args()
    options = ("--rate", "off", "--operating", "off", "--now", BEGIN)
    with Sandbox(*options) as sandbox, tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/app.db")
        Base.metadata.create_all(database.engine)
        sandbox.control("fixture", {"name": f"scale:{args.companies},{args.deals}"})
        ground = Ground(sandbox, provision(sandbox), database)
        deals = ship(ground)
        events = [random.Random(1).choice(deals) for _ in range(args.events - len(deals))] + deals
        random.Random(2).shuffle(events)
        first = measure(ground, events)
        second = measure(ground, events)
    print(json.dumps({"first": first, "second": second}, indent=1))


def ship(ground: Ground) -> list[int]:
    """Moves every deal into the active funnel and onto «Отгружено», with its history but silently."""
    ground.at(SHIPPED)
    deals = [row["id"] for row in ground.rows("deal")]
    fields = {"categoryId": ground.funnel("funnel.active"), "stageId": ground.stage("stage.active.shipped")}
    objects = [
        {"method": "crm.item.update", "params": {"entityTypeId": DEAL, "id": id, "fields": fields}} for id in deals
    ]
    ground.sandbox.control("fixture", {"objects": objects})
    return deals


def measure(ground: Ground, deals: list[int]) -> dict[str, Any]:
    """Events arrive and are settled; what it took."""
    rows = [InboxRow(portal_id=PORTAL, event="E", entity_type_id=DEAL, item_id=id, body={}) for id in deals]
    with ground.database.session() as session:
        session.add_all(rows)
    before, stats = ground.last_call(), ground.gateway.stats.requests
    begun = time.monotonic()
    totals = ground.engine.drain()
    seconds = time.monotonic() - begun
    requests = ground.gateway.stats.requests - stats
    calls = ground.calls(before)
    least = minimum(calls)
    return {
        "events": totals.events,
        "decisions": totals.decisions,
        "commands": totals.commands,
        "troubles": len(totals.troubles),
        "requests": requests,
        "least": least,
        "ratio": round(requests / max(1, least), 2),
        "seconds": round(seconds, 1),
        "methods": dict(Counter(call["method"] for call in calls).most_common()),
    }


def minimum(calls: list[dict[str, Any]]) -> int:
    """The fewest requests for this work: every object written once, every row read once in full pages."""
    writes = {(call["method"], str(call["params"])) for call in calls if call["write"]}
    changed = {
        (call["params"]["entityTypeId"], call["params"]["id"]) for call in calls if call["method"] == "crm.item.update"
    }
    others = sum(1 for method, _ in writes if method != "crm.item.update")
    payments = len({str(call["params"]) for call in calls if call["method"] == "crm.item.payment.list"})
    return -(-(len(changed) + others) // COMMANDS) + -(-payments // COMMANDS) + 1


if __name__ == "__main__":
    main()
