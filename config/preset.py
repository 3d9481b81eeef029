"""What a business wants from its portal: the model of a preset, and its loader from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from b24app.errors import PresetError
from config.limit import Limit, Setting, Template
from config.part import Part, Title, nearest
from rules.decision import Text

FOLDER = Path(__file__).parent / "presets"

FieldType = Literal["integer", "money", "date", "datetime", "boolean", "string", "enumeration", "double"]
Semantics = Literal["process", "success", "failure"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_STAGE = 14
_SEMANTICS_ORDER = ("process", "success", "failure")


class Stage(Part):
    """A stage of a funnel; the order in the file is the order on the kanban."""

    title: Title
    semantics: Semantics = "process"
    color: str = Field("#39A8EF", pattern=r"#[0-9A-F]{6}")


class Funnel(Part):
    """A funnel of deals."""

    title: Title
    stages: dict[str, Stage]

    @model_validator(mode="after")
    def _ordered(self) -> Funnel:
        check_stages(self.stages)
        return self


class UserField(Part):
    """A user field. `items` are the values of an enumeration: logical code -> what people see."""

    title: Title
    type: FieldType
    help: Title | None = None
    items: dict[str, Title] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _items_of_enumeration(self) -> UserField:
        if bool(self.items) != (self.type == "enumeration"):
            raise PydanticCustomError("items", "items belong to a field of type enumeration, which needs them")
        check_names(self.items)
        return self


class SmartProcess(Part):
    """A smart process: its stages (none: the process runs without), fields and links.

    `parents` are entities it is a child of; `client` gives it a company and contacts.
    """

    title: Title
    stages: dict[str, Stage] = Field(default_factory=dict)
    fields: dict[str, UserField]
    parents: tuple[Literal["lead", "deal", "contact", "company"], ...] = ()
    client: bool = True
    tasks: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> SmartProcess:
        if self.stages:
            check_stages(self.stages)
        check_names(self.fields)
        return self


class Kind(Part):
    """A value of the directory «company type»."""

    title: Title


class Role(Part):
    """Who a role is when no setting `role.NAME` names a user.

    `root_head`: the head of the topmost department. `department_head`: the head of the department
    called `department` (its name in any language of the title), else of the department most
    responsible employees belong to.
    """

    title: Title
    resolve: Literal["root_head", "department_head"]
    department: Title | None = None


class Placement(Part):
    """A page of the app inside the portal: the vendor's code of the place, and our path."""

    title: Title
    place: str = Field(pattern=r"[A-Z][A-Z0-9_]*")
    path: str = Field(pattern=r"/[a-z0-9/-]*")


class Badge(Part):
    """A badge on cards and on tiles of boards: its name, the word inside, and its colour by the vendor's types."""

    title: Title
    value: Title
    type: Literal["success", "failure", "warning", "primary", "secondary"]


CoreEntity = Literal["company", "deal", "contact", "lead"]


class Preset(Part):
    """Everything one kind of business needs. Names inside are local; `names` gives the full ones."""

    code: str
    title: Title
    description: Title
    types: dict[str, Kind] = Field(default_factory=dict)
    fields: dict[CoreEntity, dict[str, UserField]] = Field(default_factory=dict)
    funnels: dict[str, Funnel] = Field(default_factory=dict)
    smart_processes: dict[str, SmartProcess] = Field(default_factory=dict)
    limits: dict[str, Limit] = Field(default_factory=dict)
    templates: dict[str, Template] = Field(default_factory=dict)
    roles: dict[str, Role] = Field(default_factory=dict)
    placements: dict[str, Placement] = Field(default_factory=dict)
    badges: dict[str, Badge] = Field(default_factory=dict)
    behaviours: tuple[str, ...] = ()
    robots: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Preset:
        parts: list[Mapping[str, Part]] = [self.types, self.funnels, self.smart_processes, self.roles, self.placements]
        for part in (*parts, self.badges, self.templates, *self.fields.values()):
            check_names(part)
        # A template that cannot be filled in stops the loading, as any other default that does not fit.
        self.settings()
        for name in set(self.funnels) & set(self.smart_processes):
            raise PydanticCustomError("clash", 'a funnel and a smart process share the name "{name}"', {"name": name})
        for words in (self.behaviours, self.robots, self.triggers):
            if len(set(words)) != len(words):
                raise PydanticCustomError("twice", "a name is listed twice: {words}", {"words": ", ".join(words)})
        return self

    def names(self) -> frozenset[str]:
        """Every logical name this preset defines (`stage.debt.waiting`, `company.advance`)."""
        return frozenset(self._names())

    def stages(self) -> Iterator[tuple[str, dict[str, Stage]]]:
        """Funnels and smart processes with stages: local name -> stages in order."""
        for name, funnel in self.funnels.items():
            yield name, funnel.stages
        for name, process in self.smart_processes.items():
            if process.stages:
                yield name, process.stages

    def user_fields(self) -> Iterator[tuple[str, dict[str, UserField]]]:
        """Entities with fields of ours: entity -> fields by local name."""
        yield from self.fields.items()
        for name, process in self.smart_processes.items():
            yield name, process.fields

    def defaults(self) -> dict[str, Setting]:
        """The settings with their defaults."""
        return {key: limit.value for key, limit in self.settings().items()}

    def settings(self) -> dict[str, Limit]:
        """Everything that a portal may set: the limits, and the texts of the templates."""
        texts = (pair for purpose, template in self.templates.items() for pair in template.limits(purpose))
        return {**self.limits, **dict(texts)}

    def _names(self) -> Iterator[str]:
        for prefix, part in (
            ("type", self.types),
            ("funnel", self.funnels),
            ("spa", self.smart_processes),
            ("role", self.roles),
            ("placement", self.placements),
            ("badge", self.badges),
        ):
            yield from (f"{prefix}.{name}" for name in part)
        yield from (f"trigger.{code}" for code in self.triggers)
        for owner, stages in self.stages():
            yield from (f"stage.{owner}.{name}" for name in stages)
        for entity, fields in self.user_fields():
            yield from (f"{entity}.{name}" for name in fields)


