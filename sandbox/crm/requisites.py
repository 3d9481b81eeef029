"""Requisites, their bank details, their templates and the addresses: the fields as data, and who owns what."""

from __future__ import annotations

from typing import Any

from sandbox.crm import access, items
from sandbox.crm.records import STAMPS, Row, Table, refused
from sandbox.crm.schema import COMPANY, CONTACT, LEAD, Entity, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store

REQUISITE_TYPE = 8

# crm/requisites/universal/crm-requisite-fields.md
REQUISITES = Table(
    "crm_requisites",
    "Requisite",
    f"""
ID              integer ro       | ID
ENTITY_TYPE_ID  integer req imm  | Идентификатор типа объекта
ENTITY_ID       integer req imm  | Идентификатор объекта
PRESET_ID       integer req imm  | Идентификатор шаблона
{STAMPS}
NAME            string           | Название
CODE            string           | Символьный код
XML_ID          string           | Внешний код
ORIGINATOR_ID   string           | Внешний источник
ACTIVE          char             | Активность
ADDRESS_ONLY    char             | Только адрес
SORT            integer          | Сортировка
RQ_NAME         string           | ФИО
RQ_FIRST_NAME   string           | Имя
RQ_LAST_NAME    string           | Фамилия
RQ_SECOND_NAME  string           | Отчество
RQ_COMPANY_ID   string           | Код организации
RQ_COMPANY_NAME string           | Сокращённое наименование организации
RQ_COMPANY_FULL_NAME string      | Полное наименование организации
RQ_COMPANY_REG_DATE string       | Дата государственной регистрации
RQ_DIRECTOR     string           | Ген. директор
RQ_ACCOUNTANT   string           | Гл. бухгалтер
RQ_CEO_NAME     string           | Руководитель
RQ_CEO_WORK_POS string           | Должность руководителя
RQ_CONTACT      string           | Контактное лицо
RQ_EMAIL        string           | E-Mail
RQ_PHONE        string           | Телефон
RQ_FAX          string           | Факс
RQ_IDENT_TYPE   crm_status dict:RQ_IDENT_TYPE_CO | Тип удостоверения
RQ_IDENT_DOC    string           | Вид документа
RQ_IDENT_DOC_SER string          | Серия
RQ_IDENT_DOC_NUM string          | Номер
RQ_IDENT_DOC_PERS_NUM string     | Личный номер
RQ_IDENT_DOC_DATE string         | Дата выдачи
RQ_IDENT_DOC_ISSUED_BY string    | Кем выдан
RQ_IDENT_DOC_DEP_CODE string     | Код подразделения
RQ_INN          string           | ИНН
RQ_KPP          string           | КПП
RQ_USRLE        string           | Номер в торговом реестре
RQ_IFNS         string           | ИФНС
RQ_OGRN         string           | ОГРН
RQ_OGRNIP       string           | ОГРНИП
RQ_OKPO         string           | ОКПО
RQ_OKTMO        string           | ОКТМО
RQ_OKVED        string           | ОКВЭД
RQ_EDRPOU       string           | ЕГРПОУ
RQ_DRFO         string           | ДРФО
RQ_KBE          string           | КБЕ
RQ_IIN          string           | ИИН
RQ_BIN          string           | БИН
RQ_ST_CERT_SER  string           | Серия свидетельства о гос. регистрации
RQ_ST_CERT_NUM  string           | Номер свидетельства о гос. регистрации
RQ_ST_CERT_DATE string           | Дата свидетельства о гос. регистрации
RQ_VAT_PAYER    char             | Плательщик НДС
RQ_VAT_ID       string           | Номер плательщика НДС
RQ_VAT_CERT_SER string           | Серия свидетельства плательщика НДС
RQ_VAT_CERT_NUM string           | Номер свидетельства плательщика НДС
RQ_VAT_CERT_DATE string          | Дата свидетельства плательщика НДС
RQ_RESIDENCE_COUNTRY string      | Страна резидентства
RQ_BASE_DOC     string           | Основание действия
RQ_REGON        string           | REGON
RQ_KRS          string           | KRS
RQ_PESEL        string           | PESEL
RQ_LEGAL_FORM   string           | Организационно-правовая форма
RQ_SIRET        string           | SIRET
RQ_SIREN        string           | SIREN
RQ_CAPITAL      string           | Уставный капитал
RQ_RCS          string           | RCS
RQ_CNPJ         string           | CNPJ
RQ_STATE_REG    string           | Регистрация в штате
RQ_MNPL_REG     string           | Муниципальная регистрация
RQ_CPF          string           | CPF
""",
    user_fields="CRM_REQUISITE",
    indexes=("ENTITY_TYPE_ID, ENTITY_ID", "RQ_INN"),
)

