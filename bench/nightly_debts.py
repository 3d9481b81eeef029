"""A night and a morning of a receivables register: 10,000 companies with 30,000 debts of every age.

    python bench/nightly_debts.py [--companies 10000] [--debts 30000]

A first sweep brings the register into order. Then a day passes: at night records fall due and companies change their
type, in the morning clients are reminded and managers get their calls. Printed for each: the requests that were
sent, and the least that full pages of 2,500 rows a request and full batches of fifty writes allow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from b24app.channels.email import EMail  # noqa: E402
from b24app.channels.openline import OpenLine  # noqa: E402
from b24app.store.database import Database  # noqa: E402
from b24app.store.models import Base  # noqa: E402
from tests.engine.ground import DEAL, Ground, provision  # noqa: E402
from tests.harness.sandbox import Sandbox  # noqa: E402

ROWS_OF_A_REQUEST, WRITES_OF_A_REQUEST = 2500, 50
TODAY = date(2026, 4, 6)
AGES = ((-14, -1, 30), (0, 0, 2), (1, 30, 12), (31, 90, 6), (1, 60, 50))
"""days since the due day and how many of a hundred debts; the last are paid"""
PORTION = 2000


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--debts", type=int, default=30_000)
    args = parser.parse_args()
    options = ("--rate", "off", "--operating", "off", "--now", f"{TODAY}T09:00:00+03:00")
    with Sandbox(*options) as sandbox, tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/app.db")
        Base.metadata.create_all(database.engine)
        binding = provision(sandbox)
        sandbox.control("fixture", {"name": f"scale:{args.companies},{args.debts}", "manifest": binding})
        ground = Ground(sandbox, binding, database)
        ground.context = replace(ground.context, channels=(OpenLine(ground.gateway), EMail(ground.gateway)))
        ground.engine = type(ground.engine)(ground.context)
        fill(ground, args.debts)
        print(json.dumps(measured(ground, args), indent=1))


def measured(ground: Ground, args: argparse.Namespace) -> dict[str, Any]:
    """The first sweep, a night, a morning."""
    ground.at(f"{TODAY}T20:00:00")
    figures = {"first": measure(ground, args, lambda: ground.engine.sweep("nightly").commands)}
    ground.at(f"{TODAY + timedelta(days=1)}T02:00:00")
    figures["night"] = measure(ground, args, lambda: ground.engine.sweep("nightly").commands)
    ground.at(f"{TODAY + timedelta(days=1)}T09:00:00")
    figures["morning"] = measure(ground, args, lambda: ground.engine.due_timers().commands, whole=False)
    return figures


def fill(ground: Ground, count: int) -> None:
    """Ships every deal and puts its record into the register, silently."""
    random = Random(7)
    funnel = {"category": "funnel.active"}
    deals = list(ground.context.items.by_filter("deal", funnel, ["company_id", "opportunity"]))
    portion: list[dict[str, Any]] = []
    for deal in deals[:count]:
        shipped = {"entityTypeId": DEAL, "id": deal["id"], "fields": {"stageId": ground.stage("stage.active.shipped")}}
        portion += [{"method": "crm.item.update", "params": shipped}, record(ground, random, deal)]
        if len(portion) >= PORTION:
            ground.sandbox.control("fixture", {"objects": portion})
            portion = []
    ground.sandbox.control("fixture", {"objects": portion})


def record(ground: Ground, random: Random, deal: Any) -> dict[str, Any]:
    """A debt of a deal, of some age."""
    low, high, _ = random.choices(AGES, [age[2] for age in AGES])[0]
    paid = (low, high) == AGES[-1][:2]
    late, days = random.randint(low, high), random.choice((7, 10, 14, 21))
    due = TODAY - timedelta(days=late)
    amount = deal["opportunity"]
    values = {
        "shipment_date": due - timedelta(days=days),
        "deferral_days": days,
        "due_date": due,
        "amount": f"{amount}|RUB",
        "paid": f"{amount if paid else 0}|RUB",
        "outstanding": f"{0 if paid else amount}|RUB",
    }
    stage = "paid" if paid else "waiting" if late < 0 else "overdue"
    fields = {
        **{ground.binding[f"debt.{name}"]["item_code"]: str(value) for name, value in values.items()},
        "title": f"Отгрузка {deal['id']}",
        "companyId": deal["company_id"],
        f"parentId{DEAL}": deal["id"],
        "stageId": ground.stage(f"stage.debt.{stage}"),
        "assignedById": 11,
        "createdTime": f"{values['shipment_date']}T12:00:00+03:00",
    }
    params = {"entityTypeId": ground.binding["spa.debt"]["entityTypeId"], "fields": fields}
    return {"method": "crm.item.add", "params": params}


def measure(ground: Ground, args: argparse.Namespace, work: Any, *, whole: bool = True) -> dict[str, Any]:
    """Requests of one piece of work beside the least: `whole` when everything has to be read."""
    before, stats, begun = ground.last_call(), ground.gateway.stats.requests, time.monotonic()
    commands = work()
    seconds = time.monotonic() - begun
    requests = ground.gateway.stats.requests - stats
    calls = ground.calls(before)
    writes = sum(bool(call["write"]) for call in calls)
    read = sum(pages(rows) for rows in (args.companies, args.debts, args.debts)) if whole else 1
    least = read + -(-writes // WRITES_OF_A_REQUEST)
    messages = sum(call["method"] in ("crm.activity.add", "imopenlines.crm.message.add") for call in calls)
    return {
        "commands": commands,
        "writes": writes,
        "messages": messages,
        "requests": requests,
        "least": least,
        "ratio": round(requests / least, 2),
        "portal_seconds": round(requests / 2),
        "seconds": round(seconds, 1),
        "methods": dict(Counter(call["method"] for call in calls).most_common(12)),
    }


def pages(rows: int) -> int:
    """Requests for so many rows."""
    return -(-rows // ROWS_OF_A_REQUEST)


if __name__ == "__main__":
    main()
