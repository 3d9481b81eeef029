"""Templates of requisites: their fields, what each country offers, and the four that a new portal has."""

from __future__ import annotations

from typing import Any

from sandbox.crm.requisites import PRESETS
from sandbox.crm.schema import schema_of
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import Store, declare

RUSSIA = 1
# crm/requisites/presets/crm-requisite-preset-countries.md
COUNTRIES: tuple[tuple[int, str, str], ...] = (
    (1, "RU", "Россия"),
    (4, "BY", "Беларусь"),
    (6, "KZ", "Казахстан"),
    (14, "UA", "Украина"),
    (34, "BR", "Бразилия"),
    (46, "DE", "Германия"),
    (77, "CO", "Колумбия"),
    (110, "PL", "Польша"),
    (122, "US", "США"),
    (132, "FR", "Франция"),
)
_PERSON = ("RQ_NAME", "RQ_FIRST_NAME", "RQ_LAST_NAME", "RQ_SECOND_NAME")
_COMPANY = ("RQ_COMPANY_NAME", "RQ_COMPANY_FULL_NAME")
_CONTACT = ("RQ_ADDR", "RQ_CONTACT", "RQ_EMAIL", "RQ_PHONE", "RQ_FAX")
_IDENTITY = (
    "RQ_IDENT_DOC",
    "RQ_IDENT_DOC_SER",
    "RQ_IDENT_DOC_NUM",
    "RQ_IDENT_DOC_DATE",
    "RQ_IDENT_DOC_ISSUED_BY",
    "RQ_IDENT_DOC_DEP_CODE",
)
_RUSSIAN = ("RQ_INN", "RQ_KPP", "RQ_IFNS", "RQ_OGRN", "RQ_OGRNIP", "RQ_OKPO", "RQ_OKTMO", "RQ_OKVED")
_SIGNS = ("RQ_SIGNATURE", "RQ_STAMP")
_OFFICERS = ("RQ_DIRECTOR", "RQ_ACCOUNTANT")
_CERTIFICATE = ("RQ_ST_CERT_SER", "RQ_ST_CERT_NUM", "RQ_ST_CERT_DATE")
_VAT = ("RQ_VAT_ID",)
# The fields a template of a country may hold, in the order of "availabletoadd".
_OFFERED: dict[int, tuple[str, ...]] = {
    1: (
        *(*_PERSON, *_COMPANY, "RQ_COMPANY_REG_DATE", *_OFFICERS, *_CONTACT),
        *(*_IDENTITY, *_RUSSIAN, *_CERTIFICATE, *_SIGNS),
    ),
    4: (*_PERSON, *_COMPANY, *_OFFICERS, *_CONTACT, *_IDENTITY, "RQ_IDENT_DOC_PERS_NUM", "RQ_INN", "RQ_OKPO", *_SIGNS),
    6: (*_PERSON, *_COMPANY, "RQ_CEO_NAME", *_CONTACT, "RQ_IIN", "RQ_BIN", "RQ_KBE", "RQ_OKPO", *_SIGNS),
    14: (*_PERSON, *_COMPANY, *_OFFICERS, *_CONTACT, "RQ_EDRPOU", "RQ_DRFO", "RQ_INN", "RQ_VAT_PAYER", *_SIGNS),
    34: (*_PERSON, *_COMPANY, *_CONTACT, "RQ_CNPJ", "RQ_STATE_REG", "RQ_MNPL_REG", "RQ_CPF", *_SIGNS),
    110: (*_PERSON, *_COMPANY, *_CONTACT, "RQ_INN", "RQ_REGON", "RQ_KRS", "RQ_PESEL", *_VAT, *_SIGNS),
    132: (*_PERSON, *_COMPANY, *_CONTACT, "RQ_LEGAL_FORM", "RQ_SIRET", "RQ_SIREN", "RQ_CAPITAL", "RQ_RCS", *_SIGNS),
}
_ELSEWHERE = (*_PERSON, *_COMPANY, *_CONTACT, *_VAT, *_SIGNS)

