"""System activities: added, read, listed, changed, sent, deleted; who may; what is refused."""

from __future__ import annotations

import base64
from typing import Any

from tests.sandbox_activities.conftest import COMPANY, CONTACT, DEAL, Desk, data_of

CALL = {
    "OWNER_TYPE_ID": COMPANY,
    "OWNER_ID": 100,
    "TYPE_ID": 2,
    "SUBJECT": "Звонок",
    "RESPONSIBLE_ID": 11,
    "COMMUNICATIONS": [{"VALUE": "+79990000001", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}],
    "START_TIME": "2026-04-07T10:00:00+03:00",
    "END_TIME": "2026-04-07T10:30:00+03:00",
}
LETTER = {
    "OWNER_TYPE_ID": CONTACT,
    "OWNER_ID": 200,
    "TYPE_ID": 4,
    "DIRECTION": 2,
    "COMPLETED": "Y",
    "SUBJECT": "Счёт",
    "DESCRIPTION": "Во вложении",
    "RESPONSIBLE_ID": 11,
    "COMMUNICATIONS": [{"VALUE": "a@romashka.ru", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}],
    "SETTINGS": {"MESSAGE_FROM": "Иван Иванов <user11@portal.local>"},
}


def letter(**changes: Any) -> dict[str, Any]:
    return {**LETTER, **changes}


def test_a_call_has_the_documented_shape(desk: Desk) -> None:
    number = desk.call("crm.activity.add", fields=CALL)
    shown = desk.call("crm.activity.get", id=number)
    assert list(shown)[:4] == ["ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID"]
    assert (shown["ID"], shown["OWNER_ID"], shown["PROVIDER_ID"], shown["STATUS"]) == (
        str(number),
        "100",
        "CRM_CALL",
        "1",
    )
    assert shown["DEADLINE"] == "2026-04-07T10:00:00+03:00"
    assert (shown["SETTINGS"], shown["PROVIDER_PARAMS"], shown["RESULT_VALUE"]) == ([], [], None)
    entry = desk.call("crm.activity.list", filter={"ID": number}, select=["ID", "COMMUNICATIONS"])[0]
    assert set(entry) == {"ID", "COMMUNICATIONS"}
    communication = entry["COMMUNICATIONS"][0]
    assert set(communication) == {"ID", "TYPE", "VALUE", "ENTITY_ID", "ENTITY_TYPE_ID", "ENTITY_SETTINGS"}
    assert (communication["TYPE"], communication["ENTITY_SETTINGS"]["COMPANY_TITLE"]) == ("PHONE", "Ромашка")


def test_the_list_filters_orders_pages_and_hides(desk: Desk) -> None:
    late = desk.call("crm.activity.add", fields={**CALL, "START_TIME": "2026-04-09T10:00:00+03:00"})
    soon = desk.call("crm.activity.add", fields=CALL)
    ids = [row["ID"] for row in desk.call("crm.activity.list")]
    assert ids == [str(soon), str(late)]
    found = desk.call("crm.activity.list", filter={">START_TIME": "2026-04-08T00:00:00+03:00"}, select=["SUBJECT"])
    assert found == [{"ID": str(late), "SUBJECT": "Звонок"}]
    for _ in range(49):
        desk.call("crm.activity.add", fields=CALL)
    page = desk.body("crm.activity.list", order={"ID": "DESC"})
    assert (page["total"], page["next"], len(page["result"])) == (51, 50, 50)
    assert len(desk.body("crm.activity.list", start=50)["result"]) == 1


def test_what_an_activity_needs(desk: Desk) -> None:
    def text(**changes: Any) -> str:
        code, said, status = desk.refused("crm.activity.add", fields={**CALL, **changes})
        assert (code, status) == ("", 400)
        return said

    assert text(SUBJECT="") == "The field SUBJECT is not defined or empty"
    assert text(RESPONSIBLE_ID=0) == "The field RESPONSIBLE_ID is not defined or invalid"
    assert text(TYPE_ID="") == "The field TYPE_ID is not defined or invalid"
    assert text(COMMUNICATIONS=[]) == "The field COMMUNICATIONS is not defined or invalid"
    assert text(COMMUNICATIONS=CALL["COMMUNICATIONS"] * 2).startswith("The only one communication")
    assert text(OWNER_ID="", COMMUNICATIONS=[{"VALUE": "+7999"}]).startswith("Could not build binding")
    assert text(TYPE_ID=6).startswith("The custom activity without provider")
    assert text(TYPE_ID=6, PROVIDER_ID="CONFIGURABLE_REST_APP").startswith("Use crm.activity.configurable.add")
    assert text(TYPE_ID=6, PROVIDER_ID="REST_APP") == "Application context required"
    assert text(OWNER_ID=99999) == "Access denied."
    assert desk.refused("crm.activity.get", id=99999) == ("", "Activity is not found", 400)


