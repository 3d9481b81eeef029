"""Letters that nobody wrote: how auto-replies and bounces begin, and who sends them."""

from __future__ import annotations

import re

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
_MAIL_SYSTEM = re.compile(r"\W*(?:mailer-daemon|mail delivery (?:sub)?system)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"<([^<>]*)>\s*$")


def is_automatic_mail(subject: str, sender: str) -> bool:
    """An auto-reply or a bounce: no person wrote it (E.59). Missed calls, on the contrary, count (E.60).

    A letter that may be either counts as a person's: a reminder that waits some hours does less harm than one
    that goes out after a complaint.
    """
    named = _ADDRESS.search(sender)
    address = named[1] if named else sender
    by_nobody = _MAIL_SYSTEM.match(sender) or _NOBODYS_ADDRESS.match(address.strip())
    return bool(by_nobody or _NOBODY_WROTE.match(subject.casefold()))
