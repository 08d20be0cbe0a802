"""One meter's day: what came, what the rules said, what was made of it and why, as known at any instant."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.governance import Contract
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.base.periods import slots_of_day
from lamplighter.business.customers.tables import COMPANY
from lamplighter.business.metering.tables import INTERVAL, METER, REGISTER_DAILY
from lamplighter.business.trusted_energy.records import (
    AEMO_TYPE,
    RULE_OF_CAUSE,
    RULE_OF_METHOD,
    Cause,
    Method,
    Quality,
    reason_parts,
)
from lamplighter.business.trusted_energy.tables import METER_FLAG, TRUSTED_CURVE, TRUSTED_DAY


class MeterDayUnknown(LamplighterError):
    """The lake knows no such meter, or nothing of that day."""

    def __init__(self, meter_id: str, *, on_date: dt.date, is_meter_known: bool) -> None:
        self.meter_id, self.on_date, self.is_meter_known = meter_id, on_date, is_meter_known
        message = "day_unknown" if is_meter_known else "meter_unknown"
        super().__init__(text(f"trusted_energy.error.{message}", meter=meter_id, day=on_date))


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot of the day.

    Attributes:
        slot: number of the slot; ``starts_at`` when it begins, local ISO time.
        received_kwh: as received, before the multiplier; None = missing.
        trusted_kwh: after validation and estimation.
        quality: how far the trusted value can be trusted.
        cause: why it is not as received; ``cause_rule`` the rule that says so.
        method: how it was filled; ``method_rule`` the rule that filled it, ``aemo_type`` its substitution type (E-06).
    """

    slot: int
    starts_at: str
    received_kwh: float | None
    trusted_kwh: float | None
    quality: str
    cause: str
    cause_rule: str | None
    method: str
    method_rule: str | None
    aemo_type: int | None


@dataclass(frozen=True, slots=True)
class FlagLine:
    """What a rule said of the day."""

    rule_id: str
    rule_version: str
    channel: str
    severity: str
    first_slot: int
    slot_span: int
    value: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class DialLine:
    """Dial readings around the day, before the multiplier; None = not read."""

    start_kwh: float | None
    end_kwh: float | None
    difference_kwh: float | None


@dataclass(frozen=True, slots=True)
class MeterDay:
    """A meter's day with everything that is known of it.

    Attributes:
        meter_id, on_date, channel: what is explained; ``as_known_at`` at which state of knowledge, None = the newest.
        area_id, role, multiplier: of the archive.
        is_worked: a night has worked the day; otherwise only received values are there.
        energy_kwh: trusted energy after the multiplier; ``source`` what it rests on.
        received_kwh: sum of the received slots before the multiplier, None when nothing came.
        actual_share, estimated_share: of the day's slots.
        is_outage: the supply was interrupted.
        policy_version, worked_at: by which rules and when it was worked.
        received_at: when the received values came.
        dial: dial readings.
        slots, flags: line by line.
    """

    meter_id: str
    on_date: dt.date
    channel: str
    as_known_at: dt.datetime | None
    area_id: str | None
    role: str
    multiplier: float
    is_worked: bool
    energy_kwh: float | None
    source: str
    received_kwh: float | None
    actual_share: float | None
    estimated_share: float | None
    is_outage: bool
    policy_version: str | None
    worked_at: dt.datetime | None
    received_at: dt.datetime | None
    dial: DialLine
    slots: tuple[SlotLine, ...]
    flags: tuple[FlagLine, ...]


