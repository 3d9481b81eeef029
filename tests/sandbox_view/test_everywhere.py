"""Every page that links lead to answers, for an administrator and for one who may see little."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_view.conftest import DEAL, PETROV, Office, Visitor

MOST = 130
_LINK = re.compile(r'<a [^>]*href="(/[^"#]*)"')
_SAME = re.compile(r"\d{3,}")


def crawled(visitor: Visitor, start: str) -> dict[str, int]:
    """The pages reached from one page by links, with their statuses; of pages alike the first two are looked at."""
    found: dict[str, int] = {}
    alike: dict[str, int] = {}
    waiting = [start]
    while waiting and len(found) < MOST:
        address = waiting.pop(0)
        shape = _SAME.sub("N", address)
        if address in found or alike.get(shape, 0) >= 2:
            continue
        alike[shape] = alike.get(shape, 0) + 1
        answer = visitor.http.get(visitor.sandbox.url + address, timeout=30)
        found[address] = answer.status_code
        waiting += [unescape(link) for link in _LINK.findall(answer.text)]
    return found


@pytest.mark.parametrize("who", [1, PETROV])
def test_no_page_breaks(visitor: Visitor, sandbox: Sandbox, office: Office, who: int) -> None:
    if who == PETROV:
        for kind, mode in ((DEAL, "own"), (4, "none"), (1, "none")):
            params = {"user": PETROV, "entityTypeId": kind, "mode": mode}
            sandbox.control("act", {"as": 1, "method": "sandbox.crm.access", "params": params})
    visitor.become(who)
    pages = crawled(visitor, "/")
    broken = {address: status for address, status in pages.items() if status >= 500}
    assert not broken
    refused = {address for address, status in pages.items() if status >= 400}
    assert len(pages) > 60 and (who == PETROV or not refused), refused
