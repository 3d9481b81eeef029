"""Compares the stored binding with the portal of today: what was deleted, changed or renamed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from b24app.provision.binding import Binding
from b24app.provision.stages import same
from b24app.provision.state import COMPANY_TYPES, DEAL, Survey
from config.preset import Preset, merge
from rules.decision import Text

What = Literal["unbound", "deleted", "type_changed", "renamed"]

_KINDS: Mapping[str, Text] = {
    "funnel": Text("Воронка", "The funnel"),
    "stage": Text("Стадия", "The stage"),
    "smart_process": Text("Смарт-процесс", "The smart process"),
    "field": Text("Поле", "The field"),
    "type": Text("Тип компании", "The company type"),
}
_REPAIR = Text(
    "нажмите «Установить» в «Наборах и настройке» или выполните b24app provision",
    "press “Install” in “Presets and set-up” or run b24app provision",
)


_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `is_problem` tells that behaviours which need `name` are paused until a repair."""

    what: What
    name: str
    text: Text
    thing: Text = _NOTHING
    """what it is about: «поле «Аванс»»"""

    @property
    def is_loss(self) -> bool:
        """What was there and is not any more, or is of no use."""
        return self.what in ("deleted", "type_changed")

    @property
    def is_problem(self) -> bool:
        """A renamed object still does its work; anything else is missing."""
        return self.what != "renamed"

    def as_data(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {"what": self.what, "name": self.name, "ru": self.text.ru, "en": self.text.en}


def drift(survey: Survey, binding: Binding, presets: Iterable[Preset]) -> tuple[Finding, ...]:
    """Every difference between what the presets' names are bound to and what the portal holds.

    Repair is a plan and its application: both look for the objects anew.
    """
    return tuple(_Look(survey, binding).findings(merge(presets)))


def missing(binding: Binding, presets: Iterable[Preset]) -> tuple[Finding, ...]:
    """What the presets name and nothing is bound to, without a look at the portal."""
    return tuple(_unbound(name, kind, title) for name, kind, title, _ in _named(merge(presets)) if name not in binding)


def without_lost(binding: Binding, findings: Iterable[Finding]) -> dict[str, Mapping[str, Any]]:
    """The binding without the names whose objects are gone, so that nothing acts on them."""
    lost = {finding.name for finding in findings if finding.is_problem}
    return {name: value for name, value in binding.items() if name not in lost}


class _Look:
    def __init__(self, survey: Survey, binding: Binding) -> None:
        self._survey = survey
        self._binding = binding
        self._entries = {
            one.code: one
            for directory, entries in survey.stages.items()
            if directory != COMPANY_TYPES
            for one in entries
        }
        self._types = {one.code: one for one in survey.stages.get(COMPANY_TYPES, ())}

    def findings(self, preset: Preset) -> Iterator[Finding]:
        """Kind after kind, in the preset's order."""
        for name, kind, title, type_ in _named(preset):
            yield from self._field(name, title, type_) if kind == "field" else self._by_title(name, kind, title)

    def _by_title(self, name: str, kind: str, wanted: Text) -> Iterator[Finding]:
        entry = self._binding.get(name)
        if entry is None:
            yield _unbound(name, kind, wanted)
            return
        title = self._title(kind, entry)
        if title is None:
            yield _deleted(name, kind, wanted)
        elif not same(title, wanted):
            words = _KINDS[kind]
            yield Finding(
                "renamed",
                name,
                Text(
                    f"{words.ru} «{wanted.ru}» теперь называется «{title}»; приложение узнаёт её по коду",
                    f"{words.en} “{wanted.en}” is now called “{title}”; the app knows it by its code",
                ),
            )

    def _title(self, kind: str, entry: Mapping[str, Any]) -> str | None:
        """What the bound object is called today, None when it is gone."""
        found: Any
        match kind:
            case "funnel":
                found = self._survey.funnel(DEAL, int(entry["id"]))
            case "smart_process":
                found = self._survey.type_of(int(entry["entityTypeId"]))
            case "type":
                found = self._types.get(str(entry["id"]))
            case _:
                found = self._entries.get(str(entry["id"]))
        return None if found is None else str(found.title)

    def _field(self, name: str, wanted: Text, type_: str) -> Iterator[Finding]:
        entry = self._binding.get(name)
        if entry is None:
            yield _unbound(name, "field", wanted)
            return
        owner = self._survey.field_owner(int(entry["entityTypeId"]))
        found = self._survey.fields.get(owner, {}).get(str(entry["code"]))
        if found is None:
            yield _deleted(name, "field", wanted)
        elif found.type != type_:
            yield Finding(
                "type_changed",
                name,
                Text(
                    f"Поле «{found.title}» стало типа {found.type}, а нужен {type_}: удалите его, затем {_REPAIR.ru}",
                    f"The field “{found.title}” is now of type {found.type}, not {type_}: remove it, then {_REPAIR.en}",
                ),
            )


def _named(preset: Preset) -> Iterator[tuple[str, str, Text, str]]:
    """Everything of a preset that is bound to something: name, kind, title, and the type of a field."""
    for name, type_ in preset.types.items():
        yield f"type.{name}", "type", type_.title, ""
    for name, funnel in preset.funnels.items():
        yield f"funnel.{name}", "funnel", funnel.title, ""
    for name, process in preset.smart_processes.items():
        yield f"spa.{name}", "smart_process", process.title, ""
    for owner, stages in preset.stages():
        for name, stage in stages.items():
            yield f"stage.{owner}.{name}", "stage", stage.title, ""
    for entity, fields in preset.user_fields():
        for name, field in fields.items():
            yield f"{entity}.{name}", "field", field.title, field.type


def _thing(kind: str, wanted: Text) -> Text:
    russian, english = (f"{word.lower()} " for word in (_KINDS[kind].ru, _KINDS[kind].en))
    return Text(russian + f"«{wanted.ru}»", english + f"“{wanted.en}”")


def _unbound(name: str, kind: str, wanted: Text) -> Finding:
    words = _KINDS[kind]
    return Finding(
        "unbound",
        name,
        Text(
            f"{words.ru} «{wanted.ru}»: не создано; {_REPAIR.ru}", f"{words.en} “{wanted.en}” is absent; {_REPAIR.en}"
        ),
        _thing(kind, wanted),
    )


def _deleted(name: str, kind: str, wanted: Text) -> Finding:
    words = _KINDS[kind]
    return Finding(
        "deleted",
        name,
        Text(
            f"{words.ru} «{wanted.ru}»: удалено на портале; {_REPAIR.ru}",
            f"{words.en} “{wanted.en}” was deleted on the portal; {_REPAIR.en}",
        ),
        _thing(kind, wanted),
    )
