"""The report about a portal before anything is changed there (R0.01): what it has, in words and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from b24app.provision.state import COMPANY_TYPES, CORE_TYPES, DEAL, PortalStage, Survey
from rules.decision import Text

_UNKNOWN = Text("неизвестно", "unknown")
_MODES = {
    "classic": Text("классический, с лидами", "classic, with leads"),
    "simple": Text("простой, без лидов", "simple, without leads"),
}


def audit_data(survey: Survey) -> dict[str, Any]:
    """The report as JSON."""
    return {
        **survey.audit,
        "funnels": [_funnel_data(survey, DEAL, one.id, one.title) for one in survey.funnels.get(DEAL, ())],
        "smart_processes": [
            {
                "id": one.id,
                "entityTypeId": one.entity_type_id,
                "title": one.title,
                "funnels": [
                    _funnel_data(survey, one.entity_type_id, funnel.id, funnel.title)
                    for funnel in survey.funnels.get(one.entity_type_id, ())
                    if one.has_stages
                ],
            }
            for one in survey.types
        ],
        "company_types": [one.title for one in survey.stages.get(COMPANY_TYPES, ())],
        "fields": {
            entity: [{"code": one.code, "type": one.type, "title": one.title} for one in own.values()]
            for entity, own in survey.fields.items()
            if own
        },
        "refused": dict(survey.refused),
    }


def audit_lines(survey: Survey, language: str) -> Iterator[str]:
    """The report for people."""
    for line in _lines(survey):
        yield line.in_language(language)


def _lines(survey: Survey) -> Iterator[Text]:
    audit = survey.audit
    mode = _MODES.get(str(audit.get("crm_mode")), _UNKNOWN)
    yield Text(f"Режим CRM: {mode.ru}", f"CRM mode: {mode.en}")
    users = audit.get("users", {})
    yield Text(
        f"Сотрудников: {users.get('active')} из {users.get('all')}, отделов: {audit.get('departments')}",
        f"Employees: {users.get('active')} of {users.get('all')}, departments: {audit.get('departments')}",
    )
    for funnel in survey.funnels.get(DEAL, ()):
        stages = _titles(_stages(survey, DEAL, funnel.id))
        yield Text(f"Воронка «{funnel.title}»: {stages}", f"Funnel “{funnel.title}”: {stages}")
    yield Text(f"Смарт-процессов: {len(survey.types)}", f"Smart processes: {len(survey.types)}")
    for one in survey.types:
        yield Text(f"Смарт-процесс «{one.title}»", f"Smart process “{one.title}”")
    types = _titles(survey.stages.get(COMPANY_TYPES, ()))
    yield Text(f"Типы компаний: {types}", f"Company types: {types}")
    for entity, number in CORE_TYPES.items():
        count = len(survey.fields.get(survey.field_owner(number), {}))
        yield Text(f"Своих полей ({entity}): {count}", f"User fields ({entity}): {count}")
    offline, connector = (_word(audit.get(key)) for key in ("offline_events", "auth_connector"))
    yield Text(
        f"Тариф: {audit.get('licence')}; офлайн-события: {offline.ru}; auth_connector: {connector.ru}",
        f"Plan: {audit.get('licence')}; offline events: {offline.en}; auth_connector: {connector.en}",
    )
    for method, code in survey.refused.items():
        yield Text(f"Портал не ответил на {method}: {code}", f"The portal did not answer {method}: {code}")


def _funnel_data(survey: Survey, number: int, funnel: int, title: str) -> dict[str, Any]:
    stages = [
        {"id": one.code, "title": one.title, "semantics": one.semantics} for one in _stages(survey, number, funnel)
    ]
    return {"id": funnel, "title": title, "stages": stages}


def _stages(survey: Survey, number: int, funnel: int) -> tuple[PortalStage, ...]:
    return survey.stages.get(survey.directory(number, funnel), ())


def _titles(entries: tuple[PortalStage, ...]) -> str:
    return ", ".join(one.title for one in entries)


def _word(feature: bool | None) -> Text:
    if feature is None:
        return _UNKNOWN
    return Text("есть", "yes") if feature else Text("нет", "no")
