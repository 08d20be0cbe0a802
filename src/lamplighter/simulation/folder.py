"""Writing tables to the company folder: small files grow by batches, interval files come whole per feeder and span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from lamplighter.simulation.readings import MeterDays
from lamplighter.simulation.settings import SimulationSettings


class GrowingFile:
    """One table of the folder, written batch by batch in the order it is given, with memory for one batch only."""

    def __init__(self, *, folder: Path, name: str, schema: pa.Schema, file_format: str) -> None:
        self._path = folder / f"{name}.{file_format}"
        self._schema = schema
        self.rows = 0
        self._writer: Any = (
            pq.ParquetWriter(self._path, schema, compression="zstd")
            if file_format == "parquet"
            else pcsv.CSVWriter(self._path, schema, write_options=pcsv.WriteOptions(quoting_style="needed"))
        )

    def append(self, table: pa.Table) -> None:
        """Add rows; the columns must be those of the schema."""
        self.rows += table.num_rows
        if table.num_rows:
            self._writer.write_table(table.cast(self._schema))

    def close(self) -> None:
        """End the file."""
        self._writer.close()


def build_table(*, schema: pa.Schema, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """Return rows as a table; a column a row does not name is null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


@dataclass(frozen=True, kw_only=True)
class Span:
    """The days [first, end) of one interval file, and the stem of its name."""

    name: str
    first: int
    end: int


def split_spans(settings: SimulationSettings) -> tuple[Span, ...]:
    """Return the spans that the interval files cover.

    Example:
        >>> [span.name for span in split_spans(SimulationSettings(days=40))]
        ['2025-01', '2025-02']
        >>> [span.name for span in split_spans(SimulationSettings(days=2, file_span="day"))]
        ['2025-01-01', '2025-01-02']
    """
    days = [settings.start_on + timedelta(days=k) for k in range(settings.days)]
    if settings.file_span == "month":
        labels = [f"{day:%Y-%m}" for day in days]
    elif settings.file_span == "day":
        labels = [day.isoformat() for day in days]
    else:
        labels = [days[k // 7 * 7].isoformat() for k in range(settings.days)]
    starts = [k for k in range(len(labels)) if k == 0 or labels[k] != labels[k - 1]]
    ends = [*starts[1:], len(labels)]
    return tuple(Span(name=labels[a], first=a, end=b) for a, b in zip(starts, ends, strict=True))


def write_intervals(
    *, folder: Path, feeder: int, meters: list[MeterDays], settings: SimulationSettings
) -> tuple[int, int]:
    """Write a feeder's interval files: one a span, and one for what came late.

    Returns:
        Rows written and readings (values present) in them.
    """
    ordered = sorted(meters, key=lambda meter: meter.meter_id)
    rows = readings = 0
    for span in split_spans(settings):
        for is_late in (False, True):
            if is_late and not settings.has_late_files:
                continue
            table, count = _collect_rows(ordered, span=span, is_late=is_late, settings=settings)
            if table.num_rows == 0:
                continue
            suffix = "-late" if is_late else ""
            _write_table(table, folder / f"{span.name}-{feeder:05d}{suffix}", file_format=settings.file_format)
            rows, readings = rows + table.num_rows, readings + count
    return rows, readings


def _collect_rows(
    meters: list[MeterDays], *, span: Span, is_late: bool, settings: SimulationSettings
) -> tuple[pa.Table, int]:
    names: list[str] = []
    channels: list[str] = []
    days: list[npt.NDArray[np.int64]] = []
    blocks: list[npt.NDArray[np.float32]] = []
    for meter in meters:
        wanted = meter.is_late if is_late else ~(meter.is_late | meter.is_absent)
        which = span.first + np.flatnonzero(wanted[span.first : span.end])
        for channel in sorted(meter.channels) if which.size else ():
            # A wholly empty row would say nothing: an exporter leaves it out.
            block = meter.channels[channel][which]
            has_values = np.isfinite(block).any(axis=1)
            names.extend([meter.meter_id] * int(has_values.sum()))
            channels.extend([channel] * int(has_values.sum()))
            days.append(which[has_values])
            blocks.append(block[has_values])
    day_number = np.concatenate(days) if days else np.empty(0, dtype=np.int64)
    columns = np.ascontiguousarray(np.concatenate(blocks).T) if blocks else np.empty((settings.slots, 0), np.float32)
    epoch = (settings.start_on - date(1970, 1, 1)).days
    arrays = [
        pa.array(names, pa.string()),
        pa.array((day_number + epoch).astype(np.int32)).cast(pa.date32()),
        pa.array(channels, pa.string()),
    ]
    labels = ["meter_id", "on_date", "channel"]
    if is_late:
        arrays.append(_late_arrival(day_number, settings=settings))
        labels.append("known_at")
    arrays += [pa.array(column, from_pandas=True) for column in columns]
    labels += [f"v{slot:02d}" for slot in range(settings.slots)]
    return pa.Table.from_arrays(arrays, names=labels), int(np.isfinite(columns).sum())


def _late_arrival(day_number: npt.NDArray[np.int64], *, settings: SimulationSettings) -> pa.Array:
    # Two to eight days after, in the morning; the same day of all meters of a file comes together.
    lag = 2 + day_number * 5 % 7
    start = np.datetime64(settings.start_on, "s")
    return pa.array(start + (day_number + lag).astype("timedelta64[D]") + np.timedelta64(9, "h"), pa.timestamp("s"))


def _write_table(table: pa.Table, stem: Path, *, file_format: str) -> None:
    if file_format == "parquet":
        pq.write_table(
            table,
            stem.with_name(f"{stem.name}.parquet"),
            compression="zstd",
            compression_level=1,
            use_dictionary=["meter_id", "channel", "on_date"],
            row_group_size=65_536,
            write_statistics=["meter_id", "on_date", "channel"],
        )
    else:
        pcsv.write_csv(
            table, stem.with_name(f"{stem.name}.csv"), write_options=pcsv.WriteOptions(quoting_style="needed")
        )
