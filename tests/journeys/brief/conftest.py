"""A small lake drawn by hand: two counties, three stations, areas of every class, and a list with evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lamplighter.base.governance import Contract, Partition, Versions
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import COMPANY, CUSTOMER
from lamplighter.business.detection.tables import EVIDENCE, SUSPICION
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY, AREA_PERIOD, FEEDER_LOSS
from lamplighter.business.metering.tables import METER, SOURCE_FILE
from lamplighter.business.network.tables import AREA, FEEDER, UNIT
from lamplighter.business.trusted_energy.tables import METER_FLAG, TRUSTED_DAY

NIGHT = date(2025, 3, 31)
WORKED_AT = datetime(2025, 4, 1, 2, 0)
NOW = datetime(2025, 4, 1, 3, 30)
DAYS = 90
PER_AREA = 12
STATIONS = {"S1": ("白塔供电所", "K1"), "S2": ("柳河供电所", "K1"), "S3": ("石桥供电所", "K2")}
CLASSES = ["qualified", "high", "qualified", "negative", "very_high", "not_computable", "economic", "qualified"]


def put(lake: Lake, contract: Contract, rows: list[dict[str, Any]], *, days: Iterable[date] = ()) -> None:
    """Write rows, filling what a test does not speak of with nothing."""
    wanted = contract.schema.remove(len(contract.schema) - 1)
    table = pa.Table.from_pylist([{name: row.get(name) for name in wanted.names} for row in rows], wanted)
    with lake.transaction() as tx:
        if contract.versions is Versions.RUN:
            tx.append_run(contract, table, known_at=WORKED_AT, days=sorted(set(days)), bucket=0)
        elif contract.partition is Partition.MONTH_BUCKET:
            tx.append(contract, table, known_at=WORKED_AT, bucket=0)
        else:
            tx.append(contract, table, known_at=WORKED_AT)


def window(days: int) -> list[date]:
    return [NIGHT - timedelta(days=days - 1 - k) for k in range(days)]


def loss_row(area: int, day: date, *, days: int) -> dict[str, Any]:
    """One area's day: about 1,000 kWh supplied, 20 technical, and a theft from the middle on in high areas."""
    kind = CLASSES[area % len(CLASSES)]
    number = (NIGHT - day).days
    supplied = 1000.0 + 60 * math.sin(number / 3.0 + area)
    stolen = {"high": 90.0, "very_high": 240.0, "negative": -60.0}.get(kind, 0.0) * (number < days // 2)
    unexplained = stolen + 6 * math.sin(number * 1.7 + area)
    if kind == "not_computable":
        return {
            "area_id": f"A{area:02d}",
            "on_date": day,
            "supplied_kwh": supplied,
            "coverage": 0.83,
            "is_computable": False,
            "not_computable_reason": "coverage_low",
            "loss_class": "not_computable",
            "policy_version": "test",
        }
    return {
        "area_id": f"A{area:02d}",
        "on_date": day,
        "supplied_kwh": supplied,
        "sold_kwh": supplied - 20 - unexplained,
        "loss_kwh": 20 + unexplained,
        "loss_rate": (20 + unexplained) / supplied,
        "technical_kwh": 20.0,
        "technical_source": "network",
        "unexplained_kwh": unexplained,
        "unexplained_low_kwh": unexplained - 8,
        "unexplained_high_kwh": unexplained + 8,
        "coverage": 1.0,
        "estimated_share": 0.01,
        "is_computable": True,
        "loss_class": kind if number < days // 2 else "qualified",
        "cause_hints": "A6" if stolen > 0 else "",
        "policy_version": "test",
    }


def write_network(lake: Lake, *, areas: int) -> None:
    put(lake, COMPANY, [{"name": "云岭供电公司", "timezone": "Asia/Shanghai", "interval_minutes": 15}])
    units = [("P", None, "province", "云岭省"), ("C", "P", "city", "青州市"), ("K1", "C", "county", "白塔县")]
    units += [("K2", "C", "county", "石桥县"), *((s, up, "station", name) for s, (name, up) in STATIONS.items())]
    county = {"S1": "K1", "S2": "K1", "S3": "K2", "K1": "K1", "K2": "K2"}
    rows = [
        {
            "unit_id": unit,
            "parent_id": parent,
            "level": level,
            "name": name,
            "province_id": "P",
            "city_id": "C",
            "county_id": county.get(unit, "C"),
            "station_id": unit,
        }
        for unit, parent, level, name in units
    ]
    put(lake, UNIT, rows)
    put(lake, FEEDER, [{"feeder_id": f"F{k}", "name": f"白{k}线", "station_id": f"S{k}"} for k in (1, 2, 3)])
    put(
        lake,
        AREA,
        [
            {
                "area_id": f"A{k:02d}",
                "name": f"{'柳树东湖南苑'[k % 6]}{k}号公变",
                "feeder_id": f"F{k % 3 + 1}",
                "station_id": f"S{k % 3 + 1}",
                "longitude": 103.0 + 0.03 * (k % 3) + 0.006 * math.cos(k),
                "latitude": 25.0 + 0.02 * (k % 3) + 0.006 * math.sin(k),
                "bucket": 0,
            }
            for k in range(areas)
        ],
    )
    meters = [(k, m) for k in range(areas) for m in range(PER_AREA)]
    put(
        lake,
        CUSTOMER,
        [
            {"account_id": f"53010{k:02d}{m:03d}", "name": "某户", "class": ("residential", "commercial")[m % 4 == 3]}
            for k, m in meters
        ],
    )
    put(
        lake,
        METER,
        [
            {
                "meter_id": f"M{k:02d}{m:03d}",
                "account_id": f"53010{k:02d}{m:03d}",
                "area_id": f"A{k:02d}",
                "role": "customer",
                "multiplier": 1.0,
                "bucket": 0,
            }
            for k, m in meters
        ],
    )


def write_losses(lake: Lake, *, areas: int, days: int) -> None:
    span = window(days)
    put(lake, AREA_LOSS_DAILY, [loss_row(k, day, days=days) for k in range(areas) for day in span], days=span)
    period = [
        {
            "area_id": f"A{k:02d}",
            "as_of_on": NIGHT,
            "day_count": days,
            "loss_rate": 0.05,
            "unexplained_kwh": 45.0 * days,
            "unexplained_low_kwh": 40.0 * days,
            "unexplained_high_kwh": 50.0 * days,
            "change_on": NIGHT - timedelta(days=days // 2 - 1),
            "change_kwh_per_day": 90.0,
            "regression_r2": 0.8,
            "cause_hints": "A6",
        }
        for k in range(areas)
        if CLASSES[k % len(CLASSES)] == "high"
    ]
    put(lake, AREA_PERIOD, period, days=[NIGHT])
    feeder = {
        **loss_row(1, NIGHT, days=days),
        "feeder_id": "F1",
        "period": "day",
        "on_date": NIGHT,
        "boundary": "transformers",
        "loss_class": "qualified",
    }
    put(lake, FEEDER_LOSS, [feeder], days=[NIGHT])


def write_days(lake: Lake, *, areas: int, days: int) -> None:
    span = window(days)
    rows = []
    for k in range(areas):
        for m in range(PER_AREA):
            thief = CLASSES[k % len(CLASSES)] in ("high", "very_high") and m == 1
            for number, day in enumerate(span):
                level = (6 + m) * (1 + 0.25 * math.sin(number / 3.5) + 0.12 * math.sin(number * (m + 2.3)))
                silent = m == 5 and number % 30 == 7
                rows.append(
                    {
                        "meter_id": f"M{k:02d}{m:03d}",
                        "on_date": day,
                        "area_id": f"A{k:02d}",
                        "role": "customer",
                        "energy_kwh": None if silent else level * (0.3 if thief and number >= days // 2 else 1),
                        "source": "none" if silent else "interval",
                        "actual_share": 0.0 if silent else 0.99,
                        "estimated_share": 0.0 if silent else 0.01,
                        "is_outage": False,
                        "policy_version": "test",
                    }
                )
    put(lake, TRUSTED_DAY, rows, days=span)
    flags = [("V-04", "warn", 3), ("V-01", "fail", 2)]
    put(
        lake,
        METER_FLAG,
        [
            {
                "meter_id": f"M00{m:03d}",
                "on_date": NIGHT,
                "channel": "energy_kwh",
                "rule_id": rule,
                "rule_version": "1",
                "severity": severity,
                "first_slot": -1,
                "slot_span": 96,
            }
            for rule, severity, count in flags
            for m in range(count)
        ],
        days=[NIGHT],
    )
    counts = {"read_count": 1000, "accepted_count": 998, "versioned_count": 0, "repeated_count": 0}
    put(
        lake,
        SOURCE_FILE,
        [
            {
                **counts,
                "file_id": "f",
                "path": "interval/a.parquet",
                "subject": "interval",
                "taken_at": WORKED_AT - timedelta(hours=1),
                "quarantined_count": 2,
                "blank_count": 5,
            }
        ],
    )


def suspicion_row(rank: int, area: int, meter: int, colour: str, *, as_of: date = NIGHT) -> dict[str, Any]:
    return {
        "rank": rank,
        "account_id": f"53010{area:02d}{meter:03d}",
        "meter_id": f"M{area:02d}{meter:03d}",
        "area_id": f"A{area:02d}",
        "as_of_on": as_of,
        "theft_probability": round(0.95 - 0.1 * rank, 2),
        "expected_kwh": None if rank == 3 else 420.0 - 100 * (rank - 1),
        "expected_yuan": 3000.0 - 800 * (rank - 1),
        "layers": "balance;shape",
        "reasons": "under_registers;lasting_drop",
        "against": "inspected_clean",
        "checks": "seals;wiring",
        "colour": colour,
        "model_version": "first-1",
    }


def write_list(lake: Lake) -> None:
    """Three coloured suspicions and one without a colour; a week before, only the second had a colour."""
    tonight = [suspicion_row(1, 1, 1, "red"), suspicion_row(2, 4, 1, "orange"), suspicion_row(3, 9, 1, "yellow")]
    put(lake, SUSPICION, [*tonight, suspicion_row(4, 0, 0, "none")], days=[NIGHT])
    before = NIGHT - timedelta(days=7)
    put(lake, SUSPICION, [suspicion_row(1, 4, 1, "orange", as_of=before)], days=[before])
    pieces = [
        ("balance", "under_registers", True, 0.9, 0.71, 0.0, ""),
        ("shape", "lasting_drop", True, 0.7, 2.1, 7.0, "kWh/d"),
        ("context", "inspected_clean", False, 0.3, None, None, ""),
    ]
    put(
        lake,
        EVIDENCE,
        [
            {
                "account_id": row["account_id"],
                "meter_id": row["meter_id"],
                "as_of_on": NIGHT,
                "layer": layer,
                "code": code,
                "is_for": is_for,
                "strength": strength,
                "value": value,
                "expected": expected,
                "unit": unit,
                "first_on": date(2025, 2, 15) if code == "lasting_drop" else None,
                "last_on": NIGHT,
            }
            for row in tonight
            for layer, code, is_for, strength, value, expected, unit in pieces
        ],
        days=[NIGHT],
    )


def write_company(root: Path, *, areas: int = 10, days: int = DAYS, with_list: bool = True) -> Lake:
    """Write the whole lake."""
    lake = Lake.open(root)
    write_network(lake, areas=areas)
    write_losses(lake, areas=areas, days=days)
    write_days(lake, areas=areas, days=days)
    if with_list:
        write_list(lake)
    return lake


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake with everything in it; tests only read it."""
    return write_company(tmp_path_factory.mktemp("lake"))


@pytest.fixture
def make_lake(tmp_path: Path) -> Callable[..., Lake]:
    """Make a lake with less in it."""
    return lambda **parts: write_company(tmp_path / "lake", days=6, **parts)


@pytest.fixture(name="write_losses")
def give_write_losses() -> Callable[..., None]:
    """Write the losses alone: no company, no meters, no list."""
    return write_losses


@pytest.fixture
def write_plain_list() -> Callable[[Lake], None]:
    """Write a list in which nobody has a colour."""
    return lambda lake: put(lake, SUSPICION, [suspicion_row(1, 0, 0, "none")], days=[NIGHT])


@pytest.fixture
def write_older_list() -> Callable[[Lake], date]:
    """Write a list of two nights ago with one suspicion, and say of which night it is."""

    def write(lake: Lake) -> date:
        as_of = NIGHT - timedelta(days=2)
        put(lake, SUSPICION, [suspicion_row(1, 1, 1, "red", as_of=as_of)], days=[as_of])
        return as_of

    return write


@pytest.fixture(name="put")
def give_put() -> Callable[..., None]:
    """Write rows into a lake."""
    return put
