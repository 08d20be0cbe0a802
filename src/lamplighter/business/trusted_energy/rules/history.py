"""What earlier nights made of the days before, laid over the received values: an estimate once made stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.records import Source


@dataclass(frozen=True, slots=True)
class StoredDays:
    """Day rows of earlier nights, shape (M, D). They speak where ``is_stored``, which worked days never are."""

    is_stored: npt.NDArray[np.bool_]
    day_kwh: npt.NDArray[np.float64]
    day_reverse_kwh: npt.NDArray[np.float64]
    actual_share: npt.NDArray[np.float32]
    estimated_share: npt.NDArray[np.float32]
    source: npt.NDArray[np.int8]
    is_outage: npt.NDArray[np.bool_]


def stored_days(block: AreaBlock) -> StoredDays:
    """Return what earlier nights said of the block's history (``core_trusted_day``); nothing where no night worked."""
    shape = block.shape[:2]
    stored = StoredDays(
        is_stored=np.zeros(shape, bool),
        day_kwh=np.full(shape, np.nan),
        day_reverse_kwh=np.full(shape, np.nan),
        actual_share=np.zeros(shape, np.float32),
        estimated_share=np.zeros(shape, np.float32),
        source=np.zeros(shape, np.int8),
        is_outage=np.zeros(shape, bool),
    )
    table = block.tables.get("core_trusted_day")
    if table is None or not table.num_rows:
        return stored
    rows, m, d = _places(block, table)
    words = pa.array([source.word for source in Source])
    columns = {
        "day_kwh": table.column("energy_kwh").to_numpy(),
        "day_reverse_kwh": table.column("reverse_kwh").to_numpy(),
        "actual_share": table.column("actual_share").to_numpy(),
        "estimated_share": table.column("estimated_share").to_numpy(),
        "source": pc.index_in(table.column("source").cast(pa.string()), value_set=words).fill_null(0).to_numpy(),
        "is_outage": table.column("is_outage").to_numpy(),
    }
    for name, column in columns.items():
        getattr(stored, name)[m, d] = column[rows]
    stored.is_stored[m, d] = True
    return stored


def lay_stored_curves(
    block: AreaBlock,
    *,
    channel: str,
    values: npt.NDArray[np.float32],
    quality: npt.NDArray[np.uint8],
    reason: npt.NDArray[np.uint8],
) -> None:
    """Lay the curves of earlier nights (``core_trusted_curve``) over the history, in place."""
    table = block.tables.get("core_trusted_curve")
    if table is None or not table.num_rows:
        return
    table = table.filter(pc.equal(table.column("channel"), channel))
    rows, m, d = _places(block, table)
    for name, target, missing in (("values", values, np.nan), ("quality", quality, 0), ("reason", reason, 0)):
        flat = pc.fill_null(pc.list_flatten(table.column(name)), missing).to_numpy()
        target[m, d] = flat.reshape(-1, values.shape[2])[rows]


def _places(
    block: AreaBlock, table: pa.Table
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which rows speak of the block's history, and the meter and day of each."""
    index = pa.array(block.meter_ids, pa.string())
    m = pc.index_in(table.column("meter_id").cast(pa.string()), value_set=index).fill_null(-1).to_numpy()
    first = int(block.days[0].astype("datetime64[D]").astype(np.int64))
    d = table.column("on_date").cast(pa.int32()).to_numpy().astype(np.int64) - first
    rows = (m >= 0) & (d >= 0) & (d < block.first_worked)
    return rows, m[rows].astype(np.int64), d[rows]
