"""Business processes: templates, starting, tasks for people, pauses, applications' actions."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest

from sandbox.workflow.bpt import BadTemplate, read
from tests.harness.sandbox import Refused
from tests.sandbox_automation.conftest import DEAL_TYPE, App, bpt, document, step

APPROVAL = step(
    "ApproveActivity",
    step("SequenceActivity", step("SetFieldActivity", FieldValue={"COMMENTS": "approved by {=Approval:LastApprover}"})),
    step("SequenceActivity", step("SetFieldActivity", FieldValue={"COMMENTS": "refused: {=Approval:Comments}"})),
    name="Approval",
    Name="Согласовать {=Document:TITLE}",
    Users=["user_2", "user_3"],
    ApproveType="all",
    CommentRequired="YR",
    SetStatusMessage="Y",
    StatusMessage="Ждёт согласования",
)


def php(value: Any) -> bytes:
    """PHP's serialization, as the portal writes it into a file."""
    if value is None:
        return b"N;"
    if isinstance(value, bool):
        return b"b:%d;" % value
    if isinstance(value, int):
        return b"i:%d;" % value
    if isinstance(value, str):
        text = value.encode()
        return b's:%d:"%s";' % (len(text), text)
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    inside = [php(key) + php(one) for key, one in pairs]
    return b"a:%d:{%s}" % (len(inside), b"".join(inside))


