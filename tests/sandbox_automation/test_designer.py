"""What the designer of robots is built on: placing, order, settings forms, what suits a type."""

from __future__ import annotations

import json

import pytest

from sandbox.automation import forms, placing, registered
from sandbox.kernel.apps import find_app
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import load_families
from sandbox.kernel.store import Store

load_families()
PROPERTIES = {
    "kind": {"Name": {"ru": "Вид"}, "Type": "select", "Options": {"a": "A", "b": "B"}, "Required": "Y", "Default": "a"},
    "many": {"NAME": "Many", "TYPE": "string", "MULTIPLE": "Y"},
    "flag": {"Name": "Flag", "Type": "bool"},
}


@pytest.fixture
def portal() -> Portal:
    portal = Portal(Store())
    app = {"client_id": "app", "client_secret": "", "handler_url": "", "install_url": "", "title": "App"}
    rest = {"scope": "[]", "application_token": "", "version": "1", "installed": 1, "installed_by": 1}
    portal.store.insert("apps", {**app, **rest})
    register(portal, "say", PROPERTIES=PROPERTIES, NAME={"ru": "Сказать", "en": "Say"})
    return portal


def register(portal: Portal, code: str, **fields: object) -> None:
    row = {"app": "app", "kind": "robot", "code": code, "fields": json.dumps(fields)}
    portal.store.insert("robots", row)


def place(portal: Portal, code: str = "say", **more: object) -> int:
    return placing.place_robot(portal, {"entityTypeId": 2, "categoryId": 0, "stageId": "NEW", "code": code, **more})


def test_robots_keep_the_order_they_are_put_in(portal: Portal) -> None:
    numbers = [place(portal) for _ in range(3)]
    placing.reorder(portal, 2, "NEW", [numbers[2], numbers[0]])
    assert [one.id for one in placing.robots_on(portal, 2, "NEW")] == [numbers[2], numbers[0], numbers[1]]
    placing.remove_robot(portal, numbers[0])
    assert [one.id for one in placing.robots_of(portal, 2, 0)] == [numbers[2], numbers[1]]
    with pytest.raises(RestError):
        placing.remove_robot(portal, numbers[0])


def test_a_settings_form_and_what_it_saves(portal: Portal) -> None:
    placed = placing.robot(portal, place(portal, properties={"many": "x"}))
    assert placed.robot is not None and placed.name == "Сказать" and not placed.blocked
    shown = {one.id: value for one, value in forms.settings_form(placed.robot, placed.properties)}
    assert shown == {"kind": "a", "many": ["x"], "flag": "N"}
    saved = forms.read_form(placed.robot, {"kind": "b", "many": ["1", "2"], "flag": "Y"})
    assert saved == {"kind": "b", "many": ["1", "2"], "flag": "Y"}
    for wrong in ({}, {"kind": "c"}):
        with pytest.raises(RestError):
            forms.read_form(placed.robot, wrong)
    settings = placing.read_settings({"delay": "PT1H", "timeout": 60})
    changed = placing.change_robot(portal, placed.id, properties=saved, settings=settings, title="Моё")
    again = placing.robot(portal, placed.id)
    assert again == changed and again.settings.delay == 3600 and again.name == "Моё"
    options = forms.placement_options(again, {})
    assert options["current_values"]["kind"] == "b" and options["document_type"][2] == "DEAL"


def test_a_filter_of_types_and_editions(portal: Portal) -> None:
    register(portal, "deals", FILTER={"INCLUDE": [["crm", "CCrmDocumentDeal"]]})
    register(portal, "cloud", FILTER={"EXCLUDE": ["box"]})
    assert [one.code for one in registered.available(portal, 2)] == ["say", "deals", "cloud"]
    assert [one.code for one in registered.available(portal, 1)] == ["say", "cloud"]
    portal.plan = "box"
    assert [one.code for one in registered.available(portal, 2)] == ["say", "deals"]


def test_a_placed_robot_of_a_removed_application_is_blocked(portal: Portal) -> None:
    number = place(portal)
    assert find_app(portal, "app") is not None
    portal.store.execute("UPDATE apps SET installed = 0")
    assert placing.robot(portal, number).blocked
    with pytest.raises(RestError):
        place(portal, "nobody")
