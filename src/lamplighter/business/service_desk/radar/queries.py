"""What the radar sees in what was heard: areas, topics, clauses, callers, and the matters behind every number."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Max, Q

from lamplighter.base.desk.listing import Ask, Listing, Part, equals, one_of
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.units import in_unit
from lamplighter.business.service_desk.radar.models import Citation, Heard, RadarCase
from lamplighter.business.service_desk.radar.records import (
    AreaFinding,
    Counted,
    Measured,
    RadarRules,
    Source,
    Trouble,
    Watch,
)
from lamplighter.business.service_desk.radar.rules import (
    area_alarms,
    clause_alarms,
    exposure,
    hour_weights,
    topic_alarms,
)
from lamplighter.business.service_desk.radar.settings import watches
from lamplighter.business.workflow.company_days import AROUND, day_of

_RATED: Final = ("VERY_SATISFIED", "SATISFIED", "NEUTRAL", "UNSATISFIED")
_SATISFIED: Final = ("VERY_SATISFIED", "SATISFIED")
_NO_TOPIC: Final = ("", "other", "human_agent", "praise")
"""What is no topic of its own: nothing rises in it."""
MOST_CALLERS: Final = 15
_FEWEST_WEEKS: Final = 3
"""This week, and two before it: of one there is no spread."""


@dataclass(frozen=True, slots=True)
class HeardRow:
    """A matter as lists show it; ``link`` is the source it opens at, and the attributes are those of the table."""

    number: int
    source: Source
    source_number: int
    at: dt.datetime
    area_name: str
    station_name: str
    topic: str
    is_complaint: bool
    ticket: int | None
    times: int
    was_open: bool
    before_topic: str
    before_number: int | None
    satisfaction: str
    account_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer who came several times: the newest matter, how often, about what, and how often the first was open."""

    row: HeardRow
    times: int
    topics: tuple[str, ...]
    open_before: int


@dataclass(frozen=True, slots=True)
class Rising:
    """A topic, held against its own past; ``weeks`` counts the weeks, the last one at the end."""

    tested: Measured
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Misread:
    """A clause, how many conversations it was told in, and what followed of which kind."""

    tested: Measured
    told: int
    troubles: Mapping[Trouble, int]


