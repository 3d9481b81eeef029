"""The CRM's tables: the fixed ones, and those made for every object type from its declaration."""

from __future__ import annotations

from sandbox.crm.declarations import SYSTEM, Declaration
from sandbox.crm.fields import SQL_TYPES, Field
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_schema (token TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS crm_statuses (id INTEGER PRIMARY KEY, entityId TEXT NOT NULL, statusId TEXT NOT NULL,
        name TEXT NOT NULL, nameInit TEXT NOT NULL, sort INTEGER NOT NULL, system TEXT NOT NULL, categoryId INTEGER,
        color TEXT NOT NULL DEFAULT '', semantics TEXT, UNIQUE (entityId, statusId));
    CREATE TABLE IF NOT EXISTS crm_categories (entityTypeId INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,
        sort INTEGER NOT NULL DEFAULT 500, isDefault TEXT NOT NULL DEFAULT 'N', originId TEXT NOT NULL DEFAULT '',
        originatorId TEXT NOT NULL DEFAULT '', createdTime INTEGER, PRIMARY KEY (entityTypeId, id));
    CREATE TABLE IF NOT EXISTS crm_types (id INTEGER PRIMARY KEY, entityTypeId INTEGER NOT NULL UNIQUE,
        title TEXT NOT NULL, code TEXT NOT NULL DEFAULT '', flags TEXT NOT NULL, linked TEXT NOT NULL DEFAULT '{}',
        createdBy INTEGER, updatedBy INTEGER, createdTime INTEGER, updatedTime INTEGER);
    CREATE TABLE IF NOT EXISTS crm_relations (parentTypeId INTEGER NOT NULL, childTypeId INTEGER NOT NULL,
        isChildrenListEnabled TEXT NOT NULL DEFAULT 'N', isPredefined TEXT NOT NULL DEFAULT 'N',
        PRIMARY KEY (parentTypeId, childTypeId));
    CREATE TABLE IF NOT EXISTS crm_currencies (currency TEXT PRIMARY KEY, amountCnt INTEGER NOT NULL,
        amount TEXT NOT NULL, sort INTEGER NOT NULL, base TEXT NOT NULL, fullName TEXT NOT NULL,
        formatString TEXT NOT NULL,
        decPoint TEXT NOT NULL DEFAULT ',', thousandsSep TEXT NOT NULL DEFAULT ' ', decimals INTEGER NOT NULL DEFAULT 2,
        dateUpdate INTEGER);
    CREATE TABLE IF NOT EXISTS crm_userfields (id INTEGER PRIMARY KEY, entityId TEXT NOT NULL, fieldName TEXT NOT NULL,
        userTypeId TEXT NOT NULL, xmlId TEXT, sort INTEGER NOT NULL DEFAULT 100, multiple TEXT NOT NULL DEFAULT 'N',
        mandatory TEXT NOT NULL DEFAULT 'N', showFilter TEXT NOT NULL DEFAULT 'N', showInList TEXT NOT NULL DEFAULT 'Y',
        editInList TEXT NOT NULL DEFAULT 'Y', isSearchable TEXT NOT NULL DEFAULT 'N',
        settings TEXT NOT NULL DEFAULT '{}', labels TEXT NOT NULL DEFAULT '{}', UNIQUE (entityId, fieldName));
    CREATE TABLE IF NOT EXISTS crm_enums (id INTEGER PRIMARY KEY, userFieldId INTEGER NOT NULL, value TEXT NOT NULL,
        def TEXT NOT NULL DEFAULT 'N', sort INTEGER NOT NULL DEFAULT 500, xmlId TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS crm_enums_field ON crm_enums (userFieldId);
    CREATE TABLE IF NOT EXISTS crm_contact_links (entityTypeId INTEGER NOT NULL, entityId INTEGER NOT NULL,
        contactId INTEGER NOT NULL, sort INTEGER NOT NULL DEFAULT 10, isPrimary TEXT NOT NULL DEFAULT 'N',
        PRIMARY KEY (entityTypeId, entityId, contactId)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS crm_contact_links_contact ON crm_contact_links (contactId, entityTypeId);
    CREATE TABLE IF NOT EXISTS crm_company_links (contactId INTEGER NOT NULL, companyId INTEGER NOT NULL,
        sort INTEGER NOT NULL DEFAULT 10, isPrimary TEXT NOT NULL DEFAULT 'N',
        PRIMARY KEY (contactId, companyId)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS crm_company_links_company ON crm_company_links (companyId);
    CREATE TABLE IF NOT EXISTS crm_multifields (id INTEGER PRIMARY KEY, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, typeId TEXT NOT NULL, valueType TEXT NOT NULL, value TEXT NOT NULL,
        search TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS crm_multifields_owner ON crm_multifields (entityTypeId, entityId);
    CREATE INDEX IF NOT EXISTS crm_multifields_search ON crm_multifields (typeId, search);
    CREATE TABLE IF NOT EXISTS crm_access (user INTEGER NOT NULL, entityTypeId INTEGER NOT NULL, mode TEXT NOT NULL,
        PRIMARY KEY (user, entityTypeId));
    CREATE TABLE IF NOT EXISTS crm_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, content BLOB NOT NULL);
    """
)

# What the app's readers filter by; `id` is the rowid and needs none.
_INDEXED = ("companyId", "contactId", "updatedTime", "createdTime", "originId", "xmlId", "leadId", "parentId2")


def item_table(entity_type_id: int) -> str:
    """The table of the items of a type."""
    return f"crm_{entity_type_id}"


def history_table(entity_type_id: int) -> str:
    """The table of the stage history of a type."""
    return f"crm_{entity_type_id}_history"


def item_ddl(entity_type_id: int, declaration: Declaration) -> str:
    """The statements that make the tables of an object type with their indexes."""
    table, history = item_table(entity_type_id), history_table(entity_type_id)
    columns = [_column(field) for field in declaration.columns]
    parts = [f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(columns)})']
    names = {field.column for field in declaration.columns}
    for name in _INDEXED:
        if name in names:
            parts.append(f'CREATE INDEX IF NOT EXISTS "{table}_{name}" ON "{table}" ("{name}")')
    if "stageId" in names:
        first = '"categoryId", "stageId"' if "categoryId" in names else '"stageId"'
        parts.append(f'CREATE INDEX IF NOT EXISTS "{table}_stage" ON "{table}" ({first})')
        parts.append(
            f'CREATE TABLE IF NOT EXISTS "{history}" (id INTEGER PRIMARY KEY, typeId INTEGER NOT NULL,'
            " ownerId INTEGER NOT NULL, createdTime INTEGER NOT NULL,"
            " categoryId INTEGER, semantics TEXT NOT NULL, stageId TEXT NOT NULL)"
        )
        parts.append(f'CREATE INDEX IF NOT EXISTS "{history}_owner" ON "{history}" (ownerId)')
        parts.append(f'CREATE INDEX IF NOT EXISTS "{history}_time" ON "{history}" (createdTime)')
    return ";\n".join(parts)


def _column(field: Field) -> str:
    if field.column == "id":
        return '"id" INTEGER PRIMARY KEY AUTOINCREMENT'
    return f'"{field.column}" {SQL_TYPES[field.storage]}'


def add_column(store: Store, entity_type_id: int, column: str, sql_type: str, *, index: bool = False) -> None:
    """Adds a column (a user field, a link to a parent) unless it is there already."""
    table = item_table(entity_type_id)
    if any(row["name"] == column for row in store.rows(f'PRAGMA table_info("{table}")')):
        return
    store.execute(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {sql_type}')
    if index:
        store.execute(f'CREATE INDEX IF NOT EXISTS "{table}_{column}" ON "{table}" ("{column}")')


def drop_column(store: Store, entity_type_id: int, column: str) -> None:
    """Removes a user field's column with its values."""
    table = item_table(entity_type_id)
    store.execute(f'DROP INDEX IF EXISTS "{table}_{column}"')
    store.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')


def create_type(store: Store, entity_type_id: int, declaration: Declaration) -> None:
    """Makes the tables of a smart process."""
    for statement in item_ddl(entity_type_id, declaration).split(";\n"):
        store.execute(statement)


for _id, _declaration in SYSTEM.items():
    declare(item_ddl(_id, _declaration))
