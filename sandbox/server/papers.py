"""The files behind the addresses that documents and products print, as a browser opens them."""

from __future__ import annotations

import mimetypes

from aiohttp import web

from sandbox.kernel.call import Attachment
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.papers.faces import FACES
from sandbox.papers.tables import DOCUMENT
from sandbox.plain.files import content
from sandbox.server.downloads import attachment

_SHOW_PDF = "documentgenerator.api.document.showpdf"
_ITEM_FILE = "crm.controller.item.getFile"
ACTIONS = {_SHOW_PDF} | {
    action for face in FACES for action in (face.template_action, face.file_action, face.pdf_action, face.image_action)
}


class Papers:
    """Gives the files of one portal; whoever knows the address gets the file, as in the employee's view."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def routes(self) -> list[web.RouteDef]:
        """The addresses of documents, files of items and pictures."""
        return [
            web.get("/bitrix/services/main/ajax.php", self.by_action),
            web.get("/~{hash:[\\w-]{5}}", self.public),
            web.get("/upload/iblock/{id:[0-9a-f]+}/{name}", self.picture),
        ]

    async def by_action(self, http: web.Request) -> web.Response:
        """A document, its PDF or picture, a template; the file of an item's field."""
        action = http.query.get("action", "")
        if action == _ITEM_FILE:
            return self._kept(http.query.get("fileId", ""))
        if action not in ACTIONS:
            raise web.HTTPNotFound
        return self._made(action, http.query.get("id", ""))

    async def public(self, http: web.Request) -> web.Response:
        """A document opened for those without an account."""
        rows = DOCUMENT.where(self._portal, publicHash=http.match_info["hash"])
        if not rows:
            raise web.HTTPNotFound
        face = next(face for face in FACES if face.module == rows[0]["moduleId"])
        return self._made(face.pdf_action, str(rows[0]["id"]))

    async def picture(self, http: web.Request) -> web.Response:
        """A picture of a store or a product."""
        return self._kept(str(int(http.match_info["id"], 16)))

    def _made(self, action: str, number: str) -> web.Response:
        try:
            file = self._portal.call(action, {"id": number})
        except RestError:
            raise web.HTTPNotFound from None
        return attachment(file)

    def _kept(self, number: str) -> web.Response:
        found = content(self._portal.store, number)
        if found is None:
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(found[0])[0] or "application/octet-stream"
        return attachment(Attachment(found[0], found[1], kind))
