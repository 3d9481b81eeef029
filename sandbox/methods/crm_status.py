"""Directories and stages: `crm.status.*` (api-reference/crm/status)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.crm import seeds
from sandbox.crm.query import Builder, Operand
from sandbox.crm.schema import DEAL, INVOICE, LEAD, Entity, Schema, Status, schema_of, touch
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_COLUMNS = {
    "ID": ("id", "int"),
    "ENTITY_ID": ("entityId", "text"),
    "STATUS_ID": ("statusId", "text"),
    "NAME": ("name", "text"),
    "NAME_INIT": ("nameInit", "text"),
    "SORT": ("sort", "int"),
    "SYSTEM": ("system", "text"),
    "CATEGORY_ID": ("categoryId", "int"),
    "COLOR": ("color", "text"),
    "SEMANTICS": ("semantics", "text"),
}
_STAGE_CODE = re.compile(r"[A-Za-z0-9_-]+")


def _refused(text: str, code: str = "") -> RestError:
    return RestError(code, text, 400)


def _require_admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise _refused("Доступ запрещен.")


def _home(schema: Schema, dictionary: str) -> tuple[Entity, int] | None:
    """The type and the funnel whose stages a directory holds; None for a plain list."""
    for entity_type_id in schema.all_types():
        entity = schema.entity(entity_type_id)
        if entity_type_id == LEAD and dictionary == "STATUS":
            return entity, 0
        if entity_type_id >= INVOICE or entity_type_id == DEAL:
            for category in schema.categories(entity_type_id):
                if entity.dictionary(category.id) == dictionary:
                    return entity, category.id
    return None


def _printed(schema: Schema, status: Status) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "ID": str(status.id),
        "ENTITY_ID": status.dictionary,
        "STATUS_ID": status.code,
        "NAME": status.name,
        "NAME_INIT": status.name_init,
        "SORT": str(status.sort),
        "SYSTEM": status.system,
        "CATEGORY_ID": None if status.category is None else str(status.category),
        "COLOR": status.color,
        "SEMANTICS": status.semantics,
    }
    if status.dictionary.startswith(("STATUS", "DEAL_STAGE", "QUOTE_STATUS")):
        printed["EXTRA"] = {"SEMANTICS": _words(schema, status), "COLOR": status.color}
    return printed


def _words(schema: Schema, status: Status) -> str:
    """`process`, `success`, `failure` for the first failure and `apology` for the others."""
    if status.semantics != "F":
        return "success" if status.semantics == "S" else "process"
    failures = [s for s in schema.statuses[status.dictionary] if s.semantics == "F"]
    return "failure" if failures[0].id == status.id else "apology"


def _operand(name: str) -> Operand | None:
    found = _COLUMNS.get(name.upper())
    return Operand(*found) if found else None


@method("crm.status.list", "crm")
def listing(call: Call) -> Page:
    """All elements that pass the filter, without paging."""
    schema = schema_of(call.portal)
    for name in ("filter", "order"):
        if call.get(name) not in (None, "") and not isinstance(call.get(name), (dict, list)):
            raise RestError("Invalid parameters.", "Incorrect parameters passed.", 400)
    builder = Builder(_operand, call.portal.clock.zone, error="")
    where, order = builder.where(call.mapping("filter")), builder.order(call.mapping("order") or {"SORT": "ASC"}, "id")
    rows = call.portal.store.rows(f"SELECT * FROM crm_statuses WHERE {where.sql} ORDER BY {order}", where.args)
    printed = [_printed(schema, Status(*tuple(row))) for row in rows]
    return Page(printed, len(printed), size=max(len(printed), 1))


def _by_id(call: Call) -> Status:
    schema = schema_of(call.portal)
    try:
        number = int(call.get("id") or 0)
    except (TypeError, ValueError):
        number = 0
    if number <= 0:
        raise RestError("Invalid identifier.", "An invalid identifier was passed.", 400)
    for group in schema.statuses.values():
        for status in group:
            if status.id == number:
                return status
    raise RestError("Status is not found.", "Directory item not found.", 400)


@method("crm.status.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One element of a directory."""
    return _printed(schema_of(call.portal), _by_id(call))


