"""The app's triggers on the portal: registered, renamed, known again.

The portal lists its triggers with their names, so nothing else is needed to see what has to be renewed
(api-reference/crm/automation/triggers/index.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from b24app.declare import Trigger
from b24app.provision.binding import bound
from b24app.provision.state import Survey
from b24app.provision.steps import Action, Step, change
from rules.decision import Text

ADD, DELETE = "crm.automation.trigger.add", "crm.automation.trigger.delete"


def trigger_steps(survey: Survey, triggers: Iterable[Trigger], language: str) -> Iterator[Step]:
    """What is to register and to rename; adding a code that is there renames it."""
    if survey.triggers is None:
        return
    for trigger in triggers:
        title = trigger.name.in_language(language)
        present = survey.triggers.get(trigger.code)
        if present != title:
            params = {"CODE": trigger.code, "NAME": title}
            action: Action = "create" if present is None else "change"
            yield change(action, "trigger", f"trigger.{trigger.code}", trigger.name, ADD, params)


def trigger_values(survey: Survey, triggers: Iterable[Trigger]) -> Iterator[tuple[str, dict[str, object]]]:
    """Entries of the binding for triggers that are in place."""
    for trigger in triggers:
        if trigger.code in (survey.triggers or {}):
            yield f"trigger.{trigger.code}", bound("trigger", None, trigger.code, trigger.code)


def trigger_removal(survey: Survey) -> Iterator[Step]:
    """Takes all of them off the portal."""
    for code, name in sorted((survey.triggers or {}).items()):
        yield change("remove", "trigger", f"trigger.{code}", Text(name, name), DELETE, {"CODE": code})
