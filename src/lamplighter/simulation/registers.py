"""The rows of the registers file: dials frozen at 00:00."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from lamplighter.simulation.readings import MeterDays
from lamplighter.simulation.schemas import COMPANY
from lamplighter.simulation.settings import SimulationSettings


def list_registers(meters: list[MeterDays], *, settings: SimulationSettings) -> pa.Table:
    """Return the frozen dials of all meters, of each day and of the morning after the last."""
    ordered = sorted(meters, key=lambda meter: meter.meter_id)
    epoch = (settings.start_on - date(1970, 1, 1)).days
    names: list[str] = []
    days: list[np.ndarray] = []
    for meter in ordered:
        which = np.flatnonzero(meter.is_frozen)
        names.extend([meter.meter_id] * which.size)
        days.append(which)
    columns: dict[str, pa.Array] = {
        "meter_id": pa.array(names, pa.string()),
        "on_date": pa.array((np.concatenate(days) + epoch).astype(np.int32)).cast(pa.date32()),
    }
    schema = COMPANY["registers"]
    for name in schema.names[2:]:
        parts = [
            meter.dials[name][which] if name in meter.dials else np.full(which.size, np.nan)
            for meter, which in zip(ordered, days, strict=True)
        ]
        columns[name] = pa.array(np.concatenate(parts), pa.float64(), from_pandas=True)
    return pa.Table.from_pydict(columns, schema=schema)
