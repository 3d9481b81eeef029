"""The addresses that messengers tell us things at, and the one through which the portal sends messages by us.

A vendor's address holds a secret of ours. Whoever does not know it learns nothing and leaves no trace; what is told is
durable before it is thanked for, and is worked off by a worker.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session

from b24app.channels import hooks
from b24app.channels.heard import keep
from b24app.channels.recipients import e164
from b24app.channels.reports import PARSERS
from b24app.payloads import SenderCall, parse_sender
from b24app.store.correspondence import CarriedRow
from b24app.store.models import utcnow
from b24app.store.upsert import insert_missing
from b24app.web.context import web

bp = Blueprint("hooks", __name__)

_VENDORS = {"wazzup": "wazzup", "green-api": "green_api"}


@bp.post("/hooks/<vendor>/<token>")
def take_webhook(vendor: str, token: str) -> Response:
    """Reports and incoming messages. 404 for an unknown address, 400 for what is no JSON."""
    channel = _VENDORS.get(vendor)
    if channel is None:
        abort(404)
    parts = web()
    with parts.services.database.reading() as session:
        portal_id = hooks.portal_of(session, channel, token)
    if portal_id is None:
        abort(404)
    heard = PARSERS[channel](_json(), utcnow())
    if heard.reports or heard.contacts:
        with parts.services.database.session() as session:
            waiting = keep(session, portal_id, channel, heard)
        if waiting:
            parts.waker.wake(parts.services.wake_messages, [portal_id])
    return Response(status=200)


@bp.post("/messageservice")
def take_message() -> Response:
    """A message that the portal sends through our provider: an empty 200 when it is stored, once for its number."""
    call = parse_sender(request.get_data(cache=False))
    parts = web()
    portal = parts.book.authentic_now(call.auth)
    with parts.services.database.session() as session:
        _keep_message(session, portal.id, call)
    parts.waker.wake(parts.services.wake_messages, [portal.id])
    return Response(status=200)


def _keep_message(session: Session, portal_id: int, call: SenderCall) -> None:
    letter = {"to": e164(call.to) or call.to, "text": call.text}
    row = {
        "portal_id": portal_id,
        "message_id": call.message_id,
        "code": call.code,
        "letter": web().services.secret_box.seal(json.dumps(letter, ensure_ascii=False)),
    }
    insert_missing(session, CarriedRow, [row], ["portal_id", "message_id"])


def _json() -> Any:
    try:
        return json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        abort(400)
