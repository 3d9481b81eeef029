"""Errors of the portal that were reported against the documentation, while they are switched on (kernel/behaviour)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.crm.drafts import Draft
from sandbox.crm.schema import COMPANY, Entity
from sandbox.kernel import behaviour
from sandbox.kernel.call import Call

_ATOM = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)$")


def keep_company(call: Call, entity: Entity, draft: Draft) -> None:
    """Emptied fields of a company, and the emptied company of another card, are not saved by crm.item.update
    (b24-rest-docs#145); crm.company.update, crm.deal.update and their kin save them."""
    if not behaviour.on(call.portal, "company_not_cleared"):
        return
    emptied = [name for name, value in draft.columns.items() if value in (None, "", 0)]
    for name in emptied:
        if entity.id == COMPANY or name == "companyId":
            del draft.columns[name]


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
