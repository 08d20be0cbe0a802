"""Tickets as they are counted, and the ways they took, for whoever computes figures: no actor, nobody shown."""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from django.db.models import Count

from lamplighter.base.security.actor import UnitPath
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.records import Channel, TicketFact, TicketPlace
from lamplighter.business.service_desk.tickets.store import STORE
from lamplighter.business.workflow.desk.traces import read_row_traces
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.mining.records import Trace

COMPLAINT: Final = "TK-1"
_TOPIC: Final = "subject_kind"
_AT_ONCE: Final = 2_000
_COLUMNS: Final = (
    "pk",
    "class_code",
    "channel",
    "account_id",
    "registered_at",
    "promise_due_at",
    "replied_at",
    "closed_at",
    "status",
    "merged_into_id",
    "handler",
    "team",
    "satisfaction",
    "is_solved",
    "reopened",
    "reminders",
    *UNIT_COLUMNS,
)


def read_facts(*, since: dt.datetime) -> Iterator[TicketFact]:
    """Yield every ticket that was open or came in from an instant on, by account and class.

    Args:
        since: tickets closed before it are only looked at as what others repeat.
    """
    topics = _topics()
    rows = Ticket.objects.order_by("account_id", "class_code", "registered_at", "pk").values_list(*_COLUMNS)
    for (account, _), same in groupby(rows.iterator(chunk_size=_AT_ONCE), key=lambda row: (row[3], row[1])):
        if not account:
            yield from (_fact(row, topics, None, None) for row in same if _is_counted(row, since))
            continue
        held = list(same)
        brought = [row[4] for row in held if row[2] != Channel.RADAR.value]
        for row in held:
            if _is_counted(row, since):
                before, after = bisect_left(brought, row[4]), bisect_right(brought, row[4])
                yield _fact(
                    row,
                    topics,
                    brought[before - 1] if before else None,
                    brought[after] if after < len(brought) else None,
                )


def _is_counted(row: tuple[Any, ...], since: dt.datetime) -> bool:
    return row[7] is None or row[7] >= since


def _fact(
    row: tuple[Any, ...], topics: dict[int, str], repeats_at: dt.datetime | None, repeated_at: dt.datetime | None
) -> TicketFact:
    known = dict(zip(_COLUMNS, row, strict=True))
    return TicketFact(
        number=known["pk"],
        class_code=known["class_code"],
        channel=Channel(known["channel"]),
        has_account=bool(known["account_id"]),
        registered_at=known["registered_at"],
        promise_due_at=known["promise_due_at"],
        replied_at=known["replied_at"],
        closed_at=known["closed_at"],
        is_completed=known["status"] == Status.FINISHED.value,
        is_merged=known["merged_into_id"] is not None,
        handler=known["handler"],
        team=known["team"],
        satisfaction=known["satisfaction"],
        is_solved=known["is_solved"],
        reopened=known["reopened"],
        reminders=known["reminders"],
        topic=topics.get(known["pk"], ""),
        repeats_at=repeats_at,
        repeated_at=repeated_at,
        path=UnitPath(known["province_id"], known["city_id"], known["county_id"], known["station_id"]),
    )


def _topics() -> dict[int, str]:
    """Return what each complaint is about: it stands in the form with which its chain began."""
    rows = Ticket.objects.filter(class_code=COMPLAINT).values_list("pk", "instance")
    return {number: str(json.loads(state)["data"].get(_TOPIC) or "") for number, state in rows.iterator(_AT_ONCE)}


def read_traces(
    *, classes: Sequence[str], since: dt.datetime, unit: tuple[str, str] | None = None
) -> Iterator[tuple[TicketPlace, Trace]]:
    """Yield the way every ticket of some classes took, with where it belongs.

    Args:
        classes: such as ``("TK-5",)``.
        since: those closed before it are left out.
        unit: column and number of a unit it is narrowed to, such as ``("county_id", "N")``.
    """
    rows = Ticket.objects.filter(class_code__in=classes).exclude(closed_at__lt=since).order_by("pk")
    if unit is not None:
        rows = rows.filter(**{unit[0]: unit[1]})
    for (team, handler, *path), trace in read_row_traces(STORE, rows, ("team", "handler", *UNIT_COLUMNS)):
        yield TicketPlace(UnitPath(*path), team, handler), trace


def first_registered_at() -> dt.datetime | None:
    """Return when the first ticket came in; None where none ever did."""
    return Ticket.objects.order_by("registered_at").values_list("registered_at", flat=True).first()


def count_by_version() -> dict[tuple[str, int], int]:
    """Return how many tickets are open on each version of a process."""
    rows = Ticket.objects.filter(closed_at=None).values_list("process", "process_version")
    counted = rows.order_by().annotate(count=Count("pk"))
    return {(process, version): count for process, version, count in counted}
