"""Terms of payment: a company's deferral in days, the due day it gives, and the moment of being overdue."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rules.business_calendar import Calendar
from rules.decision import Notify
from rules.limits import Limits
from rules.wording import sentence


def days_granted(company_days: int | None, limits: Limits) -> int:
    """The deferral that counts for a company: its own (never less than 0), else the default."""
    if company_days is None:
        return limits.integer("debt.deferral_default")
    return max(company_days, 0)


def due_day(shipped: date, days: int, calendar: Calendar, limits: Limits) -> date:
    """The day a shipment has to be paid: `days` calendar days later, moved off a weekend or holiday
    when `debt.weekend_due` says so (as article 193 of the Russian Civil Code does)."""
    nominal = shipped + timedelta(days=days)
    if limits.text("debt.weekend_due") == "next_workday":
        return calendar.this_or_next_workday(nominal)
    return nominal


def overdue_from(due: date, calendar: Calendar, limits: Limits) -> datetime:
    """The first moment a debt counts as overdue: the beginning of the due day, or of the day after
    (`debt.overdue_on`), in the portal's time zone."""
    late = due + timedelta(days=1) if limits.text("debt.overdue_on") == "day_after" else due
    return calendar.start_of_day(late)


def warning(
    company_id: int, title: str, company_days: int | None, grants_credit: bool, head: int, limits: Limits
) -> Notify | None:
    """What the head of sales is told, once per value, about a deferral that is empty or unusual.

    An empty one is told only of companies that do buy on credit (`grants_credit`): on a new portal it is
    empty everywhere, and hundreds of notifications teach people to ignore them.
    """
    if company_days is None:
        return _empty_warning(company_id, title, head, limits) if grants_credit else None
    least, most = limits.integer("debt.deferral_min"), limits.integer("debt.deferral_max")
    if least <= company_days <= most:
        return None
    text = sentence(
        "Отсрочка компании «{company}» — {days} дн., обычно от {least} до {most}. Проверьте, нет ли ошибки.",
        "The deferral of «{company}» is {days} days, usually {least} to {most}. Please check it.",
        company=title,
        days=company_days,
        least=least,
        most=most,
    )
    return Notify(f"deferral:company:{company_id}:{company_days}", head, text)


def _empty_warning(company_id: int, title: str, head: int, limits: Limits) -> Notify:
    text = sentence(
        "У компании «{company}» не указана отсрочка платежа: считаем {days} дн. Укажите её в карточке компании.",
        "«{company}» has no deferral: {days} days are assumed. Please fill it in on the company's card.",
        company=title,
        days=limits.integer("debt.deferral_default"),
    )
    return Notify(f"deferral:company:{company_id}:empty", head, text)
