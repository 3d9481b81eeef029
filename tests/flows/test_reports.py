"""Reports on a running installation: AP-09, the plan of visits, reasons; JSON, CSV and XLSX (R0.18, R0.23, R0.26)."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.flows.conditions import Condition
from tests.flows.office import COMPANY

pytestmark = pytest.mark.flow


def report(play: Condition, name: str, *options: str) -> list[dict[str, Any]]:
    """The lines of a report."""
    rows: list[dict[str, Any]] = json.loads(play.world.cli("report", name, *options, "--json"))["rows"]
    return rows


def add_company(play: Condition, number: int, title: str, **fields: Any) -> None:
    values = {"title": title, "assignedById": 11, **fields}
    play.world.fixture(
        {"method": "crm.item.add", "as": 11, "params": {"entityTypeId": COMPANY, "fields": values}, "id": number}
    )


def talk(play: Condition, number: int, company: int, created: str = "2026-03-05T08:00:00+03:00") -> None:
    """A repeat deal of a company."""
    play.office.put_deal(number, "stage.repeat.new", company, createdTime=created)


def ap_09(play: Condition) -> None:
    """March: two came back, one refused, one is open."""
    for number in range(601, 605):
        add_company(play, number, f"Клиент {number}")
        talk(play, number, number)
    play.office.put_deal(701, "stage.active.paid", 601, 15_000, createdTime="2026-03-20T12:00:00+03:00")
    play.office.put_deal(702, "stage.active.new", 602, 5_000, createdTime="2026-04-03T12:00:00+03:00")
    play.office.put_deal(703, "stage.active.cancelled", 604, 70_000, createdTime="2026-03-20T12:00:00+03:00")
    play.office.move_deal(601, "stage.repeat.contacted")
    items = play.world.name("deal.no_order_reason")["items"]
    play.office.edit("deal", 603, no_order_reason=items["price"])
    play.office.move_deal(603, "stage.repeat.lost")
    play.goes_on()


def test_ap_09_the_figures_of_march(play: Condition) -> None:
    ap_09(play)
    before = len(play.world.control("hits?since=0")["hits"])
    (march,) = report(play, "win_back", "--from", "2026-03-01", "--to", "2026-03-31")
    assert len(play.world.control("hits?since=0")["hits"]) - before <= 8
    assert march == {
        "month": "2026-03-01",
        "generated": 4,
        "contacted": 2,
        "returned": 2,
        "share": "50.0",
        "revenue": march["revenue"],
        "refused": 1,
        "open": 1,
        "reasons": {"Дорого": 1},
    }
    assert Decimal(march["revenue"]) == 20_000
    assert report(play, "no_order_reasons", "--from", "2026-04-01") == [
        {"reason": "Дорого", "deals": 1, "companies": 1, "share": "100.0"}
    ]
    assert report(play, "no_order_reasons", "--to", "2026-03-31") == []
    assert [row["month"] for row in report(play, "win_back")] == ["2026-02-01", "2026-03-01", "2026-04-01"]
    (empty,) = report(play, "win_back", "--from", "2026-03-01", "--to", "2026-03-31", "--responsible", "12")
    assert empty["generated"] == 0


def test_r0_23_whom_to_visit(play: Condition) -> None:
    add_company(play, 110, "Давно")
    add_company(play, 111, "Поставщик", typeId="SUPPLIER")
    play.office.put_fields("company", 110, last_visit=date(2026, 2, 6))
    play.office.put_fields("company", 100, last_visit=date(2026, 4, 1))
    rows = report(play, "visits_plan")
    assert [(row["company"], row["days"]) for row in rows] == [
        ("Лютик", None),
        ("Василёк", None),
        ("Давно", 59),
        ("Ромашка", 5),
    ]
    assert rows[0]["responsible"] == "Петров Пётр"
    assert [row["company"] for row in report(play, "visits_plan", "--days", "5")] == ["Лютик", "Василёк", "Давно"]
    assert [row["company"] for row in report(play, "visits_plan", "--days", "4", "--responsible", "11")] == [
        "Давно",
        "Ромашка",
    ]


def test_files_for_excel(play: Condition, tmp_path: Path) -> None:
    add_company(play, 110, "=HYPERLINK(0)")
    file = tmp_path / "plan.csv"
    play.world.cli("report", "visits_plan", "--csv", str(file))
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("Номер;Компания;Ответственный;")
    assert any(line.startswith("110;'=HYPERLINK(0);") for line in lines)
    file = tmp_path / "plan.xlsx"
    play.world.cli("report", "visits_plan", "--xlsx", str(file))
    sheet = load_workbook(io.BytesIO(file.read_bytes())).active
    cells = {row[0].value: row for row in sheet.iter_rows()}
    assert cells[110][1].value == "=HYPERLINK(0)" and cells[110][1].data_type == "s"


def test_the_list_and_an_unknown_report(play: Condition) -> None:
    known = json.loads(play.world.cli("report", "--json"))
    assert {one["name"] for one in known} == {"win_back", "visits_plan", "no_order_reasons"}
    assert "win_back" in play.world.cli("report", "winback", "--json", check=False)
