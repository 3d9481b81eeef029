"""The single place where real things meet: settings, database, queue, declarations, portals, web services."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from redis import Redis, RedisError
from sqlalchemy import select

from b24app import jobs
from b24app.discover import discover
from b24app.doctor import examine
from b24app.engine import removal, wishes
from b24app.engine.engine import SettleReport
from b24app.errors import AppError, PortalLost, PresetError, Transient
from b24app.installed import Ground, InstalledPortal
from b24app.portal.auth_server import AuthServer
from b24app.portal.budget import budget_for
from b24app.portal.credentials import FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.names import Names
from b24app.portal.operating import Operating
from b24app.portal.transport import Transport, new_session
from b24app.provisioning import ProgressBook, plan_lines, preset_cards
from b24app.store.database import Database
from b24app.store.models import CredentialRow, PortalRow
from b24app.store.secret_box import SecretBox
from b24app.store.upsert import upsert
from b24app.web.services import PlanLine, PresetCard, Progress
from config.settings import Settings
from rules.decision import Text

log = logging.getLogger(__name__)

EMBEDDED_REDIS = "redis://127.0.0.1:6379/0"

NOT_INSTALLED = Text(
    "Приложение не установлено ни на одном портале: откройте его на портале под администратором",
    "The app is installed on no portal: open it on a portal as an administrator",
)


def build(settings: Settings, sleep: Callable[[float], None] = time.sleep) -> App:
    """The application of this process. Opens no connection until one is needed. `sleep` is what waits
    between two tries; tests wait less."""
    settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    box = SecretBox(list(settings.secret_keys))
    redis = Redis.from_url(
        settings.redis_url or "redis://127.0.0.1:6379/0", socket_timeout=10, health_check_interval=30
    )
    app = App(Ground(settings, database, redis, box, discover(), sleep))
    jobs.configure(app)
    return app


class App:
    """One process's view of the installation; also the services of the web layer."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.settings = ground.settings
        self.database = ground.database
        self.redis = ground.redis
        self.secret_box = ground.secret_box
        self.catalogue_of_declarations = ground.catalogue
        self.auth_server = AuthServer()
        self._session = new_session()
        self._progress = ProgressBook(ground.database)
        self._portals: dict[int, InstalledPortal] = {}
        self._seeded = False

    # portals

    def portals(self) -> list[PortalRow]:
        """Portals the app is installed on, or being installed on."""
        with self.database.session() as session:
            query = select(PortalRow).where(PortalRow.status != "uninstalled").order_by(PortalRow.id)
            return list(session.scalars(query))

    def only_portal(self, selector: str | None = None) -> InstalledPortal:
        """The portal named by member id or domain; without a name, the only one."""
        rows = [row for row in self.portals() if selector in (None, row.member_id, row.domain)]
        if not rows:
            raise PortalLost(
                NOT_INSTALLED if selector is None else Text(f"Нет портала {selector}", f"No portal {selector}")
            )
        if len(rows) > 1:
            names = ", ".join(row.domain for row in rows)
            raise PortalLost(
                Text(f"Порталов несколько, укажите --portal: {names}", f"Several portals, say --portal: {names}")
            )
        return self.portal(rows[0].id)

    def portal(self, portal_id: int) -> InstalledPortal:
        """The portal's objects, kept by this process."""
        if portal_id not in self._portals:
            self._portals[portal_id] = InstalledPortal(self.ground, portal_id)
        return self._portals[portal_id]

    def engine(self, portal_id: int) -> Any:
        """The engine of a portal (for the jobs)."""
        return self.portal(portal_id).engine

    def doctor(self, selector: str | None = None) -> dict[str, Any]:
        """Whether everything is in order on a portal."""
        return examine(self.only_portal(selector))

    # credentials

    def credentials(self) -> list[dict[str, Any]]:
        """Client ids with the domains they belong to; no secrets."""
        self.seed_credentials()
        with self.database.session() as session:
            rows = session.scalars(select(CredentialRow).order_by(CredentialRow.id))
            return [{"client_id": row.client_id, "domain": row.domain} for row in rows]

    def add_credentials(self, client_id: str, secret: str, domain: str | None = None) -> None:
        """Stores a pair, or the new secret of a known one."""
        pair = {"client_id": client_id, "client_secret": self.secret_box.seal(secret)}
        with self.database.session() as session:
            # Several processes of one host start at the same moment, each with the pair of the environment.
            upsert(session, CredentialRow, [pair | ({"domain": domain} if domain else {})], ["client_id"])

    def remove_credentials(self, client_id: str) -> None:
        """Forgets a pair; one that is not known is refused."""
        with self.database.session() as session:
            row = session.scalar(select(CredentialRow).where(CredentialRow.client_id == client_id))
            if row is None:
                raise PresetError(Text(f"Нет пары с client_id {client_id}", f"No pair with the client_id {client_id}"))
            session.delete(row)

    def seed_credentials(self) -> None:
        """Puts the pair of the environment into the database."""
        if self.settings.client_id and self.settings.client_secret and not self._seeded:
            self.add_credentials(self.settings.client_id, self.settings.client_secret)
            self._seeded = True

    # processes

    def work(self, queues: Sequence[str]) -> None:
        """Works jobs until stopped."""
        jobs.work(self.redis, queues)

    def work_off(self) -> None:
        """Works what waits in the queues, in this process, and returns."""
        jobs.work_off(self.redis)

    def keep_time(self) -> None:
        """Runs the clock until stopped."""
        jobs.keep_time(self.redis)

    # services of the web layer

    def asker(self, member_id: str, endpoint: str, token: str) -> Gateway:
        """The portal asked with a visitor's own token, out of the budget all calls share."""
        budget = budget_for(self.redis, member_id, self.settings.plan)
        line = Line(
            FixedAccess(endpoint, token), budget, Operating(None, member_id), transport=Transport(self._session)
        )
        return Gateway(line)

    def wake_drain(self, portal_id: int) -> None:
        """Puts a drain job into the queue unless one waits."""
        jobs.wake_drain(self.redis, portal_id)

    def wake_robots(self, portal_id: int) -> None:
        """The same for robots."""
        jobs.wake_robots(self.redis, portal_id)

    def wake_messages(self, portal_id: int) -> None:
        """The same for messages that the portal sends through us, and for reports about messages."""
        jobs.wake_messages(self.redis, portal_id)

    def wake_removal(self, portal_id: int) -> None:
        """The same for the proof of a removal; the clock does it when the queue is down."""
        try:
            jobs.wake_removal(self.redis, portal_id)
        except RedisError as error:
            log.warning("portal %d: the queue is down: %s", portal_id, type(error).__name__)

    def settle_removal(self, portal_id: int) -> None:
        """Asks a portal that is said to have removed the app, and forgets it if that is true."""
        removal.settle(self.database, portal_id, lambda: self._still_there(portal_id))

    def _still_there(self, portal_id: int) -> removal.Answer:
        try:
            InstalledPortal(self.ground, portal_id).gateway.call("app.info", interactive=True)
        except PortalLost as lost:
            with self.database.session() as session:
                return removal.meaning_of(session, portal_id, lost)
        except AppError as error:
            log.info("portal %d: whether the app was removed is unclear: %s", portal_id, error.text.en)
            return removal.Answer.UNCLEAR
        return removal.Answer.THERE

    def queue_alive(self) -> bool:
        """Whether the queue server answers."""
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False

    def catalogue(self) -> Sequence[PresetCard]:
        """The presets on offer."""
        return preset_cards()

    def names(self, portal_id: int) -> Names:
        """The portal's binding as it is now."""
        return InstalledPortal(self.ground, portal_id).names

    def plan(self, portal_id: int, presets: Sequence[str]) -> Sequence[PlanLine]:
        """What provisioning would do."""
        return plan_lines(InstalledPortal(self.ground, portal_id).plan(presets))

    def start_provision(
        self, portal_id: int, presets: Sequence[str], accepted: Sequence[str] = (), *, again: bool = False
    ) -> None:
        """Starts provisioning in the background, once; `again`: also when it runs already, after that run."""
        if not again and not self._progress.begin(portal_id):
            return
        wishes.want(self.database, portal_id, presets, accepted)
        if again:
            self._progress.begin(portal_id)
        try:
            jobs.wake_provision(self.redis, portal_id)
        except RedisError as error:
            # The wish stands in the database: the clock does it when the queue is back.
            log.warning("portal %d: the queue is down: %s", portal_id, type(error).__name__)

    def progress(self, portal_id: int) -> Progress:
        """How far provisioning is."""
        return self._progress.read(portal_id)

    def provision(self, portal_id: int) -> None:
        """The provisioning job: does what is wanted, once; its progress and its end are written for the page."""
        wish = wishes.take(self.database, portal_id)
        if wish is None:
            return
        try:
            self._provision(portal_id, wish)
        except Exception as error:
            if isinstance(error, AppError):
                self._progress.write(portal_id, Progress("failed", text=error.text))
            if isinstance(error, Transient):
                wishes.put_back(self.database, portal_id)
            else:
                wishes.fulfilled(self.database, portal_id, wish)
            raise
        wishes.fulfilled(self.database, portal_id, wish)

    def _provision(self, portal_id: int, wish: wishes.Wish) -> None:
        def on_progress(done: int, total: int, text: Text) -> None:
            self._progress.write(portal_id, Progress("running", done, total, text))
            wishes.alive(self.database, portal_id)

        report = InstalledPortal(self.ground, portal_id).provision(wish.presets, wish.accepted, on_progress)
        last = self._progress.read(portal_id)
        trouble = next((failure.text for failure in report.failed), None)
        self._progress.write(portal_id, replace(last, state="done", done=last.total, text=trouble or last.text))

    # everything that is due

    def settle(self, selector: str | None, timeout: float) -> SettleReport:
        """What is due on a portal, until nothing is left: provisioning that is wanted, then the engine's work."""
        portal_id = self.only_portal(selector).id
        self.settle_removal(portal_id)
        try:
            self.provision(portal_id)
        except AppError as error:
            log.warning("portal %d: provisioning: %s", portal_id, error.text.en)
        self._portals.pop(portal_id, None)
        report = self.only_portal(selector).engine.settle(timeout)
        with self.database.session() as session:
            return replace(report, left=report.left + wishes.count(session, portal_id))