def check_names(names: Iterable[str]) -> None:
    """Logical names are small Latin words joined by underscores."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise PydanticCustomError("name", 'a name is written like "due_date", not "{name}"', {"name": name})


def check_stages(stages: Mapping[str, Stage]) -> None:
    """Stages in progress, then exactly one success, then failures (crm.status.add wants this order).

    A stage's code on the portal is its name; with the funnel's prefix it may have 21 characters.
    """
    check_names(stages)
    for name in stages:
        if len(name) > _LONGEST_STAGE:
            raise PydanticCustomError("long", 'the name of a stage has at most 14 letters: "{name}"', {"name": name})
    order = [_SEMANTICS_ORDER.index(stage.semantics) for stage in stages.values()]
    if order != sorted(order) or order.count(1) != 1 or 0 not in order or 2 not in order:
        raise PydanticCustomError(
            "stages", "stages go in this order: one or more in progress, exactly one success, one or more failures"
        )


def known_presets() -> tuple[str, ...]:
    """The codes of the presets that come with the product."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_preset(code: str) -> Preset:
    """A preset of the product by its code; PresetError names the nearest one there is."""
    if code not in known_presets():
        near = nearest(code, known_presets())
        hint = f', did you mean "{near}"?' if near else f", there are: {', '.join(known_presets())}"
        raise PresetError(f'unknown preset "{code}"{hint}')
    return read_preset(FOLDER / f"{code}.toml")


def read_preset(path: Path) -> Preset:
    """A preset from a file; PresetError says which place of the file is wrong and what to change."""
    try:
        with path.open("rb") as file:
            preset = Preset.model_validate(tomllib.load(file))
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"{path.name}: not TOML: {error}") from None
    except ValidationError as error:
        places = [f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors()]
        raise PresetError(f"{path.name}: {'; '.join(places)}") from None
    if preset.code != path.stem:
        raise PresetError(f'{path.name}: code: must be the name of the file, "{path.stem}"')
    return preset


def merge(presets: Iterable[Preset]) -> Preset:
    """Several presets of one portal as one; a name they define differently is a PresetError."""
    merged: dict[str, Any] = {}
    for preset in presets:
        merged = _merged(merged, dict(preset), preset.code) if merged else dict(preset)
    if not merged:
        raise PresetError("no preset was chosen")
    return Preset.model_construct(**merged)


def _merged(first: dict[str, Any], second: dict[str, Any], code: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "code": f"{first['code']}+{code}",
        "title": _joined(first["title"], second["title"]),
        "description": _joined(first["description"], second["description"]),
        "fields": {
            entity: _union(
                first["fields"].get(entity, {}), second["fields"].get(entity, {}), f"{code}: fields.{entity}"
            )
            for entity in dict.fromkeys((*first["fields"], *second["fields"]))
        },
    }
    for key in first.keys() - result.keys():
        if isinstance(first[key], dict):
            result[key] = _union(first[key], second[key], f"{code}: {key}")
        else:
            result[key] = tuple(dict.fromkeys((*first[key], *second[key])))
    return result


def _joined(first: Text, second: Text) -> Text:
    return Text(f"{first.ru}; {second.ru}", f"{first.en}; {second.en}")


def _union(first: dict[str, Any], second: dict[str, Any], place: str) -> dict[str, Any]:
    for name in first.keys() & second.keys():
        if first[name] != second[name]:
            raise PresetError(f"{place}.{name}: another preset of this portal defines it differently")
    return {**first, **second}