def explain_meter_day(
    *,
    snapshot: Snapshot,
    meter_id: str,
    on_date: dt.date,
    channel: str = "energy_kwh",
    as_known_at: dt.datetime | None = None,
) -> MeterDay:
    """Return one meter's day: raw values, flags, estimates and why.

    Args:
        snapshot: state of the lake.
        meter_id: the meter.
        on_date: local day.
        channel: ``energy_kwh`` or ``reverse_kwh``.
        as_known_at: UTC-naive instant; values and results that came later are left out. None = the newest.

    Raises:
        MeterDayUnknown: there is no such meter, or nothing of it on that day.
    """
    of_meter = pc.field("meter_id") == meter_id
    meters = snapshot.read(METER, where=of_meter, as_known_at=as_known_at).to_pylist()
    if not meters:
        # Readings may be dated before the archive that names their meter was handed in: its first row speaks for it.
        meters = snapshot.read(METER, where=of_meter, all_versions=True).to_pylist()[:1]
    if not meters:
        raise MeterDayUnknown(meter_id, on_date=on_date, is_meter_known=False)
    meter = meters[-1]

    def rows(contract: Contract, first_on: dt.date, last_on: dt.date) -> list[dict[str, Any]]:
        where = (
            (pc.field("meter_id") == meter_id) & (pc.field("on_date") >= first_on) & (pc.field("on_date") <= last_on)
        )
        months = {f"{first_on:%Y-%m}", f"{last_on:%Y-%m}"}
        found = snapshot.read(contract, months=months, buckets=[meter["bucket"]], where=where, as_known_at=as_known_at)
        return list(found.to_pylist())

    received = [row for row in rows(INTERVAL, on_date, on_date) if row["channel"] == channel]
    curves = [row for row in rows(TRUSTED_CURVE, on_date, on_date) if row["channel"] == channel]
    days = rows(TRUSTED_DAY, on_date, on_date)
    next_on = on_date + dt.timedelta(days=1)
    readings = {row["on_date"]: row for row in rows(REGISTER_DAILY, on_date, next_on)}
    if not (received or days or readings):
        raise MeterDayUnknown(meter_id, on_date=on_date, is_meter_known=True)
    day = days[-1] if days else {}
    raw = _vector(received[-1]["values"]) if received else None
    name = "total_kwh" if channel == "energy_kwh" else "reverse_kwh"
    start, end = (readings.get(on, {}).get(name) for on in (on_date, next_on))
    return MeterDay(
        meter_id=meter_id,
        on_date=on_date,
        channel=channel,
        as_known_at=as_known_at,
        area_id=day.get("area_id", meter["area_id"]),
        role=meter["role"],
        multiplier=meter["multiplier"],
        is_worked=bool(days),
        energy_kwh=day.get("energy_kwh" if channel == "energy_kwh" else "reverse_kwh"),
        source=day.get("source", "none"),
        received_kwh=None if raw is None or np.isnan(raw).all() else float(np.nansum(raw, dtype=np.float64)),
        actual_share=day.get("actual_share"),
        estimated_share=day.get("estimated_share"),
        is_outage=bool(day.get("is_outage")),
        policy_version=day.get("policy_version"),
        worked_at=day.get("known_at"),
        received_at=received[-1]["known_at"] if received else None,
        dial=DialLine(start, end, None if start is None or end is None else end - start),
        slots=_slots(snapshot, on_date, raw, curves[-1] if curves else None),
        flags=tuple(
            FlagLine(**{name: row[name] for name in FlagLine.__slots__})
            for row in sorted(rows(METER_FLAG, on_date, on_date), key=lambda row: (row["rule_id"], row["channel"]))
        ),
    )


def _vector(values: list[float | None]) -> npt.NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], np.float32)


def _slots(
    snapshot: Snapshot,
    on_date: dt.date,
    raw: npt.NDArray[np.float32] | None,
    curve: dict[str, Any] | None,
) -> tuple[SlotLine, ...]:
    if raw is None and curve is None:
        return ()
    company = snapshot.read(COMPANY).to_pylist()[0]
    minutes, timezone = company["interval_minutes"], company["timezone"]
    count = slots_of_day(on_date, interval_minutes=minutes, timezone=timezone)
    zone = ZoneInfo(timezone)
    midnight = dt.datetime.combine(on_date, dt.time(), tzinfo=zone).astimezone(dt.UTC)
    received = np.full(count, np.nan, np.float32) if raw is None else raw[:count]
    trusted = received if curve is None else _vector(curve["values"])[:count]
    lines = []
    for slot in range(count):
        cause, method = reason_parts(curve["reason"][slot]) if curve else (Cause.NONE, Method.NONE)
        is_missing = bool(np.isnan(trusted[slot]))
        quality = Quality(curve["quality"][slot]) if curve else Quality.MISSING if is_missing else Quality.ACTUAL
        if is_missing and cause is Cause.NONE:
            cause = Cause.NOT_RECEIVED
        starts_at = (midnight + dt.timedelta(minutes=slot * minutes)).astimezone(zone)
        lines.append(
            SlotLine(
                slot=slot,
                starts_at=starts_at.isoformat(timespec="minutes"),
                received_kwh=_known(received[slot]),
                trusted_kwh=_known(trusted[slot]),
                quality=quality.name.lower(),
                cause=cause.name.lower(),
                cause_rule=RULE_OF_CAUSE.get(cause),
                method=method.name.lower(),
                method_rule=RULE_OF_METHOD.get(method),
                aemo_type=AEMO_TYPE.get(method),
            )
        )
    return tuple(lines)


def _known(value: np.float32) -> float | None:
    # Six digits are what a float32 carries; the rest would be noise before a reader.
    return None if np.isnan(value) else round(float(value), 6)
