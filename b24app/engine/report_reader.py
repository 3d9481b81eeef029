"""What reports read with: whole lists by ascending id, in batches, in logical names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from b24app.declare import Row
from b24app.engine.context import Context
from b24app.engine.history import METHOD
from b24app.portal.chains import PAGE, Chain, Listing
from rules.limits import Limits


@dataclass
class PortalReport:
    """Implements `declare.ReportReader`."""

    context: Context
    now: datetime
    limits: Limits
    language: str

    def by_filter(self, entity: str, where: Mapping[str, Any], select: Collection[str]) -> Iterable[Row]:
        """Every object that meets all conditions, by id."""
        return self.context.items.by_filter(entity, where, select)

    def by_link(
        self, entity: str, link: str, ids: Collection[int], where: Mapping[str, Any], select: Collection[str]
    ) -> Mapping[int, Sequence[Row]]:
        """Objects by a linking field."""
        return self.context.items.by_link(entity, link, ids, where, select)

    def stages(self, entity: str, ids: Collection[int]) -> Mapping[int, Sequence[str]]:
        """The stages that objects have entered, of all times (crm.stagehistory.list, fifty owners a list)."""
        names, wanted = self.context.names, sorted(set(ids))
        chains = []
        for start in range(0, len(wanted), PAGE):
            params = {
                "entityTypeId": names.entity_type_id(entity),
                "filter": {"@OWNER_ID": wanted[start : start + PAGE]},
                "select": ["ID", "OWNER_ID", "STAGE_ID"],
            }
            chains.append(Chain(Listing(METHOD, params, "ID", "items"), count=True))
        found: dict[int, list[str]] = {}
        for rows in self.context.gateway.read_chains(chains):
            for row in rows:
                found.setdefault(int(row["OWNER_ID"]), []).append(names.stage_name(entity, str(row["STAGE_ID"])))
        return found

    def people(self) -> Mapping[int, str]:
        """Everybody's name."""
        return self.context.surroundings.names()

    def item_titles(self, entity: str, field: str) -> Mapping[str | int, str]:
        """The items of a list as people see them now."""
        rest = self.context.names.select(entity, [field])[-1]
        params = {"entityTypeId": self.context.names.entity_type_id(entity)}
        fields = self.context.gateway.call("crm.item.fields", params)["fields"]
        titles: dict[str | int, str] = {}
        for item in fields.get(rest, {}).get("items") or ():
            name = self.context.names.from_rest(entity, {rest: item["ID"]})[field]
            titles[name] = str(item["VALUE"])
        return titles

    def rates(self) -> tuple[str, Mapping[str, Decimal]]:
        """The base currency and the price of every currency in it."""
        return self.context.surroundings.rates()

    def calendar(self) -> Row:
        """The portal's working calendar."""
        return self.context.surroundings.calendar()
