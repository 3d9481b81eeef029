"""The installation page: proves the portal, offers presets, shows the plan, follows provisioning, finishes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from b24app.errors import BadPayload, Forged, PresetError
from b24app.payloads import MAX_KEYS, AppEvent, parse_install
from b24app.store.models import PortalRow
from b24app.web.context import web
from b24app.web.lifecycle import Admitted, admit, handle_app_event
from b24app.web.render import begin_page, limit_questions, page, proved
from b24app.web.services import PlanLine, PresetCard, Progress
from b24app.web.sessions import PageSession
from rules.decision import Text

bp = Blueprint("install", __name__, url_prefix="/install")

_NO_NAMES = Text("Поле accepted: ожидается список имён из плана", "Field accepted: expected names of the plan")
_UNKNOWN_PRESETS = Text("Поле presets: выберите хотя бы один набор из списка", "Field presets: choose from the list")

_UNFINISHED = Text(
    "Установка ещё не завершена: выберите набор и дождитесь, пока всё будет создано",
    "The installation is not finished: choose a preset and wait until everything is created",
)


@bp.post("")
def open_page() -> Response | str:
    """The portal's installation path: a page for an administrator, a callback of an API-only app, an event."""
    install = parse_install(request.query_string, request.get_data())
    if isinstance(install, AppEvent):
        handle_app_event(web(), install)
        return Response(status=200)
    if install.page is not None:
        begin_page()
    limit_questions()
    admitted = admit(web(), install.auth, install.language)
    return installation_page(admitted) if install.page is not None else Response(status=200)


@bp.get("")
def open_without_portal() -> tuple[str, int]:
    """Someone typed the address into a browser."""
    begin_page()
    return page("outside.html"), 200


@bp.post("/plan")
def show_plan() -> Response:
    """What provisioning would create for the chosen presets."""
    session, presets = _asked()
    lines = web().services.plan(session.portal_id, presets)
    return jsonify({"lines": [_line(line, session.language) for line in lines]})


@bp.post("/start")
def start() -> tuple[Response, int]:
    """Starts provisioning; pressed twice it is one run."""
    session, presets = _asked()
    web().services.start_provision(session.portal_id, presets, _accepted())
    return _progress(web().services.progress(session.portal_id), session.language), 202


@bp.get("/progress")
def show_progress() -> Response:
    """How far provisioning is."""
    session = _session()
    return _progress(web().services.progress(session.portal_id), session.language)


@bp.post("/finish")
def finish() -> Response:
    """The page is about to tell the portal that the installation is finished."""
    session = _session()
    with web().services.database.session() as database:
        portal = database.get_one(PortalRow, session.portal_id)
    # Provisioning itself marks the portal: before it nothing of the app can work there.
    if portal.status != "installed":
        raise PresetError(_UNFINISHED)
    web().book.forget(portal.member_id)
    return jsonify({"status": portal.status})


def installation_page(admitted: Admitted) -> str:
    """The page an administrator chooses presets on."""
    proved(admitted.origin, admitted.portal_id)
    return page("install.html", setup=setup_of(admitted))


def setup_of(admitted: Admitted) -> dict[str, Any]:
    """What the choice of presets is drawn from: the page's session and the cards."""
    return {
        "session": web().sessions.sign(PageSession(admitted.portal_id, admitted.user_id, g.language)),
        "cards": [_card(card, admitted) for card in web().services.catalogue()],
        "installed": admitted.status == "installed",
    }


def _card(card: PresetCard, admitted: Admitted) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title.in_language(g.language),
        "description": card.description.in_language(g.language),
        "chosen": card.name in admitted.presets,
    }


def _session() -> PageSession:
    """The page's session; Forged when it is not ours, too old, or the application has left the portal."""
    session = web().sessions.read(request.headers.get("Authorization", ""))
    with web().services.database.session() as database:
        portal = database.get(PortalRow, session.portal_id)
        if portal is None or portal.status == "uninstalled":
            raise Forged("the application was removed from this portal")
    return session


def _asked() -> tuple[PageSession, list[str]]:
    """The page's session and the presets it names; BadPayload unless all are on offer."""
    session = _session()
    body = request.get_json(silent=True)
    names = body.get("presets") if isinstance(body, dict) else None
    offered = [card.name for card in web().services.catalogue()]
    if not isinstance(names, list) or not names or any(name not in offered for name in names):
        raise BadPayload(_UNKNOWN_PRESETS, field="presets")
    return session, [name for name in offered if name in names]


def _accepted() -> list[str]:
    """The lines that need consent and have it; BadPayload when they are no list of names."""
    body = request.get_json(silent=True)
    names = body.get("accepted", []) if isinstance(body, dict) else []
    if not isinstance(names, list) or len(names) > MAX_KEYS or not all(isinstance(name, str) for name in names):
        raise BadPayload(_NO_NAMES, field="accepted")
    return names


def _line(line: PlanLine, language: str) -> dict[str, str]:
    return {
        "action": line.action,
        "kind": line.kind,
        "title": line.title.in_language(language),
        "note": line.note.in_language(language) if line.note else "",
        "consent": line.consent,
    }


def _progress(progress: Progress, language: str) -> Response:
    return jsonify(
        {
            "state": progress.state,
            "done": progress.done,
            "total": progress.total,
            "text": progress.text.in_language(language),
        }
    )
