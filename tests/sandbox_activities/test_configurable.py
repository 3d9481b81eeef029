"""Activities with a look of their own: types, badges, layouts, clicks."""

from __future__ import annotations

from typing import Any

from tests.sandbox_activities.conftest import DEAL, Desk, data_of

LAYOUT: dict[str, Any] = {
    "icon": {"code": "call-completed"},
    "header": {"title": {"ru": "Звонок", "en": "Call"}, "tags": {"one": {"type": "warning", "title": "нет"}}},
    "body": {
        "logo": {"code": "call-incoming", "action": {"type": "redirect", "uri": "/crm/deal/details/1/"}},
        "blocks": {
            "client": {
                "type": "withTitle",
                "properties": {"title": "Клиент", "block": {"type": "text", "properties": {"value": "ООО"}}},
            }
        },
    },
    "footer": {
        "buttons": {
            "yes": {
                "title": "Да",
                "type": "primary",
                "action": {"type": "restEvent", "id": "confirm", "actionParams": {"mine": 5}},
            }
        },
        "menu": {"showPostponeItem": "false"},
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The layout with one place changed: `header.tags`."""
    import copy

    layout = copy.deepcopy(LAYOUT)
    *way, last = path.split(".")
    place = layout
    for key in way:
        place = place[key]
    place[last] = value
    return layout


def test_types_are_the_applications_own(desk: Desk) -> None:
    name = "crm.activity.type"
    assert desk.refused(f"{name}.list") == ("ACCESS_DENIED", "Access denied! Application context required", 400)
    assert desk.app(f"{name}.add", fields={"TYPE_ID": "1C", "NAME": "1С", "IS_CONFIGURABLE_TYPE": "Y"}) is True
    assert desk.app_refused(f"{name}.add", fields={"TYPE_ID": "1C"})[0] == "INVALID_ARG_VALUE"
    assert desk.app_refused(f"{name}.add", fields={"NAME": "x"})[0] == "INVALID_ARG_VALUE"
    assert desk.app(f"{name}.list") == [{"TYPE_ID": "1C", "NAME": "1С", "IS_CONFIGURABLE_TYPE": "Y", "ICON_ID": "0"}]
    assert desk.app(f"{name}.delete", TYPE_ID="1C") is True
    assert desk.app_refused(f"{name}.delete", TYPE_ID="1C")[0] == "INVALID_ARG_VALUE"


def test_badges(desk: Desk) -> None:
    name = "crm.activity.badge"
    badge = {"code": "missed", "title": {"ru": "Звонок"}, "value": "Пропущен", "type": "failure"}
    assert desk.call(f"{name}.add", **badge) == {"badge": badge}
    assert desk.call(f"{name}.get", code="missed") == {"badge": badge}
    assert desk.call(f"{name}.list") == {"badges": [badge]}
    assert desk.refused(f"{name}.add", code="x")[0] == "REQUIRED_ARG_MISSING"
    assert desk.refused(f"{name}.add", **badge)[0] == "INVALID_ARG_VALUE"
    assert desk.refused(f"{name}.add", user=11, **badge)[0] == "ACCESS_DENIED"
    assert desk.call(f"{name}.delete", code="missed") is True
    assert desk.refused(f"{name}.get", code="missed") == ("NOT_FOUND", "Not found.", 400)


def test_a_configurable_activity_lives(desk: Desk) -> None:
    deal = desk.add(DEAL, title="Сделка")
    owner = {"ownerTypeId": DEAL, "ownerId": deal}
    name = "crm.activity.configurable"
    desk.listen("onCrmActivityAdd", "onCrmTimelineItemAction")
    fields = {"deadline": "2026-04-14T10:00:00+03:00", "responsibleId": 11, "badgeCode": "b", "pingOffsets": [60]}
    number = desk.app(f"{name}.add", **owner, fields=fields, layout=LAYOUT)["activity"]["id"]
    shown = desk.app(f"{name}.get", id=number)["activity"]
    assert (shown["ownerTypeId"], shown["ownerId"]) == (DEAL, deal)
    assert shown["fields"] == {
        "typeId": "CONFIGURABLE",
        "completed": False,
        "deadline": "2026-04-14T10:00:00+03:00",
        "pingOffsets": [60],
        "isIncomingChannel": False,
        "responsibleId": 11,
        "badgeCode": "b",
        "originatorId": None,
        "originId": None,
    }
    assert shown["layout"]["footer"]["menu"] == {"showPostponeItem": False}
    old = desk.call("crm.activity.get", id=number)
    assert (old["PROVIDER_ID"], old["SUBJECT"], old["TYPE_ID"]) == ("CONFIGURABLE_REST_APP", "Звонок", "6")
    assert desk.refused("crm.activity.update", id=number, fields={"COMPLETED": "Y"})[1].startswith("Use crm.activity")
    desk.sandbox.control("press", {"as": 11, "activityId": number, "action": "confirm"})
    clicked = next(data_of(form) for form in desk.heard(2) if form["event"] == "ONCRMTIMELINEITEMACTION")
    assert clicked == {
        "mine": "5",
        "id": "confirm",
        "entityTypeId": str(DEAL),
        "entityId": str(deal),
        "activityId": str(number),
        "userId": "11",
    }
    desk.listen("onCrmActivityUpdate")
    assert desk.app(f"{name}.update", id=number, layout={**LAYOUT, "footer": {}}) == {"activity": {"id": number}}
    assert desk.heard(1)[0]["event"] == "ONCRMACTIVITYUPDATE"
    assert desk.app(f"{name}.update", id=number, fields={"completed": "Y"}) == {"activity": {"id": number}}
    assert desk.app(f"{name}.get", id=number)["activity"]["fields"]["completed"] is True
    blocks = {"entityTypeId": DEAL, "entityId": deal, "activityId": number, "layout": {"blocks": LAYOUT["body"]}}
    assert desk.app_refused("crm.activity.layout.blocks.set", **blocks)[0] == "UNSUITABLE_ACTIVITY_TYPE_ERROR"


def test_what_is_wrong_with_a_configurable_activity(desk: Desk) -> None:
    deal = desk.add(DEAL, title="Сделка")
    given = {"ownerTypeId": DEAL, "ownerId": deal, "fields": {"responsibleId": 11}, "layout": LAYOUT}

    def code(**changes: Any) -> Any:
        return desk.app_refused("crm.activity.configurable.add", **{**given, **changes})[0]

    assert desk.refused("crm.activity.configurable.add", **given)[0] == "ERROR_WRONG_CONTEXT"
    assert code(ownerId=9999) == "NOT_FOUND"
    assert code(layout={}) == "ERROR_EMPTY_LAYOUT"
    assert code(fields={"typeId": "UNKNOWN"}) == "WRONG_FIELD_VALUE"
    assert code(fields={"isIncomingChannel": "Y", "deadline": "2026-04-14"}) == (
        "INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE"
    )
    assert code(layout={**LAYOUT, "header": {}}) == "FIELD_IS_REQUIRED"
    assert code(layout={**LAYOUT, "extra": 1}) == "FIELD_IS_REDUNDANT"
    assert code(layout=changed("header.tags.one.type", "lavender")) == "ENUM_FIELD"
    tag = LAYOUT["header"]["tags"]["one"]
    assert code(layout=changed("header.tags", {"a": tag, "b": tag, "c": tag})) == "TOO_MANY_ITEMS"
    assert code(layout=changed("header.tags", {"a b": tag})) == "KEY_CONTAIN_WRONG_SYMBOLS"
    assert code(layout=changed("header.title", {"xx": "?"})) == "WRONG_LANG"
    assert desk.app_refused("crm.activity.configurable.get", id=9999) == ("NOT_FOUND", "Not found.", 400)


def test_only_its_application_changes_an_activity(desk: Desk) -> None:
    deal = desk.add(DEAL, title="Сделка")
    given = {"ownerTypeId": DEAL, "ownerId": deal, "fields": {"responsibleId": 11}, "layout": LAYOUT}
    number = desk.app("crm.activity.configurable.add", **given)["activity"]["id"]
    other = {"client_id": "local.8", "client_secret": "s8", "handler_url": desk.receiver.url()}
    desk.sandbox.control("install", other)
    token = desk.sandbox.control("open", {"client_id": "local.8"})["fields"]["AUTH_ID"]
    foreign = Desk(desk.sandbox, desk.receiver, token)
    change = {"id": number, "fields": {"completed": "Y"}}
    assert foreign.app_refused("crm.activity.configurable.update", **change)[0] == "ERROR_WRONG_APPLICATION"
