"""Payments from files of banks over the command line; each file is given twice, the second time adds nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from b24app.store.models import BankPaymentRow, KnownRow
from tests.flows.conditions import Condition
from tests.flows.edges import inbox, shipped, sums
from tests.flows.office import DEAL, INVOICE
from tests.rules.bank_files import OURS, document, sheet, windows

pytestmark = pytest.mark.flow

EURO = {"ПлательщикСчет": "40702978500000001234", "ПолучательСчет": "40702978900000005555"}


class Bank:
    """The accountant at the command line."""

    def __init__(self, play: Condition, folder: Path) -> None:
        self.play = play
        self.folder = folder

    def shows(self, content: bytes, name: str = "kl_to_1c.txt", *options: str) -> dict[str, Any]:
        (self.folder / name).write_bytes(content)
        told = self.play.world.cli("payments", "import", str(self.folder / name), "--json", *options)
        answer: dict[str, Any] = json.loads(told)
        return answer

    def gives(self, content: bytes, name: str = "kl_to_1c.txt") -> dict[str, Any]:
        """The file is applied, the product catches up; given once more it changes nothing."""
        first = self.shows(content, name, "--apply")
        self.play.goes_on()
        before = self.play.world.last_call()
        again = self.shows(content, name, "--apply")
        assert "new" not in again["counts"], again
        self.play.world.settle()
        assert self.play.world.writes_since(before) == []
        return first

    def stored(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.play.world.cli("payments", "list", "--json"))
        return rows

    def says(self, *words: str) -> None:
        self.play.world.cli("payments", *words)
        self.play.goes_on()


@pytest.fixture
def bank(play: Condition, tmp_path: Path) -> Bank:
    return Bank(play, tmp_path)


def state(play: Condition) -> list[tuple[Any, ...]]:
    return [(debt["outstanding"], debt["stage"].removeprefix("stage.debt.")) for debt in play.office.debts()]


def test_a_preview_tells_everything_and_writes_nothing(play: Condition, bank: Bank) -> None:
    shipped(play)
    before = play.world.last_call()
    told = bank.shows(windows(document(amount="150000.00"), document(16, **{"ПлательщикСчет": OURS})))
    assert play.world.writes_since(before) == [] and bank.stored() == []
    [line] = told["documents"]
    assert (line["company"], line["company_title"], line["state"]) == (100, "Ромашка", "new")
    assert [(one["record"], Decimal(one["amount"])) for one in line["laid"]] == [(play.office.debt()["id"], 120_000)]
    assert Decimal(line["advance"]) == 30_000
    assert told["outgoing"] == 1 and not told["applied"]
    words = play.world.cli("payments", "import", str(bank.folder / "kl_to_1c.txt"))
    assert "аванс: 30 000" in words and "предпросмотр" in words


def test_a_payment_pays_the_debt(play: Condition, bank: Bank) -> None:
    shipped(play)
    play.world.at("2026-04-13T09:05:00")
    play.goes_on()
    assert play.office.company(100)["type"] == "type.debtor"
    told = bank.gives(windows(document()))
    assert told["applied"] and told["counts"] == {"new": 1}
    assert state(play) == [(0, "paid")] and sums(play) == (0, 0, 0)
    assert play.office.company(100)["type"] == "type.client"
    [task] = play.office.tasks()
    assert task["status"] == "5"


def test_partial_then_over(play: Condition, bank: Bank) -> None:
    shipped(play, amount=80_000)
    bank.gives(windows(document(1, 50_000)))
    assert state(play) == [(30_000, "waiting")] and sums(play) == (30_000, 0, 0)
    # The next day's file overlaps the first one.
    told = bank.gives(windows(document(1, 50_000), document(2, 50_000, "08.04.2026")))
    assert told["counts"] == {"known": 1, "new": 1}
    assert state(play) == [(0, "paid")] and sums(play) == (0, 0, 20_000)
    shipped(play, 502, amount=50_000)
    assert sums(play) == (30_000, 0, 0)


def test_the_oldest_first_unless_the_purpose_names_one(play: Condition, bank: Bank) -> None:
    for number, amount in ((501, 30_000), (502, 50_000), (503, 20_000)):
        shipped(play, number, amount=amount)
    told = bank.gives(
        windows(
            document(1, 50_000, **{"НазначениеПлатежа": "Оплата по заказу № 502 от 06.04.2026"}),
            document(2, 35_000),
        )
    )
    assert told["documents"][0]["deals"] == [502] and told["documents"][1]["deals"] == []
    assert state(play) == [(0, "paid"), (0, "paid"), (15_000, "waiting")]


def test_an_invoice_named_in_the_purpose(play: Condition, bank: Bank) -> None:
    shipped(play, amount=30_000)
    shipped(play, 502, amount=30_000)
    fields = {"title": "Счёт", "companyId": 100, "opportunity": 30_000, "currencyId": "RUB", "parentId2": 502}
    added = play.world.act("crm.item.add", {"entityTypeId": INVOICE, "fields": fields}, 11)
    invoice = play.world.rest("crm.item.get", {"entityTypeId": INVOICE, "id": play.office._id(added)})["item"]
    purpose = f"Оплата по счету N {invoice['accountNumber']} от 06.04.2026, в т.ч. НДС 10% 2727-27"
    bank.gives(windows(document(1, 30_000, **{"НазначениеПлатежа": purpose})))
    assert state(play) == [(30_000, "waiting"), (0, "paid")]


def test_two_currencies(play: Condition, bank: Bank) -> None:
    shipped(play, amount=10_000)
    shipped(play, 502, amount=100, currencyId="EUR")
    assert sums(play) == (19_000, 0, 0)
    told = bank.gives(windows(document(1, 4_000), document(1, "40.00", **EURO)))
    assert [line["currency"] for line in told["documents"]] == ["RUB", "EUR"]
    assert [debt["outstanding"] for debt in play.office.debts()] == [6_000, 60]
    assert sums(play) == (6_000 + 60 * 90, 0, 0)


def test_an_unknown_payer_is_told_and_can_be_assigned(play: Condition, bank: Bank) -> None:
    shipped(play)
    stranger = {"ПлательщикИНН": "500100732259", "ПлательщикСчет": "40802810100000007777", "Плательщик1": "ИП Сидоров"}
    told = bank.gives(windows(document(**stranger)))
    assert told["counts"] == {"unknown": 1} and sums(play) == (120_000, 0, 0)
    [trouble] = inbox(play)
    assert "500100732259" in trouble["ru"] and "ИП Сидоров" in trouble["ru"]
    [row] = bank.stored()
    play.world.cli("errors", "retry", str(trouble["id"]), check=False)
    assert len(inbox(play)) == 1
    bank.says("assign", str(row["id"]), "100")
    assert state(play) == [(0, "paid")] and inbox(play) == []
    [again] = bank.shows(windows(document(**stranger)))["documents"]
    assert (again["state"], again["company"], again["company_title"]) == ("known", 100, "Ромашка")


def test_a_payer_becomes_known_later(play: Condition, bank: Bank) -> None:
    shipped(play, company=101)
    file = windows(document(**{"ПлательщикИНН": "7802345678"}))
    bank.gives(file)
    requisite = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 101, "PRESET_ID": 1, "NAME": "Лютик", "RQ_INN": "7802345678"}
    play.world.act("crm.requisite.add", {"fields": requisite}, 1)
    [trouble] = inbox(play)
    play.world.cli("errors", "retry", str(trouble["id"]))
    play.goes_on()
    assert inbox(play) == [] and sums(play, 101) == (0, 0, 0)


def test_of_two_companies_with_one_inn_the_account_decides(play: Condition, bank: Bank) -> None:
    shipped(play, company=101)
    requisite = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 101, "PRESET_ID": 1, "NAME": "Филиал", "RQ_INN": "7701234567"}
    added = play.world.act("crm.requisite.add", {"fields": requisite}, 1)
    told = bank.gives(windows(document()))
    assert told["counts"] == {"unknown": 1}
    assert "Ромашка (100), Лютик (101)" in inbox(play)[0]["ru"]
    detail = {"ENTITY_ID": play.office._id(added), "NAME": "р/с", "RQ_ACC_NUM": "40702810500000001234"}
    play.world.act("crm.requisite.bankdetail.add", {"fields": detail}, 1)
    assert bank.gives(windows(document()))["found_again"] == 1
    assert sums(play, 101) == (0, 0, 0)


def test_a_payment_taken_back_and_restored(play: Condition, bank: Bank) -> None:
    shipped(play)
    bank.gives(windows(document()))
    [row] = bank.stored()
    bank.says("undo", str(row["id"]))
    assert state(play) == [(120_000, "waiting")]
    assert bank.gives(windows(document()))["counts"] == {"undone": 1}
    assert state(play) == [(120_000, "waiting")]
    bank.says("restore", str(row["id"]))
    assert state(play) == [(0, "paid")]


@pytest.mark.parametrize("bank_first", [True, False])
def test_the_same_money_on_the_portal_counts_once_and_is_asked_about(
    play: Condition, bank: Bank, bank_first: bool
) -> None:
    shipped(play)
    shipped(play, 502)
    steps = [lambda: bank.gives(windows(document())), lambda: play.office.pay(DEAL, 501, 120_000)]
    for step in steps if bank_first else reversed(steps):
        step()
        play.goes_on()
    assert [stage for _, stage in state(play)] == ["paid", "waiting"] and sums(play) == (120_000, 0, 0)
    [question] = inbox(play)
    assert "Деньги внесены дважды?" in question["ru"] and "сделка 501" in question["ru"]
    [row] = bank.stored()
    bank.says("confirm", str(row["id"]))
    assert [stage for _, stage in state(play)] == ["paid", "paid"] and inbox(play) == []


def test_money_for_another_order_is_no_double(play: Condition, bank: Bank) -> None:
    shipped(play)
    shipped(play, 502)
    play.office.pay(DEAL, 501, 120_000)
    play.goes_on()
    bank.gives(windows(document(НазначениеПлатежа="Оплата по заказу 502")))
    assert [stage for _, stage in state(play)] == ["paid", "paid"] and sums(play) == (0, 0, 0)
    assert inbox(play) == []


def test_money_for_the_order_that_is_paid_is_a_double(play: Condition, bank: Bank) -> None:
    shipped(play)
    shipped(play, 502)
    play.office.pay(DEAL, 502, 120_000)
    play.goes_on()
    bank.gives(windows(document(НазначениеПлатежа="Оплата по заказу 502")))
    assert [stage for _, stage in state(play)] == ["waiting", "paid"]
    [question] = inbox(play)
    assert "сделка 502" in question["ru"]


def test_another_sum_or_another_week_is_no_double(play: Condition, bank: Bank) -> None:
    shipped(play)
    play.office.pay(DEAL, 501, 60_000)
    play.goes_on()
    bank.gives(windows(document(1, "59999.99"), document(2, "60000.00", "20.04.2026")))
    assert inbox(play) == [] and sums(play) == (0, 0, Decimal("59999.99"))


def test_a_sheet_and_what_cannot_be_read_of_it(play: Condition, bank: Bank) -> None:
    shipped(play)
    rows = [
        ["07.04.2026", 21, 7701234567, "ООО Ромашка", 20_000.5, "за товар"],
        ["когда-то", 22, 7701234567, "ООО Ромашка", 10, "за товар"],
        ["07.04.2026", 23, 7701234567, "ООО Ромашка", -500, "возврат"],
    ]
    told = bank.gives(sheet(rows, above=3), "Выписка.xlsx")
    assert told["counts"] == {"new": 1} and told["outgoing"] == 1
    assert [one["line"] for one in told["rejected"]] == [6]
    assert [debt["outstanding"] for debt in play.office.debts()] == [Decimal("99999.5")]
    [trouble] = inbox(play)
    assert "строка 6" in trouble["ru"] and "когда-то" in trouble["ru"]
    rows[1][0] = "07.04.2026"
    bank.gives(sheet(rows, above=3), "Выписка.xlsx")
    assert inbox(play) == []


def test_a_broken_file_names_the_line(play: Condition, bank: Bank) -> None:
    (bank.folder / "bad.txt").write_bytes(windows(document()).replace("КонецДокумента".encode("cp1251"), b""))
    told = json.loads(
        play.world.cli("payments", "import", str(bank.folder / "bad.txt"), "--apply", "--json", check=False)
    )
    assert told["error"] == "BadPayload" and "Строка 36" in told["ru"] and "строке 20" in told["ru"]
    assert bank.stored() == []


def test_a_wiped_database_is_rebuilt_from_the_files(play: Condition, bank: Bank) -> None:
    shipped(play)
    files = [windows(document(1, 50_000)), windows(document(2, 100_000))]
    for n, file in enumerate(files):
        bank.gives(file, f"{n}.txt")
    assert state(play) == [(0, "paid")] and sums(play) == (0, 0, 30_000)
    with play.world.app.database.session() as session:
        for table in (BankPaymentRow, KnownRow):
            session.execute(delete(table))
    for n, file in enumerate(files):
        bank.shows(file, f"{n}.txt", "--apply")
    play.goes_on()
    assert state(play) == [(0, "paid")] and sums(play) == (0, 0, 30_000)


def test_it_is_told_where_a_payment_went(play: Condition, bank: Bank) -> None:
    shipped(play)
    bank.gives(windows(document(amount="150000.00")))
    told = json.loads(play.world.cli("explain", "company", "100", "--json"))
    [facts] = [one["facts"] for one in told if one["rule"] == "keep_company_receivables"]
    [payment] = facts["bank"]
    assert payment["payment"] == bank.stored()[0]["id"]
    assert {id: Decimal(part) for id, part in payment["laid"].items()} == {str(play.office.debt()["id"]): 120_000}
    assert Decimal(payment["rest"]) == 30_000
