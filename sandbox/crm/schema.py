"""What this portal's CRM looks like now: types, fields, funnels, stages, currencies, in memory.

It is read from the tables once and kept until a change of the schema puts a new token into
`crm_schema`. Because the token lies in the database, a rolled back command and a restored
snapshot bring the right schema back by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.crm import seeds
from sandbox.crm.declarations import FIRST_SMART_PROCESS, SYSTEM, Declaration, smart_process
from sandbox.crm.fields import OLD_ONLY, Field, item_name, storage_of
from sandbox.crm.tables import history_table, item_table
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store

DEAL, CONTACT, COMPANY, LEAD, QUOTE, INVOICE = 2, 3, 4, 1, 7, 31


@dataclass(frozen=True, slots=True)
class Status:
    """An element of a directory (`crm.status`); stages carry semantics `S`, `F` or None."""

    id: int
    dictionary: str
    code: str
    name: str
    name_init: str
    sort: int
    system: str
    category: int | None
    color: str
    semantics: str | None

    @property
    def group(self) -> str:
        """The stage's group as items print it: `P`, `S` or `F`."""
        return self.semantics or "P"


@dataclass(frozen=True, slots=True)
class Category:
    """A funnel."""

    id: int
    name: str
    sort: int
    default: bool
    origin_id: str
    originator_id: str


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field as its settings describe it; `row` holds the remaining columns."""

    id: int
    entity: str
    name: str
    type: str
    multiple: bool
    row: dict[str, Any]


def field_of(user_field: UserField, name: str) -> Field:
    """A user field as a field of its object, called `name` in the new methods."""
    labels = user_field.row["labels"].get("editFormLabel") or {}
    return Field(
        name=name,
        old=user_field.name,
        type=user_field.type,
        title=labels.get("ru") or labels.get("en") or user_field.name,
        column=user_field.name,
        storage=storage_of(user_field.type, user_field=True, multiple=user_field.multiple),
        required=user_field.row["mandatory"] == "Y",
        multiple=user_field.multiple,
        user_field=True,
    )


class Entity:
    """One object type of this portal: the declaration plus user fields and links to parents."""

    def __init__(self, schema: Schema, entity_type_id: int, declaration: Declaration, flags: dict[str, str]) -> None:
        self.schema = schema
        self.id = entity_type_id
        self.declaration = declaration
        self.flags = flags
        self.table = item_table(entity_type_id)
        self.history = history_table(entity_type_id)
        every = list(self._all_fields())
        self.fields: dict[str, Field] = {field.name: field for field in every if field.name != OLD_ONLY}
        self.original: dict[str, Field] = {f.column if f.user_field else f.name: f for f in self.fields.values()}
        self.old: dict[str, Field] = {self._old_name(f): f for f in every if self._old_name(f)}
        self.upper: dict[str, Field] = {f.upper: f for f in self.fields.values() if not f.user_field}
        self.has_stages = "stageId" in self.fields
        self.has_categories = "categoryId" in self.fields
        self.has_multifields = entity_type_id in (LEAD, CONTACT, COMPANY)
        # Compiled statements and printers by their selection (see `printing`).
        self.compiled: dict[Any, Any] = {}

    def _old_name(self, field: Field) -> str:
        return field.column if field.user_field else field.old or ""

    def _all_fields(self) -> Iterator[Field]:
        yield from (field for field in self.declaration.head if self._enabled(field))
        yield from self._user_fields()
        declared = {field.name for field in self.declaration.head}
        yield from (field for field in self._parents() if field.name not in declared)
        yield from (field for field in self.declaration.tail if self._enabled(field))

    def _enabled(self, field: Field) -> bool:
        return not field.option or self.flags.get(field.option, "Y") == "Y"

    def _user_fields(self) -> Iterator[Field]:
        taken = {field.name for field in (*self.declaration.head, *self.declaration.tail)}
        for user_field in self.schema.user_fields.get(self.declaration.user_fields, []):
            name = item_name(user_field.name)
            if name in taken:
                name = user_field.name
            taken.add(name)
            yield field_of(user_field, name)

    def _parents(self) -> Iterator[Field]:
        for parent in self.schema.parents_of(self.id):
            title = self.schema.title_of(parent)
            old = f"PARENT_ID_{parent}" if self.id < INVOICE else None
            name = f"parentId{parent}"
            yield Field(name, old, "crm_entity", title, column=name, storage="int", parent=parent)

    @cached_property
    def columns(self) -> list[str]:
        """The columns of the table that this portal's fields use."""
        return [field.column for field in self.fields.values() if field.column]

    def spelled(self, original_names: bool) -> dict[str, Field]:
        """The fields by the spelling that `useOriginalUfNames` asks for."""
        return self.original if original_names else self.fields

    def dictionary(self, category: int) -> str:
        """The directory of the stages of a funnel."""
        if self.id == LEAD:
            return "STATUS"
        if self.id == QUOTE:
            return "QUOTE_STATUS"
        if self.id == DEAL:
            return f"DEAL_STAGE_{category}" if category else "DEAL_STAGE"
        if self.id == INVOICE:
            return f"SMART_INVOICE_STAGE_{category}"
        return f"DYNAMIC_{self.id}_STAGE_{category}"

    def prefix(self, category: int) -> str:
        """What the codes of a funnel's stages begin with, the colon included."""
        if self.id in (LEAD, QUOTE) or (self.id == DEAL and not category):
            return ""
        return f"C{category}:" if self.id == DEAL else f"DT{self.id}_{category}:"

    def stages(self, category: int) -> list[Status]:
        """The stages of a funnel in their order."""
        return self.schema.statuses.get(self.dictionary(category), [])

    def stage(self, category: int, code: str) -> Status | None:
        """A stage of a funnel by its code."""
        return self.schema.by_code.get((self.dictionary(category), code))


