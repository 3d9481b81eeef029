"""Errors of the portal that were reported against the documentation, while they are switched on (kernel/behaviour)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.crm.drafts import Draft
from sandbox.kernel import behaviour
from sandbox.kernel.call import Call

_ATOM = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)$")


def keep_company(call: Call, draft: Draft) -> None:
    """An emptied company is not saved by crm.item.update (b24-rest-docs#145); crm.deal.update and its kin save it."""
    company = "companyId"
    if draft.columns.get(company, 1) in (None, "", 0) and behaviour.on(call.portal, "company_not_cleared"):
        del draft.columns[company]


def pass_by_atom_dates(call: Call) -> None:
    """Conditions on dates in ATOM format filter nothing (b24-rest-docs#215)."""
    if behaviour.on(call.portal, "atom_dates_do_not_filter"):
        call.params = {**call.params, "filter": _without(call.mapping("filter"))}


def _without(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without(value) if isinstance(value, Mapping) else value
        for key, value in wanted.items()
        if not (isinstance(value, str) and _ATOM.match(value))
    }
