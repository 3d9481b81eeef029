"""A Chromium for the tests of the view: where it is, and how it is started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

CHROMIUM = Path("/usr/bin/chromium")
SDK = Path(__file__).parent / "vendor" / "b24jssdk-2.2.0.umd.min.js"
marks = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists() and not os.environ.get("CI"), reason=f"{CHROMIUM} is missing"),
]


@contextmanager
def chromium() -> Iterator[Page]:
    """A page of a headless Chromium; scripts that applications ask for as `/b24jssdk.js` are the vendored SDK."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/b24jssdk.js", lambda route: route.fulfill(path=SDK, content_type="text/javascript"))
        yield page
        browser.close()


def application(page: Page, box: str = "[data-frame]") -> Frame:
    """The application's page in a frame, once its script runs."""
    frame = page.locator(f"{box} iframe").element_handle().content_frame()
    assert frame is not None
    # An invisible frame draws no pictures, so it is asked by the clock.
    frame.wait_for_function("window.ready", polling=30)
    return frame
