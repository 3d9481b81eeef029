"""Hands messages to channels. What comes here was decided on facts read a moment ago (see `Work`): this is what
may still hold a message back, the row that makes it happen once, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from b24app.channels.channel import BulkChannel, Letter, NotHere, NotNow, Outcome, Person, Taken, Unknown
from b24app.engine import addressees, errors, journal, message_log, timers
from b24app.engine.context import Context
from b24app.engine.decide import Decided
from b24app.engine.errors import Trouble
from b24app.engine.lease import Lease
from b24app.engine.message_log import Attempt
from b24app.engine.recovering import find, recovered
from b24app.errors import Transient
from b24app.store.models import JournalRow
from rules.business_calendar import Calendar
from rules.client_messages import NOTHING, MessageState
from rules.decision import SendMessage, Text
from rules.message_guard import HOUR, Situation, hold
from rules.wording import joined

NOBODY = Text("Не подключён ни один канал сообщений", "No channel for messages is connected")
SECOND_TODAY = Situation(day_is_taken=True)
DOUBT = 15.0
"""seconds after which a request whose answer was lost has ended, one way or the other"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message with the decision that wants it."""

    decided: Decided
    message: SendMessage

    @property
    def timer(self) -> timers.Key:
        """The timer of the subject that wants it."""
        return self.decided.handler.name, self.decided.subject.entity, self.decided.subject.id


@dataclass(frozen=True, slots=True)
class Sending:
    """A message whose row is reserved."""

    wanted: Wanted
    row: int
    journal_row: int
    letter: Letter
    tried: list[tuple[str, Text]] = field(default_factory=list)

    @property
    def unreachable_by(self) -> set[str]:
        """Codes of the channels that cannot reach the client."""
        return {code for code, _ in self.tried}


@dataclass
class Posted:
    """`told` are messages whose state is another one now: their subjects are to be looked at. `held` are moments to
    look again at messages that wait, `troubles` groups of the error inbox."""

    told: list[Wanted] = field(default_factory=list)
    held: dict[timers.Key, datetime] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    taken: int = 0


def wanted_by(decided: Iterable[Decided]) -> list[Wanted]:
    """The messages of decisions."""
    commands = ((one, command) for one in decided for command in one.decision.commands)
    return [Wanted(one, command) for one, command in commands if isinstance(command, SendMessage)]


