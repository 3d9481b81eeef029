"""The nightly comparison of a large portal: requests for reading everything and writing what is wrong.

    python bench/nightly.py [--companies 100000] [--deals 200000] [--wrong 1]

A first sweep brings the portal into order; then `--wrong` percent of the companies get a wrong type
behind the app's back, and the sweep runs again. Printed beside it is the least: every row that the
rules need read once in full pages of 2,500 rows a request, every wrong object written in batches of fifty.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from b24app.store.database import Database  # noqa: E402
from b24app.store.models import Base  # noqa: E402
from tests.engine.ground import COMPANY, Ground, provision  # noqa: E402
from tests.harness.sandbox import Sandbox  # noqa: E402

ROWS_OF_A_REQUEST, WRITES_OF_A_REQUEST = 2500, 50
BEGIN, NIGHT = "2026-04-06T09:00:00+03:00", "2026-04-07T02:00:00"


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=100_000)
    parser.add_argument("--deals", type=int, default=200_000)
    parser.add_argument("--wrong", type=float, default=1.0, help="percent")
    args = parser.parse_args()
    options = ("--rate", "off", "--operating", "off", "--now", BEGIN)
    with Sandbox(*options) as sandbox, tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/app.db")
        Base.metadata.create_all(database.engine)
        binding = provision(sandbox)
        name = f"scale:{args.companies},{args.deals}"
        sandbox.control("fixture", {"name": name, "manifest": binding})
        ground = Ground(sandbox, binding, database)
        ground.at(NIGHT)
        first = measure(ground, args)
        spoil(ground, int(args.companies * args.wrong / 100))
        second = measure(ground, args)
    print(json.dumps({"first": first, "nightly": second}, indent=1))


def spoil(ground: Ground, count: int) -> None:
    """Gives every n-th company a wrong type, silently."""
    wrong = {"type.client": "type.debtor", "type.prospect": "type.lost", "type.lost": "type.prospect"}
    rows = ground.rows("company")
    computed = ground.binding["company.computed_type"]
    objects = []
    for row in rows[:: max(1, len(rows) // count)][:count]:
        other = wrong.get(row["type"], "type.client")
        fields = {
            "typeId": ground.binding[other]["id"],
            computed["item_code"]: computed["items"][other.removeprefix("type.")],
        }
        params = {"entityTypeId": COMPANY, "id": row["id"], "fields": fields}
        objects.append({"method": "crm.item.update", "params": params})
    ground.sandbox.control("fixture", {"objects": objects})


def measure(ground: Ground, args: argparse.Namespace) -> dict[str, Any]:
    """One nightly sweep."""
    before, stats, begun = ground.last_call(), ground.gateway.stats.requests, time.monotonic()
    report = ground.engine.sweep("nightly")
    seconds = time.monotonic() - begun
    requests = ground.gateway.stats.requests - stats
    calls = ground.calls(before)
    least = sum(-(-rows // ROWS_OF_A_REQUEST) for rows in (args.companies, args.deals))
    least += -(-report.commands // WRITES_OF_A_REQUEST)
    return {
        "subjects": report.subjects,
        "decisions": report.decisions,
        "commands": report.commands,
        "errors": report.errors,
        "requests": requests,
        "least": least,
        "ratio": round(requests / least, 2),
        "seconds": round(seconds, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "methods": dict(Counter(call["method"] for call in calls).most_common()),
    }


if __name__ == "__main__":
    main()
