"""The two faces of the document generator: the CRM's (`crm.documentgenerator.*`) and the bare one
(`documentgenerator.*`), with their rights, addresses and prints."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.plain.table import Row

PROVIDER = "Bitrix\\DocumentGenerator\\DataProvider\\Rest"
_NO_STAMPS = "В шаблоне нет печатей и подписей"
_NO_CODE = "В шаблоне нет QR-кода"


@dataclass(frozen=True, slots=True)
class Face:
    """`module` marks the rows that the face knows; the actions are parts of its addresses."""

    stem: str
    module: str
    scope: str
    template_action: str
    file_action: str
    pdf_action: str
    image_action: str
    refusal: str

    def refuse(self, text: str) -> RestError:
        """A refusal with the code that this face prints for most of them."""
        return RestError(self.refusal, text)

    def require_templates(self, call: Call) -> None:
        """Templates and numerators belong to administrators."""
        if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
            raise self.refuse("You do not have permissions to modify templates")


CRM = Face(
    "crm.documentgenerator",
    "crm",
    "crm",
    "crm.documentgenerator.template.download",
    "crm.documentgenerator.document.download",
    "crm.documentgenerator.document.getPdf",
    "crm.documentgenerator.document.getImage",
    "",
)
BARE = Face(
    "documentgenerator",
    "rest",
    "documentgenerator",
    "documentgenerator.api.template.download",
    "documentgenerator.api.document.getfile",
    "documentgenerator.api.document.getpdf",
    "documentgenerator.api.document.getimage",
    "0",
)
FACES = (CRM, BARE)


def page_url(call: Call, action: str, number: int) -> str:
    """The address that an employee's browser opens."""
    return f"http://{call.portal.domain}/bitrix/services/main/ajax.php?action={action}&SITE_ID=s1&id={number}"


def machine_url(call: Call, action: str, number: int) -> str:
    """The address that a client without a browser session downloads from, authorized as the caller."""
    token = base64.urlsafe_b64encode(f"action={action}&id={number}".encode()).decode().rstrip("=")
    tail = f"{action}.json?token=documentgenerator%7C{token}"
    if call.app is None:
        secret = "secret" if call.user == 1 else f"secret{call.user}"
        return f"http://{call.portal.domain}/rest/{call.user}/{secret}/{tail}"
    sql = "SELECT access FROM tokens WHERE app = ? AND user = ? ORDER BY expires DESC"
    access = call.portal.store.value(sql, (call.app, call.user))
    return f"http://{call.portal.domain}/rest/{tail}&auth={access}"


def number_in(call: Call) -> int:
    """Which row a download is about: the token of a machine address, or a bare `id`."""
    token = str(call.get("token") or "").rpartition("|")[2]
    if token:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("utf-8", "replace")
        number = text.rpartition("id=")[2]
        return int(number) if number.isdigit() else 0
    return call.integer("id")


def iso(call: Call, seconds: int | None) -> str | None:
    """A stored moment as REST prints it."""
    return None if seconds is None else moments.iso(seconds, call.portal.clock.zone)


def text(value: Any) -> str | None:
    """Ids are texts in most answers of the generator."""
    return None if value is None else str(value)


def template(call: Call, face: Face, row: Row) -> dict[str, Any]:
    """A template as `get`, `add` and `update` print it."""
    users = json.loads(row["users"] or "[]")
    printed: dict[str, Any] = {
        "id": str(row["id"]),
        "name": row["name"],
        "region": row["region"],
        "code": row["code"],
        "download": page_url(call, face.template_action, row["id"]),
        "downloadMachine": machine_url(call, face.template_action, row["id"]),
        "active": row["active"],
        "moduleId": row["moduleId"],
        "numeratorId": text(row["numeratorId"]),
        "withStamps": row["withStamps"],
        "users": {str(user): str(user) for user in users},
        "isDeleted": row["isDeleted"],
        "sort": text(row["sort"]),
        "createTime": iso(call, row["createTime"]),
        "updateTime": iso(call, row["updateTime"]),
    }
    if face is CRM:
        return {**printed, "entityTypeId": [str(entry) for entry in json.loads(row["entityTypeId"] or "[]")]}
    return {**printed, "providers": {PROVIDER.lower(): PROVIDER.lower()}}


