"""The shop's registers: `sale.persontype`, `.status`, `.statusLang`, `.businessValuePersonDomain`, `.tradePlatform`."""

from __future__ import annotations

from sandbox.crm.values import empty
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain.columns import columns
from sandbox.plain.table import Row, Table
from sandbox.plain.verbs import allow, exact, fields_of, serve
from sandbox.shop.registers import LANGUAGES, PERSON_TYPE, STATUS, STATUS_LANG
from sandbox.shop.trade import BINDING, PLATFORM

serve(PERSON_TYPE)
serve(STATUS)
serve(STATUS_LANG, "list", "add", "getFields")


@method("sale.statusLang.deleteByFilter", "sale", write=True, cost=0.05)
def lang_delete(call: Call) -> bool:
    """Deletes the translation that `fields` describe."""
    allow(call, STATUS_LANG, "deleteByFilter")
    fields = fields_of(call)
    if not empty(fields.get("lid")) and fields["lid"] not in LANGUAGES:
        raise RestError(201750000004, "language is unknown")
    STATUS_LANG.remove(call, exact(call, STATUS_LANG))
    return True


@method("sale.statusLang.getListLangs", "sale")
def languages(call: Call) -> Page:
    """The languages into which names of statuses are translated."""
    allow(call, STATUS_LANG, "list")
    rows = [{"active": "Y", "lid": lid, "name": name} for lid, name in sorted(LANGUAGES.items())]
    return Page(rows, len(rows), 0, "langs")


def _domain_rules(call: Call, values: Row, before: Row | None) -> None:
    if PERSON_TYPE.get(call.portal, values["personTypeId"]) is None:
        raise RestError(201240400002, "person type does not exist")
    for row in DOMAIN.where(call.portal, personTypeId=values["personTypeId"]):
        # The table of codes and the sample of the page differ: one for a repetition, one for another domain.
        same = row["domain"] == values["domain"]
        raise RestError(201450000001 if same else 201250000001, "Duplicate entry for key [personTypeId]")
    if values["domain"] not in ("I", "E"):
        raise RestError(0, "domain is wrong")


DOMAIN = serve(
    Table(
        "sale.businessValuePersonDomain",
        "businessValuePersonDomain",
        "businessValuePersonDomains",
        columns("*=domain:char *=personTypeId:integer"),
        absent=(201440400003, "business value person domain is not exists"),
        check=_domain_rules,
        seeds=({"domain": "E", "personTypeId": 4},),
        hidden=columns("-id:integer"),
    ),
    "list",
    "add",
    "getFields",
)


@method("sale.businessValuePersonDomain.deleteByFilter", "sale", write=True, cost=0.05)
def domain_delete(call: Call) -> bool:
    """Deletes what `fields` describe; a missing field has a refusal of its own."""
    allow(call, DOMAIN, "deleteByFilter")
    fields = fields_of(call)
    for name, code in (("personTypeId", 201450000002), ("domain", 201450000003)):
        if empty(fields.get(name)):
            raise RestError(code, f"{name} is not defined")
    DOMAIN.remove(call, exact(call, DOMAIN))
    return True


serve(PLATFORM, "list", "getFields")
serve(BINDING, "list", "getFields")
