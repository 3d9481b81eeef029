"""The drive: storages, folders, files with versions, links that carry contents, rights."""

from __future__ import annotations

import base64
from typing import Any

import requests

from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App


def own(sandbox: Sandbox, user: int = 1) -> str:
    asked = {"filter": {"ENTITY_TYPE": "user", "ENTITY_ID": user}}
    number: str = sandbox.rest("disk.storage.getList", asked, user=user)[0]["ID"]
    return number


def folder(sandbox: Sandbox, name: str = "Договоры", **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = sandbox.rest(
        "disk.storage.addFolder", {"id": own(sandbox), "data": {"NAME": name}}, **options
    )
    return made


def send(sandbox: Sandbox, place: Any, name: str, content: bytes, **more: Any) -> dict[str, Any]:
    body = [name, base64.b64encode(content).decode()]
    made: dict[str, Any] = sandbox.rest(
        "disk.folder.uploadFile", {"id": place, "data": {"NAME": name}, "fileContent": body, **more}
    )
    return made


def test_everybody_has_a_drive_and_the_company_has_one(sandbox: Sandbox) -> None:
    storages = sandbox.rest("disk.storage.getList")
    assert {"user", "common"} == {storage["ENTITY_TYPE"] for storage in storages}
    seen = sandbox.rest("disk.storage.getList", user=11)
    assert [(s["ENTITY_TYPE"], s["ENTITY_ID"]) for s in seen] == [("common", "shared_files_s1"), ("user", "11")]
    assert refusal(sandbox, "disk.storage.get", {"id": own(sandbox)}, user=11) == ("ACCESS_DENIED", 400)
    assert refusal(sandbox, "disk.storage.get", {"id": 7777}) == ("ERROR_NOT_FOUND", 400)
    assert refusal(sandbox, "disk.storage.get", {}) == ("ERROR_ARGUMENT", 400)


def test_folders_are_made_moved_copied_and_thrown_away(sandbox: Sandbox) -> None:
    top = folder(sandbox)
    assert (top["ID"], top["DELETED_TYPE"], top["DELETED_BY"]) == (top["REAL_OBJECT_ID"], 0, None)
    again = {"id": own(sandbox), "data": {"NAME": "договоры"}}
    assert refusal(sandbox, "disk.storage.addFolder", again) == ("DISK_OBJ_22000", 400)
    inner = sandbox.rest("disk.folder.addSubFolder", {"id": top["ID"], "data": {"NAME": "2026"}})
    assert refusal(sandbox, "disk.folder.addSubFolder", {"id": top["ID"], "data": {}}) == ("ERROR_ARGUMENT", 400)
    send(sandbox, inner["ID"], "a.txt", b"a")
    other = folder(sandbox, "Архив")
    copied = sandbox.rest("disk.folder.copyTo", {"id": inner["ID"], "targetFolderId": other["ID"]})
    assert [row["NAME"] for row in sandbox.rest("disk.folder.getChildren", {"id": copied["ID"]})] == ["a.txt"]
    assert refusal(sandbox, "disk.folder.moveTo", {"id": inner["ID"], "targetFolderId": other["ID"]})[0] == (
        "DISK_OBJ_22000"
    )
    renamed = sandbox.rest("disk.folder.rename", {"id": inner["ID"], "newName": "2027"})
    assert renamed["DETAIL_URL"].endswith("/disk/path/Договоры/2027")
    moved = sandbox.rest("disk.folder.moveTo", {"id": inner["ID"], "targetFolderId": other["ID"]})
    assert moved["PARENT_ID"] == other["ID"]
    assert sandbox.rest("disk.folder.markDeleted", {"id": inner["ID"]})["DELETED_TYPE"] == 3
    assert sandbox.rest("disk.folder.get", {"id": inner["ID"]})["DELETED_TYPE"] == "3"
    assert sandbox.rest("disk.folder.restore", {"id": inner["ID"]})["DELETED_TYPE"] == 0
    assert sandbox.rest("disk.folder.deleteTree", {"id": other["ID"]}) is True
    assert refusal(sandbox, "disk.folder.get", {"id": inner["ID"]}) == ("ERROR_NOT_FOUND", 400)


def test_the_bytes_that_went_up_come_down(sandbox: Sandbox) -> None:
    content = bytes(range(256))
    place = folder(sandbox)["ID"]
    file = send(sandbox, place, "data.bin", content)
    assert file["SIZE"] == "256"
    answer = requests.get(file["DOWNLOAD_URL"], timeout=60)
    assert answer.content == content
    assert "data.bin" in answer.headers["Content-Disposition"]
    spoiled = file["DOWNLOAD_URL"].replace("%7C", "%7CA")
    assert requests.get(spoiled, timeout=60).status_code == 404
    assert refusal(sandbox, "disk.folder.uploadFile", {"id": place, "fileContent": ["x", "eA=="]}) == (
        "DISK_BASE_SERVICE_22001",
        400,
    )
    again = send(sandbox, place, "data.bin", b"2", generateUniqueName=True)
    assert again["NAME"] == "data (1).bin"


def test_a_file_is_sent_to_an_address(sandbox: Sandbox) -> None:
    place = folder(sandbox)["ID"]
    address = sandbox.rest("disk.folder.uploadFile", {"id": place})
    sent = requests.post(address["uploadUrl"], files={address["field"]: ("письмо.txt", b"text")}, timeout=60).json()
    assert sent["result"]["NAME"] == "письмо.txt"
    assert requests.get(sent["result"]["DOWNLOAD_URL"], timeout=60).content == b"text"


def test_versions_are_kept_and_restored(sandbox: Sandbox) -> None:
    file = send(sandbox, folder(sandbox)["ID"], "a.txt", b"one")
    changed = sandbox.rest("disk.file.uploadVersion", {"id": file["ID"], "fileContent": ["a.txt", "dHdv"]})
    assert (changed["GLOBAL_CONTENT_VERSION"], changed["SIZE"]) == (2, "3")
    versions = sandbox.rest("disk.file.getVersions", {"id": file["ID"]})
    assert [v["GLOBAL_CONTENT_VERSION"] for v in versions] == ["2", "1"]
    assert requests.get(versions[1]["DOWNLOAD_URL"], timeout=60).content == b"one"
    restored = sandbox.rest("disk.file.restoreFromVersion", {"id": file["ID"], "versionId": versions[1]["ID"]})
    assert requests.get(restored["DOWNLOAD_URL"], timeout=60).content == b"one"
    assert sandbox.rest("disk.version.get", {"id": versions[0]["ID"]})["SIZE"] == "3"


def test_what_is_shared_can_be_read_and_no_more(sandbox: Sandbox) -> None:
    place = folder(sandbox)["ID"]
    file = send(sandbox, place, "a.txt", b"a")
    assert refusal(sandbox, "disk.file.get", {"id": file["ID"]}, user=11) == ("ACCESS_DENIED", 400)
    share = {"id": place, "userId": 11, "taskName": "disk_access_read"}
    assert sandbox.rest("disk.folder.shareToUser", share) is True
    assert sandbox.rest("disk.file.get", {"id": file["ID"]}, user=11)["NAME"] == "a.txt"
    assert refusal(sandbox, "disk.file.rename", {"id": file["ID"], "newName": "b"}, user=11) == ("ACCESS_DENIED", 400)
    above = {"id": place, "userId": 12, "taskName": "disk_access_full"}
    assert refusal(sandbox, "disk.folder.shareToUser", above, user=11) == ("ACCESS_DENIED", 400)
    assert refusal(sandbox, "disk.folder.shareToUser", {**share, "taskName": "x"}) == ("ACCESS_DENIED", 400)
    assert sandbox.rest("disk.folder.getExternalLink", {"id": place}).startswith(f"{sandbox.url}/~")


def test_search_goes_by_names_and_texts(sandbox: Sandbox) -> None:
    place = folder(sandbox, "Отчёты")["ID"]
    send(sandbox, place, "итоги.txt", "выручка выросла".encode())
    assert [r["NAME"] for r in sandbox.rest("disk.file.search", {"QUERY": "Итоги"})] == ["итоги.txt"]
    assert len(sandbox.rest("disk.file.search", {"QUERY": "выручка", "FILTER": {"FOLDER_ID": place}})) == 1
    assert refusal(sandbox, "disk.file.search", {"QUERY": "ит"}) == ("INVALID_QUERY", 400)
    assert refusal(sandbox, "disk.file.search", {"QUERY": "итоги", "TYPE": "x"}) == ("INVALID_TYPE", 400)
    assert refusal(sandbox, "disk.file.search", {"QUERY": "итоги", "FILTER": {"X": 1}}) == ("INVALID_FILTER", 400)


def test_an_application_has_its_own_drive(app: App, sandbox: Sandbox) -> None:
    storage = app.rest("disk.storage.getForApp")
    assert storage["ENTITY_TYPE"] == "restapp"
    assert app.rest("disk.storage.rename", {"id": storage["ID"], "newName": "Наше"})["NAME"] == "Наше"
    assert refusal(sandbox, "disk.storage.getForApp", {}) == ("ACCESS_DENIED", 400)
    file = app.rest(
        "disk.storage.uploadFile", {"id": storage["ID"], "data": {"NAME": "a"}, "fileContent": ["a", "YQ=="]}
    )
    assert "auth=" in file["DOWNLOAD_URL"]
    assert requests.get(file["DOWNLOAD_URL"], timeout=60).content == b"a"
