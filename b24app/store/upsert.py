"""Insert-or-ignore and insert-or-update for both databases, many rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from b24app.store.models import Base

T = TypeVar("T")

CHUNK = 500
"""rows or ids in one statement, far below every driver's limit of parameters"""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Splits values into lists of at most `size`, keeping their order."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert_missing(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], unique: Sequence[str]
) -> None:
    """Inserts the rows whose `unique` columns are not there yet; the others stay as they are."""
    statement = _insert(session, model).on_conflict_do_nothing(index_elements=list(unique))
    for part in chunks(rows):
        session.execute(statement, part)


def upsert(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], unique: Sequence[str]) -> None:
    """Inserts the rows, or overwrites all their given columns where the `unique` ones are there.

    Every row must name the same columns.
    """
    if not rows:
        return
    statement = _insert(session, model)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in unique}
    statement = statement.on_conflict_do_update(index_elements=list(unique), set_=changed)
    for part in chunks(rows):
        session.execute(statement, part)


def _insert(session: Session, model: type[Base]) -> Any:
    dialect = session.get_bind().dialect.name
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(model.__table__)  # type: ignore[arg-type]
