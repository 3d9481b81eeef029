"""What every part of a preset has in common: it is frozen, and a wrong key is refused with the nearest right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from rules.decision import Text


def _text(value: object) -> Text:
    """`{ru = "...", en = "..."}`: both languages, neither empty."""
    if isinstance(value, Text):
        return value
    if not isinstance(value, dict) or set(value) != {"ru", "en"}:
        raise PydanticCustomError("text", 'a text for people is written {{ru = "...", en = "..."}}')
    if not all(isinstance(word, str) and word.strip() for word in value.values()):
        raise PydanticCustomError("text", "both languages of a text must be filled in")
    return Text(value["ru"], value["en"])


Title = Annotated[Text, BeforeValidator(_text)]


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, "" when none is."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else ""


class Part(BaseModel):
    """A part of a preset: frozen, and an unknown key is refused with the nearest valid one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        for key in data if isinstance(data, dict) else ():
            if key not in cls.model_fields:
                near = nearest(key, cls.model_fields)
                hint = f', did you mean "{near}"?' if near else f", valid keys: {', '.join(cls.model_fields)}"
                raise PydanticCustomError("unknown_key", 'unknown key "{key}"{hint}', {"key": key, "hint": hint})
        return data
