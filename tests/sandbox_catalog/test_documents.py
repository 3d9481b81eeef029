"""The document generator: templates from docx files, numbers, documents of cards, their files and events."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest

from sandbox.kernel import features
from sandbox.papers import docx
from tests.harness.sandbox import Sandbox
from tests.sandbox_catalog.conftest import Desk

FILE = ["act.docx", base64.b64encode(docx.sample("DocumentNumber", "Title", "Reason")).decode()]
BROKEN_RUNS = b"<w:t>{</w:t></w:r><w:r><w:t>Reason</w:t></w:r><w:r><w:t>}</w:t>"


def text_of(content: bytes) -> str:
    """The body of a docx."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("word/document.xml").decode()


def template(desk: Desk, **fields: Any) -> int:
    """Adds a template of deals with a numerator of its own."""
    settings = {"Bitrix_Main_Numerator_Generator_SequentNumberGenerator": {"start": 7, "step": 2, "length": 4}}
    numbering = {"name": "Акты", "template": "A-{NUMBER}", "settings": settings}
    numerator = desk("crm.documentgenerator.numerator.add", fields=numbering)["numerator"]["id"]
    values = {"name": "Акт", "file": FILE, "numeratorId": numerator, "region": "ru", "entityTypeId": ["2"], **fields}
    return int(desk("crm.documentgenerator.template.add", fields=values)["template"]["id"])


def document(desk: Desk, **params: Any) -> dict[str, Any]:
    """Makes a document of a new deal."""
    deal = desk("crm.item.add", entityTypeId=2, fields={"title": "Стол & стул"})["item"]["id"]
    asked = {"templateId": template(desk), "entityTypeId": 2, "entityId": deal, **params}
    return dict(desk("crm.documentgenerator.document.add", **asked)["document"])


def test_numbers_follow_the_numerator(desk: Desk) -> None:
    number = template(desk)
    asked = {"templateId": number, "entityTypeId": 2, "entityId": 1}
    made = [desk("crm.documentgenerator.document.add", **asked)["document"] for _ in range(2)]
    assert [entry["number"] for entry in made] == ["A-0007", "A-0009"]
    assert made[0]["title"] == "Акт A-0007"
    assert isinstance(made[0]["id"], int) and made[0]["templateId"] == str(number)


def test_document_of_a_card_lives_and_tells(desk: Desk) -> None:
    made = document(desk, values={"Reason": "demo"}, stampsEnabled=1)
    number = made["id"]
    read = desk("crm.documentgenerator.document.get", id=number)["document"]
    assert (read["id"], read["stampsEnabled"], read["values"]["Reason"]) == (str(number), True, "demo")
    changed = desk("crm.documentgenerator.document.update", id=number, values={"DocumentNumber": "B"}, stampsEnabled=0)
    assert (changed["document"]["number"], changed["document"]["stampsEnabled"]) == ("B", False)
    wanted = {"entityTypeId": 2, "entityId": made["entityId"]}
    listed = desk("crm.documentgenerator.document.list", filter=wanted)["documents"]
    assert [entry["id"] for entry in listed] == [str(number)]
    opened = desk("crm.documentgenerator.document.enablepublicurl", id=number, status=1)["publicUrl"]
    assert "/~" in opened
    assert desk("crm.documentgenerator.document.enablepublicurl", id=number, status=0)["publicUrl"] is None
    assert desk("crm.documentgenerator.document.delete", id=number) is None
    ids = {"ID": str(number), "ENTITY_TYPE_ID": "2", "ENTITY_ID": made["entityId"]}
    told = [event for event in desk.events if "DOCUMENTGENERATOR" in event[0]]
    assert told == [(f"ONCRMDOCUMENTGENERATORDOCUMENT{what}", {"FIELDS": ids}) for what in ("ADD", "UPDATE", "DELETE")]


def test_fields_name_the_placeholders(desk: Desk) -> None:
    number = template(desk)
    fields = desk("crm.documentgenerator.template.getfields", id=number, entityTypeId=2, entityId=1)["templateFields"]
    assert fields["DocumentNumber"]["value"] == "A-0007" and fields["Reason"] == {"value": "", "default": ""}
    made = document(desk, values={"Reason": "demo"})
    own = desk("crm.documentgenerator.document.getfields", id=made["id"])["documentFields"]
    assert own["Reason"]["value"] == "demo" and own["DocumentTitle"]["value"] == made["title"]


