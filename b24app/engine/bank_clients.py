"""Whose money it is: payers of a bank's file and the companies of the portal, by INN, then by account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from b24app.declare import Reader, Row
from b24app.engine.context import Context
from b24app.portal.chains import Chain, Listing
from b24app.store.upsert import chunks
from rules.bank_payment import Party
from rules.decision import Text
from rules.wording import sentence

REQUISITES, ACCOUNTS = "crm.requisite.list", "crm.requisite.bankdetail.list"
COMPANY = 4
PAGE = 50


@dataclass(frozen=True, slots=True)
class Client:
    """What was found of a payer: one company; or none, and why. `ours`: it is the portal's own company."""

    company: int | None = None
    title: str = ""
    reason: Text | None = None
    ours: bool = False


def find(context: Context, reader: Reader, payers: Collection[Party]) -> dict[Party, Client]:
    """The companies of payers, in a few requests for all of them. Of several companies with one INN
    (branches) the account decides."""
    by_inn = _by_inn(context, {payer.inn for payer in payers if payer.inn})
    single = {inn for inn, companies in by_inn.items() if len(companies) == 1}
    unclear = {payer.account for payer in payers if payer.account and payer.inn not in single}
    by_account = _by_account(context, unclear)
    found = {payer: _candidates(payer, by_inn, by_account) for payer in payers}
    cards = reader.by_ids("company", set().union(*found.values()))
    return {payer: _client(payer, [cards[id] for id in sorted(ids) if id in cards]) for payer, ids in found.items()}


def _by_inn(context: Context, inns: Collection[str]) -> dict[str, set[int]]:
    """Companies by INN (api-reference/crm/requisites/universal/crm-requisite-list.md)."""
    found: dict[str, set[int]] = {}
    for row in _rows(context, REQUISITES, "RQ_INN", inns, ("ENTITY_ID", "RQ_INN"), {"ENTITY_TYPE_ID": COMPANY}):
        found.setdefault(str(row["RQ_INN"]).strip(), set()).add(int(row["ENTITY_ID"]))
    return found


def _by_account(context: Context, accounts: Collection[str]) -> dict[str, set[int]]:
    """Companies by account: an account belongs to a requisite, the requisite to the company
    (api-reference/crm/requisites/bank-detail/crm-requisite-bank-detail-list.md)."""
    requisites: dict[str, set[str]] = {}
    for row in _rows(context, ACCOUNTS, "RQ_ACC_NUM", accounts, ("ENTITY_ID", "RQ_ACC_NUM"), {}):
        requisites.setdefault(str(row["RQ_ACC_NUM"]).strip(), set()).add(str(row["ENTITY_ID"]))
    wanted = set().union(*requisites.values()) if requisites else set()
    owners = {
        str(row["ID"]): int(row["ENTITY_ID"])
        for row in _rows(context, REQUISITES, "ID", wanted, ("ENTITY_ID",), {"ENTITY_TYPE_ID": COMPANY})
    }
    return {account: {owners[one] for one in ids if one in owners} for account, ids in requisites.items()}


def _rows(
    context: Context,
    method: str,
    field: str,
    values: Collection[str],
    select: Iterable[str],
    where: Mapping[str, object],
) -> list[dict[str, Any]]:
    chains = [
        Chain(Listing(method, {"filter": {f"@{field}": part, **where}, "select": ["ID", *select]}, "ID", ""))
        for part in chunks(sorted(values), PAGE)
    ]
    return [row for rows in context.gateway.read_chains(chains) for row in rows] if chains else []


def _candidates(payer: Party, by_inn: Mapping[str, set[int]], by_account: Mapping[str, set[int]]) -> set[int]:
    named, paying = by_inn.get(payer.inn, set()), by_account.get(payer.account, set())
    return named & paying or named or paying


def _client(payer: Party, cards: list[Row]) -> Client:
    ours = [card for card in cards if card.get("is_my_company")]
    if ours and len(ours) == len(cards):
        return Client(ours=True)
    theirs = [card for card in cards if not card.get("is_my_company")]
    if len(theirs) == 1:
        return Client(theirs[0]["id"], theirs[0].get("title") or "")
    return Client(reason=_nobody(payer) if not theirs else _several(payer, theirs))


def _nobody(payer: Party) -> Text:
    return sentence(
        "нет компании с ИНН {inn} (счёт {account}): укажите ИНН в реквизитах компании или назначьте компанию платежу",
        "no company has the INN {inn} (account {account}): enter it in the company's requisites, or assign a company",
        inn=payer.inn or "—",
        account=payer.account or "—",
    )


def _several(payer: Party, cards: list[Row]) -> Text:
    names = ", ".join(f"{card.get('title')} ({card['id']})" for card in cards[:10])
    return sentence(
        "ИНН {inn} у нескольких компаний: {names}. Укажите счёт в реквизитах одной из них или назначьте компанию",
        "several companies have the INN {inn}: {names}. Enter the account in one's requisites, or assign a company",
        inn=payer.inn,
        names=names,
    )