class Schema:
    """The schema of one portal at one token."""

    def __init__(self, store: Store, token: str) -> None:
        self.store = store
        self.token = token
        self._entities: dict[int, Entity] = {}
        for entity_type_id in self.types:
            name_events(entity_type_id)

    @cached_property
    def statuses(self) -> dict[str, list[Status]]:
        """Directories by name; elements in the order of `sort`."""
        result: dict[str, list[Status]] = {}
        for row in self.store.rows("SELECT * FROM crm_statuses ORDER BY entityId, sort, id"):
            result.setdefault(row["entityId"], []).append(Status(*tuple(row)))
        return result

    @cached_property
    def by_code(self) -> dict[tuple[str, str], Status]:
        """Elements of directories by (directory, code)."""
        return {(s.dictionary, s.code): s for group in self.statuses.values() for s in group}

    @cached_property
    def _categories(self) -> dict[int, list[Category]]:
        result: dict[int, list[Category]] = {}
        for row in self.store.rows("SELECT * FROM crm_categories ORDER BY entityTypeId, sort, id"):
            category = Category(
                row["id"], row["name"], row["sort"], row["isDefault"] == "Y", row["originId"], row["originatorId"]
            )
            result.setdefault(row["entityTypeId"], []).append(category)
        return result

    def categories(self, entity_type_id: int) -> list[Category]:
        """The funnels of a type in their order; leads have none."""
        return self._categories.get(entity_type_id, [])

    def default_category(self, entity_type_id: int) -> int:
        """The funnel of an item that names none."""
        for category in self.categories(entity_type_id):
            if category.default:
                return category.id
        return 0

    @cached_property
    def user_fields(self) -> dict[str, list[UserField]]:
        """User fields by entity (`CRM_DEAL`), in the order of their creation."""
        result: dict[str, list[UserField]] = {}
        for row in self.store.rows("SELECT * FROM crm_userfields ORDER BY id"):
            data = dict(row)
            data["settings"], data["labels"] = json.loads(row["settings"]), json.loads(row["labels"])
            field = UserField(
                row["id"], row["entityId"], row["fieldName"], row["userTypeId"], row["multiple"] == "Y", data
            )
            result.setdefault(field.entity, []).append(field)
        return result

    @cached_property
    def types(self) -> dict[int, dict[str, Any]]:
        """Smart processes by entity type id: `crm_types` rows with `flags` parsed."""
        rows = (dict(row) for row in self.store.rows("SELECT * FROM crm_types ORDER BY id"))
        return {row["entityTypeId"]: {**row, "flags": json.loads(row["flags"])} for row in rows}

    @cached_property
    def relations(self) -> list[dict[str, Any]]:
        """Links between types: `parentTypeId`, `childTypeId` and their two marks."""
        return [dict(row) for row in self.store.rows("SELECT * FROM crm_relations ORDER BY parentTypeId, childTypeId")]

    def parents_of(self, entity_type_id: int) -> list[int]:
        """The types whose items can be parents (contacts and companies have their own fields for it)."""
        return [
            r["parentTypeId"]
            for r in self.relations
            if r["childTypeId"] == entity_type_id and not (r["isPredefined"] == "Y" and r["parentTypeId"] in (3, 4))
        ]

    def title_of(self, entity_type_id: int) -> str:
        """What people call a type."""
        if entity_type_id in self.types:
            return str(self.types[entity_type_id]["title"])
        return SYSTEM[entity_type_id].title

    @cached_property
    def rates(self) -> dict[str, Decimal]:
        """Currencies by code: units of the base currency for one unit of this one."""
        rows = self.store.rows("SELECT currency, amountCnt, amount FROM crm_currencies")
        return {row["currency"]: Decimal(row["amount"]) / row["amountCnt"] for row in rows}

    @cached_property
    def base_currency(self) -> str:
        """The code of the base currency."""
        return str(self.store.value("SELECT currency FROM crm_currencies WHERE base = 'Y'") or "RUB")

    @cached_property
    def access(self) -> dict[tuple[int, int], str]:
        """Rights that differ from `all`: (user, type) -> `own` or `none`."""
        return {(r["user"], r["entityTypeId"]): r["mode"] for r in self.store.rows("SELECT * FROM crm_access")}

    def entity(self, entity_type_id: int) -> Entity:
        """An object type; NOT_FOUND for a number that is none on this portal."""
        found = self._entities.get(entity_type_id)
        if found is None:
            found = self._entities[entity_type_id] = self._build(entity_type_id)
        return found

    def _build(self, entity_type_id: int) -> Entity:
        if entity_type_id in SYSTEM:
            return Entity(self, entity_type_id, SYSTEM[entity_type_id], {})
        row = self.types.get(entity_type_id)
        if row is not None:
            declaration = smart_process(entity_type_id, row["id"], row["title"])
            return Entity(self, entity_type_id, declaration, row["flags"])
        if entity_type_id == 5:
            raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "Entity type INVOICE is not supported")
        raise RestError("NOT_FOUND", "Смарт-процесс не найден")

    def all_types(self) -> list[int]:
        """Every object type of this portal."""
        return [*SYSTEM, *self.types]

    def of_user_fields(self, entity: str) -> int | None:
        """The object type of a user field entity: `CRM_DEAL` -> 2, `CRM_5` -> the type with id 5."""
        for entity_type_id, declaration in SYSTEM.items():
            if declaration.user_fields == entity:
                return entity_type_id
        return next((t for t, row in self.types.items() if f"CRM_{row['id']}" == entity), None)


