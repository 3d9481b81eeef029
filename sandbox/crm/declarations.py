"""The fields of every system object, as data: one line is one field in all its spellings.

From these lines come the tables, `crm.item.fields`, `crm.deal.fields` and its kin, the parsing of
values and both printed forms. Sources: api-reference/crm/universal/object-fields.md and the pages
of the old methods. The line `...` is where user fields and links to parents are printed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.crm.fields import Field, parse

_HEAD = """
id              ID               integer ro                    | ID
createdTime     DATE_CREATE      datetime ro                   | Дата создания
"""
_SHORT = """
dateCreateShort -                datetime off                  | Дата создания (кратко)
"""
_UPDATED = """
updatedTime     DATE_MODIFY      datetime ro                   | Дата изменения
"""
_SHORT_TOO = """
dateModifyShort -                datetime off                  | Дата изменения (кратко)
"""
_WHO = """
createdBy       CREATED_BY_ID    user ro                       | Кем создан
updatedBy       MODIFY_BY_ID     user ro                       | Кем изменён
assignedById    ASSIGNED_BY_ID   user                          | Ответственный
opened          OPENED           boolean                       | Доступен для всех
"""
_ACTIVITY = """
lastActivityBy  LAST_ACTIVITY_BY user ro                       | Кем последняя активность
lastActivityTime LAST_ACTIVITY_TIME datetime ro                | Последняя активность
"""
# The old methods know it, and print nothing.
_COMMUNICATION = """
-               LAST_COMMUNICATION_TIME string off             | Дата последней коммуникации
"""
_MULTIFIELDS = """
emailHome       -                string ro link                | Личный e-mail
emailWork       -                string ro link                | Рабочий e-mail
emailMailing    -                string ro link                | E-mail для рассылок
phoneMobile     -                string ro link                | Мобильный телефон
phoneWork       -                string ro link                | Рабочий телефон
phoneMailing    -                string ro link                | Телефон для рассылок
imol            -                string ro link                | IMOL
email           -                string ro link                | E-mail
phone           -                string ro link                | Телефон
"""
# The old methods still print the address fields that requisites have replaced.
_ADDRESS = """
-               ADDRESS_2        string off                    | Адрес (стр. 2)
-               ADDRESS_CITY     string off                    | Город
-               ADDRESS_POSTAL_CODE string off                 | Почтовый индекс
-               ADDRESS_REGION   string off                    | Район
-               ADDRESS_PROVINCE string off                    | Область
-               ADDRESS_COUNTRY  string off                    | Страна
-               ADDRESS_COUNTRY_CODE string off                | Код страны
-               ADDRESS_LOC_ADDR_ID integer off                | Идентификатор адреса
"""
_UTM = """
utmSource       UTM_SOURCE       string                        | Рекламная система
utmMedium       UTM_MEDIUM       string                        | Тип трафика
utmCampaign     UTM_CAMPAIGN     string                        | Рекламная кампания
utmContent      UTM_CONTENT      string                        | Содержание кампании
utmTerm         UTM_TERM         string                        | Условие поиска кампании
"""

LEAD = f"""
{_HEAD} {_SHORT} {_UPDATED} {_SHORT_TOO} {_WHO}
companyId       COMPANY_ID       crm_company zero              | Компания
contactId       CONTACT_ID       crm_contact zero              | Контакт
stageId         STATUS_ID        crm_status dict:STATUS        | Стадия
isConvert       -                boolean off                   | Сконвертирован
statusDescription STATUS_DESCRIPTION text                      | Дополнительно о стадии
stageSemanticId STATUS_SEMANTIC_ID string ro                   | Группа стадии
productId       -                string off                    | Товар
opportunity     OPPORTUNITY      double                        | Сумма
currencyId      CURRENCY_ID      crm_currency                  | Валюта
sourceId        SOURCE_ID        crm_status dict:SOURCE        | Источник
sourceDescription SOURCE_DESCRIPTION text                      | Дополнительно об источнике
title           TITLE            string                        | Название лида
name            NAME             string                        | Имя
lastName        LAST_NAME        string                        | Фамилия
secondName      SECOND_NAME      string                        | Отчество
shortName       -                string off                    | Краткое имя
companyTitle    COMPANY_TITLE    string                        | Название компании
post            POST             string                        | Должность
address         ADDRESS          text off                      | Адрес
{_ADDRESS}
comments        COMMENTS         text                          | Комментарий
webformId       -                integer                       | Создано CRM-формой
originatorId    ORIGINATOR_ID    string                        | Внешний источник
originId        ORIGIN_ID        string                        | Идентификатор элемента во внешнем источнике
dateClosed      DATE_CLOSED      datetime ro                   | Дата завершения
birthdate       BIRTHDATE        date                          | Дата рождения
honorific       HONORIFIC        crm_status dict:HONORIFIC     | Обращение
hasPhone        HAS_PHONE        boolean ro                    | Задан телефон
hasEmail        HAS_EMAIL        boolean ro                    | Задан e-mail
hasImol         HAS_IMOL         boolean ro                    | Задана открытая линия
login           -                string off                    | Логин
isReturnCustomer IS_RETURN_CUSTOMER boolean ro                 | Повторный лид
searchContent   -                text off                      | Поисковый индекс
isManualOpportunity IS_MANUAL_OPPORTUNITY boolean              | Режим расчёта суммы
movedBy         MOVED_BY_ID      user ro                       | Кем сменена стадия
movedTime       MOVED_TIME       datetime ro                   | Дата смены стадии
{_ACTIVITY}
phoneMobile     -                string ro link                | Мобильный телефон
phoneWork       -                string ro link                | Рабочий телефон
phoneMailing    -                string ro link                | Телефон для рассылок
emailHome       -                string ro link                | Личный e-mail
emailWork       -                string ro link                | Рабочий e-mail
emailMailing    -                string ro link                | E-mail для рассылок
skype           -                string off                    | Skype
icq             -                string off                    | ICQ
imol            -                string ro link                | IMOL
email           -                string ro link                | E-mail
phone           -                string ro link                | Телефон
...
{_UTM}
observers       -                user multi                    | Наблюдатели
contactIds      -                crm_contact multi link        | Контакты
"""

DEAL = f"""
{_HEAD} {_SHORT} {_UPDATED} {_SHORT_TOO} {_WHO}
leadId          LEAD_ID          crm_lead                      | Лид
companyId       COMPANY_ID       crm_company zero              | Компания
contactId       CONTACT_ID       crm_contact zero dep          | Контакт
quoteId         QUOTE_ID         crm_quote                     | Предложение
title           TITLE            string                        | Название
productId       -                string off                    | Товар
categoryId      CATEGORY_ID      crm_category                  | Воронка
stageId         STAGE_ID         crm_status dict:DEAL_STAGE    | Стадия сделки
stageSemanticId STAGE_SEMANTIC_ID string ro                    | Группа стадии
isNew           IS_NEW           boolean ro                    | Новая сделка
isRecurring     IS_RECURRING     boolean                       | Регулярная сделка
isReturnCustomer IS_RETURN_CUSTOMER boolean ro                 | Повторная сделка
isRepeatedApproach IS_REPEATED_APPROACH boolean ro             | Повторное обращение
closed          CLOSED           boolean ro                    | Сделка закрыта
typeId          TYPE_ID          crm_status dict:DEAL_TYPE     | Тип сделки
opportunity     OPPORTUNITY      double                        | Сумма
isManualOpportunity IS_MANUAL_OPPORTUNITY boolean              | Режим расчёта суммы
taxValue        TAX_VALUE        double                        | Сумма налога
currencyId      CURRENCY_ID      crm_currency                  | Валюта
probability     PROBABILITY      integer                       | Вероятность
comments        COMMENTS         text                          | Комментарий
begindate       BEGINDATE        date                          | Дата начала
begindateShort  -                datetime off                  | Дата начала (кратко)
closedate       CLOSEDATE        date                          | Дата завершения
closedateShort  -                datetime off                  | Дата завершения (кратко)
eventDate       -                datetime off                  | Дата события
eventDateShort  -                datetime off                  | Дата события (кратко)
eventId         -                crm_status off                | Тип события
eventDescription -               text off                      | Описание события
locationId      LOCATION_ID      location                      | Местоположение
webformId       -                integer                       | Создано CRM-формой
sourceId        SOURCE_ID        crm_status dict:SOURCE        | Источник
sourceDescription SOURCE_DESCRIPTION text                      | Дополнительно об источнике
originatorId    ORIGINATOR_ID    string                        | Внешний источник
originId        ORIGIN_ID        string                        | Идентификатор элемента во внешнем источнике
additionalInfo  ADDITIONAL_INFO  string                        | Дополнительная информация
searchContent   -                text off                      | Поисковый индекс
orderStage      -                string ro                     | Статус оплаты
movedBy         MOVED_BY_ID      user ro                       | Кем сменена стадия
movedTime       MOVED_TIME       datetime ro                   | Дата смены стадии
{_ACTIVITY}
isWork          -                boolean off                   | В работе
isWon           -                boolean off                   | Успешна
isLose          -                boolean off                   | Провалена
receivedAmount  -                string off                    | Полученная сумма
lostAmount      -                string off                    | Потерянная сумма
hasProducts     -                boolean off                   | Есть товары
...
{_UTM}
observers       -                user multi                    | Наблюдатели
contactIds      -                crm_contact multi link        | Контакты
"""

CONTACT = f"""
{_HEAD} {_UPDATED} {_WHO}
companyId       COMPANY_ID       crm_company zero dep          | Компания
sourceId        SOURCE_ID        crm_status dict:SOURCE        | Источник
sourceDescription SOURCE_DESCRIPTION text                      | Дополнительно об источнике
name            NAME             string                        | Имя
lastName        LAST_NAME        string                        | Фамилия
secondName      SECOND_NAME      string                        | Отчество
shortName       -                string off                    | Краткое имя
photo           PHOTO            file                          | Фотография
post            POST             string                        | Должность
address         ADDRESS          text off                      | Адрес
{_ADDRESS}
comments        COMMENTS         text                          | Комментарий
leadId          LEAD_ID          crm_lead                      | Лид
export          EXPORT           boolean                       | Участвует в экспорте контактов
typeId          TYPE_ID          crm_status dict:CONTACT_TYPE  | Тип контакта
webformId       -                integer                       | Создано CRM-формой
originatorId    ORIGINATOR_ID    string                        | Внешний источник
originId        ORIGIN_ID        string                        | Идентификатор элемента во внешнем источнике
originVersion   ORIGIN_VERSION   string                        | Версия оригинала
birthdate       BIRTHDATE        date                          | Дата рождения
honorific       HONORIFIC        crm_status dict:HONORIFIC     | Обращение
hasPhone        HAS_PHONE        boolean ro                    | Задан телефон
hasEmail        HAS_EMAIL        boolean ro                    | Задан e-mail
hasImol         HAS_IMOL         boolean ro                    | Задана открытая линия
searchContent   -                text off                      | Поисковый индекс
categoryId      -                crm_category                  | Воронка
{_ACTIVITY}
login           -                string off                    | Логин
{_MULTIFIELDS}
-               FACE_ID          integer off                   | Лицо
...
{_UTM}
observers       -                user multi                    | Наблюдатели
companyIds      -                crm_company multi link        | Компании
"""

COMPANY = f"""
{_HEAD} {_UPDATED} {_WHO}
title           TITLE            string req                    | Название компании
logo            LOGO             file                          | Логотип
address         ADDRESS          text off                      | Адрес
addressLegal    ADDRESS_LEGAL    text off                      | Юридический адрес
{_ADDRESS}
{_ADDRESS.replace("ADDRESS_", "REG_ADDRESS_")}
-               REG_ADDRESS      string off                    | Юридический адрес
bankingDetails  BANKING_DETAILS  string                        | Банковские реквизиты
comments        COMMENTS         text                          | Комментарий
typeId          COMPANY_TYPE     crm_status dict:COMPANY_TYPE  | Тип компании
industry        INDUSTRY         crm_status dict:INDUSTRY      | Сфера деятельности
revenue         REVENUE          double                        | Годовой оборот
currencyId      CURRENCY_ID      crm_currency                  | Валюта
employees       EMPLOYEES        crm_status dict:EMPLOYEES     | Кол-во сотрудников
leadId          LEAD_ID          crm_lead                      | Лид
webformId       -                integer                       | Создано CRM-формой
originatorId    ORIGINATOR_ID    string                        | Внешний источник
originId        ORIGIN_ID        string                        | Идентификатор элемента во внешнем источнике
originVersion   ORIGIN_VERSION   string                        | Версия оригинала
hasPhone        HAS_PHONE        boolean ro                    | Задан телефон
hasEmail        HAS_EMAIL        boolean ro                    | Задан e-mail
hasImol         HAS_IMOL         boolean ro                    | Задана открытая линия
isMyCompany     IS_MY_COMPANY    boolean                       | Моя компания
searchContent   -                text off                      | Поисковый индекс
categoryId      -                crm_category                  | Воронка
{_ACTIVITY}
{_COMMUNICATION}
{_MULTIFIELDS}
ufLogo          -                file                          | Логотип (генератор документов)
ufStamp         -                file                          | Печать (генератор документов)
ufDirectorSign  -                file                          | Подпись директора (генератор документов)
ufAccountantSign -               file                          | Подпись бухгалтера (генератор документов)
...
{_UTM}
observers       -                user multi                    | Наблюдатели
contactIds      -                crm_contact multi link        | Контакты
"""

QUOTE = f"""
{_HEAD} {_SHORT} {_UPDATED} {_SHORT_TOO} {_WHO}
quoteNumber     QUOTE_NUMBER     string                        | Номер
title           TITLE            string req                    | Тема
stageId         STATUS_ID        crm_status dict:QUOTE_STATUS  | Стадия предложения
closed          CLOSED           boolean ro                    | Закрыто
currencyId      CURRENCY_ID      crm_currency                  | Валюта
opportunity     OPPORTUNITY      double                        | Сумма
isManualOpportunity -            boolean                       | Режим расчёта суммы
taxValue        TAX_VALUE        double                        | Сумма налога
leadId          LEAD_ID          crm_lead                      | Лид
dealId          DEAL_ID          crm_deal                      | Сделка
companyId       COMPANY_ID       crm_company                   | Компания
mycompanyId     MYCOMPANY_ID     crm_company                   | Реквизиты вашей компании
contactId       CONTACT_ID       crm_contact dep               | Контакт
personTypeId    PERSON_TYPE_ID   integer                       | Тип плательщика
begindate       BEGINDATE        date                          | Дата выставления
begindateShort  -                datetime off                  | Дата выставления (кратко)
closedate       CLOSEDATE        date                          | Дата завершения
closedateShort  -                datetime off                  | Дата завершения (кратко)
actualDate      ACTUAL_DATE      date                          | Действительно до
comments        COMMENTS         text                          | Комментарий
commentsType    -                integer off                   | Тип комментария
content         CONTENT          text                          | Содержание
contentType     -                integer off                   | Тип содержания
terms           TERMS            text                          | Условия
termsType       -                integer off                   | Тип условий
storageTypeId   -                integer off                   | Тип хранилища
storageElementIds -              integer multi                 | Файлы
locationId      LOCATION_ID      location                      | Местоположение
webformId       -                integer                       | Создано CRM-формой
clientTitle     CLIENT_TITLE     string                        | Клиент
clientAddr      CLIENT_ADDR      string                        | Адрес
clientContact   CLIENT_CONTACT   string                        | Контактное лицо
clientEmail     CLIENT_EMAIL     string                        | E-mail
clientPhone     CLIENT_PHONE     string                        | Телефон
clientTpId      CLIENT_TP_ID     string                        | ИНН
clientTpaId     CLIENT_TPA_ID    string                        | КПП
searchContent   -                text off                      | Поисковый индекс
hasProducts     -                boolean off                   | Есть товары
{_ACTIVITY}
{_COMMUNICATION}
...
{_UTM}
contactIds      -                crm_contact multi link        | Контакты
"""

_DYNAMIC_HEAD = """
id              -                integer ro                    | ID
xmlId           -                string                        | Внешний код
title           -                string                        | Название
createdBy       -                user ro                       | Кем создан
updatedBy       -                user ro                       | Кем изменён
movedBy         -                user ro if:isStagesEnabled    | Кем сменена стадия
createdTime     -                datetime ro                   | Дата создания
updatedTime     -                datetime ro                   | Дата изменения
movedTime       -                datetime ro if:isStagesEnabled | Дата смены стадии
categoryId      -                crm_category                  | Воронка
opened          -                boolean req                   | Доступен для всех
stageId         -                crm_status if:isStagesEnabled | Стадия
previousStageId -                crm_status ro if:isStagesEnabled | Предыдущая стадия
begindate       -                date if:isBeginCloseDatesEnabled | Дата начала
closedate       -                date if:isBeginCloseDatesEnabled | Дата завершения
companyId       -                crm_company if:isClientEnabled | Компания
contactId       -                crm_contact dep if:isClientEnabled | Контакт
opportunity     -                double if:isLinkWithProductsEnabled | Сумма
isManualOpportunity -            boolean if:isLinkWithProductsEnabled | Режим расчёта суммы
taxValue        -                double if:isLinkWithProductsEnabled | Сумма налога
currencyId      -                crm_currency if:isLinkWithProductsEnabled | Валюта
mycompanyId     -                crm_company if:isMycompanyEnabled | Реквизиты вашей компании
sourceId        -                crm_status dict:SOURCE if:isSourceEnabled | Источник
sourceDescription -              text if:isSourceEnabled       | Дополнительно об источнике
webformId       -                integer                       | Создано CRM-формой
assignedById    -                user                          | Ответственный
lastActivityBy  -                user ro                       | Кем последняя активность
lastActivityTime -               datetime ro                   | Последняя активность
"""

INVOICE = f"""
{_DYNAMIC_HEAD}
comments        -                text                          | Комментарий
accountNumber   -                string                        | Номер счёта
locationId      -                location                      | Местоположение
parentId2       -                crm_entity                    | Сделка
parentId7       -                crm_entity                    | Предложение
...
observers       -                user multi if:isObserversEnabled | Наблюдатели
contactIds      -                crm_contact multi link if:isClientEnabled | Контакты
"""

SMART_PROCESS = f"""
{_DYNAMIC_HEAD}
...
utmSource       -                string                        | Рекламная система
utmMedium       -                string                        | Тип трафика
utmCampaign     -                string                        | Рекламная кампания
utmContent      -                string                        | Содержание кампании
utmTerm         -                string                        | Условие поиска кампании
observers       -                user multi if:isObserversEnabled | Наблюдатели
contactIds      -                crm_contact multi link if:isClientEnabled | Контакты
"""


@dataclass(frozen=True, slots=True)
class Declaration:
    """An object type before it meets a portal: its fields up to `...` and after it."""

    code: str
    letter: str
    user_fields: str
    title: str
    head: tuple[Field, ...]
    tail: tuple[Field, ...]

    @property
    def columns(self) -> list[Field]:
        """The fields that lie in the object's own table."""
        return [field for field in (*self.head, *self.tail) if field.column]


