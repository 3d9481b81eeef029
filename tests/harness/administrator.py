"""An administrator of the portal: opens the app's pages and presses their buttons, over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests

from tests.harness.world import World


@dataclass
class Administrator:
    """One administrator (user 1 unless said otherwise) of a world's portal."""

    world: World
    user: int = 1

    @classmethod
    def promoted(cls, world: World, user: int) -> Administrator:
        """An employee who is made an administrator."""
        world.control("make_admin", {"user": user})
        return cls(world, user)

    @property
    def client_id(self) -> str:
        """The client id of the world's local application."""
        client_id: str = self.world.app.settings.client_id
        return client_id

    def frame(self) -> dict[str, Any]:
        """What the portal's frame would post when the app is opened: `url`, `query`, `fields`."""
        frame: dict[str, Any] = self.world.control("open", {"client_id": self.client_id, "as": self.user})
        return frame

    def open(self) -> requests.Response:
        """Opens the app; the page's answer."""
        return self.post(self.frame())

    @staticmethod
    def post(frame: dict[str, Any], **changed: str) -> requests.Response:
        """Posts a frame's form, some of its fields changed."""
        return requests.post(frame["url"], data=frame["fields"] | changed, timeout=60)

    def add_app(self, **options: Any) -> dict[str, Any]:
        """Adds the local application (again); its page is not opened yet."""
        settings = self.world.app.settings
        body = {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "handler_url": f"{settings.public_url}/app",
            "install_url": f"{settings.public_url}/install",
            "as": self.user,
        }
        added: dict[str, Any] = self.world.control("install", body | options)
        return added

    def install(self, presets: tuple[str, ...] = ("food_distribution",)) -> None:
        """Goes through the installation page from opening to the end, the workers included."""
        page = self.open()
        assert page.status_code == 200, page.text
        buttons = Buttons(self.world, page.text)
        assert buttons.press("start", presets=list(presets)).status_code == 202
        self.world.app.work_off()
        assert buttons.progress()["state"] == "done"
        assert buttons.press("finish").status_code == 200
        self.world.control("install_finish", {"client_id": self.client_id})
        self.world.reconnect()


class Buttons:
    """The buttons of an opened installation page."""

    def __init__(self, world: World, page: str) -> None:
        found = re.search(r'data-session="([^"]+)"', page)
        assert found, page
        self._headers = {"Authorization": f"Bearer {found[1]}"}
        self._base = f"{world.web_url}/install"

    def press(self, button: str, **body: Any) -> requests.Response:
        """Presses `plan`, `start` or `finish`."""
        return requests.post(f"{self._base}/{button}", json=body, headers=self._headers, timeout=60)

    def progress(self) -> dict[str, Any]:
        """What the page shows."""
        shown: dict[str, Any] = requests.get(f"{self._base}/progress", headers=self._headers, timeout=30).json()
        return shown
