"""The robot «Определить тип компании»: sets the type if it is ours to set, and returns it with the reason."""

from pydantic import BaseModel, Field

from b24app.declare import Ref, Robot, RobotContext, Text, label
from facts.owner import company_of


class Properties(BaseModel):
    """Nothing to fill in."""


class Returns(BaseModel):
    """What the following robots can use. `type` is `prospect`, `client`, `debtor`, `lost`, or the portal's
    own code of a type that is not ours."""

    type: str = Field(json_schema_extra=label("Тип компании: код", "Company type: code"))
    reason: str = Field(json_schema_extra=label("Почему", "Why"))


def act(context: RobotContext, document: Ref, properties: Properties) -> Returns:
    """Looks at the company again, then tells what the portal shows and why."""
    company = Ref("company", company_of(context.reader, document))
    context.look_again([company])
    row = context.reader.by_ids("company", [company.id])[company.id]
    reason = context.last_reason(company, "keep_company_type")
    return Returns(
        type=(row.get("type") or "").removeprefix("type."),
        reason=reason.in_language(context.language),
    )


ROBOT = Robot(
    code="set_company_type",
    name=Text("Определить тип компании", "Set the company's type"),
    description=Text(
        "Определяет тип по сделкам и долгам: потенциальный клиент, клиент, должник, потерянный.",
        "Finds the type from deals and debts: prospect, client, debtor, lost.",
    ),
    documents=("company", "deal", "debt"),
    properties=Properties,
    returns=Returns,
    act=act,
    needs=("type.prospect", "type.client", "type.debtor", "type.lost", "company.computed_type"),
)
