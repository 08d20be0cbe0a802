"""What cases come to for a unit: open ones by age and deadline, money recovered and prevented, objections by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.core.cache import cache
from django.db.models import Count, F, FloatField, Q, Sum
from django.db.models.functions import Cast, ExtractMonth, ExtractYear

from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.business.inspection.models import Case, FigureChange

AGES = {"month": (0, 30), "quarter": (30, 90), "older": (90, None)}
"""Ages of open cases, days: from, below."""
UPHELD = "UPHELD"
LARGE: Final = 1_000
"""Cases from which on adding them up costs more than a page may: what they came to is kept for a minute."""
KEPT_SECONDS: Final = 60

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Open cases of a unit.

    Attributes:
        count: all of them.
        overdue: with something late.
        week: with something due within seven days.
        ages: name of an age, see :data:`AGES` -> how many.
        changed: of which a later night says otherwise because data came late.
    """

    count: int
    overdue: int
    week: int
    ages: dict[str, int]
    changed: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """What cases of a unit brought in since a day.

    Attributes:
        paid_yuan: what was paid.
        paid_count: cases it was paid in.
        prevented_yuan: what will be paid for because thefts stopped, an estimate: kWh a month the list expected, times
            months ahead, times yuan per kWh of the calculation.
        prevented_count: thefts it is of.
    """

    paid_yuan: Decimal
    paid_count: int
    prevented_yuan: float
    prevented_count: int


@dataclass(frozen=True, slots=True)
class Appeals:
    """Objections answered in a month, by what became of them."""

    month: str
    upheld: int
    recalculated: int
    withdrawn: int

    @property
    def count(self) -> int:
        """All of them."""
        return self.upheld + self.recalculated + self.withdrawn


def _of(actor: Actor, level: Level, unit_id: str) -> Any:
    actor.require(Right.SEE_CASES)
    return Case.objects.seen_by(actor).filter(**{f"{level}_id": unit_id})


def _kept(key: str, work: Callable[[], T], *, is_large: Callable[[T], bool]) -> T:
    """Return what work comes to; a large one is not worked again within a minute, whoever of the unit asks."""
    known: T | None = cache.get(key)
    if known is not None:
        return known
    found = work()
    if is_large(found):
        cache.set(key, found, KEPT_SECONDS)
    return found


def older_than(now: dt.datetime, age: str) -> Q | None:
    """Return the condition of an age, see :data:`AGES`; None for a word that is none."""
    if age not in AGES:
        return None
    least, below = AGES[age]
    found = Q(opened_at__lte=now - dt.timedelta(days=least))
    return found if below is None else found & Q(opened_at__gt=now - dt.timedelta(days=below))


def count_open(*, actor: Actor, level: Level, unit_id: str, now: dt.datetime) -> OpenCases:
    """Return the open cases of a unit by age and deadline; of a unit with many of them as counted within the minute.

    Args:
        actor: who asks; the unit was found to be his or below.
        level: of the unit.
        unit_id: the unit.
        now: the instant, with its zone.

    Raises:
        RightMissing: the actor may not see cases.
    """
    rows = _of(actor, level, unit_id).filter(closed_at=None)
    return _kept(
        f"inspection.open.{level}.{unit_id}", lambda: _count_open(rows, now=now), is_large=lambda it: it.count >= LARGE
    )


def _count_open(rows: Any, *, now: dt.datetime) -> OpenCases:
    soon = now + dt.timedelta(days=7)
    found = rows.aggregate(
        count=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lte=now)),
        week=Count("pk", filter=Q(due_at__gt=now, due_at__lte=soon)),
        **{age: Count("pk", filter=older_than(now, age)) for age in AGES},
    )
    changed = FigureChange.objects.filter(case__in=rows, because__contains="late_data").values("case").distinct()
    ages = {age: found[age] for age in AGES}
    return OpenCases(found["count"], found["overdue"], found["week"], ages, changed.count())


def read_recovered(*, actor: Actor, level: Level, unit_id: str, since: dt.date, months_ahead: float) -> Recovered:
    """Return what cases of a unit brought in since a day; of a unit with many of them as added up within the minute.

    Args:
        actor: who asks; the unit was found to be his or below.
        level: of the unit.
        unit_id: the unit.
        since: first day of payment that counts.
        months_ahead: months a stopped theft is taken to have gone on for (``cost.months_ahead``).

    Raises:
        RightMissing: the actor may not see cases.
    """
    paid = _of(actor, level, unit_id).filter(paid_on__gte=since).exclude(objection_result=UPHELD)
    return _kept(
        f"inspection.recovered.{level}.{unit_id}.{since}.{months_ahead}",
        lambda: _add_up(paid, months_ahead=months_ahead),
        is_large=lambda it: it.paid_count >= LARGE,
    )


def _add_up(paid: Any, *, months_ahead: float) -> Recovered:
    money = paid.aggregate(yuan=Sum("paid_yuan"), count=Count("pk"))
    thefts = paid.filter(outcome="THEFT", stake_kwh__isnull=False, energy_kwh__gt=0, fee_yuan__isnull=False)
    price = Cast(F("fee_yuan"), FloatField()) / Cast(F("energy_kwh"), FloatField())
    ahead = thefts.aggregate(yuan=Sum(F("stake_kwh") * price), count=Count("pk"))
    return Recovered(
        paid_yuan=money["yuan"] or Decimal(0),
        paid_count=money["count"],
        prevented_yuan=float(ahead["yuan"] or 0.0) * months_ahead,
        prevented_count=ahead["count"],
    )


def read_appeals(*, actor: Actor, level: Level, unit_id: str, since: dt.datetime) -> list[Appeals]:
    """Return what became of objections, month by month, the newest first.

    Args:
        actor: who asks; the unit was found to be his or below.
        level: of the unit.
        unit_id: the unit.
        since: first instant of an answer that counts.

    Raises:
        RightMissing: the actor may not see cases.
    """
    rows = (
        _of(actor, level, unit_id)
        .filter(objection_at__gte=since)
        .annotate(year=ExtractYear("objection_at"), month=ExtractMonth("objection_at"))
        .values("year", "month")
        .annotate(
            **{
                name: Count("pk", filter=Q(objection_result=result))
                for name, result in (("upheld", UPHELD), ("recalculated", "RECALCULATE"), ("withdrawn", "WITHDRAWN"))
            }
        )
        .order_by("-year", "-month")
    )
    return [
        Appeals(f"{row['year']}-{row['month']:02}", row["upheld"], row["recalculated"], row["withdrawn"])
        for row in rows
    ]


def count_by_version() -> dict[tuple[str, int], int]:
    """Return how many cases are open on each version of the process, for whoever shows it; nobody is named."""
    counted = Case.objects.filter(closed_at=None).values_list("process", "process_version").order_by()
    return {(process, version): count for process, version, count in counted.annotate(count=Count("pk"))}
