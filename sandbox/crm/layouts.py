"""The look of records in the timeline: what applications may put there, as data, and its check.

Sources: crm/timeline/activities/configurable/structure. A part of a layout is a map with known
keys; every key has a kind: the name of another part, one of the small kinds below, or a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.crm.values import truth
from sandbox.kernel.errors import RestError

# Part -> key -> kind; a key with `*` must be there. `{part}` is a map of such parts.
_PARTS: dict[str, dict[str, str]] = {
    "layout": {"icon*": "icon", "header*": "header", "body*": "body", "footer": "footer"},
    "icon": {"code*": "text"},
    "header": {"title*": "words", "titleAction": "action", "tags": "{tag}"},
    "tag": {
        "title*": "words",
        "type*": "warning|success|failure|primary|secondary",
        "action": "action",
        "scope": "web|mobile",
        "hideIfReadonly": "flag",
    },
    "body": {"logo*": "logo", "blocks": "{block}"},
    "logo": {"code*": "text", "action": "action"},
    "footer": {"buttons": "{button}", "menu": "menu"},
    "button": {
        "title*": "words",
        "type*": "primary|secondary",
        "action*": "action",
        "scope": "web|mobile",
        "hideIfReadonly": "flag",
    },
    "menu": {"showPinItem": "flag", "showPostponeItem": "flag", "showDeleteItem": "flag", "items": "{item}"},
    "item": {"title*": "words", "action*": "action", "scope": "web|mobile", "hideIfReadonly": "flag"},
    "blocks": {"blocks*": "{block}"},
}
_BLOCKS: dict[str, dict[str, str]] = {
    "text": {
        "value*": "words",
        "multiline": "flag",
        "title": "words",
        "bold": "flag",
        "size": "xs|sm|md",
        "color": "base_50|base_60|base_70|base_90",
        "scope": "web|mobile",
    },
    "largeText": {"value*": "words", "scope": "web|mobile"},
    "link": {"text*": "words", "action*": "action", "bold": "flag", "scope": "web|mobile"},
    "withTitle": {"title*": "words", "block*": "small", "inline": "flag", "scope": "web|mobile"},
    "lineOfBlocks": {"blocks*": "{small}", "scope": "web|mobile"},
    "deadline": {"readonly": "flag", "scope": "web|mobile"},
}
_SMALL = ("text", "link", "deadline")
_ACTIONS: dict[str, dict[str, str]] = {
    "redirect": {"type*": "text", "uri": "text"},
    "restEvent": {"type*": "text", "id*": "text", "actionParams": "params", "animationType": "loader|disable"},
    "openRestApp": {"type*": "text", "actionParams": "params", "sliderParams": "slider"},
}
_PARTS["slider"] = {"width": "text", "leftBoundary": "text", "title": "text"}
_MOST = {"tag": 2, "button": 2, "block": 20}
_KEY = re.compile(r"[A-Za-z0-9_-]+")
# The languages a cloud portal can speak (settings/localization).
_LANGUAGES = frozenset("ar br de en fr hu id it ja kz la ms pl ru sc tc th tr ua uk vn".split())  # noqa: SIM905


def read(value: Any) -> dict[str, Any]:
    """A LayoutDto, checked; yes-or-no keys become booleans. ERROR_EMPTY_LAYOUT for nothing."""
    if not isinstance(value, Mapping) or not value:
        raise RestError("ERROR_EMPTY_LAYOUT", "Поле layout должно быть заполнено", 400)
    return _part("layout", value, "layout")


def read_blocks(value: Any) -> dict[str, Any]:
    """A RestAppLayoutDto: one to twenty content blocks."""
    if not isinstance(value, Mapping) or not value.get("blocks"):
        raise _required("blocks")
    return _part("blocks", value, "layout")


def actions(layout: Any) -> dict[str, Any]:
    """The `restEvent` actions of a layout by their identifiers."""
    found: dict[str, Any] = {}
    if isinstance(layout, Mapping):
        if layout.get("type") == "restEvent" and "id" in layout:
            found[str(layout["id"])] = dict(layout)
        for child in layout.values():
            found |= actions(child)
    return found


def _required(path: str) -> RestError:
    return RestError("FIELD_IS_REQUIRED", f"Не заполнено обязательное поле {path}", 400)


def _part(name: str, value: Any, path: str) -> dict[str, Any]:
    return _keys(_PARTS[name], value, path)


def _keys(known: dict[str, str], value: Any, path: str) -> dict[str, Any]:
    """A map with exactly the known keys."""
    if not isinstance(value, Mapping):
        raise _required(path)
    kinds = {key.rstrip("*"): kind for key, kind in known.items()}
    for key in value:
        if key not in kinds:
            raise RestError("FIELD_IS_REDUNDANT", f"Лишнее поле {path}.{key}", 400)
    for key in known:
        if key.endswith("*") and value.get(key[:-1]) in (None, ""):
            raise _required(f"{path}.{key[:-1]}")
    return {key: _value(kinds[key], element, f"{path}.{key}") for key, element in value.items()}


def _value(kind: str, value: Any, path: str) -> Any:
    if kind == "flag":
        return truth(value)
    if kind == "words":
        return _words(value, path)
    if kind == "params":
        return _texts(value)
    if kind == "text":
        return value
    if kind.startswith("{"):
        return _several(kind[1:-1], value, path)
    if "|" in kind:
        return _choice(kind, value, path)
    if kind in ("block", "small"):
        return _block(value, path, _SMALL if kind == "small" else tuple(_BLOCKS))
    return _action(value, path) if kind == "action" else _part(kind, value, path)


def _words(value: Any, path: str) -> Any:
    """A text, or texts by language codes."""
    if not isinstance(value, Mapping):
        return value
    for language in value:
        if language not in _LANGUAGES:
            raise RestError("WRONG_LANG", f"Неизвестный язык {language} в поле {path}", 400)
    return dict(value)


def _texts(value: Any) -> Any:
    """Parameters of an action: PHP keeps numbers as texts."""
    if isinstance(value, Mapping):
        return {key: _texts(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_texts(element) for element in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _choice(kind: str, value: Any, path: str) -> str:
    if str(value) not in kind.split("|"):
        raise RestError("ENUM_FIELD", f"Недопустимое значение поля {path}", 400)
    return str(value)


def _several(kind: str, value: Any, path: str) -> dict[str, Any]:
    """A map of parts: its keys are words of Latin letters, digits, `-` and `_`; some have a limit."""
    if isinstance(value, list):
        value = {str(i): element for i, element in enumerate(value)}
    if not isinstance(value, Mapping):
        raise _required(path)
    if len(value) > _MOST.get(kind, 100):
        raise RestError("TOO_MANY_ITEMS", f"Слишком много элементов в поле {path}", 400)
    for key in value:
        if not _KEY.fullmatch(str(key)):
            raise RestError("KEY_CONTAIN_WRONG_SYMBOLS", f"Недопустимые символы в ключе {key} поля {path}", 400)
    return {str(key): _value(kind, element, f"{path}.{key}") for key, element in value.items()}


def _block(value: Any, path: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A content block of one of the allowed kinds: `{"type", "properties"}`."""
    if not isinstance(value, Mapping) or not value.get("type"):
        raise _required(f"{path}.type")
    kind = _choice("|".join(kinds), value["type"], f"{path}.type")
    for key in value:
        if key not in ("type", "properties"):
            raise RestError("FIELD_IS_REDUNDANT", f"Лишнее поле {path}.{key}", 400)
    properties = value.get("properties")
    if not properties and any(key.endswith("*") for key in _BLOCKS[kind]):
        raise _required(f"{path}.properties")
    return {"type": kind, "properties": _keys(_BLOCKS[kind], properties or {}, f"{path}.properties")}


def _action(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not value.get("type"):
        raise _required(f"{path}.type")
    kind = _choice("|".join(_ACTIONS), value["type"], f"{path}.type")
    return _keys(_ACTIONS[kind], value, path)
