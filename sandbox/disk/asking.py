"""What requests to the drive name: objects by id, pages of children, uploaded contents."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from sandbox.disk import objects, rights
from sandbox.disk.objects import Object, Storage
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.rows import matches, ordered, paged

Row = dict[str, Any]


def argument(number: int = 0) -> RestError:
    """A required parameter did not come; `number` is its place, as PHP counts."""
    return RestError("ERROR_ARGUMENT", f"Invalid value of parameter {{Parameter #{number}}}")


def not_found(number: Any) -> RestError:
    """There is nothing with this id."""
    return RestError("ERROR_NOT_FOUND", f"Could not find entity with id {number}")


def whole(call: Call, name: str, place: int = 0) -> int:
    """A required id."""
    value = call.get(name)
    if value in (None, "") or isinstance(value, (list, dict)):
        raise argument(place)
    text = str(value)
    if not text.isdigit():
        raise not_found(text)
    return int(text)


def storage(call: Call, wanted: int = rights.READ, place: int = 0) -> Storage:
    """The storage of `id`, for those who may."""
    objects.ensure_storages(call)
    number = whole(call, "id", place)
    found = objects.storage_of(call.portal.store, number)
    if found is None:
        raise not_found(number)
    if rights.of_storage(call, found) < wanted:
        raise rights.denied()
    return found


def target(
    call: Call, kind: objects.Kind, wanted: int = rights.READ, *, name: str = "id", trash: bool = False
) -> Object:
    """The folder or file of a parameter, for those who may; what lies in the trash only with `trash`."""
    number = whole(call, name, 0 if kind == "file" else 1)
    found = objects.get(call.portal.store, number)
    if found is None or found.type != kind or (found.deletedType != objects.ALIVE and not trash):
        raise not_found(number)
    rights.require(call, found, wanted)
    return found


def destination(call: Call, place: int) -> Object:
    """The folder of targetFolderId, for those who may put something into it."""
    number = whole(call, "targetFolderId", place)
    found = objects.get(call.portal.store, number)
    if found is None or found.type != "folder" or found.deletedType != objects.ALIVE:
        raise not_found(number)
    rights.require(call, found, rights.ADD)
    return found


def data_name(call: Call, error: RestError) -> str:
    """`data[NAME]`, refused as the method says when it is empty."""
    data = {key.upper(): value for key, value in call.mapping("data").items()}
    name = str(data.get("NAME") or "").strip()
    if not name:
        raise error
    return name


def unique(call: Call) -> bool:
    """generateUniqueName"""
    return str(call.get("generateUniqueName") or "").lower() in ("1", "true", "y")


def content(call: Call) -> tuple[str, bytes] | None:
    """`fileContent`: a name and its base64 (or the base64 alone); None when it was not sent."""
    value = call.get("fileContent")
    if value in (None, "", [], {}):
        return None
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ["", value]
    name, text = (str(parts[0]), str(parts[1])) if len(parts) > 1 else ("", str(parts[0]))
    try:
        return name, base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RestError("ERROR_COULD_NOT_SAVE_FILE", "Could not save file") from None


def page(call: Call, rows: Sequence[Row], default: str = "ID") -> Page:
    """The asked page of rows by `filter` and `order`."""
    wanted = {key.upper(): value for key, value in call.mapping("filter").items()}
    found = [row for row in rows if matches(row, wanted)]
    for name, direction in reversed(list((call.mapping("order") or {default: "ASC"}).items())):
        found = ordered(found, str(name), str(direction))
    return paged(call, found)