def test_changes_and_events(desk: Desk) -> None:
    desk.listen("ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE", "ONCRMACTIVITYDELETE")
    number = desk.call("crm.activity.add", fields=CALL)
    assert desk.call("crm.activity.update", id=number, fields={"COMPLETED": "Y", "DESCRIPTION": "Готово"}) is True
    shown = desk.call("crm.activity.get", id=number)
    assert (shown["COMPLETED"], shown["STATUS"], shown["DESCRIPTION"]) == ("Y", "2", "Готово")
    assert desk.refused("crm.activity.update", id=number, fields={"SUBJECT": ""})[1].startswith("The field SUBJECT")
    assert desk.call("crm.activity.delete", id=number) is True
    forms = desk.heard(3)
    assert sorted(form["event"] for form in forms) == [
        "ONCRMACTIVITYADD",
        "ONCRMACTIVITYDELETE",
        "ONCRMACTIVITYUPDATE",
    ]
    assert {data_of(form)["FIELDS][ID"] for form in forms} == {str(number)}


def test_a_letter_leaves_or_says_why_not(desk: Desk) -> None:
    desk.call("crm.activity.add", fields=letter(COMPLETED="N"))
    assert desk.sandbox.control("outbox") == []
    desk.call("crm.activity.add", fields=letter())
    sent = desk.sandbox.control("outbox")
    assert [(row["channel"], row["to"], row["method"]) for row in sent] == [
        ("email", "a@romashka.ru", "crm.activity.add")
    ]
    before = len(desk.call("crm.activity.list"))
    wrong = letter(SETTINGS={"MESSAGE_FROM": "Иван Иванов"})
    assert desk.refused("crm.activity.add", fields=wrong)[1] == "Email send error. Invalid email is specified"
    empty = letter(COMMUNICATIONS=[{"VALUE": "", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}])
    assert desk.refused("crm.activity.add", fields=empty)[1] == 'Email send error. "To" is not found'
    assert len(desk.call("crm.activity.list")) == before + 2
    other = letter(COMMUNICATIONS=[{"TYPE": "PHONE", "VALUE": "+7999", "ENTITY_ID": 200, "ENTITY_TYPE_ID": 3}])
    assert "COMMUNICATIONS" in desk.refused("crm.activity.add", fields=other)[1]
    assert len(desk.sandbox.control("outbox")) == 1


def test_files_of_an_activity(desk: Desk) -> None:
    file = {"fileData": ["a.txt", base64.b64encode(b"abc").decode()]}
    number = desk.call("crm.activity.add", fields={**CALL, "FILES": [file]})
    files = desk.call("crm.activity.list", filter={"ID": number}, select=["*", "FILES"])[0]["FILES"]
    assert [set(entry) for entry in files] == [{"id", "url"}]
    assert f"ownerTypeId=6&ownerId={number}" in files[0]["url"]
    assert desk.sandbox.http.get(files[0]["url"], timeout=30).content == b"abc"


def test_descriptions(desk: Desk) -> None:
    fields = desk.call("crm.activity.fields")
    assert fields["TYPE_ID"]["isRequired"] is True
    assert fields["WEBDAV_ELEMENTS"]["isDeprecated"] is True
    assert set(fields["ID"]) == {
        "type",
        "isRequired",
        "isReadOnly",
        "isImmutable",
        "isMultiple",
        "isDynamic",
        "title",
    }
    assert list(desk.call("crm.activity.communication.fields")) == [
        "ID",
        "ACTIVITY_ID",
        "ENTITY_ID",
        "ENTITY_TYPE_ID",
        "TYPE",
        "VALUE",
    ]


