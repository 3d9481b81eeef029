"""Whatever people do to deals, payments and records, the register comes to rest and its sums agree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handlers import create_debt_at_shipment, keep_company_receivables
from rules.debt_record import CLOSED
from tests.rules.small_portal import SmallPortal, at, rub

AMOUNTS = st.sampled_from(["0.01", "33.33", "100", "250.50", "1000"])
STAGES = st.sampled_from(["waiting", "overdue", "promised", "claim", "court", "paid", "written_off"])
PICK = st.integers(0, 50)


class Register(RuleBasedStateMachine):
    """A company, its deals, invoices and records, and time."""

    @initialize(follow=st.booleans(), apply=st.sampled_from(["snapshot", "apply_open"]))
    def start(self, follow: bool, apply: str) -> None:
        self.portal = SmallPortal(at("2026-04-06 10:00"))
        self.portal.settings = {"debt.follow_amount": follow, "debt.on_deferral_change": apply}
        self.portal.company()
        self.ids = 0

    def pick(self, entity: str, number: int) -> int:
        ids = sorted(self.portal.rows[entity])
        return ids[number % len(ids)]

    def has(self, entity: str) -> bool:
        return bool(self.portal.rows.get(entity))

    @rule(amount=AMOUNTS)
    def ship(self, amount: str) -> None:
        self.ids += 1
        self.portal.deal(500 + self.ids, amount)
        self.portal.move("deal", 500 + self.ids, "stage.active.shipped")

    @rule(amount=AMOUNTS)
    def type_a_return(self, amount: str) -> None:
        self.ids += 1
        deal = self.pick("deal", 0) if self.has("deal") else None
        self.portal.debt(900 + self.ids, f"-{amount}", deal_id=deal)

    @rule(amount=AMOUNTS)
    def pay_an_invoice(self, amount: str) -> None:
        self.ids += 1
        self.portal.add("invoice", self.ids, company_id=100, currency="RUB")
        self.portal.pay("invoice", self.ids, amount)

    @precondition(lambda self: self.has("deal"))
    @rule(number=PICK, amount=AMOUNTS)
    def pay_a_deal(self, number: int, amount: str) -> None:
        self.portal.pay("deal", self.pick("deal", number), amount)

    @precondition(lambda self: self.has("deal"))
    @rule(number=PICK)
    def take_a_payment_back(self, number: int) -> None:
        self.portal.pay("deal", self.pick("deal", number), 0)

    @precondition(lambda self: self.has("deal"))
    @rule(number=PICK, stage=st.sampled_from(["packing", "shipped", "paid", "cancelled"]))
    def move_a_deal(self, number: int, stage: str) -> None:
        self.portal.move("deal", self.pick("deal", number), f"stage.active.{stage}")

    @precondition(lambda self: self.has("deal"))
    @rule(number=PICK)
    def remove_a_deal(self, number: int) -> None:
        self.portal.remove("deal", self.pick("deal", number))

    @precondition(lambda self: self.has("debt"))
    @rule(number=PICK, stage=STAGES)
    def move_a_record(self, number: int, stage: str) -> None:
        self.portal.move("debt", self.pick("debt", number), f"stage.debt.{stage}")

    @precondition(lambda self: self.has("debt"))
    @rule(number=PICK, amount=AMOUNTS)
    def type_paid(self, number: int, amount: str) -> None:
        self.portal.edit("debt", self.pick("debt", number), paid=rub(amount))

    @precondition(lambda self: self.has("debt"))
    @rule(number=PICK, amount=AMOUNTS)
    def change_the_amount(self, number: int, amount: str) -> None:
        self.portal.edit("debt", self.pick("debt", number), amount=rub(amount))

    @rule(days=st.sampled_from([None, 0, 7, 14, 45]))
    def change_the_deferral(self, days: int | None) -> None:
        self.portal.edit("company", 100, deferral_days=days)

    @rule(hours=st.sampled_from([1, 24, 24 * 7]))
    def wait(self, hours: int) -> None:
        self.portal.now += timedelta(hours=hours)

    @invariant()
    def comes_to_rest(self) -> None:
        if not hasattr(self, "portal"):
            return
        self.portal.look(create_debt_at_shipment.HANDLER)
        self.portal.one_look(keep_company_receivables.HANDLER)
        assert not self.portal.one_look(keep_company_receivables.HANDLER), "one look must be enough"
        self.portal.look()
        self.check_rows()
        self.check_sums()

    def check_rows(self) -> None:
        for row in self.portal.rows.get("debt", {}).values():
            amount, paid, outstanding = ((row.get(name) or rub(0)).amount for name in ("amount", "paid", "outstanding"))
            assert outstanding == max(amount - paid, 0)
            if amount > 0:
                assert 0 <= paid <= amount
            if outstanding == 0 and row["stage"] not in CLOSED:
                raise AssertionError(f"paid but open: {row}")

    def check_sums(self) -> None:
        rows = self.portal.rows.get("debt", {}).values()
        company = self.portal.rows["company"][100]
        totals = {name: (company.get(name) or rub(0)).amount for name in ("debt_in_period", "debt_overdue", "advance")}
        owed = sum((row["outstanding"].amount for row in rows if row["stage"] not in CLOSED), Decimal(0))
        assert totals["debt_in_period"] + totals["debt_overdue"] == owed
        linked = {row["deal_id"] for row in rows if row.get("deal_id") in self.portal.rows.get("deal", {})}
        received = sum(
            (amount for (entity, id), amount in self.portal.paid.items() if entity == "invoice" or id in linked),
            Decimal(0),
        )
        credited = sum(((row.get("credited") or rub(0)).amount for row in rows), Decimal(0))
        assert credited + totals["advance"] == received


TestRegister = Register.TestCase
TestRegister.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
