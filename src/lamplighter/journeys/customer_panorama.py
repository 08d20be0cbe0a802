"""A customer as his page shows him: archive and meters masked, months at a glance, one day in 96 points.

Read from the lake one customer at a time. Whoever may not see curves gets none: what is not needed is not read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.periods import months_between
from lamplighter.business.customers.queries import read_billed_months, read_customers
from lamplighter.business.customers.tables import BILLED_MONTH, CONTACT
from lamplighter.business.detection.tables import OUTCOME, VISIT
from lamplighter.business.metering.tables import METER
from lamplighter.business.trusted_energy.queries.explain import MeterDay, MeterDayUnknown, explain_meter_day
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY

_METER_COLUMNS = (
    "meter_id",
    "role",
    "phase",
    "wiring",
    "multiplier",
    "ct_ratio",
    "rated_voltage_v",
    "max_current_a",
    "box_id",
    "area_id",
    "installed_on",
    "removed_on",
    "bucket",
)
_ARCHIVE = (
    "name",
    "class",
    "contract_kw",
    "contract_kva",
    "voltage_kv",
    "price_class",
    "address",
    "telephone",
    "opened_on",
    "closed_on",
)
_SOURCES: Final = {"bills": BILLED_MONTH, "contacts": CONTACT, "visits": VISIT}
_EVENTS_SHOWN: Final = 20
WINDOW_DAYS: Final = 90
_BILLS_SHOWN = 13
"""A year, and the same month of the year before."""


@dataclass(frozen=True, slots=True)
class CurveDay:
    """A meter's day at a glance, after the multiplier; None where it cannot be known."""

    on_date: dt.date
    energy_kwh: float | None
    is_estimated: bool
    is_outage: bool


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """What was billed for a month."""

    month: dt.date
    energy_kwh: float
    amount_yuan: float | None


@dataclass(frozen=True, slots=True)
class PastOutcome:
    """What an earlier inspection found."""

    inspected_on: dt.date
    outcome: str
    recovered_kwh: float | None


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An earlier visit or contact; ``at`` UTC-naive. What was noted is personal and stays in the lake."""

    at: dt.datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Panorama:
    """A customer.

    Attributes:
        archive: masked columns of the archive by name.
        meters: columns of his meters by name, those that hang still first.
        bills: newest first.
        outcomes: earlier inspections, newest first.
        visits, contacts: earlier ones, newest first.
        unconnected: what this company never handed in, of ``bills``, ``contacts``, ``visits``.
    """

    archive: Mapping[str, Any]
    meters: tuple[Mapping[str, Any], ...]
    bills: tuple[BilledMonth, ...]
    outcomes: tuple[PastOutcome, ...]
    visits: tuple[PastEvent, ...] = ()
    contacts: tuple[PastEvent, ...] = ()
    unconnected: tuple[str, ...] = ()


def read_panorama(lake: Lake, *, account_id: str, with_inspections: bool) -> Panorama:
    """Return what the lake knows of a customer, masked.

    Args:
        lake: where archives are.
        account_id: an account whoever asks was found to see.
        with_inspections: whoever asks may see what inspections found.
    """
    with lake.snapshot() as state:
        found = read_customers(state, account_id=account_id).to_pylist()
        return Panorama(
            archive={name: found[0][name] for name in _ARCHIVE} if found else {},
            meters=_meters(state, account_id),
            bills=_bills(state, account_id),
            outcomes=_outcomes(state, account_id) if with_inspections else (),
            visits=_events(state, VISIT, account_id) if with_inspections else (),
            contacts=_events(state, CONTACT, account_id),
            unconnected=tuple(name for name, contract in _SOURCES.items() if state.is_empty(contract)),
        )


@dataclass(frozen=True, slots=True)
class Curve:
    """What the curve viewer shows of a meter: the window day by day, and one day slot by slot.

    Attributes:
        meter: columns of the meter by name.
        meters: numbers of all meters of the customer.
        first_on, last_on: ends of the window.
        on_date: the day, brought into the window.
        day: its slots; None where nothing of it is known.
    """

    meter: Mapping[str, Any]
    meters: tuple[str, ...]
    first_on: dt.date
    last_on: dt.date
    days: tuple[CurveDay, ...]
    on_date: dt.date
    day: MeterDay | None


def read_curve(
    lake: Lake, panorama: Panorama, *, meter_id: str, on_date: dt.date | None, night_on: dt.date | None
) -> Curve | None:
    """Return the curve of one of a customer's own meters; None where he has none, or no night was worked.

    Args:
        lake: where measurements are.
        panorama: of a customer whoever asks was found to see.
        meter_id: the meter; one that is not the customer's gives his first.
        on_date: the day; None = the last.
        night_on: newest night worked.
    """
    meters = {meter["meter_id"]: meter for meter in panorama.meters}
    if not meters or night_on is None:
        return None
    meter = meters[meter_id] if meter_id in meters else panorama.meters[0]
    first_on = night_on - dt.timedelta(days=WINDOW_DAYS - 1)
    shown_on = min(max(on_date or night_on, first_on), night_on)
    days = read_meter_days(
        lake, meter_id=meter["meter_id"], bucket=meter["bucket"], first_on=first_on, last_on=night_on
    )
    shown = read_meter_day(lake, meter_id=meter["meter_id"], on_date=shown_on)
    return Curve(meter, tuple(meters), first_on, night_on, tuple(days), shown_on, shown)


def read_meters_of(lake: Lake, *, account_id: str) -> tuple[Mapping[str, Any], ...]:
    """Return columns of an account's meters by name, those that hang still first."""
    with lake.snapshot() as state:
        return _meters(state, account_id)


