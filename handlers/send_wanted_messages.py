"""What a robot wanted to say to a client goes when it may: now, or at the next hour for it."""

from b24app.declare import Handler, Text, Watch
from facts.wanted_messages import load_wanted_messages
from rules.wanted_messages import decide

HANDLER = Handler(
    name="send_wanted_messages",
    version=1,
    title=Text("Сообщения клиентам по просьбе роботов", "Messages to clients that robots ask for"),
    subject="company",
    watches=(Watch("company"),),
    needs=("company.no_auto_messages",),
    facts=load_wanted_messages,
    decide=decide,
    order=60,
)
