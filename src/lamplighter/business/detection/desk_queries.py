"""Suspicions as the desk shows them. Which visits were drawn at random only a leader learns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lamplighter.base.desk.listing import Ask, Listing, Part, equals, one_of, yes_or_no
from lamplighter.base.security.actor import Actor, Right, UnitPath
from lamplighter.base.security.scope import ScopedQuerySet
from lamplighter.base.security.units import in_unit
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.detection.models import PeerShape, Suspicion, SuspicionDecision, SuspicionTotal
from lamplighter.business.detection.records import SuspicionState
from lamplighter.business.network.desk_queries import in_area_named, on_feeder

COLOURS: Final = ("red", "orange", "yellow")


@dataclass(frozen=True, slots=True)
class SuspicionRow:
    """A suspicion in a list.

    Attributes:
        number: names it in addresses.
        account_id: account, for reads of other rooms; never shown as it is.
        is_random: drawn at random; always False to whom that is closed.
    """

    number: int
    account_id: str
    masked_account: str
    meter_id: str
    area_id: str
    area_name: str
    station_name: str
    customer_class: str
    is_protected: bool
    as_of_on: dt.date
    rank: int
    theft_probability: float
    expected_kwh: float | None
    expected_yuan: float
    colour: str
    is_new: bool
    is_random: bool
    state: SuspicionState
    main_reason: str
    path: UnitPath


@dataclass(frozen=True, slots=True)
class SuspicionCard:
    """A suspicion with its evidence card, as ``journeys.desk_loading`` kept it."""

    row: SuspicionRow
    card: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Total:
    """Coloured suspicions of a unit and everything below it."""

    colour: str
    count: int
    new_count: int
    expected_kwh: float
    expected_yuan: float


def _visible(actor: Actor) -> ScopedQuerySet:
    actor.require(Right.SEE_SUSPICIONS)
    seen = Suspicion.objects.seen_by(actor).filter(is_listed=True)
    # An account without a colour stands here only because it was drawn: its mere presence would tell.
    return seen if actor.may(Right.SEE_RANDOM_SLOTS) else seen.filter(colour__in=COLOURS)


def _listing(actor: Actor) -> Listing[SuspicionRow]:
    is_told = actor.may(Right.SEE_RANDOM_SLOTS)
    return Listing(
        record=lambda row: _row(row, is_told=is_told),
        order=("rank", "id"),
        sorts={
            "rank": "rank",
            "area": "area_name",
            "class": "customer_class",
            "probability": "theft_probability",
            "kwh": "expected_kwh",
            "yuan": "expected_yuan",
        },
        filters={
            "colour": one_of("colour", COLOURS),
            "state": one_of("state", [each.value for each in SuspicionState]),
            "new": yes_or_no("is_new"),
            "station": in_unit,
            "area": equals("area_id"),
            "unit": in_unit,
            "feeder": on_feeder,
            **({"random": yes_or_no("is_random")} if is_told else {}),
        },
        searched_whole=("meter_id",),
        meanings=(in_area_named,),
        unread=("card",),
    )


def list_suspicions(*, actor: Actor, ask: Ask) -> Part[SuspicionRow]:
    """Return a page of the suspicions the actor sees.

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    return _listing(actor).answer(_visible(actor), ask)


def first_suspicions(*, actor: Actor, ask: Ask) -> list[SuspicionRow]:
    """Return the first suspicions the actor sees of what was asked for, uncounted.

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    return _listing(actor).first(_visible(actor), ask)


def stream_suspicions(*, actor: Actor, ask: Ask) -> Iterator[SuspicionRow]:
    """Return every suspicion the actor sees that was asked for, one after the other.

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    return _listing(actor).stream(_visible(actor), ask)


def dismissed_accounts(*, actor: Actor) -> set[str]:
    """Return the accounts whose suspicion somebody of the actor's unit dismissed."""
    rows = Suspicion.objects.seen_by(actor).filter(state=SuspicionState.DISMISSED.value)
    return set(rows.values_list("account_id", flat=True))


