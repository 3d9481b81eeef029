"""The rows of the document generator."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.portal import Portal
from sandbox.papers import docx
from sandbox.plain import files
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table

GENERATOR = "Bitrix_Main_Numerator_Generator_SequentNumberGenerator"
# Moment of the rows of a new portal: 1 September 2023.
_BEGAN = 1693555200
_BASIC = ("DocumentNumber", "DocumentTitle", "DocumentCreateTime", "Title", "Opportunity", "ClientName")

NUMERATOR = Table(
    "documentgenerator.numerator",
    "numerator",
    "numerators",
    columns("-id:integer *name:string *template:string code:string settings:map"),
    seeds=(
        {"id": 1, "name": "Общая нумерация", "template": "{NUMBER}", "settings": "{}"},
        {"id": 2, "name": "Акт (Россия)", "template": "{NUMBER}", "settings": "{}"},
        {"id": 3, "name": "Предложения", "template": "{NUMBER}", "settings": "{}", "type": "quote"},
    ),
    # The last number given out, and whose the numerator is: `rest` ones may be changed, those without a type
    # are the generator's own, others number other things than documents.
    hidden=columns("last:integer type:string"),
)


def _templates(portal: Portal) -> list[Row]:
    entry = files.keep(portal.store, "act.docx", docx.sample(*_BASIC))
    common = {"numeratorId": 2, "region": "ru", "fileId": entry["id"], "createTime": _BEGAN, "updateTime": _BEGAN}
    return [
        {"id": 1, "name": "Акт (Россия)", "moduleId": "crm", "entityTypeId": '["2"]', "createdBy": 1, **common},
        {"id": 2, "name": "Счёт (Россия)", "moduleId": "crm", "entityTypeId": '["31"]', "createdBy": 1, **common},
    ]


TEMPLATE = Table(
    "documentgenerator.template",
    "template",
    "templates",
    columns(
        "-id:integer *name:string *region:string code:string active:string moduleId:string *numeratorId:integer"
        " withStamps:string users:list isDeleted:string sort:integer entityTypeId:list createTime:datetime"
        " updateTime:datetime createdBy:integer updatedBy:integer fileId:integer"
    ),
    absent=("0", "Template not found"),
    defaults={"active": "Y", "withStamps": "N", "isDeleted": "N", "sort": 500, "users": '["UA"]', "entityTypeId": "[]"},
    births={"createTime": "now", "createdBy": "user"},
    stamps={"updateTime": "now", "updatedBy": "user"},
    seeds=_templates,
)


def _documents(portal: Portal) -> list[Row]:
    """The one document that a new portal shows as an example."""
    entry = files.keep(portal.store, "act.docx", docx.sample(*_BASIC))
    return [
        {
            **{"id": 9, "title": "Акт (Россия) 1", "number": "1", "templateId": 1, "moduleId": "crm"},
            **{"entityTypeId": 2, "entityId": 5, "fileId": entry["id"], "createdBy": 1, "values": "{}"},
            **{"createTime": _BEGAN, "updateTime": _BEGAN},
        }
    ]


DOCUMENT = Table(
    "documentgenerator.document",
    "document",
    "documents",
    columns(
        "-id:integer title:string number:string templateId:integer fileId:integer imageId:integer pdfId:integer"
        " createTime:datetime updateTime:datetime createdBy:integer updatedBy:integer value:string values:map"
        " stampsEnabled:string entityTypeId:integer entityId:integer moduleId:string publicHash:string"
        " publicTime:datetime"
    ),
    absent=("0", "Document not found"),
    defaults={"stampsEnabled": "N", "values": "{}"},
    births={"createTime": "now", "createdBy": "user", "updateTime": "now"},
    seeds=_documents,
)

REGION = Table(
    "documentgenerator.region",
    "region",
    "regions",
    columns(
        "-id:integer *title:string languageId:string formatDate:string formatDatetime:string formatName:string"
        " phrases:map"
    ),
    absent=("0", "Region not found"),
    defaults={
        "languageId": "ru",
        "formatDate": "DD.MM.YYYY",
        "formatDatetime": "DD.MM.YYYY HH:MI:SS",
        "formatName": "#LAST_NAME# #NAME# #SECOND_NAME#",
        "phrases": "{}",
    },
)

ROLE = Table(
    "documentgenerator.role",
    "role",
    "roles",
    columns("-id:integer *name:string code:string permissions:map"),
    seeds=(
        {"id": 1, "name": "Администратор", "code": "ADMIN", "permissions": "{}"},
        {"id": 2, "name": "Менеджер", "code": "MANAGER", "permissions": "{}"},
    ),
)


def settings_of(given: Any) -> dict[str, Any]:
    """The settings of a numerator, complete."""
    own = given.get(GENERATOR) if isinstance(given, dict) else None
    sent = own if isinstance(own, dict) else {}
    return {
        GENERATOR: {
            "start": int(sent.get("start") or 1),
            "step": int(sent.get("step") or 1),
            "length": int(sent.get("length") or 0),
            "padString": str(sent.get("padString") or "0"),
            "periodicBy": sent.get("periodicBy") or None,
            "timezone": sent.get("timezone") or None,
            "isDirectNumeration": bool(int(sent.get("isDirectNumeration") or 0)),
        }
    }
