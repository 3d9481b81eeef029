"""What a fresh portal already holds: directories, funnels and currencies, with Russian titles."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.kernel.store import Store

# (STATUS_ID, title, colour, semantics); the order is the order of stages.
StageSeed = tuple[str, str, str, str | None]

LEAD_STAGES: tuple[StageSeed, ...] = (
    ("NEW", "Не обработан", "#2FC6F6", None),
    ("IN_PROCESS", "В работе", "#55D0E0", None),
    ("PROCESSED", "Обработан", "#47E4C2", None),
    ("CONVERTED", "Качественный лид", "#7BD500", "S"),
    ("JUNK", "Некачественный лид", "#FF5752", "F"),
)
DEAL_STAGES: tuple[StageSeed, ...] = (
    ("NEW", "Новая", "#39A8EF", None),
    ("PREPARATION", "Подготовка документов", "#2FC6F6", None),
    ("PREPAYMENT_INVOICE", "Счёт на предоплату", "#55D0E0", None),
    ("EXECUTING", "В работе", "#47E4C2", None),
    ("FINAL_INVOICE", "Финальный счёт", "#FFA900", None),
    ("WON", "Сделка успешна", "#7BD500", "S"),
    ("LOSE", "Сделка провалена", "#FF5752", "F"),
    ("APOLOGY", "Анализ причины провала", "#FF5752", "F"),
)
SMART_STAGES: tuple[StageSeed, ...] = (
    ("NEW", "Начало", "#22B9FF", None),
    ("PREPARATION", "Подготовка", "#88B9FF", None),
    ("CLIENT", "Согласование с клиентом", "#10E5FC", None),
    ("SUCCESS", "Успех", "#00FF00", "S"),
    ("FAIL", "Провал", "#FF0000", "F"),
)
INVOICE_STAGES: tuple[StageSeed, ...] = (
    ("N", "Новый", "#39A8EF", None),
    ("S", "Отправлен клиенту", "#2FC6F6", None),
    ("P", "Оплачен", "#7BD500", "S"),
    ("D", "Не оплачен", "#FF5752", "F"),
)
QUOTE_STAGES: tuple[StageSeed, ...] = (
    ("DRAFT", "Черновик", "#39A8EF", None),
    ("SENT", "Отправлено клиенту", "#2FC6F6", None),
    ("APPROVED", "Принято", "#7BD500", "S"),
    ("DECLAINED", "Отклонено", "#FF5752", "F"),
)

# Stages that the portal itself relies on: `SYSTEM` = Y, deleted only with FORCED.
SYSTEM_STAGES = frozenset(
    {"NEW", "CONVERTED", "JUNK", "WON", "LOSE", "SUCCESS", "FAIL", "N", "P", "D", "DRAFT", "APPROVED", "DECLAINED"}
)

DIRECTORIES: dict[str, tuple[tuple[str, str], ...]] = {
    "SOURCE": (
        ("CALL", "Звонок"),
        ("EMAIL", "Электронная почта"),
        ("WEB", "Веб-сайт"),
        ("ADVERTISING", "Реклама"),
        ("PARTNER", "Существующий клиент"),
        ("RECOMMENDATION", "По рекомендации"),
        ("TRADE_SHOW", "Выставка"),
        ("WEBFORM", "CRM-форма"),
        ("CALLBACK", "Обратный звонок"),
        ("RC_GENERATOR", "Генератор продаж"),
        ("STORE", "Интернет-магазин"),
        ("OTHER", "Другое"),
    ),
    "CONTACT_TYPE": (("CLIENT", "Клиенты"), ("SUPPLIER", "Поставщики"), ("PARTNER", "Партнёры"), ("OTHER", "Другое")),
    "COMPANY_TYPE": (
        ("CUSTOMER", "Клиент"),
        ("SUPPLIER", "Поставщик"),
        ("COMPETITOR", "Конкурент"),
        ("PARTNER", "Партнёр"),
        ("OTHER", "Другое"),
    ),
    "EMPLOYEES": (
        ("EMPLOYEES_1", "менее 50"),
        ("EMPLOYEES_2", "50-250"),
        ("EMPLOYEES_3", "250-500"),
        ("EMPLOYEES_4", "более 500"),
    ),
    "INDUSTRY": (
        ("IT", "Информационные технологии"),
        ("TELECOM", "Телекоммуникации и связь"),
        ("MANUFACTURING", "Производство"),
        ("BANKING", "Банковские услуги"),
        ("CONSULTING", "Консалтинг"),
        ("FINANCE", "Финансы"),
        ("GOVERNMENT", "Правительство"),
        ("DELIVERY", "Доставка"),
        ("ENTERTAINMENT", "Развлечения"),
        ("NOTPROFIT", "Не для получения прибыли"),
        ("OTHER", "Другое"),
    ),
    "DEAL_TYPE": (
        ("SALE", "Продажа"),
        ("COMPLEX", "Комплексная продажа"),
        ("GOODS", "Продажа товара"),
        ("SERVICES", "Продажа услуги"),
        ("SERVICE", "Сервисное обслуживание"),
    ),
    "HONORIFIC": (("HNR_RU_1", "г-н"), ("HNR_RU_2", "г-жа")),
    "CALL_LIST": (
        ("IN_WORK", "В работе"),
        ("SUCCESS", "Успешно"),
        ("WRONG_NUMBER", "Неверный номер"),
        ("STOP_CALLING", "Больше не звонить"),
    ),
}

DIRECTORY_TITLES: dict[str, str] = {
    "STATUS": "Стадии лида",
    "SOURCE": "Источники",
    "CONTACT_TYPE": "Тип контакта",
    "COMPANY_TYPE": "Тип компании",
    "EMPLOYEES": "Количество сотрудников",
    "INDUSTRY": "Сфера деятельности",
    "DEAL_TYPE": "Тип сделки",
    "QUOTE_STATUS": "Стадии предложения",
    "HONORIFIC": "Обращения",
    "CALL_LIST": "Статусы обзвона",
}

# CURRENCY, rate to the base currency, name, format
CURRENCIES = (
    ("RUB", "1.0000", "Российский рубль", "# руб."),
    ("EUR", "90.0000", "Евро", "€#"),
    ("USD", "80.0000", "Доллар США", "$#"),
)

_STATUS = (
    "INSERT INTO crm_statuses (entityId, statusId, name, nameInit, sort, system, categoryId, color, semantics)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def add_stages(store: Store, dictionary: str, prefix: str, category: int | None, stages: Iterable[StageSeed]) -> None:
    """Writes the stages of a new funnel: system ones carry their initial name."""
    rows = []
    for number, (code, name, color, semantics) in enumerate(stages, 1):
        system = code in SYSTEM_STAGES
        rows.append(
            (
                dictionary,
                prefix + code,
                name,
                name if system else "",
                number * 10,
                _yes(system),
                category,
                color,
                semantics,
            )
        )
    store.executemany(_STATUS, rows)


def _yes(value: bool) -> str:
    return "Y" if value else "N"


def plant(store: Store) -> None:
    """Fills an empty CRM: called once, before its first use."""
    add_stages(store, "STATUS", "", None, LEAD_STAGES)
    for dictionary, entries in DIRECTORIES.items():
        rows = [
            (dictionary, code, name, name, i * 10, "N", None, "", None) for i, (code, name) in enumerate(entries, 1)
        ]
        store.executemany(_STATUS, rows)
    add_stages(store, "DEAL_STAGE", "", None, DEAL_STAGES)
    add_stages(store, "QUOTE_STATUS", "", None, QUOTE_STAGES)
    _funnels(store)
    add_stages(store, "SMART_INVOICE_STAGE_1", "DT31_1:", 1, INVOICE_STAGES)
    store.executemany(
        "INSERT INTO crm_currencies (currency, amountCnt, amount, sort, base, fullName, formatString)"
        " VALUES (?, 1, ?, ?, ?, ?, ?)",
        [(code, rate, i * 100, _yes(i == 1), name, form) for i, (code, rate, name, form) in enumerate(CURRENCIES, 1)],
    )
    store.executemany("INSERT INTO crm_relations VALUES (?, ?, ?, ?)", [(2, 31, "Y", "Y"), (7, 31, "Y", "Y")])


def _funnels(store: Store) -> None:
    insert = (
        "INSERT INTO crm_categories (entityTypeId, id, name, sort, isDefault, createdTime) VALUES (?, ?, ?, ?, 'Y', 0)"
    )
    store.executemany(insert, [(2, 0, "Общая", 300), (3, 0, "Общая", 500), (4, 0, "Общая", 500), (31, 1, "Общая", 500)])
