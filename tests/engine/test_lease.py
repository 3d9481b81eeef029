"""One writer at a time, takeover after death or lapse, and the fence."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import update

from b24app.engine import lease
from b24app.store.database import Database
from b24app.store.models import LeaseRow, utcnow


def test_second_holder_waits_and_fence_grows(database: Database) -> None:
    first = lease.acquire(database, 1, "drain")
    assert first is not None
    assert lease.acquire(database, 1, "drain") is None
    assert lease.acquire(database, 2, "drain") is not None
    first.release()
    second = lease.acquire(database, 1, "drain")
    assert second is not None and second.fence > first.fence
    with pytest.raises(lease.LeaseLost):
        first.renew()
    first.release()
    second.renew()


def test_lapsed_lease_is_taken_and_the_late_holder_is_stopped(database: Database) -> None:
    first = lease.acquire(database, 1, "drain")
    assert first is not None
    with database.session() as session:
        session.execute(update(LeaseRow).values(expires_at=utcnow() - timedelta(seconds=1)))
    second = lease.acquire(database, 1, "drain")
    assert second is not None
    with pytest.raises(lease.LeaseLost):
        first.renew()


@pytest.mark.parametrize("reap", [True, False], ids=["gone", "zombie"])
def test_dead_process_of_this_host_loses_the_lease_at_once(database: Database, reap: bool) -> None:
    program = (
        "import sys; from b24app.engine import lease; from b24app.store.database import Database;"
        "lease.acquire(Database(sys.argv[1]), 1, 'drain'); print('held', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, database.url], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline() == b"held\n"
    assert lease.acquire(database, 1, "drain") is None
    child.kill()
    if reap:
        child.wait()
    else:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert lease.acquire(database, 1, "drain") is not None
    child.wait()


def test_held_gives_up_when_busy(database: Database) -> None:
    with lease.held(database, 1, "drain"), pytest.raises(lease.LeaseBusy), lease.held(database, 1, "drain"):
        pass
    with lease.held(database, 1, "drain"):
        pass
