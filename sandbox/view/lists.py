"""Lists of objects: which columns, which page, and the columns of a funnel as a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.crm.reading import item_operand
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Page
from sandbox.kernel.errors import RestError
from sandbox.view.employee import Employee, Row
from sandbox.view.kinds import COMPANY, CONTACT, Kind
from sandbox.view.moments import day
from sandbox.view.names import Funnel, Names, Stage, title_of
from sandbox.view.shown import Printer, Shown
from sandbox.view.sums import Sum, by_stage

SIZE = 50
ON_BOARD = 20
# User fields of these types say most in a list: how many of each find room.
_TELLING = {"money": 3, "date": 2, "enumeration": 1}
_ROOM = 4
# The field a text is looked for in, where it is not the title.
FOUND_BY = {CONTACT: "lastName"}
_BEFORE = ("companyId", "typeId", "opportunity", "phone")
_AFTER = ("assignedById", "createdTime")


@dataclass(frozen=True, slots=True)
class Query:
    """What a list is asked for; `page` counts from 1, `order` is `-field` for descending, `of`
    names an object (`4:100`) to which the listed ones belong."""

    text: str = ""
    funnel: int | None = None
    stage: str = ""
    mine: bool = False
    page: int = 1
    order: str = "-id"
    board: bool = False
    of: str = ""

    def address(self, base: str, **changes: Any) -> str:
        """The address of the same list with something changed."""
        values = {
            "q": self.text,
            "funnel": "" if self.funnel is None else self.funnel,
            "stage": self.stage,
            "mine": "1" if self.mine else "",
            "of": self.of,
            "page": self.page if self.page > 1 else "",
            "order": self.order if self.order != "-id" else "",
            "view": "board" if self.board else "",
            **changes,
        }
        words = urlencode({name: value for name, value in values.items() if value not in ("", None)})
        return f"{base}?{words}" if words else base


def query_of(words: Mapping[str, str]) -> Query:
    """The query in an address; nonsense is left out."""
    page, funnel = words.get("page", ""), words.get("funnel", "")
    return Query(
        text=words.get("q", "").strip(),
        funnel=int(funnel) if funnel.isdigit() else None,
        stage=words.get("stage", ""),
        mine=words.get("mine") == "1",
        page=max(1, int(page)) if page.isdigit() else 1,
        order=words.get("order") or "-id",
        board=words.get("view") == "board",
        of=words.get("of", ""),
    )


@dataclass(slots=True)
class Line:
    """One object of a list: its cells by column."""

    id: int
    title: str
    href: str
    stage: Stage | None
    cells: list[list[Shown]]
    row: Row


@dataclass(slots=True)
class Listing:
    """A page of a list; `columns` are (field, title)."""

    kind: Kind
    query: Query
    columns: list[tuple[str, str]]
    lines: list[Line]
    total: int
    funnels: list[Funnel]
    stages: list[Stage]
    base: str = ""
    sortable: frozenset[str] = frozenset()

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // SIZE))


@dataclass(slots=True)
class Column:
    """A column of a board: a stage with its first cards, how many there are, and their printed amount."""

    stage: Stage
    lines: list[Line] = field(default_factory=list)
    total: int = 0
    amount: str = ""


class Lists:
    """Lists of one kind as an employee sees them."""

    def __init__(self, employee: Employee, names: Names, kind: Kind) -> None:
        self.employee = employee
        self.names = names
        self.kind = kind
        self.printer = Printer(names, kind)

    def columns(self) -> list[tuple[str, str]]:
        """The fields shown, with their titles."""
        fields = self.printer.fields
        telling = _telling(fields)
        after = _AFTER if len(telling) < _ROOM else _AFTER[:1]
        chosen = [*_BEFORE, *telling, *after]
        if self.kind.id == COMPANY:
            chosen = [name for name in chosen if name != "companyId"]
        return [(name, str(fields[name]["title"])) for name in chosen if name in fields]

    def listing(self, query: Query) -> Listing:
        """A page of the list."""
        page = self._read(query, self._filter(query), (query.page - 1) * SIZE)
        columns = [one for one in self.columns() if any(self.printer.show(one[0], row) for row in page.rows)]
        funnels = self.names.funnels(self.kind)
        return Listing(
            self.kind,
            query,
            columns,
            [self.line(row, columns) for row in page.rows],
            page.total or 0,
            funnels,
            self._stages(query.funnel, funnels),
            self.kind.list,
            frozenset(name for name, _ in columns if self._sorts(name)),
        )

    def _sorts(self, name: str) -> bool:
        """Whether the portal can order by a field: phones and links lie in tables of their own."""
        operand = item_operand(schema_of(self.employee.portal).entity(self.kind.id), name, False)
        return operand is not None and not operand.among

    def count(self, query: Query) -> int | None:
        """How many objects there are; None where the employee may not look."""
        try:
            return self._read(query, self._filter(query), 0).total
        except RestError:
            return None

    def board(self, query: Query) -> list[Column]:
        """The stages of a funnel, each with its newest cards."""
        columns = [one for one in self.columns() if one[0] not in (*_AFTER, "typeId")]
        found = []
        funnel = self.funnel_of(query)
        wanted = {**self._filter(query), **({"categoryId": funnel} if self.kind.has_funnels else {})}
        sums = by_stage(self.employee, self.kind, wanted)
        for stage in self._stages(funnel, self.names.funnels(self.kind)):
            known = sums.get(stage.id, Sum())
            page = self._read(query, {**wanted, "stageId": stage.id}, -1) if known.count else Page([], 0)
            lines = [self.line(row, columns) for row in page.rows[:ON_BOARD]]
            found.append(Column(stage, lines, known.count, known.printed()))
        return found

    def funnel_of(self, query: Query) -> int | None:
        """The funnel that is looked at: the asked one, or the default one."""
        if query.funnel is not None:
            return query.funnel
        funnels = self.names.funnels(self.kind)
        return next((funnel.id for funnel in funnels if funnel.default), funnels[0].id if funnels else None)

    def _stages(self, funnel: int | None, funnels: list[Funnel]) -> list[Stage]:
        """The stages to filter by: those of one funnel (of the only one, when there is one)."""
        if funnel is None and len(funnels) == 1:
            funnel = funnels[0].id
        if funnel is None and self.kind.has_funnels:
            return []
        return self.names.stages(self.kind, funnel or 0)

    def _filter(self, query: Query) -> Row:
        wanted: Row = {}
        if query.text:
            wanted[f"%{FOUND_BY.get(self.kind.id, 'title')}"] = query.text
        if query.funnel is not None:
            wanted["categoryId"] = query.funnel
        if query.stage:
            wanted["stageId"] = query.stage
        if query.mine:
            wanted["assignedById"] = self.employee.id
        kind, _, number = query.of.partition(":")
        if kind.isdigit() and number.isdigit():
            wanted[self.kind.link_to(self.names.kind(int(kind)))] = int(number)
        return wanted

    def _read(self, query: Query, wanted: Row, start: int) -> Page:
        name, direction = query.order.lstrip("-"), "DESC" if query.order.startswith("-") else "ASC"
        order = {name if name in self.printer.fields else "id": direction}
        asked = {"entityTypeId": self.kind.id, "filter": wanted, "order": order, "start": start}
        return self.employee.page("crm.item.list", asked)

    def line(self, row: Row, columns: list[tuple[str, str]]) -> Line:
        """An object as a line with cells for these columns."""
        stages = self.names.stages(self.kind, int(row.get("categoryId") or 0))
        stage = next((one for one in stages if one.id == row.get("stageId")), None)
        cells = [
            [Shown(day(row[name]))] if name == "createdTime" else self.printer.show(name, row) for name, _ in columns
        ]
        return Line(int(row["id"]), title_of(row), self.kind.card(row["id"]), stage, cells, row)


def _telling(fields: dict[str, Row]) -> list[str]:
    """The user fields that a list shows, in the order of their declaration."""
    left, chosen = dict(_TELLING), []
    for name, described in fields.items():
        kind = str(described.get("type"))
        if described.get("isDynamic") and left.get(kind, 0) > 0:
            left[kind] -= 1
            chosen.append(name)
    return chosen
