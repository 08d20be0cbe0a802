"""The archives as the desk looks them up: which units a row belongs to, and names masked before they leave the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lamplighter.base.lake import Snapshot
from lamplighter.base.security.actor import Level, UnitPath
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.detection.cards import mask_name
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.tables import AREA, FEEDER, UNIT

Row = dict[str, Any]


@dataclass(frozen=True)
class Archives:
    """Rows of the desk's copies, and where things belong.

    Attributes:
        units, areas, customers, meters: rows of ``Unit``, ``AreaEntry``, ``CustomerEntry``, ``MeterEntry``.
        unit_paths: unit -> the four units it belongs to.
        area_paths: area -> likewise.
        levels: unit -> its level.
        customer_by_account: account -> its row.
        area_by_id: area -> its row.
    """

    units: list[Row]
    areas: list[Row]
    customers: list[Row]
    meters: list[Row]
    unit_paths: Mapping[str, UnitPath]
    area_paths: Mapping[str, UnitPath]
    levels: Mapping[str, Level]
    customer_by_account: Mapping[str, Row]
    area_by_id: Mapping[str, Row]


def columns_of(path: UnitPath) -> Row:
    """Return the four unit columns of a desk row."""
    return {f"{level}_id": path.at(level) for level in Level}


def read_archives(state: Snapshot) -> Archives:
    """Read the archives of a state of the lake.

    A customer belongs to the station of the area his meter hangs on, a 10 kV customer to that of his line. Whoever has
    no meter belongs to the company's top unit: there somebody has to find out where he hangs.
    """
    units = state.read(UNIT).to_pylist()
    unit_paths = {
        row["unit_id"]: UnitPath(row["province_id"], row["city_id"], row["county_id"], row["station_id"])
        for row in units
    }
    top = next((unit_paths[row["unit_id"]] for row in units if not row["parent_id"]), UnitPath("", "", "", ""))
    names = {row["unit_id"]: row["name"] for row in units}
    feeders = {row["feeder_id"]: row for row in state.read(FEEDER).to_pylist()}
    areas = state.read(AREA).to_pylist()
    area_paths = {row["area_id"]: unit_paths.get(row["station_id"], top) for row in areas}
    area_rows = [
        {
            **columns_of(area_paths[row["area_id"]]),
            "area_id": row["area_id"],
            "name": row["name"] or row["area_id"],
            "feeder_name": (feeders.get(row["feeder_id"]) or {}).get("name") or row["feeder_id"] or "",
            "station_name": names.get(row["station_id"], row["station_id"]),
            "kind": row["kind"] or "",
            "rated_kva": row["rated_kva"],
            "bucket": row["bucket"],
            "feeder_id": row["feeder_id"] or "",
            "longitude": row["longitude"],
            "latitude": row["latitude"],
        }
        for row in areas
    ]

    def place(meter: Row) -> UnitPath:
        if meter["area_id"] in area_paths:
            return area_paths[meter["area_id"]]
        feeder = feeders.get(meter["feeder_id"]) or {}
        return unit_paths.get(feeder.get("station_id") or "", top)

    meters = state.read(
        METER, columns=["meter_id", "account_id", "area_id", "feeder_id", "role", "removed_on"]
    ).to_pylist()
    homes = {
        row["account_id"]: (place(row), row["area_id"] or "")
        # Last in this order stands the meter that counts: the one that hangs still.
        for row in sorted(meters, key=lambda row: (row["removed_on"] is None, row["role"] == "customer"))
        if row["account_id"]
    }
    nowhere = (top, "")
    customers = [
        {
            **columns_of(homes.get(row["account_id"], nowhere)[0]),
            "account_id": row["account_id"],
            "masked_name": mask_name(row["name"]),
            "customer_class": row["class"],
            "area_id": homes.get(row["account_id"], nowhere)[1],
            "is_protected": bool(row["is_protected"]),
        }
        for row in state.read(CUSTOMER, columns=["account_id", "name", "class", "is_protected"]).to_pylist()
    ]
    return Archives(
        units=[
            {
                **columns_of(unit_paths[row["unit_id"]]),
                "unit_id": row["unit_id"],
                "name": row["name"],
                "level": row["level"],
                "parent_id": row["parent_id"] or "",
            }
            for row in units
        ],
        areas=area_rows,
        customers=customers,
        meters=[
            {
                **columns_of(place(row)),
                "meter_id": row["meter_id"],
                "account_id": row["account_id"] or "",
                "area_id": row["area_id"] or "",
                "role": row["role"],
            }
            for row in meters
        ],
        unit_paths=unit_paths,
        area_paths=area_paths,
        levels={row["unit_id"]: Level(row["level"]) for row in units},
        customer_by_account={row["account_id"]: row for row in customers},
        area_by_id={row["area_id"]: row for row in area_rows},
    )
