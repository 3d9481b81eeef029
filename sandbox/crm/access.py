"""Who may see and change what: everything, own items only, or nothing of a type.

Administrators may everything. For others a row of `crm_access` says `own` (items they are
responsible for), `none`, or `still` (all of them, without moving them between stages); without a
row they may read and change all items of the type.
"""

from __future__ import annotations

from typing import Literal

from sandbox.crm.declarations import SYSTEM
from sandbox.crm.schema import Entity, schema_of, touch
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.outsiders import is_outside
from sandbox.kernel.portal import Portal

Mode = Literal["all", "own", "none", "still"]


def set_mode(portal: Portal, user: int, entity_type_id: int, mode: Mode) -> None:
    """Gives a user the right to all items of a type, moved or still, to own ones, or to none."""
    schema_of(portal)
    portal.store.execute("DELETE FROM crm_access WHERE user = ? AND entityTypeId = ?", (user, entity_type_id))
    if mode != "all":
        portal.store.execute("INSERT INTO crm_access VALUES (?, ?, ?)", (user, entity_type_id, mode))
    touch(portal)


def mode_of(call: Call, entity: Entity) -> str:
    """The caller's right to items of a type: `all`, `own` or `none`."""
    mode = _granted(call, entity)
    return "all" if mode == "still" else mode


def require_moves(call: Call, entity: Entity) -> None:
    """Refuses someone who may change items of a type, but not their stages (crm-item-update.md)."""
    if _granted(call, entity) == "still":
        raise RestError("", "Недостаточно прав для смены стадии", 400)


def _granted(call: Call, entity: Entity) -> str:
    mode = entity.schema.access.get((call.user, entity.id), "all")
    if mode != "all" and (call.source in ("robot", "system") or call.portal.is_admin(call.user)):
        return "all"
    return mode


def allowed(call: Call, entity: Entity, responsible: int | None) -> bool:
    """Whether the caller may touch an item with this responsible person."""
    mode = mode_of(call, entity)
    return mode == "all" or (mode == "own" and responsible == call.user)


def denied() -> RestError:
    """The refusal of crm.item.*: status 400 (crm-item-get.md)."""
    return RestError("ACCESS_DENIED", "У вас недостаточно прав для просмотра этого элемента", 400)


def require_intranet(call: Call) -> None:
    """Refuses people from outside the company."""
    if is_outside(call):
        raise RestError("allowed_only_intranet_user", "Действие доступно только сотрудникам компании", 403)


def require_crm(call: Call) -> None:
    """Refuses, as the older methods do, someone who may read nothing of the CRM."""
    schema = schema_of(call.portal)
    if schema.access and all(mode_of(call, schema.entity(number)) == "none" for number in SYSTEM):
        raise RestError("", "Access denied.", 400)


def require_crm_admin(call: Call) -> None:
    """Refuses a caller who may not change the settings of the CRM."""
    require_intranet(call)
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Доступ запрещен", 400)


def require_settings(call: Call) -> None:
    """The same for the older methods: their refusal has an empty code."""
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("", "Access denied.", 400)
