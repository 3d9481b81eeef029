"""What one process of the web keeps between requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from b24app.web.portals import PortalBook
from b24app.web.services import Services
from b24app.web.sessions import Sessions
from b24app.web.throttle import Throttle
from b24app.web.waker import Waker
from b24app.web.writer import Writer

EXTENSION = "b24app"


@dataclass(frozen=True, slots=True)
class Web:
    """The parts a request works with."""

    services: Services
    book: PortalBook
    writer: Writer
    sessions: Sessions
    throttle: Throttle
    waker: Waker


def web() -> Web:
    """The parts of the application that handles the present request."""
    return cast(Web, current_app.extensions[EXTENSION])