# crm/requisites/bank-detail/crm-requisite-bank-detail-fields.md
BANK_DETAILS = Table(
    "crm_bank_details",
    "RequisiteBankDetail",
    f"""
ID              integer ro       | ID
ENTITY_ID       integer req imm  | Идентификатор реквизита
COUNTRY_ID      integer          | Идентификатор страны
{STAMPS}
NAME            string           | Название
CODE            string           | Символьный код
XML_ID          string           | Внешний код
ORIGINATOR_ID   string           | Внешний источник
ACTIVE          char             | Активность
SORT            integer          | Сортировка
RQ_BANK_NAME    string           | Наименование банка
RQ_BANK_CODE    string           | Код банка
RQ_BANK_ADDR    string           | Адрес банка
RQ_BANK_ROUTE_NUM string         | Маршрутный номер банка
RQ_BIK          string           | БИК
RQ_MFO          string           | МФО
RQ_ACC_NAME     string           | Владелец счёта
RQ_ACC_NUM      string           | Расчётный счёт
RQ_ACC_TYPE     string           | Тип счёта
RQ_IIK          string           | ИИК
RQ_ACC_CURRENCY string           | Валюта счёта
RQ_COR_ACC_NUM  string           | Кор. счёт
RQ_IBAN         string           | IBAN
RQ_SWIFT        string           | SWIFT
RQ_BIC          string           | BIC
RQ_CODEB        string           | Код банка (Франция)
RQ_CODEG        string           | Код отделения
RQ_RIB          string           | Ключ RIB
RQ_AGENCY_NAME  string           | Отделение
COMMENTS        string           | Комментарий
""",
    indexes=("ENTITY_ID",),
)

# crm/requisites/presets/crm-requisite-preset-fields.md
PRESETS = Table(
    "crm_presets",
    "Preset",
    f"""
ID              integer ro       | ID
ENTITY_TYPE_ID  integer req imm  | Идентификатор типа объекта
COUNTRY_ID      integer req imm  | Идентификатор страны
{STAMPS}
NAME            string req       | Название
XML_ID          string           | Внешний код
ACTIVE          char             | Активность
SORT            integer          | Сортировка
""",
)

# crm/requisites/addresses/crm-address-fields.md; the ID is the location's, addresses have none of their own.
ADDRESSES = Table(
    "crm_addresses",
    "Address",
    """
TYPE_ID         integer req imm  | Тип адреса
ENTITY_TYPE_ID  integer req imm  | Идентификатор типа объекта
ENTITY_ID       integer req imm  | Идентификатор объекта
ADDRESS_1       string           | Улица, дом, корпус, строение
ADDRESS_2       string           | Квартира / офис
CITY            string           | Город
POSTAL_CODE     string           | Почтовый индекс
REGION          string           | Район
PROVINCE        string           | Область
COUNTRY         string           | Страна
COUNTRY_CODE    string           | Код страны
LOC_ADDR_ID     integer          | Идентификатор адреса местоположения
ANCHOR_TYPE_ID  integer ro       | Идентификатор типа главного объекта
ANCHOR_ID       integer ro       | Идентификатор главного объекта
""",
    indexes=("ENTITY_TYPE_ID, ENTITY_ID", "ANCHOR_TYPE_ID, ANCHOR_ID"),
)

