"""Analytics connectors and their sources: `biconnector.connector.*`, `biconnector.source.*`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.bi import rules
from sandbox.crm.values import truth
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table

_SCOPE = "biconnector"
_LONGEST = 512
_KINDS = ("STRING", "INTEGER", "BOOLEAN", "PASSWORD")
_NOT_CALLED = "the addresses of the connector are never called"

CONNECTOR = Table(
    "biconnector.connector",
    "item",
    "items",
    columns(
        "*-id:integer *title:string *logo:string description:string sort:integer *urlCheck:string *urlData:string"
        " *urlTableList:string *urlTableDescription:string *settings:array *-dateCreate:datetime"
    ),
    absent=("CONNECTOR_NOT_FOUND", "Connector was not found."),
    defaults={"sort": 100, "description": ""},
    births={"dateCreate": "now"},
)
SOURCE = Table(
    "biconnector.source",
    "item",
    "items",
    columns(
        "*-id:integer *title:string *-type:string *-code:string description:string active:boolean"
        " *-dateCreate:datetime *-dateUpdate:datetime *-createdById:integer *-updatedById:integer"
        " *=connectorId:integer *settings:array"
    ),
    absent=("SOURCE_NOT_FOUND", "Source was not found."),
    defaults={"type": "rest", "active": "true", "description": ""},
    births={"dateCreate": "now", "createdById": "user"},
    stamps={"dateUpdate": "now", "updatedById": "user"},
)
_CONNECTOR_LIST = tuple(column.name for column in CONNECTOR.columns if column.name != "settings")
_SOURCE_LIST = tuple(column.name for column in SOURCE.columns if column.name != "settings")


def _check_settings(settings: Any) -> None:
    for entry in settings.values() if isinstance(settings, Mapping) else settings or []:
        if not isinstance(entry, Mapping) or not all(entry.get(name) for name in ("type", "name", "code")):
            raise RestError(
                "VALIDATION_SETTINGS_MISSING_REQUIRED_FIELDS", 'Settings must include "type", "name" and "code" fields.'
            )
        for name in ("name", "code"):
            if len(str(entry[name])) > _LONGEST:
                code = f"VALIDATION_SETTINGS_{name.upper()}_TOO_LONG"
                raise RestError(code, f'Parameter "{name}" must be less than {_LONGEST} characters.')
        if entry["type"] not in _KINDS:
            raise RestError("VALIDATION_SETTINGS_INVALID_TYPE", 'Parameter "type" is not correct.')


def _connector(call: Call, row: Row) -> dict[str, Any]:
    shown = CONNECTOR.printed(call, row)
    return {**shown, "dateCreate": rules.moment(call, row["dateCreate"])}


@method("biconnector.connector.fields", _SCOPE)
def connector_fields(call: Call) -> dict[str, Any]:
    """The fields of a connector."""
    return rules.described(CONNECTOR.columns)


@method("biconnector.connector.add", _SCOPE, write=True)
def connector_add(call: Call) -> dict[str, Any]:
    """Adds a connector; returns its id."""
    fields = rules.sent(call, CONNECTOR.columns, new=True)
    _check_settings(fields["settings"])
    return {"id": CONNECTOR.insert(call, CONNECTOR.read(call, fields, None))["id"]}


@method("biconnector.connector.get", _SCOPE)
def connector_get(call: Call) -> dict[str, Any]:
    """One connector."""
    return {"item": _connector(call, CONNECTOR.need(call, rules.number(call)))}


@method("biconnector.connector.list", _SCOPE)
def connector_list(call: Call) -> list[dict[str, Any]]:
    """A page of connectors, as a bare list without a count."""
    rows = rules.listed(call, CONNECTOR, _CONNECTOR_LIST)
    return [rules.chosen(call, _connector(call, row)) for row in rows]


@method("biconnector.connector.update", _SCOPE, write=True)
def connector_update(call: Call) -> bool:
    """Changes a connector."""
    number = rules.number(call)
    fields = rules.sent(call, CONNECTOR.columns, new=False)
    before = CONNECTOR.need(call, number)
    _check_settings(fields.get("settings"))
    CONNECTOR.change(call, before, CONNECTOR.read(call, fields, before))
    return True


@method("biconnector.connector.delete", _SCOPE, write=True)
def connector_delete(call: Call) -> bool:
    """Deletes a connector without sources."""
    row = CONNECTOR.need(call, rules.number(call))
    if SOURCE.where(call.portal, connectorId=row["id"]):
        raise RestError(
            "CONNECTOR_DELETE_RESTRICTED",
            "Connector cannot be removed. Remove the connections related to the connector first.",
        )
    CONNECTOR.remove(call, row)
    return True


# --- sources ------------------------------------------------------------------------------------


def _connection(call: Call, row: Row) -> dict[str, Any]:
    shown = SOURCE.printed(call, row)
    dates = {name: rules.moment(call, row[name]) for name in ("dateCreate", "dateUpdate")}
    kept = {name: value for name, value in shown.items() if name not in ("connectorId", "settings")}
    return {**kept, **dates, "active": truth(shown["active"])}


def _settings(call: Call, row: Row) -> list[dict[str, Any]]:
    """The connector's settings with the values of the source."""
    connector = CONNECTOR.need(call, row["connectorId"])
    values = json.loads(row["settings"] or "{}")
    declared = json.loads(connector["settings"] or "[]")
    entries = declared.values() if isinstance(declared, Mapping) else declared
    return [
        {
            **{n: entry[n] for n in ("code", "name", "type")},
            "value": values.get(entry["code"]),
            "id": row["id"] * 10 + i,
        }
        for i, entry in enumerate(entries, 1)
    ]


