"""The robot «Создать повторную сделку»: asks the rule of repeat sales now, returns the deal or why there is none."""

from pydantic import BaseModel, Field

from b24app.declare import Ref, Robot, RobotContext, Text, label
from facts.owner import company_of
from facts.repeat_sales import CREATING
from rules.repeat_sales import FUNNEL, NEW, REFUSED, RETURNED


class Properties(BaseModel):
    """Nothing to fill in."""


class Returns(BaseModel):
    """What the following robots can use."""

    deal_id: int = Field(0, json_schema_extra=label("Номер повторной сделки", "Number of the repeat deal"))
    is_there: bool = Field(False, json_schema_extra=label("Сделка есть", "There is a deal"))
    reason: str = Field("", json_schema_extra=label("Почему", "Why"))


def act(context: RobotContext, document: Ref, properties: Properties) -> Returns:
    """The rule decides as it does every morning: one open deal for a company, and only when it is due."""
    company = Ref("company", company_of(context.reader, document))
    context.look_again([company])
    deals = context.reader.by_link("deal", "company_id", [company.id], category=FUNNEL).get(company.id, [])
    open_deals = [deal["id"] for deal in deals if not deal.get("closed") and deal["stage"] not in (RETURNED, REFUSED)]
    reason = context.last_reason(company, CREATING).in_language(context.language)
    return Returns(deal_id=min(open_deals, default=0), is_there=bool(open_deals), reason=reason)


ROBOT = Robot(
    code="start_repeat_sale",
    name=Text("Создать повторную сделку", "Create a repeat deal"),
    description=Text(
        "Если клиент давно не заказывал и повторной сделки ещё нет, создаёт её с задачей менеджеру; возвращает номер.",
        "If the client has not ordered for long and has no repeat deal yet, makes one with a task; returns its number.",
    ),
    documents=("company", "deal", "debt"),
    properties=Properties,
    returns=Returns,
    act=act,
    needs=(FUNNEL, NEW, RETURNED, REFUSED),
)
