"""The addresses the portal's queue posts to: events and robots. Verify, store durably, answer, wake."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from b24app.payloads import AppEvent, CrmEvent, RobotCall, parse_event, parse_robot
from b24app.web.context import web
from b24app.web.lifecycle import handle_app_event
from b24app.web.writer import INBOX, ROBOT_RUNS

bp = Blueprint("events", __name__)


@bp.post("/events")
def take_event() -> Response:
    """An event: an empty 200 when its row is durable. The portal repeats nothing, so nothing may be lost."""
    event = parse_event(request.get_data(cache=False))
    if isinstance(event, AppEvent):
        handle_app_event(web(), event)
    else:
        parts = web()
        portal = parts.book.authentic(event.auth)
        parts.writer.put(INBOX, portal, _inbox_row(event))
    return Response(status=200)


@bp.post("/robot")
def take_robot_call() -> Response:
    """A robot's call: an empty 200 when it is stored, once for its event token."""
    call = parse_robot(request.get_data(cache=False))
    portal = web().book.authentic(call.auth)
    web().writer.put(ROBOT_RUNS, portal, _robot_row(call))
    return Response(status=200)


def _inbox_row(event: CrmEvent) -> dict[str, Any]:
    return {
        "event": event.event,
        "entity_type_id": event.entity_type_id,
        "item_id": event.item_id,
        "body": event.body(),
    }


def _robot_row(call: RobotCall) -> dict[str, Any]:
    return {
        "token_hash": call.token_hash,
        "event_token": web().services.secret_box.seal(call.event_token),
        "code": call.code,
        "document": list(call.document),
        "properties": call.properties,
        "waits": call.waits,
    }
