"""A conversation begins, goes on and ends, with the assistant and with people; turns are only ever added."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, text
from lamplighter.base.security.actor import Actor, Level, Right, UnitPath
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.chats.models import AskedCode, Chat, FailedAttempt, SentCode, Turn
from lamplighter.business.service_desk.chats.queries import find_row, find_unrated_row, seen_chat, view_of
from lamplighter.business.service_desk.chats.records import (
    SATISFACTIONS,
    ChatRules,
    ChatView,
    Spoken,
    chat_rules,
    write_curve,
    write_figure,
)
from lamplighter.business.service_desk.quality.records import Who

KIND = "chat"
"""Kind of record the trail calls a conversation."""
_GUARDS_KEPT = dt.timedelta(days=2)


class TooMuch(LamplighterError):
    """Too much was sent, by this session or from this address: wait a minute."""

    def __init__(self) -> None:
        super().__init__(text("chat.error.too_much"))


class ChatTaken(LamplighterError):
    """Another person speaks with the customer."""

    def __init__(self, name: str) -> None:
        super().__init__(text("chat.error.taken", name=name))


class ChatOver(LamplighterError):
    """A conversation is over; nobody reads what is written into it."""

    def __init__(self) -> None:
        super().__init__(text("chat.error.over"))


class NothingSaid(LamplighterError):
    """A turn without words, or a rating that is none."""

    def __init__(self) -> None:
        super().__init__(text("chat.error.empty"))


def begin_chat(
    *, origin: str, language: Language, path: UnitPath, now: dt.datetime, channel: str = "chat"
) -> tuple[str, ChatView]:
    """Begin a conversation with a greeting and return the secret its browser holds, which is kept nowhere else.

    Args:
        origin: digest of the network address.
        language: of the reader.
        path: units it belongs to until an account is proven: the top one's.
        now: the instant, with its zone.
        channel: ``chat``, or ``call`` of somebody who speaks.

    Raises:
        TooMuch: too many were begun from this address.
    """
    hour = Chat.objects.filter(origin=origin, begun_at__gt=now - dt.timedelta(hours=1)).count()
    if hour >= chat_rules().begun_per_hour:
        raise TooMuch
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = Chat.objects.create(
            key=digest_of(secret),
            origin=origin,
            language=language,
            channel=channel,
            begun_at=now,
            last_at=now,
            **_units(path),
        )
        _add(row, [Spoken(Who.AGENT, text("chat.page.hello"))], now=now)
    return secret, view_of(row)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def require_room(number: int, *, now: dt.datetime, rules: ChatRules | None = None) -> None:
    """Refuse what is too much within a minute, by the conversation or by all of its network address.

    Raises:
        TooMuch: it is.
    """
    limits = rules or chat_rules()
    said = Turn.objects.filter(who=Who.CUSTOMER.value, said_at__gt=now - dt.timedelta(minutes=1))
    origin = Chat.objects.values_list("origin", flat=True).get(pk=number)
    if said.filter(chat=number).count() >= limits.session_per_minute:
        raise TooMuch
    if said.filter(chat__origin=origin).count() >= limits.address_per_minute:
        raise TooMuch


def add_turns(number: int, turns: Sequence[Spoken], *, now: dt.datetime, **changed: Any) -> None:
    """Add turns to a conversation, and keep what changed of it (``state``, ``tickets``, what is handed over)."""
    with transaction.atomic():
        row = Chat.objects.select_for_update().get(pk=number)
        _add(row, turns, now=now)
        # Who speaks, and whether it is over, is not this caller's to change: a person may have come meanwhile.
        Chat.objects.filter(pk=number).update(last_at=now, **changed)


def ask_for_person(number: int, *, reason: str, is_urgent: bool, dossier: Mapping[str, Any], now: dt.datetime) -> None:
    """Keep that a person is wanted, since when, and what he is to know; what is urgent stays so."""
    with transaction.atomic():
        row = Chat.objects.select_for_update().get(pk=number)
        kept = {"reason": reason, "is_urgent": row.is_urgent or is_urgent, "wanted_at": row.wanted_at or now}
        Chat.objects.filter(pk=number).update(**kept, dossier=dict(dossier))


def prove_account(number: int, *, account_id: str, masked_name: str, path: UnitPath | None, now: dt.datetime) -> str:
    """Keep whose account was proven and return a new secret: what the browser held before is void.

    Args:
        number: of the conversation.
        account_id: the account.
        masked_name: of its customer.
        path: its units; None where the desk has none of it, and the top unit keeps the conversation.
        now: the instant, with its zone.
    """
    secret = secrets.token_urlsafe(32)
    changed: Mapping[str, Any] = _units(path) if path else {}
    with transaction.atomic():
        Chat.objects.filter(pk=number).update(
            key=digest_of(secret), account_id=account_id, masked_name=masked_name, last_at=now, **changed
        )
        record(act=Act.CHANGED, by=None, now=now, kind=KIND, subject=number, note="identity proven")
    return secret


def note_failed_proof(number: int, *, now: dt.datetime) -> None:
    """Record that somebody tried to prove an account and did not; the account he claimed is not written down."""
    refused = Outcome.REFUSED
    record(act=Act.REFUSED, by=None, now=now, kind=KIND, subject=number, note="identity not proven", outcome=refused)


def keep_asked_code(number: int, *, account_id: str, language: Language, now: dt.datetime) -> None:
    """Keep that a code is asked for; a worker looks up whether there is such an account."""
    AskedCode.objects.create(chat_id=number, account_id=account_id[:64], language=language, asked_at=now)


def end_chat(secret: str, *, now: dt.datetime) -> None:
    """End a conversation on the customer's wish; nobody goes on with it, and he may say how satisfied he is."""
    with transaction.atomic():
        row = find_row(digest_of(secret), now=now)
        if row is not None:
            _end(row, ended_by=Who.CUSTOMER, now=now)


