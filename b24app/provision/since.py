"""Since when the app watches a portal: kept on the portal itself, so that a lost database knows it too."""

from __future__ import annotations

from datetime import datetime

from b24app.provision.plan import OPTION_SINCE
from b24app.provision.ports import Portal


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
