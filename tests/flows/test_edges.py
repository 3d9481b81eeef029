"""Less usual business situations, each delivered twice: the second time nothing may be written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.flows.conditions import Condition, dropped, quiet
from tests.flows.office import DEAL, INVOICE, Office, day
from tests.harness.world import World

pytestmark = pytest.mark.flow
COMPANY = 4


@pytest.fixture
def play(world: World) -> Condition:
    """A quiet portal on Monday morning; company 100 pays after seven days."""
    office = Office(world)
    office.put_fields("company", 100, deferral_days=7)
    world.at("2026-04-06T11:00:00")
    return Condition(world, office, quiet, replays=True)


def shipped(play: Condition, number: int = 501, amount: int = 120_000, **fields: Any) -> None:
    """A deal is shipped now."""
    play.office.put_deal(number, "stage.active.packing", amount=amount, **fields)
    play.office.ship(number)
    play.goes_on()


def sums(play: Condition, company: int = 100) -> tuple[Any, Any, Any]:
    """In period, overdue and advance of a company."""
    card = play.office.company(company)
    return tuple(card[name] or 0 for name in ("debt_in_period", "debt_overdue", "advance"))  # type: ignore[return-value]


def missed(play: Condition, silent: bool) -> None:
    """What happened is found at night when its events were lost; told afterwards, they change nothing."""
    if silent:
        play.world.settle()
        play.world.kit.engine.sweep("nightly")
    play.goes_on()


def set_limit(play: Condition, key: str, value: str) -> None:
    """A setting changed on the command line."""
    play.world.cli("settings", "set", key, value)
    play.world.reconnect()


def inbox(play: Condition) -> list[dict[str, Any]]:
    """Open entries of the error inbox."""
    entries: list[dict[str, Any]] = json.loads(play.world.cli("errors", "list", "--json"))
    return entries


def raw_debt(play: Condition, silently: bool, number: int | None = None, as_: int = 1, **values: Any) -> None:
    """A record as a script would add it: only these REST values, by logical names."""
    office = play.office
    fields = {office.code("debt", name): value for name, value in values.items() if name != "companyId"}
    fields["companyId"] = values.get("companyId", 100)
    params = {"entityTypeId": office.entity_type("debt"), "fields": fields}
    if silently:
        play.world.fixture(
            {"method": "crm.item.add", "as": as_, "params": params, **({"id": number} if number else {})}
        )
    else:
        play.world.act("crm.item.add", params, as_)


# ------------------------------------------------------------------------------------ records typed by hand


@pytest.mark.parametrize("silently", [True, False], ids=["fixture", "employee"])
@pytest.mark.parametrize("amount", ["120000|RUB", "120000", 120000, "120000.00|RUB", "120 000,00|RUB"])
def test_a_bare_record_is_filled_in(play: Condition, amount: Any, silently: bool) -> None:
    raw_debt(play, silently, shipment_date="2026-04-24", amount=amount)
    play.goes_on()
    debt = play.office.debt()
    assert (debt["deferral_days"], debt["due_date"], debt["stage"]) == (7, day("2026-05-04"), "stage.debt.waiting")
    assert (debt["paid"], debt["outstanding"]) == (0, 120_000)
    assert debt["assigned"] == 11
    assert debt["title"]
    assert sums(play) == (120_000, 0, 0)
    assert play.office.company(100)["type"] == "type.client"


def test_an_unreadable_amount_is_told_and_holds_nobody_up(play: Condition) -> None:
    raw_debt(play, False, shipment_date="2026-04-06", amount="много|RUB", companyId=101)
    raw_debt(play, False, shipment_date="2026-04-06", amount="50000|RUB")
    play.world.settle()
    play.goes_on()
    assert sums(play) == (50_000, 0, 0)
    assert inbox(play)


def test_a_record_without_company_waits_and_is_told(play: Condition) -> None:
    raw_debt(play, False, shipment_date="2026-04-06", amount="50000|RUB", companyId=0)
    play.goes_on()
    entries = inbox(play)
    assert len(entries) == 1, entries


def test_paid_typed_larger_than_the_amount_is_refused(play: Condition) -> None:
    shipped(play)
    play.office.edit("debt", play.office.debt()["id"], paid=Decimal(150_000))
    play.goes_on()
    debt = play.office.debt()
    assert (debt["paid"], debt["outstanding"], debt["stage"]) == (0, 120_000, "stage.debt.waiting")
    assert sums(play) == (120_000, 0, 0)


def test_paid_typed_by_hand_counts(play: Condition) -> None:
    shipped(play)
    number = play.office.debt()["id"]
    play.office.edit("debt", number, paid=Decimal("50000.50"))
    play.goes_on()
    assert play.office.debt()["outstanding"] == Decimal("69999.50")
    play.office.edit("debt", number, paid=Decimal(120_000))
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.paid"
    play.office.edit("debt", number, paid=Decimal(20_000))
    play.goes_on()
    debt = play.office.debt()
    assert (debt["stage"], debt["outstanding"]) == ("stage.debt.waiting", 100_000)
    assert sums(play) == (100_000, 0, 0)


def test_paid_typed_as_a_plain_number(play: Condition) -> None:
    shipped(play)
    play.office.update(
        play.office.entity_type("debt"), play.office.debt()["id"], {play.office.code("debt", "paid"): 20000}
    )
    play.goes_on()
    assert play.office.debt()["outstanding"] == 100_000
    assert inbox(play) == []


# ------------------------------------------------------------------------------------------------ due days


def test_a_due_day_on_a_holiday_moves_to_the_workday(play: Condition) -> None:
    play.world.at("2026-04-24T12:00:00")
    shipped(play)
    assert play.office.debt()["due_date"] == day("2026-05-04")
    play.world.at("2026-05-03T23:59:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.waiting"
    play.world.at("2026-05-04T00:01:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"
    assert play.office.tasks() == []
    play.world.at("2026-05-04T10:00:00")
    play.goes_on()
    assert len(play.office.tasks()) == 1


def test_a_due_day_that_stays_on_a_holiday(play: Condition) -> None:
    set_limit(play, "debt.weekend_due", "none")
    play.world.at("2026-04-24T12:00:00")
    shipped(play)
    assert play.office.debt()["due_date"] == day("2026-05-01")
    play.world.at("2026-05-01T00:05:00")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.overdue", (0, 120_000, 0))
    play.world.at("2026-05-01T12:00:00")
    play.goes_on()
    assert play.office.tasks() == []
    play.world.at("2026-05-04T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-05-04T18:00")


def test_overdue_on_the_day_after(play: Condition) -> None:
    set_limit(play, "debt.overdue_on", "day_after")
    shipped(play)
    play.world.at("2026-04-13T23:59:00")
    play.goes_on()
    assert (play.office.debt()["due_date"], play.office.debt()["stage"]) == (day("2026-04-13"), "stage.debt.waiting")
    play.world.at("2026-04-14T00:01:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"


def test_no_deferral_is_due_on_the_day_of_shipment(play: Condition) -> None:
    play.office.put_fields("company", 100, deferral_days=0)
    shipped(play)
    debt = play.office.debt()
    assert (debt["deferral_days"], debt["due_date"], debt["stage"]) == (0, day("2026-04-06"), "stage.debt.overdue")
    assert sums(play) == (0, 120_000, 0)


def test_an_empty_deferral_means_the_default_and_is_told_once(play: Condition) -> None:
    play.office.edit("company", 101, deferral_days="")
    shipped(play, companyId=101)
    debt = play.office.debt(101)
    assert (debt["deferral_days"], debt["due_date"]) == (14, day("2026-04-20"))
    assert len(play.office.notifications(10)) == 1


def test_a_changed_deferral_is_a_snapshot(play: Condition) -> None:
    shipped(play)
    play.office.edit("company", 100, deferral_days=21)
    play.goes_on()
    assert play.office.debt()["due_date"] == day("2026-04-13")


def test_a_changed_deferral_applies_to_open_records(play: Condition) -> None:
    set_limit(play, "debt.on_deferral_change", "apply_open")
    shipped(play)
    play.office.edit("company", 100, deferral_days=10)
    play.goes_on()
    assert (play.office.debt()["deferral_days"], play.office.debt()["due_date"]) == (10, day("2026-04-16"))
    play.world.at("2026-04-16T09:05:00")
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.overdue"
    play.office.edit("company", 100, deferral_days=8)
    play.goes_on()
    assert (play.office.debt()["stage"], play.office.debt()["due_date"]) == ("stage.debt.overdue", day("2026-04-16"))
    play.office.edit("company", 100, deferral_days=21)
    play.goes_on()
    debt = play.office.debt()
    assert (debt["stage"], debt["due_date"]) == ("stage.debt.waiting", day("2026-04-27"))
    assert sums(play) == (120_000, 0, 0)
    [task] = play.office.tasks()
    assert task["status"] == "5"


def test_the_amount_of_the_deal_is_followed_when_asked(play: Condition) -> None:
    shipped(play)
    play.office.update(DEAL, 501, {"opportunity": 90_000})
    play.goes_on()
    assert play.office.debt()["amount"] == 120_000
    set_limit(play, "debt.follow_amount", "true")
    play.office.update(DEAL, 501, {"opportunity": 80_000})
    play.goes_on()
    assert (play.office.debt()["amount"], play.office.debt()["outstanding"]) == (80_000, 80_000)
    assert sums(play) == (80_000, 0, 0)
    play.office.pay(DEAL, 501, 10_000)
    play.goes_on()
    play.office.update(DEAL, 501, {"opportunity": 70_000})
    play.goes_on()
    assert (play.office.debt()["amount"], play.office.debt()["outstanding"]) == (80_000, 70_000)


def test_an_old_record_entered_now_is_overdue_at_once(play: Condition) -> None:
    play.world.at("2026-04-20T20:00:00")
    raw_debt(play, True, shipment_date="2026-03-20", amount="60000|RUB")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.overdue", (0, 60_000, 0))
    play.world.at("2026-04-21T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-21T18:00")
    assert int(task["responsibleId"]) == 11


# -------------------------------------------------------------------------------------------------- money


def test_an_overpayment_taken_back(play: Condition) -> None:
    shipped(play, amount=80_000)
    payment = play.office.pay(DEAL, 501, 100_000)
    play.goes_on()
    assert sums(play) == (0, 0, 20_000)
    shipped(play, 502, amount=50_000)
    assert sums(play) == (30_000, 0, 0)
    play.world.act("crm.item.payment.unpay", {"id": payment}, 11)
    play.goes_on()
    first, second = play.office.debts()
    assert (first["outstanding"], first["stage"]) == (80_000, "stage.debt.waiting")
    assert (second["outstanding"], second["stage"]) == (50_000, "stage.debt.waiting")
    assert sums(play) == (130_000, 0, 0)


@pytest.mark.parametrize("undone", ["unpay", "delete"])
@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_a_payment_taken_back(play: Condition, undone: str, silent: bool) -> None:
    shipped(play)
    payment = play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert play.office.debt()["stage"] == "stage.debt.paid"
    if silent:
        dropped(play.world)
    play.world.act(f"crm.item.payment.{undone}", {"id": payment}, 11)
    missed(play, silent)
    assert (play.office.debt()["stage"], play.office.debt()["outstanding"]) == ("stage.debt.waiting", 120_000)
    assert sums(play) == (120_000, 0, 0)


def test_cents_are_not_lost(play: Condition) -> None:
    for number, amount in ((1, "100.10"), (2, "200.20"), (3, "0.03")):
        play.office.put_debt(number, amount=Decimal(amount), shipment_date=day("2026-04-06"))
    play.goes_on()
    assert sums(play)[0] == Decimal("300.33")
    play.office.pay(INVOICE, play.office.invoice(100, 300), 300.31)  # type: ignore[arg-type]
    play.goes_on()
    assert sums(play) == (Decimal("0.02"), 0, 0)
    assert sum(debt["paid"] for debt in play.office.debts()) == Decimal("300.31")


def test_a_debt_and_its_payment_in_euro(play: Condition) -> None:
    shipped(play, amount=100, currencyId="EUR")
    assert sums(play) == (9_000, 0, 0)
    play.office.pay(DEAL, 501, 40)
    play.goes_on()
    assert play.office.debt()["outstanding"] == 60
    assert sums(play) == (5_400, 0, 0)
    play.office.pay(DEAL, 501, 70)
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.paid", (0, 0, 900))


def test_two_debts_of_one_day_are_one_task(play: Condition) -> None:
    for number, amount in ((1, 30_000), (2, 45_000)):
        play.office.put_debt(number, amount=Decimal(amount), shipment_date=day("2026-04-06"))
    play.goes_on()
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert {debt["stage"] for debt in play.office.debts()} == {"stage.debt.overdue"}
    [task] = play.office.tasks()
    assert "75 000" in task["title"]
    kind = f"T{play.office.entity_type('debt'):x}"
    assert {f"{kind}_1", f"{kind}_2", "CO_100"} <= set(task["ufCrmTask"])


def test_paid_on_the_due_day_before_the_morning(play: Condition) -> None:
    shipped(play)
    play.world.at("2026-04-13T08:00:00")
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (play.office.debt()["stage"], play.office.tasks()) == ("stage.debt.paid", [])


def test_one_overdue_and_one_in_period(play: Condition) -> None:
    shipped(play, amount=10_000)
    play.world.at("2026-04-10T11:00:00")
    shipped(play, 502, amount=20_000)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (sums(play), play.office.company(100)["type"]) == ((20_000, 10_000, 0), "type.debtor")
    play.office.pay(DEAL, 501, 10_000)
    play.goes_on()
    assert (sums(play), play.office.company(100)["type"]) == ((20_000, 0, 0), "type.client")


# ----------------------------------------------------------------------- links that change, cards that vanish


def test_a_record_that_moves_to_another_company(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=14)
    shipped(play)
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], {"companyId": 101})
    play.goes_on()
    assert sums(play, 100) == (0, 0, 0)
    assert sums(play, 101) == (120_000, 0, 0)


def test_a_record_that_moves_without_an_event(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=14)
    shipped(play)
    dropped(play.world)
    play.world.at("2026-04-06T12:00:00")
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], {"companyId": 101})
    play.goes_on()
    assert (sums(play, 100), sums(play, 101)) == ((0, 0, 0), (120_000, 0, 0))


def test_a_deal_that_moves_to_another_company(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=14)
    shipped(play)
    play.office.update(DEAL, 501, {"companyId": 101})
    play.goes_on()
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert [debt["stage"] for debt in play.office.debts()] == ["stage.debt.paid"]
    assert (sums(play, 100), sums(play, 101)) == ((0, 0, 0), (0, 0, 0))
    assert play.office.company(101)["type"] == "type.client"


@pytest.mark.parametrize("silent", [False, True], ids=["told", "no events"])
def test_a_deleted_record_leaves_the_totals(play: Condition, silent: bool) -> None:
    shipped(play)
    raw_debt(play, False, shipment_date="2026-04-06", amount="5000|RUB")
    play.goes_on()
    assert sums(play) == (125_000, 0, 0)
    if silent:
        dropped(play.world)
    extra = max(debt["id"] for debt in play.office.debts())
    play.world.act("crm.item.delete", {"entityTypeId": play.office.entity_type("debt"), "id": extra}, 11)
    missed(play, silent)
    assert sums(play) == (120_000, 0, 0)


def test_a_deleted_deal_leaves_its_record(play: Condition) -> None:
    shipped(play)
    play.world.act("crm.item.delete", {"entityTypeId": DEAL, "id": 501}, 11)
    play.goes_on()
    debt = play.office.debt()
    assert (debt["deal_removed"], debt["outstanding"], debt["deal"] or None) == ("Y", 120_000, None)
    assert sums(play) == (120_000, 0, 0)
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10


def test_a_deleted_company_is_told(play: Condition) -> None:
    shipped(play)
    play.world.act("crm.item.delete", {"entityTypeId": COMPANY, "id": 100}, 1)
    play.goes_on()
    assert len(inbox(play)) == 1, inbox(play)
    play.world.at("2026-04-13T10:00:00")
    play.goes_on()
    assert play.office.tasks() == []


@pytest.mark.parametrize("order", ["update_first", "delete_first"])
def test_merged_companies_add_up(play: Condition, order: str) -> None:
    shipped(play, amount=10_000)
    shipped(play, 502, amount=5_000, companyId=101)
    play.world.control("merge", {"entityTypeId": COMPANY, "main": 100, "others": [101], "order": order})
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    assert sums(play) == (15_000, 0, 0)
    assert len(play.office.debts()) == 2


# --------------------------------------------------------------------------------------- who answers for it


def test_a_dismissed_responsible_is_substituted(play: Condition) -> None:
    play.office.put_fields("company", 102, deferral_days=10)
    shipped(play, companyId=102)
    assert play.office.debt(102)["assigned"] == 10
    play.world.at("2026-04-16T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10


def test_a_responsible_dismissed_after_the_shipment(play: Condition) -> None:
    play.office.put_fields("company", 101, deferral_days=7)
    shipped(play, companyId=101)
    play.world.control("dismiss", {"user": 12})
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    [task] = play.office.tasks()
    assert int(task["responsibleId"]) == 10


# --------------------------------------------------------------------------------------------------- types


@pytest.mark.parametrize("created", ["2026-02-01T00:10:00+03:00", "2026-02-01T23:50:00+03:00"])
def test_sixty_days_are_counted_in_the_portals_days(play: Condition, created: str) -> None:
    play.office.put_deal(501, "stage.active.paid", createdTime=created)
    play.world.at("2026-04-02T23:59:00")
    play.world.kit.engine.sweep("nightly")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.client"
    play.world.at("2026-04-03T00:01:00")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.lost"


def test_a_failed_deal_is_no_purchase(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.cancelled")
    play.office.update(COMPANY, 100, {"comments": "x"})
    play.goes_on()
    assert play.office.company(100)["type"] == "type.prospect"


def test_a_lost_company_that_owes_is_a_debtor(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.paid", createdTime="2026-01-10T12:00:00+03:00")
    raw_debt(play, False, shipment_date="2026-01-10", amount="5000|RUB")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.debtor"
    play.office.edit("debt", play.office.debt()["id"], paid=Decimal(5000))
    play.goes_on()
    assert play.office.company(100)["type"] == "type.lost"


@pytest.mark.parametrize("fields", [{"typeId": "PARTNER"}, {"isMyCompany": "Y"}])
def test_a_company_that_is_not_ours_to_type(play: Condition, fields: dict[str, Any]) -> None:
    fields = {"title": "Чужая", "assignedById": 11, **fields}
    play.world.fixture(
        {"method": "crm.item.add", "as": 1, "params": {"entityTypeId": COMPANY, "fields": fields}, "id": 120}
    )
    before = play.world.last_call()
    play.office.put_deal(501, "stage.active.new", company=120)
    play.goes_on()
    play.world.kit.engine.sweep("nightly")
    assert [c for c in play.world.writes_since(before) if str(c["params"].get("id")) == "120"] == []


def test_a_locked_type_stays(play: Condition) -> None:
    play.office.put_fields("company", 100, type_locked=True)
    play.office.add_deal("stage.active.new")
    play.goes_on()
    assert play.office.company(100)["type"] != "type.client"


# ------------------------------------------------------------------------------------------ quiet and thrifty


def test_sweeps_and_settles_of_a_settled_portal_write_nothing(play: Condition) -> None:
    shipped(play)
    play.office.pay(DEAL, 501, 20_000)
    play.goes_on()
    before = play.world.last_call()
    for _ in range(2):
        play.world.kit.engine.sweep("nightly")
        play.world.settle()
    assert play.world.writes_since(before) == []


def test_a_quiet_settle_costs_little(play: Condition) -> None:
    shipped(play)
    play.goes_on()
    report = play.world.settle()
    assert (report.commands, report.left) == (0, 0)
    assert report.calls <= 3, report


def test_a_company_with_zeros_or_nothing_is_not_written(play: Condition) -> None:
    play.world.settle()
    zeros = {play.office.code("company", name): "0|RUB" for name in ("debt_in_period", "debt_overdue", "advance")}
    params = {"entityTypeId": COMPANY, "id": 101, "fields": zeros}
    play.world.fixture({"method": "crm.item.update", "as": 1, "params": params})
    play.world.kit.engine.sweep("nightly")
    before = play.world.last_call()
    play.office.update(COMPANY, 101, {"comments": "x"})
    play.office.update(COMPANY, 102, {"comments": "x"})
    play.goes_on()
    assert play.world.writes_since(before) == []


def test_shipped_by_the_old_method(play: Condition) -> None:
    play.office.put_deal(501, "stage.active.packing")
    stage = play.world.name("stage.active.shipped")["id"]
    play.world.act("crm.deal.update", {"id": 501, "fields": {"STAGE_ID": stage}}, 11)
    play.goes_on()
    assert play.office.debt()["outstanding"] == 120_000


def test_shipped_and_cancelled(play: Condition) -> None:
    shipped(play)
    play.office.move_deal(501, "stage.active.cancelled")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.written_off", (0, 0, 0))


def test_a_deal_without_amount_or_company_is_told(play: Condition) -> None:
    shipped(play, amount=0)
    entries = inbox(play)
    assert len(entries) == 1 and "Заказ 501" in json.dumps(entries, ensure_ascii=False), entries
    play.office.update(DEAL, 501, {"opportunity": 3_000})
    play.goes_on()
    assert play.office.debt()["amount"] == 3_000
    assert inbox(play) == []


def test_money_left_by_a_deleted_record_is_an_advance(play: Condition) -> None:
    shipped(play, amount=80_000)
    play.office.pay(INVOICE, play.office.invoice(100, 100_000), 100_000)
    play.goes_on()
    assert sums(play) == (0, 0, 20_000)
    params = {"entityTypeId": play.office.entity_type("debt"), "id": play.office.debt()["id"]}
    play.world.act("crm.item.delete", params, 11)
    play.goes_on()
    assert (play.office.debts(), sums(play)) == ([], (0, 0, 100_000))


def test_a_paid_record_of_a_claim_is_closed(play: Condition) -> None:
    shipped(play)
    stage = {"stageId": play.world.name("stage.debt.claim")["id"]}
    play.office.update(play.office.entity_type("debt"), play.office.debt()["id"], stage)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert (play.office.debt()["stage"], sums(play)) == ("stage.debt.claim", (0, 120_000, 0))
    assert play.office.tasks() == []
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    assert (play.office.debt()["stage"], play.office.company(100)["type"]) == ("stage.debt.paid", "type.client")


def test_goods_that_came_back(play: Condition) -> None:
    shipped(play)
    raw_debt(play, False, shipment_date="2026-04-06", amount="-20000|RUB")
    play.goes_on()
    assert sums(play) == (100_000, 0, 0)


def test_days_of_downtime_are_caught_up_once(play: Condition) -> None:
    shipped(play)
    play.world.at("2026-04-15T12:00:00")
    play.goes_on()
    for hour in range(13, 18):
        play.world.at(f"2026-04-15T{hour}:00:00")
        play.goes_on()
    [task] = play.office.tasks()
    assert task["deadline"].startswith("2026-04-15T18:00")
