"""A meter's curves for whoever may see them: a year in hours, a day in slots with all that was measured, its versions.

Read from the lake one meter at a time: its bucket is known, its rows lie together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.periods import months_between
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.queries import was_said_since
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.customers.desk_queries import FoundCustomer
from lamplighter.business.metering.tables import INTERVAL
from lamplighter.business.trusted_energy.records import Quality
from lamplighter.business.trusted_energy.tables import TRUSTED_CURVE, TRUSTED_DAY
from lamplighter.journeys.unmasking import KIND

HOURS: Final = 24
VOLTAGES: Final = ("voltage_a_v", "voltage_b_v", "voltage_c_v")
CURRENTS: Final = ("current_a_a", "current_b_a", "current_c_a", "current_n_a")


class VersionKind(StrEnum):
    """What was new. Texts stand under ``desk.curve.version``."""

    RECEIVED = "received"
    WORKED = "worked"


@dataclass(frozen=True, slots=True)
class DayVersion:
    """A state of knowledge of one meter-day.

    Attributes:
        known_at: since when it is known, UTC-naive.
        kind: a file brought values, or a night worked them.
        energy_kwh: sum of what came, before the multiplier; or trusted energy after it. None where not known.
    """

    known_at: dt.datetime
    kind: VersionKind
    energy_kwh: float | None


@dataclass(frozen=True, slots=True)
class CurveYear:
    """Mean power of each hour of a window, kW.

    Attributes:
        first_on: first day.
        kw: one row a day, 24 values from its first hour on; None where nothing of the hour is known.
        quality: of each day, the weakest of its slots; ``missing`` where nothing came.
    """

    first_on: dt.date
    kw: tuple[tuple[float | None, ...], ...]
    quality: tuple[Quality, ...]


def note_curves_seen(*, actor: Actor, customer: FoundCustomer, day_began_at: dt.datetime, now: dt.datetime) -> None:
    """Record that somebody looks at a customer's curves, once a day.

    Raises:
        RightMissing: he may not.
    """
    actor.require(Right.SEE_CURVES)
    subject = str(customer.number)
    if was_said_since(act=Act.CURVES_SEEN, kind=KIND, subject=subject, since=day_began_at, staff_id=actor.staff_id):
        return
    after = {"account": customer.masked_account}
    record(act=Act.CURVES_SEEN, by=actor, now=now, kind=KIND, subject=subject, after=after)


def read_versions(lake: Lake, *, meter_id: str, bucket: int, on_date: dt.date) -> list[DayVersion]:
    """Return every state of knowledge of a meter-day, the newest first."""
    month = [f"{on_date:%Y-%m}"]
    of_day = _of(meter_id, on_date, on_date)
    with lake.snapshot() as state:
        came = state.read(
            INTERVAL,
            columns=["values", "known_at"],
            months=month,
            buckets=[bucket],
            where=of_day & (pc.field("channel") == "energy_kwh"),
            all_versions=True,
        ).to_pylist()
        worked = state.read(
            TRUSTED_DAY,
            columns=["energy_kwh", "known_at"],
            months=month,
            buckets=[bucket],
            where=of_day,
            all_versions=True,
        ).to_pylist()
    versions = [DayVersion(row["known_at"], VersionKind.RECEIVED, _sum(row["values"])) for row in came]
    versions += [DayVersion(row["known_at"], VersionKind.WORKED, row["energy_kwh"]) for row in worked]
    return sorted(versions, key=lambda version: (version.known_at, version.kind), reverse=True)


def read_channels(
    lake: Lake, *, meter_id: str, bucket: int, on_date: dt.date, as_known_at: dt.datetime | None
) -> dict[str, list[float | None]]:
    """Return voltages and currents of a day, channel -> one value a slot, as received; only channels that came."""
    with lake.snapshot() as state:
        rows = state.read(
            INTERVAL,
            columns=["channel", "slot_count", "values"],
            months=[f"{on_date:%Y-%m}"],
            buckets=[bucket],
            where=_of(meter_id, on_date, on_date) & pc.field("channel").isin(pa.array([*VOLTAGES, *CURRENTS])),
            as_known_at=as_known_at,
        ).to_pylist()
    found = {row["channel"]: row["values"][: row["slot_count"]] for row in rows}
    return {
        name: [None if value is None else round(value, 2) for value in found[name]]
        for name in (*VOLTAGES, *CURRENTS)
        if name in found
    }


def read_curve_year(
    lake: Lake,
    *,
    meter: Mapping[str, Any],
    first_on: dt.date,
    last_on: dt.date,
    as_known_at: dt.datetime | None = None,
) -> CurveYear:
    """Return a meter hour by hour over a window, both ends included: trusted values where a night made some.

    Args:
        lake: where curves are.
        meter: columns of a meter the reader was found to see; its multiplier is applied.
        first_on: first day.
        last_on: last day.
        as_known_at: UTC-naive instant; what came later is left out. None = the newest.
    """
    days = (last_on - first_on).days + 1
    kw: list[tuple[float | None, ...]] = [(None,) * HOURS] * days
    quality = [Quality.MISSING] * days
    with lake.snapshot() as state:
        came = _rows(state, INTERVAL, ["values"], meter, first_on, last_on, as_known_at)
        made = _rows(state, TRUSTED_CURVE, ["values", "quality"], meter, first_on, last_on, as_known_at)
    for row in came + made:
        place = (row["on_date"] - first_on).days
        kw[place] = _hours(row["values"], multiplier=meter["multiplier"])
        quality[place] = _weakest(row)
    return CurveYear(first_on, tuple(kw), tuple(quality))


def _rows(
    state: Snapshot,
    contract: Any,
    columns: list[str],
    meter: Mapping[str, Any],
    first_on: dt.date,
    last_on: dt.date,
    as_known_at: dt.datetime | None,
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = state.read(
        contract,
        columns=["on_date", *columns],
        months=months_between(first_on, last_on + dt.timedelta(days=1)),
        buckets=[meter["bucket"]],
        where=_of(meter["meter_id"], first_on, last_on) & (pc.field("channel") == "energy_kwh"),
        as_known_at=as_known_at,
    ).to_pylist()
    return found


def _of(meter_id: str, first_on: dt.date, last_on: dt.date) -> pc.Expression:
    between = (pc.field("on_date") >= pa.scalar(first_on)) & (pc.field("on_date") <= pa.scalar(last_on))
    return (pc.field("meter_id") == meter_id) & between


def _hours(values: list[float | None], *, multiplier: float) -> tuple[float | None, ...]:
    """Return the mean power of each hour from a vector of energies; an hour of which a slot is missing is unknown.

    A day of 25 hours loses its last in this view and a day of 23 lacks one: the day itself shows every slot.
    """
    energies = np.array([np.nan if value is None else value for value in values], np.float64)
    per_hour = max(1, len(energies) // HOURS)
    whole = np.full(HOURS * per_hour, np.nan)
    whole[: min(len(whole), len(energies))] = energies[: len(whole)]
    hours = whole.reshape(HOURS, per_hour).sum(axis=1) * multiplier
    return tuple(None if np.isnan(value) else round(float(value), 3) for value in hours)


def _weakest(row: Mapping[str, Any]) -> Quality:
    if "quality" in row:
        return Quality(max(row["quality"], default=Quality.MISSING))
    return Quality.MISSING if any(value is None for value in row["values"]) else Quality.ACTUAL


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(sum(known)) if known else None
