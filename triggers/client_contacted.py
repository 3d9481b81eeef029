"""The trigger «Клиент обратился»."""

from b24app.declare import Text, Trigger
from rules.client_contact import TRIGGER as CODE

TRIGGER = Trigger(
    code=CODE,
    name=Text("Клиент обратился", "Client got in touch"),
    description=Text(
        "Клиент позвонил (и не дозвонился тоже), написал или заполнил форму: для его открытых сделок.",
        "The client called (missed calls too), wrote or filled in a form: for the client's open deals.",
    ),
)
