"""Real clients, unmodified, against the portal: fast-bitrix24 and the official Python SDK."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import pytest

from tests.harness.sandbox import Sandbox

ROWS = 120


@pytest.fixture
def deals(sandbox: Sandbox) -> list[int]:
    """Identifiers of three pages of deals."""
    objects = [
        {"method": "crm.item.add", "params": {"entityTypeId": 2, "fields": {"title": f"n{i}"}}} for i in range(ROWS)
    ]
    return [result["item"]["id"] for result in sandbox.control("fixture", {"objects": objects})["results"]]


def test_fast_bitrix24_reads_all_and_adds_in_batches(sandbox: Sandbox, deals: list[int]) -> None:
    fast = pytest.importorskip("fast_bitrix24")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = fast.Bitrix(f"{sandbox.url}/rest/1/secret/", verbose=False)
        rows = client.get_all("crm.item.list", {"entityTypeId": 2, "select": ["id", "title"]})
        assert sorted(row["id"] for row in rows) == deals
        fields = [{"entityTypeId": 2, "fields": {"title": "new"}} for _ in range(60)]
        assert len(client.call("crm.item.add", fields)) == 60
    assert sandbox.raw("crm.item.list", {"entityTypeId": 2}).json()["total"] == ROWS + 60


@pytest.fixture
def sdk(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The official SDK's client; it knows https only, so the property that builds the address is replaced."""
    pytest.importorskip("b24pysdk")
    from b24pysdk.client import Client
    from b24pysdk.credentials import BitrixWebhook

    caller = sys.modules["b24pysdk.api.callers.call_method"]
    monkeypatch.setattr(caller._MethodCaller, "_base_url", property(lambda self: f"http://{self._domain}/rest"))
    return Client(BitrixWebhook(domain=sandbox.url.removeprefix("http://"), webhook_token="1/secret"))


def test_official_sdk_walks_by_offset_and_by_id(sdk: Any, deals: list[int]) -> None:
    listing = sdk.crm.item.list
    by_offset = list(listing(entity_type_id=2, select=["id"]).as_list().result)
    by_id = list(listing(entity_type_id=2, select=["id"]).as_list_fast().result)
    assert sorted(int(row["id"]) for row in by_offset) == deals
    assert [int(row["id"]) for row in by_id] == deals
