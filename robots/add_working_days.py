"""The robot «Прибавить рабочие дни»: a moment some workdays later, by the portal's calendar."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from b24app.declare import Ref, Robot, RobotContext, Text, label
from facts.calendar import read_calendar
from facts.moment import moment_given

MOST = 366


class Properties(BaseModel):
    """What the administrator fills in."""

    days: int = Field(ge=0, le=MOST, json_schema_extra=label("Рабочих дней", "Workdays"))
    since: str | None = Field(
        None,
        json_schema_extra={
            **label("От какого момента (пусто: от текущего)", "From which moment (empty: from now)"),
            "type": "datetime",
        },
    )


class Returns(BaseModel):
    """What the following robots can use."""

    moment: datetime | None = Field(None, json_schema_extra=label("Дата и время", "Date and time"))
    day: date | None = Field(None, json_schema_extra=label("Дата", "Date"))
    error: str = Field("", json_schema_extra=label("Ошибка", "Error"))


def act(context: RobotContext, document: Ref, properties: Properties) -> Returns:
    """Counts from the day of the moment, which itself does not count; the time of the day stays."""
    calendar = read_calendar(context.reader)
    since = moment_given(properties.since, context.now, calendar).astimezone(calendar.time_zone)
    begun = since.date() if properties.days else calendar.this_or_next_workday(since.date())
    day = calendar.add_workdays(begun, properties.days)
    return Returns(moment=calendar.moment(day, since.time()).astimezone(calendar.time_zone), day=day)


ROBOT = Robot(
    code="add_working_days",
    name=Text("Прибавить рабочие дни", "Add workdays"),
    description=Text(
        "Дата через столько рабочих дней по календарю портала; время дня сохраняется.",
        "The day that many workdays later by the portal's calendar; the time of the day stays.",
    ),
    documents=("deal", "company", "debt", "lead", "contact"),
    properties=Properties,
    returns=Returns,
    act=act,
)
