"""Merging of cards: what survives, what conflicts, which events follow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Refused, Sandbox
from tests.sandbox_automation.conftest import App


def company(sandbox: Sandbox, **fields: Any) -> int:
    return int(sandbox.rest("crm.item.add", {"entityTypeId": 4, "fields": {"title": "C", **fields}})["item"]["id"])


def merge(sandbox: Sandbox, *ids: int, kind: int = 4) -> dict[str, Any]:
    params = {"params": {"entityTypeId": kind, "entityIds": list(ids)}}
    found: dict[str, Any] = sandbox.rest("crm.entity.mergeBatch", params)
    return found


def get(sandbox: Sandbox, number: int, kind: int = 4) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.rest("crm.item.get", {"entityTypeId": kind, "id": number})["item"]
    return found


def test_the_first_card_takes_over_what_it_does_not_have(sandbox: Sandbox) -> None:
    phone = [{"typeId": "PHONE", "valueType": "WORK", "value": "+79990000001"}]
    first, second, third = company(sandbox), company(sandbox, comments="known", fm=phone), company(sandbox)
    deal = sandbox.rest("crm.deal.add", {"fields": {"TITLE": "D", "COMPANY_ID": third}})
    assert merge(sandbox, first, second, third) == {"STATUS": "SUCCESS", "ENTITY_IDS": [second, third]}
    left = get(sandbox, first)
    assert left["comments"] == "known" and left["fm"][0]["value"] == "+79990000001"
    assert sandbox.rest("crm.deal.get", {"id": deal})["COMPANY_ID"] == str(first)
    with pytest.raises(Refused):
        get(sandbox, second)


def test_different_values_are_a_conflict_and_nothing_changes(sandbox: Sandbox) -> None:
    first, second = company(sandbox, comments="a"), company(sandbox, comments="b")
    assert merge(sandbox, first, second) == {"STATUS": "CONFLICT", "ENTITY_IDS": []}
    assert get(sandbox, second)["comments"] == "b"
    other = company(sandbox, title="Another")
    assert merge(sandbox, first, other)["STATUS"] == "CONFLICT"


def test_refusals(sandbox: Sandbox) -> None:
    number = company(sandbox)
    for params, text in (
        ({"entityIds": [1, 2]}, "The parameter entityTypeId is required."),
        ({"entityTypeId": 4, "entityIds": []}, "The parameter entityIds does not contains valid elements."),
        ({"entityTypeId": 4, "entityIds": [1]}, "The parameter entityIds must contains at least two elements."),
        ({"entityTypeId": 4, "entityIds": [number, 999_999]}, "Owner was not found"),
        ({"entityTypeId": 14, "entityIds": [1, 2]}, "Entity type ORDER is not supported"),
    ):
        with pytest.raises(Refused) as refused:
            sandbox.rest("crm.entity.mergeBatch", {"params": params})
        assert (refused.value.status, refused.value.code) == (400, 0)
        assert refused.value.body["error_description"] == text


def test_a_merge_looks_like_an_update_and_deletions(app: App) -> None:
    for event in ("ONCRMCOMPANYUPDATE", "ONCRMCOMPANYDELETE"):
        app.rest("event.bind", {"event": event, "handler": app.receiver.url("/event")})
    first, second = company(app.sandbox), company(app.sandbox)
    before = len(app.sandbox.control("events"))
    merge(app.sandbox, first, second)
    app.sandbox.control("delivery/flush", {})
    told = {(row["event"], int(row["data"]["FIELDS"]["ID"])) for row in app.sandbox.control("events")[before:]}
    assert told == {("ONCRMCOMPANYUPDATE", first), ("ONCRMCOMPANYDELETE", second)}


def test_a_manager_merges_also_what_conflicts(app: App) -> None:
    first, second = company(app.sandbox, comments="a"), company(app.sandbox, comments="b")
    body = {"entityTypeId": 4, "main": first, "others": [second], "order": "delete_first"}
    assert app.sandbox.control("merge", body) == {"main": first, "deleted": [second]}
    assert get(app.sandbox, first)["comments"] == "a"
