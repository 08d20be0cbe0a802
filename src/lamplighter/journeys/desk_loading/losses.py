"""Losses as the desk keeps them: every area of the newest night, and every unit day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.base.security.actor import Level
from lamplighter.business.line_loss.queries.results import read_feeder_losses
from lamplighter.journeys.brief.areas import ENERGIES, certain_kwh_per_day, count_by_area, list_areas
from lamplighter.journeys.desk_loading.archives import Archives, Row, columns_of

KEPT_DAYS: Final = 90
"""Days of a unit the desk keeps: the window of detection, one quarter."""


def area_nights(
    state: Snapshot, losses: pa.Table, archives: Archives, suspicions: Iterable[Mapping[str, Any]], *, night: dt.date
) -> list[Row]:
    """Return rows of ``AreaNight``, worst first.

    Args:
        state: state of the lake.
        losses: daily losses that hold the night.
        archives: where areas belong.
        suspicions: rows of ``Suspicion``; coloured ones are counted.
        night: the newest night.
    """
    counts = count_by_area(row["area_id"] for row in suspicions if row["colour"] != "none")
    found = list_areas(state, losses, on_date=night, suspicions_by_area=counts)
    return [
        {
            **columns_of(archives.area_paths[area.area_id]),
            "area_id": area.area_id,
            "name": area.name,
            "station_name": area.place.station,
            "feeder_name": area.place.feeder or "",
            "on_date": night,
            "rank": rank,
            **{name: getattr(area.balance, name) for name in ENERGIES},
            "loss_rate": area.balance.loss_rate,
            "certain_kwh": certain_kwh_per_day(area) if area.is_computable else None,
            "coverage": area.coverage,
            "is_computable": area.is_computable,
            "loss_class": area.loss_class,
            "reasons": ";".join(area.hints if area.is_computable else area.why_not),
            "suspicion_count": area.suspicion_count,
        }
        for rank, area in enumerate((area for area in found if area.area_id in archives.area_paths), 1)
    ]


def feeder_lines(state: Snapshot, *, night: dt.date) -> dict[str, Row]:
    """Return feeder -> its own loss of a night."""
    rows = read_feeder_losses(state, on=night).to_pylist()
    return {row["feeder_id"]: row for row in rows if row["period"] == "day"}


def unit_nights(losses: pa.Table, archives: Archives) -> list[Row]:
    """Return rows of ``UnitNight``: each unit over the areas below it, energies of computable areas only."""
    known = pc.is_in(losses["area_id"], pa.array(list(archives.area_paths), pa.string()))
    losses = losses.filter(known)
    is_good = losses["is_computable"]
    rest = pc.if_else(is_good, losses["unexplained_kwh"], None)
    columns = {
        "on_date": losses["on_date"],
        "computable": pc.cast(is_good, pa.int64()),
        "coverage": losses["coverage"],
        "all_supplied_kwh": losses["supplied_kwh"],
        "surplus_kwh": pc.if_else(pc.greater(rest, 0.0), rest, None),
        "deficit_kwh": pc.if_else(pc.less(rest, 0.0), rest, None),
        **{name: pc.if_else(is_good, losses[name], None) for name in ENERGIES},
    }
    sums = ("all_supplied_kwh", "surplus_kwh", "deficit_kwh", *ENERGIES)
    wanted = [("computable", "sum"), ("computable", "count"), ("coverage", "mean"), *((name, "sum") for name in sums)]
    ids = losses["area_id"].to_pylist()
    rows = []
    for level in Level:
        units = pa.array([archives.area_paths[area].at(level) for area in ids], pa.string())
        table = pa.table({"unit_id": units, **columns}).group_by(["unit_id", "on_date"]).aggregate(wanted)
        rows += [
            {
                "unit_id": row["unit_id"],
                "on_date": row["on_date"],
                "area_count": row["computable_count"],
                "computable_count": row["computable_sum"],
                "coverage": row["coverage_mean"],
                **{name: row[f"{name}_sum"] for name in sums},
            }
            for row in table.to_pylist()
            # Where a level is missing the unit above repeats itself there: it is counted at its own level alone.
            if archives.levels.get(row["unit_id"]) == level
        ]
    return rows
