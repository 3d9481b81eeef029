"""Logical names and this portal's ids, both ways: REST spelling stops here."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from typing import Any

from b24app.errors import PortalRefused, PresetError
from b24app.portal import values
from b24app.portal.fields import (
    ENTITIES,
    NAMED_TYPES,
    STANDARD,
    VALUE_KINDS,
    WITH_ORIGIN,
    WRITTEN_ONLY,
    Field,
    usual_fields,
)

log = logging.getLogger(__name__)

# The mark of everything the app creates where the portal has a place for it (originatorId).
ORIGINATOR = "b24app"
# Leads, deals and invoices always have stages (~/crm/crm-stage-history-list.md).
_STAGED = (1, 2, 31)

_CONDITION = re.compile(r"([!<>=@%]*)(\w+)")

Fields = Mapping[str, Any]


class Names:
    """The names of one portal, from its binding.

    `binding` maps a logical name to the manifest's entry (`kind`, `entityTypeId`, `id`, `code`,
    `item_code`, `type`). Unknown names raise PresetError, which says that the portal has to be
    provisioned.
    """

    def __init__(self, binding: Mapping[str, Mapping[str, Any]]) -> None:
        self._binding = binding
        self._types = dict(ENTITIES)
        for name, value in binding.items():
            if name.startswith("spa."):
                self._types[name.removeprefix("spa.")] = int(value["entityTypeId"])
        self._entities = {number: entity for entity, number in self._types.items()}
        self._fields = {entity: self._fields_of(entity) for entity in self._types}
        self._logical = {
            entity: {field.rest: name for name, field in fields.items() if field.type != WRITTEN_ONLY}
            for entity, fields in self._fields.items()
        }
        self._named_values = self._values_by_id()

    # --- names ------------------------------------------------------------------------------

    @property
    def entities(self) -> Collection[str]:
        """Every entity this portal's names cover."""
        return self._types.keys()

    def has(self, name: str) -> bool:
        """Whether a logical name (`debt.amount`, `stage.active.shipped`, `company`) means something here."""
        entity, _, field = name.partition(".")
        return name in self._binding or name in self._types or field in self._fields.get(entity, {})

    def entry(self, name: str) -> Mapping[str, Any]:
        """The binding of a logical name as the manifest prints it."""
        try:
            return self._binding[name]
        except KeyError:
            raise _unknown(name) from None

    def entity_type_id(self, entity: str) -> int:
        """The portal's number of an entity (`deal` -> 2)."""
        try:
            return self._types[entity]
        except KeyError:
            raise _unknown(entity) from None

    def entity_of(self, entity_type_id: int) -> str | None:
        """The entity with this number; None for one the app does not work with."""
        return self._entities.get(entity_type_id)

    def stage_id(self, name: str) -> str:
        """The portal's id of a stage (`stage.active.shipped` -> `C5:UC_7F3K2A`)."""
        return str(self.entry(name)["id"])

    def has_stages(self, entity: str) -> bool:
        """Whether objects of the entity move along stages; a smart process may have none."""
        number = self.entity_type_id(entity)
        return number in _STAGED or any(key[:2] == (number, "stage") for key in self._named_values)

    def stage_name(self, entity: str, stage_id: str) -> str:
        """The logical name of a stage, or its id when it has none."""
        return self._name_of(entity, "stage", stage_id)

    def category_id(self, name: str) -> int:
        """The portal's id of a funnel (`funnel.active` -> 5)."""
        return int(self.entry(name)["id"])

    def category_name(self, entity: str, category_id: int | str) -> str:
        """The logical name of a funnel, or its id as text."""
        return self._name_of(entity, "category", category_id)

    def type_id(self, name: str) -> str:
        """The portal's id of a type (`type.client` -> `CUSTOMER`)."""
        return str(self.entry(name)["id"])

    def type_name(self, entity: str, type_id: str) -> str:
        """The logical name of a type, or its id."""
        return self._name_of(entity, "type", type_id)

    def field(self, entity: str, name: str) -> str:
        """The name in crm.item.* of an entity's logical field."""
        return self._field(entity, name).rest

    # --- rows and filters -------------------------------------------------------------------

    def to_rest(self, entity: str, fields: Fields) -> dict[str, Any]:
        """Logical fields as crm.item.add and crm.item.update take them."""
        spelled = ((self._field(entity, name), value) for name, value in fields.items())
        return {field.rest: self._to_rest(field, value) for field, value in spelled}

    def from_rest(self, entity: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of crm.item.* in logical names and Python values; fields without a name are left out.

        A value that cannot be read (a word where an amount belongs) counts as empty: one bad card
        must not stop the work for all the others.
        """
        logical = self._logical[entity]
        found = ((logical[rest], value) for rest, value in row.items() if rest in logical)
        return {name: self._readable(entity, row, name, value) for name, value in found}

    def select(self, entity: str, names: Collection[str] | None) -> list[str]:
        """The fields to ask for: the named ones and the id, or the entity's usual ones and all of the preset's."""
        if names is None:
            usual = usual_fields(entity)
            names = [name for name in self._fields[entity] if name in usual or name not in STANDARD]
        return list(dict.fromkeys(["id", *(self.field(entity, name) for name in names)]))

    def filter(self, entity: str, where: Fields) -> dict[str, Any]:
        """A filter of crm.item.list: keys are logical names behind an operator (`>=updated_time`),
        a tuple, list or set means any of."""
        result = {}
        for key, value in where.items():
            operator, name = _split_condition(key)
            field = self._field(entity, name)
            many = isinstance(value, list | tuple | set | frozenset)
            if many and operator in ("", "=", "!"):
                operator = "!@" if operator == "!" else "@"
            result[operator + field.rest] = self._to_filter(field, value)
        return result

    # --- business keys ----------------------------------------------------------------------

    def key_fields(self, entity: str, key: str) -> dict[str, Any]:
        """The logical fields that mark a created object with its business key."""
        if self.entity_type_id(entity) in WITH_ORIGIN:
            return {"originator_id": ORIGINATOR, "origin_id": key}
        return {"app_key": key}

    def key_filter(self, entity: str, keys: Collection[str]) -> dict[str, Any]:
        """The REST filter that finds objects by their business keys."""
        if self.entity_type_id(entity) in WITH_ORIGIN:
            return self.filter(entity, {"=originator_id": ORIGINATOR, "@origin_id": list(keys)})
        return self.filter(entity, {"@app_key": list(keys)})

    def key_name(self, entity: str) -> str:
        """The logical field that holds the business key."""
        return "origin_id" if self.entity_type_id(entity) in WITH_ORIGIN else "app_key"

    # --- inside -----------------------------------------------------------------------------

    def _fields_of(self, entity: str) -> dict[str, Field]:
        """Logical name -> field; the preset's fields win over standard ones of the same name."""
        prefix = f"{entity}."
        own = {
            name.removeprefix(prefix): Field(
                str(value["item_code"]), str(value.get("type") or "string"), value.get("items") or {}
            )
            for name, value in self._binding.items()
            if name.startswith(prefix) and value.get("kind") == "field" and value.get("item_code")
        }
        return {**STANDARD, **own}

    def _values_by_id(self) -> dict[tuple[int, str, str], str]:
        return {
            (int(value["entityTypeId"]), VALUE_KINDS[value["kind"]], str(value["id"])): name
            for name, value in self._binding.items()
            if value.get("kind") in VALUE_KINDS
        }

    def _field(self, entity: str, name: str) -> Field:
        try:
            return self._fields[entity][name]
        except KeyError:
            raise _unknown(f"{entity}.{name}") from None

    def _name_of(self, entity: str, kind: str, value: Any) -> str:
        return self._named_values.get((self.entity_type_id(entity), kind, str(value)), str(value))

    def _to_rest(self, field: Field, value: Any) -> Any:
        if field.type in NAMED_TYPES:
            return "" if value is None else self._id_of(str(value))
        return values.to_rest(field.type, _item_ids(field, value))

    def _to_filter(self, field: Field, value: Any) -> Any:
        if field.type not in NAMED_TYPES:
            return values.to_filter(field.type, _item_ids(field, value), user_field=field.is_user_field)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._to_rest(field, item) for item in value]
        return self._to_rest(field, value)

    def _from_rest(self, entity: str, field: Field, value: Any) -> Any:
        if field.type not in NAMED_TYPES:
            read = values.from_rest(field.type, value)
            return _item_names(field, read) if field.items else read
        return None if value in (None, "") else self._name_of(entity, field.type, value)

    def _readable(self, entity: str, row: Mapping[str, Any], name: str, value: Any) -> Any:
        try:
            return self._from_rest(entity, self._fields[entity][name], value)
        except PortalRefused as error:
            if name == "id":
                raise
            log.warning("%s %s, field %s: %s", entity, row.get("id"), name, error)
            return None

    def _id_of(self, name: str) -> str:
        """The portal's id of a logical value; a value that is already an id stays as it is."""
        if name in self._binding:
            return str(self._binding[name]["id"])
        if re.match(r"(stage|lead_stage|funnel|type)\.", name):
            raise _unknown(name)
        return name


def _item_ids(field: Field, value: Any) -> Any:
    """Items of an enumeration by their ids; a number is an id already."""
    if isinstance(value, list | tuple | set | frozenset) and field.items:
        return [_item_ids(field, item) for item in value]
    if not isinstance(value, str) or field.type != "enumeration":
        return value
    if not field.items.get(value):
        raise _unknown(f"{field.rest}={value}")
    return field.items[value]


def _item_names(field: Field, value: Any) -> Any:
    """Items of an enumeration by their names; an item that people added stays a number."""
    if isinstance(value, list):
        return [_item_names(field, item) for item in value]
    return next((name for name, number in field.items.items() if number == value), value)


def _split_condition(key: str) -> tuple[str, str]:
    match = _CONDITION.fullmatch(key)
    if match is None:
        raise PresetError(f"{key!r} is no condition: an operator and a logical name are expected")
    return match[1], match[2]


def _unknown(name: str) -> PresetError:
    return PresetError(f"This portal has nothing bound to {name!r}: run provisioning")
