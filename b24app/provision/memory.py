"""What the app writes about itself on the portal, so that a cut-off run and a lost database find it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from b24app.provision.ports import Portal
from b24app.provision.state import Survey

OPTION_SINCE = "b24app_since"
OPTION_MADE = "b24app_made"
UNFINISHED = 0
"""In the option: the app is about to create the object, or has not finished its stages."""


def made_objects(survey: Survey) -> dict[str, int]:
    """What the app has created here: logical name -> id, UNFINISHED while it is being made."""
    stored = (survey.options or {}).get(OPTION_MADE)
    try:
        made = json.loads(stored) if isinstance(stored, str) and stored else {}
    except ValueError:
        return {}
    return {str(name): int(id) for name, id in made.items()}


def to_remember(survey: Survey, made: Mapping[str, int]) -> dict[str, str]:
    """The options that have to be written now; none where the portal keeps no options for us."""
    options = survey.options
    if options is None:
        return {}
    wanted: dict[str, str] = {}
    if made != made_objects(survey):
        wanted[OPTION_MADE] = json.dumps(made, sort_keys=True)
    if not options.get(OPTION_SINCE):
        wanted[OPTION_SINCE] = survey.at.isoformat()
    return wanted


def watch_since(gateway: Portal) -> datetime:
    """The moment of the first installation; written now when the portal does not hold it yet.

    Needs the app's own token of an administrator (api-reference/common/settings/app-option-set.md).
    """
    stored = gateway.call("app.option.get", {"option": OPTION_SINCE})
    if stored:
        return datetime.fromisoformat(str(stored))
    now = gateway.now()
    gateway.call("app.option.set", {"options": {OPTION_SINCE: now.isoformat()}}, write=True)
    return now
