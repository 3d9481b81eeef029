"""Requisites of companies and contacts: `crm.requisite.*` (api-reference/crm/requisites/universal)."""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import listing, moments
from sandbox.crm.query import Operand
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import events, method
from sandbox.kernel.store import declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_requisites (id INTEGER PRIMARY KEY AUTOINCREMENT, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, presetId INTEGER NOT NULL, name TEXT NOT NULL, active TEXT NOT NULL DEFAULT 'Y',
        sort INTEGER NOT NULL DEFAULT 500, xmlId TEXT, originatorId TEXT, inn TEXT, data TEXT NOT NULL DEFAULT '{}',
        createdBy INTEGER, modifiedBy INTEGER, createdTime INTEGER, modifiedTime INTEGER);
    CREATE INDEX IF NOT EXISTS crm_requisites_owner ON crm_requisites (entityTypeId, entityId);
    CREATE INDEX IF NOT EXISTS crm_requisites_inn ON crm_requisites (inn);
    """
)
events("crm", "ONCRMREQUISITEADD", "ONCRMREQUISITEUPDATE", "ONCRMREQUISITEDELETE")

PRESETS = ("Организация", "ИП", "Физ. лицо", "Организация (доп.)")
_COLUMNS = {
    "ID": ("id", "int"),
    "ENTITY_TYPE_ID": ("entityTypeId", "int"),
    "ENTITY_ID": ("entityId", "int"),
    "PRESET_ID": ("presetId", "int"),
    "DATE_CREATE": ("createdTime", "datetime"),
    "DATE_MODIFY": ("modifiedTime", "datetime"),
    "CREATED_BY_ID": ("createdBy", "int"),
    "MODIFY_BY_ID": ("modifiedBy", "int"),
    "NAME": ("name", "text"),
    "XML_ID": ("xmlId", "text"),
    "ORIGINATOR_ID": ("originatorId", "text"),
    "ACTIVE": ("active", "flag"),
    "SORT": ("sort", "int"),
}
# The details a Russian card has; others are printed when they are filled.
_DETAILS = (
    "RQ_NAME",
    "RQ_FIRST_NAME",
    "RQ_LAST_NAME",
    "RQ_SECOND_NAME",
    "RQ_COMPANY_NAME",
    "RQ_COMPANY_FULL_NAME",
    "RQ_COMPANY_REG_DATE",
    "RQ_DIRECTOR",
    "RQ_ACCOUNTANT",
    "RQ_CONTACT",
    "RQ_EMAIL",
    "RQ_PHONE",
    "RQ_KPP",
    "RQ_OGRN",
    "RQ_OGRNIP",
    "RQ_OKPO",
    "RQ_OKTMO",
    "RQ_OKVED",
)
_SETTABLE = {"NAME": "name", "XML_ID": "xmlId", "ORIGINATOR_ID": "originatorId", "ACTIVE": "active", "SORT": "sort"}


def _refused(text: str) -> RestError:
    return RestError("", text, 400)


class _Requisites(listing.Source):
    """Requisites are found by their columns and by any of their details."""

    def resolve(self, name: str) -> Operand | None:
        """The operand of a column, of the INN (indexed), or of a detail."""
        upper = name.upper()
        if upper in _COLUMNS:
            return Operand(*_COLUMNS[upper])
        if upper == "RQ_INN":
            return Operand("inn")
        return Operand(f"json_extract(data, '$.{upper}')") if upper.startswith(("RQ_", "UF_CRM_")) else None


def _printed(call: Call, row: Any, names: list[str]) -> dict[str, Any]:
    zone = call.portal.clock.zone
    printed: dict[str, Any] = {}
    for name, (column, kind) in _COLUMNS.items():
        value = row[column]
        if kind == "datetime":
            printed[name] = "" if value is None else moments.iso(value, zone)
        else:
            printed[name] = None if value is None else str(value)
    printed |= {**dict.fromkeys(_DETAILS), "RQ_INN": row["inn"], **json.loads(row["data"])}
    if not names or "*" in names:
        return printed
    return {name: printed.get(name) for name in dict.fromkeys(["ID", *names])}


def _row(call: Call) -> Any:
    number = int(call.get("id") or 0)
    row = call.portal.store.one("SELECT * FROM crm_requisites WHERE id = ?", (number,))
    if row is None:
        raise _refused(f"The Requisite with ID '{number}' is not found")
    return row


def _fields(call: Call) -> dict[str, Any]:
    if not isinstance(call.get("fields"), (dict, list)):
        raise _refused("Parameter 'fields' must be array.")
    return {key.upper(): value for key, value in call.mapping("fields").items()}


def _detail(fields: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in fields.items() if n.startswith(("RQ_", "UF_CRM_")) and n != "RQ_INN"}


@method("crm.requisite.add", "crm", write=True, cost=0.05)
def add(call: Call) -> int:
    """Adds a requisite to a company or a contact; returns the id."""
    fields = _fields(call)
    for name in ("ENTITY_TYPE_ID", "ENTITY_ID", "PRESET_ID", "NAME"):
        if not fields.get(name):
            raise _refused(f"{name} is not defined or invalid.")
    kind, owner = int(fields["ENTITY_TYPE_ID"]), int(fields["ENTITY_ID"])
    if kind not in (3, 4):
        raise _refused("ENTITY_TYPE_ID is not defined or invalid.")
    if not call.portal.store.value(f"SELECT 1 FROM crm_{kind} WHERE id = ?", (owner,)):
        raise _refused("Элемент, к которому привязываются реквизиты, не найден")
    row = {
        "entityTypeId": kind,
        "entityId": owner,
        "presetId": int(fields["PRESET_ID"]),
        **{column: fields[name] for name, column in _SETTABLE.items() if name in fields},
        "inn": fields.get("RQ_INN"),
        "data": json.dumps(_detail(fields), ensure_ascii=False),
        "createdBy": call.user,
        "createdTime": int(call.portal.clock.timestamp()),
    }
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = call.portal.store.insert("crm_requisites", row)
    call.portal.emit("ONCRMREQUISITEADD", {"FIELDS": {"ID": number}}, call)
    return number


@method("crm.requisite.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One requisite."""
    return _printed(call, _row(call), [])


