"""The tab «Дебиторка» of a company's or a deal's card: read with the viewer's own token, so he sees what the portal
shows him."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g

from b24app.errors import AppError, BadPayload, ItemGone, PortalRefused
from b24app.payloads import PlacementOpen, identifier
from b24app.portal.batch import Call, Done, Outcome
from b24app.portal.names import Names
from b24app.web.company_knowledge import Known, Received, what_is_known
from b24app.web.context import web
from b24app.web.receivables import Picture, picture
from b24app.web.render import opened_page, page
from b24app.web.visitors import Visitor, visitor
from rules.debt_record import CLOSED, WAITING
from rules.decision import Text

bp = Blueprint("receivables_tab", __name__, url_prefix="/placement")

DEBT_FIELDS = (
    "id",
    "title",
    "stage",
    "shipment_number",
    "shipment_date",
    "due_date",
    "amount",
    "paid",
    "outstanding",
    "sent_pre",
    "sent_due",
)
TOTALS = ("debt_in_period", "debt_overdue", "advance")
PAGE = 50
PAGES = 10
"""pages of records shown at most; a company with more than 500 open debts needs a report, not a tab"""

_STAGE = re.compile(r"DT(\d+)_(\d+):")
_NO_CARD = Text("Поле PLACEMENT_OPTIONS: нет номера карточки (ID)", "Field PLACEMENT_OPTIONS: no card's number (ID)")


@dataclass(frozen=True, slots=True)
class Found:
    """What the viewer's token has read."""

    company: Mapping[str, Any]
    debts: list[Mapping[str, Any]]
    complete: bool


@bp.post("/company-receivables")
def show() -> str | tuple[str, int]:
    """The tab of a company's card."""
    viewer = visitor(opened_page())
    return _shown(viewer, lambda names: _object_id(viewer.page))


@bp.post("/deal-receivables")
def show_of_deal() -> str | tuple[str, int]:
    """The same in a deal's card: what its company owes."""
    viewer = visitor(opened_page())
    return _shown(viewer, lambda names: _company_of_deal(viewer, names, _object_id(viewer.page)))


def _shown(viewer: Visitor, company_of: Callable[[Names], int | None]) -> str | tuple[str, int]:
    names = web().services.names(viewer.portal.id)
    if not names.has("spa.debt"):
        return page("note.html", title="tab_not_ready_title", text="tab_not_ready_text")
    try:
        company_id = company_of(names)
        if company_id is None:
            return page("note.html", title="tab_no_company_title", text="tab_no_company_text")
        found = _read(viewer, names, company_id)
    except (PortalRefused, ItemGone):
        return page("note.html", title="tab_closed_title", text="tab_closed_text"), 403
    zone = ZoneInfo(viewer.portal.time_zone)
    now = viewer.asker.now().astimezone(zone)
    drawn = picture(found.debts, now.date())
    with web().services.database.session() as session:
        known = what_is_known(session, viewer.portal.id, company_id, [debt.id for debt in drawn.debts])
    titles = _titles_of_paid(viewer, names, known.payments, {row["id"]: _name(row) for row in found.debts})
    return _drawn(found, drawn, known, names, now, titles)


def _drawn(found: Found, drawn: Picture, known: Known, names: Names, now: datetime, titles: Mapping[int, str]) -> str:
    return page(
        "receivables.html",
        picture=drawn,
        totals={name: found.company.get(name) for name in TOTALS},
        complete=found.complete,
        reason=known.type_reason.in_language(g.language),
        reminder=known.reminder_reason.in_language(g.language),
        next_at=known.next_at.astimezone(now.tzinfo) if known.next_at else None,
        next_rule=known.next_rule,
        messages=[replace(one, at=one.at.astimezone(now.tzinfo)) for one in known.messages],
        payments=[one for one in known.payments if not one.laid or titles.keys() & one.laid.keys()],
        titles=titles,
        last_message=drawn.last_message.astimezone(now.tzinfo) if drawn.last_message else None,
        now=now,
        debt_type=names.entity_type_id("debt"),
    )


def _company_of_deal(viewer: Visitor, names: Names, deal_id: int) -> int | None:
    (deal,) = viewer.batch([Call("crm.item.get", {"entityTypeId": names.entity_type_id("deal"), "id": deal_id})])
    company_id: int | None = names.from_rest("deal", _result(deal).get("item", {})).get("company_id")
    return company_id


