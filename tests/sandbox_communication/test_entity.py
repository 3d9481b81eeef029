"""Data storages of applications: storages, properties, items, sections."""

from __future__ import annotations

from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App

DISH = {"ENTITY": "dish"}


def test_an_application_keeps_items(app: App, sandbox: Sandbox) -> None:
    assert app.rest("entity.add", {**DISH, "NAME": "Блюда", "ACCESS": {"AU": "R"}}) is True
    assert app.rest("entity.get", DISH)["NAME"] == "Блюда"
    assert app.rest("entity.item.property.add", {**DISH, "PROPERTY": "price", "TYPE": "N", "NAME": "Цена"}) is True
    section = app.rest("entity.section.add", {**DISH, "NAME": "Супы"})
    item = app.rest(
        "entity.item.add", {**DISH, "NAME": "Борщ", "SECTION": section, "PROPERTY_VALUES": {"price": "300", "x": 1}}
    )
    shown = app.rest("entity.item.get", {**DISH, "FILTER": {">PROPERTY_price": 200}})
    assert [(row["ID"], row["SECTION"], row["PROPERTY_VALUES"]) for row in shown] == [
        (str(item), str(section), {"price": "300"})
    ]
    assert app.rest("entity.item.property.update", {**DISH, "PROPERTY": "price", "PROPERTY_NEW": "cost"}) is True
    assert app.rest("entity.item.get", DISH)[0]["PROPERTY_VALUES"] == {"cost": "300"}
    assert app.rest("entity.section.delete", {**DISH, "ID": section}) is True
    assert app.rest("entity.item.get", DISH)[0]["SECTION"] is None
    assert app.rest("entity.rights", DISH) == {"U1": "X", "AU": "R"}
    assert app.rest("entity.delete", DISH) is True
    assert refusal(app, "entity.get", DISH) == ("ERROR_ENTITY_NOT_FOUND", 400)


def test_what_storages_refuse(app: App, sandbox: Sandbox) -> None:
    assert refusal(sandbox, "entity.get", {}) == ("ACCESS_DENIED", 400)
    assert refusal(app, "entity.add", {"NAME": "x"}) == ("ERROR_ARGUMENT", 400)
    app.rest("entity.add", {**DISH, "NAME": "Блюда"})
    assert refusal(app, "entity.add", {**DISH, "NAME": "x"}) == ("ERROR_ENTITY_ALREADY_EXISTS", 400)
    assert refusal(app, "entity.item.delete", {**DISH, "ID": 7}) == ("ERROR_ITEM_NOT_FOUND", 400)
    assert refusal(app, "entity.item.property.add", {**DISH, "PROPERTY": "1a"}) == ("ERROR_CORE", 400)
    listed = {**DISH, "PROPERTY": "a", "TYPE": "L"}
    assert refusal(app, "entity.item.property.add", listed) == ("ERROR_UNSUPPORTED_PROPERTY_TYPE", 400)
    assert refusal(app, "entity.section.delete", {**DISH, "ID": 0}) == ("ERROR_ARGUMENT", 400)
