"""The robot «Ближайшее рабочее время»: when clients may be written to next."""

from datetime import datetime

from pydantic import BaseModel, Field

from b24app.declare import Ref, Robot, RobotContext, Text, label
from facts.calendar import read_calendar
from facts.moment import moment_given
from rules.send_window import SendWindow


class Properties(BaseModel):
    """What the administrator fills in."""

    since: str | None = Field(
        None,
        json_schema_extra={
            **label("Не раньше (пусто: сейчас)", "Not before (empty: now)"),
            "type": "datetime",
        },
    )


class Returns(BaseModel):
    """What the following robots can use."""

    moment: datetime | None = Field(None, json_schema_extra=label("Дата и время", "Date and time"))
    is_open: bool = Field(False, json_schema_extra=label("Рабочее время уже идёт", "It is working time already"))
    error: str = Field("", json_schema_extra=label("Ошибка", "Error"))


def act(context: RobotContext, document: Ref, properties: Properties) -> Returns:
    """The moment itself within the hours of `send_window` on a workday, else the next opening."""
    calendar = read_calendar(context.reader)
    since = moment_given(properties.since, context.now, calendar)
    found = SendWindow.of(calendar, context.reader.limits).from_moment(since)
    return Returns(moment=found.astimezone(calendar.time_zone), is_open=found == since)


ROBOT = Robot(
    code="next_working_moment",
    name=Text("Ближайшее рабочее время", "Next working moment"),
    description=Text(
        "Ближайший момент, когда можно писать клиентам: рабочий день и часы из настроек приложения.",
        "The next moment at which clients may be written to: a workday and the hours of the app's settings.",
    ),
    documents=("deal", "company", "debt", "lead", "contact"),
    properties=Properties,
    returns=Returns,
    act=act,
)
