"""A page that plays the portal: frames the application, posts to it as the portal does, and notes its commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask, render_template_string
from werkzeug.serving import make_server

PORTAL_PAGE = """<!doctype html><html><body style="margin:0">
<form id="open" method="post" action="{{ action }}" target="{{ frame }}">
{% for name, value in form.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
</form>
<iframe name="{{ frame }}" id="app" style="width:100%;height:300px;border:0"></iframe>
<script>
const state = {INSTALL: true, FIRST_RUN: {{ "true" if first_run else "false" }}, LANG: "ru", IS_ADMIN: true};
window.commands = [];
window.addEventListener("message", (event) => {
  const parts = event.data.split(":");
  const command = parts[0], sid = parts[parts.length - 1], id = parts[parts.length - 2];
  const text = parts.slice(1, -2).join(":");
  window.commands.push({command, sid, origin: event.origin, params: text ? JSON.parse(text) : null});
  if (command === "resizeWindow") document.getElementById("app").style.height = JSON.parse(text).height + "px";
  const answers = {getInitData: state, openPath: {result: "close"}};
  event.source.postMessage(id + ":" + JSON.stringify(answers[command] ?? null), event.origin);
});
document.getElementById("open").submit();
</script></body></html>"""


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """The application over real HTTP on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()


def portal_app(address: str, form: Mapping[str, str], *, first_run: bool = True) -> Flask:
    """The portal's page around the application at `address`; its own port is learnt from the request."""
    app = Flask("portal")

    @app.get("/")
    def show() -> str:
        from flask import request

        frame = f"{request.host}|0|sid42"
        action = f"{address}?DOMAIN={request.host}&PROTOCOL=0&LANG=ru&APP_SID=sid42"
        return render_template_string(PORTAL_PAGE, frame=frame, action=action, form=form, first_run=first_run)

    return app
