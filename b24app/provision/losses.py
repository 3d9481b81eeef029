"""What presets need and a portal does not hold (any more): found, told in one item of the error inbox, and
made up for when it is back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from b24app.declare import Handler, Sweep
from b24app.engine import cursors, errors, sweeps
from b24app.engine.errors import Trouble
from b24app.engine.noticing import DRIFT
from b24app.provision.binding import load_binding
from b24app.provision.drift import Finding, missing
from b24app.provision.ports import Portal
from b24app.provision.run import check_drift
from b24app.store.database import Database
from b24app.store.models import utcnow
from config.preset import Preset
from rules.decision import Text

CURSOR = "drift"
RHYTHM = timedelta(hours=6)
"""the portal's time between two looks without a reason; sweeps that are interrupted ask again and again"""
PATIENCE_AFTER_REFUSAL = timedelta(minutes=5)
"""after a look for the reason of a refusal that found nothing"""
LEASE_PATIENCE = 5.0
SHOWN = 8
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def look(
    gateway: Portal, database: Database, portal_id: int, preset: Preset, handlers: Collection[Handler], *, refused: bool
) -> bool:
    """Looks whether the portal lost anything, unless it was done a short while ago; `refused` tells that the
    portal refuses something. True when something was unbound."""
    now, clock = gateway.now(), utcnow()
    with database.session() as session:
        last = cursors.get(session, portal_id, CURSOR) or {}
    name, at, pause = ("vain", clock, PATIENCE_AFTER_REFUSAL) if refused else ("at", now, RHYTHM)
    if name in last and at - pause < datetime.fromisoformat(last[name]) <= at:
        tell(database, portal_id, preset, handlers)
        return False
    findings = check_drift(gateway, database, portal_id, [preset], LEASE_PATIENCE)
    lost = any(finding.is_loss for finding in findings)
    looked = {**last, "at": now.isoformat()}
    if refused and not lost:
        looked["vain"] = clock.isoformat()
    with database.session() as session:
        cursors.save(session, portal_id, {CURSOR: looked})
    tell(database, portal_id, preset, handlers)
    return lost


def tell(database: Database, portal_id: int, preset: Preset, handlers: Iterable[Handler]) -> None:
    """The one item of the error inbox says what is missing now, which behaviours rest for it, and how to
    repair it; when nothing is missing it is resolved."""
    gone = missing(load_binding(database, portal_id), [preset])
    names = {finding.name for finding in gone}
    resting = [handler for handler in handlers if not names.isdisjoint(handler.needs)]
    with database.session() as session:
        if gone:
            errors.note(
                session, portal_id, [Trouble(DRIFT, DRIFT, _words(gone, resting), payload=_payload(gone, resting))]
            )
        else:
            errors.resolve(session, portal_id, [DRIFT])


def resting(database: Database, portal_id: int, preset: Preset, handlers: Iterable[Handler]) -> frozenset[str]:
    """The names of the behaviours that lack something."""
    names = {finding.name for finding in missing(load_binding(database, portal_id), [preset])}
    return frozenset(handler.name for handler in handlers if not names.isdisjoint(handler.needs))


def make_up(database: Database, portal_id: int, all_sweeps: Iterable[Sweep]) -> None:
    """Behaviours that rested work again, or fields that were gone are there again, empty: what was missed is found
    by the looks at everything, which are due at once."""
    due = {f"{sweeps.CURSOR}{sweep.name}": {"last": LONG_AGO.isoformat()} for sweep in all_sweeps if sweep.only is None}
    with database.session() as session:
        cursors.save(session, portal_id, due)
        cursors.drop(session, portal_id, [CURSOR])


def _words(gone: Collection[Finding], resting: Collection[Handler]) -> Text:
    things = _whole(gone)
    titles = [handler.title for handler in resting]
    rest = Text("", "")
    if titles:
        rest = Text(
            f" Пока это так, отдыхают: {_listed([one.ru for one in titles], '«{}»', 'и ещё')}; остальное работает.",
            f" Meanwhile these rest: {_listed([one.en for one in titles], '“{}”', 'and more:')}; the others work.",
        )
    return Text(
        f"На портале не хватает: {_listed([one.thing.ru for one in things], '{}', 'и ещё')}.{rest.ru} Чтобы вернуть, "
        "откройте приложение в Битрикс24 под администратором, «Наборы и настройка», посмотрите план и нажмите "
        "«Установить» (или выполните b24app provision). Пропущенное приложение наверстает само.",
        f"Missing on the portal: {_listed([one.thing.en for one in things], '{}', 'and more:')}.{rest.en} To restore "
        "it, open the app in Bitrix24 as an administrator, “Presets and set-up”, look at the plan and press “Install” "
        "(or run b24app provision). The app makes up for what was missed by itself.",
    )


def _whole(gone: Collection[Finding]) -> list[Finding]:
    """Without the parts of what is missing as a whole."""
    owners = {finding.name for finding in gone if finding.name.startswith(("spa.", "funnel."))}
    entities = {name.partition(".")[2] for name in owners}
    parts = tuple(part for entity in entities for part in (f"stage.{entity}.", f"{entity}."))
    return [finding for finding in gone if not (parts and finding.name.startswith(parts))]


def _listed(words: Collection[str], form: str, more: str) -> str:
    shown = ", ".join(form.format(word) for word in list(words)[:SHOWN])
    return shown if len(words) <= SHOWN else f"{shown}, {more} {len(words) - SHOWN}"


def _payload(gone: Collection[Finding], resting: Collection[Handler]) -> Mapping[str, list[str]]:
    return {"missing": [one.name for one in gone], "resting": [one.name for one in resting]}
