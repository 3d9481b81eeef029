"""Settings of a portal: limits and texts of messages, their defaults, and what may be written instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import Field, model_validator

from config.part import Part, Title
from rules.decision import Text
from rules.templates import LANGUAGES, LINE, SUBJECT, TEXT, flaw, setting_key

Setting = bool | int | Decimal | str

_PIECES = {TEXT: Text("текст", "text"), SUBJECT: Text("тема письма", "subject"), LINE: Text("строка", "line")}


class WhatFits(Part):
    """What may stand in a template: its fields, those that are numbers of things, its language."""

    language: Literal["ru", "en"]
    fields: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()


class Limit(Part):
    """A setting: its default, unit and where the default comes from.

    `type` tells how a person's word for it is read; `choices` are the words allowed, `template` the fields.
    """

    title: Title
    type: Literal["integer", "decimal", "flag", "text", "dates", "template"]
    default: int | bool | str
    unit: Title
    source: str = Field(min_length=3)
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    template: WhatFits | None = None

    @model_validator(mode="after")
    def _default_fits(self) -> Limit:
        self.read(self.default)
        return self

    @property
    def value(self) -> Setting:
        """The default as the rules read it."""
        return self.read(self.default)

    def read(self, word: object) -> Setting:
        """A setting from what a person or a file wrote; ValueError says what is allowed."""
        if self.type == "flag":
            return _flag(word)
        if self.type == "text":
            return self._word(str(word))
        if self.type == "dates":
            return _dates(str(word))
        if self.type == "template":
            return self._fitting(str(word))
        try:
            number = Decimal(str(word))
        except InvalidOperation:
            raise ValueError(f"{word} is not a number") from None
        if not number.is_finite():
            raise ValueError(f"{word} is not a number")
        if self.minimum is not None and number < self.minimum:
            raise ValueError(f"{word} is less than {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise ValueError(f"{word} is more than {self.maximum}")
        if self.type == "decimal":
            return number
        if number != number.to_integral_value():
            raise ValueError(f"{word} is not a whole number")
        return int(number)

    def _word(self, word: str) -> str:
        if self.choices and word not in self.choices:
            raise ValueError(f"{word} is none of {', '.join(self.choices)}")
        if self.pattern and not re.fullmatch(self.pattern, word):
            raise ValueError(f"{word} is not of this setting's form")
        return word

    def _fitting(self, text: str) -> str:
        fits = self.template or WhatFits(language="ru")
        problem = flaw(text, fits.fields, fits.counts, fits.language)
        if problem:
            raise ValueError(problem)
        return text


class Template(Part):
    """A message to clients for one purpose: the texts that a portal may replace by settings.

    `fields` may stand in the text and the subject (in braces), `line_fields` in the line that the text's
    field `records` repeats for every object; `counts` are the numbers that take plural forms.
    """

    title: Title
    fields: tuple[str, ...]
    line_fields: tuple[str, ...]
    counts: tuple[str, ...] = ()
    subject: Title
    text: Title
    line: Title
    source: str = Field(min_length=3)

    def limits(self, purpose: str) -> Iterator[tuple[str, Limit]]:
        """Its texts as settings: `template.debt_due.ru`, `template.debt_due.line.en`."""
        whole = (*self.fields, "records")
        for part, text, fields in (
            (TEXT, self.text, whole),
            (SUBJECT, self.subject, self.fields),
            (LINE, self.line, self.line_fields),
        ):
            for language in LANGUAGES:
                yield setting_key(purpose, part, language), self._limit(part, text, fields, language)

    def _limit(self, part: str, text: Text, fields: tuple[str, ...], language: str) -> Limit:
        piece = _PIECES[part]
        names = ", ".join(f"{{{name}}}" for name in fields)
        return Limit(
            title=Text(f"{self.title.ru}: {piece.ru} ({language})", f"{self.title.en}: {piece.en} ({language})"),
            type="template",
            default=text.in_language(language),
            unit=Text(f"текст с полями {names}", f"text with the fields {names}"),
            source=self.source,
            template=WhatFits(language=language, fields=fields, counts=self.counts),
        )


def _flag(word: object) -> bool:
    if isinstance(word, bool):
        return word
    spoken = str(word).strip().lower()
    if spoken in ("on", "yes", "true", "1"):
        return True
    if spoken in ("off", "no", "false", "0"):
        return False
    raise ValueError(f"{word} is neither on nor off")


def _dates(words: str) -> str:
    """`2026-05-08, 2026-05-02` in order, each once."""
    days = set()
    for word in words.replace(",", " ").split():
        try:
            days.add(date.fromisoformat(word))
        except ValueError:
            raise ValueError(f"{word} is not a date") from None
    return ", ".join(day.isoformat() for day in sorted(days))