def rate_chat(secret: str, *, satisfaction: str, is_solved: bool | None, now: dt.datetime) -> None:
    """Keep how satisfied a customer was with a conversation that is over; once.

    Raises:
        NothingSaid: ``satisfaction`` is none of `SATISFACTIONS`.
    """
    if satisfaction not in SATISFACTIONS:
        raise NothingSaid
    row = find_unrated_row(digest_of(secret), now=now)
    if row is not None:
        Chat.objects.filter(pk=row.pk, satisfaction="").update(satisfaction=satisfaction, is_solved=is_solved)


def take_over(*, actor: Actor, number: int, now: dt.datetime) -> None:
    """Let a person speak instead of the assistant; of two the second is told.

    Raises:
        RightMissing, ChatUnknown: he sees no such conversation, or takes no matters down.
        ChatTaken, ChatOver: what the names say.
    """
    with transaction.atomic():
        row = _open_chat(actor, number, now=now)
        if row.agent_id is not None and row.agent_id != actor.staff_id:
            raise ChatTaken(row.agent_name)
        if row.agent_id is None:
            kept = {"agent_id": actor.staff_id, "agent_name": actor.name, "taken_at": now}
            Chat.objects.filter(pk=number).update(**kept, wanted_at=row.wanted_at or now, last_at=now)
            record(act=Act.CHANGED, by=actor, now=now, kind=KIND, subject=number, note="taken over")


def say_as_person(*, actor: Actor, number: int, words: str, now: dt.datetime) -> None:
    """Say something to a customer, as the person who took his conversation over.

    Raises:
        RightMissing, ChatUnknown, ChatTaken, ChatOver: what the names say.
        NothingSaid: without words.
    """
    if not words.strip():
        raise NothingSaid
    with transaction.atomic():
        row = _own_chat(actor, number, now=now)
        _add(row, [Spoken(Who.AGENT, words.strip()[:4000], by_name=actor.name)], now=now)
        Chat.objects.filter(pk=number).update(last_at=now)


def finish_chat(*, actor: Actor, number: int, now: dt.datetime) -> None:
    """End a conversation as the person who took it over; the customer is asked how satisfied he is.

    Raises:
        RightMissing, ChatUnknown, ChatTaken, ChatOver: what the names say.
    """
    with transaction.atomic():
        row = _own_chat(actor, number, now=now)
        _end(row, ended_by=Who.AGENT, now=now)
        record(act=Act.CHANGED, by=actor, now=now, kind=KIND, subject=number, note="ended")


def end_silent_chats(*, now: dt.datetime) -> int:
    """End conversations nobody goes on with, at the moment their silence had lasted long enough; returns how many."""
    rules, ended = chat_rules(), 0
    for wanted, silence in ((True, rules.waiting), (False, rules.idle)):
        rows = Chat.objects.filter(ended_at=None, wanted_at__isnull=not wanted, last_at__lte=now - silence)
        ended += rows.update(ended_at=F("last_at") + silence)
    return ended


def remove_old_chats(*, now: dt.datetime) -> int:
    """Remove conversations that were kept long enough, and attempts and codes that count no more; returns how many."""
    old = Chat.objects.filter(last_at__lt=now - dt.timedelta(days=chat_rules().keep_days))
    with transaction.atomic():
        FailedAttempt.objects.filter(failed_at__lt=now - _GUARDS_KEPT).delete()
        SentCode.objects.filter(until__lt=now - _GUARDS_KEPT).delete()
        numbers = list(old.values_list("pk", flat=True)[:1000])
        Turn.objects.filter(chat__in=numbers).delete()
        Chat.objects.filter(pk__in=numbers).delete()
        if numbers:
            after = {"count": len(numbers)}
            record(act=Act.DELETED, by=None, now=now, kind=KIND, after=after, note="kept long enough")
    return len(numbers)


def _open_chat(actor: Actor, number: int, *, now: dt.datetime) -> Chat:
    actor.require(Right.REGISTER_TICKETS)
    seen_chat(actor, number)
    row: Chat = Chat.objects.select_for_update().get(pk=number)
    if row.ended_at is not None or find_row(row.key, now=now) is None:
        raise ChatOver
    return row


def _own_chat(actor: Actor, number: int, *, now: dt.datetime) -> Chat:
    row = _open_chat(actor, number, now=now)
    if row.agent_id != actor.staff_id:
        raise ChatTaken(row.agent_name or text("chat.page.us"))
    return row


def _end(row: Chat, *, ended_by: Who, now: dt.datetime) -> None:
    if row.agent_id is None:
        _add(
            row, [Spoken(Who.AGENT, text("chat.page.bye", in_language="en" if row.language == "en" else "zh"))], now=now
        )
    Chat.objects.filter(pk=row.pk).update(ended_at=now, ended_by=ended_by.value)


def _add(row: Chat, turns: Sequence[Spoken], *, now: dt.datetime) -> None:
    at = row.turns.count()
    for step, said in enumerate(turns, start=1):
        Turn.objects.create(
            chat=row,
            number=at + step,
            who=said.who.value,
            by_name=said.by_name,
            said_at=now,
            words=said.words,
            figures=[write_figure(figure) for figure in said.figures],
            curve=write_curve(said.curve),
            edges=list(said.edges),
            start_seconds=said.timing.start if said.timing else None,
            end_seconds=said.timing.end if said.timing else None,
            confidence=said.timing.confidence if said.timing else None,
        )


def _units(path: UnitPath) -> dict[str, str]:
    return {column: path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS}
