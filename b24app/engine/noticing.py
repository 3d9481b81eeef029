"""Work that the portal refuses as a whole: perhaps something that it stands on was deleted there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import delete
from sqlalchemy.orm import Session

from b24app.engine import cursors, deletions, history
from b24app.engine.context import Context
from b24app.errors import ItemGone, PortalRefused, Terminal
from b24app.store.models import KeyRow, KnownRow, TimerRow, TransitionRow

DRIFT = "drift"
"""kind and group of the one item of the error inbox that tells what is missing"""

log = logging.getLogger(__name__)


class Noticing(Protocol):
    """Who works by a context that may lose behaviours."""

    context: Context


P = ParamSpec("P")
T = TypeVar("T")
N = TypeVar("N", bound=Noticing)


def noticing(work: Callable[Concatenate[N, P], T]) -> Callable[Concatenate[N, P], T]:
    """Does the work once more when it was refused and a look at the portal shows that something is
    gone: the behaviours that need it rest from then on."""

    @wraps(work)
    def wrapped(who: N, /, *args: P.args, **kwargs: P.kwargs) -> T:
        before = who.context
        try:
            return work(who, *args, **kwargs)
        except (PortalRefused, ItemGone):
            # An inner part of the work may have noticed already.
            if who.context is before and not notice(who, refused=True):
                raise
            return work(who, *args, **kwargs)

    return wrapped


def notice(who: Noticing, *, refused: bool) -> bool:
    """One look for losses; whether behaviours had to be laid to rest. A look that fails finds nothing."""
    try:
        context = who.context.look_for_losses(refused)
    except Terminal as error:
        log.warning("what is missing on the portal could not be found out: %s", error.text.en)
        return False
    if context is None:
        return False
    who.context = context
    return True


def forget(session: Session, portal_id: int, entity: str, entity_type_id: int) -> None:
    """A smart process was deleted: what was remembered of its objects is about nothing. One that takes
    its place begins with the same numbers, and what it has to hold is to be made anew."""
    for table in (KeyRow, KnownRow, TimerRow):
        session.execute(delete(table).where(table.portal_id == portal_id, table.entity == entity))
    mine = (TransitionRow.portal_id == portal_id, TransitionRow.entity_type_id == entity_type_id)
    session.execute(delete(TransitionRow).where(*mine))
    counted = [f"{prefix}{entity}" for prefix in (deletions.COUNT, deletions.TOLD)]
    cursors.drop(session, portal_id, [history.cursor_of(entity_type_id), *counted])
