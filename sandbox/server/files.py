"""The files behind the addresses that activities, comments and records of calls print."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

from aiohttp import web

from sandbox.kernel.portal import Portal
from sandbox.plain.files import content


class Files:
    """Gives the files of one portal; whoever knows the address gets the file, as in the employee's view."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def routes(self) -> list[web.RouteDef]:
        """The addresses of files."""
        return [
            web.get("/disk/{action:showFile|downloadFile}/{id:\\d+}/", self.by_path),
            web.get("/bitrix/tools/crm_show_file.php", self.by_query),
        ]

    async def by_path(self, http: web.Request) -> web.Response:
        """A file of a comment or of a call: `/disk/downloadFile/930/`."""
        return self._file(http.match_info["id"])

    async def by_query(self, http: web.Request) -> web.Response:
        """A file of an activity: `crm_show_file.php?fileId=930`."""
        return self._file(http.query.get("fileId", ""))

    def _file(self, number: str) -> web.Response:
        found = content(self._portal.store, number)
        if found is None:
            raise web.HTTPNotFound
        name, body = found
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        disposition = f"attachment; filename*=utf-8''{quote(name)}"
        return web.Response(body=body, content_type=kind, headers={"Content-Disposition": disposition})
