"""The look of every morning: clients who have not ordered for long, when their managers come to work."""

from b24app.declare import Sweep, Text

MORNING = Sweep(
    name="morning",
    title=Text("Утренний обход: повторные продажи", "Morning round: repeat sales"),
    handlers=("create_repeat_deal", "close_repeat_deals"),
    at="08:00",
)
