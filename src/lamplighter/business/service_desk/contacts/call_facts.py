"""Calls that were handed in as conversations, as key figures read them: when, how long, by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lamplighter.base.security.actor import UnitPath
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.records import Channel, TalkFact


def read_talks(*, since: dt.datetime) -> Iterator[TalkFact]:
    """Yield the calls agents spoke in since an instant; of every unit, for counting alone."""
    rows = _talks().filter(begun_at__gte=since).order_by("pk")
    names = (*UNIT_COLUMNS, "begun_at", "seconds", "agent_name")
    for *path, begun_at, seconds, agent_name in rows.values_list(*names).iterator(2_000):
        yield TalkFact(UnitPath(*path), begun_at, seconds, agent_name)


def first_talk_at() -> dt.datetime | None:
    """Return when the first of them began; None where there is none."""
    found: dt.datetime | None = _talks().order_by("begun_at").values_list("begun_at", flat=True).first()
    return found


def _talks() -> Any:
    return Contact.objects.filter(channel=Channel.CALL.value, seconds__isnull=False, agent_id__isnull=False)
