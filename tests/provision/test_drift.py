"""Drift: what was deleted, changed or renamed on the portal is found, told in words and repaired."""

import pytest

from b24app.provision import drift, survey, without_lost
from tests.provision.conftest import World
from tests.provision.test_provision import FOOD, install, stages


def findings(world: World, binding):
    return {finding.name: finding for finding in drift(survey(world.gateway), binding, [FOOD])}


def stage_row(world: World, code: str) -> str:
    return next(one["ID"] for one in world.sandbox.rest("crm.status.list") if one["STATUS_ID"] == code)


def test_a_fresh_installation_has_no_drift(world: World):
    assert findings(world, install(world).binding) == {}


def test_without_a_binding_everything_is_absent(world: World):
    found = findings(world, {})
    assert found["funnel.active"].what == "unbound"
    assert all(finding.text.ru and finding.text.en for finding in found.values())


def test_a_deleted_stage_is_found_and_repaired_in_its_place(world: World):
    binding = install(world).binding
    code = binding["stage.active.shipped"]["id"]
    world.sandbox.rest("crm.status.delete", {"id": stage_row(world, code)})
    found = findings(world, binding)
    assert {name: finding.what for name, finding in found.items()} == {"stage.active.shipped": "deleted"}
    assert "Отгружено" in found["stage.active.shipped"].text.ru
    assert "stage.active.shipped" not in without_lost(binding, found.values())
    repaired = install(world, without_lost(binding, found.values()))
    assert [step.name for step in repaired.done] == ["stage.active.shipped"]
    assert findings(world, repaired.binding) == {}
    names = [one["NAME"] for one in stages(world, f"DEAL_STAGE_{binding['funnel.active']['id']}")]
    assert names == [stage.title.ru for stage in FOOD.funnels["active"].stages.values()]


def test_a_renamed_stage_is_told_and_is_no_problem(world: World):
    binding = install(world).binding
    code = binding["stage.active.shipped"]["id"]
    world.sandbox.rest("crm.status.update", {"id": stage_row(world, code), "fields": {"NAME": "Отправлено"}})
    found = findings(world, binding)["stage.active.shipped"]
    assert (found.what, found.is_problem) == ("renamed", False)
    assert "Отправлено" in found.text.ru


def test_a_removed_field_is_found_and_repaired(world: World):
    binding = install(world).binding
    world.sandbox.rest("userfieldconfig.delete", {"moduleId": "crm", "id": binding["company.advance"]["id"]})
    found = findings(world, binding)
    assert {name: finding.what for name, finding in found.items()} == {"company.advance": "deleted"}
    repaired = install(world, binding)
    assert [step.name for step in repaired.done] == ["company.advance"]
    assert repaired.binding["company.advance"]["id"] != binding["company.advance"]["id"]


def test_a_field_that_became_another_type_is_a_problem(world: World):
    binding = install(world).binding
    entry = binding["company.advance"]
    world.sandbox.rest("userfieldconfig.delete", {"moduleId": "crm", "id": entry["id"]})
    field = {"entityId": "CRM_COMPANY", "fieldName": entry["code"], "userTypeId": "string"}
    world.sandbox.rest("userfieldconfig.add", {"moduleId": "crm", "field": field})
    found = findings(world, binding)["company.advance"]
    assert (found.what, found.is_problem) == ("type_changed", True)


@pytest.mark.parametrize("name", ["funnel.repeat", "spa.visit"])
def test_a_deleted_funnel_or_process_takes_its_parts_along_and_comes_back(world: World, name: str):
    binding = install(world).binding
    entry = binding[name]
    if name.startswith("funnel."):
        world.sandbox.rest("crm.category.delete", {"entityTypeId": 2, "id": entry["id"]})
        parts = {part for part in binding if part.startswith("stage.repeat.")}
    else:
        world.sandbox.rest("crm.type.delete", {"id": entry["id"]})
        parts = {part for part in binding if part.startswith("visit.")}
    assert set(findings(world, binding)) == {name, *parts}
    repaired = install(world, binding)
    assert repaired.complete
    assert findings(world, repaired.binding) == {}
