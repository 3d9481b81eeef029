"""Presets and code agree: what a declaration needs is defined, what a rule reads is a setting, pages are up to date."""

import ast
import re
from pathlib import Path

import pytest

from b24app.discover import discover, enabled
from b24app.provision.robots import registration
from config.preset import known_presets, load_preset
from config.settings import Settings
from config.settings_page import PAGE, settings_page
from tests.house.sources import ROOT, called_name, literal, product_files, tree

READERS = ("integer", "decimal", "text", "flag", "dates")
LOGICAL = re.compile(r"(stage|funnel|type|spa)\.[a-z_.]+")
FOLDERS = ("rules", "facts", "handlers", "reports", "robots", "triggers")


def business_files() -> list[Path]:
    return [path for path in product_files() if path.relative_to(ROOT).parts[0] in FOLDERS]


@pytest.mark.parametrize("code", known_presets())
def test_what_a_preset_switches_on_finds_every_name_it_needs(code: str):
    catalogue = enabled(discover(), load_preset(code))
    assert set(catalogue.handlers) | set(catalogue.sweeps) == set(load_preset(code).behaviours)


def test_every_declaration_is_switched_on_by_some_preset():
    catalogue = discover()
    presets = [load_preset(code) for code in known_presets()]
    listed = {name for one in presets for name in (*one.behaviours, *one.robots, *one.triggers)}
    assert {*catalogue.handlers, *catalogue.sweeps, *catalogue.robots, *catalogue.triggers} == listed


def test_every_setting_that_a_rule_reads_is_in_a_preset():
    known = {key for code in known_presets() for key in load_preset(code).settings()}
    unknown = []
    for path in business_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and called_name(node) in READERS and len(node.args) == 1:
                key = literal(node.args[0])
                if key is not None and "limits" in ast.unparse(node.func) and key not in known:
                    unknown.append(f"{path.relative_to(ROOT)}:{node.lineno}: {key}")
    assert unknown == []


def test_every_logical_name_in_the_rules_is_in_a_preset():
    presets = [load_preset(code) for code in known_presets()]
    known = {name for preset in presets for name in (*preset.names(), *preset.limits)}
    unknown = []
    for path in business_files():
        for node in ast.walk(tree(path)):
            name = literal(node) if isinstance(node, ast.Constant) else None
            if name is not None and LOGICAL.fullmatch(name) and name not in known:
                unknown.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    assert unknown == []


def test_robots_can_be_registered_in_both_languages():
    for robot in discover().robots.values():
        fields = registration(robot, lambda entity: 1030, "https://app.example/robot", "ru")
        assert fields is not None
        described = (*fields["PROPERTIES"].values(), *fields["RETURN_PROPERTIES"].values())
        for texts in (fields["NAME"], fields["DESCRIPTION"], *(one["Name"] for one in described)):
            assert set(texts) == {"ru", "en"} and all(texts.values()), robot.code


def test_the_page_of_settings_is_what_the_presets_say():
    written = PAGE.read_text("utf-8")
    assert written == settings_page([load_preset(code) for code in known_presets()]), (
        "run python -m config.settings_page"
    )


def test_every_variable_of_the_environment_is_explained():
    example = (ROOT / "config" / "env.example").read_text("utf-8")
    described = (field.description or "" for field in Settings.model_fields.values())
    variables = {word[0] for text in described if (word := re.findall(r"^[A-Z][A-Z0-9_]+(?=:|$)", text))}
    assert variables
    assert {name for name in variables if f"{name}=" not in example} == set()
