"""Records that are uploaded in a request of their own (telephony-external-call-attach-record.md)."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS phone_uploads (token TEXT PRIMARY KEY, callId TEXT NOT NULL, name TEXT NOT NULL,"
    " user INTEGER NOT NULL)"
)

FIELD = "file"


def offer(call: Call, call_id: str, name: str) -> dict[str, Any]:
    """Where the content of a record may be uploaded, and under what name of the form's field."""
    token = secrets.token_hex(24)
    row = {"token": token, "callId": call_id, "name": name, "user": call.user}
    call.portal.store.insert("phone_uploads", row)
    address = f"http://{call.portal.domain}/rest/upload.json?token=telephony%7C{token}"
    return {"uploadUrl": address, "fieldName": FIELD}
