"""Conversations as key figures read them: when a person was wanted, when one answered, when it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from lamplighter.base.security.actor import UnitPath
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.chats.records import HandOverFact


def read_hand_overs(*, since: dt.datetime) -> Iterator[HandOverFact]:
    """Yield the conversations a person was wanted for since an instant; of every unit, for counting alone."""
    rows = Chat.objects.filter(wanted_at__gte=since).order_by("pk")
    names = (*UNIT_COLUMNS, "channel", "wanted_at", "taken_at", "ended_at", "agent_name")
    for *path, channel, wanted_at, taken_at, ended_at, agent_name in rows.values_list(*names).iterator(2_000):
        yield HandOverFact(UnitPath(*path), channel, wanted_at, taken_at, ended_at, agent_name)


def first_wanted_at() -> dt.datetime | None:
    """Return when a person was first wanted; None where none ever was."""
    found: dt.datetime | None = (
        Chat.objects.filter(wanted_at__isnull=False).order_by("wanted_at").values_list("wanted_at", flat=True).first()
    )
    return found