def _stored(call: Call, fields: dict[str, Any], before: Row | None) -> Row:
    if "active" in fields:
        fields["active"] = truth(fields["active"])
    return SOURCE.read(call, fields, before)


@method("biconnector.source.fields", _SCOPE)
def source_fields(call: Call) -> dict[str, Any]:
    """The fields of a source."""
    return rules.described(SOURCE.columns)


@method("biconnector.source.add", _SCOPE, write=True, partial=_NOT_CALLED)
def source_add(call: Call) -> dict[str, Any]:
    """Adds a source of a connector with values for its settings; returns its id."""
    fields = rules.sent(call, SOURCE.columns, new=True)
    CONNECTOR.need(call, int(fields["connectorId"]))
    if not isinstance(fields["settings"], Mapping):
        raise RestError("SOURCE_CREATE_CONNECTION_ERROR", "Cannot create connection.")
    row = SOURCE.insert(call, _stored(call, fields, None))
    call.portal.store.execute(f'UPDATE "{SOURCE.sql}" SET code = ? WHERE id = ?', (f"rest_{row['id']}", row["id"]))
    return {"id": row["id"]}


@method("biconnector.source.get", _SCOPE)
def source_get(call: Call) -> dict[str, Any]:
    """One source with its settings."""
    row = SOURCE.need(call, rules.number(call))
    item = {"connection": _connection(call, row), "connectorId": row["connectorId"], "settings": _settings(call, row)}
    return {"item": item}


@method("biconnector.source.list", _SCOPE)
def source_list(call: Call) -> list[dict[str, Any]]:
    """A page of sources, as a bare list without a count."""
    rows = rules.listed(call, SOURCE, _SOURCE_LIST)
    return [rules.chosen(call, {**_connection(call, row), "connectorId": row["connectorId"]}) for row in rows]


@method("biconnector.source.update", _SCOPE, write=True, partial=_NOT_CALLED)
def source_update(call: Call) -> bool:
    """Changes a source; settings that are not named keep their values."""
    number = rules.number(call)
    fields = rules.sent(call, SOURCE.columns, new=False)
    before = SOURCE.need(call, number)
    if "settings" in fields:
        if not isinstance(fields["settings"], Mapping):
            raise RestError("SOURCE_UPDATE_CONNECTION_ERROR", "Cannot update connection.")
        fields["settings"] = {**json.loads(before["settings"] or "{}"), **fields["settings"]}
    SOURCE.change(call, before, _stored(call, fields, before))
    return True


@method("biconnector.source.delete", _SCOPE, write=True)
def source_delete(call: Call) -> bool:
    """Deletes a source without data sets."""
    row = SOURCE.need(call, rules.number(call))
    if call.portal.store.value("SELECT 1 FROM plain_biconnector_dataset WHERE sourceId = ?", (row["id"],)):
        raise RestError("BX_ERROR", "Cannot delete source. Delete all related datasets first.")
    SOURCE.remove(call, row)
    return True
