"""Compares what presets want with what a portal has: the binding that exists, and the steps that are missing."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from b24app.discover import Catalogue
from b24app.provision.audit import audit_data, audit_lines
from b24app.provision.binding import Binding, bound
from b24app.provision.fields import bound_field, field_code, new_field, other_type
from b24app.provision.memory import UNFINISHED, made_objects, to_remember
from b24app.provision.stages import FunnelStages, same, waiting
from b24app.provision.state import (
    COMPANY,
    COMPANY_TYPES,
    CORE_TYPES,
    DEAL,
    PortalFunnel,
    PortalType,
    Survey,
)
from b24app.provision.steps import Step, change
from b24app.provision.wiring import Wiring
from config.preset import Preset, SmartProcess, merge
from rules.decision import Text


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a plan is made for; the same wishes are compared again after every batch."""

    preset: Preset
    catalogue: Catalogue
    public_url: str
    language: str = "ru"
    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    """keys of steps the portal has refused for good"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in their order, what exists already (`binding`), and remarks for the administrator.

    `survey` is the look at the portal the plan was made from; a full one is reported with the plan.
    """

    wishes: Wishes
    survey: Survey
    steps: tuple[Step, ...]
    binding: Binding
    notes: tuple[Text, ...] = ()

    @property
    def ready(self) -> tuple[Step, ...]:
        """Steps that can be carried out now: their objects exist, and consent was given."""
        return tuple(step for step in self.steps if step.call is not None and self.is_allowed(step))

    def is_allowed(self, step: Step) -> bool:
        """Whether the step needs no consent or has it, and was not refused."""
        consent = not step.needs_consent or step.name in self.wishes.accepted
        return consent and step.key not in self.wishes.refused

    def lines(self, language: str) -> Iterator[str]:
        """The plan for people, after the report about the portal."""
        if self.survey.audit:
            yield from audit_lines(self.survey, language)
            yield ""
        if not any(self.is_allowed(step) for step in self.steps):
            yield Text("Всё уже создано.", "Everything is in place.").in_language(language)
        for step in self.steps:
            mark = "" if self.is_allowed(step) else Text(" (нужно согласие)", " (needs consent)").in_language(language)
            yield f"+ {step.text.in_language(language)}{mark} [{step.name}]"
        for note in self.notes:
            yield f"! {note.in_language(language)}"

    def as_data(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            "audit": audit_data(self.survey) if self.survey.audit else None,
            "steps": [step.as_data() for step in self.steps],
            "exists": sorted(self.binding),
            "notes": [{"ru": note.ru, "en": note.en} for note in self.notes],
        }


def make_plan(
    survey: Survey,
    presets: Iterable[Preset],
    catalogue: Catalogue,
    binding: Binding,
    public_url: str,
    *,
    language: str = "ru",
    accept_rename: Collection[str] = (),
) -> Plan:
    """What to do on the portal so that the presets find everything they name. Writes nothing.

    `catalogue` holds the declarations the presets switch on, `accept_rename` the logical names whose
    existing objects may be renamed. Objects are recognised by the stored binding, by what the app
    has recorded on the portal, by our codes, and at last by their titles.
    """
    wishes = Wishes(merge(presets), catalogue, public_url.rstrip("/"), language, frozenset(accept_rename))
    return replan(survey, wishes, binding)


def replan(survey: Survey, wishes: Wishes, binding: Binding) -> Plan:
    """`make_plan` for wishes that are already there."""
    return _Comparison(survey, wishes, binding).plan()


