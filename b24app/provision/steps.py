"""One step of a plan: what will be done to which object, in words and as a REST command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from b24app.portal.batch import Call
from rules.decision import Text

Action = Literal["create", "change", "rename", "remove", "remember"]
Part = Literal["type", "funnel", "smart_process", "field", "stage"]
Link = Literal["event", "placement", "robot", "trigger", "sender", "badge", "options"]
Kind = Part | Link
"""what the business works with, and what ties the app to the portal"""

_WORDS: Mapping[tuple[Action, Kind], Text] = {
    ("create", "type"): Text("Добавить тип компании {}", "Add the company type {}"),
    ("create", "funnel"): Text("Создать воронку {}", "Create the funnel {}"),
    ("create", "smart_process"): Text("Создать смарт-процесс {}", "Create the smart process {}"),
    ("create", "field"): Text("Создать поле {}", "Create the field {}"),
    ("create", "stage"): Text("Добавить стадию {}", "Add the stage {}"),
    ("create", "event"): Text("Подписаться на событие {}", "Subscribe to the event {}"),
    ("create", "placement"): Text("Встроить страницу {}", "Embed the page {}"),
    ("create", "robot"): Text("Зарегистрировать робота {}", "Register the automation rule {}"),
    ("change", "stage"): Text("Настроить стадию новой воронки {}", "Set up the new funnel's stage {}"),
    ("change", "robot"): Text("Обновить робота {}", "Update the automation rule {}"),
    ("rename", "type"): Text("Переименовать тип компании {}", "Rename the company type {}"),
    ("rename", "funnel"): Text("Переименовать воронку {}", "Rename the funnel {}"),
    ("rename", "stage"): Text("Переименовать стадию {}", "Rename the stage {}"),
    ("remove", "stage"): Text(
        "Убрать пустую стадию {}, которую Битрикс24 добавил в новую воронку",
        "Take away the empty stage {} that Bitrix24 put into the new funnel",
    ),
    ("remove", "event"): Text("Снять подписку на событие {}", "Unsubscribe from the event {}"),
    ("remove", "placement"): Text("Убрать страницу {}", "Remove the page {}"),
    ("remove", "robot"): Text("Снять регистрацию робота {}", "Unregister the automation rule {}"),
    ("create", "trigger"): Text("Зарегистрировать триггер {}", "Register the trigger {}"),
    ("change", "trigger"): Text("Переименовать триггер {}", "Rename the trigger {}"),
    ("remove", "trigger"): Text("Снять регистрацию триггера {}", "Unregister the trigger {}"),
    ("create", "sender"): Text("Зарегистрировать отправителя сообщений {}", "Register the message sender {}"),
    ("change", "sender"): Text("Обновить отправителя сообщений {}", "Update the message sender {}"),
    ("remove", "sender"): Text("Снять регистрацию отправителя сообщений {}", "Unregister the message sender {}"),
    ("create", "badge"): Text("Зарегистрировать значок {}", "Register the badge {}"),
    ("remove", "badge"): Text("Снять регистрацию значка {}", "Unregister the badge {}"),
    ("remember", "options"): Text(
        "Записать на портале, что создано приложением", "Record on the portal what the app has created"
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the portal.

    `name` is the logical name (an event's code for events), `title` what people see. `call` is None
    while the step waits for an object that another step has to create first. A step with
    `needs_consent` is carried out only when the administrator accepts its name.
    """

    action: Action
    kind: Kind
    name: str
    title: Text
    call: Call | None
    needs_consent: bool = False

    @property
    def key(self) -> str:
        """What the step is called from one look at the portal to the next."""
        return f"{self.action} {self.name}"

    @property
    def text(self) -> Text:
        """The step in words."""
        words = _WORDS[self.action, self.kind]
        return Text(words.ru.format(f"«{self.title.ru}»"), words.en.format(f"“{self.title.en}”"))

    def as_data(self) -> dict[str, Any]:
        """The step as JSON."""
        return {
            "action": self.action,
            "kind": self.kind,
            "name": self.name,
            "ru": self.text.ru,
            "en": self.text.en,
            "needs_consent": self.needs_consent,
        }


def change(action: Action, kind: Kind, name: str, title: Text, method: str, params: Mapping[str, Any]) -> Step:
    """A step that is ready to be carried out."""
    return Step(action, kind, name, title, Call(method, params, write=True))
