"""What a portal answered, and the one table that turns its error codes into our errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from b24app.errors import AppError, ItemGone, PortalBusy, PortalLost, PortalRefused, PortalUnavailable
from rules.decision import Text


class Meaning(Enum):
    """What an error code means for what we do next."""

    RATE = auto()
    """the portal's bucket is full; the call was not executed"""
    OPERATING = auto()
    """the method has used up its time; the call was not executed"""
    STALE = auto()
    """the access token must be renewed"""
    DOUBTFUL = auto()
    """the token is unknown to the portal: renew once, then bury"""
    DEAD = auto()
    """the token's owner may not act any more"""
    LOST = auto()
    """no token of ours will be served"""
    GONE = auto()
    """the object does not exist"""
    BROKEN = auto()
    """the portal failed inside; what it did is unknown"""
    REFUSED = auto()
    """this call with these values will never be accepted"""


# Codes are compared in lower case: spellings differ between the portal's modules. The HTTP status
# plays no part, because one code comes with different statuses (_includes/system-errors.md,
# settings/oauth/error-codes.md). A code that is not here is REFUSED.
MEANINGS: Mapping[str, Meaning] = {
    "query_limit_exceeded": Meaning.RATE,
    "operation_time_limit": Meaning.OPERATING,
    "expired_token": Meaning.STALE,
    "no_auth_found": Meaning.DOUBTFUL,
    "invalid_token": Meaning.DOUBTFUL,
    "authorization_error": Meaning.DEAD,
    "user_access_error": Meaning.DEAD,
    "invalid_grant": Meaning.DEAD,
    "payment_required": Meaning.LOST,
    "portal_deleted": Meaning.LOST,
    "error_oauth": Meaning.LOST,
    "application_not_found": Meaning.LOST,
    "invalid_client": Meaning.LOST,
    "wrong_client": Meaning.LOST,
    "overload_limit": Meaning.LOST,
    "not_found": Meaning.GONE,
    "error_not_found": Meaning.GONE,
    "internal_server_error": Meaning.BROKEN,
    "error_unexpected_answer": Meaning.BROKEN,
}

_LOST_TEXTS: Mapping[str, Text] = {
    "payment_required": Text(
        "На портале закончилась подписка, REST отключён: продлите её", "The portal's subscription has ended: renew it"
    ),
    "portal_deleted": Text("Портал закрыт или удалён", "The portal is closed or deleted"),
    "overload_limit": Text(
        "Битрикс24 заблокировал REST портала из-за перегрузки: обратитесь в поддержку Битрикс24",
        "Bitrix24 has blocked the portal's REST because of overload: only their support can lift it",
    ),
    "invalid_client": Text(
        "Сервер авторизации не принял client_id и client_secret: проверьте их в карточке приложения",
        "The authorization server refused client_id and client_secret: check them in the application's card",
    ),
}
_APP_REMOVED = Text(
    "Приложение удалено с портала: администратор должен установить его снова",
    "The application was removed from the portal: an administrator must install it again",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The envelope of a REST answer. `code` is None when it holds no error; it may also be empty,
    which some methods use as a code. `status` is the HTTP status."""

    status: int
    result: Any = None
    total: int | None = None
    next: int | None = None
    time: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None
    description: str = ""

    @property
    def meaning(self) -> Meaning | None:
        """What the error means; None for a success."""
        return None if self.code is None else meaning_of(self.code)


def read_answer(status: int, body: Mapping[str, Any]) -> Answer:
    """Reads an envelope; an error may come with any status, 200 included (~/widgets/placement-bind.md)."""
    time = body.get("time")
    code, description = read_error(body) if "error" in body else (None, "")
    return Answer(
        status,
        body.get("result"),
        _number(body.get("total")),
        _number(body.get("next")),
        time if isinstance(time, Mapping) else {},
        code,
        description,
    )


def read_error(body: Mapping[str, Any]) -> tuple[str, str]:
    """The code and the description of an error: the code may be a text, a number or an object of REST 3."""
    error = body.get("error")
    if isinstance(error, Mapping):
        return str(error.get("code", "")), str(error.get("message", ""))
    return str(error), str(body.get("error_description") or "")


def meaning_of(code: str) -> Meaning:
    """What an error code means, in whatever case it is written."""
    return MEANINGS.get(code.strip().lower(), Meaning.REFUSED)


def error_for(code: str, description: str, method: str) -> AppError:
    """The error of ours for a code that no renewed token can cure. The portal's own words are kept."""
    said = description or code or "no explanation"
    match meaning_of(code):
        case Meaning.RATE | Meaning.OPERATING:
            return PortalBusy(f"The portal asks to wait with {method}: {said}", method=method, code=code)
        case Meaning.LOST | Meaning.DEAD | Meaning.STALE | Meaning.DOUBTFUL:
            return PortalLost(_LOST_TEXTS.get(code.lower(), _APP_REMOVED), code=code, method=method)
        case Meaning.GONE:
            text = Text(f"Объект не найден на портале: {said}", f"The portal has no such object: {said}")
            return ItemGone(text, code=code, method=method)
        case Meaning.BROKEN:
            return PortalUnavailable(f"The portal failed inside {method}: {said}", code=code, method=method)
        case _:
            text = Text(f"Портал отказал в {method}: {said}", f"The portal refused {method}: {said}")
            return PortalRefused(text, code=code, method=method)


def _number(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
