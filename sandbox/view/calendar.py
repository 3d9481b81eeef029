"""The employee's calendar: a week of events, an event's card, views that applications bring (widgets/calendar.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.view.employee import Row
from sandbox.view.screen import Screen

WEEK = 7
_DAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the calendar; `begin` and `end` are in the portal's time."""

    id: int
    name: str
    text: str
    begin: datetime
    end: datetime
    whole_day: bool

    @property
    def when(self) -> str:
        """`10:00–11:30`, or «весь день»."""
        return "весь день" if self.whole_day else f"{self.begin:%H:%M}–{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week with its events."""

    date: date
    name: str
    events: list[Event]


def _monday(screen: Screen) -> date:
    try:
        asked = date.fromisoformat(screen.words.get("from", ""))
    except ValueError:
        asked = screen.portal.now().date()
    return asked - timedelta(days=asked.weekday())


def _rows(screen: Screen, first: date, last: date) -> list[Row]:
    asked = {"type": "user", "ownerId": screen.employee.id}
    return screen.employee.glance("calendar.event.get", {**asked, "from": str(first), "to": str(last)})


def _event(screen: Screen, row: Row) -> Event:
    zone = screen.portal.clock.zone
    begin, end = (datetime.fromtimestamp(int(row[f"DATE_{name}_TS_UTC"]), zone) for name in ("FROM", "TO"))
    whole = str(row.get("DT_SKIP_TIME")) == "Y"
    return Event(int(row["ID"]), str(row["NAME"]), str(row.get("DESCRIPTION") or ""), begin, end, whole)


async def week(screen: Screen) -> web.Response:
    """A week of the employee, or an application's view of it."""
    first = _monday(screen)
    spots = screen.spots.at("CALENDAR_GRIDVIEW")
    chosen = next((spot for spot in spots if str(spot.id) == screen.words.get("view")), None)
    shown: dict[str, Any] = {"first": first, "last": first + timedelta(days=WEEK - 1), "spots": spots, "chosen": chosen}
    if chosen is not None:
        options = {"viewRangeFrom": str(shown["first"]), "viewRangeTo": str(shown["last"]), "URI": "/calendar/"}
        return screen.draw("calendar.html", **shown, opening=screen.open_spot(chosen.row, options), days=[])
    events = [_event(screen, row) for row in _rows(screen, first, first + timedelta(days=WEEK))]
    days = [
        Day(day, _DAYS[day.weekday()], [event for event in events if event.begin.date() == day])
        for day in (first + timedelta(days=number) for number in range(WEEK))
    ]
    return screen.draw("calendar.html", **shown, opening=None, days=days)


async def events(screen: Screen) -> web.Response:
    """The events between two days, for a page of an application in the calendar."""
    try:
        first, last = (date.fromisoformat(screen.words.get(name, "")[:10]) for name in ("from", "to"))
    except ValueError:
        return web.json_response([])
    return web.json_response(_rows(screen, first, last))


def _found(screen: Screen) -> Row:
    row = screen.employee.ask("calendar.event.getbyid", {"id": screen.number("id")})
    if not row:
        raise RestError("NOT_FOUND", "Такого события нет", 404)
    found: Row = row
    return found


async def event(screen: Screen) -> web.Response:
    """An event's card with its form."""
    return screen.draw("event.html", event=_event(screen, _found(screen)))


async def new(screen: Screen) -> web.Response:
    """The form of a new event."""
    return screen.draw("event.html", event=None)


async def save(screen: Screen) -> web.Response:
    """Adds an event, or changes the one in the path."""
    form = await screen.form()
    fields: Row = {
        "type": "user",
        "ownerId": screen.employee.id,
        "name": form.get("name", "").strip(),
        "description": form.get("description", "").strip(),
        **{name: _moment(screen, form.get(name, "")) for name in ("from", "to")},
    }
    if "id" in screen.http.match_info:
        screen.employee.ask("calendar.event.update", {**fields, "id": screen.number("id")})
        return screen.done("/calendar/", "Событие сохранено")
    section = screen.employee.glance("calendar.section.get", {"type": "user", "ownerId": screen.employee.id})
    if section:
        fields["section"] = section[0]["ID"]
    screen.employee.ask("calendar.event.add", fields)
    return screen.done("/calendar/", "Событие добавлено")


def _moment(screen: Screen, text: str) -> str:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=screen.portal.clock.zone).isoformat()
    except ValueError:
        raise RestError("DATE", "Укажите начало и конец события") from None


async def delete(screen: Screen) -> web.Response:
    """Deletes an event."""
    asked = {"id": screen.number("id"), "type": "user", "ownerId": screen.employee.id}
    screen.employee.ask("calendar.event.delete", asked)
    return screen.done("/calendar/", "Событие удалено")
