"""Is everything in order? One check a function; each answers with words for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from redis import RedisError
from sqlalchemy import func, select

from b24app import doctor_channels
from b24app.errors import AppError
from b24app.installed import InstalledPortal
from b24app.provision.steps import Step
from b24app.store.models import ErrorRow, InboxRow, RobotRunRow, TokenRow, utcnow
from rules.decision import Text

OK, DEGRADED, FAILED = "ok", "degraded", "failed"
LINKS = {
    "events": ("event",),
    "robots": ("robot", "trigger", "sender"),
    "placements": ("placement", "badge"),
}
"""checks of what ties the app to the portal, by the kinds of provisioning's steps"""
LAG_SECONDS = 300
"""an event that has waited for so long means that no worker works"""

Check = Callable[[InstalledPortal], tuple[str, Text]]


def examine(portal: InstalledPortal) -> dict[str, Any]:
    """`{"status": "ok|degraded|failed", "checks": [{"name", "status", "ru", "en"}]}`."""
    # The last one counts the requests of all.
    every = {**CHECKS, **_missing_checks(portal), "limits": _limits}
    checks = [_run(name, check, portal) for name, check in every.items()]
    worst = max((check["status"] for check in checks), key=(OK, DEGRADED, FAILED).index)
    return {"status": worst, "portal": portal.row.domain, "checks": checks}


def _run(name: str, check: Check, portal: InstalledPortal) -> dict[str, str]:
    try:
        status, text = check(portal)
    except AppError as error:
        status, text = FAILED, error.text
    return {"name": name, "status": status, "ru": text.ru, "en": text.en}


def _tokens(portal: InstalledPortal) -> tuple[str, Text]:
    with portal.ground.database.session() as session:
        query = select(func.count()).where(TokenRow.portal_id == portal.id, TokenRow.state == "active")
        living = session.scalar(query) or 0
    if living == 0:
        return FAILED, Text("Нет действующих ключей: откройте приложение под администратором", "No living token")
    if living == 1:
        return DEGRADED, Text(
            "Ключ только одного администратора: пусть приложение откроет ещё один",
            "Only one administrator's token: let another one open the app",
        )
    return OK, Text(f"Действующих ключей: {living}", f"Living tokens: {living}")


def _portal(portal: InstalledPortal) -> tuple[str, Text]:
    now = portal.gateway.now(max_age=0)
    return OK, Text(
        f"Портал отвечает, его время {now:%d.%m.%Y %H:%M} UTC",
        f"The portal answers, its time is {now:%Y-%m-%d %H:%M} UTC",
    )


def _missing_checks(portal: InstalledPortal) -> dict[str, Check]:
    """Whatever a plan would do is missing now: what ties the app to the portal by its kinds, and drift, which is
    the rest (funnels, stages, fields). One plan serves all of them."""

    @cache
    def missing() -> Sequence[Step] | AppError:
        try:
            steps = portal.plan(portal.presets).steps
        except AppError as error:
            return error
        return [step for step in steps if step.action != "remember" and not step.needs_consent]

    def check(wanted: Callable[[str], bool]) -> Check:
        return lambda _: _told_of(missing(), wanted)

    links = {name: check(kinds.__contains__) for name, kinds in LINKS.items()}
    return {**links, "drift": check(lambda kind: not any(kind in kinds for kinds in LINKS.values()))}


def _told_of(missing: Sequence[Step] | AppError, wanted: Callable[[str], bool]) -> tuple[str, Text]:
    if isinstance(missing, AppError):
        raise missing
    names = [step.name for step in missing if wanted(step.kind)]
    if not names:
        return OK, Text("Всё, что нужно наборам, есть на портале", "Everything the presets need is on the portal")
    shown, count = ", ".join(names[:5]), len(names)
    return DEGRADED, Text(
        f"Не хватает: {shown} (всего {count}). Выполните b24app provision",
        f"Missing: {shown} ({count} in all). Run b24app provision",
    )


def _queue(portal: InstalledPortal) -> tuple[str, Text]:
    try:
        portal.ground.redis.ping()
    except RedisError:
        return FAILED, Text("Сервер очереди не отвечает: проверьте REDIS_URL", "The queue server does not answer")
    return OK, Text("Сервер очереди отвечает", "The queue server answers")


def _lag(portal: InstalledPortal) -> tuple[str, Text]:
    with portal.ground.database.session() as session:
        pending = select(func.count(), func.min(InboxRow.received_at))
        waiting, oldest = session.execute(pending.where(InboxRow.portal_id == portal.id, InboxRow.state == "new")).one()
        runs = select(func.count()).where(RobotRunRow.portal_id == portal.id, RobotRunRow.state == "new")
        robots = session.scalar(runs) or 0
    late = oldest is not None and (utcnow() - oldest).total_seconds() > LAG_SECONDS
    text = Text(f"Ждут событий: {waiting}, роботов: {robots}", f"Waiting events: {waiting}, robots: {robots}")
    return (DEGRADED if late else OK), text


def _errors(portal: InstalledPortal) -> tuple[str, Text]:
    with portal.ground.database.session() as session:
        query = select(func.count()).where(ErrorRow.portal_id == portal.id, ErrorRow.state == "open")
        count = session.scalar(query) or 0
    text = Text(f"Нерешённых ошибок: {count}", f"Open errors: {count}")
    return (DEGRADED if count else OK), text


def _limits(portal: InstalledPortal) -> tuple[str, Text]:
    stats = portal.gateway.stats
    plan, requests, busy = portal.ground.settings.plan, stats.requests, stats.busy
    return OK, Text(
        f"Тариф {plan}; запросов при этой проверке: {requests}, отказов из-за лимитов: {busy}",
        f"Plan {plan}; requests of this check: {requests}, refused by the limits: {busy}",
    )


CHECKS: dict[str, Check] = {
    "tokens": _tokens,
    "portal": _portal,
    "queue": _queue,
    "lag": _lag,
    "errors": _errors,
    "open_lines": doctor_channels.open_lines,
    "messengers": doctor_channels.messengers,
    "email": doctor_channels.email,
}
