"""VAT rates of the product catalogue: `catalog.vat.*` (api-reference/catalog/vat)."""

from __future__ import annotations

from sandbox.plain.columns import columns
from sandbox.plain.table import Table
from sandbox.plain.verbs import serve

VAT = serve(
    Table(
        "catalog.vat",
        "vat",
        "vats",
        columns(
            "active:char -id:integer *name:string *rate:double sort:integer timestampX:datetime",
        ),
        absent=(200800000000, "No VAT rate exists with this identifier"),
        defaults={"active": "Y", "sort": 100},
        stamps={"timestampX": "now"},
        seeds=(
            {"id": 1, "name": "Без НДС", "sort": 100},
            {"id": 2, "name": "НДС 0%", "rate": 0.0, "sort": 200},
            {"id": 3, "name": "НДС 20%", "rate": 20.0, "sort": 300},
        ),
    )
)
