"""The app's badges on the portal: registered once, registered anew when the preset words them otherwise.

The portal has no method that changes a badge (api-reference/crm/timeline/activities/configurable/badges/index.md);
activities name it by its code, so they show the new one at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from b24app.engine.badges import PREFIX
from b24app.provision.binding import bound
from b24app.provision.state import Survey
from b24app.provision.steps import Step, change
from config.preset import Badge
from rules.decision import Text

LIST, ADD, DELETE = "crm.activity.badge.list", "crm.activity.badge.add", "crm.activity.badge.delete"


def badge_steps(survey: Survey, badges: Mapping[str, Badge]) -> Iterator[Step]:
    """What is to register, and what to take away first because it looks otherwise."""
    if survey.badges is None:
        return
    for name, badge in badges.items():
        present = survey.badges.get(PREFIX + name)
        if present is not None and _is_right(present, badge):
            continue
        if present is not None:
            yield change("remove", "badge", f"badge.{name} old", badge.title, DELETE, {"code": PREFIX + name})
        yield change("create", "badge", f"badge.{name}", badge.title, ADD, {"code": PREFIX + name, **_looks(badge)})


def badge_values(survey: Survey, badges: Mapping[str, Badge]) -> Iterator[tuple[str, dict[str, object]]]:
    """Entries of the binding for badges that are in place."""
    for name in badges:
        if PREFIX + name in (survey.badges or {}):
            yield f"badge.{name}", bound("badge", None, PREFIX + name, PREFIX + name)


def badge_removal(survey: Survey) -> Iterator[Step]:
    """Takes all of ours off the portal; what carried them stays in the history of cards without a badge."""
    for code in sorted(survey.badges or {}):
        if code.startswith(PREFIX):
            yield change("remove", "badge", f"badge.{code}", Text(code, code), DELETE, {"code": code})


def _is_right(present: Mapping[str, Any], badge: Badge) -> bool:
    """Whether it looks as it should; a portal may tell its words in all languages or in one."""
    wanted = _looks(badge)
    right = present.get("type") == badge.type
    for key in ("title", "value"):
        told = present.get(key)
        right = right and (told == wanted[key] if isinstance(told, Mapping) else told in wanted[key].values())
    return right


def _looks(badge: Badge) -> dict[str, Any]:
    """As the portal takes it; languages that are not given get the English words."""
    texts = {"title": badge.title, "value": badge.value}
    return {**{key: {"ru": text.ru, "en": text.en} for key, text in texts.items()}, "type": badge.type}
