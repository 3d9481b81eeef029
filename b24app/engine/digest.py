"""Many notifications of one rule to one person become one (E.56): nobody reads a hundred of them."""

from __future__ import annotations

from collections.abc import Sequence

from b24app.engine.actions import Action, Part
from b24app.engine.making import Maker
from rules.decision import Notify, Text

MOST = 5
"""notifications of one rule to one employee in one pass that are sent one by one"""


def digested(actions: Sequence[Action], maker: Maker) -> list[Action]:
    """The actions with notifications put together where there are more than a person would read. The
    first keeps its place and its key; the keys of the others are fulfilled with it."""
    groups: dict[tuple[str, int], list[Action]] = {}
    for action in actions:
        if isinstance(action.command, Notify):
            groups.setdefault((action.parts[0].decided.handler.name, action.command.user), []).append(action)
    many = [group for group in groups.values() if len(group) > MOST]
    swallowed = {id(action) for group in many for action in group[1:]}
    together = {id(group[0]): _together(group, maker) for group in many}
    return [together.get(id(action), action) for action in actions if id(action) not in swallowed]


def _together(group: Sequence[Action], maker: Maker) -> Action:
    first = group[0]
    commands = [action.command for action in group if isinstance(action.command, Notify)]
    one = Notify(commands[0].key, commands[0].user, _text([command.text for command in commands]))
    part = first.parts[0]
    shown = Part(part.place, part.decided, part.kind, part.before, maker.shown(one))
    keys = tuple(command.key for command in commands[1:])
    return Action(first.entity, (maker.make(one),), (shown,), key=one.key, command=one, also=keys)


def _text(texts: Sequence[Text]) -> Text:
    shown, more = texts[:MOST], len(texts) - MOST
    head = Text(f"Сообщений: {len(texts)}.", f"Messages: {len(texts)}.")
    tail = Text(f"И ещё {more}: все они в журнале приложения.", f"And {more} more: all are in the app's journal.")
    lines = [head, *shown, tail]
    return Text("\n".join(line.ru for line in lines), "\n".join(line.en for line in lines))
