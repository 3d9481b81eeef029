"""Lists of constants: `crm.enum.*` (api-reference/crm/auxiliary/enum)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.crm.records import descriptions
from sandbox.crm.schema import DEAL, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.registry import method

_FIELDS = descriptions(
    """
    ID int ro | ID
    NAME string ro | Название
    SYMBOL_CODE string ro | Символьный код
    SYMBOL_CODE_SHORT string ro | Краткий символьный код
    """
)
# Method -> (number, name) in the order of the page.
_LISTS: dict[str, tuple[tuple[int, str], ...]] = {
    "activitydirection": ((0, ""), (1, "Входящее"), (2, "Исходящее")),
    "activitynotifytype": ((0, ""), (1, "мин."), (2, "ч."), (3, "дн.")),
    "activitypriority": ((0, ""), (1, "Низкий"), (2, "Средний"), (3, "Высокий")),
    "activitystatus": ((0, ""), (1, "Ожидается"), (2, "Завершено"), (3, "Завершено автоматически")),
    "activitytype": (
        (0, ""),
        (1, "Встреча"),
        (2, "Звонок"),
        (3, "Задача"),
        (4, "E-mail"),
        (5, "Действие"),
        (6, "Пользовательское действие"),
    ),
    "addresstype": (
        (11, "Адрес доставки"),
        (1, "Фактический адрес"),
        (6, "Юридический адрес"),
        (4, "Адрес регистрации"),
        (8, "Почтовый адрес"),
        (9, "Адрес бенефициара"),
    ),
    "contenttype": ((0, ""), (1, "Обычный текст"), (2, "bbCode"), (3, "HTML")),
    "settings.mode": ((1, "Классическая CRM"), (2, "Простая CRM")),
}
# The types of objects that every portal has, in the order of the page.
_OWNERS = (
    (1, "Лид", "LEAD", "L"),
    (2, "Сделка", "DEAL", "D"),
    (3, "Контакт", "CONTACT", "C"),
    (4, "Компания", "COMPANY", "CO"),
    (5, "Счёт (старая версия)", "INVOICE", "I"),
    (31, "Счёт", "SMART_INVOICE", "SI"),
    (7, "Предложение", "QUOTE", "Q"),
    (8, "Реквизиты", "REQUISITE", "RQ"),
    (36, "Документ", "SMART_DOCUMENT", "DO"),
    (39, "Документ компании", "SMART_B2E_DOC", "SBD"),
)


def _item(number: int, name: str, code: str | None = None, short: str | None = None) -> dict[str, Any]:
    return {"ID": number, "NAME": name, "SYMBOL_CODE": code, "SYMBOL_CODE_SHORT": short}


@method("crm.enum.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of an element."""
    return _FIELDS


def _listed(elements: tuple[tuple[int, str], ...]) -> Callable[[Call], Any]:
    def listed(call: Call) -> list[dict[str, Any]]:
        """The elements of a list."""
        return [_item(number, name) for number, name in elements]

    return listed


for _name, _elements in _LISTS.items():
    method(f"crm.enum.{_name}", "crm")(_listed(_elements))


@method("crm.enum.ownertype", "crm")
def owner_types(call: Call) -> list[dict[str, Any]]:
    """The object types of the portal, smart processes last."""
    smart = schema_of(call.portal).types.items()
    own = [_item(number, row["title"], f"DYNAMIC_{number}", f"T{number:x}") for number, row in smart]
    return [_item(*owner) for owner in _OWNERS] + own


@method("crm.enum.getorderownertypes", "crm")
def order_owner_types(call: Call) -> list[dict[str, Any]]:
    """The object types an order can be bound to: deals only."""
    return [{"attribute": "DYN", "code": "DEAL", "id": DEAL, "name": "Сделка"}]
