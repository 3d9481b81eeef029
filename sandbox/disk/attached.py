"""Files attached to objects of other modules: who may read them."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.disk import rights
from sandbox.disk.objects import Object
from sandbox.kernel.call import Call

# Whether the caller reads the object with this id, by the type that attachments name.
READERS: dict[str, Callable[[Call, int], bool]] = {}


def may_read(call: Call, file: Object, entity_type: str, entity_id: int) -> bool:
    """Those who read the file on the drive may, and those who read what it is attached to."""
    if rights.level(call, file) >= rights.READ:
        return True
    reader = READERS.get(entity_type)
    return reader is not None and reader(call, entity_id)
