"""Reading whole lists: complete, in order, in as few requests as they need."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24app.errors import PortalRefused, PortalUnavailable
from b24app.portal.budget import Unlimited
from b24app.portal.chains import Chain, Listing
from b24app.portal.credentials import FixedAccess
from b24app.portal.gateway import Gateway
from b24app.portal.line import Line
from b24app.portal.operating import Operating
from tests.gateway.fakes import ENDPOINT, FakePortal, lost, refusal, times

LISTING = Listing("thing.list", {"select": ["id"]})


def scan(gateway: Gateway) -> list[int]:
    return [row["id"] for row in gateway.scan("thing.list", {"select": ["id"]})]


def gateway_of(portal: FakePortal) -> Gateway:
    line = Line(
        FixedAccess(ENDPOINT), Unlimited(), Operating(None, "x"), transport=portal.transport(), sleep=lambda _: None
    )
    return Gateway(line)


def test_a_hundred_thousand_rows_take_at_most_forty_one_requests(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 100_001))
    read = 0
    for expected, row in enumerate(gateway.scan("thing.list", {}), start=1):
        assert row["id"] == expected
        read += 1
    assert read == 100_000
    assert len(portal.requests) in (40, 41)


@pytest.mark.parametrize("step", [3, 10, 1000])
def test_evenly_sparse_ids_cost_no_more(gateway: Gateway, portal: FakePortal, step: int) -> None:
    portal.ids = list(range(7, 7 + 25_000 * step, step))
    assert scan(gateway) == portal.ids
    assert len(portal.requests) <= 12


def test_randomly_sparse_and_clustered_ids_cost_little_more(gateway: Gateway, portal: FakePortal) -> None:
    chance = random.Random(5)
    portal.ids = sorted({*chance.sample(range(1, 200_000), 10_000), *range(500_000, 510_000)})
    assert scan(gateway) == portal.ids
    assert len(portal.requests) <= 20


def test_a_short_list_is_one_request_of_two_commands(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = [4, 9, 12]
    assert scan(gateway) == [4, 9, 12]
    assert (len(portal.requests), len(portal.commands)) == (1, 2)


def test_an_empty_list_is_empty(gateway: Gateway) -> None:
    assert scan(gateway) == []


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(1, 9000), max_size=400), st.integers(0, 3), st.integers(1, 40))
def test_whatever_the_ids_every_row_comes_once_and_in_order(ids: set[int], dense: int, factor: int) -> None:
    portal = FakePortal()
    portal.ids = sorted({number * factor for number in ids} | set(range(100, 100 + dense * 1500)))
    assert scan(gateway_of(portal)) == portal.ids


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_rows_deleted_meanwhile_take_no_other_rows_with_them(chance: random.Random) -> None:
    portal = FakePortal()
    portal.ids = list(range(1, 9001))
    doomed = set(chance.sample(portal.ids, 300))

    def delete_some() -> None:
        if doomed:
            portal.ids = [
                number for number in portal.ids if number not in {doomed.pop() for _ in range(min(20, len(doomed)))}
            ]

    portal.on_request = delete_some
    gone = frozenset(doomed)
    read = scan(gateway_of(portal))
    assert read == sorted(set(read))
    assert set(range(1, 9001)) - set(read) <= gone


def test_a_page_refused_by_the_limits_is_read_again(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 5001))
    portal.command_errors["thing.list"] = [None, None, None, "QUERY_LIMIT_EXCEEDED", None, None, "QUERY_LIMIT_EXCEEDED"]
    assert scan(gateway) == portal.ids


def test_every_first_page_refused_for_a_while_still_ends_complete(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 401))
    portal.command_errors["thing.list"] = [None, None, *["QUERY_LIMIT_EXCEEDED"] * 20]
    assert scan(gateway) == portal.ids


def test_a_list_that_is_refused_for_good_is_an_error_and_not_a_shorter_list(
    gateway: Gateway, portal: FakePortal
) -> None:
    portal.ids = list(range(1, 1001))
    portal.command_errors["thing.list"] = [None, None, None, None, "ACCESS_DENIED"]
    with pytest.raises(PortalRefused):
        scan(gateway)


def test_limits_that_never_end_are_an_error_too(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 1001))
    portal.command_errors["thing.list"] = [None, None, *["QUERY_LIMIT_EXCEEDED"] * 5000]
    with pytest.raises(PortalUnavailable):
        scan(gateway)


def test_lost_answers_and_refused_requests_are_repeated(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 3001))
    portal.after = times(1, lost)
    portal.before = times(1, lambda method, params: refusal("QUERY_LIMIT_EXCEEDED", 503))
    assert scan(gateway) == portal.ids


def test_a_list_out_of_order_is_an_error(gateway: Gateway, portal: FakePortal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.ids = list(range(1, 1001))
    genuine = FakePortal._list

    def shuffled(self: FakePortal, params: Any) -> dict[str, Any]:
        body = genuine(self, params)
        body["result"]["items"].sort(key=lambda row: row["id"] % 7)
        return body

    monkeypatch.setattr(FakePortal, "_list", shuffled)
    with pytest.raises(PortalRefused):
        scan(gateway)


def test_a_reader_that_stops_early_stops_the_reading(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 100_001))
    rows = gateway.scan("thing.list", {})
    assert next(rows)["id"] == 1
    rows.close()  # type: ignore[attr-defined]
    assert len(portal.requests) <= 5


def test_several_lists_are_packed_into_few_requests(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 4001))
    chains = [Chain(LISTING, after=start, upto=start + 50) for start in range(0, 4000, 50)]
    lists = gateway.read_chains(chains)
    assert [row["id"] for rows in lists for row in rows] == portal.ids
    assert len(portal.requests) == 2


def test_a_counted_list_asks_for_the_rest_at_once(gateway: Gateway, portal: FakePortal) -> None:
    portal.ids = list(range(1, 1001))
    rows = gateway.read_chains([Chain(LISTING, count=True)])[0]
    assert len(rows) == 1000
    assert len(portal.requests) == 2
