"""Reads everything provisioning has to know about a portal, in a few batches, and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from b24app.errors import AppError, ItemGone, PortalRefused
from b24app.portal.batch import Call, Done, Outcome
from b24app.provision.ports import Portal
from b24app.provision.state import (
    CORE_TYPES,
    DEAL,
    PortalField,
    PortalFunnel,
    PortalPlacement,
    PortalStage,
    PortalType,
    Semantics,
    Survey,
)

ESSENTIAL = ("crm.category.list", "crm.status.list", "crm.type.list", "userfieldconfig.list", "crm.item.fields")
"""Without an answer of these nothing can be planned."""

FIELD_ENTITIES = ("company", "deal", "contact", "lead")


@dataclass(frozen=True, slots=True)
class _Question:
    """A reading command and what to do with its pages: `rows` is the key of the row list, None for
    a bare array, "" for an answer that is no list."""

    method: str
    params: Mapping[str, Any]
    rows: str | None = ""


def survey(gateway: Portal, *, audit: bool = True) -> Survey:
    """The portal's present state. `audit=False` leaves out what only the administrator's report shows.

    Raises the portal's refusal when it does not let us read its structure at all.
    """
    answers = _Answers(gateway)
    answers.ask(dict(_first_questions(audit)))
    types = tuple(_types(answers.rows("types")))
    answers.ask(dict(_questions_about(types)), essential=frozenset())
    fields = {owner: _fields(owner, answers.rows(f"fields.{owner}")) for owner in _owners(types)}
    answers.ask(dict(_questions_about_items(fields)), essential=frozenset())
    numbers = [*CORE_TYPES.values(), *(one.entity_type_id for one in types)]
    return Survey(
        at=gateway.now(),
        funnels={number: _funnels(answers.rows(f"funnels.{number}")) for number in (DEAL, *numbers[len(CORE_TYPES) :])},
        stages=_stages(answers.rows("stages")),
        types=types,
        fields={owner: {name: _with_items(one, answers) for name, one in own.items()} for owner, own in fields.items()},
        item_codes={number: _item_codes(answers.value(f"names.{number}")) for number in numbers},
        options=_options(answers.value("options")),
        events=_events(answers.value("events")),
        bound_events=_bound(answers.value("bound")),
        placements=_placements(answers.value("placements")),
        robots=_codes(answers.value("robots")),
        senders=_codes(answers.value("senders")),
        triggers=_triggers(answers.value("triggers")),
        badges=_badges(answers.value("badges")),
        refused=answers.refused,
        audit=_audit(answers) if audit else {},
    )


def _first_questions(audit: bool) -> Iterator[tuple[str, _Question]]:
    yield f"funnels.{DEAL}", _Question("crm.category.list", {"entityTypeId": DEAL}, "categories")
    yield "stages", _Question("crm.status.list", {"order": {"SORT": "ASC"}}, None)
    yield "types", _Question("crm.type.list", {"order": {"id": "ASC"}}, "types")
    for entity in FIELD_ENTITIES:
        yield f"fields.CRM_{entity.upper()}", _fields_question(f"CRM_{entity.upper()}")
        yield f"names.{CORE_TYPES[entity]}", _Question("crm.item.fields", {"entityTypeId": CORE_TYPES[entity]})
    yield "options", _Question("app.option.get", {})
    yield "events", _Question("events", {})
    yield "bound", _Question("event.get", {})
    yield "placements", _Question("placement.get", {})
    yield "robots", _Question("bizproc.robot.list", {})
    yield "senders", _Question("messageservice.sender.list", {})
    yield "triggers", _Question("crm.automation.trigger.list", {})
    yield "badges", _Question("crm.activity.badge.list", {})
    if audit:
        yield "mode", _Question("crm.settings.mode.get", {})
        yield "app", _Question("app.info", {})
        yield "users", _Question("user.get", {"sort": "ID", "order": "ASC"}, None)
        yield "departments", _Question("department.get", {}, None)
        yield "calendar", _Question("calendar.settings.get", {})
        yield "offline", _Question("feature.get", {"CODE": "rest_offline_extended"})
        yield "connector", _Question("feature.get", {"CODE": "rest_auth_connector"})
        yield "lines", _Question("imopenlines.config.list.get", {}, None)
        yield "scope", _Question("scope", {})


def _fields_question(owner: str) -> _Question:
    params = {"moduleId": "crm", "select": {"0": "*", "language": "ru"}, "filter": {"entityId": owner}}
    return _Question("userfieldconfig.list", params, "fields")


def _questions_about(types: Iterable[PortalType]) -> Iterator[tuple[str, _Question]]:
    for one in types:
        number = {"entityTypeId": one.entity_type_id}
        yield f"funnels.{one.entity_type_id}", _Question("crm.category.list", number, "categories")
        yield f"names.{one.entity_type_id}", _Question("crm.item.fields", number)
        yield f"fields.CRM_{one.id}", _fields_question(f"CRM_{one.id}")


def _questions_about_items(fields: Mapping[str, Mapping[str, PortalField]]) -> Iterator[tuple[str, _Question]]:
    for own in fields.values():
        for one in own.values():
            if one.type == "enumeration":
                yield f"items.{one.id}", _Question("userfieldconfig.get", {"moduleId": "crm", "id": one.id})


def _owners(types: Iterable[PortalType]) -> Iterator[str]:
    yield from (f"CRM_{entity.upper()}" for entity in FIELD_ENTITIES)
    yield from (f"CRM_{one.id}" for one in types)


class _Answers:
    """Asks questions in batches, page by page, and keeps what was answered."""

    def __init__(self, gateway: Portal) -> None:
        self._gateway = gateway
        self._values: dict[str, Any] = {}
        self._rows: dict[str, list[Any]] = {}
        self.refused: dict[str, str] = {}

    def ask(self, questions: Mapping[str, _Question], essential: Collection[str] = ESSENTIAL) -> None:
        """Answers all questions; lists are read to their last page. A refused method is noted, an
        essential one ends the survey with the portal's error."""
        waiting = {key: (question, 0) for key, question in questions.items()}
        while waiting:
            calls = [_call(question, start) for question, start in waiting.values()]
            outcomes = self._gateway.batch(calls) if calls else []
            waiting = dict(self._next(waiting, outcomes, essential))

    def _next(
        self, asked: Mapping[str, tuple[_Question, int]], outcomes: Iterable[Outcome], essential: Collection[str]
    ) -> Iterator[tuple[str, tuple[_Question, int]]]:
        for (key, (question, _)), outcome in zip(asked.items(), outcomes, strict=True):
            if not isinstance(outcome, Done):
                self._note(question.method, outcome.error, essential)
                continue
            if question.rows == "":
                self._values[key] = outcome.result
                continue
            self._rows.setdefault(key, []).extend(_rows_of(outcome.result, question.rows))
            if outcome.next is not None:
                yield key, (question, outcome.next)

    def _note(self, method: str, error: AppError, essential: Collection[str]) -> None:
        if method in essential or not isinstance(error, PortalRefused | ItemGone):
            raise error
        self.refused[method] = str(error.context.get("code") or getattr(error, "code", ""))

    def rows(self, key: str) -> list[Any]:
        """The rows of a list, [] if the portal refused it."""
        return self._rows.get(key, [])

    def answered(self, key: str) -> bool:
        """Whether a list was read."""
        return key in self._rows

    def value(self, key: str) -> Any:
        """An answer that is no list of rows, None if the portal refused."""
        return self._values.get(key)


