"""Presets of mail providers: `mailservice.*` (api-reference/mailservice)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

Row = dict[str, Any]
SERVICES = Documents("mail_service")
_TITLES = {
    "ID": "ID",
    "SITE_ID": "Сайт",
    "ACTIVE": "Активность",
    "NAME": "Название",
    "SERVER": "Адрес сервера",
    "PORT": "Порт",
    "ENCRYPTION": "Защищённое соединение",
    "LINK": "Адрес веб-интерфейса",
    "ICON": "Логотип",
    "SORT": "Сортировка",
}
_FIRST = (
    ("gmail", "imap.gmail.com", "https://mail.google.com/"),
    ("yandex", "imap.yandex.ru", "https://mail.yandex.ru/"),
)
_FLAGS, _NUMBERS = ("ACTIVE", "ENCRYPTION"), ("PORT", "SORT")


def _refused(text: str) -> RestError:
    return RestError("ERROR_CORE", text, 400)


def _admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise _refused("Access denied")


def _all(call: Call) -> list[Row]:
    """The presets; a new portal has a few."""
    if not call.portal.store.setting("mail.services"):
        call.portal.store.set_setting("mail.services", True)
        for i, (name, server, link) in enumerate(_FIRST, 1):
            row = {"NAME": name, "SERVER": server, "LINK": link, "SORT": str(100 * i), "PORT": "993"}
            SERVICES.add(call, {**_BLANK, **row, **_smtp(server)})
    return SERVICES.all(call)


def _smtp(server: str) -> Row:
    return {"SMTP_SERVER": server.replace("imap", "smtp"), "SMTP_PORT": "465", **dict.fromkeys(_SAME, "Y")}


_SAME = ("SMTP_LOGIN_AS_IMAP", "SMTP_PASSWORD_AS_IMAP", "SMTP_ENCRYPTION")
_BLANK: Row = {
    "SITE_ID": "s1",
    "ACTIVE": "Y",
    "SORT": "100",
    "NAME": "",
    "SERVER": None,
    "PORT": None,
    "ENCRYPTION": "Y",
    "LINK": None,
    "ICON": None,
    "SMTP_SERVER": None,
    "SMTP_PORT": None,
    "SMTP_LOGIN_AS_IMAP": "N",
    "SMTP_PASSWORD_AS_IMAP": "N",
    "SMTP_ENCRYPTION": None,
    "UPLOAD_OUTGOING": None,
}


def _printed(row: Row) -> Row:
    return {"ID": str(row["id"]), **{name: row[name] for name in _BLANK}}


def _found(call: Call) -> Row:
    number = call.get("ID")
    if number in (None, ""):
        raise _refused("Mail service ID not specified")
    _all(call)
    row = SERVICES.get(call, number)
    if row is None:
        raise _refused("Mail service not found")
    return row


def _read(call: Call) -> Row:
    row: Row = {}
    for name in _TITLES:
        value = call.get(name)
        if name in ("ID", "SITE_ID") or value is None:
            continue
        if name in _FLAGS:
            value = {"TRUE": "Y", "FALSE": "N", "1": "Y", "0": "N"}.get(str(value).upper(), str(value).upper())
        wrong = (name in _FLAGS and value not in ("Y", "N")) or (name in _NUMBERS and not str(value).isdigit())
        if wrong or (isinstance(value, list | dict) and name != "ICON"):
            raise _refused(f'Invalid value for "{_TITLES[name]}"')
        row[name] = f"/upload/mail/{value[0]}" if name == "ICON" and isinstance(value, list) else str(value)
    return row


@method("mailservice.fields", "mailservice")
def fields(call: Call) -> dict[str, str]:
    """mailservice-fields.md"""
    return dict(_TITLES)


@method("mailservice.list", "mailservice")
def service_list(call: Call) -> list[Row]:
    """mailservice-list.md: the active ones."""
    rows = [row for row in _all(call) if row["ACTIVE"] == "Y"]
    if not rows:
        raise _refused("No mail services found")
    return [_printed(row) for row in sorted(rows, key=lambda row: (int(row["SORT"]), row["id"]))]


@method("mailservice.get", "mailservice")
def get(call: Call) -> Row:
    """mailservice-get.md"""
    return _printed(_found(call))


@method("mailservice.add", "mailservice", write=True)
def add(call: Call) -> int:
    """mailservice-add.md: administrators only."""
    _admin(call)
    if not str(call.get("NAME") or "").strip():
        raise _refused(f'Required field "{_TITLES["NAME"]}" not filled')
    _all(call)
    return int(SERVICES.add(call, {**_BLANK, **_read(call)})["id"])


@method("mailservice.update", "mailservice", write=True)
def update(call: Call) -> bool:
    """mailservice-update.md: administrators only."""
    _admin(call)
    SERVICES.change(call, _found(call), _read(call))
    return True


@method("mailservice.delete", "mailservice", write=True)
def delete(call: Call) -> bool:
    """mailservice-delete.md: administrators only."""
    _admin(call)
    SERVICES.remove(call, _found(call)["id"])
    return True
