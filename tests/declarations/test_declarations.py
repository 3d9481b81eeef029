"""Every declaration is complete, and every preset that lists it has what it needs."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from b24app.declare import Handler, Robot
from b24app.discover import discover, enabled
from config.preset import known_presets, load_preset
from rules.decision import Text

CATALOGUE = discover()
ENTITIES = {"company", "deal", "contact", "lead", "invoice"}


def full(text: Text) -> bool:
    return bool(text.ru.strip() and text.en.strip())


@pytest.mark.parametrize("code", sorted(known_presets()))
def test_what_a_preset_lists_can_run_on_it(code: str) -> None:
    preset = load_preset(code)
    catalogue = enabled(CATALOGUE, preset)
    assert set(catalogue.handlers) | set(catalogue.sweeps) == set(preset.behaviours)


@pytest.mark.parametrize("handler", CATALOGUE.handlers.values(), ids=lambda one: one.name)
def test_handler(handler: Handler) -> None:
    assert full(handler.title) and handler.watches and handler.needs
    assert len(set(handler.needs)) == len(handler.needs)
    assert any(watch.entity == handler.subject and watch.link == "id" for watch in handler.watches)
    for watch in handler.watches:
        assert watch.entity in ENTITIES or f"spa.{watch.entity}" in handler.needs


@pytest.mark.parametrize("robot", CATALOGUE.robots.values(), ids=lambda one: one.code)
def test_robot(robot: Robot) -> None:
    assert full(robot.name) and full(robot.description) and robot.documents
    for model in (robot.properties, robot.returns):
        assert issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            extra = field.json_schema_extra
            assert isinstance(extra, dict) and full(extra["label"]), name  # type: ignore[arg-type]


def test_the_nightly_comparison_looks_at_everything() -> None:
    nightly = set(CATALOGUE.sweeps["nightly"].handlers)
    # What clients have done is looked for deal by deal; their cards are only woken by events.
    by_deals = {f"tell_client_contact_of_{one}" for one in ("company", "person", "lead")}
    assert nightly | by_deals == set(CATALOGUE.handlers) and "tell_client_contact" in nightly


def test_records_are_brought_up_to_date_before_types() -> None:
    order = {name: handler.order for name, handler in CATALOGUE.handlers.items()}
    assert order["create_debt_at_shipment"] < order["keep_company_receivables"] <= order["keep_company_type"]
