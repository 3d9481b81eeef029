"""The Flask application: routes, limits, security headers and how errors are answered."""

from __future__ import annotations

import logging
from collections.abc import Collection

from flask import Flask, Response, g, jsonify, request
from jinja2 import StrictUndefined
from sqlalchemy import Table
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from b24app.errors import AppError, BadPayload, Forged, PortalLost, PortalRefused, Transient
from b24app.payloads import MAX_BYTES
from b24app.web import events, health, hooks, install, pages, receivables_tab
from b24app.web.context import EXTENSION, Web
from b24app.web.portals import PortalBook
from b24app.web.render import money, page
from b24app.web.services import Services
from b24app.web.sessions import Sessions
from b24app.web.throttle import Throttle
from b24app.web.unexpected import broken_page
from b24app.web.waker import Waker
from b24app.web.writer import INBOX, Writer
from rules.wording import day_of

logger = logging.getLogger(__name__)

_STATUS = ((BadPayload, 400), (Forged, 403), (PortalRefused, 403), (PortalLost, 409), (Transient, 503))


def create_app(services: Services) -> Flask:
    """The application over these services. It opens no connection and starts no thread until a request comes."""
    app = Flask(__name__)
    waker = Waker()
    app.config.update(MAX_CONTENT_LENGTH=MAX_BYTES, SEND_FILE_MAX_AGE_DEFAULT=3600)
    app.extensions[EXTENSION] = Web(
        services=services,
        book=PortalBook(services.database, services.secret_box),
        writer=_writer(services, waker),
        sessions=Sessions(services.settings.secret_keys),
        throttle=Throttle(),
        waker=waker,
    )
    for module in (events, hooks, install, pages, receivables_tab, health):
        app.register_blueprint(module.bp)
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.undefined = StrictUndefined
    app.after_request(_headers)
    app.add_template_filter(money)
    app.add_template_filter(day_of, "day")
    return app


def _writer(services: Services, waker: Waker) -> Writer:
    def committed(table: Table, portal_ids: Collection[int]) -> None:
        waker.wake(services.wake_drain if table is INBOX else services.wake_robots, portal_ids)

    return Writer(services.database, committed)


def _headers(response: AnyResponse) -> AnyResponse:
    """What a browser may do with our answers; a page may stand only in the frame of its own portal."""
    if request.blueprint in (events.bp.name, hooks.bp.name):
        return response  # read by the portal's queue: no browser, and every microsecond is paid per event
    ancestors = g.get("frame_origin") or "'none'"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _app_error(error: AppError) -> tuple[Response | str, int]:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 409)
    if isinstance(error, Forged):
        logger.warning("refused %s from %s: %s", _place(), request.remote_addr, error.text.en.partition(".")[0])
    elif isinstance(error, Transient):
        logger.warning("cannot answer %s: %s", _place(), error)
    if g.get("page"):
        return page("problem.html", problem=error.text.in_language(g.language)), status
    field = error.context.get("field")
    body = {"error": type(error).__name__, "text": {"ru": error.text.ru, "en": error.text.en}}
    return jsonify(body | ({"field": field} if field else {})), status


def _http_error(error: HTTPException) -> tuple[Response, int]:
    code = error.code or 500
    names = {413: "body"}
    body = {"error": error.name}
    return jsonify(body | ({"field": names[code]} if code in names else {})), code


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    logger.exception("unexpected error at %s", _place(), exc_info=error)
    if g.get("page"):
        return broken_page(error), 500
    return jsonify({"error": "Internal Server Error"}), 500


def _place() -> str:
    """The path for the log; the address of a messenger's webhook holds a secret."""
    return str(request.url_rule) if request.blueprint == hooks.bp.name else request.path
