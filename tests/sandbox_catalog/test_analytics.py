"""Analytics: connectors, sources of them, data sets of these."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox_catalog.conftest import Desk

URL = "https://example.com/data"
CONNECTOR = {
    **{"title": "База", "logo": "data:", "urlCheck": URL, "urlTableList": URL, "urlTableDescription": URL},
    **{"urlData": URL, "settings": [{"name": "Token", "type": "STRING", "code": "token"}]},
}
FIELD = {"type": "int", "name": "ID", "externalCode": "ID"}


@pytest.fixture
def source(desk: Desk) -> int:
    """A source of a new connector."""
    connector = desk("biconnector.connector.add", fields=CONNECTOR)["id"]
    fields = {"title": "Склад", "connectorId": connector, "settings": {"token": "x"}}
    return int(desk("biconnector.source.add", fields=fields)["id"])


def dataset(desk: Desk, source: int, **fields: Any) -> int:
    """Adds a data set with one field."""
    values = {"sourceId": source, "name": "stock", "externalName": "s", "externalCode": "s", "fields": [FIELD]}
    return int(desk("biconnector.dataset.add", fields={**values, **fields})["id"])


def test_source_has_the_settings_of_its_connector(desk: Desk, source: int) -> None:
    item = desk("biconnector.source.get", id=source)["item"]
    assert item["settings"][0] | {"id": 0} == {
        "code": "token",
        "name": "Token",
        "type": "STRING",
        "value": "x",
        "id": 0,
    }
    assert item["connection"]["active"] is True and item["connection"]["code"] == f"rest_{source}"
    desk("biconnector.source.update", id=source, fields={"title": "Новый", "active": False})
    listed = desk("biconnector.source.list", select=["id", "title", "active"], filter={"%title": "нов"})
    assert listed == [{"id": str(source), "title": "Новый", "active": False}]
    assert desk.refused("biconnector.connector.delete", id=item["connectorId"])[0] == "CONNECTOR_DELETE_RESTRICTED"


def test_fields_of_a_data_set(desk: Desk, source: int) -> None:
    number = dataset(desk, source)
    first = desk("biconnector.dataset.get", id=number)["item"]["fields"][0]
    assert (first["name"], first["visible"], first["datasetId"]) == ("ID", True, number)
    new = {"type": "string", "name": "NAME", "externalCode": "N"}
    update = [{"id": first["id"], "visible": False}]
    assert desk("biconnector.dataset.fields.update", id=number, add=[new], update=update) is True
    fields = desk("biconnector.dataset.get", id=number)["item"]["fields"]
    assert [(field["name"], field["visible"]) for field in fields] == [("ID", False), ("NAME", True)]
    code = desk.refused("biconnector.dataset.fields.update", id=number, add=[new])[0]
    assert code == "VALIDATION_DUPLICATE_EXIST_CODE"
    assert desk.refused("biconnector.source.delete", id=source)[0] == "BX_ERROR"
    assert desk("biconnector.dataset.delete", id=number) is True
    assert desk("biconnector.source.delete", id=source) is True


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("connector.add", {}, "VALIDATION_FIELDS_NOT_PROVIDED"),
        ("connector.add", {"fields": {"title": "x"}}, "VALIDATION_REQUIRED_FIELD_MISSING"),
        ("connector.add", {"fields": {"color": "x"}}, "VALIDATION_UNKNOWN_PARAMETERS"),
        ("connector.add", {"fields": {"id": 5}}, "VALIDATION_READ_ONLY_FIELD"),
        ("connector.add", {"fields": {"title": []}}, "VALIDATION_INVALID_FIELD_TYPE"),
        (
            "connector.add",
            {"fields": {**CONNECTOR, "settings": [{"name": "x"}]}},
            "VALIDATION_SETTINGS_MISSING_REQUIRED_FIELDS",
        ),
        ("connector.get", {}, "VALIDATION_ID_NOT_PROVIDED"),
        ("connector.get", {"id": "x"}, "VALIDATION_INVALID_ID_FORMAT"),
        ("connector.get", {"id": 99}, "CONNECTOR_NOT_FOUND"),
        ("connector.list", {"select": "id"}, "VALIDATION_SELECT_TYPE"),
        ("connector.list", {"filter": {"=color": 1}}, "VALIDATION_FIELD_NOT_ALLOWED_IN_FILTER"),
        ("connector.list", {"filter": {"logic": "XOR"}}, "VALIDATION_INVALID_FILTER_LOGIC"),
        ("source.update", {"id": 1, "fields": {"connectorId": 1}}, "VALIDATION_IMMUTABLE_FIELD"),
        ("source.add", {"fields": {"title": "x", "connectorId": 99, "settings": {"a": 1}}}, "CONNECTOR_NOT_FOUND"),
        ("dataset.update", {"id": 1, "fields": {"fields": []}}, "INVALID_METHOD"),
    ],
)
def test_refusals(desk: Desk, method: str, params: dict[str, Any], code: str) -> None:
    assert desk.refused(f"biconnector.{method}", **params)[0] == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "Stock"}, "VALIDATION_DATASET_NAME_INVALID"),
        ({"name": "s" * 231}, "VALIDATION_DATASET_NAME_TOO_LONG"),
        ({"fields": [{"name": "ID"}]}, "VALIDATION_FIELD_MISSING_REQUIRED_PARAMETERS"),
        ({"fields": [{**FIELD, "name": "id"}]}, "VALIDATION_FIELD_NAME_INVALID_FORMAT"),
        ({"fields": [{**FIELD, "type": "blob"}]}, "VALIDATION_FIELD_INVALID_TYPE"),
        ({"fields": [FIELD, FIELD]}, "VALIDATION_DUPLICATE_FIELD_CODE"),
        ({"sourceId": 99}, "SOURCE_NOT_FOUND"),
    ],
)
def test_wrong_data_sets(desk: Desk, source: int, fields: dict[str, Any], code: str) -> None:
    values = {"sourceId": source, "name": "stock", "externalName": "s", "externalCode": "s", "fields": [FIELD]}
    assert desk.refused("biconnector.dataset.add", fields={**values, **fields})[0] == code
