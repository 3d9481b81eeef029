"""The data set for the official SDK's own tests."""

from __future__ import annotations

from tests.harness.sandbox import Sandbox


def test_the_numbers_that_the_suite_names() -> None:
    with Sandbox("--rate", "off", fixture="sdk") as sandbox:
        assert sandbox.rest("crm.activity.binding.list", {"activityId": 1}) == [{"entityTypeId": 1, "entityId": 43}]
        assert [item["ID"] for item in sandbox.rest("crm.calllist.items.get", {"LIST_ID": 19})] == [1, 3]
        assert sandbox.rest("crm.item.get", {"entityTypeId": 2, "id": 27})["item"]["title"] == "SDK 27"
        repeated = sandbox.rest("crm.deal.recurring.add", {"fields": {"DEAL_ID": 27}})
        assert sandbox.rest("crm.deal.recurring.get", {"id": repeated})["DEAL_ID"] == "27"
        assert sandbox.rest("disk.folder.get", {"id": 293})["STORAGE_ID"] == "215"
        assert [child["TYPE"] for child in sandbox.rest("disk.storage.getchildren", {"id": 215})] == ["folder"]


def test_the_portal_is_in_use() -> None:
    with Sandbox("--rate", "off", fixture="sdk") as sandbox:
        task = sandbox.rest("tasks.task.add", {"fields": {"TITLE": "Ещё", "RESPONSIBLE_ID": 1}})["task"]["id"]
        assert sandbox.rest("task.commentitem.add", {"TASKID": task, "FIELDS": {"POST_MESSAGE": "x"}}) > 1
        assert sandbox.rest("task.checklistitem.add", {"TASKID": task, "FIELDS": {"TITLE": "x"}}) > 1
        assert [row["POST_MESSAGE"] for row in sandbox.rest("task.commentitem.getlist", {"TASKID": 2})] == ["SDK"]
        assert len(sandbox.rest("crm.requisite.bankdetail.list", {})) == 1
        assert [group["NAME"] for group in sandbox.rest("sonet_group.get", {})] == ["SDK"]
