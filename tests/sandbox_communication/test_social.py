"""Workgroups, polls, consents, push: what is between chats and CRM."""

from __future__ import annotations

import requests

from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App


def test_a_group_has_members_a_chat_and_a_drive(sandbox: Sandbox) -> None:
    number = sandbox.rest("sonet_group.create", {"NAME": "Выставка", "VISIBLE": "N", "KEYWORDS": "стенд, май"})
    assert sandbox.rest("sonet_group.user.add", {"GROUP_ID": number, "USER_ID": [11, 12]}) == ["11", "12"]
    assert sandbox.rest("sonet_group.user.update", {"GROUP_ID": number, "USER_ID": 11, "ROLE": "E"}) == ["11"]
    members = sandbox.rest("sonet_group.user.get", {"ID": number}, user=12)
    assert [(m["USER_ID"], m["ROLE"]) for m in members] == [("1", "A"), ("11", "E"), ("12", "K")]
    assert sandbox.rest("sonet_group.user.groups", user=11)[0]["GROUP_NAME"] == "Выставка"
    assert sandbox.rest("sonet_group.get", {"FILTER": {"ID": number}}, user=20) == []
    assert sandbox.rest("sonet_group.get", {"FILTER": {"%NAME": "став"}})[0]["NUMBER_OF_MEMBERS"] == "3"
    full = sandbox.rest("socialnetwork.api.workgroup.get", {"params": {"groupId": number}})
    assert (full["MEMBERS"], full["MODERATOR_MEMBERS"], full["TAGS"]) == ([1, 11, 12], [11], ["май", "стенд"])
    assert sandbox.rest("im.dialog.get", {"DIALOG_ID": f"sg{number}"}, user=11)["id"] == full["CHAT_ID"]
    storages = sandbox.rest("disk.storage.getList", {"filter": {"ENTITY_TYPE": "group"}}, user=12)
    assert [s["ENTITY_ID"] for s in storages] == [str(number)]
    access = {"GROUP_ID": number, "FEATURE": "tasks", "OPERATION": "delete_tasks"}
    assert sandbox.rest("sonet_group.feature.access", access, user=11) is True
    assert sandbox.rest("sonet_group.feature.access", access, user=12) is False
    assert sandbox.rest("sonet_group.setowner", {"GROUP_ID": number, "USER_ID": 12}) is True
    assert sandbox.rest("sonet_group.user.delete", {"GROUP_ID": number, "USER_ID": [11, 12]}) == ["11"]
    listed = sandbox.rest("socialnetwork.api.workgroup.list", {"filter": {"ACTIVE": "Y"}})["workgroups"]
    assert [row["id"] for row in listed] == [str(number)]
    assert sandbox.rest("sonet_group.delete", {"GROUP_ID": number}) is True
    assert refusal(sandbox, "sonet_group.user.get", {"ID": number}) == ("", 400)


def test_joining_is_asked_for(sandbox: Sandbox) -> None:
    number = sandbox.rest("sonet_group.create", {"NAME": "Клуб"})
    assert sandbox.rest("sonet_group.user.request", {"GROUP_ID": number}, user=11) is True
    assert sandbox.rest("sonet_group.user.invite", {"GROUP_ID": number, "USER_ID": 12}) == ["12"]
    full = sandbox.rest("socialnetwork.api.workgroup.get", {"params": {"groupId": number}})
    assert full["INVITED_MEMBERS"] == [11, 12]
    assert "Клуб" in sandbox.rest("im.notify.get", user=12)["notifications"][0]["text"]
    assert refusal(sandbox, "sonet_group.create", {}) == ("", 400)
    wrong = {"GROUP_ID": number, "FEATURE": "x", "OPERATION": "y"}
    assert refusal(sandbox, "sonet_group.feature.access", wrong) == ("", 400)


def test_a_poll_in_a_chat(sandbox: Sandbox) -> None:
    chat = sandbox.rest("im.chat.add", {"USERS": [11]})
    data = {"QUESTIONS": [{"QUESTION": "Когда?", "ANSWERS": [{"MESSAGE": "Сейчас"}, {"MESSAGE": "Потом"}]}]}
    sent = sandbox.rest("vote.Integration.Im.send", {"chatId": chat, "IM_MESSAGE_VOTE_DATA": data})
    place = {"attachId": sent["voteId"]}
    shown = sandbox.rest("vote.AttachedVote.get", place)["attach"]
    answers = list(shown["QUESTIONS"][str(sent["voteId"])]["ANSWERS"])
    ballot = {str(sent["voteId"]): [answers[1]]}
    assert sandbox.rest("vote.AttachedVote.vote", {**place, "ballot": {"answers": [answers[1]]}}, user=11) == []
    cast = sandbox.rest("vote.AttachedVote.vote", {**place, "ballot": ballot}, user=11)
    assert (cast["attach"]["isVoted"], cast["attach"]["COUNTER"]) == (True, 1)
    voted = sandbox.rest("vote.AttachedVote.getWithVoted", place)
    assert [person["ID"] for person in voted["voted"][answers[1]]] == [11]
    many = {"moduleId": "Im", "entityType": "ImMessageConnector", "entityIds": [sent["messageId"]]}
    assert sandbox.rest("vote.AttachedVote.getMany", many)["items"][0]["COUNTER"] == 1
    table = requests.get(
        f"{sandbox.url}/rest/1/secret/vote.AttachedVote.download?attachId={sent['voteId']}", timeout=10
    )
    assert "Потом;1;Иван Иванов" in table.content.decode("utf-8-sig")
    assert sandbox.rest("vote.AttachedVote.recall", place, user=11)["attach"]["isVoted"] is False
    assert sandbox.rest("vote.AttachedVote.stop", place) == []
    assert sandbox.rest("vote.AttachedVote.get", place)["attach"]["isFinished"] is True
    assert refusal(sandbox, "vote.AttachedVote.get", {"attachId": 777}) == ("ATTACH_NOT_FOUND", 400)
    assert refusal(sandbox, "vote.AttachedVote.get", place, user=12) == ("ATTACH_READ_ACCESS_DENIED", 400)


