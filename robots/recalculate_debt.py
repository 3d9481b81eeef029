"""The robot «Пересчитать долг»: brings a company's receivables up to date and returns its totals."""

from decimal import Decimal

from pydantic import BaseModel, Field

from b24app.declare import Ref, Robot, RobotContext, Text, label
from facts.owner import company_of
from rules.debt_record import CLOSED


class Properties(BaseModel):
    """Nothing to fill in."""


class Returns(BaseModel):
    """What the following robots can use; amounts are in the base currency."""

    in_period: Decimal = Field(json_schema_extra=label("Задолженность в рамках периода", "Debt within the deferral"))
    overdue: Decimal = Field(json_schema_extra=label("Задолженность просроченная", "Overdue debt"))
    advance: Decimal = Field(json_schema_extra=label("Аванс", "Advance"))
    open_records: int = Field(json_schema_extra=label("Открытых записей", "Open records"))


def act(context: RobotContext, document: Ref, properties: Properties) -> Returns:
    """Looks at the company again, then tells what the portal shows."""
    company_id = company_of(context.reader, document)
    context.look_again([Ref("company", company_id)])
    company = context.reader.by_ids("company", [company_id])[company_id]
    records = context.reader.by_link("debt", "company_id", [company_id])[company_id]
    totals = {name: money.amount if (money := company.get(name)) else Decimal(0) for name in TOTALS}
    return Returns(
        in_period=totals["debt_in_period"],
        overdue=totals["debt_overdue"],
        advance=totals["advance"],
        open_records=sum(record["stage"] not in CLOSED for record in records),
    )


TOTALS = ("debt_in_period", "debt_overdue", "advance")

ROBOT = Robot(
    code="recalculate_debt",
    name=Text("Пересчитать долг", "Recalculate the debt"),
    description=Text(
        "Разносит оплаты, обновляет сроки и суммы задолженности компании и возвращает их.",
        "Lays payments on records, brings the company's due days and totals up to date, and returns them.",
    ),
    documents=("company", "deal", "debt"),
    properties=Properties,
    returns=Returns,
    act=act,
    needs=("spa.debt", "company.debt_in_period", "company.debt_overdue", "company.advance"),
)