def _call(question: _Question, start: int) -> Call:
    params = dict(question.params)
    if start:
        params["start"] = start
    return Call(question.method, params)


def _rows_of(result: Any, container: str | None) -> list[Any]:
    if container is not None:
        result = result.get(container, []) if isinstance(result, Mapping) else []
    return list(result.values()) if isinstance(result, Mapping) else list(result or [])


def _types(rows: Iterable[Mapping[str, Any]]) -> Iterator[PortalType]:
    for row in rows:
        yield PortalType(
            int(row["id"]),
            int(row["entityTypeId"]),
            str(row.get("title") or ""),
            row.get("isStagesEnabled") in ("Y", True),
            row.get("isClientEnabled") in ("Y", True),
        )


def _funnels(rows: Iterable[Mapping[str, Any]]) -> tuple[PortalFunnel, ...]:
    return tuple(
        PortalFunnel(int(row["id"]), str(row.get("name") or ""), row.get("isDefault") in ("Y", True)) for row in rows
    )


def _stages(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[PortalStage, ...]]:
    found: dict[str, list[PortalStage]] = {}
    for row in rows:
        directory = str(row["ENTITY_ID"])
        found.setdefault(directory, []).append(
            PortalStage(
                int(row["ID"]),
                directory,
                str(row["STATUS_ID"]),
                str(row.get("NAME") or ""),
                int(row.get("SORT") or 0),
                _semantics(row),
                row.get("SYSTEM") == "Y",
            )
        )
    return {name: tuple(sorted(own, key=lambda one: (one.sort, one.row))) for name, own in found.items()}


