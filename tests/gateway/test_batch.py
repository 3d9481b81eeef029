"""Batches: one outcome for each command, nothing written twice, nothing hidden."""

from __future__ import annotations

from typing import Any

import pytest

from b24app.errors import ItemGone, OutcomeUnknown, PortalBusy, PortalRefused, PortalUnavailable
from b24app.portal.gateway import Call, Done, Gateway, Lost, Refused
from tests.gateway.fakes import FakePortal, lost, not_sent, refusal, times

ADD = Call("thing.add", {"fields": {"title": "x"}}, write=True)
READ = Call("echo", {"n": 1})


def adds(count: int) -> list[Call]:
    return [ADD] * count


def test_any_number_of_commands_goes_in_requests_of_fifty(gateway: Gateway, portal: FakePortal) -> None:
    outcomes = gateway.batch(adds(120))
    assert [outcome.result for outcome in outcomes if isinstance(outcome, Done)] == list(range(1, 121))
    assert portal.requests == ["batch"] * 3
    assert (gateway.stats.requests, gateway.stats.commands, gateway.stats.writes) == (3, 120, 120)


def test_outcomes_keep_the_order_of_calls_even_when_requests_run_side_by_side(gateway: Gateway) -> None:
    outcomes = gateway.batch([Call("echo", {"n": number}) for number in range(333)])
    assert [int(outcome.result["n"]) for outcome in outcomes if isinstance(outcome, Done)] == list(range(333))


@pytest.mark.parametrize("code", ["QUERY_LIMIT_EXCEEDED", "query_limit_exceeded"])
def test_only_the_refused_command_is_sent_again(gateway: Gateway, portal: FakePortal, code: str) -> None:
    portal.command_errors["thing.add"] = [None, None, code]
    outcomes = gateway.batch(adds(10))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert len(portal.ids) == 10
    assert [len(body["cmd"]) for body in portal.bodies] == [10, 1]


def test_a_method_out_of_time_is_refused_with_the_moment_it_may_be_tried(gateway: Gateway, portal: FakePortal) -> None:
    error = {"error": "OPERATION_TIME_LIMIT", "time": {"finish": 1000, "operating_reset_at": 1400}}
    portal.command_errors["thing.add"] = [error]
    outcomes = gateway.batch([ADD, READ])
    assert isinstance(outcomes[0], Refused) and isinstance(outcomes[0].error, PortalBusy)
    assert outcomes[0].error.retry_after == 400
    assert isinstance(outcomes[1], Done)
    assert portal.ids == []


def test_a_lost_answer_leaves_writes_unknown_and_repeats_only_reads(gateway: Gateway, portal: FakePortal) -> None:
    portal.after = times(1, lost)
    outcomes = gateway.batch([ADD, READ, ADD])
    assert [type(outcome) for outcome in outcomes] == [Lost, Done, Lost]
    assert portal.commands == ["thing.add", "echo", "thing.add", "echo"]
    assert gateway.stats.unknown == 2


def test_a_batch_of_reads_is_repeated_after_a_lost_answer(gateway: Gateway, portal: FakePortal) -> None:
    portal.after = times(2, lost)
    assert all(isinstance(outcome, Done) for outcome in gateway.batch([READ] * 60))


def test_a_later_request_that_fails_does_not_hide_the_earlier_ones(gateway: Gateway, portal: FakePortal) -> None:
    portal.before = lambda method, params: refusal("PORTAL_DELETED", 500) if len(portal.requests) > 1 else None
    outcomes = gateway.batch(adds(70))
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 50
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 20


def test_a_request_refused_by_the_rate_limit_was_not_executed_and_is_repeated(
    gateway: Gateway, portal: FakePortal
) -> None:
    portal.before = times(2, lambda method, params: refusal("QUERY_LIMIT_EXCEEDED", 503))
    assert all(isinstance(outcome, Done) for outcome in gateway.batch(adds(3)))
    assert len(portal.ids) == 3
    assert gateway.stats.busy == 2


def test_a_request_that_never_left_is_repeated_even_when_it_writes(gateway: Gateway, portal: FakePortal) -> None:
    portal.before = times(2, not_sent)
    gateway.batch(adds(3))
    assert len(portal.ids) == 3


def test_a_command_the_answer_does_not_mention_is_lost_when_it_writes(gateway: Gateway, portal: FakePortal) -> None:
    portal.unmentioned = {"c0", "c1"}
    outcomes = gateway.batch([ADD, READ])
    assert isinstance(outcomes[0], Lost) and isinstance(outcomes[0].error, OutcomeUnknown)
    assert isinstance(outcomes[1], Done)


def test_a_portal_that_fails_inside_a_write_leaves_it_unknown(gateway: Gateway, portal: FakePortal) -> None:
    portal.command_errors["thing.add"] = ["INTERNAL_SERVER_ERROR"]
    assert isinstance(gateway.batch([ADD])[0], Lost)
    assert len(portal.requests) == 1


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"error": "", "error_description": "Field exists"}, PortalRefused, ""),
        ({"error": 100, "error_description": "no id"}, PortalRefused, "100"),
        ({"error": "ACCESS_DENIED"}, PortalRefused, "ACCESS_DENIED"),
        ({"error": "NOT_FOUND"}, ItemGone, None),
    ],
)
def test_a_refusal_keeps_the_portals_code(
    gateway: Gateway, portal: FakePortal, body: dict[str, Any], kind: type, code: str | None
) -> None:
    portal.command_errors["thing.add"] = [body]
    outcomes = gateway.batch(adds(2))
    assert isinstance(outcomes[0], Refused) and isinstance(outcomes[0].error, kind)
    if isinstance(outcomes[0].error, PortalRefused):
        assert outcomes[0].error.code == code
    assert isinstance(outcomes[1], Done)


def test_a_portal_that_stays_away_refuses_everything_once_patience_ends(gateway: Gateway, portal: FakePortal) -> None:
    portal.before = not_sent
    outcomes = gateway.batch([READ, ADD])
    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    assert all(isinstance(outcome.error, PortalUnavailable) for outcome in outcomes if isinstance(outcome, Refused))
    assert len(portal.requests) == 6
