"""Outcomes and models as the desk shows them. How a visit came about only whoever may know of random slots learns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from lamplighter.base.desk.listing import Ask, Listing, Part, equals, one_of
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.reach import is_over_all
from lamplighter.base.security.scope import ScopedQuerySet
from lamplighter.base.security.units import in_unit
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.detection.desk_queries import COLOURS
from lamplighter.business.detection.models import (
    ModelEntry,
    OutcomeEntry,
    OutcomeTally,
    ReleaseEntry,
    ReleaseProposal,
    UnitRate,
)
from lamplighter.business.detection.outcome_queries import DRAWN, OTHERWISE, RANKED
from lamplighter.business.detection.records import OutcomeKind

WAYS: Final = (RANKED, DRAWN, OTHERWISE)
TALLIED: Final = ("model", "colour", "station", "area", "crew", "month")
"""What outcomes are counted by, beside ``way``, which is not shown to everybody."""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """An outcome in a list, see ``OutcomeEntry``; ``way`` is empty to whom it is closed."""

    masked_account: str
    inspected_on: dt.date
    outcome: OutcomeKind
    recovered_kwh: float | None
    area_name: str
    station_name: str
    rank: int | None
    colour: str
    theft_probability: float | None
    model_version: str
    way: str
    crew: str
    case_number: int | None


@dataclass(frozen=True, slots=True)
class TallyRow:
    """Outcomes of a unit counted by one thing, see ``OutcomeTally``."""

    value: str
    words: str
    visits: int
    no_access: int
    hits: int
    finds: int
    low: float | None
    high: float | None
    predicted: float | None

    @property
    def hit_rate(self) -> float | None:
        """Share of visits with a result that found theft; None without one."""
        return self.hits / self.visits if self.visits else None

    @property
    def visits_per_find(self) -> float | None:
        """Visits with a result for each find; None without one."""
        return self.visits / self.finds if self.finds else None


@dataclass(frozen=True, slots=True)
class RateRow:
    """The estimated share of a unit's accounts that steal, see ``TrueRate``."""

    rate: float
    low: float
    high: float
    hit_rate: float
    visits: int
    drawn: int
    no_access: int


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model that could make lists, see ``ModelEntry``."""

    number: int
    version: str
    state: str
    is_packaged: bool
    made_at: dt.datetime | None
    trained_on: dt.date | None
    released_at: dt.datetime | None
    outcomes: int
    thefts: int
    card: Mapping[str, Any]
    drift: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What it was trained on: simulated, outcomes or injections."""
        return str(self.card["trained_on"]) if "base" in self.card else "simulated"


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A model put to use."""

    released_at: dt.datetime
    version: str
    replaced: str
    reason: str
    proposed_by: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A release that waits for a second person."""

    number: int
    version: str
    reason: str
    proposed_by_id: int
    proposed_by: str
    proposed_at: dt.datetime


def _visible(actor: Actor) -> ScopedQuerySet:
    actor.require(Right.SEE_OUTCOMES)
    rows: ScopedQuerySet = OutcomeEntry.objects.seen_by(actor)
    return rows


def _month(value: str) -> Q | None:
    year, _, month = value.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(year) == 4):
        return None
    return Q(inspected_on__year=int(year), inspected_on__month=int(month))


def _listing(actor: Actor) -> Listing[OutcomeRow]:
    is_told = actor.may(Right.SEE_RANDOM_SLOTS)
    return Listing(
        record=lambda row: _outcome(row, is_told=is_told),
        order=("-inspected_on", "id"),
        sorts={
            "inspected": "inspected_on",
            "area": "area_name",
            "probability": "theft_probability",
            "kwh": "recovered_kwh",
            "model": "model_version",
        },
        filters={
            "outcome": one_of("outcome", [each.value for each in OutcomeKind]),
            "colour": one_of("colour", (*COLOURS, "none")),
            "model": equals("model_version"),
            "station": in_unit,
            "area": equals("area_id"),
            "crew": equals("crew"),
            "month": _month,
            **({"way": one_of("way", WAYS)} if is_told else {}),
        },
        searched=("area_name", "crew"),
    )


def list_outcomes(*, actor: Actor, ask: Ask) -> Part[OutcomeRow]:
    """Return a page of the outcomes the actor sees, the newest first.

    Raises:
        RightMissing: the actor may not see outcomes.
    """
    return _listing(actor).answer(_visible(actor), ask)


