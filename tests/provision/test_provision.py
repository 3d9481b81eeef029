"""Provisioning against a sandbox portal: what is missing is created, once, and nothing else is touched."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from b24app.discover import Catalogue, discover, enabled
from b24app.errors import PortalRefused
from b24app.portal.batch import Call, Outcome, Refused
from b24app.provision import (
    apply_plan,
    carry_out,
    load_binding,
    make_plan,
    removal,
    save_binding,
    survey,
    watch_since,
)
from b24app.store.database import Database
from b24app.store.models import PortalRow
from config.preset import Preset, load_preset
from tests.provision.conftest import PUBLIC_URL, World

FOOD = load_preset("food_distribution")
CATALOGUE = enabled(discover(), FOOD)
NOTHING = Catalogue({}, {}, {}, {})
CREATED = frozenset(name for name in FOOD.names() if not name.startswith("role."))


def plan_for(world: World, binding=None, gateway: Any = None, preset: Preset = FOOD, url: str = PUBLIC_URL, **options):
    look = survey(gateway or world.gateway)
    return make_plan(look, [preset], CATALOGUE, binding or {}, url, **options)


def install(world: World, binding=None, gateway: Any = None, **options):
    gateway = gateway or world.gateway
    return apply_plan(gateway, plan_for(world, binding, gateway, **options))


def stages(world: World, directory: str) -> list[dict[str, Any]]:
    return world.sandbox.rest("crm.status.list", {"filter": {"ENTITY_ID": directory}, "order": {"SORT": "ASC"}})


class Interfering:
    """The gateway with something done to its batches."""

    def __init__(self, world: World) -> None:
        self.real = world.gateway
        self.batches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def batch(self, calls: Sequence[Call], *, interactive: bool = False) -> list[Outcome]:
        if any(call.write for call in calls):
            self.batches += 1
        return self.interfere(calls)

    def interfere(self, calls: Sequence[Call]) -> list[Outcome]:
        return self.real.batch(calls)


# -- the first run


def test_a_first_run_creates_everything_the_preset_names(world: World):
    report = install(world)
    assert report.complete, list(report.lines("en"))
    assert set(report.binding) >= CREATED
    assert {"robot.recalculate_debt", "robot.set_company_type"} <= set(report.binding)


def test_what_the_manifest_names_can_be_used(world: World):
    binding = install(world).binding
    debt = binding["spa.debt"]["entityTypeId"]
    fields = {
        "title": "A debt",
        "stageId": binding["stage.debt.overdue"]["id"],
        binding["debt.amount"]["item_code"]: "100|RUB",
        binding["debt.app_key"]["item_code"]: "key",
    }
    item = world.sandbox.rest("crm.item.add", {"entityTypeId": debt, "fields": fields})["item"]
    assert item["stageId"] == binding["stage.debt.overdue"]["id"]
    assert item[binding["debt.app_key"]["item_code"]] == "key"
    assert "parentId2" in item


def test_receivables_get_exactly_their_stages_in_order(world: World):
    binding = install(world).binding
    number = binding["spa.debt"]["entityTypeId"]
    funnel = world.sandbox.rest("crm.category.list", {"entityTypeId": number})["categories"][0]["id"]
    found = stages(world, f"DYNAMIC_{number}_STAGE_{funnel}")
    assert [one["STATUS_ID"] for one in found] == [
        binding[f"stage.debt.{name}"]["id"] for name in FOOD.smart_processes["debt"].stages
    ]
    assert [one["SEMANTICS"] for one in found] == [None] * 5 + ["S", "F"]


@pytest.mark.parametrize("name", ["contract", "active", "repeat"])
def test_a_new_funnel_holds_the_presets_stages_and_no_others(world: World, name: str):
    binding = install(world).binding
    found = stages(world, f"DEAL_STAGE_{binding[f'funnel.{name}']['id']}")
    assert [one["NAME"] for one in found] == [stage.title.ru for stage in FOOD.funnels[name].stages.values()]
    assert [one["SEMANTICS"] for one in found][-2:] == ["S", "F"]


def test_lists_are_bound_with_the_ids_of_their_values(world: World):
    entry = install(world).binding["deal.no_order_reason"]
    texts = {
        row["xmlId"]: int(row["id"])
        for row in world.sandbox.rest("userfieldconfig.get", {"moduleId": "crm", "id": entry["id"]})["field"]["enum"]
    }
    assert entry["items"] == texts
    assert set(texts) == set(FOOD.fields["deal"]["no_order_reason"].items)


def test_an_existing_company_type_of_that_name_is_taken(world: World):
    binding = install(world).binding
    assert binding["type.client"]["id"] == "CUSTOMER"
    names = [one["NAME"] for one in stages(world, "COMPANY_TYPE")]
    assert names.count("Клиент") == 1


def test_few_requests_suffice(world: World):
    before = world.gateway.stats.requests
    install(world)
    assert world.gateway.stats.requests - before <= 20


def test_titles_follow_the_portals_language(world: World):
    binding = install(world, language="en").binding
    found = stages(world, f"DEAL_STAGE_{binding['funnel.active']['id']}")
    assert [one["NAME"] for one in found] == [stage.title.en for stage in FOOD.funnels["active"].stages.values()]
    renewed = len(CATALOGUE.robots) + len(CATALOGUE.triggers) + 1
    assert install(world, language="ru").writes == renewed, "robots, triggers and the sender are renewed"


# -- AP-01: an existing portal


def test_the_audit_writes_nothing_and_tells_what_there_is(world: World):
    world.sandbox.rest("crm.category.add", {"entityTypeId": 2, "fields": {"name": "Тендеры"}})
    mark = world.last_call()
    plan = plan_for(world)
    data, lines = plan.as_data()["audit"], "\n".join(plan.lines("ru"))
    assert world.writes(mark) == []
    assert [funnel["title"] for funnel in data["funnels"]] == ["Общая", "Тендеры"]
    assert len(data["funnels"][1]["stages"]) == 8
    assert data["smart_processes"] == []
    assert data["crm_mode"] in ("classic", "simple")
    assert data["users"]["active"] >= 1
    assert "Тендеры" in lines


def test_what_the_portal_had_stays_as_it_was(world: World):
    own = world.sandbox.rest("crm.category.add", {"entityTypeId": 2, "fields": {"name": "Тендеры"}})["category"]["id"]
    before = stages(world, f"DEAL_STAGE_{own}"), stages(world, "DEAL_STAGE"), stages(world, "COMPANY_TYPE")
    install(world)
    after = stages(world, f"DEAL_STAGE_{own}"), stages(world, "DEAL_STAGE"), stages(world, "COMPANY_TYPE")
    assert after[:2] == before[:2]
    assert [one for one in after[2] if one in before[2]] == before[2]


def test_a_second_run_writes_nothing(world: World):
    binding = install(world).binding
    mark = world.last_call()
    report = install(world, binding)
    assert report.writes == 0
    assert world.writes(mark) == []
    assert report.binding == binding


def test_a_lost_database_is_bound_again_to_the_same_objects(world: World):
    binding = install(world).binding
    report = install(world, {})
    assert report.binding == binding
    kinds = [step.kind for step in report.done]
    assert kinds == ["robot"] * len(CATALOGUE.robots) + ["sender"], "only what has texts that cannot be read"


def test_a_lost_database_finds_renamed_objects_of_ours(world: World):
    binding = install(world).binding
    funnel = binding["funnel.active"]["id"]
    world.sandbox.rest("crm.category.update", {"entityTypeId": 2, "id": funnel, "fields": {"name": "Продажи"}})
    number = binding["spa.debt"]["id"]
    world.sandbox.rest("crm.type.update", {"id": number, "fields": {"title": "Долги"}})
    assert {**install(world, {}).binding, **binding} == binding


def test_a_funnel_of_that_name_is_taken_and_not_rearranged(world: World):
    title = FOOD.funnels["active"].title.ru
    own = world.sandbox.rest("crm.category.add", {"entityTypeId": 2, "fields": {"name": title}})["category"]["id"]
    before = {one["ID"]: one for one in stages(world, f"DEAL_STAGE_{own}")}
    report = install(world)
    after = {one["ID"]: one for one in stages(world, f"DEAL_STAGE_{own}")}
    assert report.binding["funnel.active"]["id"] == own
    assert {number: after[number] for number in before} == before
    assert report.binding["stage.active.paid"]["id"] == f"C{own}:WON"
    order = [one["STATUS_ID"] for one in sorted(after.values(), key=lambda one: int(one["SORT"]))]
    assert order.index(f"C{own}:SHIPPED") < order.index(f"C{own}:WON") < order.index(f"C{own}:LOSE")


def test_an_existing_stage_is_renamed_only_with_consent(world: World):
    title = FOOD.funnels["active"].title.ru
    own = world.sandbox.rest("crm.category.add", {"entityTypeId": 2, "fields": {"name": title}})["category"]["id"]
    plan = plan_for(world)
    install(world)
    won = next(one for one in stages(world, f"DEAL_STAGE_{own}") if one["STATUS_ID"] == f"C{own}:WON")
    assert won["NAME"] != "Оплачено"
    assert [step.name for step in plan.steps if step.needs_consent].count("stage.active.paid") == 1
    install(world, accept_rename=["stage.active.paid"])
    won = next(one for one in stages(world, f"DEAL_STAGE_{own}") if one["STATUS_ID"] == f"C{own}:WON")
    assert won["NAME"] == "Оплачено"


def test_what_the_administrator_changed_afterwards_is_respected(world: World):
    binding = install(world).binding
    funnel = binding["funnel.active"]["id"]
    extra = {
        "ENTITY_ID": f"DEAL_STAGE_{funnel}",
        "STATUS_ID": "PREPARATION",
        "NAME": "Проверка бухгалтерией",
        "SORT": 35,
    }
    world.sandbox.rest("crm.status.add", {"fields": extra})
    shipped = next(one for one in stages(world, f"DEAL_STAGE_{funnel}") if one["STATUS_ID"].endswith(":SHIPPED"))
    world.sandbox.rest("crm.status.update", {"id": shipped["ID"], "fields": {"NAME": "Отправлено"}})
    report = install(world, binding)
    assert report.writes == 0
    assert report.binding["stage.active.shipped"] == binding["stage.active.shipped"]
    assert "Проверка бухгалтерией" in [one["NAME"] for one in stages(world, f"DEAL_STAGE_{funnel}")]


def test_a_field_of_another_type_is_told_and_not_used(world: World):
    code = "UF_CRM_COMPANY_COMPANION_ADVANCE"
    field = {"entityId": "CRM_COMPANY", "fieldName": code, "userTypeId": "string"}
    world.sandbox.rest("userfieldconfig.add", {"moduleId": "crm", "field": field})
    report = install(world)
    assert "company.advance" not in report.binding
    assert any(code in note.ru for note in report.notes)


class HidesFunnels(Interfering):
    """A portal where smart processes without funnels of their own do not list them."""

    def interfere(self, calls: Sequence[Call]) -> list[Outcome]:
        outcomes = self.real.batch(calls)
        error = PortalRefused("not supported", code="ENTITY_TYPE_NOT_SUPPORTED", method="crm.category.list")
        hidden = [call.method == "crm.category.list" and call.params["entityTypeId"] > 100 for call in calls]
        return [Refused(error) if hide else outcome for hide, outcome in zip(hidden, outcomes, strict=True)]


def test_a_process_that_hides_its_only_funnel_gets_its_stages_all_the_same(world: World):
    report = install(world, gateway=HidesFunnels(world))
    assert report.complete
    assert set(report.binding) >= CREATED


# -- refusals, lost answers, crashes, two runs at once


class SmallPlan(Interfering):
    """A portal whose plan has no room for the smart process «Посещение»."""

    def interfere(self, calls: Sequence[Call]) -> list[Outcome]:
        barred = [call.method == "crm.type.add" and call.params["fields"]["title"] == "Посещение" for call in calls]
        answers = iter(self.real.batch([call for call, bar in zip(calls, barred, strict=True) if not bar]))
        error = PortalRefused("limit", code="CREATE_DYNAMIC_TYPE_RESTRICTED", method="crm.type.add")
        return [Refused(error) if bar else next(answers) for bar in barred]


def test_a_plan_without_room_for_a_smart_process_gets_all_the_rest(world: World):
    report = install(world, gateway=SmallPlan(world))
    assert not report.complete
    assert [failure.step.name for failure in report.failed] == ["spa.visit"]
    assert "тариф" in report.failed[0].text.ru
    assert CREATED - set(report.binding) == {"spa.visit", *(name for name in CREATED if name.startswith("visit."))}
    again = install(world, report.binding)
    assert again.complete
    assert set(again.binding) >= CREATED


@pytest.mark.parametrize("kind", ["drop_after_apply", "504_after_apply", "drop_before"])
def test_lost_answers_make_no_duplicates(world: World, kind: str):
    for method in ("crm.category.add", "crm.status.add", "userfieldconfig.add", "bizproc.robot.add"):
        world.sandbox.control("faults", {"match": {"method": method}, "kind": kind, "times": 1})
    report = install(world)
    assert report.complete, list(report.lines("en"))
    assert_no_duplicates(world)
    assert install(world, report.binding).writes == 0


class Cut(Exception):
    """The process is killed."""


class CutOff(Interfering):
    """Kills the run after so many writing batches; the last one still reaches the portal."""

    def __init__(self, world: World, after: int) -> None:
        super().__init__(world)
        self.after = after

    def interfere(self, calls: Sequence[Call]) -> list[Outcome]:
        outcomes = self.real.batch(calls)
        if any(call.write for call in calls) and self.batches >= self.after:
            raise Cut
        return outcomes


@pytest.mark.parametrize("after", [1, 2])
def test_a_run_that_was_killed_is_finished_by_the_next(world: World, after: int):
    with pytest.raises(Cut):
        install(world, gateway=CutOff(world, after))
    report = install(world)
    assert report.complete
    assert_no_duplicates(world)
    found = stages(world, f"DEAL_STAGE_{report.binding['funnel.repeat']['id']}")
    assert [one["NAME"] for one in found] == [stage.title.ru for stage in FOOD.funnels["repeat"].stages.values()]
    assert install(world, report.binding).writes == 0


def assert_no_duplicates(world: World) -> None:
    funnels = [one["name"] for one in world.sandbox.rest("crm.category.list", {"entityTypeId": 2})["categories"]]
    types = [one["title"] for one in world.sandbox.rest("crm.type.list")["types"]]
    kinds = [one["NAME"] for one in stages(world, "COMPANY_TYPE")]
    for names in (funnels, types, kinds):
        assert len(names) == len(set(names)), names


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty database with one portal."""
    database = Database(f"sqlite:///{tmp_path / 'app.sqlite'}")
    database.upgrade()
    with database.session() as session:
        session.add(
            PortalRow(
                id=1, member_id="m", domain="d", client_endpoint="", server_endpoint="", client_id="", client_secret=b""
            )
        )
    return database


