"""Reads: registered meters, curves in any version, files taken in and rows set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.base.periods import months_between
from lamplighter.business.metering.records import MeterIndex, Reason
from lamplighter.business.metering.rules.limits import capability_kw
from lamplighter.business.metering.tables import INTERVAL, METER, QUARANTINE, REGISTER_DAILY, SOURCE_FILE

_PHASES = {"1P": 1.0, "3P4W": 3.0, "3P3W": 3.0}


class MeterUnregistered(LamplighterError):
    """Somebody asks for a meter the archive does not have."""

    def __init__(self, meter_id: str) -> None:
        self.meter_id = meter_id
        super().__init__(text("metering.meter_unregistered", meter_id=meter_id))


@dataclass(frozen=True, slots=True)
class Curve:
    """One channel of one meter over some days, before the multiplier.

    Args:
        meter_id: the meter.
        channel: what is measured.
        days: D local days, ``datetime64[D]``.
        values: shape (D, S), float32, NaN = missing; a day without a row is all missing.
        slot_counts: slots that exist on each day, shape (D,); 0 where the lake has no row.
        known_at: when each day's row became known, ``datetime64[us]``, NaT where there is none.
    """

    meter_id: str
    channel: str
    days: npt.NDArray[np.datetime64]
    values: npt.NDArray[np.float32]
    slot_counts: npt.NDArray[np.int16]
    known_at: npt.NDArray[np.datetime64]


def read_meters(snapshot: Snapshot, *, area_id: str = "", account_id: str = "") -> pa.Table:
    """Return rows of ``core_meter``: all, those of an area, or those of an account."""
    found = snapshot.read(METER)
    if area_id:
        found = found.filter(pc.equal(found.column("area_id"), area_id))
    if account_id:
        found = found.filter(pc.equal(found.column("account_id"), account_id))
    return found


def read_meter_index(snapshot: Snapshot) -> MeterIndex:
    """Return the registered meters as the arrays intake looks readings up in."""
    found = snapshot.read(METER, columns=["meter_id", "bucket", "wiring", "rated_voltage_v", "max_current_a"])
    found = found.sort_by("meter_id")

    def numbers(name: str) -> npt.NDArray[np.float64]:
        return np.asarray(found.column(name).to_numpy(), np.float64)

    wiring = [_PHASES.get(word or "1P", 1.0) for word in found.column("wiring").to_pylist()]
    return MeterIndex(
        ids=pa.array(found.column("meter_id").to_pylist(), pa.string()),
        buckets=np.asarray(found.column("bucket").to_numpy(), np.int32),
        capability_kw=capability_kw(
            rated_voltage_v=numbers("rated_voltage_v"),
            max_current_a=numbers("max_current_a"),
            phase_count=np.array(wiring, np.float64),
        ),
    )


def bucket_of(snapshot: Snapshot, *, meter_id: str) -> int:
    """Return the bucket a meter's measurements lie in.

    Raises:
        MeterUnregistered: no such meter.
    """
    found = snapshot.read(METER, columns=["bucket"], where=pc.field("meter_id") == meter_id)
    if not found.num_rows:
        raise MeterUnregistered(meter_id)
    return int(found.column("bucket")[0].as_py())


def read_curve(
    snapshot: Snapshot,
    *,
    meter_id: str,
    first_on: dt.date,
    end_on: dt.date,
    channel: str = "energy_kwh",
    as_known_at: dt.datetime | None = None,
) -> Curve:
    """Return one channel of one meter over the days ``[first_on, end_on)``.

    Args:
        snapshot: state of the lake.
        meter_id: registered meter.
        first_on: first day.
        end_on: the day after the last.
        channel: what is measured.
        as_known_at: give what was known at that UTC-naive instant.

    Raises:
        MeterUnregistered: no such meter.
    """
    bucket = bucket_of(snapshot, meter_id=meter_id)
    found = snapshot.read(
        INTERVAL,
        columns=["on_date", "slot_count", "values", "known_at"],
        months=months_between(first_on, end_on),
        buckets=[bucket],
        where=_of_meter(meter_id, first_on, end_on) & (pc.field("channel") == channel),
        as_known_at=as_known_at,
    )
    days = np.arange(np.datetime64(first_on, "D"), np.datetime64(end_on, "D"))
    widths = pc.list_value_length(found.column("values"))
    width = int(pc.max(widths).as_py() or 0)
    values = np.full((len(days), width), np.nan, np.float32)
    counts = np.zeros(len(days), np.int16)
    known = np.full(len(days), np.datetime64("NaT", "us"))
    if found.num_rows:
        places = (found.column("on_date").to_numpy() - days[0]).astype(np.int64)
        values[places] = matrix_of(found.column("values"), width=width)
        counts[places] = found.column("slot_count").to_numpy()
        known[places] = found.column("known_at").to_numpy()
    return Curve(meter_id, channel, days, values, counts, known)


def read_versions(
    snapshot: Snapshot, *, meter_id: str, on_date: dt.date, channel: str = "energy_kwh"
) -> list[tuple[dt.datetime, npt.NDArray[np.float32]]]:
    """Return every version of one day of one channel, older before newer: since when known, and the values.

    Raises:
        MeterUnregistered: no such meter.
    """
    after = on_date + dt.timedelta(days=1)
    found = snapshot.read(
        INTERVAL,
        columns=["values", "known_at"],
        months=months_between(on_date, after),
        buckets=[bucket_of(snapshot, meter_id=meter_id)],
        where=_of_meter(meter_id, on_date, after) & (pc.field("channel") == channel),
        all_versions=True,
    )
    values = found.column("values").to_pylist()
    return [
        (at, np.array([np.nan if v is None else v for v in row], np.float32))
        for at, row in zip(found.column("known_at").to_pylist(), values, strict=True)
    ]


def read_registers(
    snapshot: Snapshot, *, meter_id: str, first_on: dt.date, end_on: dt.date, as_known_at: dt.datetime | None = None
) -> pa.Table:
    """Return the dial readings of a meter at the beginning of the days ``[first_on, end_on)``.

    Raises:
        MeterUnregistered: no such meter.
    """
    return snapshot.read(
        REGISTER_DAILY,
        months=months_between(first_on, end_on),
        buckets=[bucket_of(snapshot, meter_id=meter_id)],
        where=_of_meter(meter_id, first_on, end_on),
        as_known_at=as_known_at,
    )


def _of_meter(meter_id: str, first_on: dt.date, end_on: dt.date) -> pc.Expression:
    # Spelled as dates of the files, so that row groups of other meters and days are not even read.
    return (
        (pc.field("meter_id") == meter_id)
        & (pc.field("on_date") >= pa.scalar(first_on, pa.date32()))
        & (pc.field("on_date") < pa.scalar(end_on, pa.date32()))
    )


def matrix_of(values: pa.ChunkedArray, *, width: int) -> npt.NDArray[np.float32]:
    """Return day vectors as a matrix of float32, NaN = missing.

    Args:
        values: R lists of ``width`` float32.
        width: slots of the axis.
    """
    whole = values.combine_chunks()
    flat = (
        pa.concat_arrays([c.flatten() for c in whole.chunks]) if isinstance(whole, pa.ChunkedArray) else whole.flatten()
    )
    if flat.null_count:
        flat = pc.fill_null(flat, pa.scalar(float("nan"), pa.float32()))
    return np.asarray(flat.to_numpy(), np.float32).reshape(-1, width)


def read_files(snapshot: Snapshot) -> pa.Table:
    """Return the files taken in, newest first."""
    return snapshot.read(SOURCE_FILE).sort_by([("taken_at", "descending"), ("path", "ascending")])


def read_file_ids(snapshot: Snapshot) -> frozenset[str]:
    """Return the fingerprints of all files taken in."""
    return frozenset(snapshot.read(SOURCE_FILE, columns=["file_id"]).column("file_id").to_pylist())


def read_quarantine(
    snapshot: Snapshot,
    *,
    reasons: Collection[Reason] = (),
    subject: str = "",
    path: str = "",
    is_released: bool | None = False,
) -> pa.Table:
    """Return rows set aside, by file and row.

    Args:
        snapshot: state of the lake.
        reasons: only of these; all when empty.
        subject: only of this file of the company folder.
        path: only of files whose path begins so.
        is_released: False = still set aside, True = taken in after all, None = both.
    """
    found = snapshot.read(QUARANTINE)
    keep = pa.array(np.ones(found.num_rows, bool))
    if reasons:
        keep = pc.and_(keep, pc.is_in(found.column("reason"), value_set=pa.array([r.value for r in reasons])))
    if subject:
        keep = pc.and_(keep, pc.equal(found.column("subject"), subject))
    if path:
        keep = pc.and_(keep, pc.starts_with(found.column("path"), path))
    if is_released is not None:
        keep = pc.and_(keep, pc.equal(pc.is_valid(found.column("released_at")), is_released))
    return found.filter(keep).sort_by([("path", "ascending"), ("row_number", "ascending"), ("reason", "ascending")])


def count_by_reason(quarantined: pa.Table) -> Sequence[tuple[str, str, int, int]]:
    """Return subject, reason, rows and readings of rows set aside, the most readings first."""
    grouped = quarantined.group_by(["subject", "reason"]).aggregate([("reading_count", "sum"), ("row_json", "count")])
    rows = grouped.sort_by([("reading_count_sum", "descending")]).to_pylist()
    return [(r["subject"], r["reason"], r["row_json_count"], r["reading_count_sum"]) for r in rows]
