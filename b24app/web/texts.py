"""What people read on the pages, in Russian and English."""

from __future__ import annotations

from rules.decision import Text

TEXTS = {
    "app_name": Text("Автоматизация продаж", "Sales automation"),
    "outside_title": Text("Откройте приложение из Битрикс24", "Open the application from Bitrix24"),
    "outside_text": Text(
        "Эта страница работает внутри портала: пункт приложения в левом меню или вкладка в карточке компании.",
        "This page works inside the portal: the application's item in the left menu or a tab of a company's card.",
    ),
    "problem_title": Text("Не получилось открыть", "This could not be opened"),
    "broken_title": Text("Страница сломалась", "The page broke"),
    "broken_text": Text(
        "Это ошибка приложения, вы ни при чём. Обновите страницу через минуту.",
        "This is an error of the application, not yours. Reload the page in a minute.",
    ),
    "broken_told": Text(
        "Если не помогло, сообщите администратору портала: ошибка записана на странице приложения.",
        "If that does not help, tell the portal's administrator: the error is noted on the application's page.",
    ),
    "broken_not_told": Text(
        "Если не помогло, сообщите администратору портала: подробности в журнале сервера приложения.",
        "If that does not help, tell the portal's administrator: the details are in the log of the app's server.",
    ),
    "install_title": Text("Установка приложения", "Installation"),
    "install_again_title": Text("Настройка приложения", "Set-up"),
    "install_lead": Text(
        "Выберите, чем занимается компания. Приложение создаст недостающие воронки, стадии, смарт-процессы и поля. "
        "Существующее не удаляется и не переименовывается.",
        "Choose what the company does. The application creates the funnels, stages, smart processes and fields that "
        "are missing. Nothing that exists is deleted or renamed.",
    ),
    "install_show_plan": Text("Показать, что будет создано", "Show what will be created"),
    "install_start": Text("Установить", "Install"),
    "install_finish": Text("Завершить и открыть приложение", "Finish and open the application"),
    "install_close": Text("Готово", "Close"),
    "install_back": Text("Изменить выбор", "Change the choice"),
    "install_plan_title": Text("Что будет сделано", "What will be done"),
    "install_consent": Text("Согласен, сделать это", "I agree, do it"),
    "install_plan_nothing": Text("Всё уже создано.", "Everything exists already."),
    "install_running": Text("Создаю объекты на портале…", "Creating objects on the portal…"),
    "install_done": Text("Готово. Приложение настроено.", "Done. The application is set up."),
    "install_failed": Text("Установка остановилась", "The installation has stopped"),
    "install_retry": Text("Повторить", "Try again"),
    "install_loading": Text("Сравниваю с порталом…", "Comparing with the portal…"),
    "install_no_answer": Text(
        "Сервер приложения не ответил. Проверьте соединение и нажмите ещё раз.",
        "The application's server did not answer. Check the connection and press again.",
    ),
    "action_create": Text("создать", "create"),
    "action_exists": Text("уже есть", "exists"),
    "action_attention": Text("проверьте", "check"),
    "kind_funnel": Text("Воронка", "Funnel"),
    "kind_stage": Text("Стадия", "Stage"),
    "kind_lead_stage": Text("Стадия лида", "Lead stage"),
    "kind_field": Text("Поле", "Field"),
    "kind_smart_process": Text("Смарт-процесс", "Smart process"),
    "kind_type": Text("Тип компании", "Company type"),
    "kind_list": Text("Список", "List"),
    "kind_storage": Text("Хранилище", "Storage"),
    "kind_robot": Text("Робот", "Automation rule"),
    "kind_trigger": Text("Триггер", "Trigger"),
    "kind_placement": Text("Вкладка", "Tab"),
    "kind_event": Text("Событие", "Event"),
    "kind_badge": Text("Значок", "Badge"),
    "kind_sender": Text("Отправитель сообщений", "Message provider"),
    "kinds_funnel": Text("Воронки", "Funnels"),
    "kinds_stage": Text("Стадии", "Stages"),
    "kinds_lead_stage": Text("Стадии лидов", "Lead stages"),
    "kinds_field": Text("Поля", "Fields"),
    "kinds_smart_process": Text("Смарт-процессы", "Smart processes"),
    "kinds_type": Text("Типы компаний", "Company types"),
    "kinds_list": Text("Списки", "Lists"),
    "kinds_storage": Text("Хранилища", "Storages"),
    "kinds_robot": Text("Роботы", "Automation rules"),
    "kinds_trigger": Text("Триггеры", "Triggers"),
    "kinds_placement": Text("Вкладки", "Tabs"),
    "kinds_event": Text("События", "Events"),
    "kinds_badge": Text("Значки", "Badges"),
    "kinds_sender": Text("Отправители сообщений", "Message providers"),
    "entity_company": Text("Компания", "Company"),
    "entity_contact": Text("Контакт", "Contact"),
    "entity_deal": Text("Сделка", "Deal"),
    "entity_lead": Text("Лид", "Lead"),
    "entity_invoice": Text("Счёт", "Invoice"),
    "entity_debt": Text("Задолженность", "Debt"),
    "entity_visit": Text("Посещение", "Visit"),
    "entity_object": Text("Объект", "Object"),
    "entity_task": Text("Задача", "Task"),
    "status_title": Text("Состояние приложения", "State of the application"),
    "status_working": Text("Приложение работает", "The application is working"),
    "status_installing": Text("Установка не завершена", "The installation is not finished"),
    "status_attention": Text("Требуется внимание", "Attention needed"),
    "status_presets": Text("Наборы", "Presets"),
    "status_objects": Text("Создано на портале", "Created on the portal"),
    "status_errors": Text("Открытые ошибки", "Open errors"),
    "status_waiting": Text("Событий в очереди", "Events waiting"),
    "status_tokens": Text("Подключено администраторов", "Administrators connected"),
    "status_last_event": Text("Последнее событие", "Last event"),
    "status_decisions": Text("Последние решения", "Last decisions"),
    "status_no_decisions": Text(
        "Решений пока нет. Они появятся, когда изменится сделка, компания или задолженность.",
        "No decisions yet. They appear when a deal, a company or a debt changes.",
    ),
    "status_idle": Text("Ещё решений, по которым делать нечего:", "More decisions with nothing to do:"),
    "status_errors_title": Text("Что требует внимания", "What needs attention"),
    "status_one_admin": Text(
        "Приложение держится на одном администраторе. Пусть эту страницу откроет ещё один: если первый уволится, "
        "работа не остановится.",
        "The application relies on one administrator. Let another one open this page: if the first leaves, the work "
        "does not stop.",
    ),
    "status_setup": Text("Наборы и настройка", "Presets and set-up"),
    "status_for_employees": Text(
        "Задолженность клиента смотрите на вкладке «Дебиторка» в карточке компании.",
        "See a client's debts on the Receivables tab of the company's card.",
    ),
    "never": Text("ещё не было", "never"),
    "nothing": Text("нет", "none"),
    "tab_title": Text("Дебиторка", "Receivables"),
    "tab_in_period": Text("В рамках периода", "Within the period"),
    "tab_overdue": Text("Просрочено", "Overdue"),
    "tab_advance": Text("Аванс", "Advance"),
    "tab_ageing": Text("По срокам", "By age"),
    "bucket_in_period": Text("В периоде", "In period"),
    "bucket_1_7": Text("1–7 дней", "1–7 days"),
    "bucket_8_30": Text("8–30 дней", "8–30 days"),
    "bucket_31_60": Text("31–60 дней", "31–60 days"),
    "bucket_over_60": Text("больше 60", "over 60"),
    "tab_open_debts": Text("Открытые задолженности", "Open debts"),
    "tab_shipment": Text("Отгрузка", "Shipment"),
    "tab_due": Text("Срок", "Due"),
    "tab_amount": Text("Сумма", "Amount"),
    "tab_paid": Text("Оплачено", "Paid"),
    "tab_outstanding": Text("Остаток", "Outstanding"),
    "tab_stage": Text("Стадия", "Stage"),
    "tab_days": Text("дн.", "d."),
    "tab_today": Text("сегодня", "today"),
    "tab_next": Text("Следующее действие", "Next action"),
    "next_remind_about_debts": Text("напоминания клиенту", "reminders to the client"),
    "next_keep_company_receivables": Text("сроки, стадии и суммы долга", "due days, stages and totals"),
    "next_keep_company_type": Text("тип компании", "the company's type"),
    "next_create_repeat_deal": Text("повторная продажа", "repeat sale"),
    "next_close_repeat_deals": Text("повторная продажа", "repeat sale"),
    "next_mark_deals_of_debtors": Text("значок «Должник»", "the badge “Debtor”"),
    "next_keep_last_visit": Text("последнее посещение", "the last visit"),
    "next_check_debt_links": Text("связи записи о долге", "links of the debt record"),
    "next_fire_debt_triggers": Text("триггеры", "triggers"),
    "next_tell_client_contact_of_company": Text("триггеры", "triggers"),
    "tab_last_message": Text("Последнее напоминание", "Last reminder"),
    "tab_reminders": Text("Напоминания: когда и почему", "Reminders: when and why"),
    "tab_payments": Text("Оплаты из банка", "Payments from the bank"),
    "tab_payment": Text("Платёж", "Payment"),
    "tab_purpose": Text("Назначение", "Purpose"),
    "tab_went_to": Text("На что пошло", "What it paid"),
    "tab_rest": Text("Не разнесено", "Left over"),
    "tab_not_spread": Text("ещё не разнесён", "not laid yet"),
    "tab_hidden_debt": Text("запись, которая вам не видна", "a record you may not see"),
    "tab_messages": Text("Сообщения клиенту", "Messages to the client"),
    "channel_openline": Text("Чат", "Chat"),
    "channel_email": Text("E-mail", "E-mail"),
    "channel_wazzup": Text("Wazzup24", "Wazzup24"),
    "channel_green_api": Text("Green-API", "Green-API"),
    "message_waiting": Text("ждёт", "waiting"),
    "message_unknown": Text("отправлено, ответа нет", "sent, no answer"),
    "message_lost": Text("отправлено, ответа нет", "sent, no answer"),
    "message_sent": Text("отправлено", "sent"),
    "message_delivered": Text("доставлено", "delivered"),
    "message_read": Text("прочитано", "read"),
    "message_failed": Text("не доставлено", "not delivered"),
    "message_no_channel": Text("нет канала", "no channel"),
    "tab_no_next": Text("не запланировано", "none planned"),
    "tab_as_of": Text("На", "As of"),
    "tab_empty_title": Text("Задолженности нет", "No debts"),
    "tab_empty_text": Text(
        "Запись появится сама, когда сделка перейдёт на стадию отгрузки.",
        "A record appears by itself when a deal enters the shipment stage.",
    ),
    "tab_first_only": Text("Показаны первые записи, всего их больше.", "Only the first records are shown."),
    "tab_closed_title": Text("Нет доступа", "No access"),
    "tab_closed_text": Text(
        "У вас нет права на просмотр этой компании или её задолженностей. Права выдаёт администратор портала.",
        "You may not see this company or its debts. Rights are given by the portal's administrator.",
    ),
    "tab_no_company_title": Text("У сделки нет компании", "The deal has no company"),
    "tab_no_company_text": Text(
        "Укажите компанию в карточке сделки: здесь появятся её долги.",
        "Choose a company on the deal's card: its debts will be shown here.",
    ),
    "tab_not_ready_title": Text("Учёт задолженности не настроен", "Receivables are not set up"),
    "tab_not_ready_text": Text(
        "Администратору нужно выбрать набор с учётом задолженности на странице установки приложения.",
        "An administrator has to choose a preset with receivables on the installation page.",
    ),
}


class Texts:
    """The texts in one language, as attributes for the templates: `t.install_title`."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __getattr__(self, name: str) -> str:
        try:
            return TEXTS[name].in_language(self._language)
        except KeyError:
            raise AttributeError(name) from None

    def word(self, group: str, name: str) -> str:
        """The word of a group (`kind`, `kinds`, `entity`) for a name that comes from data (`funnel`)."""
        text = TEXTS.get(f"{group}_{name}")
        return text.in_language(self._language) if text else name

    def words(self, group: str) -> dict[str, str]:
        """Every word of a group by its name, for scripts."""
        prefix = f"{group}_"
        return {
            name.removeprefix(prefix): text.in_language(self._language)
            for name, text in TEXTS.items()
            if name.startswith(prefix)
        }
