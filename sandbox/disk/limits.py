"""What holds a file back: somebody who has it open for editing, and the size of the drive.

Both are set from the control side: the first is done in an editor, the second by the portal's plan.
"""

from __future__ import annotations

from sandbox.disk import asking
from sandbox.disk.objects import Object
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare("CREATE TABLE IF NOT EXISTS disk_locks (object INTEGER PRIMARY KEY, user INTEGER NOT NULL)")
_QUOTA = "disk.quota"


def require_unlocked(call: Call, file: Object) -> None:
    """Refuses what somebody else has open."""
    holder = call.portal.store.value("SELECT user FROM disk_locks WHERE object = ?", (file.id,))
    if holder is not None and holder != call.user:
        raise RestError("DISK_FILE_22007", "Exclusive lock")


def fits(call: Call, size: int) -> bool:
    """Whether so many more bytes may be kept, versions counted; without a word said any number may."""
    quota = call.portal.store.setting(_QUOTA)
    kept = int(call.portal.store.value("SELECT ifnull(sum(size), 0) FROM disk_versions"))
    return quota is None or kept + size <= quota


@method("sandbox.disk.lock", write=True)
def lock(call: Call) -> bool:
    """The caller opens the file `id` for editing, or closes it with `locked` N; not for REST clients."""
    call.require_inside()
    file = asking.target(call, "file")
    call.portal.store.execute("DELETE FROM disk_locks WHERE object = ?", (file.id,))
    if str(call.get("locked") or "Y").upper() == "Y":
        call.portal.store.insert("disk_locks", {"object": file.id, "user": call.user})
    return True


@method("sandbox.disk.quota", write=True)
def quota(call: Call) -> bool:
    """How many `bytes` the drive holds; not for REST clients."""
    call.require_inside()
    call.portal.store.set_setting(_QUOTA, call.integer("bytes"))
    return True
