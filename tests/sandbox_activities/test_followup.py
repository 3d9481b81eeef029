"""What is left of video calls: call.followup.* of REST 3.0."""

from __future__ import annotations

from typing import Any

from tests.sandbox_activities.conftest import Desk

BLOCKS = {
    "transcription": {"language": "ru", "segments": [{"userId": 11, "start": "00:00:01", "text": "Начнём"}]},
    "overview": {"topic": "План", "actionItems": [{"actionItem": "Сделает [USER=12]Пётр[/USER]", "quote": "да"}]},
}
YEAR = {"startDate": {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}}


def held(desk: Desk, start: str, **params: Any) -> int:
    people = [{"userId": 11, "talkedSeconds": 60}, {"userId": 12}]
    given = {"participants": people, "start": start, "seconds": 600, "outcomes": BLOCKS, **params}
    return int(desk.sandbox.control("act", {"as": 11, "method": "sandbox.call.add", "params": given})["result"])


def v3(desk: Desk, method: str, user: int = 1, **params: Any) -> tuple[int, Any]:
    secret = "secret" if user == 1 else f"secret{user}"
    url = f"{desk.sandbox.url}/rest/api/{user}/{secret}/{method}"
    answer = desk.sandbox.http.post(url, json=params, timeout=30)
    return answer.status_code, answer.json()


def test_one_call(desk: Desk) -> None:
    number = held(desk, "2026-01-15T10:00:00+00:00")
    item = v3(desk, "call.followup.get", callId=number, mentionFormat="html")[1]["result"]["item"]
    assert (item["callId"], item["startDate"], item["durationSeconds"]) == (number, "2026-01-15T10:00:00+00:00", 600)
    assert (item["outcomes"], item["language"], item["summary"]) == (["transcription", "overview"], "ru", None)
    assert item["overview"]["actionItems"][0]["actionItem"] == 'Сделает <a href="/company/personal/user/12/">Пётр</a>'
    assert item["participants"][0] == {
        "userId": 11,
        "talkedSeconds": 60,
        "name": "Иван Иванов",
        "avatar": "",
        "workPosition": "Старший менеджер",
    }
    part = v3(desk, "call.followup.get", callId=number, select=["overview.topic"])[1]["result"]["item"]
    assert part == {"callId": number, "overview": {"topic": "План"}}
    status, body = v3(desk, "call.followup.get", user=20, callId=number)
    assert (status, body["error"]["code"]) == (403, "access_denied")
    assert v3(desk, "call.followup.get", callId=999)[1]["error"]["code"].endswith("ENTITYNOTFOUNDEXCEPTION")
    assert v3(desk, "call.followup.get", callId=number, select=["nonsense"])[1]["error"]["code"] == (
        "invalid_select_field"
    )


def test_calls_of_a_period(desk: Desk) -> None:
    numbers = [held(desk, f"2026-01-{day:02}T10:00:00+00:00") for day in (5, 6, 7)]
    first = v3(desk, "call.followup.list", filter=YEAR, pagination={"limit": 2})[1]["result"]
    assert [item["callId"] for item in first["items"]] == numbers[:0:-1]
    assert first["hasMore"] is True
    after = {"limit": 2, "afterCursor": first["afterCursor"]}
    second = v3(desk, "call.followup.list", filter=YEAR, pagination=after)[1]["result"]
    assert ([item["callId"] for item in second["items"]], second["hasMore"], second["afterCursor"]) == (
        numbers[:1],
        False,
        None,
    )
    assert v3(desk, "call.followup.list", user=20, filter=YEAR)[1]["result"]["items"] == []
    codes = {
        v3(desk, "call.followup.list", filter={})[1]["error"]["code"],
        v3(desk, "call.followup.list", filter=YEAR, order={"id": "asc"})[1]["error"]["code"],
        v3(desk, "call.followup.list", filter=YEAR, pagination={"limit": 0})[1]["error"]["code"],
    }
    assert codes == {"invalid_date_range", "invalid_order", "invalid_pagination"}


def test_fields_of_a_call(desk: Desk) -> None:
    items = v3(desk, "call.followup.field.list", select=["name", "type"])[1]["result"]["items"]
    assert (len(items), items[0]) == (18, {"name": "callId", "type": "int"})
    one = v3(desk, "call.followup.field.get", name="callId")[1]["result"]["item"]
    assert (one["name"], one["multiple"]) == ("callId", False)
    assert v3(desk, "call.followup.field.get", name="x")[1]["error"]["code"].endswith("FIELDNOTFOUNDEXCEPTION")
    assert v3(desk, "call.followup.field.list", select=["x"])[0] == 400
