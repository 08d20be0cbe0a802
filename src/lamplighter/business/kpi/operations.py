"""Counting: every ticket, conversation, night and area once, added up by month and station."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from django.db.models import Count as RowCount

from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Advance, Progress
from lamplighter.base.security.actor import UnitPath
from lamplighter.base.security.models import Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.kpi.models import Counting, Tally
from lamplighter.business.kpi.records import Count, add_months
from lamplighter.business.kpi.rules.adding import add_up
from lamplighter.business.kpi.rules.calls import count_hand_overs, count_talks
from lamplighter.business.kpi.rules.definitions import KpiSettings
from lamplighter.business.kpi.rules.measures import (
    CHINA,
    RECONNECTION,
    REPAIR,
    count_steps,
    count_ticket,
    month_of,
)
from lamplighter.business.line_loss.models import AreaNight, UnitNight
from lamplighter.business.line_loss.records import LossClass
from lamplighter.business.service_desk.chats.facts import first_wanted_at, read_hand_overs
from lamplighter.business.service_desk.contacts.call_facts import first_talk_at, read_talks
from lamplighter.business.service_desk.tickets.facts import first_registered_at, read_facts, read_traces

COUNTED_AGAIN: Final = 4
"""Months counted anew each time, for what is settled late moves the month it fell due in; earlier ones stay."""
_MARGIN: Final = dt.timedelta(days=120)
"""A ticket closed so long before the first month can still have a promise that falls due in it."""
_TOLD_EVERY: Final = 1_000
_OF_ONE_NIGHT: Final = ("K-12.1", "K-12.2")
"""Counted from the newest night only: what an earlier month came to cannot be counted again, and stays."""
_OFF: Final = (LossClass.NEGATIVE.value, LossClass.HIGH.value, LossClass.VERY_HIGH.value)


def count_figures(
    *,
    settings: KpiSettings,
    now: dt.datetime,
    more: Iterable[Count] = (),
    progress: Progress = SILENT,
    fence: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Counting:
    """Count every figure that can be, and put the newest months in place of what was counted of them before.

    Args:
        settings: definitions, and whether figures by person may be made.
        now: the instant, with its zone.
        more: counts of what does not lie on the desk, such as money and calls of the exchange.
        progress: who is told.
        fence: the transaction in which rows are written.
    """
    first = _first_month(now)
    seen = _Seen()
    with progress.step(text("kpi.step.tickets")) as advance:
        counts = add_up(each for each in _of_tickets(settings, first, now, seen, advance) if each.month >= first)
    with progress.step(text("kpi.step.steps")):
        counts += add_up(each for each in _of_steps(settings, first) if each.month >= first)
    with progress.step(text("kpi.step.contacts")):
        delivered = _to_count(more, first)
        counts += delivered
        counts += add_up(each for each in _of_contacts(settings, first, delivered) if each.month >= first)
    with progress.step(text("kpi.step.nights")):
        counts += [*_customers(first, month_of(now)), *_nights(first), *_areas()]
    rows = add_up(counts)
    with fence():
        anew = Tally.objects.filter(month__gte=first).exclude(code__in=_OF_ONE_NIGHT)
        of_night = Tally.objects.filter(
            code__in=_OF_ONE_NIGHT, month__in={c.month for c in rows if c.code in _OF_ONE_NIGHT}
        )
        anew.delete()
        of_night.delete()
        Tally.objects.bulk_create([_row(each) for each in rows], batch_size=2_000)
        return Counting.objects.create(counted_at=now, tickets=seen.tickets, counts=len(rows))


def _first_month(now: dt.datetime) -> dt.date:
    """Return the first month to count: the first of all where nothing was counted yet."""
    if Tally.objects.exists():
        return add_months(month_of(now), 1 - COUNTED_AGAIN)
    begun = [month_of(each) for each in (first_registered_at(), first_wanted_at(), first_talk_at()) if each]
    nights = UnitNight.objects.order_by("on_date").values_list("on_date", flat=True)[:1]
    return min([*begun, *(night.replace(day=1) for night in nights)], default=month_of(now))


@dataclass
class _Seen:
    tickets: int = 0


def _of_tickets(
    settings: KpiSettings, first: dt.date, now: dt.datetime, seen: _Seen, advance: Advance
) -> Iterator[Count]:
    since = dt.datetime(first.year, first.month, 1, tzinfo=CHINA) - _MARGIN
    for fact in read_facts(since=since):
        yield from count_ticket(fact, definitions=settings.definitions, now=now, by_person=bool(settings.person_basis))
        seen.tickets += 1
        if seen.tickets % _TOLD_EVERY == 0:
            advance(_TOLD_EVERY)


def _of_steps(settings: KpiSettings, first: dt.date) -> Iterator[Count]:
    since = dt.datetime(first.year, first.month, 1, tzinfo=CHINA)
    for code in (REPAIR, RECONNECTION):
        for place, trace in read_traces(classes=(code,), since=since):
            yield from count_steps(
                place, trace, code, definitions=settings.definitions, by_person=bool(settings.person_basis)
            )


def _to_count(more: Iterable[Count], first: dt.date) -> list[Count]:
    """Return what was delivered of the months to count, and of earlier ones of which the figure was never counted."""
    earlier = Tally.objects.filter(month__lt=first).order_by().values_list("code", "month").distinct()
    known = set(earlier)
    return [count for count in more if count.month >= first or (count.code, count.month) not in known]


def _of_contacts(settings: KpiSettings, first: dt.date, delivered: Sequence[Count]) -> Iterator[Count]:
    """Yield what conversations add; calls handed in only of months of which the exchange told nothing."""
    since = dt.datetime(first.year, first.month, 1, tzinfo=CHINA)
    by_person = bool(settings.person_basis)
    yield from count_hand_overs(read_hand_overs(since=since), definitions=settings.definitions, by_person=by_person)
    # The same calls stand in the records of the exchange: counted from both they would count twice.
    told = {count.month for count in delivered if count.code == "K-3"}
    for count in count_talks(read_talks(since=since), by_person=by_person):
        if count.month not in told:
            yield count


def _customers(first: dt.date, last: dt.date) -> Iterator[Count]:
    """Yield what stands below complaints: the customers of each station, as many as there are now."""
    found = CustomerEntry.objects.values_list(*UNIT_COLUMNS).annotate(count=RowCount("pk")).order_by()
    for *path, count in found:
        month = first
        while month <= last:
            yield Count("K-8", month, UnitPath(*path), 0.0, float(count))
            month = add_months(month, 1)


def _nights(first: dt.date) -> Iterator[Count]:
    """Yield what was really read, each area of each day counting once."""
    paths = {unit.unit_id: unit.path for unit in Unit.objects.filter(level="station")}
    rows = UnitNight.objects.filter(unit_id__in=paths, on_date__gte=first, coverage__isnull=False)
    for unit_id, on_date, areas, coverage in rows.values_list("unit_id", "on_date", "area_count", "coverage"):
        yield Count("K-10", on_date.replace(day=1), paths[unit_id], areas * (coverage or 0.0), float(areas))


def _areas() -> Iterator[Count]:
    """Yield the classes of the areas that could be computed on the newest night."""
    rows = AreaNight.objects.filter(is_computable=True).values_list("on_date", "loss_class", *UNIT_COLUMNS)
    for on_date, loss_class, *path in rows:
        month, units = on_date.replace(day=1), UnitPath(*path)
        yield Count("K-12.1", month, units, float(loss_class in _OFF), 1.0)
        yield Count("K-12.2", month, units, float(loss_class == LossClass.ECONOMIC.value), 1.0)


def _row(count: Count) -> Tally:
    return Tally(
        code=count.code,
        month=count.month,
        group=count.group,
        team=count.team,
        person=count.person,
        hits=count.hits,
        total=count.total,
        **{column: getattr(count.path, column) for column in UNIT_COLUMNS},
    )
