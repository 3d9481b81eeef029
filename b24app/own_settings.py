"""What one portal has set: limits of its preset, roles of its employees, accounts of messengers, the time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from b24app.channels.settings import is_channel_key
from b24app.engine.people import Staff
from b24app.engine.portal_time import TIME_ZONE, is_time_zone
from b24app.errors import PresetError
from b24app.messengers import Messengers
from b24app.store.database import Database
from b24app.store.models import PortalRow, SettingRow
from b24app.store.upsert import upsert
from config.limit import Limit
from config.preset import Preset
from rules.decision import Text
from rules.limits import Limits

ROLE = "role."
"""settings `role.NAME` say which employee holds a role"""
_WHO = Text("Нужен номер сотрудника портала", "Write the number of an employee of the portal")


class OwnSettings:
    """The settings of a portal. `staff` is asked when a role is read or given."""

    def __init__(
        self,
        database: Database,
        portal_id: int,
        preset: Preset,
        messengers: Messengers,
        staff: Callable[[], Staff],
    ) -> None:
        self._database = database
        self._portal_id = portal_id
        self._preset = preset
        self._messengers = messengers
        self._staff = staff

    def limits(self) -> Limits:
        """The preset's settings with the portal's own on top."""
        return Limits(self._preset.defaults() | self._own())

    def roles(self) -> dict[str, int]:
        """Who was given a role here: role -> employee."""
        return {key.removeprefix(ROLE): int(user) for key, user in self._own().items() if key.startswith(ROLE)}

    def time_zone(self) -> str:
        """The portal's zone, set or found."""
        with self._database.session() as session:
            return session.get_one(PortalRow, self._portal_id).time_zone

    def read(self, key: str) -> Any:
        """One setting; an unknown key is refused with the keys there are."""
        if key == TIME_ZONE:
            return self.time_zone()
        if is_channel_key(key):
            return self._messengers.setting(key)
        if key.startswith(ROLE):
            return self._staff().role(self._role(key))
        self._limit(key)
        return self.limits()[key]

    def set(self, key: str, word: str) -> None:
        """Changes a setting; a wrong value is refused with what is allowed."""
        if is_channel_key(key):
            self._messengers.set(key, word)
            return
        if key == TIME_ZONE:
            self._set_time_zone(word)
            return
        try:
            value = self._employee(key, word) if key.startswith(ROLE) else self._limit(key).read(word)
        except ValueError as error:
            allowed = _WHO if key.startswith(ROLE) else _allowed(self._limit(key))
            text = f"{key}: значение «{word}» не подходит. {allowed.ru}", f"{key}: {error}. {allowed.en}"
            raise PresetError(Text(*text)) from None
        stored = {"value": value if isinstance(value, (bool, int, str)) else str(value)}
        with self._database.session() as session:
            row = {"portal_id": self._portal_id, "key": key, "value": stored}
            upsert(session, SettingRow, [row], ["portal_id", "key"])

    def _set_time_zone(self, word: str) -> None:
        if not is_time_zone(word):
            ru, en = f"{TIME_ZONE}: нет пояса «{word}»", f"{TIME_ZONE}: there is no zone “{word}”"
            raise PresetError(Text(f"{ru}. Пример: Europe/Samara", f"{en}. Example: Europe/Samara"))
        with self._database.session() as session:
            session.get_one(PortalRow, self._portal_id).time_zone = word
            row = {"portal_id": self._portal_id, "key": TIME_ZONE, "value": {"value": word}}
            upsert(session, SettingRow, [row], ["portal_id", "key"])

    def _role(self, key: str) -> str:
        role, known = key.removeprefix(ROLE), ", ".join(f"{ROLE}{name}" for name in sorted(self._preset.roles))
        if role not in self._preset.roles:
            raise PresetError(Text(f"Нет роли «{key}». Есть: {known}", f"No role “{key}”. Known: {known}"))
        return role

    def _employee(self, key: str, word: str) -> int:
        self._role(key)
        if int(word) not in self._staff().employees:
            raise ValueError("the portal has no such employee")
        return int(word)

    def _limit(self, key: str) -> Any:
        if key not in self._preset.settings():
            known = ", ".join(sorted([*self._preset.settings(), TIME_ZONE]))
            raise PresetError(Text(f"Нет настройки «{key}». Есть: {known}", f"No setting “{key}”. Known: {known}"))
        return self._preset.settings()[key]

    def _own(self) -> dict[str, Any]:
        with self._database.session() as session:
            rows = session.scalars(select(SettingRow).where(SettingRow.portal_id == self._portal_id)).all()
        limits = self._preset.settings()
        given = {row.key: row.value["value"] for row in rows if not is_channel_key(row.key) and row.key != TIME_ZONE}
        return {key: limits[key].read(value) if key in limits else value for key, value in given.items()}


def _allowed(limit: Limit | None) -> Text:
    """What may be written instead of a refused value."""
    if limit is None:
        return Text("Нужен номер сотрудника", "Write the number of an employee")
    if limit.type == "flag":
        return Text("Нужно true или false", "Write true or false")
    if limit.type == "dates":
        example = "2026-05-02, 2026-05-08"
        return Text(f"Нужны даты через запятую: {example}", f"Write dates, separated by commas: {example}")
    if limit.template is not None or (limit.type == "text" and not limit.choices):
        return Text(f"Можно: {limit.unit.ru}", f"Allowed: {limit.unit.en}")
    if limit.type == "text":
        shown = ", ".join(limit.choices)
        return Text(f"Можно: {shown}", f"Allowed: {shown}")
    return _allowed_number(limit)


def _allowed_number(limit: Limit) -> Text:
    low, high = limit.minimum, limit.maximum
    if low is None and high is None:
        return Text("Нужно число", "Write a number")
    if high is None:
        return Text(f"Нужно число не меньше {low}", f"Write a number, {low} at least")
    if low is None:
        return Text(f"Нужно число не больше {high}", f"Write a number, {high} at most")
    return Text(f"Нужно число от {low} до {high}", f"Write a number from {low} to {high}")