def test_consents_and_push(sandbox: Sandbox, app: App) -> None:
    number = sandbox.rest("userconsent.agreement.list")[0]["ID"]
    assert set(sandbox.rest("userconsent.agreement.text", {"id": number})) == {"LABEL", "TEXT"}
    given = {"AGREEMENT_ID": number, "IP": "127.0.0.1"}
    assert sandbox.rest("userconsent.consent.add", given) == 1
    assert refusal(sandbox, "userconsent.consent.add", {**given, "IP": "x"}) == ("400", 400)
    assert set(app.rest("pull.application.config.get")) >= {"server", "channels"}
    assert app.rest("pull.application.event.add", {"COMMAND": "refresh", "PARAMS": {"a": 1}}) is True
    assert refusal(app, "pull.application.event.add", {"COMMAND": "a b"}) == ("COMMAND_ERROR", 400)
    assert refusal(sandbox, "pull.application.config.get", {}) == ("WRONG_AUTH_TYPE", 403)


def test_a_working_day(sandbox: Sandbox) -> None:
    sandbox.control("clock", {"freeze": True})
    sandbox.rest("timeman.timecontrol.settings.set", {"ACTIVE": 1})
    assert sandbox.rest("timeman.status", user=11)["STATUS"] == "CLOSED"
    assert sandbox.rest("timeman.open", user=11)["STATUS"] == "OPENED"
    sandbox.control("clock", {"advance": "PT2H"})
    assert sandbox.rest("timeman.pause", user=11)["STATUS"] == "PAUSED"
    sandbox.control("clock", {"advance": "PT30M"})
    assert sandbox.rest("timeman.open", user=11)["TIME_LEAKS"] == "00:30:00"
    sandbox.control("clock", {"advance": "PT1H"})
    closed = sandbox.rest("timeman.close", user=11)
    assert (closed["STATUS"], closed["DURATION"]) == ("CLOSED", "03:00:00")
    assert refusal(sandbox, "timeman.status", {"USER_ID": 12}, user=11) == ("", 400)
    far = {"TIME": "2026-04-01T09:00:00+03:00"}
    assert refusal(sandbox, "timeman.open", far, user=12) == ("WRONG_DATETIME", 400)
    report = sandbox.rest("timeman.timecontrol.reports.get", {"USER_ID": 11, "MONTH": 4, "YEAR": 2026}, user=10)
    assert report["report"]["days"][0]["workday_duration"] == 3 * 3600
    number = report["report"]["days"][0]["reports"][0]["id"]
    told = {"REPORT_ID": number, "TEXT": "Был у клиента", "TYPE": "WORK"}
    assert sandbox.rest("timeman.timecontrol.report.add", told, user=11) is True
    assert refusal(sandbox, "timeman.timecontrol.settings.get", {}, user=11) == ("ACCESS_ERROR", 400)


def test_a_day_left_open_expires(sandbox: Sandbox) -> None:
    sandbox.rest("timeman.open", user=11)
    sandbox.control("clock", {"advance": "P1D"})
    status = sandbox.rest("timeman.status", user=11)
    assert (status["STATUS"], status["TIME_FINISH_DEFAULT"]) == ("EXPIRED", "2026-04-06T18:00:00+03:00")
    assert sandbox.rest("timeman.close", user=11)["TIME_FINISH"] == "2026-04-06T18:00:00+03:00"


def test_the_office_network(sandbox: Sandbox) -> None:
    found = sandbox.rest("timeman.networkrange.check", {"IP": "10.1.2.3"})
    assert found == {"ip": "10.1.2.3", "range": "10.0.0.0-10.255.255.255", "name": "10.x.x.x"}
    bad = [{"ip_range": "a1-2", "name": "x"}]
    assert sandbox.rest("timeman.networkrange.set", {"RANGES": bad}) == {"result": False, "error_ranges": bad}
    assert sandbox.rest("timeman.networkrange.set", {"RANGES": [{"ip_range": "1.1.1.1-1.1.1.2", "name": "o"}]}) == {
        "result": True
    }
    assert sandbox.rest("timeman.networkrange.check", {"IP": "10.1.2.3"}) is False