def _object_id(opened: PlacementOpen) -> int:
    number = identifier(str(opened.options.get("ID", "")))
    if number is None:
        raise BadPayload(_NO_CARD, field="PLACEMENT_OPTIONS")
    return number


def _read(viewer: Visitor, names: Names, company_id: int) -> Found:
    """The company and its open debts; what the portal refuses is raised, and so nothing is shown."""
    dictionary = _stage_dictionary(names.stage_id(WAITING))
    company, debts, stages = viewer.batch(
        [
            Call("crm.item.get", {"entityTypeId": names.entity_type_id("company"), "id": company_id}),
            _debts_call(names, company_id, 0),
            Call("crm.status.list", {"filter": {"ENTITY_ID": dictionary}}),
        ]
    )
    card = names.from_rest("company", _result(company).get("item", {}))
    rows = list(_result(debts).get("items", []))
    total = debts.total if isinstance(debts, Done) and debts.total else len(rows)
    starts = range(PAGE, min(total, PAGE * PAGES), PAGE)
    if starts:
        for outcome in viewer.batch([_debts_call(names, company_id, start) for start in starts]):
            rows += _result(outcome).get("items", [])
    titles = _titles(stages)
    return Found(card, [_debt(names, row, titles) for row in rows], total <= PAGE * PAGES)


def _debts_call(names: Names, company_id: int, start: int) -> Call:
    return Call(
        "crm.item.list",
        {
            "entityTypeId": names.entity_type_id("debt"),
            "select": names.select("debt", [name for name in DEBT_FIELDS if names.has(f"debt.{name}")]),
            "filter": names.filter("debt", {"company_id": company_id, "!stage": CLOSED}),
            "order": {"id": "ASC"},
            "start": start,
        },
    )


def _titles_of_paid(
    viewer: Visitor, names: Names, payments: Iterable[Received], known: Mapping[int, str]
) -> Mapping[int, str]:
    """What the records that payments went to are called, as far as the viewer may see them: paid ones are closed,
    and so not among those that were read."""
    wanted = sorted({id for one in payments for id in one.laid})
    missing = [id for id in wanted if id not in known]
    calls = [_titles_call(names, missing[n : n + PAGE]) for n in range(0, len(missing), PAGE)]
    rows = [row for outcome in (viewer.batch(calls) if calls else ()) for row in _result(outcome).get("items", [])]
    return {**known, **{row["id"]: _name(row) for row in (names.from_rest("debt", row) for row in rows)}}


def _titles_call(names: Names, ids: list[int]) -> Call:
    select = names.select("debt", [one for one in ("id", "title", "shipment_number") if names.has(f"debt.{one}")])
    kind = names.entity_type_id("debt")
    return Call("crm.item.list", {"entityTypeId": kind, "select": select, "filter": {"@id": ids}, "start": -1})


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("shipment_number") or row.get("title") or row["id"])


def _debt(names: Names, row: Mapping[str, Any], titles: Mapping[str, str]) -> Mapping[str, Any]:
    return {**names.from_rest("debt", row), "stage_title": titles.get(str(row.get("stageId")), "")}


def _result(outcome: Outcome) -> Mapping[str, Any]:
    """The answer of a command; a refusal is raised."""
    if isinstance(outcome, Done):
        return outcome.result if isinstance(outcome.result, dict) else {}
    error: AppError = outcome.error
    raise error


def _titles(outcome: Outcome) -> dict[str, str]:
    """The portal's own words for stages; the tab can do without them."""
    if isinstance(outcome, Done) and isinstance(outcome.result, list):
        return {str(row.get("STATUS_ID")): str(row.get("NAME", "")) for row in outcome.result}
    return {}


def _stage_dictionary(stage_id: str) -> str:
    """The dictionary a smart process's stage belongs to: `DT1036_14:NEW` is of `DYNAMIC_1036_STAGE_14`
    (api-reference/crm/status/index.md)."""
    found = _STAGE.match(stage_id)
    return f"DYNAMIC_{found[1]}_STAGE_{found[2]}" if found else ""
