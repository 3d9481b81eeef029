"""Knowledge bases and documents: rows, rights and refusals (api-reference/note)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.dto import Dto
from sandbox.kernel.registry import method
from sandbox.kernel.v3 import FITS, V3Error, absent, denied, invalid, invalid_object

Row = dict[str, Any]
BASES = Documents("note_collection")
DOCUMENTS = Documents("note_document", "collectionId")
FILES = Documents("note_file", "documentId")
MAX_NAME = 255
MAX_MARKDOWN = 1_048_576
_KEPT = {"archived": False}
_CLOSED = "note.closed"


def refused(code: str, field: str, text: str, status: int = 400) -> V3Error:
    """A refusal with a code of this section."""
    return V3Error(f"NOTE_{code}", text, status, validation=[{"field": field, "message": text}])


def stamped(call: Call) -> Row:
    """Who made a row and when."""
    now = int(call.portal.clock.timestamp())
    return {**_KEPT, "createdBy": call.user, "createdAt": now, "updatedBy": call.user, "updatedAt": now}


def touched(call: Call) -> Row:
    """Who changed a row and when."""
    return {"updatedBy": call.user, "updatedAt": int(call.portal.clock.timestamp())}


def when(seconds: int) -> str:
    """A moment as this section prints it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def guard(call: Call) -> None:
    """Refuses those to whom the module of knowledge bases is closed."""
    if call.source in ("rest", "act") and call.user in call.portal.store.setting(_CLOSED, []):
        raise denied()


@method("sandbox.note.access", write=True)
def access(call: Call) -> bool:
    """Opens the module to `user`, or closes it with `allowed` N; not for REST clients."""
    call.require_inside()
    user, allowed = call.integer("user"), str(call.get("allowed") or "Y").upper() == "Y"
    closed = [one for one in call.portal.store.setting(_CLOSED, []) if one != user]
    call.portal.store.set_setting(_CLOSED, closed if allowed else [*closed, user])
    return True


def may_manage(call: Call, row: Row) -> bool:
    """Whether the caller may change what belongs to a row: its maker and administrators."""
    return row["createdBy"] == call.user or call.source not in ("rest", "act") or call.portal.is_admin(call.user)


def base(call: Call, number: int, *, manage: bool = False) -> Row:
    """A knowledge base that is there."""
    guard(call)
    row = BASES.get(call, number)
    if row is None or row["archived"]:
        raise absent(number)
    if manage and not may_manage(call, row):
        raise denied()
    return row


def document(call: Call, number: int, *, manage: bool = False) -> Row:
    """A document that is there."""
    guard(call)
    row = DOCUMENTS.get(call, number)
    if row is None or row["archived"]:
        raise absent(number)
    base(call, row["collectionId"])
    if manage and not may_manage(call, row):
        raise denied()
    return row


def documents(call: Call, number: int) -> list[Row]:
    """The documents of a knowledge base that are there, in their order."""
    rows = [row for row in DOCUMENTS.of(call, number) if not row["archived"]]
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


def below(call: Call, row: Row) -> list[Row]:
    """A document and all below it."""
    found = [row]
    for one in found:
        found += [child for child in DOCUMENTS.of(call, row["collectionId"]) if child["parentId"] == one["id"]]
    return found


def fields_of(call: Call, which: Dto, *required: str) -> Row:
    """`fields` with all that is required, in the right types, and nothing else."""
    given = call.params.get("fields")
    if not isinstance(given, Mapping):
        raise invalid(("fields", "Required field `fields` is not specified"))
    for name in given:
        if name not in which.props:
            raise which.unknown(name)
    problems = [(name, f"Required field `{name}` is not filled") for name in required if given.get(name) is None]
    for name, value in given.items():
        kind = which.props[name].type
        if value is not None and not FITS[kind](value):
            problems.append((name, f"Field `{name}` requires data type `{kind}` for this request"))
    if problems:
        raise invalid_object(*problems)
    return dict(given)


def named(given: Row, name: str) -> Row:
    """Refuses an empty or too long name, and a text that is too large."""
    if name in given and (not str(given[name] or "").strip() or len(str(given[name])) > MAX_NAME):
        raise invalid_object((name, f"Field `{name}` must have 1 to {MAX_NAME} characters"))
    if len(str(given.get("markdown") or "").encode()) > MAX_MARKDOWN:
        raise refused("MARKDOWN_TOO_LARGE", "markdown", "Document content is too large")
    return given