def tasks(app: App, user: int = 1, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.sandbox.rest("bizproc.task.list", params, user=user)
    return found


def refusal(call: Any, *args: Any, **options: Any) -> tuple[int, Any, str]:
    with pytest.raises(Refused) as refused:
        call(*args, **options)
    return refused.value.status, refused.value.code, refused.value.body["error_description"]


# --- templates --------------------------------------------------------------------------------


def test_a_template_file_of_the_portal_is_read() -> None:
    parts = {
        "VERSION": 2,
        "TEMPLATE": [
            {"Type": "SequentialWorkflowActivity", "Name": "Template", "Properties": {"Title": "Ж"}, "Children": []}
        ],
        "PARAMETERS": {"days": {"Name": "Дни", "Type": "int", "Default": 3, "Required": False, "Options": None}},
        "VARIABLES": [],
    }
    for data in (zlib.compress(php(parts)), php(parts)):
        file = read(data)
        assert file.root.type == "SequentialWorkflowActivity" and file.root.properties == {"Title": "Ж"}
        assert file.parameters["days"]["Default"] == 3
    for broken in (b"", b"a:1:{", b'O:8:"stdClass":0:{}', b"[1]", zlib.compress(b"nothing")):
        with pytest.raises(BadTemplate):
            read(broken)


def test_templates_are_added_listed_changed_and_deleted(app: App) -> None:
    number = app.template(step("LogActivity", Text="x"))
    row = {"ID": str(number), "NAME": "Process", "USER_ID": "1", "SYSTEM_CODE": "rest_app_1"}
    assert app.rest("bizproc.workflow.template.list", {"SELECT": list(row), "FILTER": {"ID": number}}) == [row]
    assert app.rest("bizproc.workflow.template.list") == [{"ID": str(number)}]
    changes = {"ID": number, "FIELDS": {"NAME": "Other", "AUTO_EXECUTE": 1}}
    assert app.rest("bizproc.workflow.template.update", changes) == number
    names = ["NAME", "AUTO_EXECUTE", "DOCUMENT_TYPE", "TEMPLATE"]
    found = app.sandbox.rest("bizproc.workflow.template.list", {"SELECT": names})[0]
    assert (found["NAME"], found["AUTO_EXECUTE"], found["DOCUMENT_TYPE"]) == ("Other", "1", "DEAL")
    assert found["TEMPLATE"][0]["Children"][0]["Type"] == "LogActivity"
    assert app.rest("bizproc.workflow.template.delete", {"ID": number}) is None
    told = refusal(app.rest, "bizproc.workflow.template.delete", {"ID": number})
    assert told == (400, "ERROR_TEMPLATE_NOT_FOUND", "Workflow template not found.")


def test_wrong_templates_are_refused(app: App) -> None:
    good = {"DOCUMENT_TYPE": DEAL_TYPE, "NAME": "P", "TEMPLATE_DATA": bpt()}
    for wrong, text in (
        ({"DOCUMENT_TYPE": ["crm", "CCrmDocumentDeal", "LEAD"]}, "Incorrect field DOCUMENT_TYPE!"),
        ({"NAME": ""}, "Empty template name!"),
        ({"AUTO_EXECUTE": 4}, "Incorrect field AUTO_EXECUTE!"),
        ({"TEMPLATE_DATA": ["x.bpt", base64.b64encode(b"junk").decode()]}, "Incorrect field TEMPLATE_DATA!"),
    ):
        told = refusal(app.rest, "bizproc.workflow.template.add", {**good, **wrong})
        assert told == (400, "ERROR_TEMPLATE_VALIDATION_FAILURE", text)
    told = refusal(app.sandbox.rest, "bizproc.workflow.template.add", good)
    assert told == (400, "ACCESS_DENIED", "Application context required")
    number = app.rest("bizproc.workflow.template.add", good)
    update = "bizproc.workflow.template.update"
    assert refusal(app.rest, update, {"ID": number, "FIELDS": {}})[2] == "No fields to update."
    app.sandbox.control("install", {"client_id": "local.2", "client_secret": "s", "handler_url": app.receiver.url()})
    other = app.sandbox.control("open", {"client_id": "local.2"})["fields"]["AUTH_ID"]
    told = refusal(app.sandbox.rest, update, {"ID": number, "FIELDS": {"NAME": "x"}}, token=other)
    assert told[1] == "ERROR_TEMPLATE_NOT_OWNER"


# --- starting ---------------------------------------------------------------------------------


def test_start_is_refused_as_documented(app: App) -> None:
    number, deal = app.template(), app.deal()
    start, call = "bizproc.workflow.start", app.sandbox.rest
    good = {"TEMPLATE_ID": number, "DOCUMENT_ID": document(deal)}
    assert refusal(call, start, {}) == (400, "ERROR_WRONG_WORKFLOW_ID", "Empty TEMPLATE_ID")
    assert refusal(call, start, {**good, "TEMPLATE_ID": 99}) == (400, "ERROR_WRONG_WORKFLOW_ID", "Template not found")
    for wrong, text in (
        (["crm", "DEAL_1"], "Wrong DOCUMENT_ID!"),
        (document(10_000), "Wrong DOCUMENT_ID!"),
        (["crm", "CCrmDocumentLead", f"DEAL_{deal}"], "Incorrect document type!"),
        (["lists", "BizprocDocument", "7"], "Template type and DOCUMENT_ID mismatch!"),
    ):
        assert refusal(call, start, {**good, "DOCUMENT_ID": wrong}) == (400, "", text)
    assert refusal(call, start, good, user=2) == (403, "ACCESS_DENIED", "Access denied!")


def test_a_process_goes_on_with_the_answers_of_people(app: App) -> None:
    deal = app.deal(title="Крупная сделка")
    process = app.start(app.template(APPROVAL), deal)
    running = app.sandbox.rest("bizproc.workflow.instances", {"SELECT": ["ID", "DOCUMENT_ID", "STARTED_BY"]})
    assert running == [{"ID": process, "DOCUMENT_ID": f"DEAL_{deal}", "STARTED_BY": "1"}]
    mine = tasks(app, 2)
    assert mine == [
        {
            "ENTITY": "CCrmDocumentDeal",
            "DOCUMENT_ID": f"DEAL_{deal}",
            "ID": mine[0]["ID"],
            "WORKFLOW_ID": process,
            "DOCUMENT_NAME": "Крупная сделка",
            "NAME": "Согласовать Крупная сделка",
            "DOCUMENT_URL": f"/crm/deal/details/{deal}/",
        }
    ]
    full = tasks(app, 2, SELECT=["STATUS", "USER_STATUS", "ACTIVITY", "PARAMETERS", "WORKFLOW_STATE"])[0]
    assert (full["STATUS"], full["USER_STATUS"], full["ACTIVITY"]) == ("0", "0", "ApproveActivity")
    assert full["PARAMETERS"]["StatusYesLabel"] == "Утвердить" and full["WORKFLOW_STATE"] == "Ждёт согласования"
    assert "Согласовать" in app.sandbox.control("notifications/2")[0]["message"]
    done = {"TASK_ID": mine[0]["ID"], "STATUS": "yes"}
    assert app.sandbox.rest("bizproc.task.complete", done, user=2) is True
    assert app.card(deal)["comments"] in (None, "")
    assert app.sandbox.rest("bizproc.task.complete", done, user=3) is True
    assert app.card(deal)["comments"] == "approved by user_3"
    assert app.sandbox.rest("bizproc.workflow.instances") == []


def test_a_refusal_goes_the_other_way(app: App) -> None:
    deal = app.deal()
    app.start(app.template(APPROVAL), deal)
    number = tasks(app, 2)[0]["ID"]
    answer = {"TASK_ID": number, "STATUS": 2}
    told = refusal(app.sandbox.rest, "bizproc.task.complete", answer, user=2)
    assert told[:2] == (400, "ERROR_TASK_EXECUTION"), "a refusal needs a comment"
    assert app.sandbox.rest("bizproc.task.complete", {**answer, "COMMENT": "дорого"}, user=2) is True
    assert app.card(deal)["comments"] == "refused: дорого"
    assert refusal(app.sandbox.rest, "bizproc.task.complete", answer, user=3)[1] == "ERROR_TASK_COMPLETED"


def test_answers_that_a_task_does_not_take(app: App) -> None:
    app.start(app.template(APPROVAL), app.deal())
    number = tasks(app, 2)[0]["ID"]
    for params, code, text in (
        ({"STATUS": 1}, "ERROR_TASK_VALIDATION", "empty TASK_ID"),
        ({"TASK_ID": number, "STATUS": "maybe"}, "ERROR_TASK_VALIDATION", "incorrect STATUS"),
        ({"TASK_ID": number, "STATUS": 3}, "ERROR_TASK_VALIDATION", "incorrect STATUS"),
        ({"TASK_ID": 999, "STATUS": 1}, "ERROR_TASK_NOT_FOUND", "Task not found"),
    ):
        assert refusal(app.sandbox.rest, "bizproc.task.complete", params, user=2) == (400, code, text)
    own = refusal(app.sandbox.rest, "bizproc.task.complete", {"TASK_ID": number, "STATUS": 1})
    assert own[1] == "ERROR_TASK_NOT_FOUND", "an administrator does not do the tasks of others"


def test_who_sees_which_tasks(app: App) -> None:
    app.start(app.template(APPROVAL), app.deal())
    assert len(tasks(app)) == 2 and len(tasks(app, 3)) == 1
    assert tasks(app, FILTER={"USER_ID": 3}) == tasks(app, 3)
    told = refusal(tasks, app, 2, FILTER={"USER_ID": 3})
    assert told == (400, "ACCESS_DENIED", "Access denied!")
    app.sandbox.rest("department.update", {"ID": 1, "UF_HEAD": 2})
    assert len(tasks(app, 2, FILTER={"USER_ID": 3})) == 1, "a head sees those below"
    wrong = refusal(tasks, app, SELECT=["NOTHING"])
    assert wrong == (400, "ERROR_SELECT_VALIDATION_FAILURE", "Invalid data in SELECT parameter")


def test_information_is_asked_for(app: App) -> None:
    asked = [
        {"Name": "amount", "Title": "Сумма", "Type": "int", "Required": "1", "Default": ""},
        {"Name": "note", "Title": "Заметка", "Type": "string", "Default": "нет"},
    ]
    request = step(
        "RequestInformationActivity", name="Ask", Name="Заполните", Users="user_2", RequestedInformation=asked
    )
    write = step("SetFieldActivity", FieldValue={"COMMENTS": "{=Variable:amount}, {=Ask:note}"})
    deal = app.deal()
    app.start(app.template(request, write), deal)
    task = tasks(app, 2, SELECT=["ID", "PARAMETERS"])[0]
    assert [field["Id"] for field in task["PARAMETERS"]["Fields"]] == ["amount", "note"]
    answer = {"TASK_ID": task["ID"], "STATUS": "ok"}
    assert refusal(app.sandbox.rest, "bizproc.task.complete", answer, user=2)[1] == "ERROR_TASK_EXECUTION"
    assert app.sandbox.rest("bizproc.task.complete", {**answer, "FIELDS": {"amount": 5}}, user=2) is True
    assert app.card(deal)["comments"] == "5, нет"


def test_delegation(app: App) -> None:
    app.start(app.template({**APPROVAL, "Properties": {**APPROVAL["Properties"], "Users": ["user_2"]}}), app.deal())
    number = tasks(app, 2)[0]["ID"]
    give, call = "bizproc.task.delegate", app.sandbox.rest
    good = {"TASK_IDS": [number], "FROM_USER_ID": 2, "TO_USER_ID": 3}
    assert refusal(call, give, {**good, "TASK_IDS": []}, user=2)[1:] == ("ERROR_TASK_VALIDATION", "Invalid TASK_IDS")
    for name in ("FROM_USER_ID", "TO_USER_ID"):
        told = refusal(call, give, {**good, name: 99}, user=2)
        assert told[1:] == ("ERROR_INVALID_USER_ID", f"Invalid {name}")
    told = refusal(call, give, {**good, "FROM_USER_ID": 3, "TO_USER_ID": 2}, user=3)
    assert told[1:] == ("ERROR_DELEGATION_NOT_ALLOWED", "User is not responsible for the task")
    assert "подчинённым" in refusal(call, give, good, user=2)[2]
    call("department.update", {"ID": 1, "UF_HEAD": 2})
    assert call(give, good, user=2) is True
    assert tasks(app, 2) == [] and tasks(app, 3)[0]["ID"] == number


def test_time_runs_out(app: App) -> None:
    late = {**APPROVAL, "Properties": {**APPROVAL["Properties"], "TimeoutDuration": 2, "TimeoutDurationType": "h"}}
    deal = app.deal()
    app.start(app.template(late), deal)
    assert tasks(app, 2, SELECT=["OVERDUE_DATE"])[0]["OVERDUE_DATE"] == "2026-04-06T13:00:00+03:00"
    app.sandbox.control("clock", {"advance": "PT3H"})
    assert app.card(deal)["comments"].strip() == "refused:"
    assert tasks(app, 2, SELECT=["STATUS"]) == [{"STATUS": "4"}]
    app.sandbox.control("clock", {"advance": "P2D"})
    assert tasks(app) == [], "the cloud keeps the tasks of an ended process for one day"


def test_pauses_choices_and_loops(app: App) -> None:
    deal = app.deal(opportunity=500)
    rich = step("IfElseBranchActivity", step("SetVariableActivity", VariableValue={"who": "rich"}))
    rich["Properties"] = {"fieldcondition": [["OPPORTUNITY", ">", 1000, "0"]]}
    poor = step("IfElseBranchActivity", step("SetVariableActivity", VariableValue={"who": "poor"}), truecondition="1")
    pause = step("DelayActivity", TimeoutDuration=1, TimeoutDurationType="d")
    write = step("SetFieldActivity", FieldValue={"COMMENTS": "{=Variable:who} {=Template:word}"})
    number = app.template(step("IfElseActivity", rich, poor), pause, write, variables={"who": {"Default": ""}})
    app.start(number, deal, word="indeed")
    app.sandbox.control("clock", {"advance": "PT23H"})
    assert app.card(deal)["comments"] in (None, "")
    app.sandbox.control("clock", {"advance": "PT2H"})
    assert app.card(deal)["comments"] == "poor indeed"


def test_a_pause_until_a_day_of_the_card(app: App) -> None:
    deal = app.deal(closedate="2026-04-10", assignedById=2)
    pause = step("DelayActivity", TimeoutTime="{=Document:CLOSEDATE}")
    mine = step("IfElseBranchActivity", step("SetFieldActivity", FieldValue={"COMMENTS": "{=Document:BEGINDATE}"}))
    mine["Properties"] = {"fieldcondition": [["ASSIGNED_BY_ID", "=", "user_2", "0"]]}
    app.start(app.template(pause, step("IfElseActivity", mine)), deal)
    app.sandbox.control("clock", {"now": "2026-04-09T23:00:00+03:00"})
    assert app.card(deal)["comments"] in (None, "")
    app.sandbox.control("clock", {"now": "2026-04-10T12:00:00+03:00"})
    assert app.card(deal)["comments"].startswith("2026-04-06T")


def test_an_action_of_an_application_is_waited_for(app: App) -> None:
    app.robot("calc", "activity", PROPERTIES={"x": {"Name": "X", "Type": "string"}})
    action = step("rest_calc", name="Calc", x="{=Document:TITLE}")
    write = step("SetFieldActivity", FieldValue={"COMMENTS": "got {=Calc:y}"})
    deal = app.deal(title="seven")
    process = app.start(app.template(action, write), deal)
    form = app.forms()[0]
    assert (form["workflow_id"], form["properties[x]"], form["document_id[2]"]) == (process, "seven", f"DEAL_{deal}")
    assert form["event_token"].startswith(f"{process}|Calc|")
    assert app.rest("bizproc.event.send", {"EVENT_TOKEN": form["event_token"], "RETURN_VALUES": {"y": 7}}) is True
    assert app.card(deal)["comments"] == "got 7"


def test_terminate_and_kill(app: App) -> None:
    app.robot("calc", "activity")
    number = app.template(APPROVAL, step("rest_calc"))
    first, second = (app.start(number, app.deal()) for _ in range(2))
    assert refusal(app.sandbox.rest, "bizproc.workflow.kill", {})[1] == "ERROR_WRONG_WORKFLOW_ID"
    assert refusal(app.sandbox.rest, "bizproc.workflow.terminate", {"ID": first}, user=2)[0] == 403
    assert app.sandbox.rest("bizproc.workflow.terminate", {"ID": first, "STATUS": "стоп"}) is True
    left = tasks(app, FILTER={"WORKFLOW_ID": first}, SELECT=["WORKFLOW_STATE", "USER_ID"])
    assert [row["WORKFLOW_STATE"] for row in left] == ["стоп", "стоп"], "the data stay"
    assert app.sandbox.rest("bizproc.workflow.kill", {"ID": second}) is True
    assert {row["WORKFLOW_ID"] for row in tasks(app)} == {first}
    assert app.sandbox.rest("bizproc.workflow.instance.list") == []


def test_templates_that_start_by_themselves(app: App) -> None:
    app.template(step("SetFieldActivity", FieldValue={"COMMENTS": "seen"}), auto=3)
    deal = app.deal()
    assert app.card(deal)["comments"] == "seen"
    update = {"entityTypeId": 2, "id": deal, "fields": {"comments": "mine", "title": "T"}}
    app.sandbox.rest("crm.item.update", update)
    assert app.card(deal)["comments"] == "seen", "and its own change starts it no second time"


def test_a_process_of_states(app: App) -> None:
    def state(name: str, *children: dict[str, Any]) -> dict[str, Any]:
        return step("StateActivity", *children, name=name, Title=name.title())

    def go(target: str) -> dict[str, Any]:
        return step("SetStateActivity", TargetStateName=target)

    review = step("ReviewActivity", name="Read", Name="Прочитайте", Users=["user_2"])
    begin = state("begin", step("StateInitializationActivity", review, go("work")))
    press = step("EventDrivenActivity", step("HandleExternalEventActivity", name="Finish"), go("done"))
    pause = step("DelayActivity", TimeoutDuration=1, TimeoutDurationType="d")
    again = step("EventDrivenActivity", pause, go("begin"))
    work = state("work", press, again)
    write = step("SetFieldActivity", FieldValue={"COMMENTS": "done"})
    done = state("done", step("StateInitializationActivity", write))
    machine = step("StateMachineWorkflowActivity", begin, work, done, name="Machine", InitialStateName="begin")
    deal = app.deal()
    file = {"VERSION": 2, "TEMPLATE": [machine], "PARAMETERS": {}, "VARIABLES": {}, "CONSTANTS": {}}
    data = ["states.bpt", base64.b64encode(zlib.compress(php(file))).decode()]
    fields = {"DOCUMENT_TYPE": DEAL_TYPE, "NAME": "States", "TEMPLATE_DATA": data}
    process = app.start(app.rest("bizproc.workflow.template.add", fields), deal)

    def read() -> None:
        [task] = tasks(app, 2, FILTER={"STATUS": 0}, SELECT=["ID", "WORKFLOW_STATE"])
        assert task["WORKFLOW_STATE"] == "Begin"
        app.sandbox.rest("bizproc.task.complete", {"TASK_ID": task["ID"], "STATUS": "ok"}, user=2)

    read()
    app.sandbox.control("clock", {"advance": "P2D"})
    read()
    with pytest.raises(Refused):
        app.sandbox.control("workflow_press", {"workflow": process, "name": "Nothing"})
    app.sandbox.control("workflow_press", {"workflow": process, "name": "Finish"})
    assert app.card(deal)["comments"] == "done"
    assert app.sandbox.rest("bizproc.workflow.instances") == []


def test_a_template_without_sense_ends_its_process_only(app: App) -> None:
    branch = step("IfElseBranchActivity")
    branch["Properties"] = {"mixedcondition": [{"object": "Document", "field": "TITLE", "operator": "resembles"}]}
    app.template(step("IfElseActivity", branch), auto=1)
    assert app.deal() > 0
    assert app.sandbox.rest("bizproc.workflow.instances") == []
