"""The card of an object: its fields, its stage bar, what is related to it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.view.editing import Editor, editor
from sandbox.view.employee import Employee, Row
from sandbox.view.kinds import Kind
from sandbox.view.lists import Line, Lists
from sandbox.view.names import Funnel, Names, Stage, title_of
from sandbox.view.shown import Printer, Shown

FEW = 6
# What the portal keeps for itself: shown apart, below.
_TECHNICAL = frozenset(
    """
    id createdTime updatedTime createdBy updatedBy movedBy movedTime lastActivityBy lastActivityTime opened
    stageSemanticId previousStageId isManualOpportunity webformId originatorId originId originVersion xmlId
    isNew isRecurring isReturnCustomer isRepeatedApproach closed hasPhone hasEmail hasImol export orderStage
    utmSource utmMedium utmCampaign utmContent utmTerm isMyCompany taxValue begindate categoryId
    accountNumber mycompanyId observers
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
# Shown elsewhere in the card, or the same thing twice.
_ABSENT = frozenset(
    """
    title stageId currencyId contactId phone phoneMobile phoneWork phoneMailing email emailHome emailWork emailMailing
    fm imol entityTypeId
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class CardField:
    """A field in a card; `editor` is None where it cannot be typed."""

    name: str
    title: str
    values: list[Shown]
    editor: Editor | None


@dataclass(frozen=True, slots=True)
class Step:
    """A stage on the bar; `state` is past, now or ahead."""

    stage: Stage
    state: str


@dataclass(frozen=True, slots=True)
class Related:
    """Objects of another kind that name this one."""

    kind: Kind
    lines: list[Line]
    total: int
    columns: list[tuple[str, str]]


class Card:
    """One object as an employee sees it."""

    def __init__(self, employee: Employee, names: Names, kind: Kind, number: int) -> None:
        self.employee = employee
        self.names = names
        self.kind = kind
        self.id = number
        self.row: Row = employee.ask("crm.item.get", {"entityTypeId": kind.id, "id": number})["item"]
        self.printer = Printer(names, kind)

    @property
    def title(self) -> str:
        """The object's title."""
        return title_of(self.row)

    @property
    def funnel(self) -> Funnel | None:
        """The funnel the object lies in, None where there is none to speak of."""
        found = self.names.funnels(self.kind)
        return next((funnel for funnel in found if funnel.id == int(self.row.get("categoryId") or 0)), None)

    def steps(self) -> list[Step]:
        """The stage bar: what is behind, where the object is, what is ahead."""
        stages = self.names.stages(self.kind, int(self.row.get("categoryId") or 0))
        here = next((i for i, stage in enumerate(stages) if stage.id == self.row.get("stageId")), -1)
        states = ["now" if i == here else "past" if i < here else "ahead" for i in range(len(stages))]
        return [Step(stage, state) for stage, state in zip(stages, states, strict=True)]

    def next_stage(self) -> Stage | None:
        """Where «Дальше по воронке» leads: the next stage of work or the successful end."""
        steps = self.steps()
        here = next((i for i, step in enumerate(steps) if step.state == "now"), len(steps))
        return next((step.stage for step in steps[here + 1 :] if step.stage.tone != "failure"), None)

    def fields(self) -> tuple[list[CardField], list[CardField], list[CardField]]:
        """The filled fields, the technical ones among them, and the empty ones that can be typed."""
        main: list[CardField] = []
        technical: list[CardField] = []
        empty: list[CardField] = []
        for name, described in self.printer.fields.items():
            if name in _ABSENT:
                continue
            shown = CardField(
                name,
                str(described.get("title") or name),
                self.printer.show(name, self.row),
                editor(self.names, name, described, self.row.get(name)),
            )
            if shown.values or str(described.get("type")).startswith("rest_"):
                (technical if name in _TECHNICAL else main).append(shown)
            elif shown.editor and name not in _TECHNICAL:
                empty.append(shown)
        return main, technical, empty

    def related(self) -> list[Related]:
        """Objects of other kinds that name this one, the newest of each kind."""
        found = []
        for kind in self.names.kinds():
            part = self._related(kind) if kind.id != self.kind.id else None
            if part is not None:
                found.append(part)
        return found

    def _related(self, kind: Kind) -> Related | None:
        link = kind.link_to(self.kind)
        lists = Lists(self.employee, self.names, kind)
        fields = lists.printer.fields
        if link not in fields or fields[link].get("type") == "string":
            return None
        asked = {"entityTypeId": kind.id, "filter": {link: self.id}, "order": {"id": "DESC"}}
        page = self.employee.page("crm.item.list", asked)
        columns = [one for one in lists.columns() if one[0] not in (link, "createdTime")]
        lines = [lists.line(row, columns) for row in page.rows[:FEW]]
        return Related(kind, lines, page.total or len(page.rows), columns) if lines else None