def listed_template(call: Call, face: Face, row: Row) -> dict[str, Any]:
    """A template as `list` prints it: users and providers are plain lists there."""
    shown = template(call, face, row)
    shown |= {"users": list(shown["users"]), "createdBy": text(row["createdBy"]), "updatedBy": text(row["updatedBy"])}
    shown |= {"fileId": text(row["fileId"]), "bodyType": "Bitrix\\DocumentGenerator\\Body\\Docx"}
    shown |= {"productsTableVariant": "", "isDefault": "N"}
    if face is BARE:
        shown["providers"] = list(shown["providers"])
    return shown


def document(call: Call, face: Face, row: Row, *, new: bool = False) -> dict[str, Any]:
    """A document as `add` (`new`), `get` and `update` print it."""
    number = row["id"]
    own = str if not new else int
    values = {"productsTableVariant": "", "_creationMethod": "rest"}
    if row["stampsEnabled"] == "Y":
        values |= {"stampsEnabled": True}  # type: ignore[dict-item]
    printed: dict[str, Any] = {
        "id": own(number),
        "title": row["title"],
        "number": row["number"],
        "createTime": iso(call, row["createTime"]),
        "createdBy": own(row["createdBy"]),
        "updateTime": iso(call, row["updateTime"]),
        "updatedBy": text(row["updatedBy"]),
        "stampsEnabled": row["stampsEnabled"] == "Y",
        "isTransformationError": False,
        "values": {**values, **json.loads(row["values"] or "{}")},
        "templateId": str(row["templateId"]),
        "pullTag": f"TRANSFORMDOCUMENT{number}",
        "emailDiskFile": 5600 + number,
        "publicUrl": public_url(call, row),
        **addresses(call, face, number),
    }
    return {**printed, **(_of_card(call, row) if face is CRM else _of_value(call, row))}


def addresses(call: Call, face: Face, number: int) -> dict[str, str]:
    """Where the file, its PDF and its picture are."""
    found: dict[str, str] = {}
    for name, action in (("download", face.file_action), ("pdf", face.pdf_action), ("image", face.image_action)):
        found[f"{name}Url"] = page_url(call, action, number)
        found[f"{name}UrlMachine"] = machine_url(call, action, number)
    return found


def _of_card(call: Call, row: Row) -> dict[str, Any]:
    return {
        "changeStampsEnabled": False,
        "changeStampsDisabledReason": _NO_STAMPS,
        "changeQrCodeEnabled": False,
        "qrCodeEnabled": False,
        "changeQrCodeDisabledReason": _NO_CODE,
        "products": {"currencyId": "RUB", "totalSum": "0.00", "totalRows": 0},
        "entityId": str(row["entityId"]),
        "entityTypeId": str(row["entityTypeId"]),
    }


def _of_value(call: Call, row: Row) -> dict[str, Any]:
    action = "documentgenerator.api.document.showpdf"
    printed: dict[str, Any] = {
        "value": row["value"],
        "provider": PROVIDER,
        "printUrl": page_url(call, action, row["id"]),
        "printUrlMachine": machine_url(call, action, row["id"]),
    }
    if row["publicTime"] is not None:
        printed["publicUrlView"] = {"time": iso(call, row["publicTime"])}
    return printed


def listed_document(call: Call, face: Face, row: Row) -> dict[str, Any]:
    """A document as `list` prints it."""
    ids = ("id", "templateId", "fileId", "imageId", "pdfId", "createdBy", "updatedBy")
    shown = {
        **{name: row[name] for name in ("title", "number")},
        **{name: text(row[name]) for name in ids},
        "createTime": iso(call, row["createTime"]),
        "updateTime": iso(call, row["updateTime"]),
        "values": document(call, face, row)["values"],
        "stampsEnabled": row["stampsEnabled"] == "Y",
        **addresses(call, face, row["id"]),
    }
    if face is CRM:
        return {**shown, "entityId": str(row["entityId"]), "entityTypeId": str(row["entityTypeId"])}
    return {**shown, "provider": PROVIDER.lower(), "value": row["value"]}


def public_url(call: Call, row: Row) -> str | None:
    """The short address for those without an account, when it is open."""
    return f"http://{call.portal.domain}/~{row['publicHash']}" if row["publicHash"] else None
