"""How the portal reaches the app: event handlers, pages and robots, beside those already bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from b24app.declare import Robot
from b24app.discover import Catalogue
from b24app.provision.badges import LIST as BADGES
from b24app.provision.badges import badge_steps, badge_values
from b24app.provision.binding import Binding, bound
from b24app.provision.robots import fingerprint, registration
from b24app.provision.sender import sender_notes, sender_steps, sender_values
from b24app.provision.state import CORE_TYPES, PortalPlacement, Survey
from b24app.provision.steps import Step, change
from b24app.provision.triggers import trigger_steps, trigger_values
from config.preset import Placement, Preset
from rules.decision import Text

EVENTS_PATH = "/events"
ROBOT_PATH = "/robot"

OWN_LISTS = ("event.get", "placement.get", "bizproc.robot.list", "crm.automation.trigger.list", BADGES)
"""What tells which bindings the app has; only an application may ask, as an administrator."""

LIFE_OF_THE_APP = ("ONAPPUNINSTALL", "ONAPPUPDATE")
_CHANGES = ("ADD", "UPDATE", "DELETE")
_PAYMENTS = ("ONPAYMENTENTITYSAVED", "ONPAYMENTDELETED")
_MORE: Mapping[str, tuple[str, ...]] = {"deal": ("ONCRMDEALMOVETOCATEGORY", *_PAYMENTS), "invoice": _PAYMENTS}
"""A deal that changes its funnel sends only its own event (api-reference/crm/deals/events/index.md); payments
of deals and invoices have events of their own (api-reference/sale/events/index.md)."""


def event_codes(catalogue: Catalogue) -> tuple[str, ...]:
    """The events whose handlers the declared watches call for, in capitals."""
    codes: dict[str, None] = dict.fromkeys(LIFE_OF_THE_APP)
    for handler in catalogue.handlers.values():
        for watch in handler.watches:
            if watch.itself:
                codes.update(dict.fromkeys(_entity_events(watch.entity)))
            codes.update(dict.fromkeys(code.upper() for code in watch.on))
    return tuple(codes)


def _entity_events(entity: str) -> tuple[str, ...]:
    # Smart processes and new invoices share one family of events (api-reference/crm/universal/events/index.md).
    family = entity.upper() if entity in CORE_TYPES else "DYNAMICITEM"
    return (*(f"ONCRM{family}{change}" for change in _CHANGES), *_MORE.get(entity, ()))


@dataclass(frozen=True, slots=True)
class Wiring:
    """The app's bindings a portal should have. `entity_type_id` gives a smart process's number or None."""

    preset: Preset
    catalogue: Catalogue
    survey: Survey
    binding: Binding
    public_url: str
    language: str
    entity_type_id: Callable[[str], int | None]

    def steps(self) -> Iterator[Step]:
        """What is to bind, to renew, to take away."""
        yield from self._event_steps()
        yield from self._placement_steps()
        yield from self._robot_steps()
        yield from sender_steps(self.survey, self.binding, self.public_url)
        yield from trigger_steps(self.survey, self.catalogue.triggers.values(), self.language)
        yield from badge_steps(self.survey, self.preset.badges)

    def values(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Entries of the binding for pages, robots, triggers, badges and the sender that are in place."""
        yield from trigger_values(self.survey, self.catalogue.triggers.values())
        yield from sender_values(self.survey, self.binding)
        yield from badge_values(self.survey, self.preset.badges)
        for name, page in self.preset.placements.items():
            if self._is_embedded(page):
                yield f"placement.{name}", bound("placement", None, self.public_url + page.path, page.place)
        for robot in self.catalogue.robots.values():
            params = self._registration(robot)
            if params is not None and robot.code in (self.survey.robots or ()):
                # The fingerprint of what was sent last, not of what ought to be there.
                before = self.binding.get(f"robot.{robot.code}", {}).get("fingerprint")
                yield f"robot.{robot.code}", bound("robot", None, robot.code, robot.code, fingerprint=before)

    def notes(self) -> Iterator[Text]:
        """What this portal cannot do for the app."""
        missing = [code for code in event_codes(self.catalogue) if not self._is_known(code)]
        if missing:
            codes = ", ".join(missing)
            yield Text(
                f"Портал не знает событий {codes}: изменения будут найдены сверкой, а не сразу",
                f"The portal does not know the events {codes}: such changes are found by reconciliation, not at once",
            )
        yield from sender_notes(self.survey)
        refused = [method for method in OWN_LISTS if method in self.survey.refused]
        if refused:
            methods = ", ".join(refused)
            yield Text(
                f"Портал не ответил на {methods}: проверьте права приложения и откройте его под администратором",
                f"The portal did not answer {methods}: check the app's permissions and open it as an administrator",
            )

    def _event_steps(self) -> Iterator[Step]:
        if self.survey.bound_events is None:
            return
        handler = self.public_url + EVENTS_PATH
        for event, address in self.survey.bound_events:
            if address != handler:
                params = {"event": event, "handler": address}
                title = Text(f"{event} ({address})", f"{event} ({address})")
                yield change("remove", "event", f"{event} {address}", title, "event.unbind", params)
        for event in event_codes(self.catalogue):
            if self._is_known(event) and (event, handler) not in self.survey.bound_events:
                params = {"event": event, "handler": handler}
                yield change("create", "event", event, Text(event, event), "event.bind", params)

    def _is_known(self, event: str) -> bool:
        return self.survey.events is None or event in self.survey.events

    def _placement_steps(self) -> Iterator[Step]:
        if self.survey.placements is None:
            return
        for name, page in self.preset.placements.items():
            for old in self.survey.placements:
                if (
                    old.place == page.place
                    and urlsplit(old.handler).path == page.path
                    and not self._is_right(old, page)
                ):
                    params = {"PLACEMENT": old.place, "HANDLER": old.handler}
                    full = f"placement.{name} {old.handler}"
                    yield change("remove", "placement", full, page.title, "placement.unbind", params)
            if not self._is_embedded(page):
                yield change("create", "placement", f"placement.{name}", page.title, "placement.bind", self._page(page))

    def _is_embedded(self, page: Placement) -> bool:
        return any(self._is_right(one, page) for one in self.survey.placements or ())

    def _is_former(self, one: PortalPlacement, page: Placement) -> bool:
        ours = one.place == page.place and urlsplit(one.handler).path == page.path
        return ours and not self._is_right(one, page)

    def _is_right(self, one: PortalPlacement, page: Placement) -> bool:
        wanted = {"ru": page.title.ru, "en": page.title.en}
        titled = not one.titles or all(one.titles.get(code) == title for code, title in wanted.items())
        return one.place == page.place and one.handler == self.public_url + page.path and titled

    def _page(self, page: Placement) -> dict[str, Any]:
        languages = {code: {"TITLE": title} for code, title in (("ru", page.title.ru), ("en", page.title.en))}
        title = page.title.in_language(self.language)
        return {"PLACEMENT": page.place, "HANDLER": self.public_url + page.path, "TITLE": title, "LANG_ALL": languages}

    def _robot_steps(self) -> Iterator[Step]:
        if self.survey.robots is None:
            return
        for robot in self.catalogue.robots.values():
            name = f"robot.{robot.code}"
            fields = self._registration(robot)
            if fields is None:
                yield Step("create", "robot", name, robot.name, None)
            elif robot.code not in self.survey.robots:
                params = {"CODE": robot.code, **fields}
                yield change("create", "robot", name, robot.name, "bizproc.robot.add", params)
            elif self.binding.get(name, {}).get("fingerprint") != fingerprint(fields):
                params = {"CODE": robot.code, "FIELDS": fields}
                yield change("change", "robot", name, robot.name, "bizproc.robot.update", params)

    def _registration(self, robot: Robot) -> dict[str, Any] | None:
        return registration(robot, self.entity_type_id, self.public_url + ROBOT_PATH, self.language)


def sent_fingerprint(params: Mapping[str, Any]) -> str:
    """The fingerprint of a registration as it was sent, by add or by update."""
    fields = params.get("FIELDS") or {key: value for key, value in params.items() if key not in ("CODE", "TYPE")}
    return fingerprint(fields)
