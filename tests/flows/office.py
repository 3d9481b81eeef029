"""The employees' hands and eyes in the scenarios: moves deals, pays, and reads cards in logical names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.harness.world import World

COMPANY, DEAL, INVOICE = 4, 2, 31


class Office:
    """What people do and see on the portal of a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    # doing

    def put_deal(
        self, number: int, stage: str, company: int | None = 100, amount: int = 120_000, **fields: Any
    ) -> None:
        """A deal that was there before: no events."""
        funnel = ".".join(["funnel", stage.split(".")[1]])
        values = {
            "title": f"Заказ {number}",
            "categoryId": self.world.name(funnel)["id"],
            "stageId": self.world.name(stage)["id"],
            "opportunity": amount,
            "currencyId": "RUB",
            "assignedById": 11,
            **({"companyId": company} if company else {}),
            **fields,
        }
        self.world.fixture(
            {"method": "crm.item.add", "as": 11, "params": {"entityTypeId": DEAL, "fields": values}, "id": number}
        )

    def add_deal(self, stage: str, company: int | None = 100, amount: int = 10_000, as_: int = 11) -> int:
        """A deal added by an employee."""
        fields = {
            "title": "Новая сделка",
            "categoryId": self.world.name(".".join(["funnel", stage.split(".")[1]]))["id"],
            "stageId": self.world.name(stage)["id"],
            "companyId": company,
            "opportunity": amount,
            "currencyId": "RUB",
        }
        return self._id(self.world.act("crm.item.add", {"entityTypeId": DEAL, "fields": fields}, as_))

    def move_deal(self, number: int, stage: str, as_: int = 11) -> None:
        """Drags a deal to a stage."""
        self.update(DEAL, number, {"stageId": self.world.name(stage)["id"]}, as_)

    def ship(self, number: int) -> None:
        """Drags a deal to «Отгружено»."""
        self.move_deal(number, "stage.active.shipped")

    def update(self, entity_type: int, number: int, fields: dict[str, Any], as_: int | str = 11) -> None:
        """Edits a card."""
        self.world.act("crm.item.update", {"entityTypeId": entity_type, "id": number, "fields": fields}, as_)

    def edit(self, entity: str, number: int, as_: int | str = 11, **fields: Any) -> None:
        """Edits preset fields of a card by their logical names (money as a Decimal of roubles)."""
        self.update(self.entity_type(entity), number, {self.code(entity, k): _rest(v) for k, v in fields.items()}, as_)

    def put_fields(self, entity: str, number: int, **fields: Any) -> None:
        """The same without events."""
        values = {self.code(entity, k): _rest(v) for k, v in fields.items()}
        params = {"entityTypeId": self.entity_type(entity), "id": number, "fields": values}
        self.world.fixture({"method": "crm.item.update", "as": 1, "params": params})

    def put_debt(self, number: int, company: int = 100, stage: str = "waiting", **fields: Any) -> None:
        """A debt record that was there before."""
        values = {self.code("debt", k): _rest(v) for k, v in fields.items()} | {
            "title": f"Долг {number}",
            "companyId": company,
            "assignedById": 11,
            "stageId": self.world.name(f"stage.debt.{stage}")["id"],
        }
        params = {"entityTypeId": self.entity_type("debt"), "fields": values}
        self.world.fixture({"method": "crm.item.add", "as": 11, "params": params, "id": number})

    def add_debt(self, company: int = 100, as_: int = 11, **fields: Any) -> int:
        """A debt record typed by an employee."""
        values = {self.code("debt", k): _rest(v) for k, v in fields.items()} | {"title": "Долг", "companyId": company}
        return self._id(
            self.world.act("crm.item.add", {"entityTypeId": self.entity_type("debt"), "fields": values}, as_)
        )

    def pay(self, entity_type: int, number: int, amount: int) -> int:
        """A payment document of a deal or an invoice, paid."""
        params = {"entityTypeId": entity_type, "entityId": number, "sum": amount}
        payment = self._id(self.world.act("crm.item.payment.add", params, 11))
        self.world.act("crm.item.payment.pay", {"id": payment}, 11)
        return payment

    def invoice(self, company: int, amount: int) -> int:
        """An invoice of a company without a deal."""
        fields = {"title": "Счёт", "companyId": company, "opportunity": amount, "currencyId": "RUB"}
        return self._id(self.world.act("crm.item.add", {"entityTypeId": INVOICE, "fields": fields}, 11))

    @staticmethod
    def _id(answer: Any) -> int:
        result = answer.get("result", answer) if isinstance(answer, dict) else answer
        if isinstance(result, dict):
            result = result.get("item", result)
            result = result["id"] if isinstance(result, dict) else result
        return int(result)

    # seeing

    def entity_type(self, entity: str) -> int:
        """entityTypeId of a logical entity."""
        fixed = {"company": COMPANY, "deal": DEAL}
        return fixed[entity] if entity in fixed else int(self.world.name(f"spa.{entity}")["entityTypeId"])

    def code(self, entity: str, field: str) -> str:
        """Name of a preset field in crm.item.*."""
        return str(self.world.name(f"{entity}.{field}")["item_code"])

    def see(self, entity: str, row: dict[str, Any]) -> dict[str, Any]:
        """A card in logical names: preset fields, stage, type, the usual links."""
        prefix = f"{entity}."
        manifest = self.world.kit.manifest()
        card = {
            name.removeprefix(prefix): _python(row.get(bound["item_code"]))
            for name, bound in manifest.items()
            if name.startswith(prefix) and bound["kind"] == "field"
        }
        stages = {bound["id"]: name for name, bound in manifest.items() if bound["kind"] == "stage"}
        types = {str(bound["id"]): name for name, bound in manifest.items() if bound["kind"] == "type"}
        card |= {
            "id": row["id"],
            "title": row.get("title"),
            "assigned": row.get("assignedById"),
            "company": row.get("companyId"),
        }
        card |= {"stage": stages.get(row.get("stageId", ""), row.get("stageId")), "deal": row.get("parentId2")}
        return card | {"type": types.get(str(row.get("typeId")), row.get("typeId"))}

    def company(self, number: int) -> dict[str, Any]:
        """A company's card."""
        row = self.world.rest("crm.item.get", {"entityTypeId": COMPANY, "id": number})["item"]
        return self.see("company", row)

    def debts(self, company: int = 100) -> list[dict[str, Any]]:
        """A company's debt records by id."""
        params = {"entityTypeId": self.entity_type("debt"), "filter": {"companyId": company}, "order": {"id": "ASC"}}
        return [self.see("debt", row) for row in self.world.rest("crm.item.list", params)["items"]]

    def debt(self, company: int = 100) -> dict[str, Any]:
        """The only debt record of a company."""
        rows = self.debts(company)
        assert len(rows) == 1, rows
        return rows[0]

    def todos(self, deal: int) -> list[dict[str, Any]]:
        """Open to-dos of a deal and of its debt records."""
        rows = self.world.rest("crm.activity.list", {"filter": {"PROVIDER_ID": "CRM_TODO", "COMPLETED": "N"}})
        return [
            r
            for r in rows
            if (int(r["OWNER_TYPE_ID"]), int(r["OWNER_ID"])) == (DEAL, deal) or int(r["OWNER_TYPE_ID"]) >= 128
        ]

    def tasks(self) -> list[dict[str, Any]]:
        """All tasks."""
        tasks: list[dict[str, Any]] = self.world.rest("tasks.task.list", {"select": ["*", "UF_*"]})["tasks"]
        return tasks

    def notifications(self, user: int) -> list[Any]:
        """Visible notifications of an employee."""
        notes: list[Any] = self.world.control(f"notifications/{user}")
        return notes


def day(text: str) -> date:
    """A date."""
    return date.fromisoformat(text)


def _rest(value: Any) -> Any:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Decimal):
        return f"{value}|RUB"
    return value.isoformat() if isinstance(value, date) else value


def _python(value: Any) -> Any:
    if isinstance(value, str) and "|" in value:
        amount = "".join(value.split("|")[0].split()).replace(",", ".")
        return Decimal(amount) if amount else None
    if isinstance(value, str) and len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-":
        return date.fromisoformat(value[:10])
    return value