def _semantics(row: Mapping[str, Any]) -> Semantics:
    match str(row.get("SEMANTICS") or "").upper():
        case "S":
            return "success"
        case "F":
            return "failure"
        case _:
            return "process"


def _fields(owner: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, PortalField]:
    found = {}
    for row in rows:
        # The page of userfieldconfig.list does not promise a filter by the owner.
        if row["entityId"] != owner:
            continue
        title = row.get("editFormLabel")
        if isinstance(title, Mapping):
            title = next((word for word in title.values() if word), "")
        code = str(row["fieldName"])
        found[code] = PortalField(
            int(row["id"]), str(row["entityId"]), code, str(row["userTypeId"]), str(title or row.get("fieldName"))
        )
    return found


def _with_items(one: PortalField, answers: _Answers) -> PortalField:
    answer = answers.value(f"items.{one.id}")
    if not isinstance(answer, Mapping):
        return one
    rows = _rows_of(answer.get("field"), "enum")
    return replace(
        one,
        items={str(row["xmlId"]): int(row["id"]) for row in rows if row.get("xmlId")},
        texts={str(row["value"]): int(row["id"]) for row in rows},
    )


def _item_codes(answer: Any) -> dict[str, str]:
    """Original names of fields -> their names in crm.item.* (they follow no simple rule, see
    api-reference/crm/universal/index.md, so they are read and never computed)."""
    fields = answer.get("fields", {}) if isinstance(answer, Mapping) else {}
    return {str(field.get("upperName") or name): str(name) for name, field in fields.items()}


def _options(answer: Any) -> Mapping[str, Any] | None:
    # An empty map comes as [] (settings/how-to-call-rest-api/batch.md).
    if answer == []:
        return {}
    return answer if isinstance(answer, Mapping) else None


def _events(answer: Any) -> frozenset[str] | None:
    return frozenset(str(code).upper() for code in answer) if isinstance(answer, list) else None


def _bound(answer: Any) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(answer, list):
        return None
    return tuple((str(row["event"]).upper(), str(row["handler"])) for row in answer if not int(row.get("offline") or 0))


def _placements(answer: Any) -> tuple[PortalPlacement, ...] | None:
    if not isinstance(answer, list):
        return None
    return tuple(PortalPlacement(str(row["placement"]), str(row["handler"]), _titles(row)) for row in answer)


def _titles(row: Mapping[str, Any]) -> dict[str, str]:
    languages = row.get("langAll")
    if not isinstance(languages, Mapping):
        return {}
    return {str(code): str(texts.get("TITLE", "")) for code, texts in languages.items()}


def _codes(answer: Any) -> frozenset[str] | None:
    return frozenset(map(str, answer)) if isinstance(answer, list) else None


def _triggers(answer: Any) -> dict[str, str] | None:
    return {str(row["CODE"]): str(row["NAME"]) for row in answer} if isinstance(answer, list) else None


def _badges(answer: Any) -> dict[str, dict[str, Any]] | None:
    if not isinstance(answer, Mapping):
        return None
    return {str(row["code"]): {key: row.get(key) for key in ("title", "value", "type")} for row in answer["badges"]}


def _audit(answers: _Answers) -> dict[str, Any]:
    users = answers.rows("users")
    app = answers.value("app")
    return {
        "crm_mode": {1: "classic", 2: "simple"}.get(_integer(answers.value("mode")), "unknown"),
        "licence": app.get("LICENSE") if isinstance(app, Mapping) else None,
        "users": {"all": len(users), "active": sum(1 for row in users if row.get("ACTIVE") in (True, "Y", "true"))},
        "departments": len(answers.rows("departments")),
        "calendar": answers.value("calendar"),
        "open_lines": len(answers.rows("lines")) if answers.answered("lines") else None,
        "offline_events": _feature(answers.value("offline")),
        "auth_connector": _feature(answers.value("connector")),
        "scope": answers.value("scope"),
    }


def _feature(answer: Any) -> bool | None:
    return answer.get("value") == "Y" if isinstance(answer, Mapping) else None


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
