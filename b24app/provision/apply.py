"""Carries a plan out: look, do what is ready, look again, until nothing is left.

Every round begins with a fresh look at the portal, so a lost answer, a crash or another run at the
same time leaves no duplicate: what exists by then is found and not created.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from b24app.errors import AppError, Transient
from b24app.portal.batch import Done, Lost, Outcome
from b24app.provision.binding import Binding
from b24app.provision.plan import Plan, replan
from b24app.provision.ports import Portal
from b24app.provision.steps import Step
from b24app.provision.survey import survey
from b24app.provision.wiring import sent_fingerprint
from rules.decision import Text

Progress = Callable[[int, int, Text], None]
"""done, total, the present step in words"""

ROUNDS = 12
TRIES = 5
"""how often one step is sent when its answers are lost"""

_REASONS: Mapping[str, Text] = {
    "CREATE_DYNAMIC_TYPE_RESTRICTED": Text(
        "тариф портала не позволяет создать ещё один смарт-процесс: освободите место или смените тариф, "
        "затем запустите установку ещё раз",
        "the portal's plan does not allow one more smart process: remove one or change the plan, then run again",
    ),
    "ACCESS_DENIED": Text(
        "не хватает прав: откройте приложение под администратором портала",
        "rights are missing: open the app as an administrator of the portal",
    ),
    "insufficient_scope": Text(
        "у приложения нет нужного разрешения: добавьте его в карточке локального приложения",
        "the app lacks a permission: add it in the local application's card",
    ),
    "ERROR_WRONG_HANDLER_URL": Text(
        "адрес приложения в его карточке на портале другой: исправьте B24APP_PUBLIC_URL или карточку",
        "the app's card on the portal holds another address: correct B24APP_PUBLIC_URL or the card",
    ),
}
_ALREADY_THERE = ("ERROR_ACTIVITY_ALREADY_INSTALLED", "ERROR_SENDER_ALREADY_INSTALLED")
_NO_SUCH_EVENT = "ERROR_EVENT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Failure:
    """A step the portal refused, and why in words."""

    step: Step
    reason: Text
    code: str

    @property
    def text(self) -> Text:
        """The failure in one sentence."""
        words = self.step.text
        return Text(f"{words.ru}: {self.reason.ru}", f"{words.en}: {self.reason.en}")

    def as_data(self) -> dict[str, Any]:
        """The failure as JSON."""
        return {**self.step.as_data(), "code": self.code, "reason": {"ru": self.reason.ru, "en": self.reason.en}}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a plan: `binding` is what exists now, `left` waits for consent or for a failed step."""

    binding: Binding
    done: tuple[Step, ...]
    failed: tuple[Failure, ...]
    left: tuple[Step, ...]
    notes: tuple[Text, ...]
    writes: int

    @property
    def complete(self) -> bool:
        """Whether everything the presets need is there."""
        return not self.failed and all(step.needs_consent for step in self.left)

    def lines(self, language: str) -> Iterator[str]:
        """The report for people."""
        for step in self.done:
            if not _is_tidying(step):
                yield f"+ {step.text.in_language(language)}"
        tidied = sum(1 for step in self.done if _is_tidying(step))
        if tidied:
            words = Text(f"Стадии новых воронок настроены ({tidied})", f"Stages of new funnels are set up ({tidied})")
            yield f"+ {words.in_language(language)}"
        for failure in self.failed:
            yield f"- {failure.text.in_language(language)}"
        for note in self.notes:
            yield f"! {note.in_language(language)}"
        if not self.done and not self.failed:
            yield Text("Всё уже создано.", "Everything is in place.").in_language(language)

    def as_data(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "complete": self.complete,
            "writes": self.writes,
            "done": [step.as_data() for step in self.done],
            "failed": [failure.as_data() for failure in self.failed],
            "left": [step.as_data() for step in self.left],
            "notes": [{"ru": note.ru, "en": note.en} for note in self.notes],
        }


def _is_tidying(step: Step) -> bool:
    """Whether the step only gave a new funnel's own stages their names and places."""
    return step.kind == "stage" and step.action in ("change", "remove")


def apply_plan(gateway: Portal, plan: Plan, on_progress: Progress | None = None) -> Report:
    """Creates what is missing and returns what exists in the end.

    Refused steps are reported, never raised; only a portal that cannot be read at all, or stays
    busy, ends it with the portal's error. Nothing is renamed that the plan's wishes do not accept.
    """
    run = _Run(gateway, plan, on_progress or (lambda done, total, text: None))
    return run.report()


@dataclass
class _Run:
    gateway: Portal
    plan: Plan
    on_progress: Progress
    done: dict[str, Step] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)
    notes: dict[str, Text] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    writes: int = 0

    def report(self) -> Report:
        """Rounds until nothing is left that could be done."""
        binding: dict[str, Mapping[str, Any]] = dict(self.plan.binding)
        for _ in range(ROUNDS):
            self.plan = replan(survey(self.gateway, audit=False), self._wishes(), binding)
            binding = {**self.plan.binding}
            steps = [step for step in self.plan.ready if self.tries[step.key] < TRIES]
            if not steps:
                break
            self._carry_out(steps, binding)
        missing = {step.key for step in self.plan.steps}
        failed = tuple(failure for key, failure in self.failed.items() if key in missing)
        left = tuple(step for step in self.plan.steps if step.key not in self.failed)
        notes = (*self.plan.notes, *self.notes.values())
        done = tuple(step for step in self.done.values() if step.action != "remember")
        return Report(binding, done, failed, left, notes, self.writes)

    def _wishes(self) -> Any:
        refused = frozenset((*self.failed, *self.notes))
        return replace(self.plan.wishes, refused=refused)

    def _carry_out(self, steps: Sequence[Step], binding: dict[str, Mapping[str, Any]]) -> None:
        outcomes = self.gateway.batch([step.call for step in steps if step.call is not None])
        self.writes += len(steps)
        for step, outcome in zip(steps, outcomes, strict=True):
            self.tries[step.key] += 1
            self._take(step, outcome, binding)

    def _take(self, step: Step, outcome: Outcome, binding: dict[str, Mapping[str, Any]]) -> None:
        if isinstance(outcome, Lost):
            # The next look tells whether it was done; only the last try has to be accounted for.
            if self.tries[step.key] >= TRIES:
                self.failed[step.key] = Failure(step, outcome.error.text, "")
            return
        if isinstance(outcome, Done):
            self.done[step.key] = step
            self.tries[step.key] = 0
            if step.kind in ("robot", "sender") and step.call is not None:
                binding[step.name] = {**binding.get(step.name, {}), "fingerprint": sent_fingerprint(step.call.params)}
            self.on_progress(len(self.done), len(self.done) + len(self.plan.steps), step.text)
            return
        self._refused(step, outcome.error)

    def _refused(self, step: Step, error: AppError) -> None:
        if isinstance(error, Transient):
            if self.tries[step.key] >= TRIES:
                raise error
            return
        code = getattr(error, "code", "") or str(error.context.get("code", ""))
        if code in _ALREADY_THERE:
            return
        if code == _NO_SUCH_EVENT:
            self.notes[step.key] = Text(
                f"Портал не знает события {step.name}: такие изменения найдёт сверка",
                f"The portal does not know the event {step.name}: reconciliation finds such changes",
            )
            return
        self.failed[step.key] = Failure(step, _REASONS.get(code, error.text), code)
