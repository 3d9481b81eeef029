"""The transport of REST 3.0 and answers in XML."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import V3, refused


def test_a_method_of_the_older_version_is_not_found_here(v3: V3) -> None:
    assert v3("crm.deal.list").status_code == 404


def test_a_new_method_is_not_found_at_the_old_address(sandbox: Sandbox) -> None:
    answer = sandbox.raw("rest.scope.list")
    assert (answer.status_code, answer.json()["error"]) == (404, "ERROR_METHOD_NOT_FOUND")


def test_body_must_be_json(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/rest/api/1/secret/rest.scope.list"
    form = sandbox.http.post(url, data={"id": "1"})
    assert refused(form)[:2] == (400, "INVALIDJSONEXCEPTION")
    broken = sandbox.http.post(url, data="{", headers={"Content-Type": "application/json"})
    assert refused(broken)[:2] == (400, "INVALIDJSONEXCEPTION")


def test_the_documentation_is_the_bare_document(sandbox: Sandbox) -> None:
    document = sandbox.http.get(f"{sandbox.url}/rest/api/1/secret/rest.documentation.openapi").json()
    assert document["openapi"] == "3.0.0"
    assert "/rest.scope.list" in document["paths"]
    assert document["components"]["schemas"]["TasksTask"]["properties"]["id"] == {"type": "integer"}
    assert sandbox.http.get(f"{sandbox.url}/rest/api/1/secret/documentation").json() == document


def test_wrong_secret(sandbox: Sandbox) -> None:
    assert sandbox.http.post(f"{sandbox.url}/rest/api/1/wrong/rest.scope.list").status_code == 401


def test_answers_in_xml(sandbox: Sandbox) -> None:
    answer = sandbox.raw("batch.xml", {"cmd": {"get_user": "user.current"}})
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert ElementTree.fromstring(answer.text).findtext("result/result/get_user/ID") == "1"
    wrong = sandbox.raw("no.such.method.xml")
    assert wrong.status_code == 404
    assert ElementTree.fromstring(wrong.text).findtext("error") == "ERROR_METHOD_NOT_FOUND"


def test_a_batch_is_an_array_of_calls(v3: V3) -> None:
    calls = [{"method": "rest.scope.list", "query": {}}, {"method": "rest.scope.list"}]
    first, second = v3("batch", calls).json()["result"]
    assert first == second
    assert refused(v3("batch", {"cmd": {"a": "rest.scope.list"}}))[1] == "INVALIDSELECTEXCEPTION"


def test_later_calls_of_a_batch_take_from_earlier_ones(v3: V3) -> None:
    for title in ("Первая", "Вторая"):
        fields = {"title": title, "creatorId": 1, "responsibleId": 1}
        assert v3("tasks.task.add", {"fields": fields}).status_code == 200
    calls = {
        "0": {"method": "tasks.task.list", "query": {"select": ["id", "title"]}, "as": "all"},
        "1": {"method": "tasks.task.list", "query": {"filter": [["id", "in", {"$refArray": "all.id"}]]}},
        "2": {"method": "tasks.task.get", "query": {"id": {"$ref": "all.items.1.id"}}, "as": "one"},
        "3": {"method": "tasks.task.get", "query": {"id": {"$ref": "one.id"}}},
        "4": {"method": "tasks.task.get", "query": {"id": {"$ref": "3.item.id"}}},
    }
    every, again, one, two, three = v3("batch", calls).json()["result"]
    assert [row["id"] for row in again["items"]] == [row["id"] for row in every["items"]]
    assert one["item"]["id"] == two["item"]["id"] == three["item"]["id"] == every["items"][1]["id"]
