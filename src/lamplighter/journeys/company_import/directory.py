"""What is registered: the ids other files refer to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.lake import Snapshot
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.metering.queries import read_meter_index
from lamplighter.business.metering.records import MeterIndex
from lamplighter.business.network.tables import AREA, FEEDER, UNIT


@dataclass(frozen=True, slots=True)
class Directory:
    """The ids of everything registered.

    Args:
        units, feeders, areas, accounts: ids.
        area_buckets: bucket of each area, in the order of ``areas``.
        area_feeders: feeder of each area, likewise, None where unknown.
        meters: meters with their buckets.
    """

    units: pa.Array
    feeders: pa.Array
    areas: pa.Array
    accounts: pa.Array
    area_buckets: npt.NDArray[np.int32]
    area_feeders: list[str | None]
    meters: MeterIndex


def read_directory(snapshot: Snapshot) -> Directory:
    """Return what the lake has registered."""
    areas = snapshot.read(AREA, columns=["area_id", "feeder_id", "bucket"])
    return Directory(
        units=_ids(snapshot.read(UNIT, columns=["unit_id"])),
        feeders=_ids(snapshot.read(FEEDER, columns=["feeder_id"])),
        areas=_ids(areas),
        accounts=_ids(snapshot.read(CUSTOMER, columns=["account_id"])),
        area_buckets=np.asarray(areas.column("bucket").to_numpy(), np.int32),
        area_feeders=areas.column("feeder_id").to_pylist(),
        meters=read_meter_index(snapshot),
    )


def _ids(table: pa.Table) -> pa.Array:
    return pa.array(table.column(0).to_pylist(), pa.string())
