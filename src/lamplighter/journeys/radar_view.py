"""What the page of the radar shows of a unit: every part with the address of what is behind it left to the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.business.network.desk_queries import FoundUnit, list_units_below
from lamplighter.business.network.models import AreaEntry
from lamplighter.business.service_desk.radar import queries
from lamplighter.business.service_desk.radar.queries import Caller, CaseRow, Misread, Rising
from lamplighter.business.service_desk.radar.records import AreaFinding, RadarRules, Watch
from lamplighter.business.service_desk.radar.settings import radar_rules, watches
from lamplighter.business.workflow.company_days import day_of
from lamplighter.journeys.service_radar import count_customers

_MOST_TOPICS: Final = 12
_MOST_PLACES: Final = 12
_PER: Final = 10_000


@dataclass(frozen=True, slots=True)
class AreaLook:
    """An area somebody asked from within a window: what is watched for, the test, and its name."""

    watch: Watch
    finding: AreaFinding
    area_name: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place of the map: matters by topic in the order of the topics, and the voice of its customers.

    Attributes:
        place, name: unit or area.
        is_area: it is an area.
        counts: by topic.
        customers: accounts; 0 where nobody counted them.
        complaints: raised there; ``complaints_per_10000`` None without customers.
        rated, satisfied: of those that were asked and said so.
    """

    place: str
    name: str
    is_area: bool
    counts: tuple[int, ...]
    matters: int
    customers: int
    complaints: int
    rated: int
    satisfied: int

    @property
    def complaints_per_10000(self) -> float | None:
        """Complaints of 10,000 customers within the days of the map."""
        return _PER * self.complaints / self.customers if self.customers else None

    @property
    def satisfied_share(self) -> float | None:
        """Share of the satisfied among those who said something; None where nobody did."""
        return self.satisfied / self.rated if self.rated else None


@dataclass(frozen=True, slots=True)
class RadarView:
    """The radar of a unit at an instant; parts as their queries return them."""

    rules: RadarRules
    now: dt.datetime
    cases: Sequence[CaseRow]
    looks: Sequence[AreaLook]
    callers: Sequence[Caller]
    callers_again: int
    callers_open: int
    misread: Sequence[Misread]
    rising: Sequence[Rising]
    weeks: Sequence[tuple[dt.datetime, dt.datetime]]
    topics: Sequence[str]
    places: Sequence[PlaceRow]
    newest_at: dt.datetime | None


def read_radar(*, actor: Actor, unit: FoundUnit, now: dt.datetime) -> RadarView:
    """Return the radar of a unit the actor sees.

    Args:
        actor: who looks.
        unit: his own, or one below it.
        now: the look, with its zone: the page can be asked for an earlier one.

    Raises:
        RightMissing: the actor may not watch tickets from above.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    rules = radar_rules(on=day_of(now))
    rising = queries.find_rising(actor=actor, rules=rules, unit=unit.unit_id, now=now)
    callers, again, still_open = queries.find_callers(actor=actor, rules=rules, unit=unit.unit_id, now=now)
    topics, places = _map(actor, unit, rules, now)
    return RadarView(
        rules=rules,
        now=now,
        cases=queries.list_cases(actor=actor, unit=unit.unit_id),
        looks=_looks(actor, unit, rules, now),
        callers=callers,
        callers_again=again,
        callers_open=still_open,
        misread=queries.find_misread(actor=actor, rules=rules, unit=unit.unit_id, now=now),
        rising=rising,
        weeks=queries.weeks_of(rules, now),
        topics=topics,
        places=places,
        newest_at=queries.newest_at(actor=actor),
    )


def _looks(actor: Actor, unit: FoundUnit, rules: RadarRules, now: dt.datetime) -> list[AreaLook]:
    """Look at all areas the actor sees, so that the rate of false alarms is the same whatever unit he looks at."""
    customers = count_customers(actor=actor, column="area_id")
    own = dict(
        AreaEntry.objects.seen_by(actor).filter(**{f"{unit.level}_id": unit.unit_id}).values_list("area_id", "name")
    )
    found = []
    for watch in watches(on=day_of(now)).values():
        for finding in queries.find_areas(actor=actor, watch=watch, rules=rules, customers=customers, now=now):
            if finding.tested.key in own:
                found.append(AreaLook(watch, finding, own[finding.tested.key]))
    return found


def _map(
    actor: Actor, unit: FoundUnit, rules: RadarRules, now: dt.datetime
) -> tuple[Sequence[str], Sequence[PlaceRow]]:
    """Return the commonest topics, and the places below a unit with how many matters of each there were."""
    below = list_units_below(actor=actor, unit=unit)
    is_area = unit.level is Level.STATION or not below
    column = "area_id" if is_area else f"{below[0].level}_id"
    counts = queries.count_map(actor=actor, rules=rules, unit=unit.unit_id, column=column, now=now)
    voices = {
        each.place: each
        for each in queries.read_voice(actor=actor, rules=rules, unit=unit.unit_id, column=column, now=now)
    }
    names = _names(actor, below, voices, is_area=is_area)
    by_topic: dict[str, int] = {}
    for (topic, place), count in counts.items():
        if place in names:
            by_topic[topic] = by_topic.get(topic, 0) + count
    topics = sorted(by_topic, key=lambda topic: (-by_topic[topic], topic))[:_MOST_TOPICS]
    customers = count_customers(actor=actor, column=column)
    rows = [
        PlaceRow(
            place=place,
            name=name,
            is_area=is_area,
            counts=tuple(counts.get((topic, place), 0) for topic in topics),
            matters=voices[place].matters if place in voices else 0,
            customers=customers.get(place, 0),
            complaints=voices[place].complaints if place in voices else 0,
            rated=voices[place].rated if place in voices else 0,
            satisfied=voices[place].satisfied if place in voices else 0,
        )
        for place, name in names.items()
    ]
    return topics, sorted(rows, key=lambda row: (-row.matters, row.name))[:_MOST_PLACES]


def _names(actor: Actor, below: Sequence[FoundUnit], heard: Mapping[str, object], *, is_area: bool) -> dict[str, str]:
    if not is_area:
        return {each.unit_id: each.name for each in below}
    rows = AreaEntry.objects.seen_by(actor).filter(area_id__in=list(heard))
    return dict(rows.values_list("area_id", "name"))
