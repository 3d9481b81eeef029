"""POST /events and POST /robot: proved, durable, quick, and nothing else gets in."""

from __future__ import annotations

import fcntl
import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from b24app.engine.removal import Answer
from b24app.errors import SystemUnavailable
from b24app.store.models import (
    BindingRow,
    DecisionRow,
    ErrorRow,
    InboxRow,
    PortalRow,
    RobotRunRow,
    SettingRow,
    TimerRow,
    TokenRow,
    utcnow,
)
from b24app.web import create_app
from b24app.web.context import EXTENSION
from b24app.web.writer import INBOX

from .conftest import APP_TOKEN, MEMBER, QUERY, FakeServices, add_portal, event, opened, post, rows


def robot(token: str = APP_TOKEN, **changed: str) -> dict[str, str]:
    return {
        "code": "recheck_company",
        "workflow_id": "w1",
        "document_id[0]": "crm",
        "document_id[1]": "CCrmDocumentDeal",
        "document_id[2]": "DEAL_777",
        "document_type[0]": "crm",
        "document_type[1]": "CCrmDocumentDeal",
        "document_type[2]": "DEAL",
        "event_token": "664fa13bbbb410.99176768|A40364|signature",
        "properties[comment]": "почему",
        "use_subscription": "Y",
        "auth[member_id]": MEMBER,
        "auth[application_token]": token,
    } | changed