# crm-requisite-preset-field-list.md; a star marks what the short form of a card shows.
_ORGANISATION = (
    "RQ_INN* RQ_COMPANY_NAME* RQ_COMPANY_FULL_NAME RQ_OGRN RQ_KPP* RQ_COMPANY_REG_DATE RQ_OKPO RQ_OKTMO RQ_DIRECTOR"
    " RQ_ACCOUNTANT RQ_ADDR RQ_SIGNATURE RQ_STAMP"
)
_ENTREPRENEUR = (
    "RQ_INN* RQ_LAST_NAME* RQ_FIRST_NAME* RQ_SECOND_NAME RQ_OGRNIP RQ_COMPANY_REG_DATE RQ_OKPO RQ_OKTMO RQ_ADDR"
    " RQ_SIGNATURE RQ_STAMP"
)
_INDIVIDUAL = (
    "RQ_LAST_NAME* RQ_FIRST_NAME* RQ_SECOND_NAME RQ_IDENT_DOC RQ_IDENT_DOC_SER RQ_IDENT_DOC_NUM RQ_IDENT_DOC_DATE"
    " RQ_IDENT_DOC_ISSUED_BY RQ_IDENT_DOC_DEP_CODE RQ_ADDR"
)
_SEEDS = (
    ("Организация", "COMPANY", _ORGANISATION),
    ("ИП", "INDIVIDUAL", _ENTREPRENEUR),
    ("Физ. лицо", "PERSON", _INDIVIDUAL),
    ("Организация (доп.)", "COMPANY_ADD", _ORGANISATION),
)


def _planting() -> str:
    """The statements that give a portal its templates once."""
    fresh = "WHERE NOT EXISTS (SELECT 1 FROM settings WHERE name = 'crm.presets')"
    parts = [
        "CREATE TABLE IF NOT EXISTS crm_preset_fields (presetId INTEGER NOT NULL, id INTEGER NOT NULL,"
        " name TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', sort INTEGER NOT NULL, short TEXT NOT NULL DEFAULT 'N',"
        " PRIMARY KEY (presetId, id))"
    ]
    for number, (name, code, fields) in enumerate(_SEEDS, 1):
        parts.append(
            "INSERT INTO crm_presets (ID, ENTITY_TYPE_ID, COUNTRY_ID, CREATED_BY_ID, NAME, XML_ID, ACTIVE, SORT)"
            f" SELECT {number}, 8, 1, 1, '{name}', '#CRM_REQUISITE_PRESET_DEF_RU_{code}#', 'Y', {490 + number * 10}"
            f" {fresh}"
        )
        for position, field in enumerate(fields.split(), 1):
            short = "Y" if field.endswith("*") else "N"
            parts.append(
                "INSERT INTO crm_preset_fields (presetId, id, name, sort, short)"
                f" SELECT {number}, {position}, '{field.rstrip('*')}', {500 + position * 10}, '{short}' {fresh}"
            )
    parts.append("INSERT OR IGNORE INTO settings VALUES ('crm.presets', '1')")
    return ";\n".join(parts)


declare(_planting())


def fields_in(store: Store, preset: int) -> list[dict[str, Any]]:
    """The fields of a template in their order."""
    sql = "SELECT * FROM crm_preset_fields WHERE presetId = ? ORDER BY sort, id"
    return [dict(row) for row in store.rows(sql, (preset,))]


def available(portal: Portal, preset: int) -> list[str]:
    """What may still be added to a template: the fields of its country and the user fields."""
    country = PRESETS.need(portal.store, preset)["COUNTRY_ID"]
    offered = [*_OFFERED.get(country, _ELSEWHERE)]
    offered += [field.name for field in schema_of(portal).user_fields.get("CRM_REQUISITE", [])]
    taken = {row["name"] for row in fields_in(portal.store, preset)}
    return [name for name in offered if name not in taken]
