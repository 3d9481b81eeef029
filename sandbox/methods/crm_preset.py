"""Templates of requisites: `crm.requisite.preset.*` (api-reference/crm/requisites/presets)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.crm import presets, requisites
from sandbox.crm.access import require_settings
from sandbox.crm.records import Row, described, parse, positive, refused
from sandbox.crm.requisites import PRESETS, REQUISITE_TYPE
from sandbox.crm.values import flag
from sandbox.kernel.call import Call, Page
from sandbox.kernel.registry import method
from sandbox.methods.crm_requisite import fields_of

_FIELDS = parse(
    """
ID              integer ro  | ID
FIELD_NAME      string req  | Название
FIELD_TITLE     string      | Название в шаблоне
SORT            integer     | Сортировка
IN_SHORT_LIST   char        | Показывать в кратком списке
"""
)


def _need(call: Call) -> Row:
    return PRESETS.need(call.portal.store, positive(call.get("id"), "ID"))


@method("crm.requisite.preset.add", "crm", write=True)
def add(call: Call) -> int:
    """Creates a template without fields; returns its id."""
    require_settings(call)
    given = fields_of(call)
    if str(given.get("ENTITY_TYPE_ID") or "") != str(REQUISITE_TYPE):
        raise refused("ENTITY_TYPE_ID is not defined or invalid")
    country = positive(given.get("COUNTRY_ID"), "COUNTRY_ID")
    if not any(number == country for number, _, _ in presets.COUNTRIES):
        raise refused("COUNTRY_ID is not defined or invalid.")
    if not str(given.get("NAME") or "").strip():
        raise refused("NAME is not defined or invalid.")
    return PRESETS.insert(call, {"ACTIVE": "Y", "SORT": 500, **PRESETS.read(call, given, creating=True)})


@method("crm.requisite.preset.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One template."""
    return PRESETS.printed(call.portal, _need(call))


@method("crm.requisite.preset.list", "crm")
def listing(call: Call) -> Page:
    """A page of templates."""
    requisites.readable(call)
    return PRESETS.page(call)


@method("crm.requisite.preset.update", "crm", write=True)
def update(call: Call) -> bool:
    """Changes a template; its country stays."""
    require_settings(call)
    PRESETS.change(call, _need(call), PRESETS.read(call, fields_of(call), creating=False))
    return True


@method("crm.requisite.preset.delete", "crm", write=True)
def delete(call: Call) -> bool:
    """Deletes a template that no requisite uses."""
    require_settings(call)
    store, number = call.portal.store, _need(call)["ID"]
    if store.value("SELECT 1 FROM crm_requisites WHERE PRESET_ID = ? LIMIT 1", (number,)):
        raise refused("You cannot delete the template because requisites have already been created for it")
    PRESETS.delete(store, number)
    store.execute("DELETE FROM crm_preset_fields WHERE presetId = ?", (number,))
    return True


@method("crm.requisite.preset.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a template's settings."""
    return PRESETS.describe(call.portal)


@method("crm.requisite.preset.countries", "crm")
def countries(call: Call) -> list[dict[str, Any]]:
    """The countries that a template may belong to."""
    return [{"ID": number, "CODE": code, "TITLE": title} for number, code, title in presets.COUNTRIES]


# --- fields of a template ----------------------------------------------------------------------


def _preset(call: Call, absent: str = "") -> int:
    """The template that `preset: {ID}` names."""
    given = call.get("preset")
    value = next((v for k, v in given.items() if k.upper() == "ID"), None) if isinstance(given, Mapping) else given
    text = str(value or "")
    number = int(text) if text.isdigit() else 0
    if absent and PRESETS.find(call.portal.store, number) is None:
        raise refused(absent)
    return int(PRESETS.need(call.portal.store, number)["ID"])


def _field(call: Call, preset: int) -> Row:
    number = positive(call.get("id"), "ID")
    found = next((row for row in presets.fields_in(call.portal.store, preset) if row["id"] == number), None)
    if found is None:
        raise refused(f"The PresetField with ID '{number}' is not found")
    return found


def _printed(row: Row) -> dict[str, Any]:
    return {
        "ID": row["id"],
        "FIELD_NAME": row["name"],
        "FIELD_TITLE": row["title"],
        "IN_SHORT_LIST": row["short"],
        "SORT": row["sort"],
    }


def _given(fields: Mapping[str, Any]) -> Row:
    row: Row = {}
    if "FIELD_TITLE" in fields:
        row["title"] = str(fields["FIELD_TITLE"] or "")
    if "IN_SHORT_LIST" in fields:
        row["short"] = flag(fields["IN_SHORT_LIST"])
    if str(fields.get("SORT") or "").isdigit():
        row["sort"] = int(fields["SORT"])
    return row


@method("crm.requisite.preset.field.add", "crm", write=True)
def field_add(call: Call) -> int:
    """Adds a field to a template; returns its number in the template."""
    require_settings(call)
    preset, given = _preset(call), fields_of(call)
    name = str(given.get("FIELD_NAME") or "").upper()
    if name not in presets.available(call.portal, preset):
        raise refused(f"The field '{name}' can not be added.")
    known = presets.fields_in(call.portal.store, preset)
    number = max((row["id"] for row in known), default=0) + 1
    last = max((row["sort"] for row in known), default=500)
    row = {"sort": last + 10, **_given(given)}
    call.portal.store.insert("crm_preset_fields", {**row, "presetId": preset, "id": number, "name": name})
    return number


@method("crm.requisite.preset.field.get", "crm")
def field_get(call: Call) -> dict[str, Any]:
    """One field of a template."""
    return _printed(_field(call, _preset(call)))


@method("crm.requisite.preset.field.list", "crm")
def field_list(call: Call) -> list[dict[str, Any]]:
    """All fields of a template."""
    return [_printed(row) for row in presets.fields_in(call.portal.store, _preset(call))]


@method("crm.requisite.preset.field.update", "crm", write=True)
def field_update(call: Call) -> bool:
    """Changes the title, the place and the mark of a field, and the field itself."""
    require_settings(call)
    preset = _preset(call)
    row, given = _field(call, preset), fields_of(call)
    values = _given(given)
    name = str(given.get("FIELD_NAME") or row["name"]).upper()
    if name != row["name"]:
        if name not in presets.available(call.portal, preset):
            raise refused(f"The field '{name}' can not be added.")
        values["name"] = name
    if values:
        sets = ", ".join(f"{column} = ?" for column in values)
        call.portal.store.execute(
            f"UPDATE crm_preset_fields SET {sets} WHERE presetId = ? AND id = ?", (*values.values(), preset, row["id"])
        )
    return True


@method("crm.requisite.preset.field.delete", "crm", write=True)
def field_delete(call: Call) -> bool:
    """Removes a field from a template."""
    require_settings(call)
    preset = _preset(call)
    number = _field(call, preset)["id"]
    call.portal.store.execute("DELETE FROM crm_preset_fields WHERE presetId = ? AND id = ?", (preset, number))
    return True


@method("crm.requisite.preset.field.fields", "crm")
def field_fields(call: Call) -> dict[str, Any]:
    """The fields of a template's field."""
    return {name: described(field) for name, field in _FIELDS.items()}


@method("crm.requisite.preset.field.availabletoadd", "crm")
def field_available(call: Call) -> list[str]:
    """What may still be added to a template."""
    return presets.available(call.portal, _preset(call, "Template not found."))
