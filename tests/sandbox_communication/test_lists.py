"""Universal lists: blocks, fields of every type, sections, elements."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_open_lines import refusal

TYPE = {"IBLOCK_TYPE_ID": "lists"}


@pytest.fixture
def block(sandbox: Sandbox) -> dict[str, Any]:
    """A new list, as the parameters that name it."""
    number = sandbox.rest("lists.add", {**TYPE, "IBLOCK_CODE": "docs", "FIELDS": {"NAME": "Документы"}})
    return {**TYPE, "IBLOCK_ID": number}


def field(sandbox: Sandbox, block: dict[str, Any], kind: str, code: str, **more: Any) -> str:
    fields = {"NAME": f"Поле {code}", "TYPE": kind, "CODE": code, **more}
    key: str = sandbox.rest("lists.field.add", {**block, "FIELDS": fields})
    return key


def element(sandbox: Sandbox, block: dict[str, Any], code: str, **fields: Any) -> int:
    number: int = sandbox.rest("lists.element.add", {**block, "ELEMENT_CODE": code, "FIELDS": {"NAME": code, **fields}})
    return number


def test_a_list_is_read_changed_and_deleted(sandbox: Sandbox, block: dict[str, Any]) -> None:
    assert sandbox.rest("lists.get", block)[0]["NAME"] == "Документы"
    assert sandbox.rest("lists.get.iblock.type.id", block) == "lists"
    sandbox.rest("lists.update", {**block, "FIELDS": {"NAME": "Договоры"}, "RIGHTS": {"U11": "R"}})
    assert sandbox.rest("lists.get", TYPE, user=11)[0]["NAME"] == "Договоры"
    assert refusal(sandbox, "lists.get", block, user=12) == ("ACCESS_DENIED", 400)
    again = {**TYPE, "IBLOCK_CODE": "docs", "FIELDS": {"NAME": "x"}}
    assert refusal(sandbox, "lists.add", again) == ("ERROR_IBLOCK_ALREADY_EXISTS", 400)
    assert refusal(sandbox, "lists.add", {**again, "IBLOCK_CODE": "n"}, user=11) == ("ACCESS_DENIED", 400)
    assert refusal(sandbox, "lists.get", {}) == ("ERROR_REQUIRED_PARAMETERS_MISSING", 400)
    assert sandbox.rest("lists.delete", block) is True
    assert refusal(sandbox, "lists.delete", block) == ("ERROR_IBLOCK_NOT_FOUND", 400)


def test_fields_of_every_type_keep_their_values(sandbox: Sandbox, block: dict[str, Any]) -> None:
    kinds: dict[str, Any] = {
        "S": "текст",
        "N": "12.5",
        "S:Date": "31.12.2026",
        "S:DateTime": "31.12.2026 23:59:59",
        "S:Money": "100|RUB",
        "S:ECrm": "CO_100",
        "S:employee": "11",
        "S:HTML": {"TEXT": "<b>x</b>", "TYPE": "HTML"},
    }
    keys = {kind: field(sandbox, block, kind, f"F{i}") for i, kind in enumerate(kinds)}
    number = element(sandbox, block, "one", **{keys[kind]: value for kind, value in kinds.items()})
    row = sandbox.rest("lists.element.get", {**block, "ELEMENT_ID": number})[0]
    assert {kind: next(iter(row[key].values())) for kind, key in keys.items()} == kinds
    counter = field(sandbox, block, "N:Sequence", "SEQ")
    numbers = [element(sandbox, block, f"c{i}") for i in range(2)]
    rows = [sandbox.rest("lists.element.get", {**block, "ELEMENT_ID": n})[0] for n in numbers]
    assert [next(iter(row[counter].values())) for row in rows] == ["1", "2"]


def test_a_field_of_the_type_list_has_values_with_ids(sandbox: Sandbox, block: dict[str, Any]) -> None:
    values = {"a": {"VALUE": "Новый", "SORT": 10, "DEF": "Y"}, "b": {"VALUE": "Готов", "SORT": 20}}
    key = field(sandbox, block, "L", "STATE", LIST=values)
    shown = sandbox.rest("lists.field.get", {**block, "FIELD_ID": key})["L"]
    assert list(shown["DISPLAY_VALUES_FORM"].values()) == ["Новый", "Готов"]
    first, second = shown["DISPLAY_VALUES_FORM"]
    assert shown["DEFAULT_VALUE"] == first
    assert shown["SETTINGS"]["SHOW_ADD_FORM"] == "Y"
    default = sandbox.rest("lists.element.get", {**block, "ELEMENT_ID": element(sandbox, block, "d")})[0]
    assert list(default[key].values()) == [first]
    element(sandbox, block, "e", **{key: second})
    found = sandbox.rest("lists.element.get", {**block, "FILTER": {key: second}, "SELECT": ["ID", "CODE"]})
    assert [row["CODE"] for row in found] == ["e"]
    bad = {**block, "ELEMENT_CODE": "f", "FIELDS": {"NAME": "f", key: "777"}}
    assert refusal(sandbox, "lists.element.add", bad) == ("ERROR_ELEMENT_FIELD_VALUE", 400)


def test_files_of_elements(sandbox: Sandbox, block: dict[str, Any]) -> None:
    key = field(sandbox, block, "F", "FILE")
    content = base64.b64encode(b"hello").decode()
    number = element(sandbox, block, "x", **{key: ["a.txt", content]})
    place = {**block, "ELEMENT_ID": number, "FIELD_ID": int(key.removeprefix("PROPERTY_"))}
    address = sandbox.rest("lists.element.get.file.url", place)[0]
    assert address.startswith(f"/company/lists/{block['IBLOCK_ID']}/file/0/{number}/{key}/")
    by_id = {**block, "ELEMENT_CODE": "y", "FIELDS": {"NAME": "y", key: 5}}
    assert refusal(sandbox, "lists.element.add", by_id) == ("ERROR_ELEMENT_FIELD_VALUE", 400)


def test_elements_are_unique_by_code_rewritten_and_paged(sandbox: Sandbox, block: dict[str, Any]) -> None:
    text = field(sandbox, block, "S", "T")
    tags = field(sandbox, block, "S", "TAGS", MULTIPLE="Y")
    number = element(sandbox, block, "one", **{text: "v", tags: ["p", "q"]})
    twice = {**block, "ELEMENT_CODE": "one", "FIELDS": {"NAME": "n"}}
    assert refusal(sandbox, "lists.element.add", twice) == ("ERROR_ELEMENT_ALREADY_EXISTS", 400)
    assert len(sandbox.rest("lists.element.get", {**block, "FILTER": {tags: "q"}})) == 1
    sandbox.rest("lists.element.update", {**block, "ELEMENT_ID": number, "FIELDS": {"NAME": "Иначе", tags: ["p"]}})
    row = sandbox.rest("lists.element.get", {**block, "ELEMENT_CODE": "one"})[0]
    assert text not in row
    assert (row["NAME"], list(row[tags].values())) == ("Иначе", ["p"])
    for i in range(55):
        element(sandbox, block, f"e{i}")
    answer = sandbox.raw("lists.element.get", {**block, "ELEMENT_ORDER": {"ID": "desc"}, "start": 50}).json()
    assert (answer["total"], len(answer["result"]), answer["result"][-1]["CODE"]) == (56, 6, "one")
    assert sandbox.rest("lists.element.delete", {**block, "ELEMENT_CODE": "one"}) is True
    gone = {**block, "ELEMENT_CODE": "one"}
    assert refusal(sandbox, "lists.element.delete", gone) == ("ERROR_ELEMENT_NOT_FOUND", 400)


def test_sections_make_a_tree(sandbox: Sandbox, block: dict[str, Any]) -> None:
    top = sandbox.rest("lists.section.add", {**block, "SECTION_CODE": "top", "FIELDS": {"NAME": "Верх"}})
    inner = sandbox.rest(
        "lists.section.add", {**block, "SECTION_CODE": "in", "IBLOCK_SECTION_ID": top, "FIELDS": {"NAME": "Внутри"}}
    )
    rows = {row["CODE"]: row for row in sandbox.rest("lists.section.get", block)}
    assert (rows["top"]["LEFT_MARGIN"], rows["top"]["RIGHT_MARGIN"]) == ("1", "4")
    assert (rows["in"]["DEPTH_LEVEL"], rows["in"]["IBLOCK_SECTION_ID"]) == ("2", str(top))
    number = element(sandbox, {**block, "IBLOCK_SECTION_ID": inner}, "x")
    assert sandbox.rest("lists.element.get", {**block, "ELEMENT_ID": number})[0]["IBLOCK_SECTION_ID"] == str(inner)
    sandbox.rest("lists.section.update", {**block, "SECTION_ID": inner, "FIELDS": {"NAME": "Иначе", "SORT": 600}})
    found = sandbox.rest("lists.section.get", {**block, "FILTER": {"ID": inner}, "SELECT": ["NAME", "SORT"]})
    assert found == [{"NAME": "Иначе", "SORT": "600"}]
    assert sandbox.rest("lists.section.delete", {**block, "SECTION_ID": top}) is True
    assert refusal(sandbox, "lists.section.delete", {**block, "SECTION_ID": inner}) == ("ERROR_SECTION_NOT_FOUND", 400)


def test_what_fields_refuse(sandbox: Sandbox, block: dict[str, Any]) -> None:
    def refused(**fields: Any) -> tuple[str, int]:
        return refusal(sandbox, "lists.field.add", {**block, "FIELDS": fields})

    assert refused(NAME="x", TYPE="S") == ("ERROR_SAVE_FIELD", 400)
    assert refused(NAME="x", TYPE="E", CODE="E", LINK_IBLOCK_ID=777) == ("ERROR_SAVE_FIELD", 400)
    assert refused(NAME="x", TYPE="S", CODE="A", SETTINGS={"ADD_READ_ONLY_FIELD": "Y"}) == ("ERROR_SAVE_FIELD", 400)
    key = field(sandbox, block, "S", "A")
    change = {**block, "FIELD_ID": key, "FIELDS": {"NAME": "y", "TYPE": "N"}}
    assert refusal(sandbox, "lists.field.update", change) == ("ERROR_UPDATE_FIELD", 400)
    types = sandbox.rest("lists.field.type.get", block)
    assert {"SORT", "S", "N:Sequence", "S:DiskFile"} <= set(types)
    assert sandbox.rest("lists.field.delete", {**block, "FIELD_ID": key}) is True
    assert set(sandbox.rest("lists.field.get", block)) == {"NAME"}