@method("crm.status.add", "crm", write=True, cost=0.1)
def add(call: Call) -> int:
    """Adds an element; stages of a funnel get its prefix. Returns the id."""
    _require_admin(call)
    schema = schema_of(call.portal)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    dictionary, code = str(fields.get("ENTITY_ID") or ""), str(fields.get("STATUS_ID") or "")
    home = _home(schema, dictionary)
    _check(schema, dictionary, code, fields, home)
    entity, category = home or (None, None)
    if entity is not None and category is not None:
        prefix = entity.prefix(category)
        code = code if code.startswith(prefix) else prefix + code
    if (dictionary, code) in schema.by_code:
        raise _refused("Указанный идентификатор статуса уже существует.", "ERROR_CORE")
    semantics = _semantics(fields)
    sort = int(fields.get("SORT") or 10)
    row: dict[str, Any] = {
        "entityId": dictionary,
        "statusId": code,
        "name": str(fields["NAME"]),
        "nameInit": "",
        "sort": sort,
        "system": "N",
        "categoryId": category if entity is not None and entity.has_categories and category else None,
        "color": _color(fields),
        "semantics": semantics,
    }
    if dictionary.startswith("DEAL_STAGE") and semantics is None:
        _check_order(schema, dictionary, sort)
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = call.portal.store.insert("crm_statuses", row)
    touch(call.portal)
    return number


def _check(schema: Schema, dictionary: str, code: str, fields: dict[str, Any], home: tuple[Entity, int] | None) -> None:
    """The refusals of crm-status-add.md, in its words."""
    absent = [f"Поле {name} обязательно." for name in ("ENTITY_ID", "STATUS_ID") if not fields.get(name)]
    if absent:
        raise _refused("<br>".join(absent))
    if home is None and dictionary not in schema.statuses:
        raise _refused("Указанный тип справочника не поддерживается.")
    if not str(fields.get("NAME") or "").strip():
        raise _refused("Поле Название обязательно.")
    if home is None:
        longest = 22 if dictionary == "QUOTE_STATUS" else 50
    else:
        longest = {LEAD: 21, DEAL: 22}.get(home[0].id, 50)
        prefix = home[0].prefix(home[1])
        bare = code.removeprefix(prefix)
        if home[0].id in (LEAD, DEAL) and not _STAGE_CODE.fullmatch(bare):
            raise _refused("Идентификатор может содержать только латинские буквы, цифры, дефис и подчёркивание.")
        code = prefix + bare
    if len(code) > longest:
        raise _refused(f"Длина идентификатора не может превышать {longest} символов.")


def _semantics(fields: dict[str, Any]) -> str | None:
    extra = fields.get("EXTRA")
    word = str(fields.get("SEMANTICS") or (extra.get("SEMANTICS") if isinstance(extra, dict) else "") or "")
    return {"S": "S", "F": "F", "SUCCESS": "S", "FAILURE": "F", "APOLOGY": "F"}.get(word.upper())


def _color(fields: dict[str, Any]) -> str:
    extra = fields.get("EXTRA")
    return str(fields.get("COLOR") or (extra.get("COLOR") if isinstance(extra, dict) else "") or "")


def _check_order(schema: Schema, dictionary: str, sort: int) -> None:
    """A stage in progress cannot stand after the successful one."""
    success = next((s for s in schema.statuses.get(dictionary, []) if s.semantics == "S"), None)
    if success is not None and sort > success.sort:
        raise _refused(
            "Cannot create more stages after the final stage because the final successful stage already exists."
            " Try using sort order values less than that of the final stage."
        )


@method("crm.status.update", "crm", write=True, cost=0.1)
def update(call: Call) -> bool:
    """Changes the name, the place and the colour of an element."""
    _require_admin(call)
    status = _by_id(call)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    call.portal.store.execute(
        "UPDATE crm_statuses SET name = ?, sort = ?, color = ? WHERE id = ?",
        (
            str(fields.get("NAME") or status.name),
            int(fields.get("SORT") or status.sort),
            _color(fields) or status.color,
            status.id,
        ),
    )
    touch(call.portal)
    return True


