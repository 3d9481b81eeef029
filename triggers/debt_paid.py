"""The trigger «Долг погашен»."""

from b24app.declare import Text, Trigger

TRIGGER = Trigger(
    code="debt_paid",
    name=Text("Долг погашен", "Debt settled"),
    description=Text(
        "Долг оплачен: для записи реестра, а для сделки, когда оплачены все её записи.",
        "The debt is paid: for the record of the register, and for the deal when all its records are paid.",
    ),
)
