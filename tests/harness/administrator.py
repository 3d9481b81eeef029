"""An administrator of the portal: opens the app's pages and presses their buttons, over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from tests.harness.world import World


class Portal(Protocol):
    """A portal's control side (a `World` or a `Sandbox` of its own)."""

    def control(self, path: str, body: Any = None, /) -> Any:
        """A call of the control side."""


@dataclass
class Administrator:
    """One administrator (user 1 unless said otherwise) of a world's portal, or of another one."""

    world: World
    user: int = 1
    portal: Portal | None = None
    client_id: str = ""
    client_secret: str = ""

    def __post_init__(self) -> None:
        self.portal = self.portal or self.world
        self.client_id = self.client_id or self.world.app.settings.client_id
        self.client_secret = self.client_secret or self.world.app.settings.client_secret

    @classmethod
    def promoted(cls, world: World, user: int) -> Administrator:
        """An employee who is made an administrator."""
        world.control("make_admin", {"user": user})
        return cls(world, user)

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """A call of the portal's control side about the app."""
        assert self.portal is not None
        return self.portal.control(path, {"client_id": self.client_id, **(body or {})})

    def frame(self) -> dict[str, Any]:
        """What the portal's frame would post when the app is opened: `url`, `query`, `fields`."""
        frame: dict[str, Any] = self.control("open", {"as": self.user})
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
        body = {
            "client_secret": self.client_secret,
            "handler_url": f"{self.world.web_url}/app",
            "install_url": f"{self.world.web_url}/install",
            "as": self.user,
        }
        added: dict[str, Any] = self.control("install", body | options)
        return added

    def remove_app(self, *, clean: bool) -> None:
        """Removes the application; returns when the app has been told and has asked whether it is true."""
        self.control("uninstall", {"clean": int(clean)})
        self.control("delivery/flush")
        self.world.app.work_off()

    def install(self, presets: tuple[str, ...] = ("food_distribution",)) -> None:
        """Goes through the installation page from opening to the end, the workers included."""
        page = self.open()
        assert page.status_code == 200, page.text
        buttons = Buttons(self.world, page.text)
        assert buttons.press("start", presets=list(presets)).status_code == 202
        self.world.app.work_off()
        assert buttons.progress()["state"] == "done"
        assert buttons.press("finish").status_code == 200
        self.control("install_finish")
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
