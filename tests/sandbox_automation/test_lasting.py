"""What automation keeps when the portal is stopped, and what it is started with."""

from __future__ import annotations

from pathlib import Path

from sandbox.kernel import behaviour
from sandbox.server.desk import Desk
from sandbox.server.options import parse
from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_automation.conftest import START, App


def opened(sandbox: Sandbox, receiver: Receiver) -> App:
    return App(sandbox, receiver, sandbox.control("open", {"client_id": "local.1"})["fields"]["AUTH_ID"])


def test_a_pause_survives_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    with Sandbox("--rate", "off", "--now", START, data=tmp_path) as sandbox:
        sandbox.control("install", {"client_id": "local.1", "client_secret": "s", "handler_url": receiver.url()})
        app = opened(sandbox, receiver)
        app.robot("say")
        body = {"entityTypeId": 2, "categoryId": 0, "stageId": "PREPARATION", "code": "say", "delay": "P1D"}
        sandbox.control("place_robot", body)
        app.move(app.deal(), "PREPARATION")
    with Sandbox("--rate", "off", data=tmp_path) as sandbox:
        app = opened(sandbox, receiver)
        assert app.forms() == []
        sandbox.control("clock", {"advance": "P2D"})
        [form] = app.forms()
        assert opened(sandbox, receiver).rest("bizproc.event.send", {"EVENT_TOKEN": form["event_token"]}) is True


def test_bugs_of_the_command_line() -> None:
    desk = Desk(parse(["--bugs", "company_not_cleared"]))
    desk.open(1)
    assert behaviour.on(desk.portal, "company_not_cleared")
    assert not behaviour.on(desk.portal, "atom_dates_do_not_filter")
    behaviour.with_bugs(desk.portal, ["all"])
    assert all(behaviour.on(desk.portal, name) for name in behaviour.BUGS)
    assert not behaviour.on(desk.portal, "mandatory_on_add"), "an open point of the documentation is no bug"
