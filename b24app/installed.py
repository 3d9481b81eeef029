"""One portal with everything that works for it: gateway, names, limits, engine, provisioning."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy import delete, select

from b24app.alerts import token_died
from b24app.channels.channel import BulkChannel, OneByOne
from b24app.channels.email import EMail
from b24app.channels.openline import OpenLine
from b24app.declare import Asked, Report
from b24app.discover import Catalogue, enabled
from b24app.engine import cursors, error_inbox, journal
from b24app.engine.context import Context
from b24app.engine.engine import Engine
from b24app.engine.explain import Explanation, explain
from b24app.engine.people import Staff
from b24app.engine.portal_time import has_own_zone, is_time_zone
from b24app.engine.report_reader import PortalReport
from b24app.engine.surroundings import Surroundings
from b24app.engine.undo import Undone, undo
from b24app.errors import PresetError
from b24app.messengers import Messengers
from b24app.own_settings import OwnSettings
from b24app.portal.budget import budget_for
from b24app.portal.gateway import Gateway
from b24app.portal.items import Items
from b24app.portal.line import Line
from b24app.portal.names import Names
from b24app.portal.operating import Operating
from b24app.portal.tokens import Tokens
from b24app.provision import carry_out, load_binding, losses, make_plan, manifest, survey, watch_since
from b24app.store.database import Database
from b24app.store.models import CursorRow, PortalRow
from b24app.store.secret_box import SecretBox
from b24app.store.upsert import insert_missing
from config.preset import Preset, load_preset, merge
from config.settings import Settings
from rules.decision import Ref, Text
from rules.limits import Limits

WATCH_SINCE = "watch_since"
SWITCHED_ON = "switched_on."
LEASE_PATIENCE = 60.0
"""seconds a worker waits for another one that is at the same portal"""


@dataclass(frozen=True)
class Ground:
    """What all portals of one installation share."""

    settings: Settings
    database: Database
    redis: Redis
    secret_box: SecretBox
    catalogue: Catalogue
    sleep: Callable[[float], None] = time.sleep


class InstalledPortal:
    """A portal and its objects, made when they are first needed and kept."""

    def __init__(self, ground: Ground, portal_id: int, gateway: Gateway | None = None) -> None:
        self.ground = ground
        self.id = portal_id
        self._gateway = gateway

    @cached_property
    def row(self) -> PortalRow:
        """The portal's row as it was when this object was made."""
        with self.ground.database.session() as session:
            return session.get_one(PortalRow, self.id)

    @property
    def presets(self) -> list[str]:
        """Codes of the presets chosen at installation."""
        return [str(code) for code in self.row.presets]

    @cached_property
    def preset(self) -> Preset:
        """The chosen presets as one."""
        if not self.presets:
            raise PresetError(Text("Набор не выбран: завершите установку", "No preset is chosen: finish installing"))
        return merge(load_preset(code) for code in self.presets)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The declarations that the presets switch on."""
        return enabled(self.ground.catalogue, self.preset)

    @cached_property
    def gateway(self) -> Gateway:
        """The way to the portal, with the administrators' tokens and the shared budget."""
        return self._gateway or self._new_gateway()

    def _new_gateway(self) -> Gateway:
        tokens = Tokens(
            self.ground.database,
            self.id,
            self.ground.secret_box,
            self.ground.redis,
            auth_hosts=self.ground.settings.auth_hosts,
            on_token_death=self._token_died,
        )
        budget = budget_for(self.ground.redis, self.row.member_id, self.ground.settings.plan)
        return Gateway(Line(tokens, budget, Operating(self.ground.redis, self.row.member_id), sleep=self.ground.sleep))

    def _token_died(self, user_id: int, reason: str) -> None:
        # Another gateway, because the one that met the dead token is in the middle of a call.
        token_died(self.ground.database, self.id, self._new_gateway(), user_id, self.row.language)

    @cached_property
    def names(self) -> Names:
        """Logical names and this portal's ids."""
        return Names(load_binding(self.ground.database, self.id))

    @cached_property
    def items(self) -> Items:
        """Rows in logical names."""
        return Items(self.gateway, self.names)

    @cached_property
    def messengers(self) -> Messengers:
        """The messengers an administrator has connected."""
        ground = self.ground
        parts = (ground.settings, ground.database, ground.secret_box, self.id)
        return Messengers(*parts, now=lambda: self.gateway.now(), language=self.row.language)

    @property
    def limits(self) -> Limits:
        """The preset's settings with the portal's own on top."""
        return self.settings.limits()

    @cached_property
    def engine(self) -> Engine:
        """What applies the rules."""
        return Engine(self._context(), patience=LEASE_PATIENCE)

    def _context(self) -> Context:
        chosen = self.settings.roles()
        administrator = self.gateway.line.credentials.current().user_id
        watch_since = self._watch_since()
        return Context(
            database=self.ground.database,
            portal_id=self.id,
            gateway=self.gateway,
            items=self.items,
            names=self.names,
            catalogue=self.catalogue,
            limits=self.limits,
            surroundings=Surroundings(self.gateway, self.row.time_zone, self.preset.roles, chosen, administrator),
            language=self.row.language,
            time_zone=self.row.time_zone,
            watch_since=watch_since,
            open_token=self.ground.secret_box.open,
            channels=self._channels(),
            carriers=self.messengers.channels(),
            reads_payments="sale" in self.row.scope,
            switched_on=self._switched_on(watch_since),
            sleep=self.ground.sleep,
            look_for_losses=self._look_for_losses,
        )

    def _look_for_losses(self, refused: bool) -> Context | None:
        handlers = self.catalogue.handlers.values()
        if not losses.look(self.gateway, self.ground.database, self.id, self.preset, handlers, refused=refused):
            return None
        self._drop("names", "items")
        return self._context()

    def _drop(self, *made: str) -> None:
        """These objects are made anew when they are next needed."""
        for name in made:
            self.__dict__.pop(name, None)

    def _channels(self) -> list[BulkChannel]:
        """The ways to reach clients that this portal has, in the order of `messages.channels`."""
        limits = self.limits
        if "messages.channels" not in limits:
            return []
        connectors = tuple(word.strip() for word in limits.text("messages.connectors").split(",") if word.strip())
        there: list[BulkChannel] = [OpenLine(self.gateway, connectors), EMail(self.gateway)]
        there += [OneByOne(channel) for channel in self.messengers.channels()]
        by_code = {channel.code: channel for channel in there}
        wanted = [word.strip() for word in limits.text("messages.channels").split(",")]
        return [by_code[code] for code in wanted if code in by_code]

    def _watch_since(self) -> datetime:
        """Kept on the portal, so that it outlives our database; asked for once."""
        with self.ground.database.session() as session:
            query = select(CursorRow).where(CursorRow.portal_id == self.id, CursorRow.name == WATCH_SINCE)
            row = session.scalar(query)
        if row is not None:
            return datetime.fromisoformat(row.value["at"])
        since = watch_since(self.gateway)
        with self.ground.database.session() as session:
            kept = {"portal_id": self.id, "name": WATCH_SINCE, "value": {"at": since.isoformat()}}
            insert_missing(session, CursorRow, [kept], ["portal_id", "name"])
        return since

    def _switched_on(self, watch_since: datetime) -> dict[str, datetime]:
        """Since when each behaviour works here. Those that are met first, all at once, came with the app;
        one that is met later was added then; one that is switched off is forgotten."""
        there = set(self.catalogue.handlers)
        with self.ground.database.session() as session:
            known = cursors.load(session, self.id, SWITCHED_ON)
        new = there - known.keys()
        if not new and there == known.keys():
            return {name: datetime.fromisoformat(value["at"]) for name, value in known.items()}
        at = self.gateway.now() if known else watch_since
        rows = [{"portal_id": self.id, "name": SWITCHED_ON + name, "value": {"at": at.isoformat()}} for name in new]
        gone = [SWITCHED_ON + name for name in known.keys() - there]
        with self.ground.database.session() as session:
            insert_missing(session, CursorRow, rows, ["portal_id", "name"])
            session.execute(delete(CursorRow).where(CursorRow.portal_id == self.id, CursorRow.name.in_(gone)))
            known = cursors.load(session, self.id, SWITCHED_ON)
        return {name: datetime.fromisoformat(value["at"]) for name, value in known.items()}

    def manifest(self) -> dict[str, dict[str, Any]]:
        """Logical name -> this portal's object."""
        return manifest(load_binding(self.ground.database, self.id))

    # what happened and why

    @property
    def zone(self) -> ZoneInfo:
        """The portal's time zone."""
        return ZoneInfo(self.row.time_zone)

    def explain(self, ref: Ref, history: int = 1) -> list[Explanation]:
        """The last decisions about an object and what is linked to it; an unknown kind of object is refused."""
        if ref.entity not in self.names.entities:
            known = ", ".join(sorted(self.names.entities))
            text = f"Нет объектов «{ref.entity}». Есть: {known}", f"No objects “{ref.entity}”. Known: {known}"
            raise PresetError(Text(*text))
        return explain(self.ground.database, self.id, ref, history)

    def journal(
        self, since: datetime | None = None, ref: Ref | None = None, rule: str | None = None
    ) -> list[journal.Entry]:
        """The newest automatic changes, oldest first."""
        return journal.entries(self.ground.database, self.id, since=since, ref=ref, rule=rule)

    def undo(self, ids: Collection[int], actor: int | None = None) -> list[Undone]:
        """Takes changes back, each with its own outcome."""
        return undo(self.engine.context, ids, actor)

    def errors(self) -> list[error_inbox.Item]:
        """What waits for a person, the latest first."""
        return error_inbox.items(self.ground.database, self.id)

    def retry_error(self, id: int) -> error_inbox.Item:
        """Looks again at what an error is about; the entry as it is then."""
        return error_inbox.retry(self.engine, id)

    def skip_error(self, id: int) -> error_inbox.Item:
        """Puts an error aside."""
        return error_inbox.skip(self.ground.database, self.id, id)

    # reports

    def report(self, name: str, asked: Asked) -> tuple[Report, list[Mapping[str, Any]]]:
        """A report and its lines; an unknown name is refused with those there are."""
        report = self.catalogue.reports.get(name)
        if report is None:
            known = ", ".join(sorted(self.catalogue.reports))
            raise PresetError(Text(f"Нет отчёта «{name}». Есть: {known}", f"No report “{name}”. Known: {known}"))
        now = self.gateway.now()
        if report.period is not None and asked.begin is None:
            today = (asked.end or now.astimezone(self.zone).date()).replace(day=1)
            for _ in range(report.period - 1):
                today = (today - timedelta(days=1)).replace(day=1)
            asked = replace(asked, begin=today)
        reader = PortalReport(self.engine.context, now, self.limits, self.row.language)
        return report, list(report.rows(reader, asked))

    # settings

    @cached_property
    def settings(self) -> OwnSettings:
        """What this portal has set."""

        def staff() -> Staff:
            return self.engine.context.surroundings.staff()

        return OwnSettings(self.ground.database, self.id, self.preset, self.messengers, staff)

    def setting(self, key: str) -> Any:
        """One setting; an unknown key is refused with the keys there are."""
        return self.settings.read(key)

    def set_setting(self, key: str, word: str) -> None:
        """Changes a setting of this portal; a wrong value is refused with what is allowed."""
        self.settings.set(key, word)
        self._drop("row", "engine")

    # provisioning

    def plan(self, presets: Sequence[str], accept_rename: Collection[str] = (), *, audit: bool = True) -> Any:
        """What provisioning would do; nothing is written."""
        chosen = [load_preset(code) for code in presets]
        catalogue = enabled(self.ground.catalogue, merge(chosen))
        binding = load_binding(self.ground.database, self.id)
        seen = survey(self.gateway, audit=audit)
        url, language = self.ground.settings.public_url, self.row.language
        return make_plan(seen, chosen, catalogue, binding, url, language=language, accept_rename=accept_rename)

    def provision(
        self,
        presets: Sequence[str],
        accept_rename: Collection[str] = (),
        on_progress: Callable[[int, int, Text], None] | None = None,
    ) -> Any:
        """Creates what is missing and remembers the binding; the portal counts as installed after it."""
        rested = self._resting() if self.presets else frozenset()
        plan = self.plan(presets, accept_rename, audit=False)
        # A field made anew is empty on every card.
        filled_anew = bool(self.presets) and any(
            step.action == "create" and step.kind == "field" for step in plan.steps
        )
        report = carry_out(self.gateway, self.ground.database, self.id, plan, on_progress)
        with self.ground.database.session() as session:
            row = session.get_one(PortalRow, self.id)
            row.presets = sorted({*row.presets, *presets})
            if not has_own_zone(session, self.id):
                row.time_zone = self._time_zone(row.time_zone)
            if row.status == "installing":
                row.status = "installed"
        self._drop("row", "preset", "catalogue", "names", "items", "settings", "engine")
        losses.tell(self.ground.database, self.id, self.preset, self.catalogue.handlers.values())
        if filled_anew or rested - self._resting():
            losses.make_up(self.ground.database, self.id, self.catalogue.sweeps.values())
        return report

    def _resting(self) -> frozenset[str]:
        return losses.resting(self.ground.database, self.id, self.preset, self.catalogue.handlers.values())

    def _time_zone(self, present: str) -> str:
        """The zone of whose midnight a day begins: the administrator's, else the offset of the server's clock."""
        name = str((self.gateway.call("user.current") or {}).get("TIME_ZONE") or "")
        if is_time_zone(name):
            return name
        offset = datetime.fromisoformat(str(self.gateway.call("server.time"))).utcoffset() or timedelta()
        if datetime.now(ZoneInfo(present)).utcoffset() == offset:
            return present
        # POSIX turns the sign round: Etc/GMT-3 is three hours east of Greenwich.
        return f"Etc/GMT{-int(offset.total_seconds() // 3600):+d}"
