"""Methods that answer with a file."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from sandbox.kernel.call import Attachment


def attachment(file: Attachment) -> web.Response:
    """An HTTP answer that is a file."""
    disposition = f"attachment; filename*=utf-8''{quote(file.name)}"
    return web.Response(body=file.content, content_type=file.type, headers={"Content-Disposition": disposition})
