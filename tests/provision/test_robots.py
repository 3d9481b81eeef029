"""A robot's registration is made from its models; whatever cannot be registered stops the start in words."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from b24app.declare import Robot, label
from b24app.errors import PresetError
from b24app.provision.robots import fingerprint, registration
from rules.decision import Text

CHANNELS = {"options": {"chat": Text("Чат", "Chat"), "mail": Text("Почта", "Mail")}}


class Properties(BaseModel):
    days: int = Field(json_schema_extra=label("Дней", "Days"))
    note: str | None = Field(None, json_schema_extra={**label("Заметка", "Note"), "type": "text"})
    to: list[int] = Field(default=[], json_schema_extra={**label("Кому", "To"), "type": "user"})
    channel: Literal["chat", "mail"] = Field("chat", json_schema_extra={**label("Канал", "Channel"), **CHANNELS})
    loud: bool = Field(True, json_schema_extra=label("Громко", "Loud"))


class Returns(BaseModel):
    total: Decimal = Field(json_schema_extra=label("Сумма", "Total"))
    day: date = Field(json_schema_extra=label("День", "Day"))
    at: datetime = Field(json_schema_extra=label("Когда", "When"))


class Unlabelled(BaseModel):
    days: int


class Odd(BaseModel):
    days: dict[str, int] = Field(json_schema_extra=label("Дней", "Days"))


def robot(**changes: Any) -> Robot:
    fields: dict[str, Any] = {
        "code": "remind",
        "name": Text("Напомнить", "Remind"),
        "description": Text("Напоминает", "Reminds"),
        "documents": ("deal", "debt"),
        "properties": Properties,
        "returns": Returns,
        "act": lambda context, document, properties: None,
    }
    return Robot(**{**fields, **changes})


def registered(**changes: Any) -> dict[str, Any]:
    fields = registration(robot(**changes), {"debt": 1030}.get, "https://app.example/robot", "ru")
    assert fields is not None
    return fields


def test_a_registration_names_documents_and_waits_for_the_answer():
    fields = registered()
    dynamic = ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic", "DYNAMIC_1030"]
    assert fields["DOCUMENT_TYPE"] == ["crm", "CCrmDocumentDeal", "DEAL"]
    assert fields["FILTER"] == {"INCLUDE": [["crm", "CCrmDocumentDeal", "DEAL"], dynamic]}
    assert fields["USE_SUBSCRIPTION"] == "Y"
    assert fields["NAME"] == {"ru": "Напомнить", "en": "Remind"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("days", {"Type": "int", "Required": "Y", "Multiple": "N"}),
        ("note", {"Type": "text", "Required": "N"}),
        ("to", {"Type": "user", "Multiple": "Y"}),
        ("channel", {"Type": "select", "Options": {"chat": "Чат", "mail": "Почта"}, "Default": "chat"}),
        ("loud", {"Type": "bool", "Default": "Y"}),
    ],
)
def test_properties_follow_the_model(name: str, expected: dict[str, Any]):
    described = registered()["PROPERTIES"][name]
    assert {key: described[key] for key in expected} == expected


def test_returns_follow_the_model():
    types = {name: one["Type"] for name, one in registered()["RETURN_PROPERTIES"].items()}
    assert types == {"total": "double", "day": "date", "at": "datetime"}


def test_a_robot_of_a_process_that_does_not_exist_yet_waits():
    assert registration(robot(), {}.get, "https://app.example/robot", "ru") is None


@pytest.mark.parametrize(("model", "place"), [(Unlabelled, "remind.days"), (Odd, "remind.days")])
def test_a_property_that_cannot_be_registered_is_named(model: type[BaseModel], place: str):
    with pytest.raises(PresetError, match=place):
        registered(properties=model)


def test_the_fingerprint_changes_with_the_registration():
    assert fingerprint(registered()) == fingerprint(registered())
    assert fingerprint(registered()) != fingerprint(registered(name=Text("Другое", "Other")))
