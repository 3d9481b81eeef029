"""The settings of open lines: `imopenlines.config.*` reads and writes them, conversations follow them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.answers import EmptyObject
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS openlines (id INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT NOT NULL,"
    " queue TEXT NOT NULL DEFAULT '[]', created INTEGER NOT NULL, modified INTEGER NOT NULL,"
    " modifiedBy INTEGER NOT NULL DEFAULT 0, turn INTEGER NOT NULL DEFAULT 0)"
)

# imopenlines-config-get.md: every setting in the order it is printed, with what a new line has.
DEFAULTS: dict[str, Any] = {
    "ACTIVE": "Y",
    "LINE_NAME": "",
    "CRM": "Y",
    "CRM_CREATE": "lead",
    "CRM_CREATE_SECOND": "0",
    "CRM_CREATE_THIRD": "Y",
    "CRM_FORWARD": "Y",
    "CRM_CHAT_TRACKER": "N",
    "CRM_TRANSFER_CHANGE": "Y",
    "CRM_SOURCE": "create",
    "QUEUE_TIME": "60",
    "NO_ANSWER_TIME": "60",
    "QUEUE_TYPE": "evenly",
    "CHECK_AVAILABLE": "N",
    "WATCH_TYPING": "Y",
    "WELCOME_BOT_ENABLE": "N",
    "WELCOME_MESSAGE": "N",
    "WELCOME_MESSAGE_TEXT": "Здравствуйте! Первый освободившийся сотрудник ответит вам.",
    "VOTE_MESSAGE": "N",
    "VOTE_TIME_LIMIT": "0",
    "VOTE_BEFORE_FINISH": "Y",
    "VOTE_CLOSING_DELAY": "N",
    "VOTE_MESSAGE_1_TEXT": "Оцените, пожалуйста, качество обслуживания.",
    "VOTE_MESSAGE_1_LIKE": "Спасибо за оценку!",
    "VOTE_MESSAGE_1_DISLIKE": "Жаль, что не смогли помочь. Мы постараемся стать лучше.",
    "VOTE_MESSAGE_2_TEXT": "Оцените, пожалуйста, качество обслуживания.\r\n\r\nОтправьте: 1 - хорошо, 0 - плохо",
    "VOTE_MESSAGE_2_LIKE": "Спасибо за оценку!",
    "VOTE_MESSAGE_2_DISLIKE": "Жаль, что не смогли помочь. Мы постараемся стать лучше.",
    "AGREEMENT_MESSAGE": "N",
    "AGREEMENT_ID": "0",
    "CATEGORY_ENABLE": "N",
    "CATEGORY_ID": "0",
    "WELCOME_BOT_JOIN": "first",
    "WELCOME_BOT_ID": "0",
    "WELCOME_BOT_TIME": "600",
    "WELCOME_BOT_LEFT": "queue",
    "NO_ANSWER_RULE": "none",
    "NO_ANSWER_FORM_ID": "0",
    "NO_ANSWER_BOT_ID": "0",
    "NO_ANSWER_TEXT": "Сейчас мы не можем ответить, но обязательно свяжемся с вами.",
    "WORKTIME_ENABLE": "N",
    "WORKTIME_FROM": "9",
    "WORKTIME_TO": "18.30",
    "WORKTIME_TIMEZONE": "Europe/Moscow",
    "WORKTIME_HOLIDAYS": [""],
    "WORKTIME_DAYOFF": [""],
    "WORKTIME_DAYOFF_RULE": "text",
    "WORKTIME_DAYOFF_FORM_ID": "0",
    "WORKTIME_DAYOFF_BOT_ID": "0",
    "WORKTIME_DAYOFF_TEXT": "Сейчас нерабочее время. Мы ответим вам, как только вернёмся.",
    "CLOSE_RULE": "none",
    "CLOSE_FORM_ID": "0",
    "CLOSE_BOT_ID": "0",
    "CLOSE_TEXT": "Спасибо за обращение.",
    "FULL_CLOSE_TIME": "10",
    "AUTO_CLOSE_RULE": "none",
    "AUTO_CLOSE_FORM_ID": "0",
    "AUTO_CLOSE_BOT_ID": "0",
    "AUTO_CLOSE_TIME": "14400",
    "AUTO_CLOSE_TEXT": "",
    "AUTO_EXPIRE_TIME": "86400",
    "DATE_CREATE": EmptyObject(),
    "DATE_MODIFY": EmptyObject(),
    "MODIFY_USER_ID": "0",
    "TEMPORARY": "N",
    "XML_ID": None,
    "LANGUAGE_ID": "ru",
    "QUICK_ANSWERS_IBLOCK_ID": "0",
    "SESSION_PRIORITY": "0",
    "TYPE_MAX_CHAT": "answered_new",
    "MAX_CHAT": "0",
    "OPERATOR_DATA": "profile",
    "DEFAULT_OPERATOR_DATA": [],
    "KPI_FIRST_ANSWER_TIME": "0",
    "KPI_FIRST_ANSWER_ALERT": "N",
    "KPI_FIRST_ANSWER_LIST": None,
    "KPI_FIRST_ANSWER_TEXT": "",
    "KPI_FURTHER_ANSWER_TIME": "0",
    "KPI_FURTHER_ANSWER_ALERT": "N",
    "KPI_FURTHER_ANSWER_LIST": None,
    "KPI_FURTHER_ANSWER_TEXT": "",
    "KPI_CHECK_OPERATOR_ACTIVITY": "N",
    "SEND_NOTIFICATION_EMPTY_QUEUE": "N",
    "USE_WELCOME_FORM": "N",
    "WELCOME_FORM_ID": "0",
    "WELCOME_FORM_DELAY": "Y",
    "SEND_WELCOME_EACH_SESSION": "N",
    "CONFIRM_CLOSE": "N",
    "IGNORE_WELCOME_FORM_RESPONSIBLE": "N",
}
_READ_ONLY = ("DATE_CREATE", "DATE_MODIFY", "MODIFY_USER_ID", "XML_ID")


@dataclass(frozen=True, slots=True)
class Line:
    """An open line: `data` are its settings, `queue` its entries `{ENTITY_TYPE, ENTITY_ID}`."""

    id: int
    data: dict[str, Any]
    queue: list[dict[str, str]]
    created: int
    modified: int
    turn: int

    @property
    def name(self) -> str:
        """The line's title."""
        return str(self.data["LINE_NAME"])

    @property
    def active(self) -> bool:
        """Whether clients can write to it."""
        return str(self.data["ACTIVE"]) == "Y"

    def on(self, setting: str) -> bool:
        """Whether a Y/N setting is on."""
        return str(self.data[setting]) == "Y"


