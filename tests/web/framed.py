"""A page that plays the portal: frames the application, posts to it as the portal does, and notes its commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask, render_template_string, request
from werkzeug.serving import WSGIRequestHandler, make_server

PORTAL_PAGE = """<!doctype html><html><head><link rel="icon" href="data:,"></head><body style="margin:0">
<form id="open" method="post" action="{{ action }}" target="{{ frame }}">
{% for name, value in form.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
</form>
<iframe name="{{ frame }}" id="app" style="width:100%;height:300px;border:0"></iframe>
<script>
const state = {INSTALL: {{ "true" if installing else "false" }}, FIRST_RUN: {{ "true" if installing else "false" }}};
window.commands = [];
window.addEventListener("message", (event) => {
  const parts = event.data.split(":");
  const command = parts[0], sid = parts[parts.length - 1], id = parts[parts.length - 2];
  const text = parts.slice(1, -2).join(":");
  window.commands.push({command, sid, params: text ? JSON.parse(text) : null});
  if (command === "resizeWindow") document.getElementById("app").style.height = JSON.parse(text).height + "px";
  const answers = {getInitData: state, openPath: {result: "close"}};
  event.source.postMessage(id + ":" + JSON.stringify(answers[command] ?? null), event.origin);
});
document.getElementById("open").submit();
</script></body></html>"""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """The test's output is the test's own."""


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """An application over real HTTP on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()


def portal_app(address: str, form: Mapping[str, str], *, installing: bool = True) -> Flask:
    """The portal's page around the application at `address`."""
    app = Flask("portal")

    @app.get("/")
    def show() -> str:
        frame = f"{request.host}|0|sid42"
        action = f"{address}?DOMAIN={request.host}&PROTOCOL=0&LANG=ru&APP_SID=sid42"
        return render_template_string(PORTAL_PAGE, frame=frame, action=action, form=form, installing=installing)

    return app