# crm/requisites/links/crm-requisite-link-fields.md
LINKS = Table(
    "crm_requisite_links",
    "Link",
    """
ENTITY_TYPE_ID  integer req imm  | Идентификатор типа объекта
ENTITY_ID       integer req imm  | Идентификатор объекта
REQUISITE_ID    integer req      | Реквизит клиента
BANK_DETAIL_ID  integer req      | Банковский реквизит клиента
MC_REQUISITE_ID integer req      | Реквизит вашей компании
MC_BANK_DETAIL_ID integer req    | Банковский реквизит вашей компании
""",
    indexes=("ENTITY_TYPE_ID, ENTITY_ID",),
)


def owner(call: Call, entity_type_id: int, item_id: int) -> Entity:
    """The type of the object that owns a requisite; refused when there is none or it may not be touched."""
    try:
        entity = schema_of(call.portal).entity(entity_type_id)
        items.owned(call, entity, item_id)
    except RestError as refusal:
        raise refused("Entity not found." if refusal.code == "NOT_FOUND" else "Access denied.") from None
    return entity


def need(call: Call, number: int) -> Row:
    """A requisite whose owner the caller may touch."""
    row = REQUISITES.need(call.portal.store, number)
    entity = schema_of(call.portal).entity(row["ENTITY_TYPE_ID"])
    if entity.schema.access:
        responsible = call.portal.store.value(
            f'SELECT "assignedById" FROM "{entity.table}" WHERE id = ?', (row["ENTITY_ID"],)
        )
        if not access.allowed(call, entity, responsible):
            raise refused("Access denied.")
    return row


def readable(call: Call, *types: int) -> None:
    """Refuses a list to someone who may read none of the owners' types."""
    schema = schema_of(call.portal)
    wanted = types or (CONTACT, COMPANY)
    if schema.access and all(access.mode_of(call, schema.entity(t)) == "none" for t in wanted):
        raise RestError(0, "Access denied.", 400)


def destroy(store: Store, number: int) -> None:
    """Deletes a requisite with its bank details, its addresses and the links to it."""
    REQUISITES.delete(store, number)
    store.execute("DELETE FROM crm_bank_details WHERE ENTITY_ID = ?", (number,))
    store.execute("DELETE FROM crm_addresses WHERE ENTITY_TYPE_ID = 8 AND ENTITY_ID = ?", (number,))
    for name in ("REQUISITE_ID", "MC_REQUISITE_ID"):
        bank = name.replace("REQUISITE", "BANK_DETAIL")
        store.execute(f"UPDATE crm_requisite_links SET {name} = 0, {bank} = 0 WHERE {name} = ?", (number,))


@items.on_forget
def forget_owner(store: Store, entity_type_id: int, item_id: int) -> None:
    """An object was deleted: its requisites, addresses and links go with it."""
    if entity_type_id in (CONTACT, COMPANY):
        sql = "SELECT ID FROM crm_requisites WHERE ENTITY_TYPE_ID = ? AND ENTITY_ID = ?"
        for row in store.rows(sql, (entity_type_id, item_id)):
            destroy(store, row["ID"])
        return
    pair = (entity_type_id, item_id)
    store.execute("DELETE FROM crm_requisite_links WHERE ENTITY_TYPE_ID = ? AND ENTITY_ID = ?", pair)
    if entity_type_id == LEAD:
        store.execute("DELETE FROM crm_addresses WHERE ENTITY_TYPE_ID = ? AND ENTITY_ID = ?", pair)


def printed_link(call: Call, row: Row, *, numbers: bool) -> dict[str, Any]:
    """A link as `link.list` prints it; `link.get` prints the object's numbers as numbers."""
    shown = LINKS.printed(call.portal, row)
    if numbers:
        shown |= {name: row[name] for name in ("ENTITY_TYPE_ID", "ENTITY_ID")}
    return shown
