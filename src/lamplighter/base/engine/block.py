"""The dense block of one bucket: what every kernel reads. Neither a database nor a clock is behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class AreaBlock:
    """All meters of one bucket of neighbouring areas over a run of days, as dense arrays.

    Axes: M meters (sorted by area, then meter id), D days, S slots a day, A areas. Days before ``first_worked`` are
    history: kernels read them and write no rows for them.

    Attributes:
        bucket: number of the bucket.
        interval_minutes: length of a slot (15, 30, 60).
        days: local calendar days, shape (D,), ``datetime64[D]``, without holes.
        first_worked: index into ``days`` of the first day to be worked.
        slot_counts: slots that exist on each day, shape (D,): 96, or 92 and 100 when clocks change. Slots past it
            are NaN.
        meter_ids: shape (M,), str objects.
        archive: M rows in meter order: every column of ``core_meter``, the archive valid on the last day.
        multipliers: factor from metered to billed energy, shape (M,), float64.
        area_ids: shape (A,), str objects, sorted.
        area_of: index into ``area_ids`` of the area each meter hung on each day, shape (M, D), int32; -1 where none
            (feeder meters, 10 kV customers, days outside the assignment).
        is_live: the meter was installed and not removed, shape (M, D).
        is_home: the meter's own data lie in this bucket, shape (M,). Others are guests, here because they hang on an
            area of this bucket; results about a guest are written by its own bucket.
        channels: name -> metered values before the multiplier, float32, shape (M, D, S); NaN where missing.
        channel_present: name -> a stored row exists, shape (M, D): tells a day never received from a day of NaN.
        registers: name -> dial readings frozen at 00:00, float64, shape (M, D + 1): ``[:, i]`` at the start of
            ``days[i]``.
        tables: small side tables cut to this bucket, by table name (``core_area``, ``core_customer``, ``core_line``,
            ``core_meter_event``, ``core_outage``, ``core_weather`` ...); one the company does not have is absent or
            empty.

    Example:
        >>> block = empty_block(meters=2, days=3, slots=96)
        >>> block.shape
        (2, 3, 96)
    """

    bucket: int
    interval_minutes: int
    days: npt.NDArray[np.datetime64]
    first_worked: int
    slot_counts: npt.NDArray[np.int16]
    meter_ids: npt.NDArray[np.object_]
    archive: pa.Table
    multipliers: npt.NDArray[np.float64]
    area_ids: npt.NDArray[np.object_]
    area_of: npt.NDArray[np.int32]
    is_live: npt.NDArray[np.bool_]
    is_home: npt.NDArray[np.bool_]
    channels: Mapping[str, npt.NDArray[np.float32]]
    channel_present: Mapping[str, npt.NDArray[np.bool_]]
    registers: Mapping[str, npt.NDArray[np.float64]]
    tables: Mapping[str, pa.Table] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Meters, days, slots."""
        slots = 24 * 60 // self.interval_minutes if not self.channels else next(iter(self.channels.values())).shape[2]
        return len(self.meter_ids), len(self.days), slots

    @property
    def worked_days(self) -> npt.NDArray[np.datetime64]:
        """The days results are wanted for."""
        return self.days[self.first_worked :]

    def strings(self, column: str) -> npt.NDArray[np.object_]:
        """Return an archive column of words as an object array in meter order, None where empty."""
        return np.array(self.archive.column(column).to_pylist(), dtype=object)

    def numbers(self, column: str, *, default: float = np.nan) -> npt.NDArray[np.float64]:
        """Return an archive column of numbers as float64 in meter order, ``default`` where empty."""
        values = self.archive.column(column).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.where(np.isnan(values), default, values)


def empty_block(
    *, meters: int, days: int, slots: int = 96, areas: int = 1, first_day: str = "2025-01-01", first_worked: int = 0
) -> AreaBlock:
    """Return a block of live single-phase customer meters without one value: the ground on which tests draw.

    Args:
        meters: how many meters; their ids are ``M000``, ``M001`` ..., spread over ``areas`` areas ``A0``, ``A1`` ...
        days: how many days from ``first_day``.
        slots: slots a day.
        areas: how many areas.
        first_day: ISO date.
        first_worked: index of the first worked day.

    Example:
        >>> empty_block(meters=1, days=1).channels["energy_kwh"].shape
        (1, 1, 96)
    """
    ids = [f"M{i:03d}" for i in range(meters)]
    area_ids = np.array([f"A{i}" for i in range(areas)], dtype=object)
    area_of = (np.arange(meters) * areas // max(meters, 1)).astype(np.int32)
    archive = pa.table(
        {
            "meter_id": ids,
            "account_id": [f"C{i:03d}" for i in range(meters)],
            "area_id": [str(area_ids[k]) for k in area_of],
            "feeder_id": pa.nulls(meters, pa.string()),
            "role": ["customer"] * meters,
            "phase": ["A"] * meters,
            "wiring": ["1P"] * meters,
            "ct_ratio": pa.array([1.0] * meters, pa.float64()),
            "pt_ratio": pa.array([1.0] * meters, pa.float64()),
            "multiplier": pa.array([1.0] * meters, pa.float64()),
            "rated_voltage_v": pa.array([220.0] * meters, pa.float64()),
            "basic_current_a": pa.array([5.0] * meters, pa.float64()),
            "max_current_a": pa.array([60.0] * meters, pa.float64()),
            "box_id": pa.nulls(meters, pa.string()),
            "node_id": pa.nulls(meters, pa.string()),
            "installed_on": pa.nulls(meters, pa.date32()),
            "removed_on": pa.nulls(meters, pa.date32()),
            "bucket": pa.array([0] * meters, pa.int32()),
        }
    )
    return AreaBlock(
        bucket=0,
        interval_minutes=24 * 60 // slots,
        days=np.datetime64(first_day, "D") + np.arange(days),
        first_worked=first_worked,
        slot_counts=np.full(days, slots, np.int16),
        meter_ids=np.array(ids, dtype=object),
        archive=archive,
        multipliers=np.ones(meters),
        area_ids=area_ids,
        area_of=np.repeat(area_of[:, None], days, axis=1),
        is_live=np.ones((meters, days), bool),
        is_home=np.ones(meters, bool),
        channels={"energy_kwh": np.full((meters, days, slots), np.nan, np.float32)},
        channel_present={"energy_kwh": np.zeros((meters, days), bool)},
        registers={"total_kwh": np.full((meters, days + 1), np.nan)},
    )
