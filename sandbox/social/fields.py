"""Custom fields of a message of the news feed, as log.blogpost.get prints them."""

from __future__ import annotations

from typing import Any

from sandbox.social.newsfeed import Post

_FILE = {"SIZE": 20, "LIST_WIDTH": 0, "LIST_HEIGHT": 0, "MAX_SHOW_SIZE": 0, "MAX_ALLOWED_SIZE": 0}
_FILES_OF_FORM: dict[str, Any] = {"EXTENSIONS": [], "TARGET_BLANK": "Y", "DEFAULT_VIEW": None}
_WHOLE = {"SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": None}
_DISK = {"IBLOCK_ID": None, "SECTION_ID": None, "UF_TO_SAVE_ALLOW_EDIT": False}
_MOMENT = {"DEFAULT_VALUE": {"TYPE": "NONE", "VALUE": ""}, "USE_SECOND": "Y", "USE_TIMEZONE": "N"}
_DELAY = {"DELAY": "10", "DELAY_TYPE": "D"}
_POLL = {"CHANNEL_ID": 1, "UNIQUE": 8, "UNIQUE_IP_DELAY": _DELAY, "NOTIFY": "I"}
_IMPORTANT = ("Важное сообщение", "Важное", "Важное")
_UNTIL = ("Дата окончания", "Окончание", None)
_MAIN = "Bitrix\\Main\\UserField\\Types\\"
# Name, id, type, base type, class, description, settings.
_FIELDS: tuple[tuple[str, int, str, str, str, str, Any], ...] = (
    ("UF_BLOG_POST_DOC", 1, "file", "file", f"{_MAIN}FileType", "Файл", {**_FILE, **_FILES_OF_FORM}),
    ("UF_BLOG_POST_URL_PRV", 5, "url_preview", "int", "Bitrix\\Main\\UrlPreview\\UrlPreviewUserType", "Ссылка", []),
    ("UF_GRATITUDE", 9, "integer", "int", f"{_MAIN}IntegerType", "Целое число", _WHOLE),
    ("UF_BLOG_POST_FILE", 19, "disk_file", "int", "Bitrix\\Disk\\Uf\\FileUserType", "Файл (Диск)", _DISK),
    ("UF_BLOG_POST_IMPRTNT", 83, "integer", "int", f"{_MAIN}IntegerType", "Целое число", _WHOLE),
    ("UF_IMPRTANT_DATE_END", 85, "datetime", "datetime", f"{_MAIN}DateTimeType", "Дата со временем", _MOMENT),
    ("UF_BLOG_POST_VOTE", 131, "vote", "int", "Bitrix\\Vote\\Uf\\VoteUserType", "Опрос", _POLL),
    ("UF_MAIL_MESSAGE", 439, "mail_message", "int", "Bitrix\\Mail\\MessageUserType", "Письмо", None),
)
_MANY = ("UF_BLOG_POST_DOC", "UF_BLOG_POST_FILE")
_LISTED = ("UF_BLOG_POST_IMPRTNT", "UF_BLOG_POST_VOTE")
_SEARCHED = ("UF_BLOG_POST_DOC", "UF_BLOG_POST_URL_PRV", "UF_BLOG_POST_FILE")


def of_post(post: Post) -> dict[str, dict[str, Any]]:
    """The fields of a message with their values."""
    values: dict[str, Any] = {
        "UF_BLOG_POST_DOC": False,
        "UF_GRATITUDE": str(post.gratitude) if post.gratitude else None,
        "UF_BLOG_POST_FILE": post.files or False,
        "UF_BLOG_POST_IMPRTNT": "1" if post.important else None,
        "UF_IMPRTANT_DATE_END": post.until,
    }
    return {field[0]: _field(post, field, values.get(field[0])) for field in _FIELDS}


def _serialized(value: Any) -> Any:
    """A value as the database of the portal keeps it: lists in PHP's own notation."""
    if not isinstance(value, list):
        return value or None
    return f"a:{len(value)}:{{{''.join(f'i:{place};i:{number};' for place, number in enumerate(value))}}}"


def _type(kind: str, php: str, description: str, base: str) -> dict[str, Any]:
    """A type of fields, with the functions that show and edit it."""
    shown: dict[str, Any] = {"USER_TYPE_ID": kind, "CLASS_NAME": php, "DESCRIPTION": description, "BASE_TYPE": base}
    if php.startswith(_MAIN):
        callbacks = {"EDIT_CALLBACK": [php, "renderEdit"], "VIEW_CALLBACK": [php, "renderView"]}
        return {**shown, **callbacks, "USE_FIELD_COMPONENT": True}
    if kind == "disk_file":
        return {**shown, "TAG": ["DISK FILE ID", "DOCUMENT ID"]}
    if kind == "mail_message":
        callbacks = {"VIEW_CALLBACK": [php, "getPublicView"], "EDIT_CALLBACK": [php, "getPublicEdit"]}
        return {**shown, **callbacks, "onBeforeSave": [php, "onBeforeSave"], "onDelete": [php, "onDelete"]}
    return shown


def _field(post: Post, field: tuple[str, int, str, str, str, str, Any], value: Any) -> dict[str, Any]:
    name, number, kind, base, php, description, settings = field
    labels = {"UF_BLOG_POST_IMPRTNT": _IMPORTANT, "UF_IMPRTANT_DATE_END": _UNTIL}.get(name, (None, None, None))
    return {
        "ID": str(number),
        "ENTITY_ID": "BLOG_POST",
        "FIELD_NAME": name,
        "USER_TYPE_ID": kind,
        "XML_ID": "" if kind == "mail_message" else name,
        "SORT": "100",
        "MULTIPLE": "Y" if name in _MANY else "N",
        "MANDATORY": "N",
        "SHOW_FILTER": "N",
        "SHOW_IN_LIST": "Y" if name in _LISTED else "N",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "Y" if name in _SEARCHED else "N",
        "SETTINGS": settings,
        "EDIT_FORM_LABEL": labels[0],
        "LIST_COLUMN_LABEL": labels[1],
        "LIST_FILTER_LABEL": labels[2],
        "ERROR_MESSAGE": None,
        "HELP_MESSAGE": None,
        "USER_TYPE": _type(kind, php, description, base),
        "VALUE": value,
        "ENTITY_VALUE_ID": post.id,
        "VALUE_EXISTS": True,
        "VALUE_RAW": _serialized(value),
        "CUSTOM_DATA": {"PHOTO_TEMPLATE": "gallery"} if kind == "disk_file" and value else [],
    }
