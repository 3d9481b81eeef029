"""Copies of a portal in a folder: they outlive the process, and another portal can start from one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.sandbox import Refused, Sandbox

OPTIONS = ("--rate", "off")


def title(sandbox: Sandbox, item_id: int) -> str:
    return str(sandbox.rest("crm.item.get", {"entityTypeId": 4, "id": item_id})["item"]["title"])


def rename(sandbox: Sandbox, item_id: int, name: str) -> None:
    sandbox.rest("crm.item.update", {"entityTypeId": 4, "id": item_id, "fields": {"title": name}})


def test_a_copy_outlives_the_process(tmp_path: Path) -> None:
    with Sandbox(*OPTIONS, fixture="F0", data=tmp_path) as sandbox:
        before = title(sandbox, 100)
        kept = sandbox.control("snapshot", {})
        rename(sandbox, 100, "Другое имя")
    with Sandbox(*OPTIONS, data=tmp_path) as sandbox:
        assert title(sandbox, 100) == "Другое имя"
        assert sandbox.control("snapshot", {})["id"] == kept["id"] + 1
        sandbox.control("restore", {"id": kept["id"]})
        assert title(sandbox, 100) == before
        with pytest.raises(Refused, match="NO_SNAPSHOT"):
            sandbox.control("restore", {"id": 77})


@pytest.mark.parametrize("folder", [":memory:", "copy"])
def test_a_portal_starts_as_the_copy_of_another(tmp_path: Path, folder: str) -> None:
    with Sandbox(*OPTIONS, fixture="F0", data=tmp_path / "first") as sandbox:
        rename(sandbox, 100, "Перед копией")
        kept = sandbox.control("snapshot", {})
        rename(sandbox, 100, "После копии")
    data = folder if folder == ":memory:" else tmp_path / folder
    with Sandbox(*OPTIONS, "--snapshot", kept["file"], data=data) as copy:
        assert title(copy, 100) == "Перед копией"
        assert copy.ready["member_id"] == sandbox.ready["member_id"]
