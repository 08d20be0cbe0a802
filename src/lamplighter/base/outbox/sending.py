"""The worker's side: take what is due, hand it to its channel, and write down what came of it.

A message is claimed by one conditional update, so that two workers never hold it at once, and the claim is committed
before the channel is spoken to. Whoever dies in between leaves it *sending*; after a while it is taken up again and
handed over under the same key, which a channel that knows keys takes once.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from django.db import transaction
from django.db.models import F

from lamplighter.base.messages import LANGUAGES, text
from lamplighter.base.outbox.addresses import address_of
from lamplighter.base.outbox.channels import adapter_of
from lamplighter.base.outbox.models import Message
from lamplighter.base.outbox.operations import add_event
from lamplighter.base.outbox.records import Adapter, Channel, Handed, Outgoing, Recipient, SendingFailed, State
from lamplighter.base.outbox.rules import next_try_at
from lamplighter.base.outbox.settings import OutboxSettings, read_outbox_settings
from lamplighter.base.settings import Home

log = logging.getLogger(__name__)

AT_ONCE: Final = 100
"""Most messages of one turn: the worker has other chores."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn came to, messages by how they ended."""

    sent: int
    put_off: int
    failed: int
    lost: int


def send_due(*, home: Home, clock: Callable[[], dt.datetime], site: str = "", adapter: Adapter | None = None) -> Turn:
    """Send what is due.

    Args:
        home: the company's settings, and where files lie.
        clock: tells the instant, with its zone: a turn of many messages takes its time.
        site: address of the desk, for what a channel says later; empty = it is not asked to.
        adapter: takes every message, in the place of the company's.

    Raises:
        OutboxSettingsInvalid: the company's settings cannot be used; nothing was sent.
    """
    settings = read_outbox_settings(home.settings)
    now = clock()
    lost = take_up_lost(now=now, settings=settings)
    ended = dict.fromkeys((State.SENT, State.QUEUED, State.FAILED), 0)
    due = Message.objects.filter(state=State.QUEUED.value, next_at__lte=now).order_by("next_at", "pk")
    for number in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        claim = secrets.token_hex(16)
        if not _claimed(number, claim, now=clock()):
            continue
        message = Message.objects.get(pk=number)
        try:
            taker = adapter or adapter_of(Channel(message.channel), settings, home)
            handed = taker.send(_outgoing(message, home=home, site=site))
        except SendingFailed as failure:
            ended[_put_off(message, claim, failure, settings=settings, now=clock())] += 1
        except Exception as failure:
            # A defect of an adapter must not hold up every message behind it; its stack is for us.
            log.exception("outbox.adapter_failed", extra={"number": number, "channel": message.channel})
            ours = SendingFailed(type(failure).__name__)
            ended[_put_off(message, claim, ours, settings=settings, now=clock())] += 1
        else:
            _note_handed(message, claim, handed, now=clock())
            ended[State.SENT] += 1
    return Turn(ended[State.SENT], ended[State.QUEUED], ended[State.FAILED], lost)


def take_up_lost(*, now: dt.datetime, settings: OutboxSettings) -> int:
    """Queue again what a worker has held for too long, and return how many: whether it was handed over is not known."""
    count = 0
    long_ago = now - settings.lost_after
    for message in Message.objects.filter(state=State.SENDING.value, claimed_at__lt=long_ago):
        with transaction.atomic():
            mine = Message.objects.filter(pk=message.pk, state=State.SENDING.value, claim=message.claim)
            if mine.update(state=State.QUEUED.value, claim="", next_at=now):
                add_event(message, kind="lost", by=None, now=now, data={"attempt": message.attempt})
                count += 1
    return count


def adapter_key(message: Message) -> str:
    """Return the key an adapter gets: the same for every attempt, another once a person has it sent again."""
    return f"{message.key}#{message.round}"


def _claimed(number: int, claim: str, *, now: dt.datetime) -> bool:
    with transaction.atomic():
        mine = Message.objects.filter(pk=number, state=State.QUEUED.value)
        if not mine.update(state=State.SENDING.value, claim=claim, claimed_at=now, attempt=F("attempt") + 1):
            return False
        message = Message.objects.get(pk=number)
        add_event(message, kind=State.SENDING.value, by=None, now=now, data={"attempt": message.attempt})
    return True


def _outgoing(message: Message, *, home: Home, site: str) -> Outgoing:
    channel = Channel(message.channel)
    attachment = home.path / PurePosixPath(message.attachment) if message.attachment else None
    if attachment is not None and not attachment.exists():
        raise SendingFailed(text("outbox.failure.no_attachment"), is_final=True)
    return Outgoing(
        key=adapter_key(message),
        channel=channel,
        address=address_of(Recipient(message.recipient_kind, message.recipient_ref), channel),
        title=message.title,
        body=message.body,
        language=next((each for each in LANGUAGES if each == message.language), LANGUAGES[0]),
        attachment=attachment,
        callback_url=f"{site}/outbox/answers/{channel}/" if site else "",
    )


def _note_handed(message: Message, claim: str, handed: Handed, *, now: dt.datetime) -> None:
    state = State.DELIVERED if handed.is_delivered else State.SENT
    with transaction.atomic():
        mine = Message.objects.filter(pk=message.pk, claim=claim, state=State.SENDING.value)
        changed = {"delivered_at": now} if handed.is_delivered else {}
        if not mine.update(
            state=state.value,
            claim="",
            next_at=None,
            failure="",
            reference=handed.reference[:200],
            sent_at=now,
            **changed,
        ):
            # The channel was faster with its answer than we with ours, or we were given up for lost.
            log.warning("outbox.overtaken", extra={"number": message.pk, "attempt": message.attempt})
            return
        add_event(message, kind=state.value, by=None, now=now, data={"reference": handed.reference[:200]})
    log.info("outbox.sent", extra={"number": message.pk, "channel": message.channel})


def _put_off(
    message: Message, claim: str, failure: SendingFailed, *, settings: OutboxSettings, now: dt.datetime
) -> State:
    again = (
        None
        if failure.is_final
        else next_try_at(now=now, attempt=message.attempt, pauses_minutes=settings.pauses_minutes)
    )
    state = State.FAILED if again is None else State.QUEUED
    with transaction.atomic():
        mine = Message.objects.filter(pk=message.pk, claim=claim, state=State.SENDING.value)
        if mine.update(state=state.value, claim="", next_at=again, failure=failure.why[:500]):
            kind = State.FAILED.value if again is None else "put_off"
            add_event(message, kind=kind, by=None, now=now, words=failure.why, data={"attempt": message.attempt})
    log.info("outbox.not_sent", extra={"number": message.pk, "channel": message.channel, "state": state.value})
    return state