def name_events(entity_type_id: int) -> None:
    """Makes `ONCRMDYNAMICITEMADD_{type}` and its kin known to event.bind."""
    if entity_type_id >= FIRST_SMART_PROCESS or entity_type_id == INVOICE:
        events("crm", *(f"ONCRMDYNAMICITEM{what}_{entity_type_id}" for what in ("ADD", "UPDATE", "DELETE")))


_LOOKED: WeakKeyDictionary[Store, tuple[int, Schema]] = WeakKeyDictionary()


def schema_of(portal: Portal) -> Schema:
    """The current schema of a portal; an empty CRM is filled with its default data first.

    While nothing at all has been written since the last look the schema is the same.
    """
    store = portal.store
    looked, schema = _LOOKED.get(store, (-1, None))
    if schema is not None and looked == store.changes:
        return schema
    token = store.value("SELECT token FROM crm_schema")
    if token is None:
        seeds.plant(store)
        store.execute("INSERT INTO crm_schema VALUES (lower(hex(randomblob(8))))")
        token = store.value("SELECT token FROM crm_schema")
    if schema is None or schema.token != token:
        schema = Schema(store, token)
    _LOOKED[store] = (store.changes, schema)
    return schema


def touch(portal: Portal) -> None:
    """Says that the schema has changed: the next command reads it anew."""
    portal.store.execute("UPDATE crm_schema SET token = lower(hex(randomblob(8)))")


def with_dictionary(entity: Entity, field: Field) -> Field:
    """The field with the directory of its values; stages of a type with funnels take the default one."""
    if field.name in ("stageId", "previousStageId") and entity.id not in (LEAD, DEAL):
        return replace(field, dictionary=entity.dictionary(entity.schema.default_category(entity.id)))
    return field
