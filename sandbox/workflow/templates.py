"""Templates of business processes: kept by applications, started by hand or when a card is saved."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.automation.documents import document_of, document_type
from sandbox.kernel.portal import ItemSaved, Portal
from sandbox.kernel.store import declare
from sandbox.workflow import actions, activities, giving, messages, process, states
from sandbox.workflow.bpt import TemplateFile, node

# Imported for what they register.
_ = (actions, activities, giving, messages, states)

declare(
    "CREATE TABLE IF NOT EXISTS bp_templates (id INTEGER PRIMARY KEY, app TEXT NOT NULL, module TEXT NOT NULL,"
    " entity TEXT NOT NULL, document_type TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,"
    " auto_execute INTEGER NOT NULL, tree TEXT NOT NULL, parameters TEXT NOT NULL, variables TEXT NOT NULL,"
    " constants TEXT NOT NULL, modified TEXT NOT NULL, user INTEGER NOT NULL, system_code TEXT NOT NULL)"
)
ON_CREATION, ON_CHANGE = 1, 2


def file_columns(file: TemplateFile) -> dict[str, str]:
    """The columns that a template file fills."""
    return {
        "tree": json.dumps(file.root.printed(), ensure_ascii=False),
        "parameters": json.dumps(file.parameters, ensure_ascii=False),
        "variables": json.dumps(file.variables, ensure_ascii=False),
        "constants": json.dumps(file.constants, ensure_ascii=False),
    }


def template(portal: Portal, number: int) -> sqlite3.Row | None:
    """A template by its number."""
    return portal.store.one("SELECT * FROM bp_templates WHERE id = ?", (number,))


def _defaults(text: str) -> dict[str, Any]:
    """The default values of declared parameters, variables or constants."""
    found = {}
    for name, described in json.loads(text).items():
        found[name] = described.get("Default") if isinstance(described, Mapping) else described
    return found


def start(portal: Portal, row: sqlite3.Row, document: list[str], user: int, given: Mapping[str, Any]) -> str:
    """Starts a template on a document; parameters that are not given have their defaults."""
    order = process.Start(
        template_id=row["id"],
        name=row["name"],
        root=node(json.loads(row["tree"])),
        document=document,
        user=user,
        variables=_defaults(row["variables"]),
        parameters={**_defaults(row["parameters"]), **given},
        constants=_defaults(row["constants"]),
    )
    return process.start(portal, order)


def watch(portal: Portal) -> None:
    """Listens to saved cards while a template wants to start by itself."""
    wanted = portal.store.value("SELECT 1 FROM bp_templates WHERE auto_execute > 0 LIMIT 1")
    portal.on_saved = (lambda saved: _saved(portal, saved)) if wanted else None


def _saved(portal: Portal, saved: ItemSaved) -> None:
    """Starts the templates of this card's type; what automation changed starts none again."""
    if saved.user is None and not saved.created:
        return
    rows = portal.store.rows(
        "SELECT * FROM bp_templates WHERE module = 'crm' AND document_type = ? AND auto_execute & ? ORDER BY id",
        (document_type(saved.entity_type_id)[2], ON_CREATION if saved.created else ON_CHANGE),
    )
    document = document_of(saved.entity_type_id, saved.item_id)
    for row in rows:
        start(portal, row, document, saved.user or 0, {})
