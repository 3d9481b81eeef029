"""The address that tells whether this process can do its work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from b24app.web.context import web

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> tuple[Response, int]:
    """Failed (503) without the database; degraded without the queue: events are still kept."""
    checks = [
        {"name": "database", "status": "ok" if _database_answers() else "failed"},
        {"name": "queue", "status": "ok" if web().services.queue_alive() else "degraded"},
    ]
    found = {check["status"] for check in checks}
    status = next((word for word in ("failed", "degraded") if word in found), "ok")
    return jsonify({"status": status, "checks": checks}), 503 if status == "failed" else 200


def _database_answers() -> bool:
    try:
        # Past the session: on SQLite each of our transactions takes the writer's lock, a check must not wait for it.
        connection = web().services.database.engine.raw_connection()
        try:
            connection.cursor().execute("SELECT 1")
        finally:
            connection.close()
    except (SQLAlchemyError, web().services.database.engine.dialect.loaded_dbapi.Error):
        return False
    return True