class _Comparison:
    """One look at the portal, part by part; finds and missing things are collected on the way."""

    def __init__(self, survey: Survey, wishes: Wishes, binding: Binding) -> None:
        self.survey = survey
        self.wishes = wishes
        self.preset = wishes.preset
        self.before = binding
        names = self.preset.names()
        # Names of other presets stay; robots, pages and the sender are looked at as a whole.
        own = ("robot.", "sender.")
        self.binding = {k: value for k, value in binding.items() if k not in names and not k.startswith(own)}
        self.steps: list[Step] = []
        self.notes: list[Text] = []
        self.made = made_objects(survey)
        self.processes: dict[str, PortalType] = {}

    def plan(self) -> Plan:
        """The whole comparison."""
        self._compare_company_types()
        self._compare_funnels()
        self._compare_processes()
        self._compare_fields()
        self._compare_stages()
        wiring = Wiring(
            self.preset,
            self.wishes.catalogue,
            self.survey,
            self.before,
            self.wishes.public_url,
            self.wishes.language,
            self.entity_type_id,
        )
        self.binding.update(wiring.values())
        steps = (*self._remember(), *self.steps, *wiring.steps())
        return Plan(self.wishes, self.survey, steps, self.binding, (*self.notes, *wiring.notes()))

    def entity_type_id(self, entity: str) -> int | None:
        """The number of an entity's type, None for a smart process that does not exist yet."""
        if entity in CORE_TYPES:
            return CORE_TYPES[entity]
        found = self.processes.get(entity)
        return found.entity_type_id if found else None

    def _title(self, text: Text) -> str:
        return text.in_language(self.wishes.language)

    # -- company types

    def _compare_company_types(self) -> None:
        entries = self.survey.stages.get(COMPANY_TYPES, ())
        sort = max((one.sort for one in entries), default=0)
        for name, wanted in self.preset.types.items():
            by_code = {one.code: one for one in entries}
            known = str(self.before.get(f"type.{name}", {}).get("id"))
            titled = next((one for one in entries if same(one.title, wanted.title)), None)
            found = by_code.get(known) or by_code.get(name.upper()) or titled
            if found is not None:
                self.binding[f"type.{name}"] = bound("type", COMPANY, found.code, COMPANY_TYPES)
                continue
            sort += 10
            fields = {
                "ENTITY_ID": COMPANY_TYPES,
                "STATUS_ID": name.upper(),
                "NAME": self._title(wanted.title),
                "SORT": sort,
            }
            self._do("create", "type", f"type.{name}", wanted.title, "crm.status.add", {"fields": fields})

    # -- funnels and smart processes

    def _compare_funnels(self) -> None:
        for name, wanted in self.preset.funnels.items():
            full = f"funnel.{name}"
            found = self._found_funnel(full, wanted.title)
            if found is None:
                params = {"entityTypeId": DEAL, "fields": {"name": self._title(wanted.title)}}
                self._create(full, "funnel", wanted.title, "crm.category.add", params)
                continue
            self.binding[full] = bound("funnel", DEAL, found.id)
            if not same(found.title, wanted.title):
                params = {"entityTypeId": DEAL, "id": found.id, "fields": {"name": self._title(wanted.title)}}
                title = Text(f"{found.title} → {wanted.title.ru}", f"{found.title} → {wanted.title.en}")
                ready = change("rename", "funnel", full, title, "crm.category.update", params)
                self.steps.append(Step("rename", "funnel", full, title, ready.call, needs_consent=True))

    def _found_funnel(self, full: str, title: Text) -> PortalFunnel | None:
        for id in (self.before.get(full, {}).get("id"), self.made.get(full) or None):
            found = None if id is None else self.survey.funnel(DEAL, int(id))
            if found is not None:
                return found
        return next((one for one in self.survey.funnels.get(DEAL, ()) if same(one.title, title)), None)

    def _compare_processes(self) -> None:
        for name, wanted in self.preset.smart_processes.items():
            full = f"spa.{name}"
            found = self._found_process(full, wanted.title)
            if found is None:
                self._create(
                    full, "smart_process", wanted.title, "crm.type.add", {"fields": self._process(name, wanted)}
                )
                continue
            self.processes[name] = found
            self.binding[full] = bound("smart_process", found.entity_type_id, found.id)
            if not wanted.stages and self.made.get(full) == UNFINISHED:
                self.made[full] = found.entity_type_id
            if (wanted.stages and not found.has_stages) or (wanted.client and not found.has_client):
                self._note_unfit(found)

    def _found_process(self, full: str, title: Text) -> PortalType | None:
        for number in (self.before.get(full, {}).get("entityTypeId"), self.made.get(full) or None):
            found = None if number is None else self.survey.type_of(int(number))
            if found is not None:
                return found
        return next((one for one in self.survey.types if same(one.title, title)), None)

    def _process(self, name: str, wanted: SmartProcess) -> dict[str, Any]:
        """The fields of crm.type.add. The number of the type is ours: a repeated add of the same
        number is refused, so two runs at once cannot make two processes (crm-type-add.md)."""
        fields: dict[str, Any] = {
            "title": self._title(wanted.title),
            "entityTypeId": self._free_number(name),
            "isStagesEnabled": "Y" if wanted.stages else "N",
            "isAutomationEnabled": "Y" if wanted.stages else "N",
            "isClientEnabled": "Y" if wanted.client else "N",
            "isRecyclebinEnabled": "Y",
            "relations": {
                # Y and N do not work here (crm-type-add.md).
                "parent": [{"entityTypeId": CORE_TYPES[one], "isChildrenListEnabled": "true"} for one in wanted.parents]
            },
        }
        if wanted.tasks:
            fields["isUseInUserfieldEnabled"] = "Y"
            fields["linkedUserFields"] = {"TASKS_TASK|UF_CRM_TASK": "true"}
        return fields

    def _free_number(self, name: str) -> int:
        taken = {one.entity_type_id for one in self.survey.types}
        number = 1030 + 2 * (zlib.crc32(f"b24app.{name}".encode()) % 400)
        while number in taken:
            number += 2
        return number

    def _note_unfit(self, found: PortalType) -> None:
        self.notes.append(
            Text(
                f"У смарт-процесса «{found.title}» выключены стадии или поле «Клиент»: включите их в его настройках",
                f"Stages or the field “Client” are off in the smart process “{found.title}”: switch them on",
            )
        )

    # -- user fields

    def _compare_fields(self) -> None:
        for entity, fields in self.preset.user_fields():
            number = self.entity_type_id(entity)
            owner = self.survey.field_owner(number) if number is not None else ""
            for name, wanted in fields.items():
                full = f"{entity}.{name}"
                if number is None:
                    self.steps.append(Step("create", "field", full, wanted.title, None))
                    continue
                code = field_code(owner, name)
                present = self.survey.fields.get(owner, {})
                found = present.get(str(self.before.get(full, {}).get("code"))) or present.get(code)
                if found is None:
                    params = new_field(owner, code, full, wanted, self.wishes.language)
                    self._do("create", "field", full, wanted.title, "userfieldconfig.add", params)
                elif found.type != wanted.type:
                    self.notes.append(other_type(found, wanted))
                else:
                    self.binding[full] = bound_field(number, found, wanted, self.survey)

    # -- stages

    def _compare_stages(self) -> None:
        for owner, wanted in self.preset.stages():
            place = self._funnel_of(owner)
            if place is None:
                self.steps.extend(waiting(owner, wanted))
                continue
            full, number, funnel = place
            stages = FunnelStages(
                owner,
                wanted,
                self.survey.stages.get(self.survey.directory(number, funnel), ()),
                self.survey.directory(number, funnel),
                self.survey.prefix(number, funnel),
                {name: str(self.before.get(f"stage.{owner}.{name}", {}).get("id")) for name in wanted},
                self.made.get(full) == UNFINISHED,
                self.wishes.language,
            )
            for name, found in stages.found().items():
                code = found.code.removeprefix(stages.prefix)
                self.binding[f"stage.{owner}.{name}"] = bound("stage", number, found.code, code)
            steps = tuple(stages.steps())
            self.steps.extend(steps)
            if stages.fresh and not any(step.key not in self.wishes.refused for step in steps):
                self.made[full] = number if full.startswith("spa.") else funnel

    def _funnel_of(self, owner: str) -> tuple[str, int, int] | None:
        """The logical name of what holds the stages, the type of its items, and the funnel's id."""
        if owner in self.preset.funnels:
            entry = self.binding.get(f"funnel.{owner}")
            return None if entry is None else (f"funnel.{owner}", DEAL, int(entry["id"]))
        process = self.processes.get(owner)
        if process is None:
            return None
        funnel = self.survey.default_funnel(process.entity_type_id)
        return None if funnel is None else (f"spa.{owner}", process.entity_type_id, funnel.id)

    # -- steps

    def _do(self, action: Any, kind: Any, name: str, title: Text, method: str, params: Mapping[str, Any]) -> None:
        self.steps.append(change(action, kind, name, title, method, params))

    def _create(self, full: str, kind: Any, title: Text, method: str, params: Mapping[str, Any]) -> None:
        self._do("create", kind, full, title, method, params)
        if self.steps[-1].key in self.wishes.refused:
            self.made.pop(full, None)
        else:
            self.made[full] = UNFINISHED

    def _remember(self) -> Iterator[Step]:
        """What the app has created is written on the portal, before it is created: a run that was cut
        off, or an app whose database was lost, knows its own objects again."""
        wanted = to_remember(self.survey, self.made)
        if wanted:
            title = Text("что создано", "what was created")
            yield change("remember", "options", "options", title, "app.option.set", {"options": wanted})
