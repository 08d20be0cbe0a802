"""What a plan of visits is made of. Times of the day are minutes after midnight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from lamplighter.methods.optimisation import Problem, Route

Window = tuple[float, float]
"""From and to, minutes after midnight."""


class Level(StrEnum):
    """Level of an inspector's certificate, the highest first; the words stand in the crews file."""

    FIRST = "1"
    SECOND = "2"
    THIRD = "3"


class Danger(StrEnum):
    """What a visit is too dangerous for, for two persons alone."""

    THIRD_PERSON = "third_person"
    POLICE = "police"


class Why(StrEnum):
    """Why a suspicion is not in the plan."""

    THIRD_PERSON = "third_person"
    """A third person has to come along: to be planned by the leader."""
    POLICE = "police"
    """The police have to come along: to be arranged by the leader."""
    SPARED = "spared"
    """A visit had a result lately."""
    NO_PLACE = "no_place"
    """Neither the account nor its area has a position."""
    NO_CREW = "no_crew"
    """No crew can go at all on the day."""
    NO_SKILL = "no_skill"
    """No crew has the level or skill, or all that have it are barred from the account."""
    TOO_FAR = "too_far"
    """No crew gets there and back within its shift, or within the appointment, even alone."""
    NOT_WORTH = "not_worth"
    """A visit costs more than it is likely to bring."""
    LOWER_VALUE = "lower_value"
    """Not among those of greatest value that the search looks at."""
    NO_TIME = "no_time"
    """Others are worth more of the time there is."""
    REMOVED = "removed"
    """Taken out by hand."""


class CrewWhy(StrEnum):
    """Why a crew cannot go."""

    NO_CERTIFICATE = "no_certificate"
    """A person has no valid certificate on the day."""
    NOT_TWO = "not_two"
    """It is not two persons."""
    NO_TIME = "no_time"
    """The persons have no working time in common."""
    NO_BASE = "no_base"
    """Nobody knows where it sets out: neither position nor a station with areas that have one."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A row of the night's list with its place.

    Args:
        account_id: the account.
        area_id: its area, empty = unknown.
        rank: in the list, 1 = first.
        theft_probability: calibrated.
        expected_kwh: a month; None = unknown.
        expected_yuan: of a visit, its flat cost taken off.
        colour: red, orange, yellow, none.
        checks: what to check on site, codes of detection.
        supply_kv: voltage it is supplied at.
        longitude: degrees; None = unknown.
        latitude: degrees; None = unknown.
        is_random: drawn at random; False = by rank.
        propensity: the chance it was chosen with; None = not chosen.
        is_spared: a visit had a result lately.
    """

    account_id: str
    area_id: str
    rank: int
    theft_probability: float
    expected_kwh: float | None
    expected_yuan: float
    colour: str
    checks: tuple[str, ...] = ()
    supply_kv: float = 0.4
    longitude: float | None = None
    latitude: float | None = None
    is_random: bool = False
    propensity: float | None = None
    is_spared: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of a visit besides the list: an appointment, an order, a danger.

    Args:
        account_id: the account.
        window: earliest and latest arrival agreed; None = none.
        is_required: ordered: goes before all that is not.
        danger: what it needs besides two persons; None = nothing.
        needs: skills besides the level.
    """

    account_id: str
    window: Window | None = None
    is_required: bool = False
    danger: Danger | None = None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """An inspector on the day.

    Args:
        person_id: staff number or name, as the company writes it.
        shift: working time.
        level: of the certificate; None = has none.
        valid_to: last day of the certificate; None = not stated, which is not valid.
        skills: besides the level.
        barred: accounts the person may not visit: relatives, or the same pair was there last time.
    """

    person_id: str
    shift: Window
    level: Level | None = None
    valid_to: date | None = None
    skills: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()

    def has_valid_certificate(self, on: date) -> bool:
        """Tell whether the certificate holds on a day.

        Example:
            >>> Person("P1", (480.0, 1020.0), Level.SECOND, date(2025, 6, 30)).has_valid_certificate(date(2025, 7, 1))
            False
        """
        return self.level is not None and self.valid_to is not None and on <= self.valid_to


@dataclass(frozen=True, slots=True)
class Crew:
    """Persons who go together.

    Args:
        crew_id: its name.
        persons: two of them, or it cannot go.
        lunch: earliest and latest start of the break; None = no break.
        lunch_minutes: its length.
        longitude: where it sets out; None = unknown.
        latitude: likewise.
    """

    crew_id: str
    persons: tuple[Person, ...]
    lunch: Window | None = None
    lunch_minutes: float = 0.0
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class IdleCrew:
    """A crew that cannot go.

    Args:
        crew_id: which.
        why: the reason.
        persons: whom it is about.
    """

    crew_id: str
    why: CrewWhy
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A suspicion without a stop, and its reason."""

    suspicion: Suspicion
    why: Why


@dataclass(frozen=True, eq=False)
class Draft:
    """Everything a plan is timed with; the same for every version of a day's plan.

    Args:
        on: day of the visits.
        as_of: the list.
        problem: visits and crews as a routing problem; a visit's key is its account, a crew's its name.
        suspicions: by account, all of the list.
        set_aside: suspicions that may not be in the plan or were not looked at, with the reason.
        idle: crews that cannot go.
        settings_version: of the planning settings.
    """

    on: date
    as_of: date
    problem: Problem
    suspicions: Mapping[str, Suspicion]
    set_aside: Mapping[str, Why]
    idle: tuple[IdleCrew, ...]
    settings_version: str


@dataclass(frozen=True, eq=False)
class Plan:
    """A day's visits.

    Args:
        draft: what it is timed with.
        routes: one of each crew that can go.
        why: account -> reason, of every suspicion in no route.
        locked: accounts that stay with their crew when the plan is made anew.
        is_cut_short: the search was ended by its guard of time, so it may not repeat.
    """

    draft: Draft
    routes: tuple[Route, ...]
    why: Mapping[str, Why]
    locked: frozenset[str] = field(default=frozenset())
    is_cut_short: bool = False

    @property
    def orders(self) -> dict[str, tuple[str, ...]]:
        """Accounts of each crew in order."""
        return {route.crew: route.keys for route in self.routes}

    @property
    def value_yuan(self) -> float:
        """Expected yuan of all visits less the cost of time and way."""
        return sum(route.value for route in self.routes)

    @property
    def is_drivable(self) -> bool:
        """Nothing breaks."""
        return not any(route.breaches for route in self.routes)

    @property
    def unplanned(self) -> tuple[Unplanned, ...]:
        """Suspicions without a stop in order of rank."""
        found = [Unplanned(self.draft.suspicions[account], why) for account, why in self.why.items()]
        return tuple(sorted(found, key=lambda each: each.suspicion.rank))
