"""A client called, wrote, filled in a form: what counts as that, and what automation is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.decision import Decision, FireTrigger, Ref, Text
from rules.limits import Limits
from rules.wording import sentence

TRIGGER = "client_contacted"

_ENDS = r"(?=\s*$|\s*[:.,()\[\]—–-]|\s+(?:на|от)\b)"
_ANSWERED_BY_ITSELF = (
    rf"автоответ(?:чик)?{_ENDS}",
    rf"автоматический ответ{_ENDS}",
    r"отсутств(?:ую|ие) (?:на рабочем|на работе|в офисе)",
    rf"вне офиса{_ENDS}",
    r"auto(?:matic)?[- ]?(?:reply|response|answer)\b",
    r"out of (?:the )?office\b",
)
_LETTER = r"(?:сообщени|письм|почт|e-?mail)\w*"
_RETURNED = (
    rf"(?:это |ваше )?{_LETTER}(?: \S+)? не (?:было )?(?:доставлен|может быть доставлен|удалось доставить)\w*",
    rf"не (?:уда(?:лось|[её]тся)|доставлено|может быть доставлено) (?:доставить )?(?:это |ваше )?{_LETTER}",
    rf"недоставленн\w+ {_LETTER}",
    rf"(?:сообщение об )?ошибк[аи] доставки(?: {_LETTER}|\s*$)",
    rf"(?:уведомление|отч[её]т) о (?:недоставке|невозможности доставки|состоянии доставки|доставке {_LETTER})",
    rf"возвращ[её]нн\w+ {_LETTER}",
    r"undeliver(?:able|ed) (?:mail|message|e-?mail)\b",
    r"undeliverable\s*(?::|$)",
    r"(?:returned|delayed) mail\b",
    r"mail system error\b",
    r"mail (?:delivery )?(?:failed|failure|error|subsystem|system)\b",
    r"delivery status notification\b",
    r"delivery (?:has failed to|failure (?:notification|notice|report)|failure\s*$|failed\s*$)",
    r"failure notice\b",
    r"(?:warning: )?(?:your )?(?:message|e-?mail)(?: \S+)? (?:delivery )?"
    r"(?:not delivered|undeliverable|failed|delayed|could not be delivered|was not delivered)\b",
)
_NOBODY_WROTE = re.compile(rf"\W*(?:(?:spam|спам|external)\b\W*)*(?:{'|'.join(_ANSWERED_BY_ITSELF + _RETURNED)})")
"""how such a subject begins; "не доставлено" anywhere in it may be a client's complaint about goods"""
_NOBODY = r"(?:mailer[-_]?daemon|postmaster|no[-_.]?reply|do[-_.]?not[-_.]?reply|bounces?|microsoftexchange[0-9a-f]+)"
_NOBODYS_ADDRESS = re.compile(
    rf"(?:.*[-+=._])?{_NOBODY}(?:[-+=._\d][^@]*)?(?:@|$)|[^@]*@{_NOBODY}\.[^.]+\..+", re.IGNORECASE
)
_ADDRESS = re.compile(r"<([^<>]*)>\s*$")


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something a client did: an incoming activity and when it appeared."""

    id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """An open deal of the client."""

    id: int
    created_time: datetime


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """The open deals concerned, each with what its client did lately."""

    deals: tuple[tuple[OpenDeal, tuple[Incoming, ...]], ...] = ()


def is_automatic_mail(subject: str, sender: str) -> bool:
    """An auto-reply or a bounce: no person wrote it (E.59). Missed calls, on the contrary, count (E.60).

    A letter that may be either counts as a person's: a reminder that waits some hours does less harm than one
    that goes out after a complaint.
    """
    named = _ADDRESS.search(sender)
    address = named[1] if named else sender
    return bool(_NOBODY_WROTE.match(subject.casefold()) or _NOBODYS_ADDRESS.match(address.strip()))


def decide(facts: ContactFacts, limits: Limits, now: datetime) -> Decision:
    """The newest thing a client did is told to each open deal that was there already, once."""
    hours = limits.integer("trigger.fresh_hours")
    since = now - timedelta(hours=hours)
    told = [(deal, newest) for deal, done in facts.deals if (newest := _newest(deal, done, since)) is not None]
    if not told:
        return Decision("quiet", Text("Новых обращений клиента нет.", "The client has not been in touch lately."))
    commands = tuple(
        FireTrigger(f"{TRIGGER}:{newest.id}:deal:{deal.id}", Ref("deal", deal.id), TRIGGER) for deal, newest in told
    )
    reason = sentence(
        "Клиент обратился: сообщено автоматизации сделок {deals}.",
        "The client has been in touch: automation of the deals {deals} was told.",
        deals=", ".join(str(deal.id) for deal, _ in told),
    )
    return Decision("told", reason, commands)


def _newest(deal: OpenDeal, done: Iterable[Incoming], since: datetime) -> Incoming | None:
    """What happened before the deal was there is what the deal was made for."""
    fitting = [one for one in done if one.at >= since and one.at >= deal.created_time]
    return max(fitting, key=lambda one: one.id, default=None)
