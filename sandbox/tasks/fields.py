"""The fields of a task as `tasks.task.getFields` describes them (api-reference/tasks/tasks-task-get-fields.md)."""

from __future__ import annotations

from typing import Any

# name type default | title; `*` required, `-` no default, `null` for none. `flag` is Y or N.
_TEXT = """
ID integer - | ID
PARENT_ID integer 0 | ID базовой задачи
TITLE string * | Название
DESCRIPTION string - | Описание
MARK enum null | Оценка
PRIORITY enum 1 | Приоритет
STATUS enum 2 | Статус
MULTITASK flag N | Множественная задача
NOT_VIEWED flag N
REPLICATE flag N | Повторяемая задача
GROUP_ID integer 0 | Проект
STAGE_ID integer 0 | Стадия
SPRINT_ID integer 0 | Спринт
BACKLOG_ID integer 0 | Бэклог
CREATED_BY integer * | Постановщик
CREATED_DATE datetime -
RESPONSIBLE_ID integer * | Исполнитель
ACCOMPLICES array -
AUDITORS array -
CHANGED_BY integer - | Изменил
CHANGED_DATE datetime - | Дата изменения
STATUS_CHANGED_BY integer - | Изменил статус
STATUS_CHANGED_DATE datetime - | Дата изменения статуса
CLOSED_BY integer null | Закрыл задачу
CLOSED_DATE datetime null | Дата закрытия
ACTIVITY_DATE datetime null
DATE_START datetime null | Дата начала
DEADLINE datetime null | Крайний срок
START_DATE_PLAN datetime null | Плановое начало
END_DATE_PLAN datetime null | Плановое завершение
GUID string null | GUID
XML_ID string null | XML_ID
COMMENTS_COUNT integer 0 | Кол-во комментариев
SERVICE_COMMENTS_COUNT integer 0
NEW_COMMENTS_COUNT integer 0
ALLOW_CHANGE_DEADLINE flag N
ALLOW_TIME_TRACKING flag N
TASK_CONTROL flag N | Принять работу
ADD_IN_REPORT flag N | Включить в отчет
FORKED_BY_TEMPLATE_ID flag N | Создано из шаблона
TIME_ESTIMATE integer - | Затраченное время
TIME_SPENT_IN_LOGS integer - | Затраченное время из истории изменений
MATCH_WORK_TIME integer - | Пропустить выходные дни
FORUM_TOPIC_ID integer - | FORUM_TOPIC_ID
FORUM_ID integer - | FORUM_ID
SITE_ID string - | SITE_ID
SUBORDINATE flag null | Задача подчиненного
FAVORITE flag null
EXCHANGE_MODIFIED datetime null | EXCHANGE_MODIFIED
EXCHANGE_ID integer null | EXCHANGE_ID
OUTLOOK_VERSION integer null | OUTLOOK_VERSION
VIEWED_DATE datetime - | Дата последнего просмотра
SORTING double - | Индекс сортировки
DURATION_PLAN integer - | Затрачено (план)
DURATION_FACT integer - | Затрачено (факт)
CHECKLIST array -
DURATION_TYPE enum days | DURATION_TYPE
IS_MUTED flag N
IS_PINNED flag N
IS_PINNED_IN_GROUP flag N
FLOW_ID integer 0 | Поток
UF_CRM_TASK crm - | Элементы CRM
UF_TASK_WEBDAV_FILES disk_file - | Загрузить файлы
UF_MAIL_MESSAGE mail_message -
"""
_FLAG = {"Y": "Да", "N": "Нет"}
_VALUES: dict[str, Any] = {
    "MARK": {"N": "Отрицательная", "P": "Положительная"},
    "PRIORITY": {"2": "Высокий", "1": "Средний", "0": "Низкий"},
    "STATUS": {"2": "Ждет выполнения", "3": "Выполняется", "4": "Ждет контроля", "5": "Завершена", "6": "Отложена"},
    "DURATION_TYPE": ["secs", "mins", "hours", "days", "weeks", "months", "years"],
}


def _described(line: str) -> tuple[str, dict[str, Any]]:
    left, _, title = line.partition("|")
    name, kind, default = left.split()
    entry: dict[str, Any] = {"title": title.strip() or None, "type": "enum" if kind == "flag" else kind}
    if name == "ID":
        entry["primary"] = True
    if kind in ("flag", "enum"):
        entry["values"] = _FLAG if kind == "flag" else _VALUES[name]
    if default == "*":
        entry["required"] = True
    elif default != "-":
        entry["default"] = None if default == "null" else int(default) if default.isdigit() else default
    return name, entry


DESCRIBED: dict[str, dict[str, Any]] = dict(_described(line) for line in _TEXT.strip().splitlines())