@dataclass
class Posting:
    """Sends for one portal under a lease. `calendar` was read with the facts; `responsible_of` gives the employee in
    whose name a company is written to."""

    context: Context
    lease: Lease
    calendar: Calendar
    responsible_of: Mapping[int, int]
    now: datetime

    def post(self, wanted: Sequence[Wanted]) -> Posted:
        """Sends what may be sent now. Everything else stays in the log with its reason."""
        posted = Posted()
        first = self._within_cap(self._first_of_day(self._open(wanted), posted), posted)
        if first:
            people = addressees.people_of(self.context.gateway, {one.message.company.id for one in first})
            sendings = self._reserve(self._undisturbed(first, people, posted), people)
            self._deliver(sendings, posted)
        with self.context.database.session() as session:
            errors.note(session, self.context.portal_id, list(posted.troubles.values()))
        return posted

    def _open(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """Those that may still be sent, in the order of their priority."""
        with self.context.database.session() as session:
            known = message_log.by_keys(session, self.context.portal_id, [one.message.key for one in wanted])
        by_key = {one.message.key: one for one in wanted}
        waiting = (MessageState.WAITING, None)
        open_ = [one for key, one in by_key.items() if (known[key].state if key in known else None) in waiting]
        return sorted(open_, key=lambda one: (one.message.priority, one.message.key))

    def _first_of_day(self, wanted: Sequence[Wanted], posted: Posted) -> list[Wanted]:
        """One message for a company and a day; the others wait for the next workday."""
        with self.context.database.session() as session:
            taken = message_log.taken_slots(session, self.context.portal_id, [self._slot(one) for one in wanted])
        first = []
        for one in wanted:
            if taken.setdefault(self._slot(one), one.message.key) == one.message.key:
                first.append(one)
            else:
                self._hold(one, SECOND_TODAY, posted)
        return first

    def _within_cap(self, wanted: Sequence[Wanted], posted: Posted) -> list[Wanted]:
        """As many as the rule may still send within the hour, while the window is open."""
        with self.context.database.session() as session:
            sent = message_log.sent_since(session, self.context.portal_id, self.now - HOUR)
        within = []
        for one in wanted:
            rule = one.decided.handler.name
            if not self._hold(one, Situation(sent_in_hour=sent.get(rule, 0)), posted):
                sent[rule] = sent.get(rule, 0) + 1
                within.append(one)
        return within

    def _undisturbed(
        self, wanted: Sequence[Wanted], people: Mapping[int, Sequence[Person]], posted: Posted
    ) -> list[Wanted]:
        """Those whose client has not been in touch a moment ago, in whatever way."""
        quiet = timedelta(hours=self.context.limits.integer("messages.quiet_hours"))
        if not quiet:
            return list(wanted)
        contacts = addressees.last_contacts(self.context.gateway, people, self.now - quiet)
        with self.context.database.session() as session:
            written = addressees.last_written(session, self.context.portal_id, people, self.now - quiet)
        contacts |= {id: max(at, contacts.get(id, at)) for id, at in written.items()}
        situations = [Situation(last_contact=contacts.get(one.message.company.id)) for one in wanted]
        return [one for one, met in zip(wanted, situations, strict=True) if not self._hold(one, met, posted)]

    def _hold(self, one: Wanted, situation: Situation, posted: Posted) -> bool:
        held = hold(situation, self.calendar, self.context.limits, self.now)
        if held is None:
            return False
        with self.context.database.session() as session:
            rule = one.decided.handler.name
            message_log.hold(session, self.context.portal_id, rule, one.message, held.reason, self.now)
        posted.held[one.timer] = held.until
        if held.alarming:
            rule = one.decided.handler.name
            posted.troubles[f"cap:{rule}"] = Trouble(f"cap:{rule}", "message", held.reason, rule=rule)
        return True

    def _reserve(self, wanted: Sequence[Wanted], people: Mapping[int, tuple[Person, ...]]) -> list[Sending]:
        """From here on the messages count as sent, whatever happens to this process."""
        context = self.context
        with context.database.session() as session:
            self.lease.check(session)
            journal_rows = journal.plan(session, [self._journal_row(one) for one in wanted])
            attempts = [
                Attempt(one.decided.handler.name, one.message, self._slot(one), row)
                for one, row in zip(wanted, journal_rows, strict=True)
            ]
            mine = message_log.reserve(session, context.portal_id, attempts, self.now)
            standing = message_log.by_keys(session, context.portal_id, mine)
        return [
            Sending(one, mine[key], row, self._letter(one.message, people), list(standing[key].tried))
            for one, row in zip(wanted, journal_rows, strict=True)
            if (key := one.message.key) in mine
        ]

    def _deliver(self, sendings: Sequence[Sending], posted: Posted) -> None:
        """Channel by channel: what one cannot reach is given to the next; what came back from one does not go there
        again."""
        left = list(sendings)
        in_doubt: list[Sending] = []
        for channel in self.context.channels:
            passing = [one for one in left if channel.code in one.unreachable_by]
            due = [one for one in left if channel.code not in one.unreachable_by]
            if due:
                not_here, lost = self._hand_over(channel, due, posted)
                left = passing + not_here
                in_doubt += lost
        for one in left:
            reason = joined([text for _, text in one.tried], "; ") if one.tried else NOBODY
            self._settle(one, MessageState.NO_CHANNEL, posted, reason=reason)
        if in_doubt:
            self.context.sleep(DOUBT)
            self._clear_up(in_doubt, posted)

    def _hand_over(
        self, channel: BulkChannel, letters: Sequence[Sending], posted: Posted
    ) -> tuple[list[Sending], list[Sending]]:
        """What the channel cannot reach, and what it may or may not have got."""
        with self.context.database.session() as session:
            self.lease.check(session)
            for one in letters:
                message_log.settle(session, one.row, self.now, channel=channel.code)
        not_here, in_doubt = [], []
        for one, outcome in zip(letters, self._outcomes(channel, letters), strict=True):
            match outcome:
                case Taken(id=id):
                    self._settle(one, MessageState.SENT, posted, channel=channel.code, ref=id)
                case NotHere(reason=reason):
                    one.tried.append((channel.code, reason))
                    not_here.append(one)
                case NotNow(reason=reason, retry_after=seconds):
                    self._settle(one, MessageState.WAITING, posted, reason=reason)
                    posted.held[one.wanted.timer] = self.now + timedelta(seconds=seconds)
                case Unknown(reason=reason):
                    self._settle(one, MessageState.UNKNOWN, posted, channel=channel.code, reason=reason)
                    in_doubt.append(one)
        return not_here, in_doubt

    def _outcomes(self, channel: BulkChannel, letters: Sequence[Sending]) -> Sequence[Outcome]:
        try:
            return channel.send_all([one.letter for one in letters])
        except Transient as error:
            # Channels raise only before they have sent anything.
            return [NotNow(error.text)] * len(letters)

    def _clear_up(self, in_doubt: Sequence[Sending], posted: Posted) -> None:
        channels = {channel.code: channel for channel in self.context.channels}
        with self.context.database.session() as session:
            rows = {row.id: row for row in message_log.unknown(session, self.context.portal_id)}
        for one in in_doubt:
            row = rows[one.row]
            found = find(channels.get(row.channel), one.letter, row)
            trouble = recovered(self.context, row, found, self.now)
            if trouble is not None:
                posted.troubles[trouble.group] = trouble
            if not isinstance(found, NotHere):
                continue
            posted.held[one.wanted.timer] = self.now

    def _settle(
        self,
        one: Sending,
        state: MessageState,
        posted: Posted,
        *,
        channel: str = "",
        ref: str = "",
        reason: Text = NOTHING,
    ) -> None:
        tried = [{"channel": code, "ru": text.ru, "en": text.en} for code, text in one.tried]
        with self.context.database.session() as session:
            told = {"channel": channel, "channel_ref": ref, "tried": tried}
            message_log.settle(session, one.row, self.now, state=state, reason=reason, **told)
            shown = {**_shown(one.wanted.message), "channel": channel, "tried": tried}
            journal.settle(session, [one.journal_row], _JOURNAL[state], error=reason.en or None, after=shown)
        posted.told.append(one.wanted)
        posted.taken += state == MessageState.SENT

    def _letter(self, message: SendMessage, people: Mapping[int, tuple[Person, ...]]) -> Letter:
        return Letter(
            key=message.key,
            company=message.company.id,
            text=message.text,
            subject=message.subject,
            about=message.about,
            people=people.get(message.company.id, ()),
            responsible=self.responsible_of[message.company.id],
        )

    def _journal_row(self, one: Wanted) -> JournalRow:
        handler = one.decided.handler
        return JournalRow(
            portal_id=self.context.portal_id,
            at=self.now,
            rule=handler.name,
            version=handler.version,
            cause=one.decided.cause,
            kind="message",
            entity=one.message.company.entity,
            item_id=one.message.company.id,
            key=one.message.key,
            before={},
            after=_shown(one.message),
        )

    def _slot(self, one: Wanted) -> str:
        return f"{one.message.company.id}:{self.calendar.local_day(self.now)}"


_JOURNAL = {
    MessageState.SENT: journal.DONE,
    MessageState.UNKNOWN: journal.UNKNOWN,
    MessageState.WAITING: journal.REFUSED,
    MessageState.NO_CHANNEL: journal.REFUSED,
}


def _shown(message: SendMessage) -> dict[str, str]:
    return {"purpose": message.purpose, "text": message.text}