def test_two_runs_at_once_create_each_object_once(world: World, database: Database):
    plans = [plan_for(world), plan_for(world)]
    reports = []

    def run(plan: Any) -> None:
        reports.append(carry_out(world.gateway, database, 1, plan))

    threads = [Thread(target=run, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report.complete for report in reports] == [True, True]
    assert min(report.writes for report in reports) == 0
    assert_no_duplicates(world)
    assert load_binding(database, 1) == reports[0].binding == reports[1].binding


def test_the_stored_binding_is_exactly_the_last_one(database: Database):
    save_binding(database, 1, {"a": {"id": 1}, "b": {"id": 2}})
    save_binding(database, 1, {"b": {"id": 3}, "c": {"id": 4}})
    assert load_binding(database, 1) == {"b": {"id": 3}, "c": {"id": 4}}


# -- how the portal reaches the app


def test_events_pages_and_robots_lead_to_the_app(world: World):
    install(world)
    events = {row["event"]: row["handler"] for row in world.gateway.call("event.get")}
    assert {"ONCRMDEALUPDATE", "ONCRMDEALMOVETOCATEGORY", "ONCRMDYNAMICITEMADD", "ONCRMCOMPANYADD"} <= set(events)
    assert set(events.values()) == {f"{PUBLIC_URL}/events"}
    pages = world.gateway.call("placement.get")
    assert {(page["placement"], page["handler"]) for page in pages} == {
        (page.place, PUBLIC_URL + page.path) for page in FOOD.placements.values()
    }
    assert set(world.gateway.call("bizproc.robot.list")) == set(CATALOGUE.robots)
    triggers = {row["CODE"]: row["NAME"] for row in world.gateway.call("crm.automation.trigger.list")}
    assert triggers == {code: trigger.name.ru for code, trigger in CATALOGUE.triggers.items()}


def test_a_new_address_of_the_app_replaces_the_old_one(world: World):
    binding = install(world).binding
    report = install(world, binding, url="https://app.example/v2")
    assert report.complete
    assert {row["handler"] for row in world.gateway.call("event.get")} == {"https://app.example/v2/events"}
    assert {page["handler"] for page in world.gateway.call("placement.get")} == {
        f"https://app.example/v2{page.path}" for page in FOOD.placements.values()
    }
    assert install(world, report.binding, url="https://app.example/v2").writes == 0


def test_a_badge_that_somebody_deleted_or_that_looks_otherwise_is_registered_anew(world: World):
    binding = install(world).binding
    code = binding["badge.debtor"]["code"]
    foreign = {"code": "missed", "title": "Звонок", "value": "Пропущен", "type": "failure"}
    world.gateway.call("crm.activity.badge.add", foreign, write=True)
    world.gateway.call("crm.activity.badge.delete", {"code": code}, write=True)
    assert [step.key for step in install(world, binding).done] == ["create badge.debtor"]
    world.gateway.call("crm.activity.badge.delete", {"code": code}, write=True)
    words = {"title": "Расчёты", "value": "Должен", "type": "warning"}
    world.gateway.call("crm.activity.badge.add", {"code": code, **words}, write=True)
    assert [step.action for step in install(world, binding).done] == ["remove", "create"]
    shown = {one["code"]: one["value"] for one in world.gateway.call("crm.activity.badge.list")["badges"]}
    assert shown == {"missed": "Пропущен", code: {"ru": "Должник", "en": "Debtor"}}
    assert install(world, binding).done == ()
    assert [step.name for step in removal(survey(world.gateway)) if step.kind == "badge"] == [f"badge.{code}"]


def test_removal_takes_off_what_leads_to_the_app_and_leaves_the_business(world: World):
    binding = install(world).binding
    world.gateway.batch([step.call for step in removal(survey(world.gateway)) if step.call])
    assert world.gateway.call("event.get") == []
    assert world.gateway.call("placement.get") == []
    assert world.gateway.call("bizproc.robot.list") == []
    assert world.gateway.call("crm.automation.trigger.list") == []
    assert world.gateway.call("crm.activity.badge.list") == {"badges": []}
    gone = ("placement.", "trigger.", "badge.")
    assert set(plan_for(world, binding).binding) >= {name for name in CREATED if not name.startswith(gone)}


def test_the_portal_remembers_since_when_it_is_watched(world: World):
    world.sandbox.control("clock", {"now": "2026-04-06T11:00:00+03:00", "freeze": True})
    install(world)
    since = watch_since(world.gateway)
    assert abs((since - datetime.fromisoformat("2026-04-06T11:00:00+03:00")).total_seconds()) < 60
    world.sandbox.control("clock", {"now": "2026-05-06T11:00:00+03:00"})
    install(world, {})
    assert watch_since(world.gateway) == since