def _line(row: Any) -> Line:
    data = {**DEFAULTS, **json.loads(row["data"]), "MODIFY_USER_ID": str(row["modifiedBy"])}
    return Line(row["id"], data, json.loads(row["queue"]), row["created"], row["modified"], row["turn"])


def get(store: Store, number: int) -> Line | None:
    """The line with this id."""
    row = store.one("SELECT * FROM openlines WHERE id = ?", (number,))
    return _line(row) if row else None


def every(store: Store) -> list[Line]:
    """All lines in the order of their ids."""
    return [_line(row) for row in store.rows("SELECT * FROM openlines ORDER BY id")]


def _settings(params: dict[str, Any]) -> dict[str, Any]:
    """The settings among what a client sent; numbers are kept as text, as they are printed."""
    kept: dict[str, Any] = {}
    for name, value in params.items():
        key = name.upper()
        if key in DEFAULTS and key not in _READ_ONLY:
            kept[key] = str(value) if isinstance(value, (int, float)) else value
    if isinstance(kept.get("WORKTIME_HOLIDAYS"), str):
        kept["WORKTIME_HOLIDAYS"] = kept["WORKTIME_HOLIDAYS"].split(",")
    return kept


def _queue(value: Any) -> list[dict[str, str]]:
    """`QUEUE` as clients send it: entries of users and departments, or bare ids of users."""
    entries = value.values() if isinstance(value, dict) else value
    queue = []
    for entry in entries or []:
        given = entry if isinstance(entry, dict) else {"ENTITY_TYPE": "user", "ENTITY_ID": entry}
        queue.append({"ENTITY_TYPE": str(given.get("ENTITY_TYPE")), "ENTITY_ID": str(given.get("ENTITY_ID"))})
    return queue


def add(call: Call, params: dict[str, Any]) -> int:
    """Makes a line; one without a queue is answered by who made it."""
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    settings = _settings(params)
    if not settings.get("LINE_NAME"):
        settings["LINE_NAME"] = f"Открытая линия {int(store.value('SELECT count(*) FROM openlines')) + 1}"
    queue = _queue(params.get("QUEUE")) or [{"ENTITY_TYPE": "user", "ENTITY_ID": str(call.user)}]
    row = {
        "data": json.dumps(settings, ensure_ascii=False),
        "queue": json.dumps(queue),
        "created": now,
        "modified": now,
        "modifiedBy": call.user,
    }
    if call.forced_id is not None:
        row["id"] = call.forced_id
    return store.insert("openlines", row)


def change(call: Call, line: Line, params: dict[str, Any]) -> None:
    """Changes some settings of a line, and its queue when one is given."""
    store = call.portal.store
    known = json.loads(store.value("SELECT data FROM openlines WHERE id = ?", (line.id,)))
    queue = _queue(params["QUEUE"]) if "QUEUE" in params else line.queue
    store.execute(
        "UPDATE openlines SET data = ?, queue = ?, modified = ?, modifiedBy = ? WHERE id = ?",
        (
            json.dumps({**known, **_settings(params)}, ensure_ascii=False),
            json.dumps(queue),
            int(call.portal.clock.timestamp()),
            call.user,
            line.id,
        ),
    )


def operators(store: Store, line: Line) -> list[int]:
    """The active employees of the queue, departments taken apart, in order."""
    found: list[int] = []
    for entry in line.queue:
        if entry["ENTITY_TYPE"] == "department":
            found += _employees(store, int(entry["ENTITY_ID"]))
        elif store.value("SELECT active FROM users WHERE id = ?", (int(entry["ENTITY_ID"]),)):
            found.append(int(entry["ENTITY_ID"]))
    return list(dict.fromkeys(found))


def _employees(store: Store, department: int) -> list[int]:
    sql = (
        "SELECT u.id FROM users AS u WHERE u.active = 1"
        " AND EXISTS (SELECT 1 FROM json_each(u.departments) WHERE value = ?) ORDER BY u.id"
    )
    return [row[0] for row in store.rows(sql, (department,))]


def next_operator(store: Store, line: Line) -> int:
    """Whose turn it is: the first one with a strict queue, in turn with an even one; 0 for an empty queue."""
    queue = operators(store, line)
    if not queue:
        return 0
    if line.data["QUEUE_TYPE"] != "evenly":
        return queue[0]
    turn = int(store.value("SELECT turn FROM openlines WHERE id = ?", (line.id,)))
    store.execute("UPDATE openlines SET turn = turn + 1 WHERE id = ?", (line.id,))
    return queue[turn % len(queue)]
