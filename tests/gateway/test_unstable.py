"""Lists without a stable order: everything once, sorted, or an error; and always over our own line."""

from __future__ import annotations

import asyncio

import pytest

from b24app.errors import PortalRefused, PortalUnavailable
from b24app.portal.gateway import Gateway
from tests.gateway.fakes import FakePortal, refusal, times


def people(count: int) -> list[dict[str, str]]:
    return [{"ID": str(number), "NAME": "Иван"} for number in range(count, 0, -1)]


def test_all_pages_are_read_and_sorted(gateway: Gateway, portal: FakePortal) -> None:
    portal.users = people(333)
    rows = gateway.list_all("user.get", {"FILTER": {"ACTIVE": True}})
    assert [row["ID"] for row in rows] == [str(number) for number in range(1, 334)]
    assert portal.requests == ["user.get", "batch"]
    assert "order" not in str(portal.bodies)


def test_rows_that_are_equal_but_for_their_id_stay_apart(gateway: Gateway, portal: FakePortal) -> None:
    portal.users = people(120)
    assert len(gateway.list_all("user.get")) == 120


def test_pages_that_shift_while_they_are_read_are_read_again(gateway: Gateway, portal: FakePortal) -> None:
    portal.users = people(300)

    def somebody_leaves() -> None:
        if len(portal.requests) == 2:
            portal.users.pop(0)

    portal.on_request = somebody_leaves
    rows = gateway.list_all("user.get")
    assert [row["ID"] for row in rows] == [str(number) for number in range(1, 300)]


def test_a_list_that_never_stands_still_is_an_error(gateway: Gateway, portal: FakePortal) -> None:
    portal.users = people(300)
    portal.on_request = lambda: portal.users.pop(0) and None
    with pytest.raises(PortalUnavailable):
        gateway.list_all("user.get")


def test_refused_commands_and_requests_are_sent_again(gateway: Gateway, portal: FakePortal) -> None:
    portal.users = people(300)
    portal.command_errors["user.get"] = [None, "QUERY_LIMIT_EXCEEDED"]
    portal.before = times(1, lambda method, params: refusal("QUERY_LIMIT_EXCEEDED", 503))
    assert len(gateway.list_all("user.get")) == 300


@pytest.mark.parametrize("where", ["single", "batch"])
def test_a_refusal_is_our_error_and_not_an_empty_list(gateway: Gateway, portal: FakePortal, where: str) -> None:
    portal.users = people(300)
    if where == "single":
        portal.before = lambda method, params: refusal("ACCESS_DENIED", 200)
    else:
        portal.command_errors["user.get"] = ["ACCESS_DENIED"]
    with pytest.raises(PortalRefused) as caught:
        gateway.list_all("user.get")
    assert caught.value.code == "ACCESS_DENIED"


def test_it_works_inside_a_running_loop(gateway: Gateway, portal: FakePortal) -> None:
    portal.users = people(60)

    async def ask() -> int:
        return len(gateway.list_all("user.get"))

    assert asyncio.run(ask()) == 60
