"""Knowledge bases in REST 3.0."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox_tasks.conftest import V3, refused, result

REQUEST, OBJECT = "VALIDATION_REQUESTVALIDATIONEXCEPTION", "VALIDATION_DTOVALIDATIONEXCEPTION"
ANNA = 2


@pytest.fixture
def base(v3: V3) -> int:
    return int(result(v3("note.collection.add", {"fields": {"name": "Регламенты"}}))["item"]["id"])


@pytest.fixture
def page(v3: V3, base: int) -> int:
    fields = {"collectionId": base, "title": "Глава", "markdown": "Возврат товара принимает склад."}
    return int(result(v3("note.document.add", {"fields": fields}))["item"]["id"])


def test_knowledge_bases(v3: V3, base: int) -> None:
    second = result(v3("note.collection.add", {"fields": {"name": "Вторая"}}))["item"]
    assert (second["position"], second["createdAt"], second["policyLevel"]) == (200, second["updatedAt"], "manage")
    first = result(v3("note.collection.list", {"pagination": {"limit": 1}}))
    assert ([row["id"] for row in first["items"]], first["nextCursor"]) == ([base], {"position": 100, "id": base})
    rest = result(v3("note.collection.list", {"pagination": {"limit": 1, "afterCursor": first["nextCursor"]}}))
    assert ([row["id"] for row in rest["items"]], rest["nextCursor"]) == ([second["id"]], None)
    rename = {"id": base, "fields": {"name": "Иначе"}}
    assert refused(v3("note.collection.update", rename, ANNA))[:2] == (403, "ACCESSDENIEDEXCEPTION")
    assert result(v3("note.collection.update", rename))["item"]["name"] == "Иначе"
    assert result(v3("note.collection.archive", {"id": second["id"]})) == {"result": True}
    assert refused(v3("note.collection.get", {"id": second["id"]}))[1] == "ENTITYNOTFOUNDEXCEPTION"
    assert result(v3("note.collection.delete", {"id": base})) == {"result": True}


@pytest.mark.parametrize(
    ("method", "body", "refusal"),
    [
        ("collection.add", {}, (400, REQUEST, ["fields"])),
        ("collection.add", {"fields": {}}, (400, OBJECT, ["name"])),
        ("collection.add", {"fields": {"name": "x" * 256}}, (400, OBJECT, ["name"])),
        ("collection.get", {}, (400, REQUEST, ["id"])),
        ("document.add", {"fields": {"title": "x"}}, (400, OBJECT, ["collectionId"])),
        ("document.add", {"fields": {"title": "x", "collectionId": 99}}, (400, "ENTITYNOTFOUNDEXCEPTION", [])),
        ("document.search.list", {"query": "x"}, (400, "NOTE_SEARCH_QUERY_TOO_SHORT", ["query"])),
        ("file.get", {"id": 1, "documentId": 99}, (400, "ENTITYNOTFOUNDEXCEPTION", [])),
    ],
)
def test_refusals(v3: V3, method: str, body: dict[str, Any], refusal: tuple[int, str, list[str]]) -> None:
    assert refused(v3(f"note.{method}", body)) == refusal


def test_documents(v3: V3, base: int, page: int) -> None:
    child = {"collectionId": base, "title": "Раздел", "parentId": page}
    below = result(v3("note.document.add", {"fields": child}))["item"]
    (root,) = result(v3("note.document.tree.list", {"collectionId": base}))["items"]
    assert (root["id"], [one["id"] for one in root["children"]]) == (page, [below["id"]])
    wrong = {"fields": {**child, "parentId": 999}}
    assert refused(v3("note.document.add", wrong)) == (400, "NOTE_INVALID_PARENT", ["parentId"])
    assert refused(v3("note.document.update", {"id": page, "fields": {}}))[1] == "NOTE_EMPTY_UPDATE"
    assert result(v3("note.document.update", {"id": page, "fields": {"title": "Новая"}}))["item"]["title"] == "Новая"
    assert result(v3("note.document.archive", {"id": page})) == {"result": True}
    assert refused(v3("note.document.get", {"id": below["id"]}))[1] == "ENTITYNOTFOUNDEXCEPTION"


def test_search(v3: V3, page: int) -> None:
    found = result(v3("note.document.search.list", {"query": "товара"}))
    assert ([row["documentId"] for row in found["items"]], found["hasMore"]) == ([page], False)
    assert "<b>товара</b>" in found["items"][0]["snippet"]


def test_files(v3: V3, page: int) -> None:
    content = base64.b64encode(b"png").decode()
    body = {"documentId": page, "fileName": "a.png", "fileContent": content}
    item = result(v3("note.file.add", body))["item"]
    assert (item["size"], item["mimeType"], item["assetMarkdown"]) == (3, "image/png", f"[[image fileId={item['id']}]]")
    assert result(v3("note.file.get", {"id": item["id"], "documentId": page}))["item"] == item
    assert refused(v3("note.file.add", {**body, "fileContent": "?"})) == (400, REQUEST, ["fileContent"])
    assert refused(v3("note.file.add", {**body, "fileName": "a.php"}))[1] == "NOTE_FILE_TYPE_NOT_ALLOWED"