def test_a_to_do_is_changed_only_while_open(desk: Desk) -> None:
    deal = desk.add(DEAL, title="Сделка")
    owner = {"ownerTypeId": DEAL, "ownerId": deal}
    number = desk.call("crm.activity.todo.add", deadline="2026-04-14T10:00:00", title="Связаться", **owner)["id"]
    assert desk.call("crm.activity.todo.updateColor", id=number, colorId="3", **owner) == {"id": number}
    wrong = desk.refused("crm.activity.todo.updateColor", id=number, colorId="9", **owner)
    assert wrong[0] == "CAN_NOT_UPDATE_WRONG_COLOR_TODO"
    zero = desk.refused("crm.activity.todo.updateResponsibleUser", id=number, responsibleId=0, **owner)
    assert zero[0] == "INVALID_ARG_VALUE"
    assert desk.refused("crm.activity.todo.updateDeadline", id=number, value="x", **owner)[0] == "WRONG_DATETIME_FORMAT"
    assert desk.refused("crm.activity.todo.add", ownerTypeId=999, ownerId=1, deadline="2026-04-14")[0] == (
        "OWNER_NOT_FOUND"
    )
    done = desk.call("crm.activity.todo.add", deadline="2026-04-14", **owner)["id"]
    desk.call("crm.activity.update", id=done, fields={"COMPLETED": "Y"})
    codes = {
        desk.refused("crm.activity.todo.updateColor", id=done, colorId="1", **owner)[0],
        desk.refused("crm.activity.todo.updateResponsibleUser", id=done, responsibleId=11, **owner)[0],
        desk.refused("crm.activity.todo.update", id=done, deadline="2026-04-15", **owner)[0],
    }
    assert codes == {
        "CAN_NOT_UPDATE_COLOR_COMPLETED_TODO",
        "CAN_NOT_UPDATE_RESPONSIBLE_USER_COMPLETED_TODO",
        "CAN_NOT_UPDATE_COMPLETED_TODO",
    }
    late = {"id": number, "deadline": "2026-04-15", "parentActivityId": done, **owner}
    assert desk.refused("crm.activity.todo.update", **late)[0] == "ERROR_PARENT_ACTIVITY_RESTRICT"


def test_bindings_are_added_moved_and_taken_away(desk: Desk) -> None:
    first, second = desk.add(DEAL, title="1"), desk.add(DEAL, title="2")
    number = desk.call("crm.activity.add", fields=CALL)
    deal = {"activityId": number, "entityTypeId": DEAL, "entityId": first}
    assert desk.call("crm.activity.binding.add", **deal) is True
    assert desk.refused("crm.activity.binding.add", **deal)[0] == "ACTIVITY_IS_ALREADY_BOUND"
    assert desk.refused("crm.activity.binding.add", **{**deal, "entityId": 999})[:2] == (
        "NOT_FOUND",
        "Entity not found",
    )
    move = {"activityId": number, "sourceEntityTypeId": DEAL, "sourceEntityId": first, "targetEntityTypeId": DEAL}
    assert desk.refused("crm.activity.binding.move", **move, targetEntityId=first)[0] == (
        "SOURCE_AND_TARGET_ENTITY_ID_ARE_EQUAL_ERROR"
    )
    assert desk.refused("crm.activity.binding.move", **{**move, "targetEntityTypeId": 4}, targetEntityId=101)[0] == (
        "SOURCE_AND_TARGET_ENTITY_TYPES_ARE_NOT_EQUAL_ERROR"
    )
    assert desk.call("crm.activity.binding.move", **move, targetEntityId=second) is True
    assert desk.refused("crm.activity.binding.move", **move, targetEntityId=second)[0] == "BINDING_NOT_FOUND"
    assert desk.call("crm.activity.binding.list", activityId=number) == [
        {"entityTypeId": DEAL, "entityId": second},
        {"entityTypeId": COMPANY, "entityId": 100},
    ]
    company = {"activityId": number, "entityTypeId": COMPANY, "entityId": 100}
    assert desk.call("crm.activity.binding.delete", **company) is True
    assert desk.call("crm.activity.get", id=number)["OWNER_TYPE_ID"] == str(DEAL)
    assert desk.refused("crm.activity.binding.delete", **company)[0] == "BINDING_NOT_FOUND"
    last = {"activityId": number, "entityTypeId": DEAL, "entityId": second}
    assert desk.refused("crm.activity.binding.delete", **last)[0] == "LAST_BINDING_CANNOT_BE_DELETED"
    assert desk.refused("crm.activity.binding.list")[0] == 100
