"""The cards an activity is shown in: `crm.activity.binding.*` (crm/timeline/activities/binding)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import activities, bindings
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_MOST = 100


def _denied() -> RestError:
    return RestError("ACCESS_DENIED", "Доступ запрещён", 400)


def _unbound() -> RestError:
    return RestError("BINDING_NOT_FOUND", "Дело не привязано к этому элементу", 400)


def _already_bound() -> RestError:
    return RestError("ACTIVITY_IS_ALREADY_BOUND", "Дело уже привязано к этому элементу", 400)


def _activity(call: Call) -> dict[str, Any]:
    row = activities.get(call.portal.store, call.integer("activityId"))
    if row is None:
        raise RestError("NOT_FOUND", "Element not found", 400)
    return row


def _card(call: Call, prefix: str = "") -> tuple[int, int]:
    """A card named by `entityTypeId` and `entityId`, or by the same names with a prefix; it need not exist."""
    names = ("EntityTypeId", "EntityId") if prefix else ("entityTypeId", "entityId")
    card = call.integer(prefix + names[0]), call.integer(prefix + names[1])
    if card[0] not in schema_of(call.portal).all_types():
        raise RestError("OWNER_NOT_FOUND", "Владелец элемента не найден", 400)
    return card


def _existing(call: Call, card: tuple[int, int], text: str) -> None:
    bindings.require(call, card, RestError("NOT_FOUND", text, 400), _denied())


@method("crm.activity.binding.list", "crm")
def binding_list(call: Call) -> list[dict[str, int]]:
    """The cards of an activity that the caller may see."""
    cards = activities.cards_of(call.portal.store, _activity(call)["id"])
    seen = [card for card in cards if bindings.permitted(call, card)]
    if cards and not seen:
        raise _denied()
    return [{"entityTypeId": card[0], "entityId": card[1]} for card in seen]


@method("crm.activity.binding.add", "crm", write=True)
def binding_add(call: Call) -> bool:
    """Binds an activity to one more card, up to a hundred."""
    card = _card(call)
    row = _activity(call)
    _existing(call, card, "Entity not found")
    cards = activities.cards_of(call.portal.store, row["id"])
    if card in cards:
        raise _already_bound()
    if len(cards) >= _MOST:
        return False
    activities.bind(call, row["id"], [card])
    return True


@method("crm.activity.binding.delete", "crm", write=True)
def binding_delete(call: Call) -> bool:
    """Takes an activity away from a card, but not from its last one."""
    card = _card(call)
    row = _activity(call)
    cards = activities.cards_of(call.portal.store, row["id"])
    if card not in cards:
        raise _unbound()
    if not bindings.permitted(call, card):
        raise _denied()
    if len(cards) == 1:
        raise RestError("LAST_BINDING_CANNOT_BE_DELETED", "Нельзя удалить единственную привязку дела", 400)
    activities.unbind(call, row, card)
    return True


@method("crm.activity.binding.move", "crm", write=True)
def binding_move(call: Call) -> bool:
    """Binds an activity to another card of the same type instead of this one."""
    source, target = _card(call, "source"), _card(call, "target")
    row = _activity(call)
    if source[0] != target[0]:
        raise RestError(
            "SOURCE_AND_TARGET_ENTITY_TYPES_ARE_NOT_EQUAL_ERROR", "Нельзя перенести дело в объект другого типа", 400
        )
    if source == target:
        raise RestError("SOURCE_AND_TARGET_ENTITY_ID_ARE_EQUAL_ERROR", "Нельзя перенести дело в тот же элемент", 400)
    for card in (source, target):
        _existing(call, card, "Element not found")
    cards = activities.cards_of(call.portal.store, row["id"])
    if source not in cards:
        raise _unbound()
    if target in cards:
        raise _already_bound()
    activities.bind(call, row["id"], [target])
    activities.unbind(call, row, source, target)
    return True
