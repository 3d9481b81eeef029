"""The sections of cards: `crm.item.details.configuration.*` and the older ones of one kind of cards.

Sources: crm/universal/item-details-configuration, crm/deals/custom-form and its kin.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.crm import access
from sandbox.crm.records import refused
from sandbox.crm.schema import DEAL, INVOICE, LEAD, Entity, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

# User 0 stands for the form that all share; `variant` is the funnel, or the kind of leads.
declare(
    "CREATE TABLE IF NOT EXISTS crm_card_forms (entityTypeId INTEGER NOT NULL, variant INTEGER NOT NULL,"
    " user INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (entityTypeId, variant, user))"
)
COMMON = 0
_OLD = {"lead": 1, "deal": 2, "contact": 3, "company": 4}
Form = tuple[int, int]


def _entity(call: Call) -> Entity:
    """The kind of cards that `entityTypeId` names."""
    value = call.get("entityTypeId")
    if not str(value or "").isdigit():
        raise refused("Parameter 'entityTypeId' is not defined")
    try:
        return schema_of(call.portal).entity(int(str(value)))
    except RestError:
        raise refused(f"The entity type '{value}' is not supported in current context.") from None


def _form(call: Call, entity: Entity) -> Form:
    """Which form of the kind is meant: funnels and simple or repeated leads have their own."""
    names = {DEAL: "dealCategoryId", LEAD: "leadCustomerType"}
    name = names.get(entity.id, "categoryId" if entity.id > INVOICE else "")
    given = call.mapping("extras").get(name)
    if str(given or "").isdigit():
        return entity.id, int(str(given))
    return entity.id, 1 if entity.id == LEAD else entity.schema.default_category(entity.id)


def _whose(call: Call, *, writing: bool) -> int:
    """The user whose form is meant. Others' forms, and writing the common one, are for administrators."""
    admin = call.source not in ("rest", "act") or call.portal.is_admin(call.user)
    if str(call.get("scope") or "P").upper() == "C":
        if writing and not admin:
            raise refused("Access denied.")
        return COMMON
    user = int(call.get("userId") or call.user)
    if user != call.user and not admin:
        raise refused("Access denied.")
    return user


def _sections(call: Call) -> list[dict[str, Any]]:
    """`data`, checked section by section in the vendor's words."""
    data = call.get("data")
    if not isinstance(data, (list, dict)):
        raise refused("Parameter 'data' must be array.")
    if isinstance(data, dict):
        if sorted(data) != [str(number) for number in range(len(data))]:
            raise refused("The data must be indexed array.")
        data = [data[str(number)] for number in range(len(data))]
    if not data:
        raise refused("There are no data to write.")
    return [_section(number, section) for number, section in enumerate(data)]


def _section(number: int, section: Any) -> dict[str, Any]:
    given = section if isinstance(section, dict) else {}
    if given.get("type") != "section":
        raise refused(f"Section at index {number} have type {given.get('type') or ''}. The expected type is 'section'.")
    for name in ("name", "title"):
        if not given.get(name):
            raise refused(f"Section at index {number} does not have {name}.")
    elements = given.get("elements") or []
    listed = list(elements.values()) if isinstance(elements, dict) else elements
    kept = [_element(number, place, element) for place, element in enumerate(listed)]
    return {"name": str(given["name"]), "title": str(given["title"]), "type": "section", "elements": kept}


def _element(number: int, place: int, element: Any) -> dict[str, Any]:
    given = element if isinstance(element, dict) else {}
    if not given.get("name"):
        raise refused(f"Element at index {place} in section at index {number} does not have name.")
    kept: dict[str, Any] = {"name": str(given["name"])}
    if given.get("optionFlags") is not None:
        kept["optionFlags"] = str(given["optionFlags"])
    if given.get("options"):
        kept["options"] = given["options"]
    return kept


def get(call: Call, entity: Entity) -> list[dict[str, Any]] | None:
    """The sections of a form, every element with its flags; null where nobody arranged it."""
    sql = "SELECT data FROM crm_card_forms WHERE entityTypeId = ? AND variant = ? AND user = ?"
    text = call.portal.store.value(sql, (*_form(call, entity), _whose(call, writing=False)))
    sections: list[dict[str, Any]] = json.loads(text) if text else []
    for section in sections:
        section["elements"] = [{"optionFlags": "0", **element} for element in section["elements"]]
    return sections or None


def put(call: Call, entity: Entity) -> bool:
    """Arranges the sections of a form."""
    user, sections = _whose(call, writing=True), _sections(call)
    row = (*_form(call, entity), user, json.dumps(sections, ensure_ascii=False))
    call.portal.store.execute("INSERT OR REPLACE INTO crm_card_forms VALUES (?, ?, ?, ?)", row)
    return True


def reset(call: Call, entity: Entity) -> bool:
    """Takes an arrangement back."""
    sql = "DELETE FROM crm_card_forms WHERE entityTypeId = ? AND variant = ? AND user = ?"
    call.portal.store.execute(sql, (*_form(call, entity), _whose(call, writing=True)))
    return True


def force(call: Call, entity: Entity) -> bool:
    """Everybody sees the common form from now on: personal ones are removed."""
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise refused("Access denied.")
    sql = "DELETE FROM crm_card_forms WHERE entityTypeId = ? AND variant = ? AND user <> ?"
    call.portal.store.execute(sql, (*_form(call, entity), COMMON))
    return True


Action = Callable[[Call, Entity], Any]
_VERBS: tuple[tuple[str, Action, bool], ...] = (
    ("get", get, False),
    ("set", put, True),
    ("reset", reset, True),
    ("forceCommonScopeForAll", force, True),
)


def _named(action: Action, entity_type_id: int | None) -> Callable[[Call], Any]:
    def run(call: Call) -> Any:
        entity = _entity(call) if entity_type_id is None else schema_of(call.portal).entity(entity_type_id)
        if entity.schema.access and access.mode_of(call, entity) == "none":
            raise refused("Access denied.")
        return action(call, entity)

    run.__doc__ = action.__doc__
    return run


for _verb, _action, _write in _VERBS:
    method(f"crm.item.details.configuration.{_verb}", "crm", write=_write)(_named(_action, None))
    for _name, _number in _OLD.items():
        method(f"crm.{_name}.details.configuration.{_verb}", "crm", write=_write)(_named(_action, _number))
