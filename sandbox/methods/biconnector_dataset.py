"""Analytics data sets and their fields: `biconnector.dataset.*`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.bi import rules
from sandbox.crm.values import truth
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.biconnector import SOURCE
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table

_SCOPE = "biconnector"
_TYPES = ("int", "string", "double", "date", "datetime", "money")
_LONGEST_NAME, _LONGEST_FIELD = 230, 32
_SETTABLE = ("type", "name", "externalCode")
_FIELD_FORMAT = (
    'Field "name" has to start with an uppercase Latin character. Possible entry includes uppercase Latin characters'
    " (A-Z), numbers (0-9) and underscores."
)
_NAME_FORMAT = (
    "Dataset name has to start with a lowercase Latin character. Possible entry includes lowercase Latin characters"
    " (a-z), numbers (0-9) and underscores."
)
_NO_DATA = "no data is read through the source"

DATASET = Table(
    "biconnector.dataset",
    "item",
    "items",
    columns(
        "*-id:integer *=sourceId:integer *=name:string *-type:string description:string *=externalName:string"
        " *=externalCode:string *-externalId:integer *-dateCreate:datetime *-dateUpdate:datetime"
        " *-createdById:integer *-updatedById:integer *fields:array"
    ),
    absent=("DATASET_NOT_FOUND", "Dataset was not found."),
    defaults={"type": "rest", "description": ""},
    births={"dateCreate": "now", "createdById": "user"},
    stamps={"dateUpdate": "now", "updatedById": "user"},
)
_LIST = tuple(column.name for column in DATASET.columns if column.name != "fields")


def _entries(value: Any) -> list[dict[str, Any]]:
    found = value.values() if isinstance(value, Mapping) else value or []
    return [dict(entry) if isinstance(entry, Mapping) else {} for entry in found]


def _check_field(entry: Mapping[str, Any], missing: tuple[str, str]) -> None:
    if not all(entry.get(name) for name in _SETTABLE):
        raise RestError(*missing)
    name = str(entry["name"])
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
        raise RestError("VALIDATION_FIELD_NAME_INVALID_FORMAT", _FIELD_FORMAT)
    if len(name) > _LONGEST_FIELD:
        raise RestError("VALIDATION_FIELD_NAME_TOO_LONG", f'Field "name" must not exceed {_LONGEST_FIELD} characters.')
    if entry["type"] not in _TYPES:
        raise RestError("VALIDATION_FIELD_INVALID_TYPE", "Invalid field type.")


def _check_twins(entries: Sequence[Mapping[str, Any]]) -> None:
    for name, code, label in (
        ("externalCode", "VALIDATION_DUPLICATE_FIELD_CODE", "code"),
        ("name", "VALIDATION_DUPLICATE_FIELD_NAME", "name"),
    ):
        twice = rules.repeated([str(entry.get(name)) for entry in entries])
        if twice:
            raise RestError(code, f'Duplicate values found in the "{label}" parameter: {", ".join(twice)}')


def _check_name(call: Call, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RestError("VALIDATION_DATASET_NAME_INVALID", _NAME_FORMAT)
    if len(name) > _LONGEST_NAME:
        text = f"Dataset name must not exceed {_LONGEST_NAME} characters."
        raise RestError("VALIDATION_DATASET_NAME_TOO_LONG", text)
    if DATASET.where(call.portal, name=name):
        raise RestError("DATASET_ALREADY_EXIST", "Dataset with this name already exists.")


def _numbered(call: Call, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """New fields with ids of their own."""
    last = int(call.portal.store.setting("biconnector.field_id", 0))
    call.portal.store.set_setting("biconnector.field_id", last + len(entries))
    return [
        {"id": last + i, **{name: entry[name] for name in _SETTABLE}, "visible": True}
        for i, entry in enumerate(entries, 1)
    ]


@method("biconnector.dataset.fields", _SCOPE)
def dataset_fields(call: Call) -> dict[str, Any]:
    """The fields of a data set."""
    return rules.described(DATASET.columns)


@method("biconnector.dataset.add", _SCOPE, write=True, partial=_NO_DATA)
def dataset_add(call: Call) -> dict[str, Any]:
    """Adds a data set with its fields; returns its id."""
    fields = rules.sent(call, DATASET.columns, new=True)
    SOURCE.need(call, int(fields["sourceId"]))
    _check_name(call, fields["name"])
    entries = _entries(fields["fields"])
    missing = ("name", "externalCode", "type")
    text = f'Field must include the required parameters: "{missing[0]}", "{missing[1]}" and "{missing[2]}".'
    for entry in entries:
        _check_field(entry, ("VALIDATION_FIELD_MISSING_REQUIRED_PARAMETERS", text))
    _check_twins(entries)
    row = DATASET.insert(call, DATASET.read(call, {**fields, "fields": _numbered(call, entries)}, None))
    sql = f'UPDATE "{DATASET.sql}" SET externalId = ? WHERE id = ?'
    call.portal.store.execute(sql, (row["id"] + 200, row["id"]))
    return {"id": row["id"]}


def _printed(call: Call, row: Row) -> dict[str, Any]:
    shown = DATASET.printed(call, row)
    dates = {name: rules.moment(call, row[name]) for name in ("dateCreate", "dateUpdate")}
    return {**shown, **dates}


@method("biconnector.dataset.get", _SCOPE)
def dataset_get(call: Call) -> dict[str, Any]:
    """One data set with its fields; the source is not named."""
    row = DATASET.need(call, rules.number(call))
    shown = _printed(call, row)
    fields = [{"id": f["id"], "datasetId": row["id"], **f} for f in shown["fields"] or []]
    return {"item": {**{name: value for name, value in shown.items() if name != "sourceId"}, "fields": fields}}


@method("biconnector.dataset.list", _SCOPE)
def dataset_list(call: Call) -> list[dict[str, Any]]:
    """A page of data sets, as a bare list without a count."""
    rows = rules.listed(call, DATASET, _LIST)
    shown = [_printed(call, row) for row in rows]
    return [rules.chosen(call, {name: row[name] for name in _LIST}) for row in shown]


@method("biconnector.dataset.update", _SCOPE, write=True)
def dataset_update(call: Call) -> bool:
    """Changes a data set; its fields have a method of their own."""
    number = rules.number(call)
    if "fields" in call.mapping("fields"):
        text = 'Use the method "biconnector.dataset.fields.update" to update the dataset fields.'
        raise RestError("INVALID_METHOD", text)
    fields = rules.sent(call, DATASET.columns, new=False)
    before = DATASET.need(call, number)
    DATASET.change(call, before, DATASET.read(call, fields, before))
    return True


@method("biconnector.dataset.delete", _SCOPE, write=True)
def dataset_delete(call: Call) -> bool:
    """Deletes a data set."""
    DATASET.remove(call, DATASET.need(call, rules.number(call)))
    return True


@method("biconnector.dataset.fields.update", _SCOPE, write=True)
def fields_update(call: Call) -> bool:
    """Adds, shows or hides, and deletes fields of a data set, all or nothing."""
    row = DATASET.need(call, rules.number(call))
    fields = json.loads(row["fields"] or "[]")
    fields = _without(fields, call.listing("delete"))
    _show_or_hide(fields, _entries(call.get("update")))
    added = _entries(call.get("add"))
    _check_added(fields, added)
    everything = fields + _numbered(call, added)
    DATASET.change(call, row, {"fields": json.dumps(everything, ensure_ascii=False)})
    return True


def _without(fields: list[dict[str, Any]], gone: list[Any]) -> list[dict[str, Any]]:
    for number in gone:
        if not str(number).isdigit() or int(number) <= 0:
            raise RestError("VALIDATION_FIELD_DELETE_INVALID_ID", "ID to be deleted must be a positive integer.")
    ids = {int(number) for number in gone}
    return [field for field in fields if field["id"] not in ids]


def _show_or_hide(fields: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    by_id = {field["id"]: field for field in fields}
    for change in changes:
        if "id" not in change or "visible" not in change:
            raise RestError(
                "VALIDATION_FIELD_UPDATE_MISSING_REQUIRED_FIELDS",
                'Field to be updated must include the required parameters: "id" and "visible".',
            )
        field = by_id.get(int(change["id"]))
        if field is None:
            raise RestError("DATASET_UPDATE_ERROR", "Error updating dataset.")
        field["visible"] = truth(change["visible"])


def _check_added(fields: list[dict[str, Any]], added: list[dict[str, Any]]) -> None:
    text = 'Field to be added must include the required parameters: "name", "externalCode" and "type".'
    for entry in added:
        _check_field(entry, ("VALIDATION_FIELD_ADD_MISSING_REQUIRED_FIELDS", text))
    _check_twins(added)
    for name, code in (
        ("externalCode", "VALIDATION_DUPLICATE_EXIST_CODE"),
        ("name", "VALIDATION_DUPLICATE_EXIST_NAME"),
    ):
        have = {field[name] for field in fields}
        again = [str(entry[name]) for entry in added if entry[name] in have]
        if again:
            text = f'The following "{name}" values already exist in the current fields: {", ".join(again)}'
            raise RestError(code, text)
