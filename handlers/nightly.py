"""The full look of every night: what events, timers and stage history may have missed."""

from b24app.declare import Sweep, Text

NIGHTLY = Sweep(
    name="nightly",
    title=Text("Ночная сверка", "Nightly comparison"),
    handlers=(
        "create_debt_at_shipment",
        "keep_company_receivables",
        "keep_company_type",
        "keep_last_order",
        "remind_about_debts",
        "send_wanted_messages",
        "check_debt_links",
        "fire_debt_triggers",
        "tell_client_contact",
        "mark_deals_of_debtors",
        "take_stray_badges",
        "keep_last_visit",
        "remind_visit_result",
        "place_form_order",
        "link_client",
        "plan_next_step",
        "send_back_without_reason",
        "close_repeat_deals",
        "create_repeat_deal",
    ),
    at="02:00",
)