def test_placeholder_broken_into_runs_is_found(desk: Desk) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", BROKEN_RUNS)
    assert docx.placeholders(out.getvalue()) == ["Reason"]
    assert text_of(docx.filled(out.getvalue(), {"Reason": "<demo>"})) == "<w:t>&lt;demo&gt;</w:t>"


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        ("crm.documentgenerator.template.add", {}, 100, "Could not find value for parameter {fields}"),
        ("crm.documentgenerator.template.add", {"fields": {"name": "x"}}, "0", "Empty required fields: numeratorId"),
        ("crm.documentgenerator.template.get", {"id": 99}, "0", "Template not found"),
        ("crm.documentgenerator.document.get", {}, "100", "Bitrix\\DocumentGenerator\\Document constructor"),
        ("crm.documentgenerator.document.get", {"id": 99}, "0", "Document not found"),
        ("crm.documentgenerator.document.add", {"templateId": 1, "entityTypeId": 999}, "0", "No provider for entity"),
        ("crm.documentgenerator.numerator.get", {"id": 99}, "100", "Could not construct parameter {numerator}"),
        ("crm.documentgenerator.numerator.delete", {"id": 1}, "DOCGEN_ACCESS_ERROR", "Access denied"),
        ("crm.documentgenerator.document.upload", {"fields": {"entityTypeId": 2}}, "0", "Empty required fields: fileC"),
        ("documentgenerator.document.add", {"templateId": 1, "value": "x"}, "DOCGEN_ACCESS_ERROR", "Access denied"),
        ("documentgenerator.region.get", {"id": 99}, "0", "Region not found"),
        ("documentgenerator.role.get", {"id": 99}, "100", "Could not construct parameter {role}"),
    ],
)
def test_refusals(desk: Desk, method: str, params: dict[str, Any], code: Any, text: str) -> None:
    have, description = desk.refused(method, **params)
    assert have == code and description.startswith(text)


def test_rights(desk: Desk) -> None:
    assert desk.refused("crm.documentgenerator.template.list", user=11) == ("DOCGEN_ACCESS_ERROR", "Access denied")
    assert desk.refused("crm.documentgenerator.numerator.list", user=11)[0] == ""
    assert desk.refused("documentgenerator.document.list", user=11)[0] == "0"
    assert desk("crm.documentgenerator.document.list", user=11)["documents"] is not None


def test_deleted_template_makes_no_documents(desk: Desk) -> None:
    number = template(desk)
    assert desk("crm.documentgenerator.template.delete", id=number) is None
    assert str(number) not in desk("crm.documentgenerator.template.list")["templates"]
    text = desk.refused("crm.documentgenerator.document.add", templateId=number, entityTypeId=2, entityId=1)[1]
    assert text == "Cannot create document on deleted template"


def test_files_are_served(portal: Sandbox) -> None:
    fields = {"name": "T", "file": FILE, "numeratorId": 1, "region": "ru"}
    number = portal.rest("documentgenerator.template.add", {"fields": fields})["template"]["id"]
    asked = {"templateId": number, "value": "x", "values": {"Reason": "demo", "DocumentNumber": "5"}}
    made = portal.rest("documentgenerator.document.add", asked)["document"]
    body = text_of(portal.http.get(made["downloadUrlMachine"], timeout=60).content)
    assert "Reason: demo" in body and "DocumentNumber: 5" in body
    pdf = portal.http.get(made["pdfUrlMachine"], timeout=60)
    assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "Reason: demo" in text_of(portal.http.get(made["downloadUrl"], timeout=60).content)
    url = portal.rest("documentgenerator.document.enablepublicurl", {"id": made["id"], "status": 1})["publicUrl"]
    assert portal.http.get(url, timeout=60).content == pdf.content
    portal.rest("documentgenerator.document.enablepublicurl", {"id": made["id"], "status": 0})
    assert portal.http.get(url, timeout=60).status_code == 404


def test_template_comes_from_drive(desk: Desk) -> None:
    storage = desk("disk.storage.getlist")[0]["ID"]
    uploaded = desk("disk.storage.uploadfile", id=storage, data={"NAME": "act.docx"}, fileContent=FILE)
    fields = {"name": "T", "fileId": uploaded["ID"], "numeratorId": 1, "region": "ru"}
    number = desk("documentgenerator.template.add", fields=fields)["template"]["id"]
    assert "Reason" in desk("documentgenerator.template.getfields", id=number)["templateFields"]
    fields["fileId"] = 999
    assert desk.refused("documentgenerator.template.add", fields=fields) == ("0", "Missing file content")


def test_plan_without_documents(desk: Desk) -> None:
    features.switch(desk.portal, {"documents": False, "document_roles": False})
    asked = {"templateId": 1, "entityTypeId": 2, "entityId": 1}
    assert desk.refused("crm.documentgenerator.document.add", **asked)[0] == "DOCGEN_LIMIT_ERROR"
    assert desk.refused("documentgenerator.role.list")[0] == "DOCGEN_ACCESS_ERROR"
