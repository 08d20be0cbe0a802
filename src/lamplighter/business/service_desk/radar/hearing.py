"""What customers brought, wherever it stands: new tickets, reminders and contacts, and conversations that go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.service_desk.chats.models import Chat, Turn
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.radar.models import Heard
from lamplighter.business.service_desk.radar.records import Cited, HeardMatter, Meaning, RadarRules, Source, Trouble
from lamplighter.business.service_desk.radar.settings import topic_of_class
from lamplighter.business.service_desk.tickets.facts import COMPLAINT
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.records import Channel

Read = Callable[[str], Meaning]
"""Says what words mean."""
MOST_AT_ONCE: Final = 500
"""So many of each source are heard in one go; what is left is heard in the next."""
_HEARD_AGAIN: Final = dt.timedelta(days=8)
"""A conversation is heard again so long after its last turn: a complaint may follow within the days of a repeat."""
_UNSATISFIED: Final = "UNSATISFIED"
_READ_TURNS: Final = 3
"""Turns of a customer that are read to say what a recorded conversation is about."""


def hear_new(*, read: Read, rules: RadarRules, now: dt.datetime) -> Iterator[HeardMatter]:
    """Yield what was not heard yet, and the conversations that may have changed since.

    What a conversation took down as a ticket is heard as the conversation, and a contact that brought a ticket as the
    ticket: nothing is counted twice.

    Args:
        read: says what words mean.
        rules: see `radar_rules`.
        now: the instant, with its zone.
    """
    yield from chain(_tickets(read), _reminders(read), _chats(rules, since=now - _HEARD_AGAIN), _contacts(read))


def _unheard(rows: Any, source: Source) -> Any:
    return rows.exclude(pk__in=Heard.objects.filter(source=source.value).values("number"))


def _tickets(read: Read) -> Iterator[HeardMatter]:
    new = _unheard(Ticket.objects.exclude(channel=Channel.RADAR.value), Source.TICKET)
    new = new.exclude(pk__in=Heard.objects.filter(source=Source.CHAT.value, ticket__isnull=False).values("ticket"))
    rows = list(new.order_by("pk")[:MOST_AT_ONCE])
    of_chats = _taken_down_by_chats(rows)
    for row in rows:
        if row.pk not in of_chats:
            yield HeardMatter(
                source=Source.TICKET,
                number=row.pk,
                at=row.registered_at,
                account_id=row.account_id,
                area_id=row.area_id,
                topic=_topic(row, read),
                is_complaint=row.class_code == COMPLAINT,
                ticket=row.pk,
                path=row.path,
                satisfaction=row.satisfaction,
            )


def _topic(row: Ticket, read: Read) -> str:
    by_class = topic_of_class(row.class_code)
    # A complaint is about anything; that it is one is kept beside.
    return read(f"{row.subject}。{row.words}").topic or by_class


def _taken_down_by_chats(rows: Sequence[Ticket]) -> set[int]:
    if not any(row.channel == Channel.CHAT.value for row in rows):
        return set()
    since = min(row.registered_at for row in rows) - dt.timedelta(days=1)
    opened = Chat.objects.filter(last_at__gte=since, ticket__isnull=False).values_list("tickets", flat=True)
    return {number for tickets in opened for number in tickets.values()}


def _reminders(read: Read) -> Iterator[HeardMatter]:
    # A merged ticket reminds by its number: that customer was heard with it.
    events = TicketEvent.objects.filter(kind="reminder").exclude(words__startswith="GD-")
    events = _unheard(events, Source.REMINDER).select_related("ticket").order_by("pk")
    for event in events[:MOST_AT_ONCE]:
        row = event.ticket
        yield HeardMatter(
            source=Source.REMINDER,
            number=event.pk,
            at=event.made_at,
            account_id=row.account_id,
            area_id=row.area_id,
            topic=_topic(row, read),
            is_complaint=row.class_code == COMPLAINT,
            ticket=row.pk,
            path=row.path,
        )


def _chats(rules: RadarRules, *, since: dt.datetime) -> Iterator[HeardMatter]:
    rows = Chat.objects.exclude(intent="").order_by("pk")
    known = {row.pk: row for row in _unheard(rows, Source.CHAT)[:MOST_AT_ONCE]}
    known |= {row.pk: row for row in rows.filter(last_at__gte=since)}
    tickets = Ticket.objects.in_bulk([row.ticket for row in known.values() if row.ticket])
    for row in known.values():
        ticket = tickets.get(row.ticket) if row.ticket else None
        yield HeardMatter(
            source=Source.CHAT,
            number=row.pk,
            at=row.begun_at,
            account_id=row.account_id,
            # Whoever did not prove his account may have said where he is: the ticket has it.
            area_id=ticket.area_id if ticket else "",
            topic=row.intent,
            is_complaint=row.reason == "complaint" or row.intent == "complaint",
            ticket=row.ticket,
            path=row.path if row.account_id or ticket is None else ticket.path,
            cited=tuple(_cited(row, rules)),
            satisfaction=row.satisfaction or (ticket.satisfaction if ticket else ""),
        )


def _cited(row: Chat, rules: RadarRules) -> Iterator[Cited]:
    """Yield each clause once, from where it was told first, with the gravest that followed it."""
    told: dict[str, list[Turn]] = {}
    for turn in row.turns.order_by("number"):
        for edge in turn.edges:
            told.setdefault(edge, []).append(turn)
    complained = _complained_at(row, rules)
    for edge, turns in told.items():
        at = turns[0].said_at
        is_handed = row.wanted_at is not None and row.wanted_at > at and row.reason in rules.misread_reasons
        if (is_handed and row.reason == "complaint") or any(each > at for each in complained):
            trouble = Trouble.COMPLAINT
        elif is_handed:
            trouble = Trouble.PERSON
        elif len(turns) > 1:
            trouble = Trouble.AGAIN
        elif row.is_solved is False or row.satisfaction == _UNSATISFIED:
            trouble = Trouble.UNSOLVED
        else:
            trouble = Trouble.NONE
        yield Cited(edge, trouble)


def _complained_at(row: Chat, rules: RadarRules) -> list[dt.datetime]:
    if not row.account_id:
        return []
    until = row.last_at + dt.timedelta(days=rules.repeat_days)
    rows = Ticket.objects.filter(account_id=row.account_id, class_code=COMPLAINT, registered_at__lte=until)
    return list(rows.filter(registered_at__gt=row.begun_at).values_list("registered_at", flat=True))


def _contacts(read: Read) -> Iterator[HeardMatter]:
    rows = Contact.objects.filter(ticket_no="").exclude(contact_no__startswith="chat-")
    for row in _unheard(rows, Source.CONTACT).order_by("pk")[:MOST_AT_ONCE]:
        said = [turn["text"] for turn in row.dialogue["turns"] if turn["who"] == "customer"]
        meant = _read_until_clear(said, read)
        yield HeardMatter(
            source=Source.CONTACT,
            number=row.pk,
            at=row.begun_at,
            account_id=next((each.account_id for each in meant if each.account_id), ""),
            area_id="",
            topic=next((each.topic for each in meant if each.topic), ""),
            is_complaint=any(each.is_complaint for each in meant),
            ticket=None,
            path=row.path if row.station_id else UnitPath("", "", "", ""),
        )


def _read_until_clear(said: Sequence[str], read: Read) -> list[Meaning]:
    """Read the first turns until one says what it is about."""
    meant: list[Meaning] = []
    for words in said[:_READ_TURNS]:
        meant.append(read(words))
        if meant[-1].topic:
            break
    return meant