def find_suspicion(*, actor: Actor, number: int | None = None, account_id: str = "") -> SuspicionCard | None:
    """Return a suspicion the actor sees, by its number or its account; None where there is none.

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    rows = _visible(actor)
    found = rows.filter(pk=number) if number is not None else rows.filter(account_id=account_id)
    row = found.first()
    if row is None:
        return None
    return SuspicionCard(_row(row, is_told=actor.may(Right.SEE_RANDOM_SLOTS)), row.card)


@dataclass(frozen=True, slots=True)
class PeerCurve:
    """A suspect's daily curve beside its peers, see ``PeerShape``; the band is empty without peers."""

    meter_id: str
    first_on: dt.date
    peer_count: int
    own: tuple[float | None, ...]
    low: tuple[float | None, ...]
    mid: tuple[float | None, ...]
    high: tuple[float | None, ...]


def read_peer_curve(*, actor: Actor, account_id: str) -> PeerCurve | None:
    """Return how a suspect's curve runs beside its peers; None where the night drew none.

    Args:
        actor: who asks.
        account_id: of a suspicion he was found to see (`find_suspicion`).

    Raises:
        RightMissing: the actor may not see suspicions, or no curves.
    """
    actor.require(Right.SEE_SUSPICIONS)
    actor.require(Right.SEE_CURVES)
    row = PeerShape.objects.filter(account_id=account_id).first()
    if row is None:
        return None
    curves = {name: tuple(getattr(row, name)) for name in ("own", "low", "mid", "high")}
    return PeerCurve(row.meter_id, row.first_on, row.peer_count, **curves)


def read_totals(*, actor: Actor, unit_id: str) -> list[Total]:
    """Return the coloured suspicions of a unit by colour, the gravest first.

    Args:
        actor: who asks.
        unit_id: a unit the actor was found to see (`network.desk_queries.find_unit`).

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    actor.require(Right.SEE_SUSPICIONS)
    rows = {row.colour: row for row in SuspicionTotal.objects.filter(unit_id=unit_id)}
    return [
        Total(colour, row.count, row.new_count, row.expected_kwh, row.expected_yuan)
        for colour in COLOURS
        if (row := rows.get(colour)) is not None
    ]


def count_by_unit(*, actor: Actor, unit_ids: Sequence[str]) -> dict[str, int]:
    """Return unit -> its coloured suspicions; units without one are left out.

    Args:
        actor: who asks.
        unit_ids: units the actor was found to see (`network.desk_queries.find_unit`).

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    actor.require(Right.SEE_SUSPICIONS)
    rows = SuspicionTotal.objects.filter(unit_id__in=list(unit_ids)).values_list("unit_id", "count")
    found: dict[str, int] = {}
    for unit_id, count in rows:
        found[unit_id] = found.get(unit_id, 0) + count
    return found


def _row(row: Suspicion, *, is_told: bool) -> SuspicionRow:
    return SuspicionRow(
        number=row.pk,
        account_id=row.account_id,
        masked_account=mask_word(row.account_id, column="account_id"),
        meter_id=row.meter_id,
        area_id=row.area_id,
        area_name=row.area_name,
        station_name=row.station_name,
        customer_class=row.customer_class,
        is_protected=row.is_protected,
        as_of_on=row.as_of_on,
        rank=row.rank,
        theft_probability=row.theft_probability,
        expected_kwh=row.expected_kwh,
        expected_yuan=row.expected_yuan,
        colour=row.colour,
        is_new=row.is_new,
        is_random=row.is_random and is_told,
        state=SuspicionState(row.state),
        main_reason=row.main_reason,
        path=row.path,
    )


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What somebody decided about a suspicion."""

    at: dt.datetime
    by: str
    state: SuspicionState
    reason: str
    note: str


def list_decisions(*, actor: Actor, number: int) -> list[DecisionLine]:
    """Return what was decided about a suspicion the actor sees, the newest first.

    Raises:
        RightMissing: the actor may not see suspicions.
    """
    rows = SuspicionDecision.objects.filter(suspicion__in=_visible(actor).filter(pk=number)).order_by("-pk")
    return [DecisionLine(row.at, row.by_name, SuspicionState(row.state), row.reason, row.note) for row in rows]
