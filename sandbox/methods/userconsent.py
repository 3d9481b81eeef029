"""Agreements and consents: `userconsent.*` (api-reference/user-consent)."""

from __future__ import annotations

import ipaddress
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger.dialogs import whole

_CONSENTS = Documents("userconsent.consent", "agreement")
# Agreements are made in the portal's pages, no method adds one: these two come with every portal.
_AGREEMENTS: dict[int, dict[str, str]] = {
    1: {
        "NAME": "Согласие на обработку персональных данных",
        "LANGUAGE_ID": "ru",
        "LABEL": "Нажимая кнопку «%button_caption%», я даю своё согласие на обработку персональных данных.",
        "TEXT": "Согласие на обработку персональных данных\n\nНастоящим даю %COMPANY_NAME% (%COMPANY_ADDRESS%) согласие"
        " на обработку персональных данных для целей: %PURPOSES%. Третьи лица: %THIRD_PARTIES%. Почта: %EMAIL%.",
    },
    2: {
        "NAME": "Согласие на получение рассылки",
        "LANGUAGE_ID": "ru",
        "LABEL": "Нажимая кнопку «%button_caption%», я соглашаюсь получать рассылку.",
        "TEXT": "Я соглашаюсь получать рассылку %COMPANY_NAME% на указанный адрес.",
    },
}


def _wrong(text: str) -> RestError:
    return RestError("400", text)


def _agreement(call: Call, name: str) -> int:
    number = whole(call.get(name))
    if not number:
        raise _wrong("Parameter Agreement ID required.")
    if number not in _AGREEMENTS:
        raise _wrong(f"Agreement with id {number} not found.")
    return number


@method("userconsent.agreement.list", "userconsent")
def agreements(call: Call) -> list[dict[str, Any]]:
    """The agreements of the portal, the newest first."""
    return [
        {"ID": str(number), "NAME": text["NAME"], "ACTIVE": "Y", "LANGUAGE_ID": text["LANGUAGE_ID"]}
        for number, text in sorted(_AGREEMENTS.items(), reverse=True)
    ]


@method("userconsent.agreement.text", "userconsent")
def text(call: Call) -> dict[str, str]:
    """The label and the text of an agreement, with `replace` put in."""
    chosen = _AGREEMENTS[_agreement(call, "id")]
    given = call.mapping("replace")
    fields = given.get("fields")
    values = {
        "button_caption": given.get("button_caption") or "Принимаю",
        **(fields if isinstance(fields, dict) else {}),
    }
    shown = {}
    for name in ("LABEL", "TEXT"):
        filled = chosen[name]
        for key, value in values.items():
            filled = filled.replace(f"%{key}%", str(value))
        shown[name] = filled
    return shown


@method("userconsent.consent.add", "userconsent", write=True)
def consent_add(call: Call) -> int:
    """Keeps a consent."""
    number = _agreement(call, "AGREEMENT_ID")
    try:
        address = str(ipaddress.ip_address(str(call.get("IP") or "")))
    except ValueError:
        raise _wrong("Parameter IP is incorrect.") from None
    names = ("USER_ID", "URL", "ORIGIN_ID", "ORIGINATOR_ID")
    body = {"IP": address, **{name: call.get(name) for name in names}, "DATE": call.portal.clock.iso()}
    return int(_CONSENTS.add(call, body, number)["id"])
