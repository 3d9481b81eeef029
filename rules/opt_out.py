"""Companies that are never written to automatically, whatever the occasion."""

from __future__ import annotations

from rules.decision import Text
from rules.limits import Limits


def refusal(company_id: int, *, is_ours: bool, opted_out: bool, limits: Limits) -> Text | None:
    """Why a company is not written to at all; None when it may be. `is_ours`: one of the portal's own companies."""
    if is_ours:
        return Text("Это наша компания: себе не пишем.", "This is our own company: it is not written to.")
    if opted_out:
        return Text(
            "Не пишем: в карточке компании включено «Не писать автоматически».",
            "Not written to: «No automatic messages» is on in the company's card.",
        )
    if str(company_id) in limits.text("messages.stop_list").replace(",", " ").split():
        return Text("Не пишем: компания в стоп-листе.", "Not written to: the company is on the stop list.")
    return None
