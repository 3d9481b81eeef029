"""The trigger «Долг просрочен»."""

from b24app.declare import Text, Trigger

TRIGGER = Trigger(
    code="debt_overdue",
    name=Text("Долг просрочен", "Debt overdue"),
    description=Text(
        "Запись реестра стала просроченной: для её сделки и для самой записи.",
        "A record of the register has become overdue: for its deal and for the record itself.",
    ),
)