def wait_for(condition: object, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


def test_an_event_is_stored_without_tokens_and_answered_with_nothing(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    answer = post(client, "/events", event() + b"&auth[access_token]=very-secret&data[BOT][1][access_token]=hidden")
    assert (answer.status_code, answer.data) == (200, b"")
    (row,) = rows(services, InboxRow)
    assert (row.portal_id, row.event, row.entity_type_id, row.item_id) == (portal, "ONCRMDEALUPDATE", 2, 662)
    assert row.state == "new"
    kept = json.dumps(row.body)
    assert "very-secret" not in kept and "hidden" not in kept and APP_TOKEN not in kept
    assert wait_for(lambda: ("drain", portal) in services.woken)


def test_an_event_of_a_robot_comes_without_user_tokens(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    assert post(client, "/events", event("ONCRMDYNAMICITEMUPDATE", ENTITY_TYPE_ID="1036")).status_code == 200
    (row,) = rows(services, InboxRow)
    assert (row.entity_type_id, row.item_id) == (1036, 662)


@pytest.mark.parametrize(
    "form",
    [
        event(token="0" * 32),
        event(token=""),
        event(member_id="unknown"),
        event(member_id=""),
        event("ONAPPUNINSTALL", token="0" * 32),
        b"event=ONCRMDEALUPDATE&data[FIELDS][ID]=1",
    ],
)
def test_a_forged_event_is_refused_with_one_line_and_no_body(
    client: FlaskClient, services: FakeServices, portal: int, form: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "b24app.web"):
        answer = post(client, "/events", form)
    assert answer.status_code == 403
    assert rows(services, InboxRow) == []
    assert len(caplog.records) == 1
    assert "662" not in caplog.text and "0000" not in caplog.text and MEMBER not in caplog.text
    assert services.woken == []


def test_another_portals_token_opens_nothing(client: FlaskClient, services: FakeServices, portal: int) -> None:
    add_portal(services, "other-member", "other-token")
    assert post(client, "/events", event(member_id="other-member")).status_code == 403
    assert post(client, "/events", event(token="other-token")).status_code == 403
    assert post(client, "/events", event(member_id="other-member", token="other-token")).status_code == 200
    assert [row.portal_id for row in rows(services, InboxRow)] != [portal]


def test_a_renewed_token_works_at_once_and_the_old_one_stops(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    assert post(client, "/events", event()).status_code == 200
    with services.database.session() as session:
        session.get_one(PortalRow, portal).application_token = services.secret_box.seal("renewed")
    assert post(client, "/events", event(token="renewed")).status_code == 200
    assert post(client, "/events", event()).status_code == 403


def test_a_dead_queue_does_not_lose_the_event(client: FlaskClient, services: FakeServices, portal: int) -> None:
    services.queue_works = False
    assert post(client, "/events", event()).status_code == 200
    services.queue_works = True
    assert post(client, "/events", event()).status_code == 200
    assert len(rows(services, InboxRow)) == 2
    assert wait_for(lambda: ("drain", portal) in services.woken)


def test_simultaneous_events_are_all_kept(services: FakeServices, app: object, portal: int) -> None:
    statuses: list[int] = []

    def send(number: int) -> None:
        client = app.test_client()  # type: ignore[attr-defined]
        statuses.extend(post(client, "/events", event(ID=str(number * 100 + n))).status_code for n in range(1, 11))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 80
    assert len({row.item_id for row in rows(services, InboxRow)}) == 80


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"\xff\xfe\x00\x01", 400, "body"),
        (b"", 400, "event"),
        (b"event=%C3%28", 400, "body"),
        (b"event=X&auth[member_id][a]=1", 400, "auth[member_id]"),
        (b"x" * 1_100_000, 413, "body"),
    ],
)
def test_garbage_is_answered_by_field(
    client: FlaskClient, services: FakeServices, portal: int, body: bytes, status: int, field: str
) -> None:
    answer = post(client, "/events", body)
    assert answer.status_code == status
    assert answer.json is not None and answer.json["field"] == field
    assert rows(services, InboxRow) == []


def test_other_methods_and_addresses(client: FlaskClient) -> None:
    assert client.get("/events").status_code == 405
    assert client.get("/nothing").status_code == 404


def test_a_robot_call_is_stored_once(client: FlaskClient, services: FakeServices, portal: int) -> None:
    for _ in range(3):
        assert post(client, "/robot", robot()).status_code == 200
    (row,) = rows(services, RobotRunRow)
    assert (row.code, row.document, row.waits, row.state) == (
        "recheck_company",
        ["crm", "CCrmDocumentDeal", "DEAL_777"],
        True,
        "new",
    )
    assert row.properties == {"comment": "почему"}
    assert b"664fa13bbbb410" not in row.event_token
    assert services.secret_box.open(row.event_token) == "664fa13bbbb410.99176768|A40364|signature"
    assert wait_for(lambda: ("robots", portal) in services.woken)


def test_a_robot_that_does_not_wait(client: FlaskClient, services: FakeServices, portal: int) -> None:
    assert post(client, "/robot", robot(use_subscription="N")).status_code == 200
    assert not rows(services, RobotRunRow)[0].waits


def test_a_forged_robot_call(client: FlaskClient, services: FakeServices, portal: int) -> None:
    assert post(client, "/robot", robot(token="wrong")).status_code == 403
    assert post(client, "/robot", {k: v for k, v in robot().items() if k != "event_token"}).status_code == 400
    assert rows(services, RobotRunRow) == []


def fill(services: FakeServices, portal: int) -> None:
    """Something in many tables."""
    common = {"portal_id": portal}
    with services.database.session() as session:
        session.add_all(
            [
                TokenRow(**common, user_id=1, access=b"a", refresh=b"r", expires_at=utcnow()),
                BindingRow(**common, name="spa.debt", value={}),
                SettingRow(**common, key="debt.pre_days", value={"value": 2}),
                InboxRow(**common, event="ONCRMDEALADD", body={}),
                TimerRow(**common, handler="h", entity="company", item_id=1, due_at=utcnow()),
                DecisionRow(
                    **common,
                    rule="r",
                    version=1,
                    entity="company",
                    item_id=1,
                    at=utcnow(),
                    last_at=utcnow(),
                    outcome="o",
                    reason_ru="р",
                    reason_en="r",
                    facts={},
                ),
            ]
        )


FILLED = (TokenRow, BindingRow, SettingRow, InboxRow, TimerRow, DecisionRow)


def uninstall(clean: str) -> bytes:
    form = {"event": "ONAPPUNINSTALL", "data[LANGUAGE_ID]": "ru", "data[CLEAN]": clean}
    return urlencode(form | {"auth[member_id]": MEMBER, "auth[application_token]": APP_TOKEN}).encode()


def test_removal_with_cleaning_wipes_this_portal_only(client: FlaskClient, services: FakeServices, portal: int) -> None:
    other = add_portal(services, "other-member", "other-token")
    fill(services, portal)
    fill(services, other)
    for _ in range(2):
        assert post(client, "/events", uninstall("1")).status_code == 200
    for table in FILLED:
        assert [row.portal_id for row in rows(services, table)] == [other]
    assert [row.status for row in rows(services, PortalRow)] == ["uninstalled", "installed"]
    assert post(client, "/events", event()).status_code == 403


def test_removal_without_cleaning_keeps_the_data(client: FlaskClient, services: FakeServices, portal: int) -> None:
    fill(services, portal)
    assert post(client, "/events", uninstall("0")).status_code == 200
    for table in FILLED:
        assert len(rows(services, table)) == 1
    assert rows(services, TokenRow)[0].state == "dead"
    assert rows(services, PortalRow)[0].status == "uninstalled"


@pytest.mark.parametrize("clean", ["0", "1"])
@pytest.mark.parametrize("answer", [Answer.THERE, Answer.UNCLEAR])
def test_a_removal_that_is_not_proved_changes_nothing(
    client: FlaskClient, services: FakeServices, portal: int, clean: str, answer: Answer
) -> None:
    fill(services, portal)
    services.asked_about_removal = answer
    for _ in range(3):
        assert post(client, "/events", uninstall(clean)).status_code == 200
    for table in FILLED:
        assert len(rows(services, table)) == 1
    assert (rows(services, TokenRow)[0].state, rows(services, PortalRow)[0].status) == ("active", "installed")
    assert post(client, "/events", event()).status_code == 200
    noted = [(row.kind, row.state, row.count) for row in rows(services, ErrorRow)]
    assert noted == ([("uninstall", "open", 1)] if answer is Answer.THERE else [])


def test_data_that_were_kept_are_not_wiped_by_a_later_message(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    fill(services, portal)
    for clean in ("0", "1"):
        assert post(client, "/events", uninstall(clean)).status_code == 200
    for table in FILLED:
        assert len(rows(services, table)) == 1


def test_an_event_accepted_by_another_process_just_before_removal_is_not_kept(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    assert post(client, "/events", event()).status_code == 200
    with services.database.session() as session:
        session.get_one(PortalRow, portal).status = "uninstalled"
    assert post(client, "/events", event()).status_code == 403
    assert len(rows(services, InboxRow)) == 1


def replace_the_token(client: FlaskClient, services: FakeServices) -> None:
    """The app is opened again in another process: with the same token first, then with a new one."""
    installing_process = create_app(services).test_client()
    for token, kept in ((APP_TOKEN, 2), ("renewed", 3)):
        assert post(client, "/events", event()).status_code == 200
        opened_again = post(installing_process, "/install", opened(APPLICATION_TOKEN=token), QUERY)
        assert opened_again.status_code == 200
        expected = 200 if token == APP_TOKEN else 403
        assert post(client, "/events", event()).status_code == expected
        assert post(client, "/robot", robot(event_token=f"of {token}")).status_code == expected
        assert len(rows(services, InboxRow)) == kept
    assert len(rows(services, RobotRunRow)) == 1
    assert post(client, "/events", event(token="renewed")).status_code == 200
    assert post(client, "/robot", robot("renewed")).status_code == 200


def test_what_an_older_token_proved_in_another_process_is_not_kept(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    replace_the_token(client, services)


def put_rows_together(app: Flask, held: AbstractContextManager[object], spoilt: dict[str, object]) -> list[object]:
    """Ten events, their robots and a row that no database takes, in one group; their answers, the row's first."""
    writer, portal = app.extensions[EXTENSION].writer, app.extensions[EXTENSION].book.find(MEMBER)

    def spoil() -> object:
        try:
            writer.put(INBOX, portal, {"entity_type_id": 2, "item_id": 1, "body": {}} | spoilt)
        except SystemUnavailable as refusal:
            return refusal.text.en
        return "stored"

    def send(number: int) -> list[int]:
        client = app.test_client()
        ways = ("/events", event(ID=str(number))), ("/robot", robot(event_token=f"token {number}"))
        return [post(client, *way).status_code for way in ways]

    with ThreadPoolExecutor(11) as pool:
        with held:
            answers = [pool.submit(spoil), *(pool.submit(send, number) for number in range(1, 11))]
            time.sleep(0.5)
        return [answer.result() for answer in answers]


NOT_TAKEN = ["The database did not take this row", *[[200, 200]] * 10]


def test_one_row_that_cannot_be_stored_takes_no_other_with_it(
    app: Flask, services: FakeServices, portal: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def held() -> Iterator[None]:
        with (tmp_path / "app.sqlite.turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    assert put_rows_together(app, held(), {"event": None}) == NOT_TAKEN
    assert sorted(row.item_id for row in rows(services, InboxRow)) == list(range(1, 11))
    assert len(rows(services, RobotRunRow)) == 10
    assert "a row of portal 1 was not stored: IntegrityError" in caplog.text


def test_a_number_too_large_for_the_database_is_answered_as_bad_input(
    client: FlaskClient, services: FakeServices, portal: int
) -> None:
    answer = post(client, "/events", event("ONCRMDYNAMICITEMADD_9999999999"))
    assert answer.status_code == 400 and answer.json is not None and answer.json["field"] == "event"
    assert post(client, "/events", event(ID="9" * 19)).status_code == 400
    assert post(client, "/events", event()).status_code == 200
    assert [row.item_id for row in rows(services, InboxRow)] == [662]


def test_a_database_that_fails_is_told_and_recovers(services: FakeServices, portal: int, tmp_path: Path) -> None:
    client = create_app(services).test_client()
    file = tmp_path / "app.sqlite.turn"
    file.mkdir()
    assert post(client, "/events", event()).status_code == 503
    file.rmdir()
    assert post(client, "/events", event()).status_code == 200
    with services.database.session() as session:
        session.execute(text("ALTER TABLE inbox RENAME TO away"))
    assert post(client, "/events", event()).status_code == 503
    with services.database.session() as session:
        session.execute(text("ALTER TABLE away RENAME TO inbox"))
    assert post(client, "/events", event()).status_code == 200
    assert len(rows(services, InboxRow)) == 2