def stream_outcomes(*, actor: Actor, ask: Ask) -> Iterator[OutcomeRow]:
    """Return every outcome the actor sees that was asked for, one after the other.

    Raises:
        RightMissing: the actor may not see outcomes.
    """
    return _listing(actor).stream(_visible(actor), ask)


def read_tallies(*, actor: Actor, unit_id: str, by: str) -> list[TallyRow]:
    """Return what visits of a unit found, counted by one thing; the most visited first, months from the newest.

    Args:
        actor: who asks.
        unit_id: a unit the actor was found to see (`network.desk_queries.find_unit`).
        by: see ``OutcomeTally``.

    Raises:
        RightMissing: the actor may not see outcomes, or how their visits came about.
    """
    actor.require(Right.SEE_OUTCOMES)
    if by == "way":
        actor.require(Right.SEE_RANDOM_SLOTS)
    rows = OutcomeTally.objects.filter(unit_id=unit_id, by=by)
    order = ("-value",) if by == "month" else ("value",) if by == "calibration" else ("-visits", "value")
    return [TallyRow(**{name: getattr(row, name) for name in TallyRow.__slots__}) for row in rows.order_by(*order)]


def read_unit_rate(*, actor: Actor, unit_id: str) -> RateRow | None:
    """Return the estimated share of a unit's accounts that steal; None where nothing is known of it.

    Args:
        actor: who asks.
        unit_id: a unit the actor was found to see.

    Raises:
        RightMissing: the actor may not know of visits drawn at random.
    """
    actor.require(Right.SEE_OUTCOMES)
    actor.require(Right.SEE_RANDOM_SLOTS)
    row = UnitRate.objects.filter(unit_id=unit_id).first()
    return None if row is None else RateRow(**{name: getattr(row, name) for name in RateRow.__slots__})


def list_models(*, actor: Actor) -> list[ModelRow]:
    """Return every model: the one in use first, then the newest.

    Raises:
        RightMissing: the actor may not see outcomes and models.
    """
    actor.require(Right.SEE_OUTCOMES)
    rows = [_model(row) for row in ModelEntry.objects.order_by("-made_at", "pk")]
    return sorted(rows, key=lambda row: row.state != "released")


def find_model(*, actor: Actor, number: int) -> ModelRow | None:
    """Return a model by its number; None where there is none.

    Raises:
        RightMissing: the actor may not see outcomes and models.
    """
    actor.require(Right.SEE_OUTCOMES)
    row = ModelEntry.objects.filter(pk=number).first()
    return None if row is None else _model(row)


def list_releases(*, actor: Actor) -> list[ReleaseRow]:
    """Return which models were put to use, the newest first.

    Raises:
        RightMissing: the actor may not see outcomes and models.
    """
    actor.require(Right.SEE_OUTCOMES)
    return [
        ReleaseRow(**{name: getattr(row, name) for name in ReleaseRow.__slots__}) for row in ReleaseEntry.objects.all()
    ]


def find_waiting(*, actor: Actor) -> ProposalRow | None:
    """Return the release that waits for a second person; None where none does.

    Raises:
        RightMissing: the actor may not see outcomes and models.
    """
    actor.require(Right.SEE_OUTCOMES)
    row = ReleaseProposal.objects.filter(state="waiting").first()
    if row is None:
        return None
    return ProposalRow(row.pk, row.version, row.reason, row.proposed_by_id, row.proposed_by, row.proposed_at)


def may_release(actor: Actor) -> bool:
    """Say whether the actor may decide which model makes the lists: they are the whole company's, so he must be too."""
    return actor.may(Right.RELEASE_MODELS) and is_over_all(actor)


def _outcome(row: OutcomeEntry, *, is_told: bool) -> OutcomeRow:
    return OutcomeRow(
        masked_account=mask_word(row.account_id, column="account_id"),
        inspected_on=row.inspected_on,
        outcome=OutcomeKind(row.outcome),
        recovered_kwh=row.recovered_kwh,
        area_name=row.area_name,
        station_name=row.station_name,
        rank=row.rank,
        colour=row.colour,
        theft_probability=row.theft_probability,
        model_version=row.model_version,
        way=row.way if is_told else "",
        crew=row.crew,
        case_number=row.case_number,
    )


def _model(row: ModelEntry) -> ModelRow:
    found = {name: getattr(row, name) for name in ModelRow.__slots__ if name != "number"}
    return ModelRow(number=row.pk, **found)
