"""A conversation begins, goes on and ends; turns are only ever added."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import Language, text
from lamplighter.base.security.actor import Level, UnitPath
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.chats.models import Chat, Turn
from lamplighter.business.service_desk.chats.queries import find_row, view_of
from lamplighter.business.service_desk.chats.records import ChatRules, ChatView, chat_rules, write_figure
from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.records import Figure


class TooMuch(LamplighterError):
    """Too much was sent, by this session or from this address: wait a minute."""

    def __init__(self) -> None:
        super().__init__(text("chat.error.too_much"))


def begin_chat(*, origin: str, language: Language, path: UnitPath, now: dt.datetime) -> tuple[str, ChatView]:
    """Begin a conversation and return the secret its browser holds, which is kept nowhere else.

    Args:
        origin: digest of the network address.
        language: of the reader.
        path: units it belongs to until an account is proven: the top one's.
        now: the instant, with its zone.

    Raises:
        TooMuch: too many were begun from this address.
    """
    hour = Chat.objects.filter(origin=origin, begun_at__gt=now - dt.timedelta(hours=1)).count()
    if hour >= chat_rules().begun_per_hour:
        raise TooMuch
    secret = secrets.token_urlsafe(32)
    row = Chat.objects.create(
        key=digest_of(secret), origin=origin, language=language, begun_at=now, last_at=now, **_units(path)
    )
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


def add_turns(
    number: int, turns: Sequence[tuple[Who, str, tuple[Figure, ...]]], *, now: dt.datetime, **changed: Any
) -> None:
    """Add turns to a conversation, and keep what changed of it (``state``, ``tickets``)."""
    with transaction.atomic():
        row = Chat.objects.select_for_update().get(pk=number)
        at = row.turns.count()
        for step, (who, words, figures) in enumerate(turns, start=1):
            kept = [write_figure(figure) for figure in figures]
            Turn.objects.create(chat=row, number=at + step, who=who.value, said_at=now, words=words, figures=kept)
        for name, value in (changed | {"last_at": now}).items():
            setattr(row, name, value)
        row.save()


def prove_account(number: int, *, account_id: str, path: UnitPath | None, now: dt.datetime) -> str:
    """Keep whose account was proven and return a new secret: what the browser held before is void.

    Args:
        number: of the conversation.
        account_id: the account.
        path: its units; None where the desk has none of it, and the top unit keeps the conversation.
        now: the instant, with its zone.
    """
    secret = secrets.token_urlsafe(32)
    changed: Mapping[str, Any] = _units(path) if path else {}
    Chat.objects.filter(pk=number).update(key=digest_of(secret), account_id=account_id, last_at=now, **changed)
    return secret


def end_chat(secret: str, *, now: dt.datetime) -> None:
    """End a conversation on the customer's wish; nobody goes on with it."""
    row = find_row(digest_of(secret), now=now)
    if row is not None:
        Chat.objects.filter(pk=row.pk).update(ended_at=now, ended_by=Who.CUSTOMER.value)


def _units(path: UnitPath) -> dict[str, str]:
    return {column: path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS}
