"""Pages inside the portal's frame: their language, the frame they may stand in, and the templates."""

from __future__ import annotations

import re
from typing import Any

from flask import g, render_template, request

from b24app.errors import PortalBusy
from b24app.payloads import PlacementOpen, parse_placement
from b24app.web.context import web
from b24app.web.texts import Texts
from rules.decision import Money, Text
from rules.wording import money_en, money_ru

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?")

_TOO_OFTEN = Text(
    "Слишком много открытий подряд. Подождите минуту и обновите страницу.",
    "Opened too often. Wait a minute and reload the page.",
)


def begin_page() -> None:
    """From here on errors are answered with a page in the visitor's language, framed where it claims to be.

    Until the portal is proved the frame is the claimed one: such a page holds nothing but a message.
    """
    g.page = True
    g.language = "ru" if request.args.get("LANG", "").lower().startswith("ru") else "en"
    domain = request.args.get("DOMAIN", "").lower()
    if _HOST.fullmatch(domain):
        g.frame_origin = f"{'http' if request.args.get('PROTOCOL') == '0' else 'https'}://{domain}"


def opened_page() -> PlacementOpen:
    """The request of a page inside the portal."""
    begin_page()
    return parse_placement(request.query_string, request.get_data())


def limit_questions(caller: str | None = None) -> None:
    """PortalBusy when a caller, by default this address, has made us ask other servers too often lately.

    Whoever knows a portal's application token is not counted: behind a proxy a whole company has one address.
    """
    if not web().throttle.allows(caller or request.remote_addr or ""):
        raise PortalBusy(_TOO_OFTEN, retry_after=60)


def proved(origin: str, portal_id: int) -> None:
    """The portal is proved: only its own frame may show the page, and its error inbox is told of what breaks."""
    g.frame_origin, g.portal_id = origin, portal_id


def money(amount: Money) -> str:
    """An amount in the request's language; its parts stay on one line."""
    return (money_ru(amount) if g.language == "ru" else money_en(amount)).replace(" ", "\N{NO-BREAK SPACE}")


def page(template: str, **context: Any) -> str:
    """A template in the request's language; `t` holds the texts."""
    language = g.get("language", "en")
    return render_template(template, t=Texts(language), language=language, portal=g.get("frame_origin", ""), **context)