@method("crm.status.delete", "crm", write=True, cost=0.1)
def delete(call: Call) -> bool:
    """Deletes an element that no item uses; a system one only with FORCED."""
    _require_admin(call)
    status, schema = _by_id(call), schema_of(call.portal)
    forced = {key.upper(): value for key, value in call.mapping("params").items()}.get("FORCED")
    if status.system == "Y" and forced != "Y":
        text = 'CRM System Status can be deleted only if parameter FORCED is specified and equal to "Y".'
        raise RestError(text, text, 400)
    home = _home(schema, status.dictionary)
    if home is not None:
        sql = f'SELECT 1 FROM "{home[0].table}" WHERE "stageId" = ? LIMIT 1'
        if call.portal.store.value(sql, (status.code,)):
            raise RestError("There are active items in this status.", "There are active items in this status.", 400)
    call.portal.store.execute("DELETE FROM crm_statuses WHERE id = ?", (status.id,))
    touch(call.portal)
    return True


@method("crm.status.entity.items", "crm")
def entity_items(call: Call) -> list[dict[str, Any]]:
    """The elements of one directory, short."""
    found = schema_of(call.portal).statuses.get(str(call.get("entityId") or ""))
    if found is None:
        raise RestError("The parameter entityId is not defined or invalid.", "The directory ID is not specified.", 400)
    return [{"NAME": status.name, "SORT": status.sort, "STATUS_ID": status.code} for status in found]


@method("crm.status.entity.types", "crm")
def entity_types(call: Call) -> list[dict[str, Any]]:
    """All directories with the semantics and the prefix of their stages."""
    schema = schema_of(call.portal)
    result = []
    for dictionary, statuses in schema.statuses.items():
        home = _home(schema, dictionary)
        if home is None:
            result.append({"ID": dictionary, "NAME": seeds.DIRECTORY_TITLES.get(dictionary, dictionary)})
        else:
            result.append(_stage_directory(schema, dictionary, statuses, *home))
    return result


def _stage_directory(
    schema: Schema, dictionary: str, statuses: list[Status], entity: Entity, category: int
) -> dict[str, Any]:
    funnel = next((c for c in schema.categories(entity.id) if c.id == category), None)
    title = f"{schema.title_of(entity.id)} ({funnel.name})" if funnel else seeds.DIRECTORY_TITLES["STATUS"]
    entry: dict[str, Any] = {"ID": dictionary, "NAME": title, "SEMANTIC_INFO": [], "ENTITY_TYPE_ID": entity.id}
    if entity.id in (LEAD, DEAL):
        failures = [s.code for s in statuses if s.semantics == "F"]
        successes = [s.code for s in statuses if s.semantics == "S"]
        entry["SEMANTIC_INFO"] = {
            "START_FIELD": statuses[0].code,
            "FINAL_SUCCESS_FIELD": successes[0] if successes else "",
            "FINAL_UNSUCCESS_FIELD": failures[0] if failures else "",
            "FINAL_SORT": 0,
        }
    if funnel is None:
        return entry
    if entity.id == DEAL and category:
        entry["PARENT_ID"] = "DEAL_STAGE"
    prefix = entity.prefix(category).rstrip(":")
    if prefix:
        entry["PREFIX"] = prefix
    entry["FIELD_ATTRIBUTE_SCOPE"] = f"category_{category}" if prefix else ""
    entry["CATEGORY_ID"] = str(category) if entity.id == DEAL and category else category
    if entity.id >= INVOICE:
        entry["IS_ENABLED"] = True
    if entity.id > INVOICE:
        entry |= {
            "CATEGORY_NAME": funnel.name,
            "CATEGORY_SORT": funnel.sort,
            "IS_DEFAULT_CATEGORY": funnel.default,
        }
    return entry


@method("crm.status.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of an element."""
    kinds = {name: "integer" if kind == "int" else "string" for name, (_, kind) in _COLUMNS.items()}
    kinds |= {"SYSTEM": "char", "SEMANTICS": "char", "EXTRA": "crm_status_extra"}
    return {
        name: {
            "type": kind,
            "isRequired": name in ("ENTITY_ID", "STATUS_ID", "NAME"),
            "isReadOnly": name in ("ID", "NAME_INIT", "SYSTEM"),
            "isImmutable": name in ("ENTITY_ID", "STATUS_ID", "CATEGORY_ID", "SEMANTICS"),
            "isMultiple": False,
            "isDynamic": False,
            "title": name,
        }
        for name, kind in kinds.items()
    }
