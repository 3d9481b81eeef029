"""Small rows as JSON documents: for families whose objects are few, nested and of many kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS documents (kind TEXT, id INTEGER, owner INTEGER, body TEXT NOT NULL,"
    " PRIMARY KEY (kind, id)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS documents_owner ON documents (kind, owner);"
    "CREATE TABLE IF NOT EXISTS document_ids (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID"
)
Document = dict[str, Any]


class Documents:
    """The documents of one kind, numbered from `first`; a number is never given twice.

    `owner` is the id of the object that a document belongs to (a task, a resource), 0 for none; it
    and the document's own `id` are in every document that is read.
    """

    def __init__(self, kind: str, owner: str = "owner", first: int = 1) -> None:
        self.kind = kind
        self.owner = owner
        self.first = first

    def add(self, call: Call, body: Document, owner: int = 0) -> Document:
        """Adds a document; returns it with its number."""
        store = call.portal.store
        last = store.value("SELECT last FROM document_ids WHERE kind = ?", (self.kind,)) or self.first - 1
        number = call.forced_id if call.forced_id is not None else last + 1
        store.execute("INSERT OR REPLACE INTO document_ids VALUES (?, ?)", (self.kind, max(last, number)))
        self._write(store, number, owner, body)
        return {**body, self.owner: owner, "id": number}

    def get(self, call: Call, number: Any) -> Document | None:
        """A document by its number."""
        if not str(number).isdigit():
            return None
        sql = "SELECT id, owner, body FROM documents WHERE kind = ? AND id = ?"
        return next(self._read(call.portal.store, sql, (self.kind, int(number))), None)

    def all(self, call: Call) -> list[Document]:
        """All documents by their numbers."""
        sql = "SELECT id, owner, body FROM documents WHERE kind = ? ORDER BY id"
        return list(self._read(call.portal.store, sql, (self.kind,)))

    def of(self, call: Call, owner: int) -> list[Document]:
        """The documents of one owner by their numbers."""
        sql = "SELECT id, owner, body FROM documents WHERE kind = ? AND owner = ? ORDER BY id"
        return list(self._read(call.portal.store, sql, (self.kind, owner)))

    def put(self, call: Call, number: int, body: Document, owner: int = 0) -> None:
        """Keeps a document under a number that is known (of an object that lives elsewhere)."""
        self._write(call.portal.store, number, owner, body)

    def change(self, call: Call, before: Document, changes: Document) -> Document:
        """Saves changes of a document; returns it as it is now."""
        after = {**before, **changes}
        body = {name: value for name, value in after.items() if name not in ("id", self.owner)}
        self._write(call.portal.store, after["id"], after[self.owner], body)
        return after

    def remove(self, call: Call, number: int) -> None:
        """Deletes a document."""
        call.portal.store.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (self.kind, number))

    def clear(self, call: Call, owner: int) -> None:
        """Deletes the documents of an owner."""
        call.portal.store.execute("DELETE FROM documents WHERE kind = ? AND owner = ?", (self.kind, owner))

    def _write(self, store: Store, number: int, owner: int, body: Document) -> None:
        row = (self.kind, number, owner, json.dumps(body, ensure_ascii=False))
        store.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", row)

    def _read(self, store: Store, sql: str, args: tuple[Any, ...]) -> Iterator[Document]:
        return ({**json.loads(r["body"]), self.owner: r["owner"], "id": r["id"]} for r in store.rows(sql, args))
