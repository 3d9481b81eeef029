"""Templates of messages to clients: texts with fields in braces, in the client's language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from babel import Locale

from rules.limits import Limits
from rules.wording import printed

LANGUAGES = ("ru", "en")
TEXT, SUBJECT, LINE = "", "subject", "line"
"""the parts of a template; a line stands in the text's field `records` once for every object"""
FORMS = {"ru": ("one", "few", "many"), "en": ("one", "other")}
"""plural forms in the order in which a template lists them: `{count:счёт|счёта|счетов}`"""


class MissingValueError(ValueError):
    """A field of a template has no value in this case."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Letter:
    """What a client reads."""

    subject: str
    text: str


def setting_key(purpose: str, part: str, language: str) -> str:
    """The setting that holds a part of a template: `template.debt_due.ru`, `template.debt_due.line.en`."""
    return ".".join(word for word in ("template", purpose, part, language) if word)


def language_of(wish: str | None, portal: str) -> str:
    """The language for a client: the one chosen on the card, else the portal's; any other is English."""
    chosen = (wish or portal).lower()
    return "ru" if chosen.startswith("ru") else "en"


def compose(
    limits: Limits, purpose: str, language: str, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> Letter:
    """A letter of this purpose. MissingValueError names the field that has no value."""

    def part(name: str, given: Mapping[str, Any]) -> str:
        return render(limits.text(setting_key(purpose, name, language)), given, language)

    records = "\n".join(part(LINE, line) for line in lines)
    return Letter(part(SUBJECT, values), part(TEXT, {**values, "records": records}))


def render(template: str, values: Mapping[str, Any], language: str) -> str:
    """The template with its fields filled in."""
    return "".join(_pieces(template, values, language))


def flaw(template: str, fields: Collection[str], counts: Collection[str], language: str) -> str | None:
    """What is wrong with a template that somebody wrote, in English; None when it can be used."""
    if not template.strip():
        return "the text is empty"
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        return f"braces do not match: {error}"
    for _, name, forms, conversion in parts:
        if name is not None and (problem := _flaw_of_field(name, forms or "", conversion, fields, counts, language)):
            return problem
    return None


def _flaw_of_field(
    name: str, forms: str, conversion: str | None, fields: Collection[str], counts: Collection[str], language: str
) -> str | None:
    if name not in fields or conversion:
        return f"there is no field {{{name}}}, fields are: {', '.join(sorted(fields))}"
    if not forms:
        return None
    wanted = len(FORMS[language])
    if name not in counts:
        return f"{{{name}}} is no number of things and has no plural forms"
    if forms.count("|") != wanted - 1 or not all(form.strip() for form in forms.split("|")):
        return f"{{{name}:...}} needs {wanted} forms separated by |"
    return None


def _pieces(template: str, values: Mapping[str, Any], language: str) -> Iterator[str]:
    for fixed, name, forms, _ in Formatter().parse(template):
        yield fixed
        if name is None:
            continue
        value = values.get(name)
        shown = "" if value is None else printed(value, language)
        if not shown.strip():
            raise MissingValueError(name)
        yield f"{shown} {_form(int(value or 0), forms, language)}" if forms else shown


def _form(number: int, forms: str, language: str) -> str:
    category = Locale(language).plural_form(number)
    return forms.split("|")[FORMS[language].index(category)]
