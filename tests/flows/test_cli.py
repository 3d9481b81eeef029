"""The command line on a running installation: what it prints, and 0, 1 or 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b24app.__main__ import main
from tests.flows.conditions import Condition, quiet
from tests.flows.office import Office
from tests.flows.scenarios import shipped_deal
from tests.flows.test_drift import delete_stage
from tests.harness.administrator import Administrator
from tests.harness.world import World

pytestmark = pytest.mark.flow


@dataclass
class Said:
    """A command's exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def b24app(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command of the product in this process, as `python -m b24app` does."""
    monkeypatch.setenv("B24APP_PLAN", "box")

    def run(*words: str, data: Path = world.data) -> Said:
        capsys.readouterr()
        try:
            code = main([*words, "--data", str(data)])
        except SystemExit as usage:
            code = int(usage.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def play(world: World) -> Condition:
    """Deal 501 of company 100 is shipped."""
    play = Condition(world, Office(world), quiet)
    shipped_deal(play)
    return play


def test_explain(play: Condition, b24app: Run) -> None:
    told = b24app("explain", "company", "100")
    assert told.code == 0
    for words in ("keep_company_type, версия 1", "Клиент: сделок в активной базе — 1", "Следующая проверка", "Факты:"):
        assert words in told.out
    entries = b24app("explain", "company", "100", "--json").document
    found = next(entry for entry in entries if entry["rule"] == "keep_company_type")
    assert (found["entity"], found["item_id"], found["outcome"]) == ("company", 100, "type.client")
    assert found["ru"].startswith("Клиент") and found["en"].startswith("Client") and found["facts"]["deals"] == 1
    idle = [entry for entry in entries if not (entry["acts"] or entry["next_at"] or entry["trouble"])]
    assert idle and all(f"  {entry['ru']}" not in told.out for entry in idle)
    assert f"делать нечего: {len(idle)}" in told.out
    assert b24app("explain", "company", "7777", "--json").document == []
    assert "ещё не было" in b24app("explain", "company", "7777").out
    unknown = b24app("explain", "invoce", "1")
    assert unknown.code == 1 and "invoice" in unknown.err


def test_journal_and_undo(play: Condition, b24app: Run) -> None:
    rows = b24app("journal", "--object", "company:100", "--since", "2026-04-06", "--json").document
    change = next(row for row in rows if row["rule"] == "keep_company_receivables")
    assert change["after"]["debt_in_period"] == "120000.00 RUB" and change["state"] == "done"
    assert "debt_in_period: — → 120000.00 RUB" in b24app("journal", "--rule", "keep_company_receivables").out
    assert b24app("journal", "--rule", "no_such_rule", "--json").document == []
    undone = b24app("undo", str(change["id"]), "--json")
    assert undone.code == 0 and undone.document[0]["undone"] is True
    assert not play.office.company(100)["debt_in_period"]
    again = b24app("undo", str(change["id"]))
    assert again.code == 1 and "уже отменено" in again.out
    assert "нет" in b24app("undo", "999999").out
    assert b24app("journal", "--object", "company:100", "--json").document[-1]["cause"] == "user"


def test_undo_leaves_what_people_have_changed_since(play: Condition, b24app: Run) -> None:
    rows = b24app("journal", "--object", "company:100", "--json").document
    change = next(row for row in rows if row["rule"] == "keep_company_type" and row["after"]["type"] == "type.client")
    play.office.update(4, 100, {"typeId": play.world.name("type.lost")["id"]})
    refused = b24app("undo", str(change["id"]))
    assert refused.code == 1 and "С тех пор изменено: type" in refused.out
    assert play.office.company(100)["type"] == "type.lost"


def test_the_error_inbox(world: World, b24app: Run) -> None:
    play = Condition(world, Office(world), quiet)
    assert b24app("errors", "--json").document == []
    play.office.put_deal(503, "stage.active.packing", company=None)
    play.office.ship(503)
    play.goes_on()
    [item] = b24app("errors", "--json").document
    assert (item["entity"], item["item_id"], item["state"]) == ("deal", 503, "open")
    assert "компания в ней не указана" in b24app("errors", "list").out
    still = b24app("errors", "retry", str(item["id"]))
    assert still.code == 1 and "осталась" in still.out
    play.office.update(2, 503, {"companyId": 100})
    solved = b24app("errors", "retry", str(item["id"]), "--json")
    assert solved.code == 0 and solved.document["state"] == "resolved"
    assert play.office.debt()["deal"] == 503
    assert b24app("errors", "--json").document == []
    assert b24app("errors", "skip", str(item["id"]), "--json").document["state"] == "skipped"
    unknown = b24app("errors", "skip", "999999")
    assert unknown.code == 1 and "999999" in unknown.err


def test_doctor(world: World, b24app: Run) -> None:
    report = b24app("doctor", "--json")
    assert report.code == 0 and report.document["status"] in ("ok", "degraded")
    checks = {check["name"]: check["status"] for check in report.document["checks"]}
    assert {"tokens", "portal", "queue", "lag", "errors", "limits"} <= checks.keys()
    links = {checks[name] for name in ("events", "robots", "placements", "drift")}
    assert checks["portal"] == checks["queue"] == "ok" and links == {"ok"}
    assert "Портал отвечает" in b24app("doctor").out
    robot = world.kit.gateway.call("bizproc.robot.list")[0]
    world.kit.gateway.call("bizproc.robot.delete", {"CODE": robot}, write=True)
    delete_stage(world, "stage.active.shipped")
    told = {check["name"]: check for check in b24app("doctor", "--json").document["checks"]}
    assert "stage.active.shipped" in told["drift"]["ru"] and robot in told["robots"]["ru"]
    assert told["drift"]["status"] == told["robots"]["status"] == "degraded"
    assert told["events"]["status"] == told["placements"]["status"] == "ok"


def test_a_role_is_given_to_an_employee(world: World, b24app: Run) -> None:
    by_department = b24app("settings", "get", "role.sales_head", "--json").document["role.sales_head"]
    assert b24app("settings", "set", "role.sales_head", "11").code == 0 and by_department != 11
    assert b24app("settings", "get", "role.sales_head", "--json").document == {"role.sales_head": 11}
    for key, word, said in (
        ("role.nobody_knows", "7", "role.sales_head"),
        ("role.sales_head", "me", "номер сотрудника"),
        ("role.sales_head", "999999", "номер сотрудника"),
    ):
        refused = b24app("settings", "set", key, word)
        assert refused.code == 1 and said in refused.err
    assert b24app("settings", "get", "role.nobody_knows").code == 1
    assert b24app("settings", "set", "role.sales_head", str(by_department)).code == 0


def test_settings(world: World, b24app: Run) -> None:
    assert b24app("settings", "get", "debt.deferral_default", "--json").document == {"debt.deferral_default": 14}
    assert b24app("settings", "set", "debt.deferral_default", "9").out == "debt.deferral_default = 9\n"
    assert b24app("settings", "get", "--json").document["debt.deferral_default"] == 9
    for key, word, allowed in (
        ("debt.deferral_default", "soon", "Нужно число от"),
        ("debt.deferral_default", "NaN", "Нужно число от"),
        ("debt.deferral_default", "Infinity", "Нужно число от"),
        ("debt.weekend_due", "never", "next_workday"),
        ("no.such.key", "1", "debt.deferral_default"),
    ):
        refused = b24app("settings", "set", key, word)
        assert refused.code == 1 and allowed in refused.err, (key, word)
    assert b24app("settings", "get", "debt.deferral_default", "--json").document == {"debt.deferral_default": 9}


def test_options_take_lists(world: World, b24app: Run) -> None:
    names = ("--accept-rename", "type.client", "type.lost", "--accept-rename", "type.debtor")
    for presets in (("food_distribution", "no_such"), ("food_distribution",)):
        told = b24app("provision", "--plan", "--preset", *presets, *names)
        assert told.code == (1 if "no_such" in presets else 0), told.err
        assert ("no_such" in told.err) is ("no_such" in presets)


def test_the_time_zone_is_found_or_set(world: World, b24app: Run) -> None:
    assert b24app("settings", "get", "tz", "--json").document == {"tz": "Europe/Moscow"}
    refused = b24app("settings", "set", "tz", "Moscow")
    assert refused.code == 1 and "Europe/Samara" in refused.err
    assert b24app("settings", "set", "tz", "Asia/Yekaterinburg").out == "tz = Asia/Yekaterinburg\n"
    assert b24app("settings", "get", "--json").document["tz"] == "Asia/Yekaterinburg"
    world.reconnect()
    assert world.kit.provision(["food_distribution"]).complete
    Administrator(world).open()
    assert world.kit.zone.key == "Asia/Yekaterinburg", "what an administrator has set stays"
    assert world.kit.engine.context.time_zone == "Asia/Yekaterinburg"


def test_sweeps(play: Condition, b24app: Run) -> None:
    play.office.put_fields("company", 100, debt_in_period=Decimal(1))
    before = play.world.last_call()
    dry = b24app("sweep", "nightly", "--dry-run", "--json")
    assert dry.code == 0
    would = dry.document["nightly"]
    assert (would["dry_run"], would["commands"], would["errors"]) == (True, 1, 0)
    assert would["sample"][0]["target"] == "company:100"
    told = b24app("sweep", "--all", "--dry-run").out
    assert "отправил бы команд 1" in told and "debt_in_period = 120000.00 RUB" in told
    assert play.world.writes_since(before) == []
    assert b24app("sweep", "--all").code == 0
    assert play.office.company(100)["debt_in_period"] == 120_000
    unknown = b24app("sweep", "weekly")
    assert unknown.code == 1 and "nightly" in unknown.err


def test_provision_and_manifest(world: World, b24app: Run) -> None:
    before = world.last_call()
    assert "Всё уже создано" in b24app("provision", "--plan").out
    assert b24app("provision").code == 0
    assert world.writes_since(before) == []
    assert b24app("provision", "--preset", "no_such").code == 1
    assert b24app("manifest", "--json").document["stage.debt.paid"]["kind"] == "stage"
    assert "stage.debt.paid" in b24app("manifest").out


def test_credentials(b24app: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = tmp_path / "secret"
    words.write_text("a very secret word\n\n")
    with words.open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        assert b24app("credentials", "add", "local.second", "--domain", "second.bitrix24.ru").code == 0
        empty = b24app("credentials", "add", "local.third")
        assert empty.code == 1 and "пуст" in empty.err
    listed = b24app("credentials", "list", "--json")
    assert {"client_id": "local.second", "domain": "second.bitrix24.ru"} in listed.document
    assert "a very secret word" not in listed.out
    assert b24app("credentials", "remove", "local.second").code == 0
    assert b24app("credentials", "remove", "local.second").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("",),
        ("nonsense",),
        ("explain", "company"),
        ("explain", "company", "x"),
        ("journal", "--object", "company"),
        ("journal", "--since", "yesterday"),
        ("undo",),
        ("undo", "x"),
        ("errors", "retry"),
        ("errors", "mend", "1"),
        ("settings", "set", "debt.pre_days"),
        ("settings", "reset"),
        ("sweep",),
        ("sweep", "nightly", "--all"),
        ("exchange",),
        ("credentials", "add"),
        ("settle", "--timeout", "x"),
    ],
    ids=" ".join,
)
def test_wrong_usage(b24app: Run, words: tuple[str, ...]) -> None:
    said = b24app(*words)
    assert said.code == 2 and said.err and not said.out


def test_failures_are_told_in_words(b24app: Run, tmp_path: Path) -> None:
    for words in (("exchange", "orders"), ("manifest", "--portal", "other.bitrix24.ru")):
        plain, as_json = b24app(*words), b24app(*words, "--json")
        assert plain.code == as_json.code == 1
        assert plain.err and not plain.out and "Traceback" not in plain.err
        assert {"error", "ru", "en"} == as_json.document.keys()
    empty = b24app("explain", "company", "100", data=tmp_path)
    assert empty.code == 1 and "migrate" in empty.err
