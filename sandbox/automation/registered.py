"""Robots and actions that applications registered: `bizproc.robot.*` and `bizproc.activity.*` keep them here."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.automation.documents import document_type
from sandbox.kernel.apps import App, find_app
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

Kind = Literal["robot", "activity"]

declare(
    "CREATE TABLE IF NOT EXISTS robots (id INTEGER PRIMARY KEY, app TEXT NOT NULL, kind TEXT NOT NULL,"
    " code TEXT NOT NULL, fields TEXT NOT NULL, UNIQUE (app, kind, code))"
)


def localized(value: Any, language: str = "ru") -> str:
    """A text that may be a map of languages."""
    if isinstance(value, Mapping):
        return str(value.get(language) or value.get("en") or next(iter(value.values()), ""))
    return str(value or "")


def _yes(value: Any) -> bool:
    return str(value if value is not None else "N").upper() in ("Y", "1", "TRUE")


@dataclass(frozen=True, slots=True)
class Property:
    """One setting of a robot, in the form the settings slider and the designer show (setting-robot.md).

    `type` is bool, date, datetime, double, file, int, select, string, text, user or a type of the
    document; `options` are the choices of a select as (key, title)."""

    id: str
    name: str
    description: str
    type: str
    required: bool
    multiple: bool
    options: tuple[tuple[str, str], ...]
    default: Any

    def described(self) -> dict[str, Any]:
        """The property as an application's settings page is told about it."""
        return {
            "Id": self.id,
            "Type": self.type,
            "Name": self.name,
            "Description": self.description,
            "Multiple": self.multiple,
            "Required": self.required,
            "Options": dict(self.options) or "",
            "Settings": [],
            "Default": "" if self.default is None else self.default,
        }


def _property(code: str, given: Mapping[str, Any]) -> Property:
    named = {str(key).upper(): value for key, value in given.items()}
    options = named.get("OPTIONS")
    pairs = options.items() if isinstance(options, Mapping) else enumerate(options if isinstance(options, list) else [])
    return Property(
        id=code,
        name=localized(named.get("NAME")) or code,
        description=localized(named.get("DESCRIPTION")),
        type=str(named.get("TYPE") or "string"),
        required=_yes(named.get("REQUIRED")),
        multiple=_yes(named.get("MULTIPLE")),
        options=tuple((str(key), localized(title)) for key, title in pairs),
        default=named.get("DEFAULT"),
    )


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot (or an action of workflows) of an application; `fields` as they were registered."""

    app: str
    kind: Kind
    code: str
    fields: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name for people."""
        return localized(self.fields.get("NAME")) or self.code

    @property
    def description(self) -> str:
        """What it does, for people."""
        return localized(self.fields.get("DESCRIPTION"))

    @property
    def handler(self) -> str:
        """The address of the application that runs it."""
        return str(self.fields.get("HANDLER") or "")

    @property
    def placement_handler(self) -> str:
        """The address of its settings page in a slider, "" without one."""
        return str(self.fields.get("PLACEMENT_HANDLER") or "") if _yes(self.fields.get("USE_PLACEMENT")) else ""

    @property
    def properties(self) -> tuple[Property, ...]:
        """Its settings in order of declaration."""
        return self._described("PROPERTIES")

    @property
    def results(self) -> tuple[Property, ...]:
        """What it may return to the process."""
        return self._described("RETURN_PROPERTIES")

    def _described(self, name: str) -> tuple[Property, ...]:
        declared = self.fields.get(name)
        if not isinstance(declared, Mapping):
            return ()
        return tuple(_property(str(code), one) for code, one in declared.items() if isinstance(one, Mapping))

    def defaults(self) -> dict[str, Any]:
        """The default values of its settings."""
        return {one.id: one.default for one in self.properties if one.default not in (None, "")}

    def waits(self, placed: str = "") -> bool:
        """Whether the process waits for an answer: what the application fixed counts, else what
        whoever placed the robot chose, else it waits (bizproc-robot-add.md)."""
        return (str(self.fields.get("USE_SUBSCRIPTION") or "") or placed).upper() != "N"

    def suits(self, entity_type_id: int, edition: str) -> bool:
        """Whether the designer of this object type offers it (FILTER of bizproc-robot-add.md);
        `edition` is `b24` or `box`."""
        rules = {str(key).upper(): value for key, value in (self.fields.get("FILTER") or {}).items()}
        document = document_type(entity_type_id)
        included, excluded = rules.get("INCLUDE"), rules.get("EXCLUDE")
        if included and not _passes(included, document, edition):
            return False
        return not any(_matches(rule, document, edition) for rule in _listed(excluded))


def _listed(rules: Any) -> list[Any]:
    if isinstance(rules, Mapping):
        return list(rules.values())
    return list(rules) if isinstance(rules, list | tuple) else [rules] if rules else []


def _is_edition(rule: Any) -> bool:
    return isinstance(rule, str) and rule in ("b24", "box")


def _matches(rule: Any, document: list[str], edition: str) -> bool:
    if _is_edition(rule):
        return bool(rule == edition)
    parts = [str(part) for part in _listed(rule)]
    return bool(parts) and document[: len(parts)] == parts


def _passes(rules: Any, document: list[str], edition: str) -> bool:
    """Editions and document types are two questions: a list that names only one of them asks only that."""
    editions = [rule for rule in _listed(rules) if _is_edition(rule)]
    types = [rule for rule in _listed(rules) if not _is_edition(rule)]
    return (not editions or edition in editions) and (
        not types or any(_matches(rule, document, edition) for rule in types)
    )


def _robot(row: sqlite3.Row) -> Robot:
    return Robot(row["app"], row["kind"], row["code"], json.loads(row["fields"]))


def find(portal: Portal, code: str, app: str = "", kind: Kind | None = None) -> Robot | None:
    """A registered robot by its code; codes are unique in one application only, so without `app`
    the first application that has it is meant."""
    sql, values = "SELECT * FROM robots WHERE code = ?", [code]
    for column, wanted in (("app", app), ("kind", kind)):
        if wanted:
            sql, values = f"{sql} AND {column} = ?", [*values, str(wanted)]
    row = portal.store.one(sql + " ORDER BY id", values)
    return _robot(row) if row else None


def owner(portal: Portal, robot: Robot) -> App | None:
    """The installed application behind a robot, None when it is gone or not finished installing."""
    app = find_app(portal, robot.app)
    return app if app is not None and app.installed else None


def available(portal: Portal, entity_type_id: int) -> list[Robot]:
    """The robots that the designer of an object type offers, in order of registration."""
    rows = portal.store.rows("SELECT * FROM robots WHERE kind = 'robot' ORDER BY id")
    edition = "box" if portal.plan == "box" else "b24"
    found = [_robot(row) for row in rows]
    return [one for one in found if owner(portal, one) is not None and one.suits(entity_type_id, edition)]


def internal_code(app: str, code: str) -> str:
    """The name of an application's action inside of templates, without its `rest_` in front."""
    return hashlib.md5(f"{app}@{code}".encode(), usedforsecurity=False).hexdigest()


def by_activity_type(portal: Portal, name: str) -> Robot | None:
    """The robot or action that a template names `rest_<code>`: by the internal code, or by its own."""
    wanted = name.removeprefix("rest_")
    for row in portal.store.rows("SELECT * FROM robots ORDER BY id"):
        if wanted in (row["code"], internal_code(row["app"], row["code"])):
            return _robot(row)
    return None
