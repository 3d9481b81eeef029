"""Records of working time in REST 3.0: `timeman.record.*` (api-reference/timeman/record)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.v3 import denied, invalid, method_v3, refusal
from sandbox.social import workdays
from sandbox.social.workdays import Workday
from sandbox.tasks import access

RECORD = Dto(
    "RecordDto",
    props_of(
        """
        id int s
        userId int fs
        startTime DateTime fs
        endTime DateTime s
        duration int s
        breakLength int
        state object
        isApproved bool
        """
    ),
)
_FOREVER = 1 << 40
describe("timeman.record", "timeman", RECORD)


@method_v3("timeman.record.list", "timeman", "filter:any select:any order:any pagination:any")
def record_list(call: Call) -> dict[str, Any]:
    """The days of the one employee that the filter must name: one's own, or of one's subordinates."""
    asked = [one.value for one in dto.filter_of(call, RECORD).conditions() if one.prop.name == "userId"]
    users = {user for value in asked for user in (value if isinstance(value, list) else [value])}
    if not users:
        raise invalid(("filter.userId", "Required field `filter.userId` is not specified"))
    if len(users) > 1:
        raise refusal("INVALIDFILTER", "Multiple different `userId` values were provided in one request")
    user = users.pop()
    if not access.free(call) and user not in access.staff(call, call.user):
        raise denied()
    days = workdays.between(call.portal.store, user, 0, _FOREVER)
    return dto.page(call, RECORD, [_record(call, day) for day in days])


def _record(call: Call, day: Workday) -> dict[str, Any]:
    iso = call.portal.clock.iso_at
    return {
        "id": day.id,
        "userId": day.user,
        "startTime": iso(day.start),
        "endTime": iso(day.finish) if day.finish is not None else None,
        "duration": workdays.duration(day),
        "breakLength": day.leaks,
        "state": workdays.status(call, day),
        "isApproved": not day.changed,
    }