@method("crm.requisite.list", "crm")
def requisites(call: Call) -> Page:
    """A page of requisites."""
    found = listing.find(
        call, _Requisites("crm_requisites", {}, error=""), call.mapping("filter"), call.mapping("order")
    )
    names = [str(name).upper() for name in call.listing("select")]
    return Page([_printed(call, row, names) for row in found.rows], found.total, found.start)


@method("crm.requisite.update", "crm", write=True, cost=0.05)
def update(call: Call) -> bool:
    """Changes a requisite; its owner and preset stay."""
    row, fields = _row(call), _fields(call)
    values: dict[str, Any] = {column: fields[name] for name, column in _SETTABLE.items() if name in fields}
    if "RQ_INN" in fields:
        values["inn"] = fields["RQ_INN"]
    values["data"] = json.dumps({**json.loads(row["data"]), **_detail(fields)}, ensure_ascii=False)
    values |= {"modifiedBy": call.user, "modifiedTime": int(call.portal.clock.timestamp())}
    sets = ", ".join(f"{name} = ?" for name in values)
    call.portal.store.execute(f"UPDATE crm_requisites SET {sets} WHERE id = ?", (*values.values(), row["id"]))
    call.portal.emit("ONCRMREQUISITEUPDATE", {"FIELDS": {"ID": row["id"]}}, call)
    return True


@method("crm.requisite.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> bool:
    """Deletes a requisite."""
    number = _row(call)["id"]
    call.portal.store.execute("DELETE FROM crm_requisites WHERE id = ?", (number,))
    call.portal.emit("ONCRMREQUISITEDELETE", {"FIELDS": {"ID": number}}, call)
    return True


@method("crm.requisite.preset.list", "crm")
def presets(call: Call) -> Page:
    """The templates of requisites."""
    rows = [{"ID": str(i), "NAME": name, "ENTITY_TYPE_ID": "8", "COUNTRY_ID": "1"} for i, name in enumerate(PRESETS, 1)]
    return Page(rows, len(rows))