def _declare(code: str, letter: str, user_fields: str, title: str, text: str) -> Declaration:
    head, _, tail = text.partition("\n...")
    return Declaration(code, letter, user_fields, title, tuple(parse(head)), tuple(parse(tail)))


LEAD_TYPE, DEAL_TYPE, CONTACT_TYPE, COMPANY_TYPE, QUOTE_TYPE, INVOICE_TYPE = 1, 2, 3, 4, 7, 31
FIRST_SMART_PROCESS = 128

SYSTEM: dict[int, Declaration] = {
    LEAD_TYPE: _declare("LEAD", "L", "CRM_LEAD", "Лид", LEAD),
    DEAL_TYPE: _declare("DEAL", "D", "CRM_DEAL", "Сделка", DEAL),
    CONTACT_TYPE: _declare("CONTACT", "C", "CRM_CONTACT", "Контакт", CONTACT),
    COMPANY_TYPE: _declare("COMPANY", "CO", "CRM_COMPANY", "Компания", COMPANY),
    QUOTE_TYPE: _declare("QUOTE", "Q", "CRM_QUOTE", "Предложение", QUOTE),
    INVOICE_TYPE: _declare("SMART_INVOICE", "SI", "CRM_SMART_INVOICE", "Счёт", INVOICE),
}


def smart_process(entity_type_id: int, type_id: int, title: str) -> Declaration:
    """The declaration of a smart process; `type_id` is crm.type's `id`, not the entity type."""
    letter = f"T{entity_type_id:x}"
    return _declare(f"DYNAMIC_{entity_type_id}", letter, f"CRM_{type_id}", title, SMART_PROCESS)


def entity_type_of(letter: str) -> int | None:
    """`D` -> 2, `T80` -> 128; None for an unknown abbreviation (api-reference/crm/data-types.md)."""
    for entity_type_id, declaration in SYSTEM.items():
        if declaration.letter == letter:
            return entity_type_id
    if letter[:1] == "T" and letter[1:]:
        try:
            return int(letter[1:], 16)
        except ValueError:
            return None
    return None
