"""Stages of one funnel: which existing ones are ours, which are missing, and where those belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from b24app.portal.batch import Call
from b24app.provision.state import PortalStage
from b24app.provision.steps import Action, Step, change
from config.preset import Stage
from rules.decision import Text

FIRST_CODE = "NEW"
FAILURE_CODES = ("LOSE", "FAIL")
DEFAULT_CODES = frozenset(("PREPARATION", "PREPAYMENT_INVOICE", "EXECUTING", "FINAL_INVOICE", "APOLOGY", "CLIENT"))
"""What a new funnel holds beside its first stage, its success and its failure
(api-reference/crm/status/crm-status-list.md, tutorials/crm/how-to-add-crm-objects/how-to-add-category-to-spa.md)."""

STEP = 10
SUCCESS_SORT = 500
_LETTERS: Mapping[str, str] = {"process": "", "success": "S", "failure": "F"}


@dataclass(frozen=True, slots=True)
class FunnelStages:
    """The stages a preset wants in a funnel, beside those the portal has there.

    `owner` is the funnel's local name, `known` the ids bound so far (local name -> stage id). `fresh`
    says that the app has created the funnel and not yet finished it: only then may the stages that
    Bitrix24 puts into every new funnel be renamed and taken away.
    """

    owner: str
    wanted: Mapping[str, Stage]
    existing: Sequence[PortalStage]
    directory: str
    prefix: str
    known: Mapping[str, str]
    fresh: bool
    language: str

    def found(self) -> dict[str, PortalStage]:
        """Our stages among the existing: by the binding, by our code, by title, by their part."""
        found: dict[str, PortalStage] = {}
        for way in (self._as_bound, self._by_code, self._by_title, self._by_part):
            for name, stage in self.wanted.items():
                if name not in found:
                    match = way(name, stage, [one for one in self.existing if one not in found.values()])
                    if match is not None:
                        found[name] = match
        return found

    def steps(self) -> Iterator[Step]:
        """What is to do; renaming what the portal had before needs the administrator's word."""
        found = self.found()
        if self.fresh:
            yield from self._arrange(found)
        sorts = {name: stage.sort for name, stage in found.items()}
        for name, stage in self.wanted.items():
            if name not in found:
                sorts[name] = self._wanted_sort(name) if self.fresh else self._place(name, sorts)
                yield self._create(name, stage, sorts[name])
        if self.fresh:
            yield from self._surplus(found)
        else:
            yield from self._renames(found)

    def code(self, name: str) -> str:
        """The stage id we give."""
        return f"{self.prefix}{name.upper()}"

    def _as_bound(self, name: str, stage: Stage, free: Sequence[PortalStage]) -> PortalStage | None:
        return next((one for one in free if one.code == self.known.get(name)), None)

    def _by_code(self, name: str, stage: Stage, free: Sequence[PortalStage]) -> PortalStage | None:
        return next((o for o in free if o.code == self.code(name) and o.semantics == stage.semantics), None)

    def _by_title(self, name: str, stage: Stage, free: Sequence[PortalStage]) -> PortalStage | None:
        return next((o for o in free if same(o.title, stage.title) and o.semantics == stage.semantics), None)

    def _by_part(self, name: str, stage: Stage, free: Sequence[PortalStage]) -> PortalStage | None:
        """The funnel's first stage, its only success, its system failure: they are always there."""
        if stage.semantics == "success":
            return next((one for one in free if one.semantics == "success"), None)
        if name != next(local for local, one in self.wanted.items() if one.semantics == stage.semantics):
            return None
        codes = (FIRST_CODE,) if stage.semantics == "process" else FAILURE_CODES
        return next((one for one in free if one.code in [f"{self.prefix}{code}" for code in codes]), None)

    def _arrange(self, found: Mapping[str, PortalStage]) -> Iterator[Step]:
        # From the last to the first: a stage in progress must never stand behind the success.
        for name in reversed([name for name in self.wanted if name in found]):
            stage, one = self.wanted[name], found[name]
            title = stage.title.in_language(self.language)
            if (one.title, one.sort) != (title, self._wanted_sort(name)):
                fields = {"NAME": title, "SORT": self._wanted_sort(name), "COLOR": stage.color}
                yield self._step("change", name, stage.title, "crm.status.update", {"id": one.row, "fields": fields})

    def _wanted_sort(self, name: str) -> int:
        position = list(self.wanted).index(name) + 1
        return position * STEP + (0 if self.wanted[name].semantics == "process" else SUCCESS_SORT)

    def _place(self, name: str, sorts: Mapping[str, int]) -> int:
        """Between the stage before (by the preset's order) and whatever comes next on the portal."""
        names = list(self.wanted)
        before = [sorts[other] for other in names[: names.index(name)] if other in sorts]
        low = max(before, default=0)
        taken = [*sorts.values(), *(one.sort for one in self.existing)]
        high = min((sort for sort in taken if sort > low), default=low + 2 * STEP)
        return low + (high - low) // 2

    def _create(self, name: str, stage: Stage, sort: int) -> Step:
        fields = {
            "ENTITY_ID": self.directory,
            "STATUS_ID": self.code(name),
            "NAME": stage.title.in_language(self.language),
            "SORT": sort,
            "COLOR": stage.color,
            "SEMANTICS": _LETTERS[stage.semantics],
        }
        return self._step("create", name, stage.title, "crm.status.add", {"fields": fields})

    def _surplus(self, found: Mapping[str, PortalStage]) -> Iterator[Step]:
        for one in self.existing:
            tail = one.code.removeprefix(self.prefix)
            if one not in found.values() and not one.system and tail in DEFAULT_CODES:
                title = Text(one.title, one.title)
                yield self._step("remove", tail.lower(), title, "crm.status.delete", {"id": one.row})

    def _renames(self, found: Mapping[str, PortalStage]) -> Iterator[Step]:
        for name, one in found.items():
            wanted = self.wanted[name].title
            if not same(one.title, wanted):
                fields = {"NAME": wanted.in_language(self.language)}
                call = Call("crm.status.update", {"id": one.row, "fields": fields}, write=True)
                title = Text(f"{one.title} → {wanted.ru}", f"{one.title} → {wanted.en}")
                yield Step("rename", "stage", self._full(name), title, call, needs_consent=True)

    def _step(self, action: Action, name: str, title: Text, method: str, params: Mapping[str, object]) -> Step:
        return change(action, "stage", self._full(name), title, method, params)

    def _full(self, name: str) -> str:
        return f"stage.{self.owner}.{name}"


def waiting(owner: str, wanted: Mapping[str, Stage]) -> Iterator[Step]:
    """The stages of a funnel that does not exist yet, for the plan in words."""
    for name, stage in wanted.items():
        yield Step("create", "stage", f"stage.{owner}.{name}", stage.title, None)


def same(title: str, wanted: Text) -> bool:
    """Whether a title on the portal is one of ours, in either language."""
    spoken = title.strip().casefold()
    return spoken in (wanted.ru.casefold(), wanted.en.casefold())
