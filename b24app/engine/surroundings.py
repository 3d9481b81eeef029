"""What hardly changes on a portal (currencies, working calendar, employees), read in one request and
kept for some minutes of the portal's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from b24app.engine.people import Staff, read_departments, read_employees
from b24app.engine.ports import PortalGateway
from b24app.errors import Transient
from b24app.portal.batch import Call, Done, Outcome, Refused
from config.preset import Role

FRESH = timedelta(minutes=5)
PAGE = 50
NOT_ADMINISTRATOR = "not_administrator"
"""why the token of an employee who lost his rights is laid aside"""

_CURRENCIES = Call("crm.currency.list", {"order": {"CURRENCY": "ASC"}})
_CALENDAR = Call("calendar.settings.get")
_DEPARTMENTS = Call("department.get", {"sort": "ID", "order": "ASC"})
# ADMIN_MODE shows the dismissed as well (api-reference/user/user-get.md).
_USERS = Call("user.get", {"sort": "ID", "order": "ASC", "ADMIN_MODE": True})
# Whose right the app uses; an administrator sees everything (api-reference/common/users/profile.md).
_OWNER = Call("profile")


@dataclass
class Surroundings:
    """Answers about the portal as a whole. `chosen` and `roles` as in `Staff`."""

    gateway: PortalGateway
    time_zone: str
    roles: Mapping[str, Role]
    chosen: Mapping[str, int]
    administrator: int
    _answers: dict[str, Outcome] = field(default_factory=dict)
    _read_at: datetime | None = None
    _staff: Staff | None = None

    def begin(self) -> None:
        """Before anything is believed of what the portal shows: whether it shows all of it, see `pass_on`."""
        self._refresh()

    def rates(self) -> tuple[str, Mapping[str, Decimal]]:
        """The base currency and the price of one unit of each currency in it (crm.currency.list)."""
        rows = self._result(_CURRENCIES)
        base = next((str(row["CURRENCY"]) for row in rows if row.get("BASE") == "Y"), str(rows[0]["CURRENCY"]))
        rates = {
            str(row["CURRENCY"]): Decimal(str(row["AMOUNT"])) / Decimal(str(row.get("AMOUNT_CNT") or 1)) for row in rows
        }
        return base, rates | {base: Decimal(1)}

    def calendar(self) -> dict[str, Any]:
        """calendar.settings.get with the portal's `time_zone`."""
        return {**self._result(_CALENDAR), "time_zone": self.time_zone}

    def staff(self) -> Staff:
        """Everybody, with departments and roles."""
        self._refresh()
        if self._staff is None:
            self._staff = Staff(
                read_employees(self._whole(_USERS)),
                read_departments(self._whole(_DEPARTMENTS)),
                self.roles,
                self.chosen,
                self.administrator,
            )
        return self._staff

    def names(self) -> dict[int, str]:
        """Everybody's name as people write it."""
        self._refresh()
        words = {int(row["ID"]): (row.get("LAST_NAME"), row.get("NAME")) for row in self._whole(_USERS)}
        return {id: " ".join(word for word in name if word) or f"#{id}" for id, name in words.items()}

    def _whole(self, call: Call) -> list[Any]:
        first = self._answers[call.method]
        if isinstance(first, Done) and (first.total or 0) <= PAGE and first.next is None:
            return list(first.result)
        return self.gateway.list_all(call.method, call.params)

    def _result(self, call: Call) -> Any:
        self._refresh()
        outcome = self._answers[call.method]
        if isinstance(outcome, Done):
            return outcome.result
        raise outcome.error

    def _refresh(self) -> None:
        now = self.gateway.now()
        if self._read_at is not None and abs(now - self._read_at) < FRESH and not self._was_busy():
            return
        calls = (_CURRENCIES, _CALENDAR, _DEPARTMENTS, _USERS, _OWNER)
        owner = self.gateway.owner()
        outcomes = self.gateway.batch(calls)
        if _sees_a_part(outcomes[-1]):
            # What is not shown to him would be taken for gone.
            self.gateway.pass_on(owner, NOT_ADMINISTRATOR)
        self._answers = {call.method: outcome for call, outcome in zip(calls, outcomes, strict=True)}
        self._read_at = now
        self._staff = None

    def _was_busy(self) -> bool:
        return any(isinstance(one, Refused) and isinstance(one.error, Transient) for one in self._answers.values())


def _sees_a_part(owner: Outcome) -> bool:
    """Whether the portal calls the owner of our token an employee like others."""
    return isinstance(owner, Done) and isinstance(owner.result, Mapping) and owner.result.get("ADMIN") is False
