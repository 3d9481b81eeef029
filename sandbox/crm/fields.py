"""A field of a CRM object: its spellings, its type, how it is stored, read and printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Storage = Literal["int", "float", "text", "flag", "bool", "date", "datetime", "json", "link", "none"]

# The name of a field that only the old methods know.
OLD_ONLY = "-"

SQL_TYPES: dict[Storage, str] = {
    "int": "INTEGER",
    "float": "REAL",
    "text": "TEXT",
    "flag": "TEXT",
    "bool": "INTEGER",
    "date": "TEXT",
    "datetime": "INTEGER",
    "json": "TEXT",
}

# REST type -> how a value lies in the table. A user field's boolean is 0/1, a system one is Y/N.
_STORAGE: dict[str, Storage] = {
    "integer": "int",
    "double": "float",
    "boolean": "flag",
    "date": "date",
    "datetime": "datetime",
    "file": "json",
    "user": "int",
    "location": "int",
    "crm_company": "int",
    "crm_contact": "int",
    "crm_lead": "int",
    "crm_deal": "int",
    "crm_quote": "int",
    "crm_category": "int",
    "crm_entity": "int",
    "enumeration": "int",
    "employee": "int",
    "iblock_element": "int",
    "iblock_section": "int",
}

# Types whose fields link an item to a parent: the parent's type.
_PARENTS = {"crm_company": 4, "crm_lead": 1, "crm_quote": 7}

# Fields whose link to a parent has more to say (crm-item-fields.md).
_OF_PARENT = {"mycompanyId": {"isMyCompany": True, "isEmbeddedEditorEnabled": True}}

# Types whose empty value a client may also spell as 0.
_REFERENCES = frozenset(
    {"user", "crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_quote", "crm_entity", "enumeration", "employee"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one CRM object type.

    `name` is the spelling of `crm.item.*`, `old` that of `crm.deal.*` and its kin (None where the
    old methods do not know the field), `column` its column (`link` fields live in other tables).
    `off` fields are printed as null always ("Field is disabled" on the vendor's page). `option` is
    the switch of the smart process that shows the field. `zero` fields print 0 for no value.
    """

    name: str
    old: str | None
    type: str
    title: str = ""
    column: str = ""
    storage: Storage = "text"
    read_only: bool = False
    required: bool = False
    immutable: bool = False
    multiple: bool = False
    deprecated: bool = False
    off: bool = False
    zero: bool = False
    user_field: bool = False
    option: str = ""
    dictionary: str = ""
    parent: int = 0

    @property
    def upper(self) -> str:
        """The `upperName` of crm.item.fields: `createdTime` -> `CREATED_TIME`, `parentId2` -> `PARENT_ID_2`."""
        return self.column if self.user_field else upper_name(self.name)

    @property
    def reference(self) -> bool:
        """Whether 0 means "no value"."""
        return self.type in _REFERENCES

    def describe(self) -> dict[str, object]:
        """The entry of crm.item.fields (api-reference/crm/universal/crm-item-fields.md)."""
        entry: dict[str, object] = {
            "type": self.type,
            "isRequired": self.required,
            "isReadOnly": self.read_only,
            "isImmutable": self.immutable,
            "isMultiple": self.multiple,
            "isDynamic": self.user_field,
        }
        if self.deprecated:
            entry["isDeprecated"] = True
        if self.dictionary:
            entry["statusType"] = self.dictionary
        entry["title"] = self.title or self.upper
        if self.parent:
            entry["settings"] = {"parentEntityTypeId": self.parent, **_OF_PARENT.get(self.name, {})}
        entry["upperName"] = self.upper
        return entry

    def in_dictionary(self, name: str) -> Field:
        """The same field with its dictionary (known only when the funnel is)."""
        return replace(self, dictionary=name)


def upper_name(camel: str) -> str:
    """`isManualOpportunity` -> `IS_MANUAL_OPPORTUNITY`; a trailing number stands apart."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-zA-Z])(?=\d)", "_", camel)
    return spaced.upper()


def storage_of(rest_type: str, *, user_field: bool = False, multiple: bool = False) -> Storage:
    """How values of a REST type are stored; multiple values are a JSON array."""
    if multiple:
        return "json"
    if rest_type == "boolean" and user_field:
        return "bool"
    if rest_type == "resourcebooking":
        return "json"
    return _STORAGE.get(rest_type, "text")


def parse_line(line: str) -> Field:
    """Reads a line of a declaration: `name OLD_NAME type flags... | title`.

    A name `-` is a field of the old methods only; an old name `-` means they do not know the field.
    Flags: `ro` read-only, `req` required, `imm` immutable, `multi`, `dep` deprecated, `off`
    disabled, `zero` prints 0 when empty, `link` stored in a table of links, `if:OPTION`,
    `dict:NAME`.
    """
    left, _, title = line.partition("|")
    name, old, rest_type, *flags = left.split()
    marks = {flag.partition(":")[0]: flag.partition(":")[2] for flag in flags}
    multiple = "multi" in marks
    storage = storage_of(rest_type, multiple=multiple)
    if "off" in marks:
        storage = "none"
    if "link" in marks:
        storage = "link"
    return Field(
        name=name,
        old=None if old == "-" else old,
        type=rest_type,
        title=title.strip(),
        column="" if storage in ("none", "link") else name,
        storage=storage,
        read_only="ro" in marks or "off" in marks,
        required="req" in marks,
        immutable="imm" in marks,
        multiple=multiple,
        deprecated="dep" in marks,
        off="off" in marks,
        zero="zero" in marks,
        option=marks.get("if", ""),
        dictionary=marks.get("dict", ""),
        parent=_parent(name, rest_type),
    )


def _parent(name: str, rest_type: str) -> int:
    if rest_type == "crm_entity":
        return int(name.removeprefix("parentId"))
    return _PARENTS.get(rest_type, 0)


def parse(text: str) -> list[Field]:
    """Reads a declaration, one field a line; empty lines and lines of `#` are skipped."""
    lines = (line.strip() for line in text.splitlines())
    return [parse_line(line) for line in lines if line and not line.startswith("#")]


def item_name(uf_name: str) -> str:
    """The name of a user field in crm.item.* without `useOriginalUfNames`.

    api-reference/crm/universal/index.md: a tail of only letters or only digits is converted
    (`UF_CRM_3_DIGIT` -> `ufCrm3Digit`, `UF_CRM_3_1747309727` -> `ufCrm3_1747309727`), a mixed one
    only loses its prefix (`UF_CRM_3_DIGIT10` -> `ufCrm_3_DIGIT10`), and so does one without an
    object number that is not of letters (`UF_CRM_1747309879` -> `ufCrm_1747309879`).
    """
    tail = uf_name.removeprefix("UF_CRM_")
    number, _, rest = tail.partition("_")
    if not number.isdigit() or not rest:
        number, rest = "", tail
    if rest.replace("_", "").isdigit():
        return f"ufCrm{number}_{rest}" if number else f"ufCrm_{rest}"
    if not any(ch.isdigit() for ch in rest):
        return f"ufCrm{number}" + "".join(part.capitalize() for part in rest.split("_"))
    return f"ufCrm_{tail}"
