"""Gunicorn's settings: `gunicorn -c b24app/web/gunicorn.conf.py b24app.wsgi:app`; numbers come from the environment."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.glogging import Logger

bind = os.environ.get("B24APP_BIND", "127.0.0.1:8400")
worker_class = "gthread"
# Requests mostly wait: for the commit they share with others, or for the portal.
workers = int(os.environ.get("B24APP_WEB_WORKERS", "2"))
threads = int(os.environ.get("B24APP_WEB_THREADS", "32"))
# A page may wait for the portal and its authorisation server.
timeout = 120
graceful_timeout = 20
keepalive = 30
# Tokens of the portal come in bodies, never in the request line; long lines are somebody's experiment.
limit_request_line = 4094
limit_request_fields = 60
forwarded_allow_ips = os.environ.get("B24APP_PROXIES", "127.0.0.1")
# The page's query holds a session id of the frame: the path is enough.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(b)s %(D)s'


class Keyless(Logger):
    """Leaves out the last part of a messenger's webhook address: it is a secret."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """What a line of the access log is made of."""
        told: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        path = str(told["U"])
        return {**told, "U": path.rpartition("/")[0] + "/***"} if path.startswith("/hooks/") else told


logger_class = Keyless
accesslog = "-" if os.environ.get("B24APP_ACCESS_LOG") else None
# Nobody speaks to it, and it would write into the home directory.
control_socket_disable = True