def read_meter_days(
    lake: Lake,
    *,
    meter_id: str,
    bucket: int,
    first_on: dt.date,
    last_on: dt.date,
    as_known_at: dt.datetime | None = None,
) -> list[CurveDay]:
    """Return a meter day by day over a window, both ends included; days nobody worked have no value.

    Args:
        lake: where the days are.
        meter_id, bucket: the meter, and where its rows lie.
        first_on: first day.
        last_on: last day.
        as_known_at: UTC-naive instant; what was worked later is left out. None = the newest.
    """
    between = (pc.field("on_date") >= pa.scalar(first_on)) & (pc.field("on_date") <= pa.scalar(last_on))
    with lake.snapshot() as state:
        rows = state.read(
            TRUSTED_DAY,
            columns=["on_date", "energy_kwh", "estimated_share", "is_outage"],
            months=months_between(first_on, last_on + dt.timedelta(days=1)),
            buckets=[bucket],
            where=between & (pc.field("meter_id") == meter_id),
            as_known_at=as_known_at,
        ).to_pylist()
    by_day = {row["on_date"]: row for row in rows}
    days = []
    for number in range((last_on - first_on).days + 1):
        day = first_on + dt.timedelta(days=number)
        row = by_day.get(day)
        if row is None:
            days.append(CurveDay(day, None, is_estimated=False, is_outage=False))
            continue
        days.append(CurveDay(day, row["energy_kwh"], row["estimated_share"] > 0.5, bool(row["is_outage"])))
    return days


def read_month_days(
    state: Snapshot, *, meters: Sequence[str], first_on: dt.date, end_on: dt.date
) -> list[float | None]:
    """Return the trusted energy of some meters together, day by day over ``[first_on, end_on)``; None = not known."""
    buckets = state.read(METER, columns=["bucket"], where=pc.field("meter_id").isin(pa.array(meters, pa.string())))
    rows = state.read(
        TRUSTED_DAY,
        columns=["meter_id", "on_date", "energy_kwh"],
        months=months_between(first_on, end_on),
        buckets=sorted(set(buckets.column("bucket").to_pylist())),
        where=pc.field("meter_id").isin(pa.array(meters, pa.string())),
    ).to_pylist()
    found: dict[dt.date, float] = {}
    for row in rows:
        if row["energy_kwh"] is not None:
            found[row["on_date"]] = found.get(row["on_date"], 0.0) + row["energy_kwh"]
    return [found.get(first_on + dt.timedelta(days=number)) for number in range((end_on - first_on).days)]


def read_meter_day(
    lake: Lake, *, meter_id: str, on_date: dt.date, as_known_at: dt.datetime | None = None
) -> MeterDay | None:
    """Return a meter's day slot by slot, as known at an instant; None where nothing of it is known."""
    with lake.snapshot() as state:
        try:
            return explain_meter_day(snapshot=state, meter_id=meter_id, on_date=on_date, as_known_at=as_known_at)
        except MeterDayUnknown:
            return None


def _meters(state: Snapshot, account_id: str) -> tuple[Mapping[str, Any], ...]:
    rows = state.read(METER, columns=[*_METER_COLUMNS, "account_id"]).filter(pc.field("account_id") == account_id)
    found = [{name: row[name] for name in _METER_COLUMNS} for row in rows.to_pylist()]
    return tuple(sorted(found, key=lambda row: (row["removed_on"] is not None, row["role"], row["meter_id"])))


def _bills(state: Snapshot, account_id: str) -> tuple[BilledMonth, ...]:
    rows = read_billed_months(state, account_id=account_id).sort_by([("month", "descending")])
    return tuple(
        BilledMonth(row["month"], row["energy_kwh"], row["amount_yuan"])
        for row in rows.slice(0, _BILLS_SHOWN).to_pylist()
    )


def _outcomes(state: Snapshot, account_id: str) -> tuple[PastOutcome, ...]:
    rows = state.read(OUTCOME, where=pc.field("account_id") == account_id).sort_by([("inspected_on", "descending")])
    return tuple(PastOutcome(row["inspected_on"], row["outcome"], row["recovered_kwh"]) for row in rows.to_pylist())


def _events(state: Snapshot, contract: Contract, account_id: str) -> tuple[PastEvent, ...]:
    rows = state.read(contract, columns=["at", "kind", "account_id"], where=pc.field("account_id") == account_id)
    newest = rows.sort_by([("at", "descending")]).slice(0, _EVENTS_SHOWN).to_pylist()
    return tuple(PastEvent(row["at"], row["kind"]) for row in newest)
