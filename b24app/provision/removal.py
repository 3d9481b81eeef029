"""What leaves the portal with the app, and what stays there for the business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from b24app.provision.badges import badge_removal
from b24app.provision.binding import Binding
from b24app.provision.sender import SENDER_TITLE
from b24app.provision.state import Survey
from b24app.provision.steps import Step, change
from b24app.provision.triggers import trigger_removal
from rules.decision import Text


def removal(survey: Survey) -> tuple[Step, ...]:
    """Takes the app's event handlers, pages, triggers, badges and robots off the portal; data, stages and fields stay.

    Bitrix24 does the same by itself when the application is deleted (settings/app-uninstallation.md).
    """
    return tuple(_steps(survey))


def kept(binding: Binding) -> Iterator[Text]:
    """What stays on the portal after the app has gone."""
    count = Counter(entry["kind"] for entry in binding.values())
    yield Text(
        f"Воронок: {count['funnel']}, стадий: {count['stage']}, смарт-процессов: {count['smart_process']}, "
        f"полей: {count['field']}, типов компаний: {count['type']} и все данные в них остаются на портале",
        f"Funnels: {count['funnel']}, stages: {count['stage']}, smart processes: {count['smart_process']}, "
        f"fields: {count['field']}, company types: {count['type']} and all data in them stay on the portal",
    )


def _steps(survey: Survey) -> Iterator[Step]:
    for event, handler in survey.bound_events or ():
        title = Text(event, event)
        yield change("remove", "event", event, title, "event.unbind", {"event": event, "handler": handler})
    for one in survey.placements or ():
        title = Text(one.titles.get("ru", one.place), one.titles.get("en", one.place))
        params = {"PLACEMENT": one.place, "HANDLER": one.handler}
        yield change("remove", "placement", one.place, title, "placement.unbind", params)
    for code in sorted(survey.senders or ()):
        params = {"CODE": code}
        yield change("remove", "sender", f"sender.{code}", SENDER_TITLE, "messageservice.sender.delete", params)
    yield from trigger_removal(survey)
    yield from badge_removal(survey)
    for code in sorted(survey.robots or ()):
        yield change("remove", "robot", f"robot.{code}", Text(code, code), "bizproc.robot.delete", {"CODE": code})