@dataclass(frozen=True, slots=True)
class Voice:
    """How customers of a place speak of service.

    Attributes:
        place: unit or area.
        matters, complaints: within the days of the map.
        rated, satisfied: of those that were asked, and said so.
    """

    place: str
    matters: int
    complaints: int
    rated: int
    satisfied: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case the radar opened: attributes as in the table, ``members`` how many are behind it."""

    number: int
    kind: str
    area_id: str
    area_name: str
    station_name: str
    ticket: int | None
    is_open: bool
    opened_at: dt.datetime
    last_at: dt.datetime
    count: int
    expected: float
    chance: float
    members: int


def _seen(actor: Actor) -> Any:
    actor.require(Right.SUPERVISE_TICKETS)
    return Heard.objects.seen_by(actor)


def find_areas(
    *, actor: Actor, watch: Watch, rules: RadarRules, customers: Mapping[str, int], now: dt.datetime
) -> list[AreaFinding]:
    """Hold the questions of the last hours from each area against what is usual there.

    A customer counts once within the window, on whichever channel; what is behind an earlier case is no part of what
    is usual. The share of false alarms is kept over the areas of a look and over the looks of a day.

    Args:
        actor: whose areas: those he sees.
        watch: topics and window.
        rules: see `radar_rules`.
        customers: accounts of every area he sees.
        now: the look, with its zone.

    Returns:
        Areas somebody asked from, the rarest first.
    """
    begin = now - watch.window
    usual_from = begin - dt.timedelta(days=rules.usual_days)
    rows = _seen(actor).filter(at__gt=usual_from, at__lte=now).exclude(source=Source.REMINDER.value)
    first = rows.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return []
    hours = Counter(_hour(at) for at in rows.filter(at__lte=begin).values_list("at", flat=True))
    weights = hour_weights([hours[hour] for hour in range(24)])
    asked = rows.filter(topic__in=watch.topics).exclude(area_id="")
    recent: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, area, account in asked.filter(at__gt=begin).values_list("pk", "area_id", "account_id"):
        recent[area][account or f"-{number}"].append(number)
    usual = _usual(asked.filter(at__lte=begin), watch)
    counted = {
        area: Counted(len(recent[area]) if area in recent else 0, usual[area], customers.get(area, 0))
        for area in {*customers, *recent}
    }
    tested = area_alarms(
        counted,
        window=exposure(begin_hour=_clock(begin), hours=watch.window_hours, weights=weights),
        usual=_hours_of(begin - max(first, usual_from), watch),
        prior=rules.prior_matters,
        fewest=rules.fewest_customers,
        rate=rules.false_discovery_rate / rules.looks_a_day,
    )
    return [
        AreaFinding(watch.kind, each, tuple(number for numbers in recent[each.key].values() for number in numbers))
        for each in tested
    ]


def _hours_of(past: dt.timedelta, watch: Watch) -> float:
    # A company that has just begun knows little: at least one window.
    return max(past.total_seconds() / 3600.0, float(watch.window_hours))


def _usual(rows: Any, watch: Watch) -> Counter[str]:
    """Count the matters before the window by area: of one customer one within the length of a window."""
    last: dict[tuple[str, str], dt.datetime] = {}
    found: Counter[str] = Counter()
    # What somebody else's trouble made customers ask is not usual.
    for number, area, account, at in (
        rows.filter(cases=None).order_by("at").values_list("pk", "area_id", "account_id", "at")
    ):
        key = (area, account or f"-{number}")
        if key not in last or at - last[key] > watch.window:
            found[area] += 1
            last[key] = at
    return found


def _hour(at: dt.datetime) -> int:
    return int(at.astimezone(AROUND.calendar.zone).hour)


def _clock(at: dt.datetime) -> float:
    local = at.astimezone(AROUND.calendar.zone)
    return local.hour + local.minute / 60.0


def find_rising(*, actor: Actor, rules: RadarRules, unit: str, now: dt.datetime) -> list[Rising]:
    """Hold the last week of each topic against the weeks before it, the rarest first; nothing after too few weeks."""
    days, last = rules.week_days, day_of(now)
    since = weeks_of(rules, now)[0][0]
    rows = _seen(actor).filter(_in(unit), at__gte=since, at__lte=now)
    first = rows.order_by("at").values_list("at", flat=True).first()
    # Weeks before anything was heard say nothing of what is usual.
    length = 0 if first is None else (last - day_of(first)).days // days + 1
    if length < _FEWEST_WEEKS:
        return []
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * length)
    for topic, at in rows.exclude(source=Source.REMINDER.value).values_list("topic", "at"):
        ago = (last - day_of(at)).days // days
        if topic not in _NO_TOPIC and ago < length:
            counts[topic][length - 1 - ago] += 1
    tested = topic_alarms(counts, fewest=rules.fewest_matters, rate=rules.false_discovery_rate)
    return [Rising(each, tuple(counts[each.key])) for each in tested]


def find_misread(*, actor: Actor, rules: RadarRules, unit: str, now: dt.datetime) -> list[Misread]:
    """Hold each clause against all others: of the conversations it was told in, in how many trouble followed."""
    since = now - dt.timedelta(days=rules.usual_days)
    rows = Citation.objects.filter(heard__in=_seen(actor).filter(_in(unit), at__gt=since, at__lte=now).values("pk"))
    found: dict[str, Counter[Trouble]] = defaultdict(Counter)
    for edge, trouble in rows.values_list("edge", "trouble"):
        found[edge][Trouble(trouble)] += 1
    cited = {edge: (kinds.total(), kinds.total() - kinds[Trouble.NONE]) for edge, kinds in found.items()}
    tested = clause_alarms(cited, fewest=rules.fewest_citations, rate=rules.false_discovery_rate)
    return [
        Misread(each, cited[each.key][0], {kind: found[each.key][kind] for kind in Trouble if found[each.key][kind]})
        for each in tested
    ]


def last_cited(*, actor: Actor) -> dict[str, dt.date]:
    """Return the day on which each clause was told last in what the actor sees, on the company's own calendar.

    Raises:
        RightMissing: the actor may not watch tickets from above.
    """
    rows = Citation.objects.filter(heard__in=_seen(actor).values("pk")).order_by()
    return {edge: day_of(at) for edge, at in rows.values_list("edge").annotate(last=Max("heard__at"))}


def find_callers(*, actor: Actor, rules: RadarRules, unit: str, now: dt.datetime) -> tuple[list[Caller], int, int]:
    """Return the customers who came most often again, how many customers came again, and to how many matters open."""
    since = now - dt.timedelta(days=rules.place_days)
    rows = _seen(actor).filter(_in(unit), at__gt=since, at__lte=now)
    again = rows.filter(times__gt=1)
    newest = (
        again.order_by()
        .values("account_id")
        .annotate(most=Max("times"), last=Max("at"), open_before=Count("pk", filter=Q(was_open=True)))
        .order_by("-most", "-last")
    )
    callers = []
    for each in newest[:MOST_CALLERS]:
        own = list(rows.filter(account_id=each["account_id"]).select_related("before").order_by("-at", "-pk"))
        topics = tuple(dict.fromkeys(row.topic for row in reversed(own)))
        callers.append(Caller(row_of(own[0]), each["most"], topics, each["open_before"]))
    return callers, newest.count(), sum(each["open_before"] > 0 for each in newest)


def count_map(
    *, actor: Actor, rules: RadarRules, unit: str, column: str, now: dt.datetime
) -> dict[tuple[str, str], int]:
    """Return how many matters there were of each topic at each place, within the days of the map.

    Args:
        actor: who looks.
        rules: see `radar_rules`.
        unit: looked at.
        column: of the places: ``county_id``, ``station_id``, ``area_id``.
        now: the instant, with its zone.
    """
    rows = _of_map(actor, rules, unit, now).exclude(source=Source.REMINDER.value).exclude(topic__in=_NO_TOPIC)
    grouped = rows.order_by().values("topic", column).annotate(count=Count("pk"))
    return {(each["topic"], each[column]): each["count"] for each in grouped if each[column]}


def read_voice(*, actor: Actor, rules: RadarRules, unit: str, column: str, now: dt.datetime) -> list[Voice]:
    """Return how customers speak of service, by place; places as in `count_map`."""
    rows = _of_map(actor, rules, unit, now).exclude(source=Source.REMINDER.value)
    grouped = (
        rows.order_by()
        .values(column)
        .annotate(
            matters=Count("pk"),
            complaints=Count("pk", filter=Q(is_complaint=True)),
            rated=Count("pk", filter=Q(satisfaction__in=_RATED)),
            satisfied=Count("pk", filter=Q(satisfaction__in=_SATISFIED)),
        )
    )
    counted = ("matters", "complaints", "rated", "satisfied")
    return [Voice(each[column], *(each[name] for name in counted)) for each in grouped if each[column]]


def _of_map(actor: Actor, rules: RadarRules, unit: str, now: dt.datetime) -> Any:
    return _seen(actor).filter(_in(unit), at__gt=now - dt.timedelta(days=rules.place_days), at__lte=now)


def _in(unit: str) -> Q:
    return in_unit(unit) if unit else Q()


def newest_at(*, actor: Actor) -> dt.datetime | None:
    """Return when the newest matter the actor sees was brought; None where nothing was heard."""
    found: dt.datetime | None = _seen(actor).order_by("-at").values_list("at", flat=True).first()
    return found


def list_cases(*, actor: Actor, unit: str, most: int = 10) -> list[CaseRow]:
    """Return the cases the radar opened among what the actor sees, open ones first, then the newest."""
    actor.require(Right.SUPERVISE_TICKETS)
    rows = RadarCase.objects.seen_by(actor).filter(_in(unit)).annotate(behind=Count("members"))
    return [
        CaseRow(
            number=row.pk,
            kind=row.kind,
            area_id=row.area_id,
            area_name=row.area_name,
            station_name=row.station_name,
            ticket=row.ticket,
            is_open=row.is_open,
            opened_at=row.opened_at,
            last_at=row.last_at,
            count=row.count,
            expected=row.expected,
            chance=row.chance,
            members=row.behind,
        )
        for row in rows.order_by("-is_open", "-opened_at", "-pk")[:most]
    ]


def list_heard(*, actor: Actor, ask: Ask, now: dt.datetime) -> Part[HeardRow]:
    """Return a page of what customers brought, the newest first.

    Raises:
        RightMissing: the actor may not watch tickets from above.
    """
    return _listing(now).answer(_seen(actor).select_related("before"), ask)


def stream_heard(*, actor: Actor, ask: Ask, now: dt.datetime) -> Iterator[HeardRow]:
    """Return everything that was asked for, for a file.

    Raises:
        RightMissing: the actor may not watch tickets from above.
    """
    return _listing(now).stream(_seen(actor).select_related("before"), ask)


def row_of(row: Heard) -> HeardRow:
    """Return a matter as lists show it."""
    return HeardRow(
        number=row.pk,
        source=Source(row.source),
        source_number=row.number,
        at=row.at,
        area_name=row.area_name,
        station_name=row.station_name,
        topic=row.topic,
        is_complaint=row.is_complaint,
        ticket=row.ticket,
        times=row.times,
        was_open=row.was_open,
        before_topic=row.before.topic if row.before else "",
        before_number=row.before_id,
        satisfaction=row.satisfaction,
        account_id=row.account_id,
    )


def _listing(now: dt.datetime) -> Listing[HeardRow]:
    troubled = Q(citations__trouble__in=[kind.value for kind in Trouble if kind is not Trouble.NONE])
    repeats: Mapping[str, Q] = {"yes": Q(times__gt=1), "open": Q(times__gt=1, was_open=True)}
    rated: Mapping[str, Q] = {"all": Q(satisfaction__in=_RATED), "met": Q(satisfaction__in=_SATISFIED)}
    return Listing(
        record=row_of,
        order=("-at", "id"),
        sorts={"at": "at", "area": "area_name", "topic": "topic", "times": "times"},
        filters={
            "source": one_of("source", [each.value for each in Source]),
            "new": lambda value: ~Q(source=Source.REMINDER.value) if value == "yes" else None,
            "repeat": lambda value: repeats.get(value),
            "complaint": lambda value: Q(is_complaint=True) if value == "yes" else None,
            "rated": lambda value: rated.get(value),
            "topic": equals("topic"),
            "unit": in_unit,
            "area": equals("area_id"),
            "case": _of_number("cases"),
            "same": _of_same,
            "edge": lambda value: Q(pk__in=Citation.objects.filter(edge=value).values("heard")),
            "trouble": lambda value: _told(value, troubled),
            "between": _between,
            "watch": lambda value: _watched(value, now),
        },
        searched=("area_name", "station_name"),
        searched_whole=("account_id",),
    )


def _told(edge: str, troubled: Q) -> Q:
    told = Citation.objects.filter(edge=edge).exclude(trouble="")
    return Q(pk__in=told.values("heard"))


def _watched(kind: str, now: dt.datetime) -> Q | None:
    found = watches(on=day_of(now)).get(kind)
    return Q(topic__in=found.topics) if found else None


def _of_number(column: str) -> Any:
    return lambda value: Q(**{column: int(value)}) if value.isdecimal() and len(value) < 12 else None


def _of_same(value: str) -> Q | None:
    """Return what the customer of a matter brought: no account number stands in an address."""
    if not (value.isdecimal() and len(value) < 12):
        return None
    account = Heard.objects.filter(pk=int(value)).values_list("account_id", flat=True).first()
    return Q(account_id=account) if account else Q(pk=int(value))


def _between(value: str) -> Q | None:
    """Return what was brought after one instant up to another, ``2026-03-01T10:00:00+00:00..…``."""
    since, _, until = value.partition("..")
    try:
        begin, end = dt.datetime.fromisoformat(since), dt.datetime.fromisoformat(until)
    except ValueError:
        return None
    return Q(at__gt=begin, at__lte=end) if begin.tzinfo and end.tzinfo else None


def between(since: dt.datetime, until: dt.datetime) -> str:
    """Return how an address asks for what was brought after one instant up to another.

    Example:
        >>> between(dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
        '2026-03-01T00:00:00+00:00..2026-03-02T00:00:00+00:00'
    """
    return f"{since.astimezone(dt.UTC).isoformat()}..{until.astimezone(dt.UTC).isoformat()}"


def weeks_of(rules: RadarRules, now: dt.datetime) -> Sequence[tuple[dt.datetime, dt.datetime]]:
    """Return begin and end of each week of `find_rising`, the last one at the end: whole days of the company."""
    zone, last = AROUND.calendar.zone, day_of(now)
    ends = [last - dt.timedelta(days=rules.week_days * ago - 1) for ago in range(rules.past_weeks, -1, -1)]
    midnight = [dt.datetime.combine(end, dt.time(), tzinfo=zone) for end in ends]
    return [(end - dt.timedelta(days=rules.week_days), end) for end in midnight]
